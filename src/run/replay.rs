//! The command line that reproduces one row alone, bit for bit.

use clap::ValueEnum;

use crate::claim::Claim;
use crate::report::model::Run;
use crate::run::MethodChoice;
use crate::run::verify::argument;

/// `klaim verify CLAIM --case main/3 --comparisons M …`: the same case, level, family and number of samples.
///
/// A case that was decided after `samples` samples of its sources was undecided after fewer, so that budget makes its
/// run end where it ended; 0 for a case that was not sampled.
pub fn command(claim: &Claim, address: &str, samples: u64, run: &Run, method: MethodChoice) -> String {
    let mut words = vec!["klaim verify".to_owned(), quoted(&argument(claim)), format!("--case {address}")];
    words.push(format!("--comparisons {}", run.comparisons));
    if samples > 0 {
        words.push(format!("--budget {samples}"));
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

/// A word for the shell: quoted unless it is plain.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_quoted_where_the_shell_would_split_them() {
        assert_eq!(super::quoted("zipf:exponent=2,atoms=10"), "zipf:exponent=2,atoms=10");
        assert_eq!(super::quoted("product:base=(bpsk)"), "'product:base=(bpsk)'");
        assert_eq!(super::quoted("it's"), r"'it'\''s'");
    }
}
