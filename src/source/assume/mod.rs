//! Which assumptions of the theorems a source satisfies, and the evidence.
//!
//! [`assess`] reads exact entropies where the law has weights, says why a continuous law fails, and
//! for a file reports on two laws: the empirical one, which is exact, and the one behind it, of
//! which a sample shows only so much.

mod continuous;
mod sample;
mod weights;

pub use weights::{MomentScale, moment_scale};

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::numeric::estimate::Estimate;
use crate::numeric::unit::{Information, Unit};
use crate::source::{Law, Source};

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
    pub const ALL: [Self; 5] = [
        Self::SecondMoment,
        Self::FiniteEntropy,
        Self::FiniteVarentropy,
        Self::SubExponential,
        Self::FiniteRenyiHalf,
    ];

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

    /// The unit of the number that decides it.
    pub fn unit(self) -> Unit {
        match self {
            Self::SecondMoment => Unit::Length(2),
            Self::FiniteVarentropy => Unit::Information(2),
            Self::FiniteEntropy | Self::SubExponential | Self::FiniteRenyiHalf => Unit::Information(1),
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
pub enum Standing {
    /// The assumption holds.
    Holds,
    /// It does not.
    Fails,
    /// The evidence does not decide.
    CannotTell,
}

impl fmt::Display for Standing {
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

impl Subject {
    /// Its name in JSON and CSV.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::LawBehind => "law-behind",
        }
    }
}

/// One assumption judged for one law.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// What is assumed.
    pub assumption: Assumption,
    /// Of which law.
    pub subject: Subject,
    /// Whether it holds.
    pub verdict: Standing,
    /// The number that decides it ([`Assumption::symbol`]) in [`Assumption::unit`], information in
    /// nats; ∞ where it is infinite, `None` where the evidence gives no number to believe.
    pub number: Option<Estimate>,
    /// Why, in one or two sentences.
    pub evidence: String,
}

impl Assessment {
    /// The number with information in the unit given; lengths stay.
    pub fn number_in(&self, information: Information) -> Option<Estimate> {
        let factor = self.assumption.unit().factor(information).unwrap_or(1.0);
        self.number.map(|number| number.scaled(factor))
    }

    /// `assumption  verdict  symbol = number unit  evidence` in columns.
    pub fn line(&self, information: Information) -> String {
        let of = match self.subject {
            Subject::Source => "",
            Subject::LawBehind => " (law behind)",
        };
        let name = format!("{}{of}", self.assumption.name());
        let symbol = self.assumption.symbol();
        let number = match self.number_in(information) {
            Some(number) => {
                format!("{symbol} = {} {}", Shown(number), self.assumption.unit().symbol(information))
            }
            None => format!("{symbol} not known"),
        };
        format!("{name:<33} {:<12} {number:<29} {}", self.verdict, self.evidence)
    }
}

impl fmt::Display for Assessment {
    /// Its line, information in nats.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line(Information::Nats))
    }
}

/// An estimate to five digits, with the half-width of its 95 % interval if it was sampled.
struct Shown(Estimate);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", digits(self.0.value))?;
        let half_width = 1.96 * self.0.std_err + self.0.bound;
        if self.0.std_err > 0.0 { write!(f, " ± {}", digits(half_width)) } else { Ok(()) }
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

/// Judges every assumption for `source`, in the order of [`Assumption::ALL`]; for a file, a second
/// round judges the law behind it.
pub fn assess(source: &Source) -> Vec<Assessment> {
    let mut findings = vec![second_moment(source)];
    findings.extend(match source.pmf() {
        Some(pmf) => weights::findings(pmf),
        None => continuous::findings(source.law()),
    });
    if let (Some(counts), Law::Atoms(atoms)) = (source.counts(), source.law()) {
        if counts.len() > 1 && counts.iter().all(|&count| count == 1) {
            findings[1..].iter_mut().for_each(|finding| all_rows_differ(finding, counts.len()));
        }
        findings.extend(sample::findings(atoms, counts));
    }
    findings
}

/// The entropies of a table whose rows all differ are those of their number alone: there is none to
/// report.
fn all_rows_differ(finding: &mut Assessment, rows: usize) {
    finding.number = None;
    finding.evidence = format!(
        "finitely many rows; all {rows} differ, so that H = H_½ = ln {rows} whatever they were drawn from: no entropy to report"
    );
}

fn second_moment(source: &Source) -> Assessment {
    let number = source.second_moment();
    let (verdict, evidence) = if number.value.is_finite() {
        (Standing::Holds, format!("total variance {}", digits(number.value)))
    } else if number.is_beyond_range() {
        (Standing::Holds, "the second moment is finite, beyond the largest 64-bit number (1.8e308)".into())
    } else {
        (
            Standing::Fails,
            "the second moment is infinite: so are the initialisation term and mmse at snr → 0".into(),
        )
    };
    Assessment {
        assumption: Assumption::SecondMoment,
        subject: Subject::Source,
        verdict,
        number: Some(number),
        evidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finite_law_satisfies_everything() {
        for spec in ["bpsk", "bernoulli:p=1e-4", "zipf:exponent=1.2,atoms=100", "simplex:atoms=16"] {
            let findings = assess(&Source::parse(spec).expect("a known source"));
            assert_eq!(findings.iter().map(|f| f.assumption).collect::<Vec<_>>(), Assumption::ALL);
            assert!(
                findings
                    .iter()
                    .all(|f| f.verdict == Standing::Holds && f.number.is_some_and(|n| n.value.is_finite())),
                "{findings:?}"
            );
        }
    }

    /// e^{2·19²} is a number, though none of 64 bits.
    #[test]
    fn a_second_moment_beyond_64_bits_is_finite() {
        for spec in ["lognormal:sigma=19", "quantized:base=(lognormal:sigma=19),step=1e12"] {
            let findings = assess(&Source::parse(spec).expect("a known source"));
            assert_eq!(findings[0].verdict, Standing::Holds, "{}", findings[0]);
        }
        let infinite = assess(&Source::parse("pareto:shape=1.5").expect("a known source"));
        assert_eq!(infinite[0].verdict, Standing::Fails);
    }

    #[test]
    fn a_finding_prints_as_a_row_and_survives_json() {
        let findings = assess(&Source::parse("bernoulli:p=1e-4").expect("a known source"));
        let row = findings[3].to_string();
        assert!(
            row.starts_with("sub-exponential")
                && row.contains("holds")
                && row.contains("ψ1 = ")
                && row.contains(" nats "),
            "{row}"
        );
        let text = serde_json::to_string(&findings).expect("plain data");
        let read: Vec<Assessment> = serde_json::from_str(&text).expect("what was written");
        assert_eq!(read[3].to_string(), row);
    }

    /// 1,797 images, no two alike.
    #[test]
    fn a_table_whose_rows_all_differ_has_no_entropy() {
        let digits = assess(&Source::parse("digits").expect("a known source"));
        assert_eq!(digits.len(), 2 * Assumption::ALL.len());
        for finding in digits.iter().filter(|f| f.assumption != Assumption::SecondMoment) {
            assert!(finding.number.is_none() && finding.evidence.contains("all 1797"), "{finding}");
            assert!(finding.to_string().contains("not known"), "{finding}");
        }
        assert!(digits[5..].iter().all(|f| f.subject == Subject::LawBehind), "{digits:?}");
    }

    #[test]
    fn bits_scale_information_and_leave_lengths() {
        let findings = assess(&Source::parse("bpsk").expect("a known source"));
        let bits = |k: usize| findings[k].number_in(Information::Bits).expect("a number").value;
        assert!((bits(0) - 1.0).abs() < 1e-15 && (bits(1) - 1.0).abs() < 1e-15, "{findings:?}");
        assert!(findings[1].line(Information::Bits).contains("H = 1.0000 bits"), "{findings:?}");
    }

    #[test]
    fn names_are_those_of_the_serialised_form() {
        for assumption in Assumption::ALL {
            let text = serde_json::to_string(&assumption).expect("plain data");
            assert_eq!(text, format!("\"{}\"", assumption.name()));
        }
    }
}
