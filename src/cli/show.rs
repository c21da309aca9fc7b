//! `klaim show`.

use serde_json::json;

use super::completion::ClaimName;
use super::{Common, Format, output, verify};
use crate::claim::papers;
use crate::error::Result;

/// Arguments of `klaim show`.
#[derive(clap::Args)]
pub struct Show {
    /// Id of a built-in claim, or a claim file
    #[arg(value_parser = ClaimName, hide_possible_values = true)]
    claim: String,
}

impl Show {
    /// Prints the claim's file; `--format json` with its place and the statements that it tests.
    ///
    /// # Errors
    /// A claim that is not there: exit status 2.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let (path, text) = verify::find(&self.claim)?;
        if common.format != Format::Json {
            return output::text(&text);
        }
        let tests = papers().iter().flat_map(|paper| {
            let own = paper.statements.iter().filter(|statement| {
                statement.tests.iter().any(|test| test.get_ref().split('/').next() == Some(&self.claim))
            });
            own.map(
                |statement| json!({ "paper": paper.key, "place": statement.place, "says": statement.says }),
            )
        });
        output::json(&json!({
            "id": self.claim,
            "path": path.display().to_string(),
            "tests": tests.collect::<Vec<_>>(),
            "text": text,
        }))
    }
}
