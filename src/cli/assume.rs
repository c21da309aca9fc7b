//! `klaim assume`.

use serde_json::json;

use super::{Common, Format, output, verify};
use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::numeric::number;
use crate::numeric::unit::Information;
use crate::report::csv;
use crate::source::assume;

/// Arguments of `klaim assume`.
#[derive(clap::Args)]
pub struct Assume {
    /// Sources (`klaim list sources`), such as zipf:exponent=1.5,atoms=inf or file:path=atoms.csv
    #[arg(long, required = true, num_args = 1..)]
    source: Vec<String>,
    /// In what information is told (the evidence stays in nats)
    #[arg(long, value_enum, default_value = "nats")]
    unit: Information,
}

impl Assume {
    /// Runs the command.
    ///
    /// # Errors
    /// A source that cannot be built: exit status 2.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let sources = verify::sources(&self.source)?;
        sources.iter().for_each(|source| output::notes(source, common));
        let findings: Vec<_> = sources.iter().map(|s| (s.spec(), assume::assess(s))).collect();
        match common.format {
            Format::Human => {
                let blocks = findings.iter().map(|(spec, findings)| {
                    let lines: String =
                        findings.iter().map(|f| format!("  {}\n", f.line(self.unit))).collect();
                    format!("{spec}\n{lines}")
                });
                output::text(&blocks.collect::<Vec<_>>().join("\n"))
            }
            Format::Json => output::json(&json!({
                "sources": findings.iter().map(|(spec, f)| json!({ "source": spec, "findings": f.iter().map(|f| finding(f, self.unit)).collect::<Vec<_>>() })).collect::<Vec<_>>()
            })),
            Format::Csv => {
                let header = [
                    "source",
                    "assumption",
                    "subject",
                    "verdict",
                    "value",
                    "half_width",
                    "unit",
                    "evidence",
                ];
                let rows = findings.iter().flat_map(|(spec, all)| all.iter().map(|f| self.fields(spec, f)));
                output::text(&csv::text(&header, rows))
            }
        }
    }

    fn fields(&self, spec: &str, f: &assume::Assessment) -> Vec<String> {
        let known = f.number_in(self.unit);
        let told = |x: fn(Estimate) -> f64| known.map_or(String::new(), |e| number::name(x(e)));
        let [value, half_width] = [told(|e| e.value), told(|e| 1.96 * e.std_err + e.bound)];
        let (assumption, unit) = (f.assumption.name(), f.assumption.unit().symbol(self.unit));
        let [assumption, subject, unit] = [assumption, f.subject.name(), unit].map(str::to_owned);
        let verdict = f.verdict.to_string();
        vec![spec.to_owned(), assumption, subject, verdict, value, half_width, unit, f.evidence.clone()]
    }
}

fn finding(f: &assume::Assessment, information: Information) -> serde_json::Value {
    let known = f.number_in(information);
    let told = |x: fn(Estimate) -> f64| known.map(|e| number::json(x(e)));
    json!({
        "assumption": f.assumption,
        "subject": f.subject,
        "verdict": f.verdict,
        "value": told(|e| e.value),
        "std_err": told(|e| e.std_err),
        "bound": told(|e| e.bound),
        "unit": f.assumption.unit().symbol(information),
        "evidence": f.evidence,
    })
}
