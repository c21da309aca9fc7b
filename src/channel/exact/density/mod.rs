//! A density on the line: posterior integrals over x inside an integral over y.
//!
//! The support is cut once into pieces (`pieces`) on which a 16-point Gauss–Legendre rule
//! integrates the density to full accuracy, geometrically wider away from the median, so that 160
//! decades are some hundred pieces. For each y the pieces in reach of y/√γ, no longer than a few
//! standard deviations of the noise, give weighted nodes: to all intents atoms, whose posterior
//! moments are those of [`crate::channel::exact::line`]. The integral over y is adaptive
//! ([`crate::channel::exact::panels`]). Everything is measured from the density's own origin, which
//! the channel does not see.

mod pieces;

use std::sync::LazyLock;

use crate::channel::exact::ChannelValues;
use crate::channel::exact::cut::tail_moments;
use crate::channel::exact::density::pieces::{NODES, Pieces};
use crate::channel::exact::panels::{Panel, integrate};
use crate::channel::exact::posterior::{HALF_LN_TAU, Workspace, divergence_from_prior};
use crate::numeric::estimate::Estimate;
use crate::numeric::quadrature::gauss_legendre;
use crate::source::Density;

/// Relative tolerance of the integral over y.
const TOLERANCE: f64 = 1e-11;
/// Relative error of a posterior integral: rounding of the densities, and ten times the pieces' own
/// error. Each value takes at most some ten of either.
const INNER: (f64, f64) = (1e-11, 10.0);
/// Standard deviations of the noise within which x is looked for.
const REACH: f64 = 12.0;
/// Longest stretch of nodes in standard deviations of the noise: e^{−z²/2} is integrated to 1e-14
/// of its maximum.
const STRETCH: f64 = 2.5;
/// Beyond this distance from the centre (in units of the noise) divergences are not small, and
/// taken directly.
const NEAR: f64 = 20.0;

/// Up to here (in units of the noise) positions are measured from the law's origin: rounding moves
/// them by 1e-14.
const ORIGIN: f64 = 64.0;

/// E of m_2, m_2², m_2³, 2m_2³ + m_3² (scaled by powers of γ; m_3² alone is rounding noise where
/// the posterior is nearly Gaussian) and of KL(posterior ‖ prior).
const COMPONENTS: usize = 5;

/// Channel values of a density at `snr` > 0. Relative bounds about 1e-10; the tails that are left
/// out are in them.
///
/// Left out are the tails of X and what the pieces miss, of mass q together, in the posterior and,
/// `REACH` further out, in Y. The first changes the values as cutting atoms does ([`super::cut`]),
/// the second by at most τ_2, τ_4, 2τ_6 of the same place: both are in the bounds. The divergence
/// in the tail is of the order of −ln f; twice that at the cut times q is allowed for it, which
/// covers densities that fall like a power or faster.
pub fn evaluate(density: &dyn Density, snr: f64) -> ChannelValues {
    let channel = Channel::new(density, snr);
    let mut room = Room::default();
    let found = integrate(&channel.panels(), TOLERANCE, |anchor, offset| {
        channel.integrands(&mut room, anchor + offset)
    });
    let [second, square, cube, sixth, information] = found.value;
    let b = found.bound;
    let (lost, surprise) = (channel.pieces.lost, channel.surprise);
    let tails = if lost > 0.0 { tail_moments(lost) } else { [0.0; 3] };
    let inner = INNER.0 + INNER.1 * channel.pieces.relative;
    let scaled = |value: f64, bound: f64, size: f64, power: i32| {
        let thrown = [5.0, 17.0, 482.0][power as usize - 1] * tails[power as usize - 1];
        Estimate::quadrature(value, bound + inner * size + thrown).scaled(snr.powi(-power))
    };
    ChannelValues {
        mmse: scaled(second, b[0], second, 1),
        mmse_slope: scaled(square, b[1], square, 2),
        mmse_curvature: scaled(4.0 * cube - sixth, 4.0 * b[2] + b[3], sixth, 3),
        information: Estimate::quadrature(information, b[4] + inner * information + 2.0 * lost * surprise),
        posterior_entropy: None,
    }
}

/// Nodes in reach of one y.
#[derive(Debug, Default)]
struct Room {
    workspace: Workspace,
    /// Positions √γx, or √γx − y.
    points: Vec<f64>,
    /// y, or 0 where positions are measured from it.
    offset: f64,
    ln_weights: Vec<f64>,
    /// The stretch of x that the nodes stand for.
    covered: (f64, f64),
    weights: Vec<f64>,
    scaled: Vec<f64>,
}

/// Nodes on [−1, 1] and the logarithms of their weights.
static LN_RULE: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| {
    gauss_legendre(NODES).as_node_weight_pairs().iter().map(|&(node, weight)| (node, weight.ln())).collect()
});

/// A density prepared for one SNR.
struct Channel<'a> {
    density: &'a dyn Density,
    amplitude: f64,
    pieces: Pieces,
    /// The nodes √γx of the pieces shorter than a stretch, with the logarithms of their weights,
    /// and for each piece the index of its first (of the next piece's, where it is longer).
    short: Vec<(f64, f64)>,
    first: Vec<usize>,
    /// −ln f at the ends, at most.
    surprise: f64,
}

impl<'a> Channel<'a> {
    fn new(density: &'a dyn Density, snr: f64) -> Self {
        let pieces = Pieces::new(density, snr);
        let far = [pieces.ends[0], pieces.ends[pieces.ends.len() - 1]]
            .map(|x| density.ln_density(x).abs().min(1e4));
        let surprise = far[0].max(far[1]) + 0.5 * snr.ln().abs() + 2.0;
        let amplitude = snr.sqrt();
        let (mut short, mut first) = (Vec::new(), Vec::new());
        for pair in pieces.ends.windows(2) {
            first.push(short.len());
            let half = 0.5 * (pair[1] - pair[0]);
            if 2.0 * amplitude * half <= STRETCH {
                let (middle, ln_half) = (0.5 * (pair[0] + pair[1]), half.ln());
                short.extend(LN_RULE.iter().filter_map(|&(node, ln_weight)| {
                    let x = half.mul_add(node, middle);
                    let ln_density = density.ln_density(x);
                    (ln_density > f64::NEG_INFINITY)
                        .then_some((amplitude * x, ln_density + ln_half + ln_weight))
                }));
            }
        }
        first.push(short.len());
        Self { density, amplitude, pieces, short, first, surprise }
    }

    /// First panels in y: the ends of the pieces where they are far apart, steps of the noise
    /// around the special points.
    fn panels(&self) -> Vec<Panel> {
        let Pieces { ends: x, breakpoints, centre, .. } = &self.pieces;
        let special = breakpoints.iter().chain([centre, &x[0], &x[x.len() - 1]]);
        let mut ends: Vec<f64> = special
            .flat_map(|x| (-8..=8).map(move |k| self.amplitude * x + 1.5 * f64::from(k)))
            .chain(x.iter().map(|x| self.amplitude * x))
            .collect();
        ends.sort_by(f64::total_cmp);
        let (mut kept, last) = (vec![ends[0]], ends[ends.len() - 1]);
        for &end in &ends[1..] {
            if end - kept[kept.len() - 1] >= 1.0 {
                kept.push(end);
            }
        }
        if last > kept[kept.len() - 1] {
            kept.push(last);
        }
        kept.windows(2).map(|pair| Panel { anchor: pair[0], lo: 0.0, hi: pair[1] - pair[0] }).collect()
    }

    /// p(y) times the functions of the posterior.
    fn integrands(&self, room: &mut Room, y: f64) -> [f64; COMPONENTS] {
        self.fill(room, y);
        if room.points.is_empty() {
            return [0.0; COMPONENTS];
        }
        let Room { workspace, points, ln_weights, offset, .. } = room;
        let posterior = workspace.posterior(points, ln_weights, 1.0, 0.0, *offset);
        let divergence = self.divergence(room, y, posterior.ln_evidence);
        let (second, third) = (posterior.second, posterior.third);
        let evidence = posterior.ln_evidence.exp();
        let cube = second * second * second;
        [second, second * second, cube, 2.0 * cube + third * third, divergence].map(|x| evidence * x)
    }

    /// Nodes √γx within `REACH` of y, and the logarithms of their weights; far out measured from y,
    /// so that a y of which √γx − y would be lost in rounding does no harm, near 0 not, so that
    /// nodes keep their differences.
    fn fill(&self, room: &mut Room, y: f64) {
        room.points.clear();
        room.ln_weights.clear();
        room.offset = if y.abs() <= ORIGIN { y } else { 0.0 };
        let shift = y - room.offset;
        let ends = &self.pieces.ends;
        let from = ends.partition_point(|&end| self.amplitude * end - y <= -REACH).saturating_sub(1);
        for piece in from..ends.len() - 1 {
            let (lo, hi) = (self.amplitude * ends[piece] - y, self.amplitude * ends[piece + 1] - y);
            if lo >= REACH {
                break;
            }
            let nodes = self.first[piece]..self.first[piece + 1];
            let (least, most) = if nodes.is_empty() {
                ((y - REACH) / self.amplitude, (y + REACH) / self.amplitude)
            } else {
                (f64::NEG_INFINITY, f64::INFINITY)
            };
            if piece == from {
                room.covered.0 = ends[piece].max(least);
            }
            room.covered.1 = ends[piece + 1].min(most);
            if nodes.is_empty() {
                self.fill_long(room, y, lo.max(-REACH), hi.min(REACH));
            } else {
                room.points.extend(self.short[nodes.clone()].iter().map(|&(s, _)| s - shift));
                room.ln_weights.extend(self.short[nodes].iter().map(|&(_, ln_weight)| ln_weight));
            }
        }
    }

    /// Nodes of the part y + [lo, hi] of a piece, by stretches.
    fn fill_long(&self, room: &mut Room, y: f64, lo: f64, hi: f64) {
        if hi <= lo {
            return;
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
                    room.points.push(room.offset + u);
                    room.ln_weights.push(ln_density + ln_half + ln_weight);
                }
            }
        }
    }

    /// KL(posterior ‖ prior) at y.
    fn divergence(&self, room: &mut Room, y: f64, ln_evidence: f64) -> f64 {
        let centre = self.amplitude * self.pieces.centre;
        let absent = self.density.cdf(room.covered.0) + self.density.survival(room.covered.1);
        let Room { points, ln_weights, weights, scaled, offset, .. } = room;
        // √γx − centre of a position.
        let shift = (y - *offset) - centre;
        let ends = [points[0], points[points.len() - 1]];
        if absent < 0.5 && ends.iter().all(|s| (s + shift).abs() < NEAR) {
            weights.clear();
            weights.extend(ln_weights.iter().map(|w| w.exp()));
            scaled.clear();
            scaled.extend(points.iter().map(|s| s + shift));
            // The nodes carry the rest, exactly: an error of their sum would stand beside a
            // divergence that may be tiny.
            let factor = (1.0 - absent) / weights.iter().sum::<f64>();
            weights.iter_mut().for_each(|w| *w *= factor);
            return divergence_from_prior(scaled, weights, absent, y - centre);
        }
        // E ln(φ(u)/p(y)) over the posterior.
        let tilt = |s: f64| -0.5 * (s - *offset).powi(2) - ln_evidence - HALF_LN_TAU;
        points.iter().zip(ln_weights.iter()).map(|(&s, w)| (w + tilt(s)).exp() * tilt(s)).sum()
    }
}
