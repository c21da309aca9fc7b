//! Adaptive Clenshaw–Curtis integration of several non-negative functions at once.
//!
//! A panel is a piece of the line in coordinates relative to an anchor, so that an integrand with
//! structure on the scale of the panel sees differences, not rounded absolute positions. Each panel
//! takes the 33-point rule; the 17-point rule on every second node gives the error. The 17-point
//! rule converges like ρ⁻¹⁶ and the 33-point rule like ρ⁻³² in the size ρ of the ellipse of
//! analyticity \[Tre08\], so their difference is a bound on the error of the latter once they agree
//! in a few digits.

use std::sync::LazyLock;

/// Intervals of the fine rule; the coarse rule has half as many.
const FINE: usize = 32;
/// Halving stops here: a panel is 2⁻²⁴ of its first width.
const DEEPEST: u32 = 24;
/// Panels beyond which refinement stops, for each first panel and in addition.
const MOST: (usize, usize) = (64, 4096);

/// Nodes on [−1, 1] with the weights of the fine and of the coarse rule (0 where it has no node).
static RULE: LazyLock<[(f64, f64, f64); FINE + 1]> = LazyLock::new(|| {
    std::array::from_fn(|k| {
        let node = (std::f64::consts::PI * k as f64 / FINE as f64).cos();
        let coarse = if k % 2 == 0 { weight(FINE / 2, k / 2) } else { 0.0 };
        (node, weight(FINE, k), coarse)
    })
});

/// Weight of node cos(kπ/n) in the Clenshaw–Curtis rule with n + 1 nodes, n even.
fn weight(n: usize, k: usize) -> f64 {
    let angle = 2.0 * std::f64::consts::PI * k as f64 / n as f64;
    let sum: f64 = (1..=n / 2)
        .map(|j| {
            let factor = if j == n / 2 { 1.0 } else { 2.0 };
            factor / (4 * j * j - 1) as f64 * (j as f64 * angle).cos()
        })
        .sum();
    let ends = if k == 0 || k == n { 1.0 } else { 2.0 };
    ends / n as f64 * (1.0 - sum)
}

/// A piece [anchor + lo, anchor + hi] of the line; the integrand gets anchor and offset separately.
#[derive(Debug, Clone, Copy)]
pub struct Panel {
    /// Reference position, in whatever unit the integrand wants it.
    pub anchor: f64,
    /// Left end, relative to the anchor.
    pub lo: f64,
    /// Right end, relative to the anchor.
    pub hi: f64,
}

/// Values of N integrals with bounds on their quadrature errors.
#[derive(Debug, Clone, Copy)]
pub struct Integrals<const N: usize> {
    /// The integrals.
    pub value: [f64; N],
    /// Sum over the panels of the difference between fine and coarse rule.
    pub bound: [f64; N],
}

struct Piece<const N: usize> {
    panel: Panel,
    depth: u32,
    value: [f64; N],
    error: [f64; N],
}

/// ∫ f over the union of `panels`, for `f(anchor, offset)` with non-negative components.
///
/// Panels are halved until each is within `tolerance` of its own value plus its share of the whole,
/// in every component; `bound` says what was reached. Deterministic: no order of evaluation depends
/// on anything but the arguments.
pub fn integrate<const N: usize>(
    panels: &[Panel],
    tolerance: f64,
    mut f: impl FnMut(f64, f64) -> [f64; N],
) -> Integrals<N> {
    let mut sum = Integrals { value: [0.0; N], bound: [0.0; N] };
    let mut pending: Vec<Piece<N>> = panels.iter().map(|&panel| evaluate(panel, 0, &mut f)).collect();
    let (mut settled, mut evaluated, most) = (0_usize, pending.len(), MOST.0 * pending.len() + MOST.1);
    while !pending.is_empty() {
        let mut whole = sum.value;
        pending.iter().for_each(|piece| (0..N).for_each(|c| whole[c] += piece.value[c]));
        let share = tolerance / (settled + pending.len()) as f64;
        let mut next = Vec::new();
        for piece in pending {
            let fits = (0..N).all(|c| {
                piece.error[c] <= tolerance * piece.value[c] + share * whole[c] + f64::MIN_POSITIVE
            });
            if fits || piece.depth == DEEPEST || evaluated >= most {
                settled += 1;
                (0..N).for_each(|c| {
                    sum.value[c] += piece.value[c];
                    sum.bound[c] += piece.error[c];
                });
            } else {
                evaluated += 2;
                let Panel { anchor, lo, hi } = piece.panel;
                let middle = 0.5 * (lo + hi);
                next.push(evaluate(Panel { anchor, lo, hi: middle }, piece.depth + 1, &mut f));
                next.push(evaluate(Panel { anchor, lo: middle, hi }, piece.depth + 1, &mut f));
            }
        }
        pending = next;
    }
    sum
}

fn evaluate<const N: usize>(panel: Panel, depth: u32, f: &mut impl FnMut(f64, f64) -> [f64; N]) -> Piece<N> {
    let (centre, half) = (0.5 * (panel.lo + panel.hi), 0.5 * (panel.hi - panel.lo));
    let (mut fine, mut coarse) = ([0.0; N], [0.0; N]);
    for (node, fine_weight, coarse_weight) in RULE.iter() {
        let y = f(panel.anchor, half.mul_add(*node, centre));
        for c in 0..N {
            fine[c] += fine_weight * y[c];
            coarse[c] += coarse_weight * y[c];
        }
    }
    Piece {
        panel,
        depth,
        value: fine.map(|x| x * half),
        error: std::array::from_fn(|c| (fine[c] - coarse[c]).abs() * half),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of some thousand summands.
    const ROUNDING: f64 = 1e-14;

    #[test]
    fn known_integrals_lie_within_the_bound() {
        let panels = [Panel { anchor: 1.0, lo: -1.0, hi: 2.0 }];
        let found = integrate(&panels, 1e-12, |anchor, v| {
            let x = anchor + v;
            [x.exp(), x.sqrt(), 1e-6 / ((x - 1.1).powi(2) + 1e-12)]
        });
        let expected = [3.0_f64.exp() - 1.0, 2.0 * 3.0_f64.sqrt(), (1.9e6_f64.atan() + 1.1e6_f64.atan())];
        for c in 0..3 {
            let error = (found.value[c] - expected[c]).abs();
            assert!(error <= found.bound[c] + ROUNDING * expected[c], "{c}: {found:?} against {expected:?}");
            assert!(error < 1e-9 * expected[c], "{c}: error {error:e}");
        }
    }
}
