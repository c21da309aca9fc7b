//! The energy distance, 2E|x̂ − x| − E|x − x′| − E|x̂ − x̂′| ≥ 0 with x the truth, zero for equal
//! laws alone (G. Székely, M. Rizzo, "Energy statistics: a class of statistics based on distances",
//! J. Stat. Plan. Inference 143, 2013).

use crate::channel::posterior::BATCH;
use crate::numeric::arch;
use crate::numeric::stream::Stream;
use crate::process::chain::truth;
use crate::process::{Chain, Simulation, Statistic};

/// The energy distance of a chain's last state from the truth, in units of |x|.
///
/// Every pair of a batch enters and no point is paired with itself, so the mean is unbiased, also
/// at 0. The truth is drawn from a lane of its own, the same for every chain on the source.
#[derive(Debug)]
pub struct Energy {
    /// The sampler.
    pub chain: Chain,
}

impl Statistic for Energy {
    fn rows(&self) -> usize {
        1
    }

    fn simulation(&self) -> Simulation<'_> {
        Simulation::LastStates(&self.chain)
    }

    fn read(&self, simulated: &[f64], stream: &Stream, first: u64, out: &mut [f64]) {
        let lane = Stream::named(stream.seed(), &format!("{:x} truth", stream.lane()));
        let truth = truth(self.chain.source(), self.chain.last_snr(), &lane, first);
        out[0] = distance(simulated, &truth);
    }
}

/// The unbiased energy distance of two batches, d × BATCH each.
pub fn distance(a: &[f64], b: &[f64]) -> f64 {
    let pairs = (BATCH * BATCH) as f64;
    let others = (BATCH * (BATCH - 1)) as f64;
    2.0 * total(a, b) / pairs - (total(a, a) + total(b, b)) / others
}

/// Σ |a_i − b_j| over all pairs.
fn total(a: &[f64], b: &[f64]) -> f64 {
    arch().dispatch(Total { a, b })
}

struct Total<'a> {
    a: &'a [f64],
    b: &'a [f64],
}

impl pulp::WithSimd for Total<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> f64 {
        let mut sum = [0.0; BATCH];
        for i in 0..BATCH {
            let mut square = [0.0; BATCH];
            for (a, b) in self.a.as_chunks::<BATCH>().0.iter().zip(self.b.as_chunks::<BATCH>().0) {
                for j in 0..BATCH {
                    square[j] = (a[i] - b[j]).mul_add(a[i] - b[j], square[j]);
                }
            }
            for j in 0..BATCH {
                sum[j] += square[j].sqrt();
            }
        }
        sum.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of 4096 roots.
    const ROUNDING: f64 = 1e-13;

    #[test]
    fn two_clusters_have_the_distance_of_the_definition() {
        // All of a at 0; half of b at 3e, half at 0: 2·1.5 − 0 − 3·(2·32·32)/(64·63).
        let a = vec![0.0; 3 * BATCH];
        let mut b = a.clone();
        b[BATCH..][..BATCH / 2].fill(3.0);
        let expected = 3.0 - 3.0 * 2048.0 / 4032.0;
        assert!((distance(&a, &b) - expected).abs() < ROUNDING);
        assert!(distance(&b, &b) < 0.0, "unbiased at zero means negative there at times");
    }
}
