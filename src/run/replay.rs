//! The command line that reproduces one row alone, bit for bit.

use crate::claim::Claim;
use crate::report::model::Run;
use crate::run::assemble::argument;

/// `klaim verify CLAIM --case main/3 --comparisons M …`: the same case, level, family and number of samples.
///
/// A case that was decided after n samples was undecided after fewer, so the budget n makes its run end where it ended.
pub fn command(claim: &Claim, address: &str, n: u64, run: &Run) -> String {
    let mut words =
        vec!["klaim verify".to_owned(), shell_words::quote(&argument(claim)).into_owned(), format!("--case {address}")];
    words.push(format!("--comparisons {}", run.comparisons));
    if n > 0 {
        words.push(format!("--budget {n}"));
    }
    if run.seed != 0 {
        words.push(format!("--seed {}", run.seed));
    }
    words.push(format!("--level {}", run.level));
    words.join(" ")
}
