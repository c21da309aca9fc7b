//! Algorithm 2: Algorithm 1 with a penalty on unequal neighbouring steps, for second-order solvers
//! (DPM-Solver++(2M)).
//!
//! With h_ij = ½ ln(γ_j/γ_i) the length of a step in half log-SNR, the K-step grid minimises
//!
//! ```text
//! Σ_k L_k (R_{k+1} − R_k) + κ Σ_k (ln h_k − ln h_{k−1})²,   κ = (α/12)·c̄,
//! ```
//!
//! c̄ the mean cost of a step of the log-SNR grid, so that the paper's α = 12 is a penalty of unit
//! weight; \[ABZ26\] gives its penalty in a form that could not be read: this one is klaim's. α = 0
//! is Algorithm 1, α → ∞ the log-SNR grid.
//!
//! The state of the dynamic programme is the last two candidates, V_k(i, j) = L_i(R_j − R_i) +
//! min_l [V_{k−1}(l, i) + κ(ln h_ij − ln h_li)²]. For a fixed i the minimum is the lower envelope
//! of parabolas with their vertices at ln h_li, queried at growing ln h_ij, so one pass answers all
//! j: O(KN²) instead of O(KN³).

use crate::error::{Error, Result};

/// The K + 1 indices, from 0 to the last, that minimise the cost above over N candidates, and that
/// cost.
///
/// `values` are the risks L_i, `axis` the positions R_i and `logs` the ln γ_i of the candidates,
/// both strictly increasing; `weight` is κ ≥ 0, finite. Back-pointers take 4 bytes a pair of
/// candidates and step.
///
/// # Errors
/// [`Error::Invalid`] for lengths that differ, numbers that are not finite or not increasing, fewer
/// candidates than steps + 1, and more pairs than [`PAIRS`].
pub fn best_smooth_steps(
    values: &[f64],
    axis: &[f64],
    logs: &[f64],
    steps: usize,
    weight: f64,
) -> Result<(Vec<usize>, f64)> {
    check(values, axis, logs, steps, weight)?;
    let n = axis.len();
    let problem = Problem { values, axis, logs, weight };
    // V_1 is known at pairs that start at candidate 0 alone.
    let mut costs = vec![f64::INFINITY; n * n];
    for (j, cost) in costs[..n].iter_mut().enumerate().skip(1) {
        *cost = problem.edge(0, j);
    }
    let mut from = Vec::with_capacity(steps.saturating_sub(1));
    for k in 2..=steps {
        let mut next = vec![f64::INFINITY; n * n];
        let mut back = vec![0_u32; n * n];
        // Step k ends at j ≥ k and leaves room for those to come; its start i has been reached by k
        // − 1 steps.
        let last = n - 1 - (steps - k);
        for i in k - 1..last {
            problem.layer(i, last, &costs, &mut next, &mut back);
        }
        costs = next;
        from.push(back);
    }
    let best = |i: &usize, j: &usize| costs[i * n + n - 1].total_cmp(&costs[j * n + n - 1]);
    let before = (0..n - 1).min_by(best).expect("at least two candidates");
    let mut indices = vec![n - 1, before];
    for back in from.iter().rev() {
        let (j, i) = (indices[indices.len() - 2], indices[indices.len() - 1]);
        indices.push(back[i * n + j] as usize);
    }
    indices.reverse();
    Ok((indices, costs[before * n + n - 1]))
}

/// Most candidates × candidates × steps: 2 GB of back-pointers.
pub const PAIRS: usize = 1 << 29;

fn check(values: &[f64], axis: &[f64], logs: &[f64], steps: usize, weight: f64) -> Result<()> {
    let bad = |message: String| Err(Error::invalid("candidates", message));
    let n = values.len();
    if axis.len() != n || logs.len() != n {
        return bad(format!("{n} risks for {} positions and {} log-SNRs", axis.len(), logs.len()));
    }
    let increases =
        |x: &[f64]| x.iter().all(|v| v.is_finite()) && x.windows(2).all(|pair| pair[0] < pair[1]);
    if !(increases(axis) && increases(logs)) || values.iter().any(|v| !v.is_finite()) {
        return bad(
            "risks, positions and log-SNRs must be finite, positions and log-SNRs strictly increasing"
                .into(),
        );
    }
    if !(weight >= 0.0 && weight.is_finite()) {
        return Err(Error::invalid(
            "alpha",
            format!("makes a penalty of weight {weight}; it must be finite and ≥ 0"),
        ));
    }
    if steps == 0 || n <= steps {
        return bad(format!("{n} candidates cannot make {steps} steps"));
    }
    if n.saturating_mul(n).saturating_mul(steps) > PAIRS {
        return bad(format!("{n} are too many for {steps} steps of Algorithm 2 (N²K ≤ {PAIRS})"));
    }
    Ok(())
}

struct Problem<'a> {
    values: &'a [f64],
    axis: &'a [f64],
    logs: &'a [f64],
    weight: f64,
}

/// Cost x ↦ `floor` + κ(x − `vertex`)² of arriving from candidate `from`, the lowest of all from
/// `start` on.
struct Parabola {
    from: usize,
    floor: f64,
    vertex: f64,
    start: f64,
}

impl Problem<'_> {
    fn edge(&self, i: usize, j: usize) -> f64 {
        self.values[i] * (self.axis[j] - self.axis[i])
    }

    /// ln h_ij.
    fn log_step(&self, i: usize, j: usize) -> f64 {
        (0.5 * (self.logs[j] - self.logs[i])).ln()
    }

    /// V_k(i, j) for i < j ≤ `last` from V_{k−1}(l, i).
    fn layer(&self, i: usize, last: usize, costs: &[f64], next: &mut [f64], back: &mut [u32]) {
        let n = self.axis.len();
        let envelope = self.envelope(i, costs);
        let mut lowest = envelope.iter().peekable();
        let Some(mut parabola) = lowest.next() else { return };
        for j in i + 1..=last {
            let x = self.log_step(i, j);
            while let Some(after) = lowest.next_if(|after| after.start <= x) {
                parabola = after;
            }
            next[i * n + j] = self.edge(i, j) + parabola.floor + self.weight * (x - parabola.vertex).powi(2);
            back[i * n + j] = parabola.from as u32;
        }
    }

    /// The lower envelope of the parabolas of all ways l → i, from left to right.
    fn envelope(&self, i: usize, costs: &[f64]) -> Vec<Parabola> {
        let mut hull: Vec<Parabola> = Vec::new();
        // Vertices ln h_li grow as l goes down.
        for l in (0..i).rev() {
            let floor = costs[l * self.axis.len() + i];
            if floor.is_infinite() {
                continue;
            }
            let vertex = self.log_step(l, i);
            let mut start = f64::NEG_INFINITY;
            while let Some(before) = hull.last() {
                start = self.crossing(before, floor, vertex);
                if start > before.start {
                    break;
                }
                hull.pop();
                start = f64::NEG_INFINITY;
            }
            if start < f64::INFINITY {
                hull.push(Parabola { from: l, floor, vertex, start });
            }
        }
        hull
    }

    /// From where on a parabola further right lies below `before`: ±∞ where they do not cross.
    fn crossing(&self, before: &Parabola, floor: f64, vertex: f64) -> f64 {
        if self.weight > 0.0 && vertex > before.vertex {
            0.5 * (vertex + before.vertex)
                + (floor - before.floor) / (2.0 * self.weight * (vertex - before.vertex))
        } else if floor < before.floor {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;
    use crate::schedule::dynamic::best_steps;

    /// Two sums of a few dozen terms, relative.
    const OPTIMUM: f64 = 1e-12;

    /// Risks that need not fall, positions and log-SNRs that increase.
    fn random(n: usize, case: u64) -> [Vec<f64>; 3] {
        let stream = Stream::named(7, "second-order test");
        let draws: Vec<[f64; 2]> = (0..2 * n).map(|i| stream.uniforms(case, i as u32)).collect();
        let rising = |of: &[[f64; 2]]| -> Vec<f64> {
            let sums = of.iter().scan(-2.0, |r, d| {
                *r += d[1].powi(3) + 1e-3;
                Some(*r)
            });
            sums.collect()
        };
        [draws[..n].iter().map(|d| d[0]).collect(), rising(&draws[..n]), rising(&draws[n..])]
    }

    fn cost([values, axis, logs]: &[Vec<f64>; 3], indices: &[usize], weight: f64) -> f64 {
        let problem = Problem { values, axis, logs, weight };
        let edges: f64 = indices.windows(2).map(|p| problem.edge(p[0], p[1])).sum();
        let jumps = indices.windows(3).map(|t| problem.log_step(t[1], t[2]) - problem.log_step(t[0], t[1]));
        edges + weight * jumps.map(|d| d * d).sum::<f64>()
    }

    fn brute(candidates: &[Vec<f64>; 3], steps: usize, weight: f64) -> f64 {
        let n = candidates[0].len();
        (0..1_u32 << (n - 2))
            .filter(|set| set.count_ones() as usize == steps - 1)
            .map(|set| {
                let inner = (0..n - 2).filter(|i| set >> i & 1 == 1).map(|i| i + 1);
                let indices: Vec<usize> = std::iter::once(0).chain(inner).chain([n - 1]).collect();
                cost(candidates, &indices, weight)
            })
            .fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn the_envelope_finds_the_optimum_of_brute_force() {
        for case in 0..200 {
            let n = 2 + (case % 9) as usize;
            for steps in 1..n {
                let candidates = random(n, case);
                let [values, axis, logs] = &candidates;
                for weight in [0.0, 1e-9, 0.02, 0.5, 1e3, 1e9] {
                    let (indices, found) = best_smooth_steps(values, axis, logs, steps, weight).unwrap();
                    assert!(indices.len() == steps + 1 && indices[0] == 0 && indices[steps] == n - 1);
                    assert!(indices.is_sorted_by(|a, b| a < b), "{indices:?}");
                    let (own, least) =
                        (cost(&candidates, &indices, weight), brute(&candidates, steps, weight));
                    let what =
                        || format!("case {case}, {steps} steps, weight {weight}: {found}, {own}, {least}");
                    let near = |x: f64| (x - least).abs() <= OPTIMUM * (1.0 + least.abs());
                    assert!(near(found) && near(own), "{}", what());
                }
            }
        }
    }

    #[test]
    fn without_a_penalty_it_is_the_first_algorithm() {
        for case in 0..20 {
            let candidates = random(60, case);
            let [values, axis, logs] = &candidates;
            for steps in [1, 2, 7, 30, 59] {
                let (_, found) = best_smooth_steps(values, axis, logs, steps, 0.0).unwrap();
                let first =
                    crate::schedule::dynamic::cost(values, axis, &best_steps(values, axis, steps).unwrap());
                assert!(
                    (found - first).abs() <= OPTIMUM * (1.0 + first.abs()),
                    "{steps} steps: {found} for {first}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_problem_is_refused() {
        let x = [0.0, 1.0, 2.0];
        for (values, steps, weight) in [(&[1.0; 2][..], 1, 0.0), (&[1.0; 3], 3, 0.0), (&[1.0; 3], 0, 0.0)] {
            assert!(best_smooth_steps(values, &x, &x, steps, weight).is_err());
        }
        for weight in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(
                best_smooth_steps(&[1.0; 3], &x, &x, 2, weight).unwrap_err().to_string().contains("alpha")
            );
        }
        assert!(best_smooth_steps(&[1.0; 3], &x, &[0.0, 0.0, 1.0], 2, 0.0).is_err());
    }

    /// Printed, not asserted:
    /// `cargo test --release --lib second::tests::timing -- --ignored --nocapture`.
    #[test]
    #[ignore = "prints timings"]
    fn timing() {
        for (n, steps) in [(200, 10), (400, 50), (2000, 20)] {
            let [values, axis, logs] = random(n, 1);
            let start = std::time::Instant::now();
            let (_, cost) = best_smooth_steps(&values, &axis, &logs, steps, 0.5).unwrap();
            println!("N = {n}, K = {steps}: {:?}, cost {cost}", start.elapsed());
        }
    }
}
