//! One schedule, for people and for programs.

use serde_json::{Value, json};

use super::make::Made;
use super::model::Pipeline;
use crate::report::digits::plain;
use crate::schedule::level;
use crate::schedule::loss::bands::LEVEL;
use crate::schedule::loss::beta::BetaTable;

/// A table of the steps, then what is known of them.
pub fn human(made: &Made, pipeline: &Pipeline) -> String {
    let betas = pipeline.betas.as_ref();
    let mut text = format!("{} on {}, {} steps\n\n", made.method, made.ground, made.snrs.len() - 1);
    let header = |name: &str| format!("{name:>14}");
    text += &format!("{:>5}{}{}{}", "step", header("sigma"), header("snr"), header("ln snr"));
    if betas.is_some() {
        text += &header("timestep");
    }
    if pipeline.is_flow() {
        text += &header("flow t");
    }
    if made.bands.is_some() {
        text += &format!("   {:.0} % band of sigma", 100.0 * LEVEL);
    }
    text.push('\n');
    let sigma = level::sigma;
    for (k, &snr) in made.snrs.iter().enumerate() {
        let cell = |x: f64| format!("{:>14}", plain(x, 6));
        text += &format!("{k:>5}{}{}{}", cell(sigma(snr)), cell(snr), cell(snr.ln()));
        if let Some(betas) = betas {
            text += &format!("{:>14.1}", betas.timestep(snr));
        }
        if pipeline.is_flow() {
            text += &cell(level::flow_time(snr));
        }
        if let Some(bands) = &made.bands {
            let (lo, hi) = bands.steps[k];
            if lo < hi {
                text += &format!("   {} … {}", plain(sigma(hi), 4), plain(sigma(lo), 4));
            }
        }
        text.push('\n');
    }
    text + &known(made)
}

fn known(made: &Made) -> String {
    let mut text = String::new();
    let Some(cost) = made.cost else { return text };
    text += &format!("\ncost Σ L ΔR on R = {}: {}\n", made.axis, plain(cost, 6));
    let mut line = |name: &str, other: f64, floor: Option<f64>| {
        // What no grid changes says nothing of a grid.
        let excess = floor.map_or(String::new(), |floor| {
            format!(
                ", excess over ∫ L dR {} (this schedule: {})",
                plain(other - floor, 4),
                plain(cost - floor, 4)
            )
        });
        text += &format!("  {name:<28} {}{excess}\n", plain(other, 6));
    };
    let floor = made.certificate.as_ref().map(|c| c.floor);
    if let Some(geometric) = made.cost_geometric {
        line("log-SNR grid", geometric, floor);
    }
    if let Some(previous) = made.cost_previous {
        line("previous schedule", previous, floor);
    }
    if let Some(certificate) = &made.certificate {
        if let Some(root_slope) = certificate.root_slope {
            line("equal √(R′|L′|) grid", root_slope, floor);
        }
        line("limit of the best, large K", certificate.limit, floor);
        if let Some(isotonic) = certificate.isotonic {
            line("on the isotonic loss", isotonic, floor);
        }
        if let Some(grids) = certificate.enumerated {
            text += &format!("none of the {grids} grids on these candidates costs less (enumerated)\n");
        }
    }
    if let Some((stale, file)) = &made.stale {
        let (low, high) = stale.ratio;
        text += &format!(
            "the schedule of {file} costs {} times the best under this loss",
            plain(stale.costs, 4)
        );
        if let Some(most) = stale.at_most {
            text += &format!(
                ", and at most {} times: its loss is {} to {} times this one",
                up(most),
                plain(low, 4),
                plain(high, 4)
            );
        }
        text.push('\n');
    }
    if let Some(bands) = &made.bands {
        text += &format!(
            "of the log-SNR grid's excess this schedule saves {} % on average, {} % at the 5 % quantile ({} curves that could be true)\n",
            plain(100.0 * bands.gain.0, 3),
            plain(100.0 * bands.gain.1, 3),
            bands.replicates
        );
    }
    text
}

/// A bound with three decimals, rounded up.
fn up(bound: f64) -> String {
    plain((bound * 1e3).ceil() / 1e3, 6)
}

/// The contract of `--format json`.
pub fn json(made: &Made, betas: Option<&BetaTable>) -> String {
    let sigma: Vec<f64> = made.snrs.iter().map(|&snr| level::sigma(snr)).collect();
    let logsnr: Vec<f64> = made.snrs.iter().map(|snr| snr.ln()).collect();
    let finite = |x: &f64| crate::numeric::number::json(*x);
    let bands = made.bands.as_ref().map(|bands| {
        bands.steps.iter().map(|(lo, hi)| json!({ "lo": lo, "hi": hi })).collect::<Vec<Value>>()
    });
    let mut value = json!({
        "method": made.method,
        "steps": made.snrs.len() - 1,
        "axis": made.axis.name(),
        "lambda": made.axis.lambda(),
        "axis_formula": made.axis.to_string(),
        "curve": made.ground,
        "snr": made.snrs.iter().map(finite).collect::<Vec<Value>>(),
        "sigma": sigma.iter().map(finite).collect::<Vec<Value>>(),
        "logsnr": logsnr.iter().map(finite).collect::<Vec<Value>>(),
        "cost": made.cost,
        "cost_geometric": made.cost_geometric,
        "bands": bands,
        "warnings": made.warnings,
    });
    if let Some(previous) = made.cost_previous {
        value["cost_previous"] = json!(previous);
    }
    if let Some((stale, file)) = &made.stale {
        value["previous_loss"] = json!({
            "file": file,
            "ratio": [stale.ratio.0, stale.ratio.1],
            "at_most": stale.at_most,
            "costs": stale.costs,
        });
    }
    if let Some(betas) = betas {
        value["beta_schedule"] = json!(betas.to_string());
        value["timestep"] = json!(made.snrs.iter().map(|&snr| betas.timestep(snr)).collect::<Vec<f64>>());
    }
    if let Some(c) = &made.certificate {
        value["certificate"] = json!({
            "floor": c.floor,
            "excess": c.excess(c.cost),
            "excess_geometric": c.excess(c.geometric),
            "excess_root_slope": c.root_slope.map(|cost| c.excess(cost)),
            "excess_limit": c.excess(c.limit),
            "excess_previous": c.previous.map(|cost| c.excess(cost)),
            "cost_isotonic": c.isotonic,
            "grids_enumerated": c.enumerated,
        });
    }
    if let Some(bands) = &made.bands {
        let (mean, low) = bands.gain;
        value["gain"] = json!({ "mean": mean, "quantile_5": low, "replicates": bands.replicates });
    }
    format!("{value:#}\n")
}
