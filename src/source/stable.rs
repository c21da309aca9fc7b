//! `stable`: the symmetric α-stable law, characteristic function e^{−|t|^α}.

use std::f64::consts::{FRAC_1_PI, FRAC_PI_2};

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::numeric::gamma::invert_survival;
use crate::source::{Density, Law, Mixture, Source, SourceKind, density};
use crate::spec::{Arguments, Parameter};

/// Symmetric stable: tails fall like |x|^{−α−1}; α = 1 is Cauchy's law, α = 2 the normal with
/// variance 2.
pub const STABLE: SourceKind = SourceKind {
    name: "stable",
    summary: "symmetric stable law, characteristic function e^{−|t|^alpha}",
    parameters: &[Parameter {
        name: "alpha",
        default: None,
        summary: "index α, from 0.3 to 1.999999, or 2",
    }],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let alpha = arguments.number("alpha")?;
    if (alpha - 2.0).abs() <= 0.0 {
        let normal = Mixture {
            dim: 1,
            means: vec![0.0],
            variances: vec![2.0],
            weights: vec![1.0],
            approximation: 0.0,
        };
        return Ok(Source::new(arguments.spec(), Law::Mixture(normal), None, Estimate::exact(2.0)));
    }
    if !(0.3..=1.999_999).contains(&alpha) {
        return Err(arguments.invalid("alpha", format!("must be from 0.3 to 1.999999, or 2, not {alpha}")));
    }
    let law = Law::Density(Box::new(Stable::new(alpha)));
    Ok(Source::new(arguments.spec(), law, None, Estimate::exact(f64::INFINITY)))
}

/// Order of the interpolation on each piece, and most terms of the tail series.
const NODES: usize = 24;
const TERMS: usize = 60;
/// Beyond, the tail series has sixteen digits.
const SERIES: f64 = 64.0;
/// Step and reach of the trapezoid rule in ln|t|; poles of the integrand are at least 0.3 away:
/// error below 1e-16.
const RULE: (f64, f64, f64) = (0.045, -40.0, 6.0);

/// ln f and ln P(X > ·) as Chebyshev interpolants on pieces of [0, SERIES], a series beyond.
#[derive(Debug)]
struct Stable {
    alpha: f64,
    /// ln of the size and the sign, with sin(kπα/2), of the terms of the two tail series, relative
    /// to x^{−α(k−1)}.
    terms: [Vec<(f64, f64)>; 2],
    ends: Vec<f64>,
    /// For each piece the coefficients of ln f and of ln P(X > ·).
    pieces: Vec<[[f64; NODES]; 2]>,
}

impl Stable {
    fn new(alpha: f64) -> Self {
        let mut ends = vec![0.0];
        ends.extend((-40..0).map(|k| 2.0_f64.powi(k)));
        ends.extend((2..=32).map(|k| 0.5 * f64::from(k)));
        ends.extend((5..=16).map(|k| 4.0 * f64::from(k)));
        let pieces = ends.windows(2).map(|pair| interpolate(alpha, pair[0], pair[1])).collect();
        Self { alpha, terms: [0, 1].map(|which| tail_terms(alpha, which)), ends, pieces }
    }

    /// ln f (`which` = 0) or ln P(X > x) (1) at x ≥ 0.
    fn ln_value(&self, which: usize, x: f64) -> f64 {
        if x >= SERIES {
            return tail_series(self.alpha, &self.terms[which], which, x);
        }
        let piece = self.ends.partition_point(|&end| end <= x).max(1) - 1;
        let (lo, hi) = (self.ends[piece], self.ends[piece + 1]);
        let t = (2.0 * x - lo - hi) / (hi - lo);
        let (mut b, mut c) = (0.0, 0.0);
        for &coefficient in self.pieces[piece][which].iter().skip(1).rev() {
            (b, c) = (2.0 * t * b - c + coefficient, b);
        }
        t * b - c + self.pieces[piece][which][0]
    }
}

/// Chebyshev coefficients of ln f and ln P(X > ·) on [lo, hi].
fn interpolate(alpha: f64, lo: f64, hi: f64) -> [[f64; NODES]; 2] {
    let angle = |j: usize| std::f64::consts::PI * (j as f64 + 0.5) / NODES as f64;
    let values: Vec<[f64; 2]> = (0..NODES)
        .map(|j| fourier(alpha, 0.5 * (lo + hi) + 0.5 * (hi - lo) * angle(j).cos()).map(f64::ln))
        .collect();
    [0, 1].map(|which| {
        std::array::from_fn(|k| {
            let scale = if k == 0 { 1.0 } else { 2.0 } / NODES as f64;
            scale * (0..NODES).map(|j| values[j][which] * (k as f64 * angle(j)).cos()).sum::<f64>()
        })
    })
}

/// f(x) and P(X > x) for x ≥ 0 by Fourier's integrals, turned into the upper half-plane.
///
/// f(x) = π⁻¹ Re ∫ e^{ixt} e^{−t^α} dt along t = r e^{iφ}; where x is large, less the integral of
/// e^{ixt}, whose real part is 0: π⁻¹ Re ∫ e^{ixt} (e^{−t^α} − 1) dt has no cancellation left.
/// P(X > x) = π⁻¹ Im ∫ e^{ixt} (1 − e^{−t^α}) dt/t, or ½ − φ/π − π⁻¹ Im ∫ e^{ixt} e^{−t^α} dt/t
/// (the arc around 0 gives φ) where x is small. All by the trapezoid rule in ln r, which converges
/// like e^{−2π·width/step} (theory as for Zolotarev's form, without its singularity at α = 1).
fn fourier(alpha: f64, x: f64) -> [f64; 2] {
    let phi = 0.6 * FRAC_PI_2 / alpha.max(1.0);
    let (step, from, to) = RULE;
    let (ln_scale, from) = (-x.max(1.0).ln(), from / alpha.min(1.0));
    let (direction, power) = (phi.sin_cos(), (alpha * phi).sin_cos());
    let (mut density, mut survival) = (0.0, 0.0);
    let count = ((to + 3.0 / alpha - from) / step) as usize;
    for k in 0..count {
        let ln_r = from + step * k as f64 + ln_scale;
        let (r, r_alpha) = (ln_r.exp(), (alpha * ln_r).exp());
        // e^{ixt} = e^{a + ib}, t^α = c + id, e^{−t^α} − 1 = p + iq.
        let (a, b) = (-x * r * direction.0, x * r * direction.1);
        let (c, d) = (r_alpha * power.1, r_alpha * power.0);
        let half = (0.5 * d).sin();
        let p = (-c).exp_m1() * d.cos() - 2.0 * half * half;
        let q = -(-c).exp() * d.sin();
        let (size, (sine, cosine)) = (a.exp(), b.sin_cos());
        let shift = if x < 1.0 { p + 1.0 } else { p };
        // times dt = t d(ln r) for the density, dt/t = d(ln r) for the tail.
        let (re, im) = (size * (cosine * shift - sine * q), size * (sine * shift + cosine * q));
        density += r * (re * direction.1 - im * direction.0);
        survival -= im;
    }
    let start = if x < 1.0 { 0.5 - phi * FRAC_1_PI } else { 0.0 };
    [density * step * FRAC_1_PI, start + survival * step * FRAC_1_PI]
}

/// ln of Γ(αk + 1)/k! (or Γ(αk)/k! for the tail) and (−1)^{k+1} sin(kπα/2), k = 1, 2, ….
fn tail_terms(alpha: f64, which: usize) -> Vec<(f64, f64)> {
    let term = |k: f64| {
        let ln_gamma = libm::lgamma(if which == 0 { alpha * k + 1.0 } else { alpha * k });
        // sin(kπα/2) with (−1)^{k+1} is sin(kπ(2−α)/2): no cancellation near α = 2.
        (ln_gamma - libm::lgamma(k + 1.0), (k * (2.0 - alpha) * FRAC_PI_2).sin())
    };
    (1..=TERMS).map(|k| term(k as f64)).collect()
}

/// ln of π⁻¹ Σ_k (−1)^{k+1} Γ(αk + 1) sin(kπα/2)/k! x^{−αk−1}, or of the same with Γ(αk) x^{−αk}
/// for the tail: convergent for α < 1, asymptotic for α > 1, sixteen digits from x = [`SERIES`] on.
fn tail_series(alpha: f64, terms: &[(f64, f64)], which: usize, x: f64) -> f64 {
    let ln_x = x.ln();
    let (mut smallest, mut sum) = (f64::INFINITY, 0.0_f64);
    for (k, &(ln_size, sine)) in terms.iter().enumerate() {
        let size = (ln_size - alpha * k as f64 * ln_x).exp();
        if size > smallest || size < f64::EPSILON * 1e-2 * sum.abs() {
            break;
        }
        smallest = size;
        sum += size * sine;
    }
    (sum * FRAC_1_PI).ln() - alpha * ln_x - if which == 0 { ln_x } else { 0.0 }
}

impl Density for Stable {
    fn ln_density(&self, x: f64) -> f64 {
        self.ln_value(0, x.abs())
    }

    fn support(&self) -> (f64, f64) {
        (f64::NEG_INFINITY, f64::INFINITY)
    }

    fn quantile(&self, u: f64) -> f64 {
        let mass = u.min(1.0 - u);
        let x = invert_survival(|x| self.survival(x), |x| self.ln_density(x).exp(), mass, 0.0, 1.0);
        if u < 0.5 { -x } else { x }
    }

    fn cdf(&self, x: f64) -> f64 {
        self.survival(-x)
    }

    fn survival(&self, x: f64) -> f64 {
        let upper = self.ln_value(1, x.abs()).exp();
        if x < 0.0 { 1.0 - upper } else { upper }
    }

    fn ln_cdf(&self, x: f64) -> f64 {
        self.ln_survival(-x)
    }

    fn ln_survival(&self, x: f64) -> f64 {
        let upper = self.ln_value(1, x.abs());
        if x < 0.0 { (-upper.exp()).ln_1p() } else { upper }
    }

    fn mean(&self) -> Option<f64> {
        (self.alpha > 1.0).then_some(0.0)
    }

    fn variance(&self) -> f64 {
        f64::INFINITY
    }

    /// By quadrature; ∫ f^a is finite for a(1 + α) > 1.
    fn differential_renyi(&self, order: f64) -> Estimate {
        if order.is_infinite() {
            return Estimate::quadrature(-self.ln_density(0.0), 1e-12);
        }
        if order * (1.0 + self.alpha) <= 1.0 {
            return Estimate::exact(f64::INFINITY);
        }
        // f″/f at 0 is −Γ(3/α)/Γ(1/α).
        let scale = (0.5 * (libm::lgamma(1.0 / self.alpha) - libm::lgamma(3.0 / self.alpha))).exp();
        let h = density::renyi_by_quadrature(
            |x| self.ln_density(x),
            |_| 0.0,
            &[0.0],
            density::Line::Whole,
            scale,
            order,
        );
        // The interpolation's error, 2e-12 of f.
        Estimate { bound: h.bound + 4e-12 * order.max(1.0) / (order - 1.0).abs().max(0.1), ..h }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Interpolation of ln f, relative to f.
    const RELATIVE: f64 = 2e-12;

    /// α = 1 is Cauchy's law: density, tail and entropies, through the table, across its seams and
    /// in the series.
    #[test]
    fn index_one_is_cauchy() {
        let (stable, source) = (Stable::new(1.0), Source::parse("cauchy").expect("a law"));
        let Law::Density(cauchy) = source.law() else { panic!("a density") };
        for x in [0.0, 1e-5, 0.01, 0.5, 0.99, 3.3, 15.9, 40.0, 63.9, 64.1, 1e5, 1e100] {
            let (f, g) = (stable.ln_density(x), cauchy.ln_density(x));
            assert!((f - g).abs() < RELATIVE * (1.0 + g.abs()), "ln f({x}) = {f}, not {g}");
            let ratio = stable.survival(x) / cauchy.survival(x);
            assert!((ratio - 1.0).abs() < RELATIVE * (1.0 + g.abs()), "tail at {x}: {ratio}");
        }
        for order in [0.6, 1.0, 2.0] {
            let [a, b] = [stable.differential_renyi(order), cauchy.differential_renyi(order)];
            assert!(
                (a.value - b.value).abs() <= a.bound + b.bound && a.bound < 1e-6,
                "order {order}: {a:?} {b:?}"
            );
        }
        assert!(stable.differential_renyi(0.5).value.is_infinite());
    }

    /// The entropy at α = 1.5 by quadrature of f from its cosine integral (numpy), and α = 2 as the
    /// normal law.
    #[test]
    fn known_members_are_met() {
        let h = Stable::new(1.5).differential_renyi(1.0);
        assert!((h.value - 2.069_448_5).abs() < 5e-8, "{h:?}");
        let normal = Source::parse("stable:alpha=2").expect("a law");
        assert!((normal.second_moment().value - 2.0).abs() < 1e-15);
        assert!(
            Source::parse("stable:alpha=0.29").is_err() && Source::parse("stable:alpha=1.9999999").is_err()
        );
    }
}
