//! What the densities share: differential entropies.

use crate::numeric::estimate::Estimate;
use crate::numeric::quadrature::gauss_legendre;

/// Nodes of the rule.
const NODES: usize = 16;
/// Doublings after which a tail that has not died out is continued as a geometric series.
const DOUBLINGS: usize = 900;
/// A doubling that adds less than this share ends the tail, after a few.
const ENOUGH: f64 = 1e-17;
const LEAST_DOUBLINGS: usize = 8;
/// Halving a panel must not change it by more than this share of it.
const TOLERANCE: f64 = 1e-13;
/// Most halvings of a panel.
const DEEPEST: u32 = 20;
/// Rounding of ln f and of the sums, relative.
const ROUNDING: f64 = 1e-12;

/// ln a/(a − 1), continued by 1 at a = 1 and 0 at a = ∞.
pub fn ln_over_excess(order: f64) -> f64 {
    let excess = order - 1.0;
    if order.is_infinite() {
        0.0
    } else if excess.abs() < f64::EPSILON {
        1.0
    } else {
        excess.ln_1p() / excess
    }
}

/// Where a density lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// On both sides of the given points.
    Whole,
    /// From the first of them on.
    Half,
}

/// Differential Rényi entropy of order a of a density e^{`ln_density`} with respect to
/// e^{`ln_measure`} dx, by quadrature, where ∫ f^a converges: between `points` (increasing; where f
/// may peak or is not smooth) and beyond them in panels that double from a tenth of `scale` and end
/// as a geometric series, each halved until it settles.
///
/// With L = ln f at the highest of these points and ι = L − ln f: h_a = −L − ln(1 + ∫ f (e^{(1−a)ι}
/// − 1))/(a−1) near a = 1, which keeps its digits there, and −L − (L + ln ∫ e^{−aι})/(a−1)
/// elsewhere, which no order overflows.
pub fn renyi_by_quadrature(
    ln_density: impl Fn(f64) -> f64,
    ln_measure: impl Fn(f64) -> f64,
    points: &[f64],
    line: Line,
    scale: f64,
    order: f64,
) -> Estimate {
    let peak = points.iter().map(|&x| ln_density(x)).fold(f64::NEG_INFINITY, f64::max);
    let excess = order - 1.0;
    // f·g(ι) dx; beyond the reach of f64 nothing.
    let mean = |g: &dyn Fn(f64) -> f64| {
        integral(points, line, scale, |x| {
            let ln_density = ln_density(x);
            let mass = (ln_density + ln_measure(x)).exp();
            if mass > 0.0 { mass * g(peak - ln_density) } else { 0.0 }
        })
    };
    if order.is_infinite() {
        return Estimate::quadrature(-peak, ROUNDING * (1.0 + peak.abs()));
    }
    if excess.abs() <= 0.0 {
        let (value, bound) = mean(&|content| content);
        return Estimate::quadrature(value - peak, bound + ROUNDING * (value.abs() + peak.abs()));
    }
    if excess.abs() < 0.5 {
        // ∫ f^a = e^{(a−1)L} E e^{−(a−1)ι}.
        let (value, bound) = mean(&|content| (-excess * content).exp_m1());
        if value > -0.5 {
            let error = (bound + ROUNDING * value.abs()) / ((1.0 + value) * excess.abs());
            return Estimate::quadrature(-peak - value.ln_1p() / excess, error + ROUNDING * peak.abs());
        }
    }
    let (value, bound) = integral(points, line, scale, |x| {
        let power = (order * (ln_density(x) - peak) + ln_measure(x)).exp();
        if power > 0.0 { power } else { 0.0 }
    });
    let rounding = ROUNDING * ((1.0 + order) + peak.abs() + value.ln().abs()) / excess.abs();
    let error = bound / value / excess.abs() + rounding + ROUNDING * peak.abs();
    Estimate::quadrature(-peak - (peak + value.ln()) / excess, error)
}

/// ∫ f over the line, and a bound.
fn integral(points: &[f64], line: Line, scale: f64, f: impl Fn(f64) -> f64) -> (f64, f64) {
    let (mut sum, mut error) = (0.0_f64, 0.0);
    let mut add = |(value, bound): (f64, f64)| {
        sum += value;
        error += bound;
        sum
    };
    for pair in points.windows(2) {
        // From either end to the middle in doubling panels: a peak at the end is seen.
        let middle = 0.5 * (pair[0] + pair[1]);
        for (from, side) in [(pair[0], 1.0), (pair[1], -1.0)] {
            let (mut at, mut width) = (0.0, 0.1 * scale);
            while at < (middle - from).abs() {
                let to = (at + width).min((middle - from).abs());
                add(adaptive(&|t| f(from + side * t), at, to, f64::INFINITY, 0));
                (at, width) = (to, 2.0 * width);
            }
        }
    }
    let sides: &[(f64, f64)] = &[(points[points.len() - 1], 1.0), (points[0], -1.0)];
    for &(from, side) in &sides[..if line == Line::Half { 1 } else { 2 }] {
        let (mut at, mut width, mut last, mut ratio) = (0.0, 0.1 * scale, 0.0, 0.0);
        for doubling in 0..DOUBLINGS {
            let part = adaptive(&|t| f(from + side * t), at, at + width, f64::INFINITY, 0);
            let all = add(part);
            ratio = if last == 0.0 { 0.0 } else { part.0 / last };
            (last, at, width) = (part.0, at + width, at + width);
            if doubling > LEAST_DOUBLINGS && part.0.abs() <= ENOUGH * all.abs() {
                ratio = 0.0;
                break;
            }
        }
        // A tail ∝ x^{−b}: each doubling is the one before times 2^{1−b}, at last exactly.
        if ratio > 0.0 && ratio < 1.0 {
            let beyond = last * ratio / (1.0 - ratio);
            add((beyond, 1e-3 * beyond.abs()));
        }
    }
    (sum, error)
}

/// ∫ f over [from, to] by a rule on halves of halves, until they settle or their change, which was
/// `before` for a longer panel, is the rounding of f; the bound is the last change.
fn adaptive(f: &impl Fn(f64) -> f64, from: f64, to: f64, before: f64, depth: u32) -> (f64, f64) {
    let middle = 0.5 * (from + to);
    let whole = gauss_legendre(NODES).integrate(from, to, f);
    let halves =
        gauss_legendre(NODES).integrate(from, middle, f) + gauss_legendre(NODES).integrate(middle, to, f);
    let change = (whole - halves).abs();
    let rounding = change <= 1e-9 * halves.abs() && change >= 0.1 * before;
    if change <= TOLERANCE * halves.abs() || rounding || depth >= DEEPEST {
        return (halves, change);
    }
    let parts = [(from, middle), (middle, to)].map(|(from, to)| adaptive(f, from, to, change, depth + 1));
    (parts[0].0 + parts[1].0, parts[0].1 + parts[1].1)
}

#[cfg(test)]
mod tests;
