//! `klaim schedule compare`: every schedule on one curve.

use serde_json::json;

use super::make::{Ground, grid, settings};
use super::model::Pipeline;
use super::{OutputForm, ScheduleCommand};
use crate::error::{Error, Result};
use crate::numeric::number;
use crate::report::digits::plain;
use crate::schedule::SCHEDULES;
use crate::schedule::StepAxis;
use crate::schedule::loss::certificate;

/// One schedule of the table, or why it has none.
pub struct Compared {
    name: String,
    outcome: Result<(Vec<f64>, f64), String>,
}

/// The table, its axis and ∫ L dR, which no schedule changes.
pub struct ScheduleComparison {
    rows: Vec<Compared>,
    axis: StepAxis,
    floor: Option<f64>,
}

/// Every schedule with its parameters left alone, and the previous one if it is named, cheapest
/// first.
///
/// # Errors
/// No curve to judge by.
pub fn table(command: &ScheduleCommand, ground: &Ground, pipeline: &Pipeline) -> Result<ScheduleComparison> {
    let axis = ground.axis(command.las.axis()?);
    if ground.curve().is_none() {
        return Err(Error::invalid("compare", "needs a curve to judge by: give --loss or --source"));
    }
    let steps = command.steps();
    let judge = |grid: Result<Vec<f64>>| -> Result<(Vec<f64>, f64), String> {
        let grid = grid.map_err(|e| e.to_string())?;
        match ground.cost(axis, &grid).map_err(|e| e.to_string())? {
            Some(cost) => Ok((grid, cost)),
            None => Err(format!("the axis {axis} has no start at snr 0")),
        }
    };
    let mut rows: Vec<Compared> = Vec::new();
    for schedule in SCHEDULES.iter() {
        let outcome = match schedule.name {
            "las" | "las2" => judge(grid(command, schedule.name, ground)),
            name => judge(ground.grid(name, steps)),
        };
        rows.push(Compared { name: schedule.name.into(), outcome });
    }
    if let Some(spec) = &command.previous {
        rows.push(Compared {
            name: format!("previous ({spec})"),
            outcome: judge(super::previous(spec, ground, pipeline, steps)),
        });
    }
    let cost = |row: &Compared| row.outcome.as_ref().map_or(f64::INFINITY, |(_, cost)| *cost);
    rows.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    let floor = match &ground.loss {
        Some(curve) => Some(certificate::floor(curve, &settings(command, ground, false)?.reach(curve)?)?),
        None => None,
    };
    Ok(ScheduleComparison { rows, axis, floor })
}

/// The table in a form that it has.
///
/// # Errors
/// A form that only one schedule has.
pub fn text(table: &ScheduleComparison, form: OutputForm) -> Result<Vec<u8>> {
    let text = match form {
        OutputForm::Human => human(table),
        OutputForm::Csv => csv(table),
        OutputForm::Json => format!("{:#}\n", json(table)),
        _ => return Err(Error::invalid("--format", "a comparison is human, csv or json")),
    };
    Ok(text.into_bytes())
}

fn human(table: &ScheduleComparison) -> String {
    let mut text = format!("cost Σ L ΔR on R = {}, least first\n\n", table.axis);
    let least = table.rows.iter().find_map(|row| row.outcome.as_ref().ok()).map(|(_, cost)| *cost);
    for row in &table.rows {
        text += &match &row.outcome {
            Ok((_, cost)) => {
                let base = table.floor.unwrap_or(0.0);
                let ratio = least.map_or(1.0, |least| (cost - base) / (least - base));
                let of = if table.floor.is_some() { "of the least excess" } else { "of the least" };
                format!("{:<28}{:>12}   {:.3} × {of}\n", row.name, plain(*cost, 6), ratio)
            }
            Err(why) => format!("{:<28}{:>12}   {why}\n", row.name, "none"),
        };
    }
    text
}

fn csv(table: &ScheduleComparison) -> String {
    let mut text = String::from("schedule,axis,cost,excess,snr\n");
    for row in &table.rows {
        let Ok((grid, cost)) = &row.outcome else { continue };
        let excess = table.floor.map_or(String::new(), |floor| number::name(cost - floor));
        let snrs: Vec<String> = grid.iter().map(|&snr| number::name(snr)).collect();
        text += &format!(
            "{},{},{},{excess},{}\n",
            row.name,
            table.axis.name(),
            number::name(*cost),
            snrs.join(" ")
        );
    }
    text
}

fn json(table: &ScheduleComparison) -> serde_json::Value {
    let row = |row: &Compared| match &row.outcome {
        Ok((grid, cost)) => json!({
            "schedule": row.name,
            "cost": cost,
            "excess": table.floor.map(|floor| cost - floor),
            "snr": grid,
        }),
        Err(why) => json!({ "schedule": row.name, "none": why }),
    };
    json!({ "axis": table.axis.name(), "lambda": table.axis.lambda(), "rows": table.rows.iter().map(row).collect::<Vec<_>>() })
}
