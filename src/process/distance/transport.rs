//! Transport on a line, and along directions: W_1 = ∫ |F_x̂ − F_x| and the sliced W_2² = mean over
//! directions of inf E|⟨θ, x̂⟩ − ⟨θ, x⟩|², each through its dual (C. Villani, *Topics in optimal
//! transportation*, 2003, ch. 1 and 2).

use super::pilot::Witness;
use super::target::Target;
use crate::channel::posterior::BATCH;
use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::process::Chain;

/// Cells of a witness on a line, and of one along each of many directions (a cell's width w costs
/// w²/12 of W_2²).
const FINE: usize = 2048;
const COARSE: usize = 512;
/// Directions of a sliced distance in three dimensions and more; half as many in the plane, where
/// they are equally spaced.
const DIRECTIONS: usize = 32;

/// Sorted positions of a pilot along `direction`.
fn sorted(pilot: &[&[f64]], direction: &[f64]) -> Vec<f64> {
    let mut all: Vec<f64> = pilot.iter().flat_map(|states| along(states, direction)).collect();
    all.sort_unstable_by(f64::total_cmp);
    all
}

/// ⟨θ, x⟩ of each path of a batch.
fn along(states: &[f64], direction: &[f64]) -> [f64; BATCH] {
    let mut out = [0.0; BATCH];
    for (row, t) in states.chunks_exact(BATCH).zip(direction) {
        out.iter_mut().zip(row).for_each(|(out, x)| *out += t * x);
    }
    out
}

/// Cells of equal width over all that a pilot and its target reach.
#[derive(Debug)]
struct Cells {
    low: f64,
    width: f64,
    count: usize,
}

impl Cells {
    fn new(count: usize, sorted: &[f64], target: &Target) -> Self {
        let (low, high) = target.reach();
        let (low, high) = (low.min(sorted[0]), high.max(sorted[sorted.len() - 1]));
        Self { low, width: (high - low) / count as f64, count }
    }

    fn edge(&self, i: usize) -> f64 {
        self.width.mul_add(i as f64, self.low)
    }

    /// The cell of x, and where in it x lies (0 to 1); ends are clamped.
    fn locate(&self, x: f64) -> (usize, f64) {
        let at = ((x - self.low) / self.width).clamp(0.0, self.count as f64);
        let cell = (at as usize).min(self.count - 1);
        (cell, at - cell as f64)
    }
}

/// A function with slopes ±1 on a line: f(x̂) − E f(x), f′ = sign(F_x − F_x̂).
pub struct Slopes {
    cells: Cells,
    /// f at the edges, E f(x) subtracted.
    values: Vec<f64>,
}

impl Witness for Slopes {
    fn choose(chain: &Chain, pilot: &[&[f64]]) -> Self {
        let sorted = sorted(pilot, &[1.0]);
        let target = target(chain, &[1.0]);
        let cells = Cells::new(FINE, &sorted, &target);
        let (mut values, mut mean) = (vec![0.0], 0.0);
        for cell in 0..FINE {
            let (low, high) = (cells.edge(cell), cells.edge(cell + 1));
            let below = sorted.partition_point(|&x| x <= 0.5 * (low + high)) as f64 / sorted.len() as f64;
            let sign = if below > target.cdf(0.5 * (low + high)) { -1.0 } else { 1.0 };
            // E f(x) = f(end) − ∫ f′ F.
            mean += sign * (target.integrated_cdf(high) - target.integrated_cdf(low));
            values.push(values[cell] + sign * cells.width);
        }
        let shift = values[FINE] - mean;
        values.iter_mut().for_each(|v| *v -= shift);
        Self { cells, values }
    }

    fn evaluate(&self, _: &Chain, states: &[f64], out: &mut [f64]) {
        for (out, x) in out.iter_mut().zip(states) {
            let (cell, t) = self.cells.locate(*x);
            *out = self.values[cell] + t * (self.values[cell + 1] - self.values[cell]);
        }
    }
}

/// Kantorovich potentials along directions: y² − 2g(y) + E[x² − 2g*(x)] with a convex g.
pub struct Potentials {
    directions: Vec<(Vec<f64>, Potential)>,
}

/// g on a line: slope q_i between the thresholds t_i and t_{i+1}, quadratic beyond the outermost.
struct Potential {
    /// t_0 ≤ t_1 ≤ …, one a cell: where g′ reaches q_i.
    thresholds: Vec<f64>,
    /// g at the thresholds.
    values: Vec<f64>,
    cells: Cells,
    /// E[x² − 2g*(x)].
    constant: f64,
}

impl Potential {
    fn new(sorted: &[f64], target: &Target) -> Self {
        let cells = Cells::new(COARSE, sorted, target);
        let slope = |i: usize| cells.edge(i) + 0.5 * cells.width;
        // g′ passes from the slope of one cell to the next where the pilot has the mass below that
        // the target has there.
        let last = sorted.len() - 1;
        let threshold = |i: usize| {
            let rank = (target.cdf(cells.edge(i)) * sorted.len() as f64 - 0.5).clamp(0.0, last as f64);
            let (floor, t) = (rank as usize, rank.fract());
            sorted[floor] + t * (sorted[(floor + 1).min(last)] - sorted[floor])
        };
        let thresholds: Vec<f64> = (0..COARSE).map(threshold).collect();
        let mut values = vec![0.0];
        for i in 1..COARSE {
            values.push(values[i - 1] + slope(i - 1) * (thresholds[i] - thresholds[i - 1]));
        }
        // g*(x) = x t_i − g(t_i) between the slopes of cells i − 1 and i; what lies beyond the
        // outermost is below 1e-15.
        let mut conjugate = 0.0;
        for i in 1..COARSE {
            let (low, high) = (slope(i - 1), slope(i));
            conjugate += thresholds[i] * (target.partial_mean(high) - target.partial_mean(low))
                - values[i] * (target.cdf(high) - target.cdf(low));
        }
        Self { thresholds, values, constant: target.second_moment() - 2.0 * conjugate, cells }
    }

    /// y² − 2g(y) + E[x² − 2g*(x)].
    fn at(&self, y: f64) -> f64 {
        let i = self.thresholds.partition_point(|&t| t <= y).saturating_sub(1);
        let (slope, from) = (self.cells.edge(i) + 0.5 * self.cells.width, y - self.thresholds[i]);
        let beyond = if i == COARSE - 1 || from < 0.0 { 0.5 * from * from } else { 0.0 };
        y * y - 2.0 * (self.values[i] + slope * from + beyond) + self.constant
    }
}

impl Witness for Potentials {
    fn choose(chain: &Chain, pilot: &[&[f64]]) -> Self {
        let potential = |direction: Vec<f64>| {
            let potential = Potential::new(&sorted(pilot, &direction), &target(chain, &direction));
            (direction, potential)
        };
        Self { directions: directions(chain.dim()).into_iter().map(potential).collect() }
    }

    fn evaluate(&self, _: &Chain, states: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (direction, potential) in &self.directions {
            let share = (self.directions.len() as f64).recip();
            for (out, y) in out.iter_mut().zip(along(states, direction)) {
                *out += share * potential.at(y);
            }
        }
    }
}

fn target(chain: &Chain, direction: &[f64]) -> Target {
    Target::new(chain.source(), direction, chain.last_snr())
        .expect("a transport quantity is made for a law whose projections are known")
}

/// Unit vectors: the line itself, equally spaced in the plane, pinned random ones beyond.
pub fn directions(dim: usize) -> Vec<Vec<f64>> {
    match dim {
        1 => vec![vec![1.0]],
        2 => {
            let count = DIRECTIONS / 2;
            let angle = |j: usize| std::f64::consts::PI * (j as f64 + 0.5) / count as f64;
            (0..count).map(|j| vec![angle(j).cos(), angle(j).sin()]).collect()
        }
        _ => {
            let stream = Stream::named(0, "directions");
            let direction = |j: usize| {
                let mut row = vec![0.0; dim];
                normal::fill(&stream, j as u64, &mut row);
                let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
                row.iter().map(|x| x / length).collect()
            };
            (0..DIRECTIONS).map(direction).collect()
        }
    }
}
