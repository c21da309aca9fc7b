//! Quantities of the source alone.

use super::Need;
use crate::error::{Error, Result};
use crate::numeric::estimate::Estimate;
use crate::source::{Pmf, differential};

/// Dimension d.
pub fn dim(need: &Need) -> Result<Estimate> {
    Ok(Estimate::exact(need.source.dim() as f64))
}

/// Number of atoms; ∞ for infinitely many and for continuous laws.
pub fn atoms(need: &Need) -> Result<Estimate> {
    Ok(Estimate::exact(need.source.pmf().map_or(f64::INFINITY, |pmf| pmf.atoms())))
}

/// Total variance.
pub fn second_moment(need: &Need) -> Result<Estimate> {
    Ok(need.source.second_moment())
}

/// An entropy of the pmf; ∞ for a continuous law, whose information content is infinite.
fn of_pmf(need: &Need, entropy: impl Fn(&dyn Pmf) -> Estimate) -> Result<Estimate> {
    Ok(need.source.pmf().map_or(Estimate::exact(f64::INFINITY), entropy))
}

/// Shannon entropy, nats.
pub fn shannon(need: &Need) -> Result<Estimate> {
    of_pmf(need, |pmf| pmf.shannon())
}

/// Rényi entropy of order ½, nats.
pub fn renyi_half(need: &Need) -> Result<Estimate> {
    of_pmf(need, |pmf| pmf.renyi(0.5))
}

/// Rényi entropy of the order given as argument, nats.
///
/// # Errors
/// [`Error::Invalid`] for a negative order or NaN.
pub fn renyi(need: &Need) -> Result<Estimate> {
    let order = need.setting.argument(0)?;
    if order.is_nan() || order < 0.0 {
        return Err(Error::invalid("renyi(order)", format!("the order must be ≥ 0, not {order}")));
    }
    of_pmf(need, |pmf| pmf.renyi(order))
}

/// Collision entropy H_2, nats.
pub fn collision(need: &Need) -> Result<Estimate> {
    of_pmf(need, |pmf| pmf.renyi(2.0))
}

/// Min-entropy, nats.
pub fn min_entropy(need: &Need) -> Result<Estimate> {
    of_pmf(need, |pmf| pmf.renyi(f64::INFINITY))
}

/// Sub-exponential norm of the information content, nats.
pub fn psi1(need: &Need) -> Result<Estimate> {
    of_pmf(need, |pmf| pmf.psi1())
}

/// Varentropy, nats².
pub fn info_variance(need: &Need) -> Result<Estimate> {
    of_pmf(need, |pmf| pmf.info_variance())
}

/// Differential Shannon entropy h = −∫ f ln f, nats; −∞ for a law with atoms.
///
/// # Errors
/// As [`differential_renyi`].
pub fn differential_entropy(need: &Need) -> Result<Estimate> {
    of_density(need, "differential_entropy", 1.0)
}

/// Differential Rényi entropy of the order given as argument, nats; −∞ for a law with atoms.
///
/// # Errors
/// [`Error::Invalid`] for a negative order or NaN, and where [`differential::renyi`] has no route.
pub fn differential_renyi(need: &Need) -> Result<Estimate> {
    let order = need.setting.argument(0)?;
    if order.is_nan() || order < 0.0 {
        return Err(Error::invalid(
            "differential_renyi(order)",
            format!("the order must be ≥ 0, not {order}"),
        ));
    }
    of_density(need, "differential_renyi(order)", order)
}

fn of_density(need: &Need, name: &str, order: f64) -> Result<Estimate> {
    differential::renyi(need.source.law(), order).ok_or_else(|| {
        let message = "known for one-dimensional densities, for Gaussian mixtures on a line or about one mean, and for their \
                       products; for scale-mixture at orders from 1 on";
        Error::invalid(name, format!("`{}` has no route: {message}", need.source.spec()))
    })
}
