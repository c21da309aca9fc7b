//! A network as a denoiser.

use std::collections::HashMap;
use std::fmt::{Debug, Formatter};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::ROUNDING;
use super::graph::{self, Graph};
use super::rule::{Convention, EstimateForm};
use super::weights::WeightFile;
use crate::channel::posterior::BATCH;
use crate::denoiser::content::note;
use crate::denoiser::{Denoiser, Estimand, Make};
use crate::error::{Error, Result};

/// Two sizes of a batch, and how far the rows that both have may be apart, a share of their length:
/// what more would be told by is a network that looks at other samples.
const ROWS: [usize; 2] = [2, BATCH];
const APART: f64 = 1e-4;

/// Batches of a walk to the threads of networks.
const BATCHES: usize = 32;

/// Graphs by spec, each with the hash of its bytes.
type Graphs = HashMap<String, (u64, Arc<Graph>)>;

/// The graphs that were last read.
static READ: LazyLock<Mutex<Graphs>> = LazyLock::new(Mutex::default);

/// The graph of `weights`; the one that is there where they are those last read under `spec`.
///
/// No lock is held while a graph is made: that goes to other threads, and the one that waits for
/// them may take up work that asks for a graph too.
fn graph(spec: &str, path: &Path, weights: &WeightFile, inputs: [String; 2]) -> Result<(u64, Arc<Graph>)> {
    let read = || READ.lock().unwrap_or_else(PoisonError::into_inner);
    let hash = weights.hash();
    if let Some((known, graph)) = read().get(spec)
        && *known == hash
    {
        return Ok((hash, Arc::clone(graph)));
    }
    let [state, level] = inputs;
    let graph = Arc::new(Graph::new(path, weights, &state, &level)?);
    note(spec.to_owned(), hash);
    read().insert(spec.to_owned(), (hash, Arc::clone(&graph)));
    Ok((hash, graph))
}

/// What makes the denoiser of `weights`, which `path` names.
///
/// # Errors
/// As [`Graph::new`].
pub(super) fn make(
    spec: &str,
    path: &Path,
    weights: &WeightFile,
    convention: Convention,
    inputs: [String; 2],
) -> Result<Make> {
    let (hash, graph) = graph(spec, path, weights, inputs)?;
    let (name, path) = (format!("{spec} [{hash:016x}]"), path.to_owned());
    Ok(Box::new(move |estimand| {
        let refuse = |message: String| Error::Data { path: path.clone(), place: String::new(), message };
        let (source, dim) = (estimand.source(), estimand.source().dim());
        if let Some(why) = graph.refuses(dim) {
            return Err(refuse(format!("{why}: `{}` is a law on R^{dim}", source.spec())));
        }
        let mean = estimand.mean().map_or(0.0, |mean| mean.prior().iter().map(|x| x * x).sum());
        let length = (mean + source.second_moment().value).sqrt();
        let (name, graph) = (name.clone(), Arc::clone(&graph));
        let network = Network { name, graph, convention, dim, length };
        network.check(estimand).map_err(refuse)?;
        Ok(Arc::new(network))
    }))
}

/// A graph with what its numbers mean, for a law.
struct Network {
    name: String,
    graph: Arc<Graph>,
    convention: Convention,
    dim: usize,
    /// √E|X|².
    length: f64,
}

impl Debug for Network {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on R^{}", self.name, self.dim)
    }
}

impl Network {
    /// Its output for `states`, n × d by rows, of SNR `snr`.
    fn outputs(&self, states: &[f64], snr: f64) -> Result<Vec<f32>, String> {
        let factor = self.convention.of_state(snr);
        let read: Vec<f32> = states.iter().map(|u| (factor * u) as f32).collect();
        self.graph.run(&read, self.dim, self.convention.of_noise(snr) as f32)
    }

    /// Runs batches of two sizes where signal and noise are alike.
    fn check(&self, estimand: &Estimand) -> Result<(), String> {
        let snr = estimand.coordinate_variance().recip();
        let snr = if snr.is_finite() && snr > 0.0 { snr } else { 1.0 };
        let states: Vec<f64> =
            (0..ROWS[1] * self.dim).map(|i| snr.sqrt() * (1.7 * i as f64).sin()).collect();
        let dynamic = "export it with a dynamic first dimension";
        let [few, many] = ROWS.map(|rows| {
            self.outputs(&states[..rows * self.dim], snr)
                .map_err(|why| format!("does not run on {rows} states: {why}; {dynamic}"))
        });
        let (few, many) = (few?, many?);
        let square = |of: &mut dyn Iterator<Item = f64>| of.map(|x| x * x).sum::<f64>();
        let apart = square(&mut few.iter().zip(&many).map(|(a, b)| f64::from(a - b)));
        let size = square(&mut few.iter().map(|&x| f64::from(x)));
        // NaN is told where it is met, with its sample.
        if apart > APART * APART * size {
            return Err(
                "gives a state another estimate in a larger batch: export it in evaluation mode".into()
            );
        }
        Ok(())
    }
}

impl Denoiser for Network {
    fn name(&self) -> &str {
        &self.name
    }

    /// # Errors
    /// [`Error::Invalid`] at γ = 0, where a network has no noise level, and what rten refuses.
    fn estimate(&self, states: &[f64], snr: f64, out: &mut [f64]) -> Result<()> {
        let refuse = |message: String| Error::invalid(format!("denoiser `{}`", self.name), message);
        if snr <= 0.0 {
            return Err(refuse("has no noise level at snr 0: start at an snr > 0".into()));
        }
        let rows: Vec<f64> =
            (0..BATCH).flat_map(|s| (0..self.dim).map(move |k| states[k * BATCH + s])).collect();
        let found = self.outputs(&rows, snr).map_err(refuse)?;
        let [of_state, of_output] = self.convention.of_output(snr);
        for (s, row) in found.chunks(self.dim).enumerate() {
            for (k, x) in row.iter().enumerate() {
                let at = k * BATCH + s;
                out[at] = of_state.mul_add(states[at], of_output * f64::from(*x));
            }
        }
        Ok(())
    }

    fn inside(&self, work: &mut (dyn FnMut() + Send)) {
        graph::inside(work);
    }

    fn batches(&self) -> usize {
        BATCHES
    }

    fn rounding(&self, snr: f64) -> f64 {
        let noise = match self.convention.output {
            EstimateForm::X0 => 0.0,
            _ => (self.dim as f64 / snr).sqrt(),
        };
        ROUNDING * (self.length + noise)
    }
}
