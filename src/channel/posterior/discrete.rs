//! What samplers of finitely many atoms have in common: the weights, the controls, and what becomes
//! of a sample's sums.

use super::DiscreteTables;
use super::controls::{CONTENT, CONTROLS, COVARIANCE, LawMoments, PriorSums};
use super::grid::GridDraw;
use super::readout::Observed;
use super::sums::Sums;
use crate::source::cumulative::Cumulative;

/// The weights of a discrete law and its controls.
#[derive(Debug)]
pub struct DiscreteWeights {
    /// p_i.
    pub weights: Vec<f64>,
    /// ln p_i.
    pub ln_weights: Vec<f64>,
    /// For drawing an atom.
    pub cumulative: Cumulative,
    /// H, nats.
    shannon: f64,
    /// Means of the controls.
    pub means: [f64; CONTROLS],
}

impl DiscreteWeights {
    /// `shannon` is H, nats.
    pub fn new(weights: &[f64], shannon: f64, law: LawMoments) -> Self {
        Self {
            ln_weights: weights.iter().map(|p| p.ln()).collect(),
            cumulative: Cumulative::new(weights),
            weights: weights.to_vec(),
            shannon,
            means: law.control_means(),
        }
    }

    /// For a device.
    pub fn tables(&self) -> DiscreteTables<'_> {
        let Self { weights, ln_weights, cumulative, shannon, .. } = self;
        DiscreteTables { weights, ln_weights, ends: cumulative.ends(), shannon: *shannon }
    }

    /// The SNR below which observables are [`Observed::anchored`]: 1/tr Σ.
    pub fn anchored_below(&self) -> f64 {
        1.0 / self.means[0]
    }

    /// Writes the observables of a sample of atom `source` at every point of its grid, from its
    /// sums there in the order of `draw`, and its controls.
    pub fn write(
        &self,
        source: usize,
        prior: &PriorSums,
        sums: &[Sums],
        draw: &GridDraw,
        out: &mut [Observed],
        controls: &mut [f64],
    ) {
        let all = prior.controls(self.ln_weights[source], self.shannon);
        for (sums, &(snr, g)) in sums.iter().zip(&draw.snrs) {
            let observed = sums.observed(snr, self.shannon);
            let low = snr < self.anchored_below();
            out[g] = if low { observed.anchored(all[COVARIANCE], all[CONTENT]) } else { observed };
        }
        controls.copy_from_slice(&all);
    }
}
