//! A density on the line: posterior integrals over x inside an integral over y.
//!
//! The support is cut once into pieces on which a 16-point Gauss–Legendre rule integrates the density to full accuracy,
//! geometrically wider away from the centre, so that a tail to 1e100 is a few hundred pieces. For each y the pieces in
//! reach of y/√γ, no longer than a few standard deviations of the noise, give weighted nodes: to all intents atoms, whose
//! posterior moments are those of [`crate::exact::line`]. The integral over y is adaptive ([`crate::exact::panels`]).

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use gauss_quad::GaussLegendre;

use crate::estimate::Estimate;
use crate::exact::ChannelValues;
use crate::exact::cut::tail_moments;
use crate::exact::panels::{Panel, integrate};
use crate::exact::posterior::{HALF_LN_TAU, Workspace, divergence_from_prior};
use crate::source::Density;

/// Relative tolerance of the integral over y.
const TOLERANCE: f64 = 1e-11;
/// Relative error of a posterior integral: the pieces' tolerance below, and rounding of the densities. Each value takes
/// at most some ten of them.
const INNER: f64 = 1e-11;
/// Halving a piece must not change its mass by more than this, relative.
const PIECE: f64 = 1e-13;
/// Pieces with less mass than this, and halvings beyond this, are not refined further.
const NEGLIGIBLE: (f64, u32) = (1e-30, 40);
/// Standard deviations of the noise within which x is looked for.
const REACH: f64 = 12.0;
/// Longest stretch of nodes in standard deviations of the noise: e^{−z²/2} is integrated to 1e-14 of its maximum.
const STRETCH: f64 = 2.5;
/// Mass of each tail that is left out, times min(1, γ·IQR²)³: small beside γ³M″ at any SNR.
const TAIL: f64 = 1e-21;
/// Beyond this distance from the centre (in units of the noise) divergences are not small, and taken directly.
const NEAR: f64 = 20.0;

/// E of m_2, m_2², m_2³, 2m_2³ + m_3² (scaled by powers of γ; m_3² alone is rounding noise where the posterior is nearly
/// Gaussian) and of KL(posterior ‖ prior).
const COMPONENTS: usize = 5;

static RULE: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| {
    let degree = NonZeroUsize::new(16).expect("16 is not 0");
    GaussLegendre::new(degree).as_node_weight_pairs().to_vec()
});

/// Channel values of a density at `snr` > 0. Relative bounds about 1e-10; the tails that are left out are in them.
///
/// Left out are the tails of X, of mass q together, in the posterior and, `REACH` further out, in Y. The first changes
/// the values as cutting atoms does ([`super::cut`]), the second by at most τ_2, τ_4, 2τ_6 of the same place: both are in
/// the bounds. The divergence in the tail is of the order of −ln f; twice that at the cut times q is allowed for it, which
/// covers densities that fall like a power or faster.
pub fn evaluate(density: &dyn Density, snr: f64) -> ChannelValues {
    let channel = Channel::new(density, snr);
    let mut room = Room::default();
    let found =
        integrate(&channel.panels(), TOLERANCE, |anchor, offset| channel.integrands(&mut room, anchor + offset));
    let [second, square, cube, sixth, information] = found.value;
    let b = found.bound;
    let (cut, surprise) = channel.cut;
    let tails = if cut > 0.0 { tail_moments(cut) } else { [0.0; 3] };
    let scaled = |value: f64, bound: f64, size: f64, power: i32| {
        let thrown = [5.0, 17.0, 482.0][power as usize - 1] * tails[power as usize - 1];
        Estimate::quadrature(value, bound + INNER * size + thrown).scaled(snr.powi(-power))
    };
    ChannelValues {
        mmse: scaled(second, b[0], second, 1),
        mmse_slope: scaled(square, b[1], square, 2),
        mmse_curvature: scaled(4.0 * cube - sixth, 4.0 * b[2] + b[3], sixth, 3),
        information: Estimate::quadrature(information, b[4] + INNER * information + 2.0 * cut * surprise),
        posterior_entropy: None,
    }
}

/// Nodes in reach of one y.
#[derive(Debug, Default)]
struct Room {
    workspace: Workspace,
    points: Vec<f64>,
    ln_weights: Vec<f64>,
    weights: Vec<f64>,
    scaled: Vec<f64>,
}

/// Nodes on [−1, 1] and the logarithms of their weights.
static LN_RULE: LazyLock<Vec<(f64, f64)>> =
    LazyLock::new(|| RULE.iter().map(|&(node, weight)| (node, weight.ln())).collect());

/// A density prepared for one SNR.
struct Channel<'a> {
    density: &'a dyn Density,
    amplitude: f64,
    centre: f64,
    /// Ends of the pieces, increasing.
    ends: Vec<f64>,
    breakpoints: Vec<f64>,
    /// Mass left out at both ends, and −ln f there.
    cut: (f64, f64),
}

impl<'a> Channel<'a> {
    fn new(density: &'a dyn Density, snr: f64) -> Self {
        let quartiles = [0.25, 0.75].map(|u| density.quantile(u));
        let (centre, scale) = (density.quantile(0.5), 0.5 * (quartiles[1] - quartiles[0]));
        let tail = TAIL * (snr * scale * scale).min(1.0).powi(3);
        let lo = tail_end(centre, -scale, density.support().0, |x| density.cdf(x), tail);
        let hi = tail_end(centre, scale, density.support().1, |x| density.survival(x), tail);
        let breakpoints: Vec<f64> = density.breakpoints().into_iter().filter(|&x| lo < x && x < hi).collect();
        let mut coarse = vec![lo, hi, centre];
        for &from in breakpoints.iter().chain([&centre]) {
            for k in -3..2000 {
                let step = scale * 2.0_f64.powi(k);
                coarse.extend([from - step, from + step].into_iter().filter(|&x| lo < x && x < hi));
                if from - step <= lo && from + step >= hi {
                    break;
                }
            }
            coarse.push(from);
        }
        coarse.sort_by(f64::total_cmp);
        coarse.dedup_by(|a, b| *a <= *b);
        let mut ends = vec![lo];
        coarse.windows(2).for_each(|pair| refine(density, pair[0], pair[1], 0, &mut ends));
        let cut = density.cdf(lo) + density.survival(hi);
        let surprise = density.ln_density(lo).abs().min(1e4).max(density.ln_density(hi).abs().min(1e4))
            + 0.5 * snr.ln().abs()
            + 2.0;
        Self { density, amplitude: snr.sqrt(), centre, ends, breakpoints, cut: (cut, surprise) }
    }

    /// First panels in y: the ends of the pieces where they are far apart, steps of the noise around the special points.
    fn panels(&self) -> Vec<Panel> {
        let special = self.breakpoints.iter().chain([&self.centre, &self.ends[0], &self.ends[self.ends.len() - 1]]);
        let mut ends: Vec<f64> = special
            .flat_map(|x| (-8..=8).map(move |k| self.amplitude * x + 1.5 * f64::from(k)))
            .chain(self.ends.iter().map(|x| self.amplitude * x))
            .collect();
        ends.sort_by(f64::total_cmp);
        let mut kept = vec![ends[0]];
        for &end in &ends[1..] {
            if end - kept[kept.len() - 1] >= 1.0 {
                kept.push(end);
            }
        }
        kept.windows(2).map(|pair| Panel { anchor: pair[0], lo: 0.0, hi: pair[1] - pair[0] }).collect()
    }

    /// p(y) times the functions of the posterior.
    fn integrands(&self, room: &mut Room, y: f64) -> [f64; COMPONENTS] {
        self.fill(room, y);
        if room.points.is_empty() {
            return [0.0; COMPONENTS];
        }
        let posterior = room.workspace.posterior(&room.points, &room.ln_weights, 1.0, 0.0, 0.0);
        let divergence = self.divergence(room, y, posterior.ln_evidence);
        let (second, third) = (posterior.second, posterior.third);
        let evidence = posterior.ln_evidence.exp();
        let cube = second * second * second;
        [second, second * second, cube, 2.0 * cube + third * third, divergence].map(|x| evidence * x)
    }

    /// Nodes u = √γx − y within `REACH`, and the logarithms of their weights. Only u enters the posterior, so a y so far
    /// out that √γx − y would be lost in rounding does no harm.
    fn fill(&self, room: &mut Room, y: f64) {
        room.points.clear();
        room.ln_weights.clear();
        let from = (y - REACH) / self.amplitude;
        let first = self.ends.partition_point(|&end| end <= from).saturating_sub(1);
        let ends = self.ends[first..].iter().map(|end| self.amplitude * end - y);
        for (lo, hi) in ends.clone().zip(ends.skip(1)).take_while(|&(lo, _)| lo < REACH) {
            let (lo, hi) = (lo.max(-REACH), hi.min(REACH));
            if hi <= lo {
                continue;
            }
            let stretches = ((hi - lo) / STRETCH).ceil();
            let half = 0.5 * (hi - lo) / stretches;
            let ln_half = (half / self.amplitude).ln();
            for k in 0..stretches as usize {
                let middle = lo + half * (2 * k + 1) as f64;
                for &(node, ln_weight) in LN_RULE.iter() {
                    let u = half.mul_add(node, middle);
                    let ln_density = self.density.ln_density((y + u) / self.amplitude);
                    if ln_density > f64::NEG_INFINITY {
                        room.points.push(u);
                        room.ln_weights.push(ln_density + ln_half + ln_weight);
                    }
                }
            }
        }
    }

    /// KL(posterior ‖ prior) at y.
    fn divergence(&self, room: &mut Room, y: f64, ln_evidence: f64) -> f64 {
        let deviation = y - self.amplitude * self.centre;
        let Room { points, ln_weights, weights, scaled, .. } = room;
        weights.clear();
        weights.extend(ln_weights.iter().map(|w| w.exp()));
        let [from, to] = [y - REACH, y + REACH].map(|y| y / self.amplitude);
        let absent = self.density.cdf(from) + self.density.survival(to);
        let ends = [points[0], points[points.len() - 1]];
        if absent < 0.5 && ends.iter().all(|u| (u + deviation).abs() < NEAR) {
            scaled.clear();
            scaled.extend(points.iter().map(|u| u + deviation));
            // The nodes carry the rest, exactly: an error of their sum would stand beside a divergence that may be tiny.
            let factor = (1.0 - absent) / weights.iter().sum::<f64>();
            weights.iter_mut().for_each(|w| *w *= factor);
            return divergence_from_prior(scaled, weights, absent, deviation);
        }
        // E ln(φ(u)/p(y)) over the posterior.
        let tilt = |u: f64| -0.5 * u * u - ln_evidence - HALF_LN_TAU;
        points.iter().zip(weights.iter()).map(|(&u, w)| w * tilt(u).exp() * tilt(u)).sum()
    }
}

/// The point beyond which `mass_beyond` is at most `tail`, away from `centre` in doubling steps; the end of the support if
/// that comes first.
fn tail_end(centre: f64, step: f64, end: f64, mass_beyond: impl Fn(f64) -> f64, tail: f64) -> f64 {
    let inside = |x: f64| if step > 0.0 { x < end } else { x > end };
    let mut step = step;
    while inside(centre + step) && mass_beyond(centre + step) > tail {
        step *= 1.5;
    }
    if inside(centre + step) { centre + step } else { end }
}

/// Appends the right ends of the pieces of [lo, hi].
fn refine(density: &dyn Density, lo: f64, hi: f64, depth: u32, ends: &mut Vec<f64>) {
    let mass = |lo: f64, hi: f64| {
        let (middle, half) = (0.5 * (lo + hi), 0.5 * (hi - lo));
        RULE.iter()
            .map(|&(node, weight)| half * weight * density.ln_density(half.mul_add(node, middle)).exp())
            .sum::<f64>()
    };
    let middle = 0.5 * (lo + hi);
    let (whole, halves) = (mass(lo, hi), mass(lo, middle) + mass(middle, hi));
    let settled = (whole - halves).abs() <= PIECE * halves || halves < NEGLIGIBLE.0 || depth >= NEGLIGIBLE.1;
    if settled || middle <= lo || middle >= hi {
        ends.push(hi);
    } else {
        refine(density, lo, middle, depth + 1, ends);
        refine(density, middle, hi, depth + 1, ends);
    }
}
