//! M(γ) and −M′(γ) of a source as functions: evaluated once at Chebyshev nodes, then cheap
//! everywhere.
//!
//! Sums over thousands of steps need thousands of slopes. ln M and ln(−M′) are smooth in ln γ, so
//! octaves [2^j, 2^{j+1}] carry interpolants of degree `NODES` − 1 in ln γ, halved until their last
//! coefficients are below `TOLERANCE`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::channel::curve::Curve;
use crate::channel::exact;
use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::numeric::quadrature::gauss_legendre;
use crate::source::{Law, Source};

/// Chebyshev nodes of one panel.
const NODES: usize = 14;
/// The last two coefficients of ln M and ln(−M′) must be below this: a relative error of the
/// values.
const TOLERANCE: f64 = 1e-10;
/// Halvings of an octave; the bounds say what was reached.
const DEEPEST: u32 = 4;
/// Below this, γ²|M′| (which is at most d² + 2d) says nothing any more: such a panel counts as
/// zero, and its bound says so.
const VANISHING: f64 = 1e-200;
/// Below γ·E|X−EX|² = 2^LOWEST the slope is taken as constant.
const LOWEST: i32 = -40;
/// The lowest octave where the variance is infinite.
const LOWEST_OF_INFINITE: i32 = -60;
/// Generous relative error of a constant slope below the lowest octave, which holds at most 2⁻⁴⁰ of
/// the fall of M.
const BELOW: f64 = 1e-2;
/// Nodes of the fine and the coarse rule on each piece of an integral; the bound is their
/// difference.
const RULES: (usize, usize) = (16, 12);

/// Interpolants of one source, made when first asked for; whoever asks meanwhile waits.
#[derive(Debug, Default)]
pub struct Octaves {
    slots: Mutex<BTreeMap<i32, Arc<Slot>>>,
}

/// The panels of one octave, once made.
type Slot = Mutex<Option<Arc<Vec<Panel>>>>;

/// The curve of a source with a deterministic route.
#[derive(Debug, Clone)]
pub struct ExactCurve<'a> {
    source: &'a Source,
    copies: f64,
    octaves: Arc<Octaves>,
}

/// Interpolants of ln M and ln(−M′) in ln γ over [lo, hi].
#[derive(Debug)]
struct Panel {
    lo: f64,
    hi: f64,
    ln_mmse: [f64; NODES],
    ln_slope: [f64; NODES],
    /// Relative error of −M′: interpolation and the evaluator's own bound.
    error: f64,
    /// Where −M′ vanishes for all purposes, an upper bound on it; the coefficients are then not
    /// used.
    vanishing: Option<f64>,
}

/// The coordinate that a curve's memo belongs to: copies of a product share the base's curve.
pub fn base(source: &Source) -> (&Source, f64) {
    match source.law() {
        Law::Product { base: inner, copies } => {
            let (source, more) = base(inner);
            (source, *copies as f64 * more)
        }
        _ => (source, 1.0),
    }
}

impl<'a> ExactCurve<'a> {
    /// The curve of `source`, interpolants kept in `octaves` (one memo for each [`base`]). `None`
    /// where [`exact::supports`] knows no route.
    pub fn new(source: &'a Source, octaves: Arc<Octaves>) -> Option<Self> {
        let (source, copies) = base(source);
        exact::supports(source.law()).then_some(Self { source, copies, octaves })
    }

    /// ∫_lo^hi f(γ, −M′(γ)) dγ, 0 ≤ lo < hi, for f linear in its second argument and smooth in its
    /// first.
    ///
    /// Gauss–Legendre with 16 nodes on each panel that the interval meets; `bound` adds the
    /// difference from 12 nodes to the relative error of the slopes. Where −M′ is below 1e-200/γ²
    /// it is taken as 0 within its bound.
    ///
    /// # Errors
    /// Those of [`exact::at`].
    pub fn integral(&self, lo: f64, hi: f64, f: impl Fn(f64, f64) -> f64) -> Result<Estimate> {
        let lowest = 2.0_f64.powi(self.lowest());
        let (mut value, mut bound) = (0.0, 0.0);
        if lo < lowest {
            let end = hi.min(lowest);
            let constant = self.slope_at(lowest)?;
            let (fine, coarse) = two_rules(lo, end, |snr| f(snr, constant));
            value += fine;
            bound += (fine - coarse).abs() + BELOW * fine.abs();
        }
        let mut at = lo.max(lowest);
        let mut octave = exponent(at);
        while at < hi {
            for panel in self.octave(octave)?.iter() {
                if panel.hi <= at || panel.lo >= hi {
                    continue;
                }
                let end = hi.min(panel.hi);
                match panel.vanishing {
                    Some(slope) => bound += two_rules(at, end, |snr| f(snr, self.copies * slope)).0.abs(),
                    None => {
                        let (fine, coarse) =
                            two_rules(at, end, |snr| f(snr, self.copies * panel.slope(snr)));
                        value += fine;
                        bound += (fine - coarse).abs() + panel.error * fine.abs();
                    }
                }
                at = end;
            }
            octave += 1;
        }
        Ok(Estimate::quadrature(value, bound))
    }

    fn lowest(&self) -> i32 {
        let variance = self.source.second_moment().value;
        if variance > 0.0 && variance.is_finite() {
            LOWEST - variance.log2() as i32
        } else {
            LOWEST_OF_INFINITE
        }
    }

    fn octave(&self, exponent: i32) -> Result<Arc<Vec<Panel>>> {
        let slot = {
            let mut slots = self.octaves.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(exponent).or_default())
        };
        // Held while the panels are made, which is sequential (`needle` says so too): no task that
        // waits here can be run by the one that holds it.
        let mut made = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(panels) = made.as_ref() {
            return Ok(Arc::clone(panels));
        }
        let found = Arc::new(panels(self.source, 2.0_f64.powi(exponent), 2.0_f64.powi(exponent + 1), 0)?);
        *made = Some(Arc::clone(&found));
        Ok(found)
    }

    /// What `read` makes of the panel that holds `snr`; `None` where the panel vanishes.
    fn on_panel(&self, snr: f64, read: impl Fn(&Panel, f64) -> f64) -> Result<Option<f64>> {
        let octave = self.octave(exponent(snr))?;
        let panel = octave.iter().find(|p| snr <= p.hi).expect("an octave covers its interval");
        Ok(panel.vanishing.is_none().then(|| self.copies * read(panel, snr)))
    }

    fn slope_at(&self, snr: f64) -> Result<f64> {
        match self.on_panel(snr, Panel::slope)? {
            Some(slope) => Ok(slope),
            None => Ok(self.directly(snr)?.1),
        }
    }

    /// (M, −M′) without interpolation.
    fn directly(&self, snr: f64) -> Result<(f64, f64)> {
        let values = exact::at(self.source, snr)?.expect("a curve has a route");
        Ok((self.copies * values.mmse.value, self.copies * values.mmse_slope.value))
    }
}

impl Curve for ExactCurve<'_> {
    fn mmse(&self, snr: f64) -> Result<f64> {
        if snr <= 2.0_f64.powi(self.lowest()) {
            return Ok(self.copies * self.source.second_moment().value);
        }
        match self.on_panel(snr, Panel::mmse)? {
            Some(mmse) => Ok(mmse),
            None => Ok(self.directly(snr)?.0),
        }
    }

    fn slope(&self, snr: f64) -> Result<f64> {
        self.slope_at(snr.max(2.0_f64.powi(self.lowest())))
    }
}

/// j with 2^j ≤ x < 2^{j+1}.
fn exponent(x: f64) -> i32 {
    ((x.to_bits() >> 52) as i32) - 1023
}

/// Interpolants over [lo, hi], halved where they are not good enough.
fn panels(source: &Source, lo: f64, hi: f64, depth: u32) -> Result<Vec<Panel>> {
    let (mut ln_mmse, mut ln_slope) = ([0.0; NODES], [0.0; NODES]);
    let (mut error, mut least, mut most) = (0.0_f64, f64::INFINITY, 0.0_f64);
    for (k, (ln_mmse, ln_slope)) in ln_mmse.iter_mut().zip(&mut ln_slope).enumerate() {
        let snr = lo * (0.5 * (node(k) + 1.0) * (hi / lo).ln()).exp();
        let values = exact::at(source, snr)?.expect("a curve has a route");
        let slope = values.mmse_slope;
        (*ln_mmse, *ln_slope) = (values.mmse.value.ln(), slope.value.ln());
        error = error.max(slope.bound / slope.value);
        least = least.min(slope.value * snr * snr);
        most = most.max(slope.value + slope.bound);
    }
    let [ln_mmse, ln_slope] = [ln_mmse, ln_slope].map(|values| coefficients(&values));
    if least.is_nan() || least <= VANISHING {
        return Ok(vec![Panel { lo, hi, ln_mmse, ln_slope, error, vanishing: Some(most) }]);
    }
    let tail = |c: &[f64; NODES]| c[NODES - 1].abs() + c[NODES - 2].abs();
    let interpolation = tail(&ln_slope).max(tail(&ln_mmse));
    if interpolation > TOLERANCE.max(error) && depth < DEEPEST {
        let middle = (lo * hi).sqrt();
        let mut halves = panels(source, lo, middle, depth + 1)?;
        halves.extend(panels(source, middle, hi, depth + 1)?);
        return Ok(halves);
    }
    Ok(vec![Panel { lo, hi, ln_mmse, ln_slope, error: error + interpolation, vanishing: None }])
}

/// Chebyshev node k of the first kind, in (−1, 1).
fn node(k: usize) -> f64 {
    (std::f64::consts::PI * (k as f64 + 0.5) / NODES as f64).cos()
}

/// Chebyshev coefficients of the interpolant through `values` at the nodes.
fn coefficients(values: &[f64; NODES]) -> [f64; NODES] {
    std::array::from_fn(|j| {
        let angle = |k: usize| std::f64::consts::PI * j as f64 * (k as f64 + 0.5) / NODES as f64;
        let sum: f64 = values.iter().enumerate().map(|(k, v)| v * angle(k).cos()).sum();
        sum * if j == 0 { 1.0 } else { 2.0 } / NODES as f64
    })
}

impl Panel {
    fn mmse(&self, snr: f64) -> f64 {
        self.value(&self.ln_mmse, snr)
    }

    fn slope(&self, snr: f64) -> f64 {
        self.value(&self.ln_slope, snr)
    }

    /// exp of the interpolant, by Clenshaw's recurrence.
    fn value(&self, coefficients: &[f64; NODES], snr: f64) -> f64 {
        let x = 2.0 * (snr / self.lo).ln() / (self.hi / self.lo).ln() - 1.0;
        let (mut next, mut after) = (0.0, 0.0);
        for &c in coefficients[1..].iter().rev() {
            (next, after) = ((2.0 * x).mul_add(next, c - after), next);
        }
        x.mul_add(next, coefficients[0] - after).exp()
    }
}

/// ∫ f over [lo, hi] by the fine and the coarse rule.
fn two_rules(lo: f64, hi: f64, f: impl Fn(f64) -> f64) -> (f64, f64) {
    let half = 0.5 * (hi - lo);
    let by = |nodes: usize| {
        let rule = gauss_legendre(nodes).as_node_weight_pairs().iter();
        rule.map(|&(x, w)| half * w * f(half.mul_add(x + 1.0, lo))).sum::<f64>()
    };
    (by(RULES.0), by(RULES.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Interpolation against the evaluator itself, both good to 1e-10.
    const AGREEMENT: f64 = 1e-9;

    fn source(spec: &str) -> Source {
        Source::parse(spec).expect("a known source")
    }

    #[test]
    fn the_interpolant_is_the_curve() {
        for spec in
            ["bpsk", "pam:levels=8", "zipf:exponent=1.5,atoms=50", "bernoulli:p=1e-4", "hypercube:dim=3"]
        {
            let law = source(spec);
            let curve = ExactCurve::new(&law, Arc::default()).expect("a route");
            for snr in [1e-6, 0.013, 0.7, 3.3, 15.99, 16.0, 77.0, 300.0] {
                let exact = exact::at(&law, snr).expect("an snr").expect("a route");
                let (mmse, slope) = (curve.mmse(snr).expect("mmse"), curve.slope(snr).expect("slope"));
                assert!((mmse / exact.mmse.value - 1.0).abs() < AGREEMENT, "{spec} at {snr}: mmse {mmse:e}");
                assert!(
                    (slope / exact.mmse_slope.value - 1.0).abs() < AGREEMENT,
                    "{spec} at {snr}: slope {slope:e}"
                );
            }
        }
        assert!(ExactCurve::new(&source("codebook:atoms=4,dim=3"), Arc::default()).is_none());
    }

    /// ∫ −M′ = M(lo) − M(hi), from 0 too, and across the SNRs where the slope underflows.
    #[test]
    fn integrals_lie_within_their_bounds() {
        for (spec, lo, hi) in [
            ("bpsk", 0.0, 1e-4),
            ("bpsk", 0.0, 20.0),
            ("bpsk", 0.3, 0.300_1),
            ("pam:levels=8", 1e-3, 1e6),
            ("product:dim=3,base=bernoulli:p=0.01", 0.5, 40.0),
        ] {
            let law = source(spec);
            let curve = ExactCurve::new(&law, Arc::default()).expect("a route");
            let found = curve.integral(lo, hi, |_, slope| slope).expect("an integral");
            let at = |snr: f64| match snr > 0.0 {
                true => exact::at(&law, snr).expect("an snr").expect("a route").mmse,
                false => law.second_moment(),
            };
            let (upper, lower) = (at(lo), at(hi));
            let error = (found.value - (upper.value - lower.value)).abs();
            let rounding = 1e-10 * upper.value;
            assert!(
                error <= found.bound + upper.bound + lower.bound + rounding,
                "{spec}: {found:?} misses by {error:e}"
            );
            assert!(found.bound <= AGREEMENT * found.value, "{spec}: {found:?}");
        }
    }
}
