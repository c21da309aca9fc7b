//! `tree`: clusters of clusters, entropy released level by level.

use crate::error::Result;
use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::source::{Atoms, Source, SourceKind};
use crate::spec::{Arguments, Parameter};

/// Leaves of a tree, equiprobable: leaf = Σ_l scale^l g(ancestor at level l), l = 0 … depth−1, with
/// g ~ N(0, I_d) drawn once for every node.
pub const TREE: SourceKind = SourceKind {
    name: "tree",
    summary: "hierarchical clusters: branch^depth equiprobable leaves, offsets shrinking by `scale` a level",
    parameters: &[
        Parameter { name: "depth", default: None, summary: "number of levels ≥ 1" },
        Parameter { name: "branch", default: None, summary: "children of a node ≥ 2" },
        Parameter {
            name: "scale",
            default: None,
            summary: "ratio of offsets between levels, > 0; below 1 clusters nest",
        },
        Parameter { name: "dim", default: Some("8"), summary: "dimension" },
        Parameter { name: "seed", default: Some("0"), summary: "which random tree" },
    ],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let (depth, branch) = (arguments.count("depth", 1)?, arguments.count("branch", 2)?);
    let (scale, dim, seed) =
        (arguments.positive("scale")?, arguments.count("dim", 1)?, arguments.count("seed", 0)?);
    arguments.room("depth", (branch as f64).powf(depth as f64) * dim as f64)?;
    let points = leaves(depth, branch, scale, dim, seed as u64);
    let weights = vec![1.0; points.len() / dim];
    Source::discrete(arguments.spec(), Atoms::new(dim, points, weights)?)
}

/// Positions of the leaves, row-major. Node j of level l takes sample j of the lane `tree level l`,
/// so a deeper tree refines the shallower one of the same seed.
fn leaves(depth: usize, branch: usize, scale: f64, dim: usize, seed: u64) -> Vec<f64> {
    let mut points = vec![0.0; dim];
    let (mut size, mut offset) = (1.0, vec![0.0; dim]);
    for level in 0..depth {
        let stream = Stream::named(seed, &format!("tree level {level}"));
        let mut next = Vec::with_capacity(points.len() * branch);
        for (parent_index, parent) in points.chunks(dim).enumerate() {
            for child in 0..branch {
                normal::fill(&stream, (parent_index * branch + child) as u64, &mut offset);
                next.extend(parent.iter().zip(&offset).map(|(x, g)| x + size * g));
            }
        }
        points = next;
        size *= scale;
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Squared distance of siblings is 2d·scale^{2(depth−1)} on average, of cousins larger by the
    /// upper levels' part. False alarms: 6 standard errors of χ² sums of 512 terms and more, below
    /// 1e-8.
    #[test]
    fn distances_follow_the_hierarchy() {
        let (depth, branch, scale, dim) = (3, 8, 0.1, 64);
        let points = leaves(depth, branch, scale, dim, 3);
        let distance = |i: usize, j: usize| -> f64 {
            (0..dim).map(|k| (points[i * dim + k] - points[j * dim + k]).powi(2)).sum()
        };
        let average = |step: usize| {
            // Pairs (i, i + step) that share every ancestor above the level where `step` moves.
            let pairs: Vec<f64> = (0..512)
                .step_by(2 * step)
                .flat_map(|i| (0..step).map(move |k| (i + k, i + k + step)))
                .map(|(i, j)| distance(i, j))
                .collect();
            pairs.iter().sum::<f64>() / pairs.len() as f64
        };
        let unit = 2.0 * dim as f64;
        for (step, expected, slack) in [(1, 1e-4, 0.1), (8, 1e-2 + 1e-4, 0.3), (64, 1.0 + 1e-2 + 1e-4, 0.6)]
        {
            let ratio = average(step) / (unit * expected);
            assert!((ratio - 1.0).abs() < slack, "pairs {step} apart: {ratio} of the expected distance");
        }
    }
}
