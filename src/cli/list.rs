//! `klaim list`.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{Common, Format, output, verify};
use crate::claim::{Claim, Paper, papers};
use crate::denoiser::DENOISERS;
use crate::error::Result;
use crate::numeric::estimate::Method;
use crate::numeric::unit::Information;
use crate::process::SAMPLERS;
use crate::quantity::QUANTITIES;
use crate::report::digits::plain;
use crate::schedule::SCHEDULES;
use crate::schedule::export::TARGETS;
use crate::schedule::models::{MODELS, Model, NoiseAxis};
use crate::schedule::solvers::{SOLVERS, Solver};
use crate::source::SOURCES;
use crate::spec::Parameter;

/// Arguments of `klaim list`.
#[derive(clap::Args)]
pub struct List {
    /// What to list
    what: What,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// The built-in claims
    Claims,
    /// The kinds of denoisers and their parameters
    Denoisers,
    /// The kinds of sources and their parameters
    Sources,
    /// The methods by which numbers are obtained
    Methods,
    /// The quantities that expressions know
    Quantities,
    /// The samplers and their parameters
    Samplers,
    /// The schedules and their parameters
    Schedules,
    /// The models that `klaim schedule --model` knows, with what each sets
    Models,
    /// The samplers that `klaim schedule --solver` knows, with what serves each, as measured
    Solvers,
    /// The programs and schedulers that a schedule can be given to, and how
    Targets,
}

impl List {
    /// Runs the command.
    ///
    /// # Errors
    /// A built-in claim that does not parse (a defect).
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let items = match self.what {
            What::Claims => claims()?,
            What::Denoisers => denoisers(),
            What::Sources => sources(),
            What::Methods => methods(),
            What::Quantities => quantities(),
            What::Samplers => samplers(),
            What::Schedules => schedules(),
            What::Models => models(),
            What::Solvers => solvers(),
            What::Targets => targets(),
        };
        match common.format {
            Format::Json => output::json(&Value::Array(items)),
            Format::Csv => {
                let field = |item: &Value, key: &str| {
                    format!("\"{}\"", item[key].as_str().unwrap_or_default().replace('"', "\"\""))
                };
                let lines: String = items
                    .iter()
                    .map(|i| format!("{},{}\n", field(i, "name"), field(i, "summary")))
                    .collect();
                output::text(&format!("name,summary\n{lines}"))
            }
            Format::Human if matches!(self.what, What::Claims) => output::text(&by_paper(&items)),
            Format::Human => output::text(&items.iter().map(human).collect::<String>()),
        }
    }
}

fn human(item: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = format!("{:<26} {}\n", text(&item["name"]), text(&item["summary"]));
    for parameter in item["parameters"].as_array().into_iter().flatten() {
        let default = parameter["default"].as_str().map_or(String::new(), |d| format!(" (default {d})"));
        lines += &format!(
            "    {:<22} {}{default}\n",
            text(&parameter["name"]) + "=",
            text(&parameter["summary"])
        );
    }
    lines
}

fn claims() -> Result<Vec<Value>> {
    let (claims, _) = verify::load(&[])?;
    let item = |claim: &Claim| {
        let paper = papers().iter().find(|paper| paper.path.parent() == claim.path.parent());
        let summary = format!("{}  {}", claim.header.statement, claim.header.cite);
        json!({ "name": claim.header.id, "summary": summary, "paper": paper.map(|paper| &paper.key) })
    };
    Ok(claims.iter().map(item).collect())
}

/// The claims under a line per paper, which names it.
fn by_paper(items: &[Value]) -> String {
    let group = |paper: &Paper| {
        let authors = paper.authors.join(", ");
        let year = paper.year.map_or(String::new(), |year| format!(" {year}"));
        let own = items.iter().filter(|item| item["paper"] == paper.key.as_str());
        let lines: String = own.map(|item| format!("  {}", human(item))).collect();
        format!(
            "[{}] {}\n{lines}",
            paper.key,
            [paper.title.clone(), authors + &year].join(". ").trim_end_matches(". ")
        )
    };
    papers().iter().map(group).collect::<Vec<_>>().join("\n")
}

fn methods() -> Vec<Value> {
    Method::ALL
        .iter()
        .map(|(method, summary)| json!({ "name": method.to_string(), "summary": summary }))
        .collect()
}

fn sources() -> Vec<Value> {
    SOURCES.iter().map(|kind| with_parameters(kind.name, kind.summary, kind.parameters)).collect()
}

fn denoisers() -> Vec<Value> {
    DENOISERS
        .iter()
        .map(|denoiser| with_parameters(denoiser.name, denoiser.summary, denoiser.parameters))
        .collect()
}

fn samplers() -> Vec<Value> {
    SAMPLERS
        .iter()
        .map(|sampler| with_parameters(sampler.name, sampler.summary, sampler.parameters))
        .collect()
}

fn schedules() -> Vec<Value> {
    SCHEDULES
        .iter()
        .map(|schedule| with_parameters(schedule.name, schedule.summary, schedule.parameters))
        .collect()
}

fn models() -> Vec<Value> {
    let noise = |model: &Model| match model.noise {
        NoiseAxis::Timesteps(betas) => format!("timesteps of {betas}, 0 the data"),
        NoiseAxis::Sigma => format!("sigma from {} to {}", model.sigmas.0, model.sigmas.1),
        NoiseAxis::Flow => "t (or 1000 t) of (1 − t)·x0 + t·ε, 0 the data".to_owned(),
    };
    let item = |model: &Model| {
        let shift =
            if model.shift > 1.0 { format!(", shift {}", plain(model.shift, 4)) } else { String::new() };
        let aliases = if model.aliases.is_empty() {
            String::new()
        } else {
            format!("; also {}", model.aliases.join(", "))
        };
        let sets = format!("{}; {:?} loss{shift}{aliases}", noise(model), model.parametrization);
        json!({ "name": model.name, "summary": format!("{} ({sets})", model.summary), "shift": model.shift })
    };
    MODELS.iter().map(item).collect()
}

fn solvers() -> Vec<Value> {
    let item = |solver: &Solver| {
        let aliases = match solver.aliases {
            [] => String::new(),
            aliases => format!("; also {}", aliases.join(", ")),
        };
        let summary = format!("{}{aliases}: {}", solver.summary, solver.served());
        json!({ "name": solver.name, "summary": summary, "axis": solver.axis, "smoothness": solver.smoothness })
    };
    SOLVERS.iter().map(item).collect()
}

fn targets() -> Vec<Value> {
    TARGETS.iter().map(|(name, summary)| json!({ "name": name, "summary": summary })).collect()
}

fn with_parameters(name: &str, summary: &str, parameters: &[Parameter]) -> Value {
    let parameter = |p: &Parameter| json!({ "name": p.name, "summary": p.summary, "default": p.default });
    json!({ "name": name, "summary": summary, "parameters": parameters.iter().map(parameter).collect::<Vec<_>>() })
}

fn quantities() -> Vec<Value> {
    let name = |q: &crate::quantity::Quantity| match q.arguments {
        [] => q.name.to_owned(),
        arguments => format!("{}({})", q.name, arguments.join(", ")),
    };
    let axes = |q: &crate::quantity::Quantity| -> Vec<&str> {
        q.scope.axes().filter(|axis| !axis.optional).map(|axis| axis.name).collect()
    };
    QUANTITIES.iter().map(|q| json!({ "name": name(q), "summary": q.summary, "unit": q.unit.symbol(Information::Nats), "axes": axes(q) })).collect()
}
