//! What the intervals of one regime did over the replications, and whether that is what they
//! promise.

use std::ops::RangeInclusive;

use klaim::internals::numeric::estimate::Estimate;
use statrs::distribution::{Binomial, DiscreteCDF};

/// Two-sided 95 % of the normal distribution.
pub const Z: f64 = 1.959_963_984_540;
/// What a 95 % interval may miss.
pub const LEVEL: f64 = 0.05;
/// Probability with which an exact interval's count leaves its band on one side.
pub const TAIL: f64 = 1e-4;
/// A reference that is sampled itself has at most this share of the intervals' standard error: by
/// √(1 + 0.125²) it takes the misses from 5 % to 5.2 %.
const REFERENCE: f64 = 0.125;

/// What an interval promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// To hold the truth in 95 % of the replications.
    Both,
    /// The same of a value whose mean is at most the truth: what is below is no miss.
    AtMost,
    /// To hold it in at least 95 %: proven for every law, so that it may be wide.
    AtLeast95,
    /// To hold it always.
    Always,
}

/// A number that is known otherwise.
#[derive(Debug, Clone, Copy)]
pub enum Truth {
    /// To within a deterministic bound, which the interval is given.
    Exact { value: f64, bound: f64 },
    /// From samples of another program, with their standard error.
    Sampled { value: f64, std_err: f64 },
}

impl Truth {
    pub fn value(self) -> f64 {
        match self {
            Self::Exact { value, .. } | Self::Sampled { value, .. } => value,
        }
    }

    fn std_err(self) -> f64 {
        match self {
            Self::Exact { .. } => 0.0,
            Self::Sampled { std_err, .. } => std_err,
        }
    }

    fn bound(self) -> f64 {
        match self {
            Self::Exact { bound, .. } => bound,
            Self::Sampled { .. } => 0.0,
        }
    }
}

/// Where a number is measured, and how.
#[derive(Debug, Clone)]
pub struct Label {
    /// `monte-carlo`, `tilted`, …: the heading it stands under.
    pub route: String,
    /// `synthetic`, `heavy-tailed`, `real`.
    pub family: &'static str,
    pub law: String,
    /// `low, γ = 0.01`.
    pub regime: String,
    pub quantity: String,
}

/// One quantity by one route in one regime.
#[derive(Debug, Clone)]
pub struct Cell {
    pub label: Label,
    sides: Sides,
    /// Whether the reference is too coarse to tell.
    coarse: bool,
    pub replications: usize,
    /// Replications that do not say that they are not to be believed.
    pub believed: usize,
    /// Believed replications whose interval misses.
    pub silent: usize,
    /// Mean error of the believed ones, and its spread, in their mean standard error; NaN without
    /// one.
    pub bias: f64,
    pub spread: f64,
    /// The mean half-width of the believed ones as a share of the truth.
    pub width: f64,
}

/// What can be said of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The misses among the believed replications lie in the band.
    Within,
    /// Fewer: the interval is wider than it need be.
    Wide,
    /// More.
    Outside,
    /// The reference is sampled itself, and too coarse to tell.
    Untold,
    /// Most replications are not believed, and of all of them no more miss in silence than the
    /// level allows.
    Flagged,
}

impl Cell {
    /// Tallies estimates of one number.
    pub fn of(label: Label, sides: Sides, truth: Truth, estimates: &[Estimate]) -> Self {
        Self::of_many(label, sides, &estimates.iter().map(|&e| (e, truth)).collect::<Vec<_>>())
    }

    /// Tallies estimates, each of a number of its own.
    pub fn of_many(label: Label, sides: Sides, all: &[(Estimate, Truth)]) -> Self {
        let missed = |(e, truth): &(Estimate, Truth)| {
            // ∞ where the truth is ∞ is no miss.
            let off =
                if e.value.to_bits() == truth.value().to_bits() { 0.0 } else { e.value - truth.value() };
            let off = if sides == Sides::AtMost { off } else { off.abs() };
            // A NaN misses.
            let within = off.partial_cmp(&(Z * e.std_err + e.bound + truth.bound()));
            within.is_none_or(|order| order.is_gt())
        };
        let believed: Vec<&(Estimate, Truth)> = all.iter().filter(|(e, _)| e.believed()).collect();
        let mean = |f: &dyn Fn(&Estimate, &Truth) -> f64| {
            believed.iter().map(|(e, truth)| f(e, truth)).sum::<f64>() / believed.len() as f64
        };
        let (std_err, off) = (mean(&|e, _| e.std_err), mean(&|e, truth| e.value - truth.value()));
        let error = all.first().map_or(0.0, |(_, truth)| truth.std_err());
        let coarse = 2 * believed.len() >= all.len() && error > REFERENCE * std_err;
        Self {
            label,
            sides,
            coarse,
            replications: all.len(),
            believed: believed.len(),
            silent: believed.iter().filter(|pair| missed(pair)).count(),
            bias: off / std_err,
            spread: mean(&|e, truth| (e.value - truth.value() - off).powi(2)).sqrt() / std_err,
            width: mean(&|e, truth| (Z * e.std_err + e.bound) / truth.value().abs()),
        }
    }

    /// Whether the cell keeps its promise.
    pub fn outcome(&self) -> Outcome {
        let allowed = match self.sides {
            Sides::Both | Sides::AtLeast95 => LEVEL,
            Sides::AtMost => LEVEL / 2.0,
            Sides::Always => 0.0,
        };
        if self.coarse {
            return Outcome::Untold;
        }
        if 2 * self.believed < self.replications {
            let most = *band(self.replications, allowed).end();
            return if self.silent > most { Outcome::Outside } else { Outcome::Flagged };
        }
        let band = band(self.believed, allowed);
        if self.silent > *band.end() {
            Outcome::Outside
        } else if self.sides == Sides::Both && self.silent < *band.start() {
            Outcome::Wide
        } else {
            Outcome::Within
        }
    }
}

/// A cell in words.
impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Label { route, family, law, regime, quantity } = &self.label;
        write!(
            f,
            "{quantity} of {law} ({family}; {route}, {regime}): {} of {} replications believed, {} of them miss; \
             mean error {:.2}, spread {:.2} standard errors, half-width {:.1e} of the value",
            self.believed, self.replications, self.silent, self.bias, self.spread, self.width
        )
    }
}

/// The counts that Bin(`n`, `p`) leaves on either side with probability at most [`TAIL`].
pub fn band(n: usize, p: f64) -> RangeInclusive<usize> {
    if n == 0 || p == 0.0 {
        return 0..=0;
    }
    let law = Binomial::new(p, n as u64).expect("a probability");
    let low = (0..n).find(|&k| law.cdf(k as u64) > TAIL).unwrap_or(n);
    let high = (low..n).find(|&k| law.sf(k as u64) <= TAIL).unwrap_or(n);
    low..=high
}
