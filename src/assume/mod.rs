//! Which assumptions of the theorems a source satisfies, and the evidence.
//!
//! [`assess`] reads exact entropies where the law has weights, says why a continuous law fails, and for a file reports on
//! two laws: the empirical one, which is exact, and the one behind it, of which a sample shows only so much.

mod continuous;
mod sample;
mod weights;

pub use weights::{MomentScale, moment_scale};

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::estimate::Estimate;
use crate::source::{Law, Source, Spec};

/// An assumption of `docs/theory.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assumption {
    /// A1: E|X|² < ∞.
    SecondMoment,
    /// H(X) < ∞.
    FiniteEntropy,
    /// V(X) = Var ι < ∞.
    FiniteVarentropy,
    /// A2: ι(X) − H is sub-exponential, ‖ι − H‖_ψ1 < ∞.
    SubExponential,
    /// A2′: H_½(X) < ∞.
    FiniteRenyiHalf,
}

impl Assumption {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 5] =
        [Self::SecondMoment, Self::FiniteEntropy, Self::FiniteVarentropy, Self::SubExponential, Self::FiniteRenyiHalf];

    /// Its name in claim files.
    pub fn name(self) -> &'static str {
        match self {
            Self::SecondMoment => "second-moment",
            Self::FiniteEntropy => "finite-entropy",
            Self::FiniteVarentropy => "finite-varentropy",
            Self::SubExponential => "sub-exponential",
            Self::FiniteRenyiHalf => "finite-renyi-half",
        }
    }

    /// The number that decides it, as a symbol.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::SecondMoment => "E|X−EX|²",
            Self::FiniteEntropy => "H",
            Self::FiniteVarentropy => "V",
            Self::SubExponential => "ψ1",
            Self::FiniteRenyiHalf => "H_½",
        }
    }
}

/// What the evidence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The assumption holds.
    Holds,
    /// It does not.
    Fails,
    /// The evidence does not decide.
    CannotTell,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::CannotTell => "cannot tell",
        })
    }
}

/// Which law a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The source itself; for a file, its empirical law.
    Source,
    /// The unknown law that a file's rows were drawn from.
    LawBehind,
}

/// One assumption judged for one law.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What is assumed.
    pub assumption: Assumption,
    /// Of which law.
    pub subject: Subject,
    /// Whether it holds.
    pub verdict: Verdict,
    /// The number that decides it ([`Assumption::symbol`]): nats, nats² for V, |x|² for the second moment; ∞ where it
    /// is infinite.
    pub number: Estimate,
    /// Why, in one or two sentences.
    pub evidence: String,
}

impl fmt::Display for Finding {
    /// `assumption  verdict  symbol = number  evidence` in columns.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = match self.subject {
            Subject::Source => "",
            Subject::LawBehind => " (law behind)",
        };
        let name = format!("{}{of}", self.assumption.name());
        let number = format!("{} = {}", self.assumption.symbol(), Shown(self.number));
        write!(f, "{name:<33} {:<12} {number:<24} {}", self.verdict, self.evidence)
    }
}

/// An estimate to five digits, with its standard error if it has one.
struct Shown(Estimate);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", digits(self.0.value))?;
        if self.0.std_err > 0.0 { write!(f, " ± {}", digits(self.0.std_err)) } else { Ok(()) }
    }
}

/// A number to about five digits.
fn digits(x: f64) -> String {
    if x.is_infinite() {
        (if x > 0.0 { "∞" } else { "−∞" }).into()
    } else if x == 0.0 || (1e-3..1e5).contains(&x.abs()) {
        format!("{x:.4}")
    } else {
        format!("{x:.3e}")
    }
}

/// Judges every assumption for `source`, in the order of [`Assumption::ALL`]; for a file, a second round judges the law
/// behind it.
pub fn assess(source: &Source) -> Vec<Finding> {
    let mut findings = vec![second_moment(source)];
    findings.extend(match source.pmf() {
        Some(pmf) => weights::findings(pmf),
        None => continuous::findings(source.law()),
    });
    if let (true, Law::Atoms(atoms)) = (is_sample(source.spec()), source.law()) {
        findings.extend(sample::findings(atoms));
    }
    findings
}

/// Whether `spec` is the empirical law of rows of data; a file with a column of weights states a law instead.
fn is_sample(spec: &str) -> bool {
    Spec::parse(spec).is_ok_and(|spec| {
        spec.kind == "digits" || spec.kind == "file" && spec.parameters.iter().all(|(key, _)| key != "weights")
    })
}

fn second_moment(source: &Source) -> Finding {
    let number = source.second_moment();
    let (verdict, evidence) = if number.value.is_finite() {
        (Verdict::Holds, format!("total variance {}", digits(number.value)))
    } else {
        (Verdict::Fails, "the second moment is infinite: so are the initialisation term and mmse at snr → 0".into())
    };
    Finding { assumption: Assumption::SecondMoment, subject: Subject::Source, verdict, number, evidence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finite_law_satisfies_everything() {
        for spec in ["bpsk", "bernoulli:p=1e-4", "zipf:exponent=1.2,atoms=100", "simplex:atoms=16"] {
            let findings = assess(&Source::parse(spec).expect("a known source"));
            assert_eq!(findings.iter().map(|f| f.assumption).collect::<Vec<_>>(), Assumption::ALL);
            assert!(findings.iter().all(|f| f.verdict == Verdict::Holds && f.number.value.is_finite()), "{findings:?}");
        }
    }

    #[test]
    fn a_finding_prints_as_a_row_and_survives_json() {
        let findings = assess(&Source::parse("bernoulli:p=1e-4").expect("a known source"));
        let row = findings[3].to_string();
        assert!(row.starts_with("sub-exponential") && row.contains("holds") && row.contains("ψ1 = "), "{row}");
        let text = serde_json::to_string(&findings).expect("plain data");
        let read: Vec<Finding> = serde_json::from_str(&text).expect("what was written");
        assert_eq!(read[3].to_string(), row);
    }

    #[test]
    fn only_unweighted_files_are_samples() {
        assert!(is_sample("file:path=rows.csv"));
        let digits = assess(&Source::parse("digits").expect("a known source"));
        assert_eq!(digits.len(), 2 * Assumption::ALL.len());
        assert!(digits[5..].iter().all(|f| f.subject == Subject::LawBehind), "{digits:?}");
        assert!(!is_sample("file:path=rows.csv,weights=count"));
        assert!(!is_sample("bpsk"));
    }

    #[test]
    fn names_are_those_of_the_serialised_form() {
        for assumption in Assumption::ALL {
            let text = serde_json::to_string(&assumption).expect("plain data");
            assert_eq!(text, format!("\"{}\"", assumption.name()));
        }
    }
}
