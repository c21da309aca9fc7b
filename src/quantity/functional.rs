//! What a quantity is, stated once: a linear functional of M, −M′, I and H − I, evaluated by
//! quadrature or by samples.

use super::Memo;
use super::integral::Ends;
use crate::channel::exact::ChannelValues;
use crate::channel::exact::curve::ExactCurve;
use crate::channel::posterior::{Observable, Readout, SnrPoint, Spacing, Term, Weight};
use crate::error::{Error, Result};
use crate::numeric::estimate::{Estimate, Method};
use crate::source::Source;

/// c · Σ parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Functional {
    factor: f64,
    parts: Vec<Summand>,
}

/// One summand of a [`Functional`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Summand {
    /// A number c; samples have it as c·M(0)/E|X − EX|².
    Constant(f64),
    /// c·f(γ); at γ = 0 for M and I alone.
    At {
        /// γ ≥ 0.
        snr: f64,
        /// f.
        observable: Observable,
        /// c.
        factor: f64,
    },
    /// c ∫ γ^k f(γ) dγ over an interval of any number of decades.
    Integral {
        /// The interval.
        ends: Ends,
        /// f.
        observable: Observable,
        /// c.
        factor: f64,
        /// k.
        power: i32,
    },
    /// ½ ∫_lo^hi (hi − γ)(−M′(γ)) dγ = ½ ∫_lo^hi (M(lo) − M(γ)) dγ: the pathwise KL of one step.
    /// The curve's first form has a positive integrand, so small steps lose no digits.
    Step {
        /// Start of the step, ≥ 0.
        lo: f64,
        /// Its end.
        hi: f64,
        /// Which of the two forms is sampled.
        sampled: StepForm,
    },
    /// c ∫_lo^hi −γM′(γ) dγ over one step; samples have it by parts, c[lo·M(lo) − hi·M(hi) + 2I(hi)
    /// − 2I(lo)].
    Growth {
        /// Start of the step; from 0 the bound that needs it is ∞, and so is c.
        lo: f64,
        /// Its end.
        hi: f64,
        /// c.
        factor: f64,
    },
}

/// How a step is sampled, at one point s uniform in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepForm {
    /// ½Δ(M(lo) − M(s)) by ½⟨D⟩ of the same sample: the less noisy.
    Differences,
    /// ½Δ(hi − s)(−M′(s)).
    Slopes,
}

impl Functional {
    /// Σ parts.
    pub fn sum(parts: impl IntoIterator<Item = Summand>) -> Self {
        Self { factor: 1.0, parts: parts.into_iter().collect() }
    }

    /// c·f(γ).
    pub fn at(snr: f64, observable: Observable, factor: f64) -> Self {
        Self::sum([Summand::At { snr, observable, factor }])
    }

    /// The functional times `factor` ≥ 0, which may be ∞.
    pub fn times(self, factor: f64) -> Self {
        Self { factor: self.factor * factor, ..self }
    }

    fn is_infinite(&self) -> bool {
        let infinite =
            |part: &Summand| matches!(part, Summand::Growth { factor, .. } if factor.is_infinite());
        self.factor.is_infinite() || self.parts.iter().any(infinite)
    }

    /// Its value without sampling; `None` where the law has no such route.
    ///
    /// # Errors
    /// Those of the channel's evaluators.
    pub fn value(&self, source: &Source, tools: &Memo) -> Result<Option<Estimate>> {
        if self.is_infinite() {
            return Ok(Some(Estimate::exact(f64::INFINITY)));
        }
        let curve = tools.curve(source);
        let values = self.parts.iter().map(|part| part.value(source, tools, curve.as_ref()).transpose());
        let values = values.collect::<Option<Result<Vec<_>>>>().transpose()?;
        Ok(values.map(|values| total(&values).scaled(self.factor)))
    }

    /// The number that one sample gives for it, whose mean it is.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is ∞.
    pub fn readout(&self, source: &Source) -> Result<Readout> {
        if self.is_infinite() {
            return Err(Error::invalid(
                "snr_min",
                "Monte-Carlo needs snr_min > 0 here: the bound is infinite from 0",
            ));
        }
        let terms: Vec<Term> = self.parts.iter().flat_map(|part| part.terms(source, self.factor)).collect();
        // The empty sum observes something, and makes nothing of it.
        Ok(Readout { terms: if terms.is_empty() { vec![at(0.0, Observable::Mmse, 0.0)] } else { terms } })
    }
}

/// The sum of `parts`. Where more than two of both signs cancel, the rounding of each counts.
fn total(parts: &[Estimate]) -> Estimate {
    let [first, rest @ ..] = parts else { return Estimate::exact(0.0) };
    let value: f64 = parts.iter().map(|part| part.value).sum();
    if rest.is_empty() || value.is_infinite() {
        return if rest.is_empty() { *first } else { Estimate::exact(value) };
    }
    let some = |sign: f64| parts.iter().any(|part| part.value * sign > 0.0);
    let cancels = rest.len() > 1 && some(1.0) && some(-1.0);
    let rounding = if cancels { f64::EPSILON } else { 0.0 };
    let closed = !cancels && parts.iter().all(|part| part.method == Method::ClosedForm);
    let method = if closed { Method::ClosedForm } else { Method::Quadrature };
    Estimate {
        value,
        bound: parts.iter().map(|part| part.bound + rounding * part.value.abs()).sum(),
        method,
        ..*first
    }
}

impl Summand {
    fn value(&self, source: &Source, tools: &Memo, curve: Option<&ExactCurve>) -> Result<Option<Estimate>> {
        let weighed = |lo: f64, hi: f64, weight: &dyn Fn(f64) -> f64| {
            curve.map(|curve| curve.integral(lo, hi, |snr, slope| weight(snr) * slope)).transpose()
        };
        match *self {
            Self::Constant(c) => Ok(Some(Estimate { bound: 0.0, ..Estimate::exact(c) })),
            // 0·∞ is 0 here.
            Self::At { factor, .. } if factor.abs() <= 0.0 => Ok(Some(Estimate::exact(0.0))),
            Self::At { snr, observable, factor } => {
                Ok(observed(source, tools, snr, observable)?.map(|found| found.scaled(factor)))
            }
            Self::Integral { ends, observable, factor, power } => {
                let weight = Weight::Power { factor, exponent: power };
                ends.integral(source, tools, |snr, values| {
                    of(values, observable).map(|f| f.scaled(weight.at(snr)))
                })
            }
            Self::Step { lo, .. }
                if curve.is_some() && lo <= 0.0 && source.second_moment().value.is_infinite() =>
            {
                Ok(Some(Estimate::exact(f64::INFINITY)))
            }
            Self::Step { lo, hi, .. } => weighed(lo, hi, &|snr| 0.5 * (hi - snr)),
            Self::Growth { lo, hi, factor } => weighed(lo, hi, &|snr| factor * snr),
        }
    }

    /// `factor` times the part, of one sample.
    fn terms(&self, source: &Source, times: f64) -> Vec<Term> {
        let within = |lo: f64, hi: f64| SnrPoint::Within { lo, hi, spacing: Spacing::Linear };
        match *self {
            Self::Constant(c) => vec![at(0.0, Observable::Mmse, c * times / source.second_moment().value)],
            Self::At { snr, observable, factor } => vec![at(snr, observable, factor * times)],
            Self::Integral { ends, observable, factor, power } => {
                let term = |(point, weight)| Term { point, observable, weight };
                ends.strata(factor * times, power).into_iter().map(term).collect()
            }
            Self::Step { lo, hi, sampled } => {
                let (point, half) = (within(lo, hi), 0.5 * (hi - lo) * times);
                let (mmse, slope) = (Weight::Constant(-half), Weight::Remaining { factor: half, end: hi });
                match sampled {
                    StepForm::Differences => {
                        vec![
                            at(lo, Observable::Mmse, half),
                            Term { point, observable: Observable::Mmse, weight: mmse },
                        ]
                    }
                    StepForm::Slopes => vec![Term { point, observable: Observable::Slope, weight: slope }],
                }
            }
            Self::Growth { lo, hi, factor } => {
                let signed = [(lo, -times * factor), (hi, times * factor)];
                let end = |(snr, factor): (f64, f64)| {
                    [
                        at(snr, Observable::Mmse, -factor * snr),
                        at(snr, Observable::Information, 2.0 * factor),
                    ]
                };
                signed.into_iter().flat_map(end).collect()
            }
        }
    }
}

fn at(snr: f64, observable: Observable, factor: f64) -> Term {
    Term { point: SnrPoint::At(snr), observable, weight: Weight::Constant(factor) }
}

/// f(γ) without sampling, from γ = 0 on for M and I; `None` where the law has no such route.
fn observed(source: &Source, tools: &Memo, snr: f64, observable: Observable) -> Result<Option<Estimate>> {
    match observable {
        Observable::Mmse if snr <= 0.0 => Ok(Some(source.second_moment())),
        Observable::Information if snr <= 0.0 => Ok(Some(Estimate::exact(0.0))),
        Observable::PosteriorEntropy if source.pmf().is_none_or(|pmf| pmf.shannon().value.is_infinite()) => {
            Ok(Some(Estimate::exact(f64::INFINITY)))
        }
        _ => Ok(tools.channel_values(source, snr)?.as_ref().and_then(|values| of(values, observable))),
    }
}

fn of(values: &ChannelValues, observable: Observable) -> Option<Estimate> {
    match observable {
        Observable::Information => Some(values.information),
        Observable::PosteriorEntropy => values.posterior_entropy,
        Observable::Mmse => Some(values.mmse),
        Observable::Slope => Some(values.mmse_slope),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A growth bound from γ = 0 is infinite by its factor, and so is a sum with an infinite factor:
    /// known without sampling, and not to be sampled.
    #[test]
    fn what_is_infinite_is_known_to_be() {
        let source = Source::parse("bpsk").expect("a source");
        let growth = |factor: f64| Functional::sum([Summand::Growth { lo: 0.5, hi: 2.0, factor }]);
        for infinite in [growth(f64::INFINITY), growth(1.0).times(f64::INFINITY)] {
            let value = infinite.value(&source, &Memo::default()).expect("a value");
            assert_eq!(value.map(|value| value.value), Some(f64::INFINITY));
            assert!(infinite.readout(&source).is_err());
        }
        assert!(growth(1.0).readout(&source).is_ok());
    }

    /// What is sampled of c ∫ γ(−M′) dγ, by parts: c (2I − γM) from end to end.
    #[test]
    fn the_terms_of_a_growth_are_its_parts() {
        let source = Source::parse("bpsk").expect("a source");
        let readout = Functional::sum([Summand::Growth { lo: 0.5, hi: 2.0, factor: 3.0 }]);
        let readout = readout.times(5.0).readout(&source).expect("a readout");
        let weights = readout.terms.iter().map(|term| term.weight.at(1.0)).collect::<Vec<_>>();
        assert_eq!(weights, [7.5, -30.0, -30.0, 30.0]);
    }
}
