//! The hypotheses of a claim, `where = "shannon >= ln(2)"`: combinations of axes that do not satisfy
//! them are no cases.
//!
//! They are decided when the claim is expanded, before anything is measured, so they take what is
//! known without sampling.

use std::collections::HashMap;
use std::fmt;

use crate::claim::case::{Bound, Hypothesis, Input, Section};
use crate::claim::enclosure::{Range, difference};
use crate::claim::trend;
use crate::error::{Error, Result};
use crate::quantity::Memo;

/// What hypotheses were decided with, kept from one combination to the next.
#[derive(Debug, Default)]
pub struct Deciding {
    tools: Memo,
    known: HashMap<String, Range>,
}

impl Hypothesis {
    /// Whether it is satisfied. Sides whose difference is rounding alone count as equal: of `>=`
    /// and `<=` the edge belongs to the hypothesis.
    ///
    /// # Errors
    /// A side that has no value without sampling, or whose error bound does not tell.
    pub fn holds(&self, deciding: &mut Deciding) -> Result<bool> {
        let [lhs, rhs] = [deciding.range(&self.lhs)?, deciding.range(&self.rhs)?];
        let scale =
            [lhs, rhs].iter().flatten().map(|x| x.abs()).filter(|x| x.is_finite()).fold(0.0, f64::max);
        // Of two infinite sides neither is larger.
        let known = |[low, high]: Range| low.to_bits() == high.to_bits();
        let same = known(lhs) && known(rhs) && lhs[0].to_bits() == rhs[0].to_bits();
        let apart = if same { [0.0; 2] } else { difference(lhs, rhs) };
        self.inequality.decided(apart, scale).ok_or_else(|| {
            Error::invalid(
                "where",
                format!(
                    "cannot tell whether {self}: the sides lie in [{}, {}] and [{}, {}]",
                    lhs[0], lhs[1], rhs[0], rhs[1]
                ),
            )
        })
    }
}

impl fmt::Display for Hypothesis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.lhs.expression, self.inequality, self.rhs.expression)
    }
}

impl Deciding {
    /// Where a side lies.
    fn range(&mut self, side: &Bound) -> Result<Range> {
        let inputs: Vec<Range> = side.inputs.iter().map(|input| self.input(input)).collect::<Result<_>>()?;
        Ok(side.expression.enclosure(&inputs))
    }

    fn input(&mut self, input: &Input) -> Result<Range> {
        let need = match input {
            Input::Number(x) => return Ok([*x; 2]),
            Input::Need(need) => need,
        };
        let key = need.key();
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let estimate = need.deterministic(&self.tools)?.ok_or_else(|| Error::Unsupported {
            quantity: need.quantity.name.into(),
            source_spec: need.source.spec().into(),
            message: "has no value without sampling, which `where` needs".into(),
        })?;
        let range = match estimate.value {
            x if x.is_infinite() => [x; 2],
            x => [x - estimate.bound, x + estimate.bound],
        };
        self.known.insert(key, range);
        Ok(range)
    }
}

/// Whether every hypothesis is satisfied.
///
/// # Errors
/// Those of [`Hypothesis::holds`].
pub fn all_hold(hypotheses: &[Hypothesis], deciding: &mut Deciding) -> Result<bool> {
    hypotheses.iter().try_fold(true, |all, hypothesis| Ok(all && hypothesis.holds(deciding)?))
}

impl Section {
    /// Leaves out the points that do not satisfy the hypotheses, and cases that keep fewer than
    /// their relation needs; [`Section::left_out`] counts the points.
    ///
    /// # Errors
    /// A hypothesis that cannot be decided.
    pub fn keep_satisfied(&mut self, deciding: &mut Deciding) -> Result<()> {
        if self.hypotheses.is_empty() {
            return Ok(());
        }
        let fewest = trend::fewest(self.relation);
        for mut case in std::mem::take(&mut self.cases) {
            let before = case.points.len();
            let mut kept = Vec::new();
            for point in case.points {
                if all_hold(&point.hypotheses, deciding)? {
                    kept.push(point);
                }
            }
            if kept.len() < fewest {
                kept.clear();
            }
            self.left_out += before - kept.len();
            case.points = kept;
            if !case.points.is_empty() {
                self.cases.push(case);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::Claim;

    /// A claim over two-point laws with `hypothesis`, and `more` after its axes.
    fn claim(hypothesis: &str, more: &str) -> Result<Claim> {
        Claim::parse(&format!(
            "lhs = \"mmse\"\nrelation = \"<=\"\nrhs = \"shannon\"\nwhere = {hypothesis}\n[over]\n\
             source = [\"bpsk\", \"bernoulli:p=0.1\", \"bernoulli:p=0.5\"]\nsnr = [1, 4]\n{more}"
        ))
    }

    /// H = ln 2 for equal weights, within rounding: the edge is inside for `>=` and outside for
    /// `>`.
    #[test]
    fn what_does_not_satisfy_it_is_no_case() {
        for (hypothesis, kept) in [
            ("\"shannon >= ln(2)\"", 4),
            ("\"shannon > ln(2)\"", 0),
            ("\"shannon < ln(2)\"", 2),
            ("\"shannon == ln(2)\"", 4),
            ("[\"shannon <= ln(2)\", \"snr > 1\"]", 3),
            ("\"second_moment <= mmse * 2\"", 3),
            ("\"\"", 6),
        ] {
            match claim(hypothesis, "") {
                Ok(claim) => {
                    let found = (claim.main.cases.len(), claim.main.left_out);
                    assert_eq!(found, (kept, 6 - kept), "{hypothesis}");
                }
                Err(error) => {
                    assert_eq!(kept, 0, "{hypothesis}: {error}");
                    assert!(error.to_string().contains("all 6 are left out"), "{error}");
                }
            }
        }
    }

    #[test]
    fn controls_and_breaks_inherit_it_and_may_drop_it() {
        let section =
            |keys: &str| format!("[[break]]\nwhy = \"rare\"\nsource = [\"bernoulli:p=0.01\"]\n{keys}");
        let kept = claim("\"shannon >= 0.5\"", &section("where = \"\"\n")).unwrap();
        assert_eq!(kept.breaks[0].cases.len(), 2);
        let error = claim("\"shannon >= 0.5\"", &section("")).unwrap_err().to_string();
        assert!(error.contains("all 2 are left out"), "{error}");
    }

    #[test]
    fn what_cannot_be_read_or_decided_is_an_error() {
        for (hypothesis, message) in [
            ("\"shannon\"", "compares nothing"),
            ("\"shannon >= \"", "ends where a number"),
            ("\"shanon >= 1\"", "unknown name `shanon`"),
            ("\"1 <= 2 <= 3\"", "has no meaning"),
            ("\"steps >= 2\"", "the axis `steps` is not in `over`"),
            ("3", "must be a string"),
        ] {
            let error = claim(hypothesis, "").unwrap_err().to_string();
            assert!(error.contains(message), "{hypothesis}: {error}");
        }
        let sampled = "lhs = \"mmse\"\nrelation = \"<=\"\nrhs = \"dim / snr\"\nwhere = \"mmse > 0.1\"\n[over]\n\
                       source = [\"codebook:atoms=9,dim=3,seed=1\"]\nsnr = [1]\n";
        let error = Claim::parse(sampled).unwrap_err().to_string();
        assert!(error.contains("has no value without sampling"), "{error}");
    }
}
