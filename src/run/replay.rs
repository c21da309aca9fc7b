//! The command line that reproduces one row alone, bit for bit.

use clap::ValueEnum;

use crate::claim::Claim;
use crate::report::model::Run;
use crate::run::MethodChoice;
use crate::run::assemble::argument;

/// `klaim verify CLAIM --case main/3 --comparisons M …`: the same case, level, family and number of samples.
///
/// A case that was decided after `samples` samples of its sources was undecided after fewer, so that budget makes its
/// run end where it ended; 0 for a case that was not sampled.
pub fn command(claim: &Claim, address: &str, samples: u64, run: &Run, method: MethodChoice) -> String {
    let mut words =
        vec!["klaim verify".to_owned(), shell_words::quote(&argument(claim)).into_owned(), format!("--case {address}")];
    words.push(format!("--comparisons {}", run.comparisons));
    if samples > 0 {
        words.push(format!("--budget {samples}"));
    }
    if samples > 0 && run.backend.starts_with("cuda") {
        words.push("--backend cuda".into());
        if run.backend.starts_with("cuda f32") {
            words.push("--precision f32".into());
        }
    }
    if let Some(value) = method.to_possible_value().filter(|_| method != MethodChoice::default()) {
        words.push(format!("--method {}", value.get_name()));
    }
    if run.seed != 0 {
        words.push(format!("--seed {}", run.seed));
    }
    words.push(format!("--level {}", run.level));
    words.join(" ")
}
