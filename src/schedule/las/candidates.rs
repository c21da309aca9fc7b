//! The SNRs among which a loss-adaptive schedule chooses.

use super::second;
use crate::channel::curve::Curve;
use crate::error::Result;
use crate::schedule::StepAxis;
use crate::schedule::dynamic;

/// Increasing SNRs with the risk of a curve at each and its position on an axis.
pub struct Candidates {
    snrs: Vec<f64>,
    positions: Vec<f64>,
    risks: Vec<f64>,
}

impl Candidates {
    /// The candidates `snrs`, increasing.
    ///
    /// # Errors
    /// An SNR where the curve has no value.
    pub fn new(curve: &dyn Curve, axis: StepAxis, snrs: Vec<f64>) -> Result<Self> {
        let mut positions: Vec<f64> = snrs.iter().map(|&snr| axis.position(snr)).collect();
        // From γ = 0 on ln γ the length of the first step is counted from anywhere: a constant, as
        // every grid starts there.
        if let [first, second, ..] = &mut positions[..]
            && *first >= *second
        {
            *first = *second - 1.0;
        }
        let risks = snrs.iter().map(|&snr| curve.mmse(snr)).collect::<Result<_>>()?;
        Ok(Self { snrs, positions, risks })
    }

    /// The indices of the `steps` steps that cost least: Algorithm 1.
    ///
    /// # Errors
    /// Those of [`dynamic::best_steps`].
    pub fn first_order(&self, steps: usize) -> Result<Vec<usize>> {
        dynamic::best_steps(&self.risks, &self.positions, steps)
    }

    /// The indices of the `steps` steps with the least penalised cost: Algorithm 2 with κ =
    /// `weight`, the lengths of neighbouring steps compared on the axis `even`.
    ///
    /// # Errors
    /// Those of [`second::best_smooth_steps`].
    pub fn second_order(&self, steps: usize, even: StepAxis, weight: f64) -> Result<Vec<usize>> {
        let logs: Vec<f64> = self.snrs.iter().map(|&snr| even.position(snr)).collect();
        Ok(second::best_smooth_steps(&self.risks, &self.positions, &logs, steps, weight)?.0)
    }

    /// The SNRs of some indices.
    pub fn pick(&self, indices: &[usize]) -> Vec<f64> {
        indices.iter().map(|&i| self.snrs[i]).collect()
    }

    /// The number of candidates.
    pub fn count(&self) -> usize {
        self.snrs.len()
    }
}
