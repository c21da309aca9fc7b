//! `quantized`: a continuous law rounded to multiples of a step.

use std::sync::Arc;

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::numeric::sum::compensated;
use crate::source::cells::{Cells, MASS};
use crate::source::gaussian_density::GaussianDensity;
use crate::source::pmf::quantized::QuantizedPmf;
use crate::source::{Atoms, Density, Law, Source, SourceKind};
use crate::spec::{Arguments, Parameter};

/// step·round(X/step), X from a one-dimensional density: atoms k·step of mass P((k−½)·step < X ≤
/// (k+½)·step).
pub const QUANTIZED: SourceKind = SourceKind {
    name: "quantized",
    summary: "a one-dimensional density rounded to multiples of a step",
    parameters: &[
        Parameter { name: "base", default: None, summary: "a source with a density on the line" },
        Parameter { name: "step", default: None, summary: "distance of neighbouring atoms, > 0" },
    ],
    build,
};

/// Atoms on either side of the median that channel values see: twice as many as leave out a mass of
/// 1e-8, but from 2,000 (no law needs fewer to be fast) to 50,000. The rest is bounded as missing
/// mass; entropies and the second moment see all.
const KEPT: (f64, f64) = (2e3, 5e4);
const BEYOND: f64 = 1e-8;
/// Atoms of less mass than this beyond the last of more are not kept.
const LEAST: f64 = 1e-36;
/// Most mass that may be left out: beyond, channel values would be all bound.
const MOST_MISSING: f64 = 0.05;

fn build(arguments: &Arguments) -> Result<Source> {
    let base = Source::build(&arguments.nested("base")?)?;
    let step = arguments.positive("step")?;
    let density: Box<dyn Density> = match base.into_law() {
        Law::Density(density) => density,
        Law::Mixture(mixture) if mixture.dim == 1 && mixture.approximation <= 0.0 => {
            Box::new(GaussianDensity::new(mixture))
        }
        _ => {
            let message = "must be a one-dimensional density such as (student-t:dof=3)";
            return Err(arguments.invalid("base", message));
        }
    };
    // The step at which the most atoms on either side of the median leave out half of what may be
    // missing, each.
    let reach = |u: f64| (density.quantile(u) - density.quantile(0.5)).abs();
    let least = reach(0.5 * MOST_MISSING).max(reach(1.0 - 0.5 * MOST_MISSING)) / KEPT.1;
    if step < least {
        let message = format!(
            "{step:?} is too fine for this law: must be at least {least:.3e}, so that {} atoms on either side of the median have \
             {:.0} % of the mass",
            KEPT.1,
            100.0 * (1.0 - MOST_MISSING)
        );
        return Err(arguments.invalid("step", message));
    }
    let most = 1e250 * density.quantile(0.75).abs().max(1.0);
    let origin = density.origin().abs();
    if step > most || origin / step > 1e12 {
        let message = format!(
            "{step:?} is out of proportion to the law: must be from {:.3e} to {most:.3e}",
            origin * 1e-12
        );
        return Err(arguments.invalid("step", message));
    }
    let cells = Cells::new(density, step);
    let atoms = kept(&cells);
    let second_moment = second_moment(&cells);
    let pmf = QuantizedPmf::new(cells);
    Ok(Source::new(arguments.spec(), Law::Atoms(atoms), Some(Arc::new(pmf)), second_moment))
}

/// The atoms that channel values see.
fn kept(cells: &Cells) -> Atoms {
    let (centre, support, outermost) = (cells.centre(), cells.support(), cells.outermost());
    let density = cells.density();
    let side = |side: f64| {
        let far = density.quantile(if side < 0.0 { BEYOND } else { 1.0 - BEYOND });
        let count = 2.0 * (far - density.quantile(0.5)).abs() / cells.position(1.0);
        let count = count.clamp(KEPT.0, KEPT.1) as i32;
        let cell = move |n: i32| centre + side * f64::from(n);
        let inside = move |k: &f64| support.0 <= *k && *k <= support.1;
        let falling = move |k: f64| if side < 0.0 { k < outermost.0 } else { k > outermost.1 };
        let from = i32::from(side > 0.0);
        let cells = (from..=count).map(cell).take_while(inside).map(|k| (k, cells.ln_mass(k)));
        cells.take_while(move |&(k, ln_mass)| ln_mass > LEAST.ln() || !falling(k)).collect::<Vec<_>>()
    };
    let (mut all, above) = (side(-1.0), side(1.0));
    all.reverse();
    all.extend(above);
    let missing = cells.mass_below(all[0].0) + cells.mass_above(all[all.len() - 1].0);
    all.retain(|&(_, ln_mass)| ln_mass > LEAST.ln());
    let weights: Vec<f64> = all.iter().map(|&(_, ln_mass)| ln_mass.exp()).collect();
    // Masses are relatively accurate each; their sum with the rest is 1 up to the rounding that
    // this takes out.
    let factor = (1.0 - missing) / compensated(weights.iter().copied());
    let weights = weights.iter().map(|p| p * factor).collect();
    Atoms { dim: 1, points: all.iter().map(|&(k, _)| cells.position(k)).collect(), weights, missing }
}

/// Variance, from the cell of the median: E(k−c)² − (E(k−c))².
fn second_moment(cells: &Cells) -> Estimate {
    let density = cells.density();
    if density.variance().is_infinite() {
        return if density.has_variance() {
            Estimate::beyond_range()
        } else {
            Estimate::exact(f64::INFINITY)
        };
    }
    let (centre, step) = (cells.centre(), cells.position(1.0));
    let first = cells.sum(|k, ln_mass| ln_mass.exp() * (k - centre));
    let square = cells.sum(|k, ln_mass| ln_mass.exp() * (k - centre).powi(2));
    let value = square.value - first.value * first.value;
    let error =
        square.bound + MASS * square.size + 2.0 * first.value.abs() * (first.bound + MASS * first.size);
    Estimate::quadrature(value * step * step, error * step * step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::exact;

    /// Rounded Laplace: geometric tails, so every entropy is elementary. P(0) = 1 − e^{−δ/2},
    /// P(±k) = s e^{−kδ}, s = sinh(δ/2).
    #[test]
    fn rounded_laplace_is_elementary() {
        for step in [1e-3, 0.25, 1.0, 3.0_f64] {
            let source = Source::parse(&format!("quantized:base=(laplace),step={step}")).expect("a source");
            let pmf = source.pmf().expect("discrete");
            let (zero, s) = (-(-0.5 * step).exp_m1(), (0.5 * step).sinh());
            let power = |a: f64| zero.powf(a) + 2.0 * s.powf(a) / (a * step).exp_m1();
            let tail_mean = 2.0 * s * step.exp() / step.exp_m1().powi(2);
            let shannon = -zero * zero.ln() - 2.0 * s / step.exp_m1() * s.ln() + step * tail_mean;
            let second = step * step * 2.0 * s * step.exp() * (step.exp() + 1.0) / step.exp_m1().powi(3);
            for (found, expected) in [
                (pmf.shannon(), shannon),
                (pmf.renyi(0.5), 2.0 * power(0.5).ln()),
                (pmf.renyi(2.0), -power(2.0).ln()),
                (source.second_moment(), second),
            ] {
                let error = (found.value - expected).abs();
                assert!(
                    error <= found.bound + 1e-15 && found.bound < 1e-9,
                    "step {step}: {found:?} for {expected}"
                );
            }
        }
    }

    /// H → h − ln δ and H_a → h_a − ln δ as δ → 0, infinite where h_a is: Cauchy at order ½.
    #[test]
    fn entropies_tend_to_the_differential_ones() {
        for (base, tolerance) in [("cauchy", 2e-4), ("student-t:dof=3", 1e-4), ("pareto:shape=1.5", 0.05)] {
            let law = Source::parse(base).expect(base);
            let Law::Density(density) = law.law() else { panic!("a density") };
            let source = Source::parse(&format!("quantized:base=({base}),step=0.02")).expect("a source");
            let pmf = source.pmf().expect("discrete");
            for order in [0.5, 0.8, 1.0, 1.000_000_1, 2.0] {
                let expected = density.differential_renyi(order).value - 0.02_f64.ln();
                let found = pmf.renyi(order);
                let agrees = found.value.is_infinite() && expected.is_infinite()
                    || (found.value - expected).abs() < tolerance + found.bound;
                assert!(agrees, "{base}, order {order}: {found:?} for {expected}");
                assert!(found.value.is_infinite() || found.bound < 1e-4, "{base}, order {order}: {found:?}");
            }
        }
    }

    #[test]
    fn the_channel_sees_a_discrete_law() {
        let source = Source::parse("quantized:base=(student-t:dof=3),step=0.5").expect("a source");
        let v = exact::at(&source, 2.0).expect("snr").expect("a route");
        assert!(v.posterior_entropy.is_some() && v.mmse.value < 0.5 && v.mmse.bound < 1e-6, "{v:?}");
        for (spec, word) in
            [("quantized:base=(bpsk),step=1", "density"), ("quantized:base=(cauchy),step=1e-5", "too fine")]
        {
            let message = Source::parse(spec).expect_err(spec).to_string();
            assert!(message.contains(word), "{spec}: {message}");
        }
    }
}
