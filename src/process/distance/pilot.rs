//! Paths that choose a witness, kept apart from those that are averaged.
//!
//! Wasserstein distances and total variations are suprema over test functions f of E f(x̂) − E
//! f(x). Their plug-in estimates are biased upwards by the very noise that is measured. Here a
//! pilot chooses f once and fresh paths average it: the mean is at most the distance, has an honest
//! standard error, is (up to that) zero where the laws agree, and falls short of the distance only
//! in the second order of the pilot's own error, since f is nearly the maximiser.

use std::sync::OnceLock;

use crate::channel::posterior::BATCH;
use crate::error::Result;
use crate::numeric::stream::Stream;
use crate::process::{Chain, Simulation, Simulator, Statistic};

/// Batches of the pilot: 8192 paths.
pub const BATCHES: u64 = 128;

/// What a pilot chooses.
pub trait Witness: Send + Sync + Sized {
    /// The best one for the pilot's last states, given one batch (d × BATCH) after another.
    fn choose(chain: &Chain, pilot: &[&[f64]]) -> Self;

    /// f(x̂) − E f(x) of each path of a batch of last states (d × BATCH) into `out` (BATCH).
    fn evaluate(&self, chain: &Chain, states: &[f64], out: &mut [f64]);
}

/// The mean of a witness over paths.
pub struct Witnessed<W> {
    chain: Chain,
    witness: OnceLock<W>,
}

impl<W: Witness> Witnessed<W> {
    /// On the last states of `chain`.
    pub fn new(chain: Chain) -> Self {
        Self { chain, witness: OnceLock::new() }
    }
}

impl<W: Witness> Statistic for Witnessed<W> {
    fn rows(&self) -> usize {
        BATCH
    }

    fn simulation(&self) -> Simulation<'_> {
        Simulation::LastStates(&self.chain)
    }

    fn prepare(&self, stream: &Stream, simulator: &dyn Simulator) -> Result<()> {
        if self.witness.get().is_none() {
            let lane = Stream::named(stream.seed(), &format!("{:x} pilot", stream.lane()));
            let pilot = simulator.simulate(self.simulation(), &lane, 0..BATCHES * BATCH as u64)?;
            let batches: Vec<&[f64]> = pilot.chunks(self.simulation().width()).collect();
            self.witness.get_or_init(|| W::choose(&self.chain, &batches));
        }
        Ok(())
    }

    fn read(&self, simulated: &[f64], _: &Stream, _: u64, out: &mut [f64]) {
        self.witness.get().expect("a statistic is prepared before it is read").evaluate(
            &self.chain,
            simulated,
            out,
        );
    }
}
