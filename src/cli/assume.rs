//! `klaim assume`.

use serde_json::json;

use super::{Common, Format, output, verify};
use crate::error::{Error, Result};
use crate::numeric::estimate::Estimate;
use crate::numeric::unit::Information;
use crate::report::number;
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
        sources.iter().for_each(|source| output::notes(source, common.quiet));
        let findings: Vec<_> = sources.iter().map(|s| (s.spec(), assume::assess(s))).collect();
        match common.format {
            Format::Human => {
                let blocks = findings.iter().map(|(spec, findings)| {
                    let lines: String = findings.iter().map(|f| format!("  {}\n", f.line(self.unit))).collect();
                    format!("{spec}\n{lines}")
                });
                output::text(&blocks.collect::<Vec<_>>().join("\n"))
            }
            Format::Json => output::json(&json!({
                "sources": findings.iter().map(|(spec, f)| json!({ "source": spec, "findings": f.iter().map(|f| finding(f, self.unit)).collect::<Vec<_>>() })).collect::<Vec<_>>()
            })),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(Vec::new());
                let failed = |e: csv::Error| Error::io("stdout")(e.into());
                writer
                    .write_record([
                        "source",
                        "assumption",
                        "subject",
                        "verdict",
                        "value",
                        "half_width",
                        "unit",
                        "evidence",
                    ])
                    .map_err(failed)?;
                for (spec, findings) in &findings {
                    for f in findings {
                        let known = f.number_in(self.unit);
                        let told = |x: fn(Estimate) -> f64| known.map_or(String::new(), |e| number::name(x(e)));
                        let fields = [
                            spec,
                            f.assumption.name(),
                            f.subject.name(),
                            &f.verdict.to_string(),
                            &told(|e| e.value),
                            &told(|e| 1.96 * e.std_err + e.bound),
                            f.assumption.unit().symbol(self.unit),
                            &f.evidence,
                        ];
                        writer.write_record(fields).map_err(failed)?;
                    }
                }
                output::bytes(&writer.into_inner().map_err(|e| Error::io("stdout")(e.into_error()))?)
            }
        }
    }
}

fn finding(f: &assume::Assessment, information: Information) -> serde_json::Value {
    let finite = |x: f64| if x.is_finite() { json!(x) } else { json!(number::name(x)) };
    let number = f.number_in(information);
    let told = |x: fn(Estimate) -> f64| number.map(|e| finite(x(e)));
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
