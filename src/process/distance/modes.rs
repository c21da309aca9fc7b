//! Do the modes get their masses? Total variation of the responsibilities, ½ Σ_j |E P(j | x̂) −
//! w_j|.
//!
//! P(j | x) is the posterior probability of component (or atom) j given X + Z/√γ_K = x, so E P(j |
//! x) = w_j for the truth however much the modes overlap.

use super::pilot::Witness;
use crate::channel::posterior::BATCH;
use crate::process::Chain;

/// The signs of the deviations.
pub struct ModeSigns {
    /// Weight and sign of each mode.
    modes: Vec<(f64, f64)>,
}

/// P(j | x̂), J × BATCH.
fn responsibilities(chain: &Chain, states: &[f64], modes: usize) -> Vec<f64> {
    let snr = chain.last_snr();
    let scaled: Vec<f64> = states.iter().map(|x| snr * x).collect();
    let mut out = vec![0.0; modes * BATCH];
    chain.mean().responsibilities(&scaled, snr, &mut out);
    out
}

impl Witness for ModeSigns {
    fn choose(chain: &Chain, pilot: &[&[f64]]) -> Self {
        let masses = chain.mean().masses().expect("a quantity of the modes is made for a law with modes");
        let mut found = vec![0.0; masses.len()];
        for states in pilot {
            for (sum, row) in
                found.iter_mut().zip(responsibilities(chain, states, masses.len()).chunks(BATCH))
            {
                *sum += row.iter().sum::<f64>();
            }
        }
        let paths = (pilot.len() * BATCH) as f64;
        let sign = |(mass, sum): (f64, f64)| (mass, if sum / paths < mass { -1.0 } else { 1.0 });
        Self { modes: masses.into_iter().zip(found).map(sign).collect() }
    }

    fn evaluate(&self, chain: &Chain, states: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for ((mass, sign), row) in
            self.modes.iter().zip(responsibilities(chain, states, self.modes.len()).chunks(BATCH))
        {
            out.iter_mut().zip(row).for_each(|(out, r)| *out += 0.5 * sign * (r - mass));
        }
    }
}
