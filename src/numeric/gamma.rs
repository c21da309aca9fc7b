//! What Student's and the normal law need of the gamma, beta and error functions, with relative
//! accuracy in the tails.

/// ln Γ(a + ½) − ln Γ(a), a > 0; absolute error below 1e-15. The asymptotic series from a = 16 on,
/// reached by Γ(a + 1) = a Γ(a): a difference of two large logarithms would lose its digits.
pub fn ln_gamma_half_step(a: f64) -> f64 {
    let (mut a, mut correction) = (a, 0.0);
    while a < 16.0 {
        correction += (0.5 / a).ln_1p();
        a += 1.0;
    }
    let r = 1.0 / (a * a);
    let series =
        -1.0 / 8.0 + r * (1.0 / 192.0 + r * (-1.0 / 640.0 + r * (17.0 / 14_336.0 - r * 31.0 / 18_432.0)));
    0.5 * a.ln() + series / a - correction
}

/// ψ(a + ½) − ψ(a), a > 0: the derivative of [`ln_gamma_half_step`]; relative error below 1e-14.
pub fn digamma_half_step(a: f64) -> f64 {
    let (mut a, mut correction) = (a, 0.0);
    while a < 16.0 {
        correction += 0.5 / (a * (a + 0.5));
        a += 1.0;
    }
    let r = 1.0 / (a * a);
    let series =
        1.0 / 8.0 + r * (-3.0 / 192.0 + r * (5.0 / 640.0 + r * (-119.0 / 14_336.0 + r * 279.0 / 18_432.0)));
    0.5 / a + series * r + correction
}

/// ln B(a, ½) = ½ ln π − (ln Γ(a + ½) − ln Γ(a)).
pub fn ln_beta_half(a: f64) -> f64 {
    0.5 * std::f64::consts::PI.ln() - ln_gamma_half_step(a)
}

/// Regularised incomplete beta function I_w(a, ½), 0 ≤ w ≤ 1, relative accuracy 1e-13 however
/// small.
///
/// `complement` is 1 − w, given apart so that neither is a difference. Lentz's method on the
/// continued fraction [DLMF, 8.17.22], on the side where it converges fast.
pub fn beta_half(a: f64, w: f64, complement: f64) -> f64 {
    if w < (a + 1.0) / (a + 2.5) {
        beta_fraction(a, 0.5, w, complement, ln_beta_half(a))
    } else {
        1.0 - beta_fraction(0.5, a, complement, w, ln_beta_half(a))
    }
}

/// w^a (1−w)^b/(a B(a, b)) times the continued fraction.
fn beta_fraction(a: f64, b: f64, w: f64, complement: f64, ln_beta: f64) -> f64 {
    const TINY: f64 = 1e-300;
    if w <= 0.0 {
        return 0.0;
    }
    let guard = |x: f64| if x.abs() < TINY { TINY } else { x };
    let (mut c, mut d) = (1.0, 1.0 / guard(1.0 - (a + b) * w / (a + 1.0)));
    let mut fraction = d;
    for m in 1..2000 {
        let m = f64::from(m);
        let even = m * (b - m) * w / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * w / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / guard(1.0 + term * d);
            c = guard(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    (a * w.ln() + b * complement.ln() - ln_beta).exp() / a * fraction
}

/// P(Z > z) of the standard normal: ½ erfc(z/√2), relative accuracy in the upper tail.
pub fn normal_survival(z: f64) -> f64 {
    0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2)
}

/// ln P(Z > z) of the standard normal, also where the mass underflows: Mills' ratio by its
/// continued fraction 1/(z + 1/(z + 2/(z + 3/(z + …)))) from z = 20 on, relative accuracy 1e-15.
pub fn ln_normal_survival(z: f64) -> f64 {
    if z < 20.0 {
        return if z < -1.0 { (-normal_survival(-z)).ln_1p() } else { normal_survival(z).ln() };
    }
    let denominator = (1..=24).rev().fold(z, |tail, k| z + f64::from(k) / tail);
    -0.5 * (z * z + std::f64::consts::TAU.ln()) - denominator.ln()
}

/// The z with P(Z ≤ z) = u, u in (0, 1): bisected to the last place on whichever tail is smaller.
pub fn normal_quantile(u: f64) -> f64 {
    let (lower, mass) = if u < 0.5 { (true, u) } else { (false, 1.0 - u) };
    let z = invert_survival(
        normal_survival,
        |z| (-0.5 * (z * z + std::f64::consts::TAU.ln())).exp(),
        mass,
        0.0,
        1.0,
    );
    if lower { -z } else { z }
}

/// The x ≥ `from` with `survival(x)` = `mass`, for a decreasing survival function with the given
/// `density`; brackets in steps that double from `step`, then Newton's method on ln survival,
/// safeguarded by bisection.
pub fn invert_survival(
    survival: impl Fn(f64) -> f64,
    density: impl Fn(f64) -> f64,
    mass: f64,
    from: f64,
    step: f64,
) -> f64 {
    if mass >= survival(from) {
        return from;
    }
    let (mut low, mut high, mut step) = (from, from + step, step);
    while survival(high) > mass && high < f64::MAX / 4.0 {
        low = high;
        step *= 2.0;
        high = from + step;
    }
    let mut x = 0.5 * (low + high);
    for _ in 0..200 {
        let s = survival(x);
        if s > mass {
            low = x
        } else {
            high = x
        }
        let newton = x + (s / mass).ln() * s / density(x);
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - x).abs() <= 2.0 * f64::EPSILON * x.abs() {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few roundings.
    const RELATIVE: f64 = 1e-13;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= RELATIVE * expected.abs(), "{found} for {expected}");
    }

    /// Γ(1)/Γ(½) = 1/√π, Γ(1000.5)/Γ(1000) (mpmath), ψ(1) − ψ(½) = 2 ln 2.
    #[test]
    fn half_steps_are_known() {
        close(ln_gamma_half_step(0.5), -0.5 * std::f64::consts::PI.ln());
        close(ln_gamma_half_step(1000.0), 3.453_752_639_496_277);
        close(digamma_half_step(0.5), 2.0 * std::f64::consts::LN_2);
        let step = 1e-3;
        let slope = (ln_gamma_half_step(20.0 + step) - ln_gamma_half_step(20.0 - step)) / (2.0 * step);
        assert!((slope / digamma_half_step(20.0) - 1.0).abs() < 1e-8, "{slope}");
    }

    /// I_w(½, ½) = (2/π) asin √w; I_w(1, ½) = 1 − √(1−w).
    #[test]
    fn the_incomplete_beta_function_is_elementary_where_it_is() {
        for w in [1e-30, 0.01, 0.5, 0.99_f64] {
            close(beta_half(0.5, w, 1.0 - w), std::f64::consts::FRAC_2_PI * w.sqrt().asin());
            close(beta_half(1.0, w, 1.0 - w), -(0.5 * (-w).ln_1p()).exp_m1());
        }
    }

    /// The two forms meet at 20; mpmath at 50 and 1e4.
    #[test]
    fn the_logarithm_of_a_normal_tail_does_not_underflow() {
        close(ln_normal_survival(20.0), normal_survival(20.0).ln());
        close(ln_normal_survival(-3.0), (-normal_survival(3.0)).ln_1p());
        close(ln_normal_survival(50.0), -1_254.831_361_139_419_9);
        close(ln_normal_survival(1e4), -50_000_010.129_278_91);
    }

    #[test]
    fn quantiles_invert() {
        for u in [1e-300, 1e-10, 0.3, 0.5, 0.8] {
            // The last place of z is z² of the last place of u.
            let (z, ratio) = (normal_quantile(u), normal_survival(-normal_quantile(u)) / u);
            assert!((ratio - 1.0).abs() <= RELATIVE * (1.0 + z * z), "{u}: {ratio}");
        }
        close(normal_quantile(0.975), 1.959_963_984_540_054);
    }
}
