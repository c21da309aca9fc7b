//! The exact optimum over K of N candidate SNRs, by dynamic programming.
//!
//! A step from candidate i to j costs L_i (R_j − R_i): the risk where the step starts times its
//! length on an axis R (R = γ for the path KL). V_k(j) = min_{i<j} V_{k−1}(i) + L_i (R_j − R_i) is
//! the lower envelope, at R_j, of lines with slopes L_i; where L does not increase, lines arrive in
//! the order of their slopes and queries in the order of R, so a monotone hull answers all of them
//! in O(KN) (docs/theory.md, B5). Otherwise the envelope is kept in a tree over the candidates (Li
//! Chao), O(KN ln N).

use std::cmp::Ordering;
use std::collections::VecDeque;

use crate::error::{Error, Result};

/// The K + 1 indices, from 0 to the last, that minimise Σ_k `values[i_k]`·(`axis[i_{k+1}]` −
/// `axis[i_k]`).
///
/// `values` are the risks L_i and `axis` the positions R_i of N candidates, strictly increasing; K
/// = `steps`, between 1 and N − 1. Uses O(N) memory and a back-pointer of 4 bytes a candidate and
/// step. Optimal to rounding, about 1e-16 · max |L|·(R_N − R_1).
///
/// # Errors
/// [`Error::Invalid`] for lengths that differ, numbers that are not finite, an axis that does not
/// increase, and fewer candidates than steps + 1 (or more than 2³²).
pub fn best_steps(values: &[f64], axis: &[f64], steps: usize) -> Result<Vec<usize>> {
    check(values, axis, steps)?;
    // The risk at the last candidate starts no step.
    let monotone = values[..values.len() - 1].is_sorted_by(|a, b| a >= b);
    Ok(solve(values, axis, steps, if monotone { hull_layer } else { tree_layer }))
}

/// V_k from V_{k−1}, and where each of its candidates is reached from.
type LayerRule = fn(&Layer, &mut [u32]) -> Vec<f64>;

fn solve(values: &[f64], axis: &[f64], steps: usize, layer: LayerRule) -> Vec<usize> {
    let last = axis.len() - 1;
    // The cheapest way to every candidate in one step, then in two, ….
    let mut costs: Vec<f64> = axis.iter().map(|r| values[0] * (r - axis[0])).collect();
    let mut from = Vec::with_capacity(steps.saturating_sub(1));
    for k in 2..=steps {
        let mut back = vec![0_u32; axis.len()];
        costs =
            layer(&Layer { values, axis, costs: &costs, taken: k - 1, last: last - (steps - k) }, &mut back);
        from.push(back);
    }
    let mut indices = vec![last];
    for back in from.iter().rev() {
        indices.push(back[indices[indices.len() - 1]] as usize);
    }
    indices.push(0);
    indices.reverse();
    indices
}

/// Σ_k `values[i_k]`·(`axis[i_{k+1}]` − `axis[i_k]`) of the steps `indices`.
pub fn cost(values: &[f64], axis: &[f64], indices: &[usize]) -> f64 {
    indices.windows(2).map(|pair| values[pair[0]] * (axis[pair[1]] - axis[pair[0]])).sum()
}

fn check(values: &[f64], axis: &[f64], steps: usize) -> Result<()> {
    let bad = |message: String| Err(Error::invalid("candidates", message));
    if values.len() != axis.len() {
        return bad(format!("{} risks for {} positions", values.len(), axis.len()));
    }
    if values.iter().chain(axis).any(|x| !x.is_finite()) || axis.windows(2).any(|pair| pair[0] >= pair[1]) {
        return bad("risks and positions must be finite, positions strictly increasing".into());
    }
    if steps == 0 || axis.len() <= steps || u32::try_from(axis.len()).is_err() {
        return bad(format!("{} candidates cannot make {steps} steps", axis.len()));
    }
    Ok(())
}

/// One more step.
struct Layer<'a> {
    values: &'a [f64],
    axis: &'a [f64],
    /// V_{k−1}.
    costs: &'a [f64],
    /// k − 1: the first candidate that so many steps can have reached.
    taken: usize,
    /// The last candidate that leaves room for the steps still to come.
    last: usize,
}

impl Layer<'_> {
    /// Cost of reaching j with a last step from i.
    fn through(&self, i: usize, j: usize) -> f64 {
        self.costs[i] + self.values[i] * (self.axis[j] - self.axis[i])
    }

    /// Whether line `b` is nowhere the lowest between `a` before and `c` after it (slopes a ≥ b ≥
    /// c).
    fn hidden(&self, a: usize, b: usize, c: usize) -> bool {
        // Intercepts relative to b: lines meet b where their intercept difference is the slope
        // difference times R − R_b.
        let height = |i: usize| self.through(i, b) - self.costs[b];
        height(c) * (self.values[a] - self.values[b]) <= -height(a) * (self.values[b] - self.values[c])
    }
}

/// V_k and its back-pointers where the risks do not increase.
fn hull_layer(layer: &Layer, back: &mut [u32]) -> Vec<f64> {
    let mut costs = vec![f64::INFINITY; layer.axis.len()];
    let mut hull: VecDeque<usize> = VecDeque::new();
    for j in layer.taken + 1..=layer.last {
        let new = j - 1;
        while hull.len() >= 2 && layer.hidden(hull[hull.len() - 2], hull[hull.len() - 1], new) {
            hull.pop_back();
        }
        hull.push_back(new);
        while hull.len() >= 2 && layer.through(hull[1], j) <= layer.through(hull[0], j) {
            hull.pop_front();
        }
        (costs[j], back[j]) = (layer.through(hull[0], j), hull[0] as u32);
    }
    costs
}

/// V_k and its back-pointers for any risks.
fn tree_layer(layer: &Layer, back: &mut [u32]) -> Vec<f64> {
    let mut costs = vec![f64::INFINITY; layer.axis.len()];
    let mut envelope = Envelope::new(layer);
    for j in layer.taken + 1..=layer.last {
        envelope.insert(j - 1);
        let i = envelope.lowest(j);
        (costs[j], back[j]) = (layer.through(i, j), i as u32);
    }
    costs
}

/// The lower envelope of lines that arrive in any order: a binary tree over the candidates
/// first..=last, in which the lowest line at a candidate is one of those on the way to it.
struct Envelope<'a> {
    layer: &'a Layer<'a>,
    first: usize,
    last: usize,
    /// The line that wins in the middle of each node's range, [`NONE`] while there is none; the
    /// root is 1.
    nodes: Vec<u32>,
}

/// No line yet: no candidate has this index.
const NONE: u32 = u32::MAX;

impl<'a> Envelope<'a> {
    fn new(layer: &'a Layer<'a>) -> Self {
        let (first, last) = (layer.taken + 1, layer.last);
        Self { layer, first, last, nodes: vec![NONE; 2 * (last + 1 - first).next_power_of_two()] }
    }

    /// Adds the line of candidate `line`.
    fn insert(&mut self, mut line: usize) {
        let (mut node, mut lo, mut hi) = (1, self.first, self.last);
        loop {
            let held = self.nodes[node];
            if held == NONE {
                self.nodes[node] = line as u32;
                return;
            }
            let mut held = held as usize;
            let middle = lo.midpoint(hi);
            if self.layer.through(line, middle) < self.layer.through(held, middle) {
                self.nodes[node] = line as u32;
                std::mem::swap(&mut line, &mut held);
            }
            // The one that lost in the middle can win on one side at most.
            if lo < middle && self.layer.through(line, lo) < self.layer.through(held, lo) {
                (node, hi) = (2 * node, middle - 1);
            } else if middle < hi && self.layer.through(line, hi) < self.layer.through(held, hi) {
                (node, lo) = (2 * node + 1, middle + 1);
            } else {
                return;
            }
        }
    }

    /// The candidate whose line is lowest at `at`.
    fn lowest(&self, at: usize) -> usize {
        let (mut node, mut lo, mut hi) = (1, self.first, self.last);
        let mut best = self.nodes[1];
        while self.nodes.get(node).is_some_and(|&line| line != NONE) {
            let line = self.nodes[node];
            if self.layer.through(line as usize, at) < self.layer.through(best as usize, at) {
                best = line;
            }
            let middle = lo.midpoint(hi);
            match at.cmp(&middle) {
                Ordering::Less => (node, hi) = (2 * node, middle - 1),
                Ordering::Equal => break,
                Ordering::Greater => (node, lo) = (2 * node + 1, middle + 1),
            }
        }
        best as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;

    /// Two optima of one problem, relative.
    const OPTIMUM: f64 = 1e-13;

    /// V_k and its back-pointers from all pairs.
    fn plain_layer(layer: &Layer, back: &mut [u32]) -> Vec<f64> {
        let mut costs = vec![f64::INFINITY; layer.axis.len()];
        for j in layer.taken + 1..=layer.last {
            for i in layer.taken..j {
                let through = layer.through(i, j);
                if through < costs[j] {
                    (costs[j], back[j]) = (through, i as u32);
                }
            }
        }
        costs
    }

    /// N risks and positions; risks sorted down if `monotone`, and coarse now and then so that some
    /// are equal.
    fn random(n: usize, case: u64, monotone: bool) -> (Vec<f64>, Vec<f64>) {
        let stream = Stream::named(3, "dynamic test");
        let coarse = case.is_multiple_of(3);
        let draws: Vec<[f64; 2]> = (0..n).map(|i| stream.uniforms(case, i as u32)).collect();
        let mut risks: Vec<f64> =
            draws.iter().map(|d| if coarse { (4.0 * d[0]).floor() } else { d[0] }).collect();
        if monotone {
            risks.sort_by(|a, b| b.total_cmp(a));
        }
        let axis = draws.iter().scan(-3.0, |r, d| {
            *r += d[1].powi(4) + 1e-3;
            Some(*r)
        });
        (risks, axis.collect())
    }

    /// The least cost over all subsets of the interior.
    fn brute(values: &[f64], axis: &[f64], steps: usize) -> f64 {
        let interior = axis.len() - 2;
        (0..1_u32 << interior)
            .filter(|set| set.count_ones() as usize == steps - 1)
            .map(|set| {
                let mut indices = vec![0];
                indices.extend((0..interior).filter(|i| set >> i & 1 == 1).map(|i| i + 1));
                indices.push(axis.len() - 1);
                cost(values, axis, &indices)
            })
            .fold(f64::INFINITY, f64::min)
    }

    fn agree(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= OPTIMUM * (1.0 + expected.abs())
    }

    #[test]
    fn hull_tree_pairs_and_brute_force_find_one_optimum() {
        for case in 0..1000 {
            let n = 2 + (case % 9) as usize;
            for steps in 1..n {
                let (values, axis) = random(n, case, true);
                let expected = brute(&values, &axis, steps);
                for layer in [hull_layer, tree_layer, plain_layer] {
                    let indices = solve(&values, &axis, steps, layer);
                    assert!(indices.len() == steps + 1 && indices[0] == 0 && indices[steps] == n - 1);
                    assert!(indices.is_sorted_by(|a, b| a < b), "{indices:?}");
                    let found = cost(&values, &axis, &indices);
                    assert!(agree(found, expected), "case {case}, {steps} steps: {found} for {expected}");
                }
                let (values, axis) = random(n, case, false);
                let found = cost(&values, &axis, &best_steps(&values, &axis, steps).unwrap());
                let expected = brute(&values, &axis, steps);
                assert!(
                    agree(found, expected),
                    "case {case}, {steps} steps, any risks: {found} for {expected}"
                );
            }
        }
    }

    #[test]
    fn hull_and_tree_agree_with_the_pairs_on_many_candidates() {
        for case in 0..20 {
            for (monotone, fast) in
                [(true, hull_layer as LayerRule), (true, tree_layer), (false, tree_layer)]
            {
                let (values, axis) = random(400, case, monotone);
                for steps in [2, 13, 100, 399] {
                    let [fast, pairs] = [fast, plain_layer]
                        .map(|layer| cost(&values, &axis, &solve(&values, &axis, steps, layer)));
                    assert!(agree(fast, pairs), "case {case}, {steps} steps: {fast} and {pairs}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_problem_is_refused() {
        for (values, axis, steps) in [
            (vec![1.0], vec![0.0, 1.0], 1),
            (vec![1.0, f64::NAN], vec![0.0, 1.0], 1),
            (vec![1.0, 1.0], vec![1.0, 1.0], 1),
            (vec![1.0, 1.0], vec![0.0, 1.0], 2),
            (vec![1.0, 1.0], vec![0.0, 1.0], 0),
        ] {
            assert!(best_steps(&values, &axis, steps).is_err(), "{values:?} {axis:?} {steps}");
        }
    }

    /// Printed, not asserted:
    /// `cargo test --release --lib dynamic::tests::timing -- --ignored --nocapture`.
    #[test]
    #[ignore = "prints timings"]
    fn timing() {
        for (n, steps) in [(100_000, 100), (4_000, 100)] {
            let axis: Vec<f64> = (0..n).map(|i| (f64::from(i) * 14.0 / f64::from(n)).exp() - 1.0).collect();
            let values: Vec<f64> = axis.iter().map(|g| 1.0 / (1.0 + g)).collect();
            let layers: [(&str, LayerRule); 3] =
                [("hull", hull_layer), ("tree", tree_layer), ("pairs", plain_layer)];
            for (name, layer) in layers.into_iter().take(if n > 10_000 { 2 } else { 3 }) {
                let start = std::time::Instant::now();
                let indices = solve(&values, &axis, steps, layer);
                println!(
                    "{name:6} N = {n:6}, K = {steps}: {:?}, cost {}",
                    start.elapsed(),
                    cost(&values, &axis, &indices)
                );
            }
        }
    }
}
