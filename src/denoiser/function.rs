//! A caller's function of rows as a denoiser.

use std::fmt::{Debug, Formatter};

use super::Denoiser;
use crate::channel::posterior::BATCH;
use crate::error::{Error, Result};

/// A function of n states and their SNR: n × d numbers by rows in, n × d estimates of X by rows
/// out.
///
/// ```
/// use std::sync::Arc;
/// use klaim::internals::channel::posterior::BATCH;
/// use klaim::internals::denoiser::{Denoiser, Function};
///
/// // Half of U/γ, in one dimension.
/// let half = Function::new("half", 1, |rows: &[f64], snr| Ok(rows.iter().map(|u| 0.5 * u / snr).collect()));
/// let denoiser: Arc<dyn Denoiser> = Arc::new(half);
/// let mut out = [0.0; BATCH];
/// denoiser.estimate(&[3.0; BATCH], 2.0, &mut out)?;
/// assert!(out.iter().all(|x| (x - 0.75).abs() < 1e-15));
/// # Ok::<(), klaim::Error>(())
/// ```
pub struct Function<F> {
    name: String,
    dim: usize,
    function: F,
}

impl<F: Fn(&[f64], f64) -> Result<Vec<f64>> + Send + Sync> Function<F> {
    /// `function(rows, snr)` of states U_γ = γX + √γZ (n × `dim` by rows, units γ|x|), called from
    /// many threads at once.
    pub fn new(name: impl Into<String>, dim: usize, function: F) -> Self {
        Self { name: name.into(), dim, function }
    }
}

impl<F> Debug for Function<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on R^{}", self.name, self.dim)
    }
}

impl<F: Fn(&[f64], f64) -> Result<Vec<f64>> + Send + Sync> Denoiser for Function<F> {
    fn name(&self) -> &str {
        &self.name
    }

    /// # Errors
    /// Those of the function; [`Error::Invalid`] for states or estimates of another size.
    fn estimate(&self, states: &[f64], snr: f64, out: &mut [f64]) -> Result<()> {
        let wrong = |what: String| Err(Error::invalid(format!("denoiser `{}`", self.name), what));
        if states.len() != self.dim * BATCH {
            return wrong(format!("is on R^{}, not on R^{}", self.dim, states.len() / BATCH));
        }
        let rows: Vec<f64> =
            (0..BATCH).flat_map(|s| (0..self.dim).map(move |k| states[k * BATCH + s])).collect();
        let found = (self.function)(&rows, snr)?;
        if found.len() != rows.len() {
            return wrong(format!("gave {} numbers for {BATCH} × {}", found.len(), self.dim));
        }
        for (s, row) in found.chunks(self.dim).enumerate() {
            row.iter().enumerate().for_each(|(k, x)| out[k * BATCH + s] = *x);
        }
        Ok(())
    }
}
