//! The command line that reproduces one row alone, bit for bit.

use std::path::PathBuf;

use crate::claim::{Claim, Outcome, builtin_path};
use crate::numeric::number;
use crate::report::model::Run;
use crate::run::judge::CaseResult;
use crate::run::options::MethodChoice;

/// `klaim verify CLAIM --case main/3 --comparisons M …`: the same case, level, family and number of
/// samples, with what is expected of it and the hashes of what it rests on.
///
/// A case that was decided after `samples` samples of its sources was undecided after fewer, so
/// that budget makes its run end where it ended; 0 for a case that was not sampled.
pub fn command(
    (claim, address): (&Claim, &str),
    CaseResult { outcome, samples }: &CaseResult,
    files: &[(PathBuf, u64)],
    run: &Run,
    method: MethodChoice,
) -> String {
    let mut words = vec![
        "klaim verify".to_owned(),
        shell_words::quote(&argument(claim)).into_owned(),
        format!("--case {address}"),
    ];
    words.push(format!("--comparisons {}", run.comparisons));
    if *samples > 0 {
        words.push(format!("--budget {samples}"));
    }
    if *samples > 0 {
        words.extend(place(&run.backend).map(str::to_owned));
    }
    if method != MethodChoice::default() {
        words.push(format!("--method {}", method.name()));
    }
    if run.seed != 0 {
        words.push(format!("--seed {}", run.seed));
    }
    words.push(format!("--level {}", run.level));
    words.push(format!("--claim-hash {:016x}", claim.hash));
    for (path, hash) in files {
        let value = format!("{}={hash:016x}", path.display());
        words.push(format!("--data-hash {}", shell_words::quote(&value)));
    }
    words.push(format!("--expect {}", sides(outcome)));
    words.join(" ")
}

/// The two sides of a case as one word, to the bit: numbers, or the ends of brackets.
pub fn sides(outcome: &Outcome) -> String {
    let side = |bracket: Option<[f64; 2]>, x: f64| match bracket {
        Some([low, high]) => format!("{}..{}", number::name(low), number::name(high)),
        None => number::name(x),
    };
    [side(outcome.bracket, outcome.lhs), side(outcome.rhs_bracket, outcome.rhs)].join(",")
}

/// The claim on a command line: its id where it is built in, its file otherwise.
fn argument(claim: &Claim) -> String {
    let builtin = builtin_path(&claim.header.id).is_some_and(|path| path == claim.path);
    if builtin { claim.header.id.clone() } else { claim.path.display().to_string() }
}

/// The option that samples where `backend` did. `None` for several places: no single one has all
/// their bits.
fn place(backend: &str) -> Option<&'static str> {
    match backend {
        several if several.contains(" + ") => None,
        "cpu" => Some("--backend cpu"),
        f32 if f32.starts_with("cuda f32") => Some("--backend cuda --precision f32"),
        _ => Some("--backend cuda"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_samples_where_the_run_did() {
        for (backend, option) in [
            ("cpu", Some("--backend cpu")),
            ("cuda (NVIDIA H200)", Some("--backend cuda")),
            ("cuda f32 (NVIDIA H200)", Some("--backend cuda --precision f32")),
            ("cpu + cuda (NVIDIA H200)", None),
        ] {
            assert_eq!(place(backend), option);
        }
    }
}
