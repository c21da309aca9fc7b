//! An ONNX graph that reads a batch of states with their noise level and gives a batch of numbers.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use rten::{Dimension, Model, ModelOptions, NodeId, RunOptions, ThreadPool};
use rten_tensor::prelude::*;
use rten_tensor::{Tensor, TensorView};

use super::weights::WeightFile;
use crate::error::{Error, Result};

/// The threads of all networks, as many as klaim has.
static THREADS: LazyLock<Arc<ThreadPool>> =
    LazyLock::new(|| Arc::new(ThreadPool::with_num_threads(rayon::current_num_threads())));

/// Does `work` on the threads of networks.
pub(super) fn inside(work: &mut (dyn FnMut() + Send)) {
    THREADS.run(work);
}

/// A graph with its two inputs.
pub(super) struct Graph {
    model: Model,
    state: GraphInput,
    noise: GraphInput,
    output: NodeId,
}

struct GraphInput {
    id: NodeId,
    /// As the file declares it, the batch first; `None` where it does not say.
    shape: Option<Vec<Dimension>>,
}

/// Dimensions in words: `[N, 64]`.
fn told(shape: &[Dimension]) -> String {
    let words: Vec<String> = shape
        .iter()
        .map(|dimension| match dimension {
            Dimension::Fixed(size) => size.to_string(),
            Dimension::Symbolic(name) if name.is_empty() => "?".into(),
            Dimension::Symbolic(name) => name.clone(),
        })
        .collect();
    format!("[{}]", words.join(", "))
}

/// The first line of what rten says.
fn said(error: &dyn std::error::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

fn refuse(path: &Path, message: String) -> Error {
    Error::Data { path: path.to_owned(), place: String::new(), message }
}

impl Graph {
    /// Of the file at `path`, which holds `weights`; its inputs are called `state` and `noise`.
    ///
    /// # Errors
    /// [`Error::Data`] for a file that is no graph or uses an operator that rten lacks, and for an
    /// input that it does not have.
    pub(super) fn new(path: &Path, weights: &WeightFile, state: &str, noise: &str) -> Result<Self> {
        let mut options = ModelOptions::with_all_ops();
        for (name, bytes) in &weights.beside {
            options.external_data(name, bytes.clone());
        }
        let model = options.load(weights.graph.clone()).map_err(|error| {
            refuse(
                path,
                format!(
                    "is no ONNX network that rten runs: {}; export it with operators of opset 18",
                    said(&error)
                ),
            )
        })?;
        let named = |wanted: &str, what: &str| {
            let ids = model.input_ids().iter();
            let id = ids.copied().find(|&id| model.node_info(id).is_some_and(|n| n.name() == Some(wanted)));
            let has = || {
                let inputs = model.input_ids().iter().filter_map(|&id| {
                    let info = model.node_info(id)?;
                    Some(format!("`{}` {}", info.name()?, info.shape().map_or(String::new(), |s| told(&s))))
                });
                let all = inputs.collect::<Vec<_>>().join(", ");
                if all.is_empty() { "none".to_owned() } else { all }
            };
            let id = id.ok_or_else(|| {
                let message = format!(
                    "has no input `{wanted}` for the {what}: it has {}; say `{what}=NAME`, or export it with \
                     input_names=[\"{state}\", \"{noise}\"]",
                    has()
                );
                refuse(path, message)
            })?;
            Ok(GraphInput { id, shape: model.node_info(id).and_then(|info| info.shape()) })
        };
        let (state, noise) = (named(state, "state")?, named(noise, "level")?);
        if let Some(spare) = model.input_ids().iter().find(|&&id| id != state.id && id != noise.id) {
            let name = model.node_info(*spare).and_then(|info| info.name().map(str::to_owned));
            let message = format!(
                "needs a third input, `{}`: export it with that input fixed",
                name.unwrap_or_default()
            );
            return Err(refuse(path, message));
        }
        let output = *model.output_ids().first().ok_or_else(|| refuse(path, "has no output".into()))?;
        Ok(Self { model, state, noise, output })
    }

    /// Why it cannot read states of `dim` numbers, if so.
    pub(super) fn refuses(&self, dim: usize) -> Option<String> {
        let shape = self.state.shape.as_ref().filter(|shape| !shape.is_empty())?;
        let fixed: Option<usize> = shape[1..]
            .iter()
            .map(|dimension| match dimension {
                Dimension::Fixed(size) => Some(*size),
                Dimension::Symbolic(_) => None,
            })
            .product();
        (fixed? != dim).then(|| format!("reads states {} and not [N, {dim}]", told(shape)))
    }

    /// The shape of `rows` states of `dim` numbers.
    fn state_shape(&self, rows: usize, dim: usize) -> Vec<usize> {
        let declared = self.state.shape.as_deref().unwrap_or_default();
        let inner: Option<Vec<usize>> = declared
            .iter()
            .skip(1)
            .map(|dimension| match dimension {
                Dimension::Fixed(size) => Some(*size),
                Dimension::Symbolic(_) => None,
            })
            .collect();
        match inner {
            Some(inner) if !inner.is_empty() => [&[rows], &inner[..]].concat(),
            _ => vec![rows, dim],
        }
    }

    /// The shape of their noise levels: as many dimensions as the file declares.
    fn noise_shape(&self, rows: usize) -> Vec<usize> {
        match self.noise.shape.as_deref() {
            Some([]) => vec![],
            Some([Dimension::Fixed(1)]) => vec![1],
            Some(declared) => (0..declared.len()).map(|at| if at == 0 { rows } else { 1 }).collect(),
            None => vec![rows],
        }
    }

    /// What it gives of `states` (n × `dim` by rows) at one noise level: n × `dim` by rows.
    ///
    /// # Errors
    /// What rten refuses, and an output of another size, in words.
    pub(super) fn run(&self, states: &[f32], dim: usize, noise: f32) -> Result<Vec<f32>, String> {
        let rows = states.len() / dim;
        let shape = self.noise_shape(rows);
        let levels = Tensor::full(&shape, noise);
        let states_shape = self.state_shape(rows, dim);
        let state = TensorView::from_data(&states_shape[..], states);
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&THREADS)));
        let inputs = vec![(self.state.id, state.into()), (self.noise.id, levels.into())];
        let mut found =
            self.model.run(inputs, &[self.output], Some(options)).map_err(|error| said(&error))?;
        let found = found.pop().ok_or("it gave no output")?;
        let tensor: Tensor<f32> = found.try_into().map_err(|_| "its output is not made of floats")?;
        if tensor.len() != states.len() {
            return Err(format!("it gave {:?} for {states_shape:?}", tensor.shape()));
        }
        Ok(tensor.to_vec())
    }
}
