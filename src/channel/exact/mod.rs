//! Channel values without sampling: closed forms where there are any, quadrature with a bound where
//! the law is one-dimensional.

pub mod curve;
pub mod cut;
pub mod density;
pub mod line;
pub mod pairs;
pub mod mixture;
pub mod needle;
pub mod panels;
pub mod posterior;
pub mod terminal;
pub mod unseen;
pub mod window;

use crate::channel::snr::Snr;
use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::{Atoms, Law, Simplex, Source};

/// What the channel Y = √snr·X + Z makes of a source at one SNR.
#[derive(Debug, Clone, Copy)]
pub struct ChannelValues {
    /// M(γ) = E|X − E[X|Y]|², in units of |x|².
    pub mmse: Estimate,
    /// −M′(γ) = E‖Cov(X|Y)‖² ≥ 0.
    pub mmse_slope: Estimate,
    /// M″(γ).
    pub mmse_curvature: Estimate,
    /// I(X; Y), nats.
    pub information: Estimate,
    /// H(X|Y) = H(X) − I(X; Y), nats, with relative accuracy where it is tiny; `None` for a law
    /// that is not discrete.
    pub posterior_entropy: Option<Estimate>,
}

impl ChannelValues {
    /// A source that is known beforehand.
    fn certain() -> Self {
        let zero = Estimate::exact(0.0);
        Self {
            mmse: zero,
            mmse_slope: zero,
            mmse_curvature: zero,
            information: zero,
            posterior_entropy: Some(zero),
        }
    }

    /// The same for `copies` independent coordinates: everything adds.
    fn times(self, copies: usize) -> Self {
        let n = copies as f64;
        Self {
            mmse: self.mmse.scaled(n),
            mmse_slope: self.mmse_slope.scaled(n),
            mmse_curvature: self.mmse_curvature.scaled(n),
            information: self.information.scaled(n),
            posterior_entropy: self.posterior_entropy.map(|h| h.scaled(n)),
        }
    }
}

/// Entropy −Σ p ln p of normalised weights, nats. The largest is taken as one minus the others, so
/// that the entropy of a nearly certain law has relative accuracy although 1 − p has not.
fn entropy(weights: &[f64]) -> f64 {
    let largest = (0..weights.len()).max_by(|&i, &j| weights[i].total_cmp(&weights[j]));
    let others = || weights.iter().enumerate().filter(|&(i, _)| Some(i) != largest).map(|(_, &p)| p);
    let rest: f64 = others().sum();
    others().map(|p| -p * p.ln()).sum::<f64>() - (1.0 - rest) * (-rest).ln_1p()
}

/// Whether [`at`] has a deterministic route for `law`.
pub fn supports(law: &Law) -> bool {
    match law {
        Law::Product { base, .. } => supports(base.law()),
        Law::Atoms(atoms) => on_a_line(atoms).is_some(),
        Law::Simplex(simplex) => simplex.weights.len() <= 2,
        Law::Needle(_) => true,
        Law::Mixture(mixture) => mixture::supports(mixture),
        Law::Density(_) => true,
    }
}

/// Channel values of `source` at `snr` (linear, > 0), or `None` where no deterministic route is
/// known (many atoms in several dimensions).
///
/// Bounds are stated with the route; see [`mod@line`], [`mod@mixture`] and [`mod@density`].
///
/// # Errors
/// An `snr` that [`Snr::new`] refuses.
pub fn at(source: &Source, snr: f64) -> Result<Option<ChannelValues>> {
    let snr = Snr::new(snr)?.linear();
    Ok(match source.law() {
        Law::Product { base, copies } => at(base, snr)?.map(|values| values.times(*copies)),
        Law::Atoms(atoms) => on_a_line(atoms).map(|line| discrete(&line, source, snr)),
        Law::Simplex(simplex) => two_of(simplex).map(|line| discrete(&line, source, snr)),
        Law::Needle(needle) => source.pmf().map(|pmf| needle::evaluate(needle, pmf.shannon(), snr)),
        Law::Mixture(mixture) => mixture::supports(mixture).then(|| mixture::evaluate(mixture, snr)),
        Law::Density(density) => Some(density::evaluate(density.as_ref(), snr)),
    })
}

fn discrete(line: &Atoms, source: &Source, snr: f64) -> ChannelValues {
    if line.len() == 1 && line.missing <= 0.0 {
        return ChannelValues::certain();
    }
    let kept = line::evaluate(line, snr);
    if line.missing > 0.0 { cut::restore(kept, line, source, snr) } else { kept }
}

/// The same law with its atoms on a line, which changes no channel value: any law on a line, and
/// any two atoms.
fn on_a_line(atoms: &Atoms) -> Option<std::borrow::Cow<'_, Atoms>> {
    if atoms.dim == 1 {
        return Some(std::borrow::Cow::Borrowed(atoms));
    }
    let distance = match atoms.len() {
        1 => return Some(std::borrow::Cow::Owned(Atoms { dim: 1, points: vec![0.0], ..atoms.clone() })),
        2 => atoms.point(0).iter().zip(atoms.point(1)).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt(),
        _ => return None,
    };
    (atoms.missing <= 0.0)
        .then(|| std::borrow::Cow::Owned(Atoms { dim: 1, points: vec![0.0, distance], ..atoms.clone() }))
}

fn two_of(simplex: &Simplex) -> Option<Atoms> {
    let points = match simplex.weights.len() {
        1 => vec![0.0],
        2 => vec![0.0, std::f64::consts::SQRT_2],
        _ => return None,
    };
    Some(Atoms { dim: 1, points, weights: simplex.weights.clone(), missing: 0.0 })
}

#[cfg(test)]
pub mod tests;
