//! The support of a density cut into pieces on which a fixed rule integrates it, and what the
//! cutting leaves over.

use crate::numeric::quadrature::gauss_legendre;
use crate::source::Density;

/// Nodes of the rule on each piece.
pub const NODES: usize = 16;

/// Mass of each tail that is left out, times min(1, γ·IQR²)³: small beside γ³M″ at any SNR.
const TAIL: f64 = 1e-21;
/// Pieces with less than this share of such a tail are not refined further.
const NEGLIGIBLE: f64 = 1e-9;
/// Halving a piece must not change its mass by more than this, relative.
const SETTLED: f64 = 1e-13;
/// A difference below this that halving does not lessen is the rounding of the density.
const ROUNDING: f64 = 1e-11;
/// A piece must have the mass that the distribution function gives it, relative to itself and to
/// the lesser tail.
const KNOWN: (f64, f64) = (1e-9, 1e-11);
/// Rounding of the sum of all masses and of the distribution function at the ends.
const TOTAL: f64 = 1e-11;
/// Halvings of one first piece (e^{−14·20} of it is 404 of them), and pieces in all: beyond, their
/// mass is given up.
const MOST: (u32, usize) = (700, 50_000);
/// Halvings in which a rule that has settled must come to see what the distribution function has: a
/// feature 1e-4 as wide.
const BLIND: u32 = 10;
/// Positions (times max(1, √γ)) stay below this, so that y and its panels are finite.
const FARTHEST: f64 = 1e300;

/// The pieces of a density at one SNR, in the density's own coordinate.
#[derive(Debug)]
pub struct Pieces {
    /// Ends of the pieces, increasing.
    pub ends: Vec<f64>,
    /// Points where the density is not smooth, strictly inside.
    pub breakpoints: Vec<f64>,
    /// The median.
    pub centre: f64,
    /// Largest relative error of the rule on a piece: truncation, or rounding of the density.
    pub relative: f64,
    /// Mass that the pieces do not carry: the tails beyond the ends, pieces given up, and what is
    /// missing of a total of 1.
    pub lost: f64,
}

impl Pieces {
    /// Pieces that double in length away from the median, the breakpoints and finite ends of the
    /// support, halved until the rule settles on each and agrees with the distribution function: a
    /// feature that the rule does not see is missing there.
    pub fn new(density: &dyn Density, snr: f64) -> Self {
        let quartiles = [0.25, 0.75].map(|u| density.quantile(u));
        let (centre, scale) = (density.quantile(0.5), 0.5 * (quartiles[1] - quartiles[0]));
        let tail = TAIL * (snr * scale * scale).min(1.0).powi(3);
        let farthest = FARTHEST / snr.sqrt().max(1.0);
        let (least, most) = density.support();
        let lo = tail_end(centre, -scale, least.max(-farthest), |x| density.cdf(x), tail);
        let hi = tail_end(centre, scale, most.min(farthest), |x| density.survival(x), tail);
        let breakpoints: Vec<f64> =
            density.breakpoints().into_iter().filter(|&x| lo < x && x < hi).collect();
        let mut cutting =
            Cutting { density, negligible: NEGLIGIBLE * tail, ends: vec![lo], found: Found::default() };
        for pair in first_ends(lo, hi, scale, breakpoints.iter().copied().chain([centre])).windows(2) {
            let mass = cutting.mass(pair[0], pair[1]);
            cutting.halve(pair[0], pair[1], mass, f64::INFINITY, (0, 0));
        }
        let Cutting { ends, found, .. } = cutting;
        let cut = density.cdf(lo) + density.survival(hi);
        let missing = (found.total + found.given_up + cut - 1.0).abs();
        let lost = cut + found.given_up + if missing > TOTAL { missing } else { 0.0 };
        Self { ends, breakpoints, centre, relative: found.relative, lost }
    }
}

/// lo, hi, and points at 2^k scales from each of `special`, increasing.
fn first_ends(lo: f64, hi: f64, scale: f64, special: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut ends = vec![lo, hi];
    for from in special {
        ends.push(from);
        for k in -3..2100 {
            let step = scale * 2.0_f64.powi(k);
            ends.extend([from - step, from + step].into_iter().filter(|&x| lo < x && x < hi));
            if from - step <= lo && from + step >= hi {
                break;
            }
        }
    }
    ends.sort_by(f64::total_cmp);
    ends.dedup_by(|a, b| *a <= *b);
    ends
}

/// The point beyond which `mass_beyond` is at most `tail`, away from `centre` in growing steps;
/// `end` if that comes first.
fn tail_end(centre: f64, step: f64, end: f64, mass_beyond: impl Fn(f64) -> f64, tail: f64) -> f64 {
    let inside = |x: f64| if step > 0.0 { x < end } else { x > end };
    let mut step = step;
    while inside(centre + step) && mass_beyond(centre + step) > tail {
        step *= 1.5;
    }
    if inside(centre + step) { centre + step } else { end }
}

/// What was found on the way.
#[derive(Debug, Default)]
struct Found {
    total: f64,
    relative: f64,
    given_up: f64,
}

struct Cutting<'a> {
    density: &'a dyn Density,
    negligible: f64,
    ends: Vec<f64>,
    found: Found,
}

impl Cutting<'_> {
    /// Mass of [lo, hi] by the rule.
    fn mass(&self, lo: f64, hi: f64) -> f64 {
        let (middle, half) = (0.5 * (lo + hi), 0.5 * (hi - lo));
        // Far out the density alone would underflow.
        let at = |node: f64| (self.density.ln_density(half.mul_add(node, middle)) + half.ln()).exp();
        gauss_legendre(NODES).as_node_weight_pairs().iter().map(|&(node, weight)| weight * at(node)).sum()
    }

    /// Appends the right ends of the pieces of [lo, hi], whose mass by the rule is `whole`;
    /// `before` is the relative change when it was made from a longer one; `depth` counts halvings,
    /// and those in a row that found the rule settled on another mass than the distribution
    /// function's.
    fn halve(&mut self, lo: f64, hi: f64, whole: f64, before: f64, depth: (u32, u32)) {
        let middle = 0.5 * (lo + hi);
        let parts = [self.mass(lo, middle), self.mass(middle, hi)];
        let halves = parts[0] + parts[1];
        let change = (whole - halves).abs() / halves.max(f64::MIN_POSITIVE);
        let (known, lesser) = known_mass(self.density, lo, hi);
        let agrees = (halves - known).abs() <= KNOWN.0 * known + KNOWN.1 * lesser;
        let settled = change <= SETTLED || (change <= ROUNDING && change >= 0.25 * before);
        let exhausted = depth.0 >= MOST.0 || self.ends.len() >= MOST.1 || middle <= lo || middle >= hi;
        if halves.max(known) <= self.negligible || exhausted {
            self.found.given_up += known.max(halves);
            self.ends.push(hi);
        } else if settled && (agrees || depth.1 >= BLIND) {
            self.found.total += halves;
            self.found.given_up += if agrees { 0.0 } else { (known - halves).abs() };
            self.found.relative = self.found.relative.max(change);
            self.ends.push(hi);
        } else {
            let depth = (depth.0 + 1, if settled { depth.1 + 1 } else { 0 });
            self.halve(lo, middle, parts[0], change, depth);
            self.halve(middle, hi, parts[1], change, depth);
        }
    }
}

/// P(lo < X ≤ hi) as a difference of the lesser tails, and the larger of the two.
fn known_mass(density: &dyn Density, lo: f64, hi: f64) -> (f64, f64) {
    let (below, above) = (density.cdf(hi), density.survival(lo));
    if below < above { (below - density.cdf(lo), below) } else { (above - density.survival(hi), above) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Law, Source};

    /// Whatever the law's spread, the pieces carry its mass at every SNR.
    #[test]
    fn the_pieces_carry_all_mass() {
        for spec in ["lognormal:sigma=20", "lognormal:sigma=1e-3", "pareto:shape=1e6", "student-t:dof=0.1"] {
            let source = Source::parse(spec).expect(spec);
            let Law::Density(density) = source.law() else { panic!("{spec} is a density") };
            for snr in [1e-8, 1.0, 1e8] {
                let pieces = Pieces::new(density.as_ref(), snr);
                assert!(
                    pieces.lost < 1e-18 && pieces.relative < 1e-11,
                    "{spec}: {:e} {:e}",
                    pieces.lost,
                    pieces.relative
                );
                assert!(pieces.ends.len() < 5_000, "{spec}: {} pieces", pieces.ends.len());
            }
        }
    }

    /// A density that has less mass than its distribution function says is found out: a hole
    /// from 0.3 to 0.4.
    #[test]
    fn a_missed_feature_is_lost_mass() {
        #[derive(Debug)]
        struct Missing(Box<dyn Density>);
        impl Density for Missing {
            fn ln_density(&self, x: f64) -> f64 {
                if (0.3..0.4).contains(&x) { f64::NEG_INFINITY } else { self.0.ln_density(x) }
            }
            fn support(&self) -> (f64, f64) {
                self.0.support()
            }
            fn quantile(&self, u: f64) -> f64 {
                self.0.quantile(u)
            }
            fn cdf(&self, x: f64) -> f64 {
                self.0.cdf(x)
            }
            fn survival(&self, x: f64) -> f64 {
                self.0.survival(x)
            }
            fn mean(&self) -> Option<f64> {
                None
            }
            fn variance(&self) -> f64 {
                f64::INFINITY
            }
            fn differential_renyi(&self, order: f64) -> crate::numeric::estimate::Estimate {
                self.0.differential_renyi(order)
            }
        }
        let Law::Density(cauchy) = Source::parse("cauchy").expect("a law").into_law() else {
            panic!("a density")
        };
        let lost = Pieces::new(&Missing(cauchy), 1.0).lost;
        let hole = (0.4_f64.atan() - 0.3_f64.atan()) * std::f64::consts::FRAC_1_PI;
        assert!((lost / hole - 1.0).abs() < 0.1, "{lost:e} for {hole:e}");
    }
}
