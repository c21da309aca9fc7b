//! `klaim assume`.

use serde_json::json;

use super::{Common, Format, output, verify};
use crate::assume;
use crate::error::{Error, Result};
use crate::report::number;

/// Arguments of `klaim assume`.
#[derive(clap::Args)]
pub struct Assume {
    /// Sources (`klaim list sources`), such as zipf:exponent=1.5,atoms=inf or file:path=atoms.csv
    #[arg(long, required = true, num_args = 1..)]
    source: Vec<String>,
}

impl Assume {
    /// Runs the command.
    ///
    /// # Errors
    /// A source that cannot be built: exit status 2.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let sources = verify::sources(&self.source)?;
        let findings: Vec<_> = sources.iter().map(|s| (s.spec(), assume::assess(s))).collect();
        match common.format {
            Format::Human => {
                let blocks = findings.iter().map(|(spec, findings)| {
                    let lines: String = findings.iter().map(|f| format!("  {f}\n")).collect();
                    format!("{spec}\n{lines}")
                });
                output::text(&blocks.collect::<Vec<_>>().join("\n"))
            }
            Format::Json => output::json(&json!({
                "sources": findings.iter().map(|(spec, f)| json!({ "source": spec, "findings": f.iter().map(finding).collect::<Vec<_>>() })).collect::<Vec<_>>()
            })),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(Vec::new());
                let failed = |e: csv::Error| Error::io("stdout")(e.into());
                writer.write_record(["source", "assumption", "verdict", "value", "evidence"]).map_err(failed)?;
                for (spec, findings) in &findings {
                    for f in findings {
                        let fields = [
                            spec,
                            f.assumption.name(),
                            &f.verdict.to_string(),
                            &number::name(f.number.value),
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

fn finding(f: &assume::Finding) -> serde_json::Value {
    let finite = |x: f64| if x.is_finite() { json!(x) } else { json!(number::name(x)) };
    json!({
        "assumption": f.assumption,
        "subject": f.subject,
        "verdict": f.verdict,
        "value": finite(f.number.value),
        "std_err": finite(f.number.std_err),
        "bound": finite(f.number.bound),
        "evidence": f.evidence,
    })
}
