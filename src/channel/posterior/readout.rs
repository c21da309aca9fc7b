//! Linear functionals of one sample's observables over all SNRs at once.

use super::grid::{Grid, SnrPoint};

/// What a sampler measures at one SNR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Observable {
    /// Its mean is I(X; Y_γ), nats.
    Information,
    /// Its mean is H(X|Y_γ), nats; for discrete laws.
    PosteriorEntropy,
    /// Its mean is M(γ).
    Mmse,
    /// Its mean is −M′(γ).
    Slope,
}

/// The observables of one sample (X = x_I, Z) at one SNR: summands whose means are the channel's
/// values.
///
/// Of atoms, ⟨·⟩ averages over the posterior, D_i = |x_i − x_I|², a_i = ⟨Z, x_i − x_I⟩ and S = 1/P(X =
/// x_I | Y). The source atom is itself a draw of the posterior, so that E⟨D⟩ = 2M. Of Gaussian
/// mixtures `mmse` is tr Cov(X|Y), `slope` its squared norm and `information` a ratio of densities.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Observed {
    /// The SNR γ at which this sample was observed.
    pub snr: f64,
    /// H − ln S.
    pub information: f64,
    /// ln S.
    pub posterior_entropy: f64,
    /// ½⟨D⟩.
    pub mmse: f64,
    /// (⟨D²⟩−⟨D⟩²)/4 − (⟨aD⟩−⟨a⟩⟨D⟩)/(4√γ).
    pub slope: f64,
}

impl Observed {
    /// The same, less what fluctuates most as γ → 0 and has mean 0: H − ln S by ι(x_I) − H
    /// (`content`), the slope by −Cov_p(a, D)/(4√γ) (`covariance`), which grows without bound where
    /// the slope does not. Both are control variates, so that a regression on them has the same
    /// value either way; but it takes the difference of two means, whose rounding is that of the
    /// larger, and one sample's difference has next to none.
    pub fn anchored(self, covariance: f64, content: f64) -> Self {
        Self {
            information: self.information + content,
            posterior_entropy: self.posterior_entropy - content,
            slope: self.slope + 0.25 * covariance / self.snr.sqrt(),
            ..self
        }
    }

    /// The value of one observable.
    pub fn get(&self, observable: Observable) -> f64 {
        match observable {
            Observable::Information => self.information,
            Observable::PosteriorEntropy => self.posterior_entropy,
            Observable::Mmse => self.mmse,
            Observable::Slope => self.slope,
        }
    }
}

/// A factor that may depend on the (random) SNR s of its point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Weight {
    /// A constant.
    Constant(f64),
    /// c·s^k.
    Power {
        /// c.
        factor: f64,
        /// k.
        exponent: i32,
    },
    /// c·(end − s).
    Remaining {
        /// c.
        factor: f64,
        /// The end of the step.
        end: f64,
    },
}

impl Weight {
    /// The weight at γ = `snr`.
    pub fn at(self, snr: f64) -> f64 {
        match self {
            Self::Constant(factor) => factor,
            Self::Power { factor, exponent } => factor * snr.powi(exponent),
            Self::Remaining { factor, end } => factor * (end - snr),
        }
    }
}

/// weight(s)·observable(s) at one point of the grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// Where.
    pub point: SnrPoint,
    /// What.
    pub observable: Observable,
    /// Times what.
    pub weight: Weight,
}

/// Σ of [`Term`]s: one number a sample, whose mean is the quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Readout {
    /// The terms, in the order in which they are added.
    pub terms: Vec<Term>,
}

impl Readout {
    /// One observable at one fixed SNR.
    pub fn at(snr: f64, observable: Observable) -> Self {
        Self { terms: vec![Term { point: SnrPoint::At(snr), observable, weight: Weight::Constant(1.0) }] }
    }

    /// The points that it needs.
    pub fn points(&self) -> impl Iterator<Item = SnrPoint> + '_ {
        self.terms.iter().map(|t| t.point)
    }

    /// The readout with grid positions looked up once; every point must be on `grid`.
    pub fn on(&self, grid: &Grid) -> PlacedReadout {
        let place = |t: &Term| {
            (
                grid.index(&t.point).expect("the grid holds every point of its readouts"),
                t.observable,
                t.weight,
            )
        };
        PlacedReadout { terms: self.terms.iter().map(place).collect() }
    }
}

impl std::fmt::Display for Readout {
    /// Names the readout by what it observes: two readouts with the same text are the same
    /// functional.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, term) in self.terms.iter().enumerate() {
            let separator = if i == 0 { "" } else { " + " };
            write!(f, "{separator}{:?} {:?} {:?}", term.weight, term.observable, term.point)?;
        }
        Ok(())
    }
}

/// A readout on a particular grid.
#[derive(Debug, Clone)]
pub struct PlacedReadout {
    terms: Vec<(usize, Observable, Weight)>,
}

impl PlacedReadout {
    /// Grid index, observable and weight of each term, in the order in which they are added.
    pub fn terms(&self) -> &[(usize, Observable, Weight)] {
        &self.terms
    }

    /// The value for one sample's observables over the grid.
    pub fn value(&self, observed: &[Observed]) -> f64 {
        self.terms
            .iter()
            .map(|&(g, observable, weight)| weight.at(observed[g].snr) * observed[g].get(observable))
            .sum()
    }
}
