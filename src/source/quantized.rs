//! `quantized`: a continuous law rounded to multiples of a step.

use std::sync::Arc;

use crate::error::Result;
use crate::estimate::Estimate;
use crate::numeric::sum::compensated;
use crate::source::density::Cells;
use crate::source::pmf_quantized::QuantizedPmf;
use crate::source::spec::{Arguments, Parameter};
use crate::source::{Atoms, Kind, Law, Source};

/// step·round(X/step), X from a one-dimensional density: atoms k·step of mass P((k−½)·step < X ≤ (k+½)·step).
pub const QUANTIZED: Kind = Kind {
    name: "quantized",
    summary: "a one-dimensional density rounded to multiples of a step",
    parameters: &[
        Parameter { name: "base", default: None, summary: "a source with a density on the line" },
        Parameter { name: "step", default: None, summary: "distance of neighbouring atoms, > 0" },
    ],
    build,
};

/// Most atoms that entropies and the second moment sum over on either side of the median, before their tails become
/// integrals.
const KEPT: i64 = 50_000;
/// Most atoms that channel values see on either side of the median: the rest is bounded as missing mass, and each atom
/// costs a window of quadrature points at high SNR.
const NEAR: i64 = 2_000;
/// Most mass that may be left out: beyond, the tails of every density here fall.
const MOST_MISSING: f64 = 0.05;
/// Atoms of less mass than this, and all beyond them, are cut (and counted as missing).
const LEAST_MASS: f64 = 1e-300;

fn build(arguments: &Arguments) -> Result<Source> {
    let base = Source::build(&arguments.nested("base")?)?;
    let step = arguments.positive("step")?;
    let Law::Density(density) = base.into_law() else {
        let message = "must be a one-dimensional density such as (student-t:dof=3)";
        return Err(arguments.invalid("base", message));
    };
    let cells = Cells::new(density, step);
    let centre = cells.centre();
    if centre.abs() > (1_u64 << 50) as f64
        || cells.step_of(centre as i64 + KEPT) <= cells.step_of(centre as i64 + KEPT - 1)
    {
        return Err(arguments.invalid("step", format!("{step} is too fine for the law's median")));
    }
    let centre = centre as i64;
    let kept: Vec<(i64, f64)> =
        (centre - KEPT..=centre + KEPT).map(|k| (k, cells.mass(k))).skip_while(|&(_, p)| p < LEAST_MASS).collect();
    let too_fine = |missing: f64| {
        let message =
            format!("{step:?} is too fine: {KEPT} atoms on either side of the median leave out a mass of {missing:.2}");
        arguments.invalid("step", message)
    };
    let end = kept.iter().rposition(|&(_, p)| p >= LEAST_MASS).ok_or_else(|| too_fine(1.0))? + 1;
    let kept = &kept[..end];
    // A gap inside the support cannot occur: every density here is unimodal.
    let (first, last) = (kept[0].0, kept[end - 1].0);
    let missing = cells.mass_below(first) + cells.mass_above(last);
    if missing > MOST_MISSING {
        return Err(too_fine(missing));
    }
    let weights: Vec<f64> = kept.iter().map(|&(_, p)| p).collect();
    // Masses are relatively accurate each; their sum with the rest is 1 up to the rounding that this takes out.
    let factor = (1.0 - missing) / compensated(weights.iter().copied());
    let weights: Vec<f64> = weights.iter().map(|p| p * factor).collect();
    let points = kept.iter().map(|&(k, _)| cells.step_of(k)).collect();
    let atoms = Atoms { dim: 1, points, weights, missing };
    let second_moment = second_moment(&cells, &atoms, first, last);
    let near = (centre - NEAR).max(first)..=(centre + NEAR).min(last);
    let near = (near.start() - first) as usize..=(near.end() - first) as usize;
    let weights = atoms.weights[near.clone()].to_vec();
    let near = Atoms {
        dim: 1,
        points: atoms.points[near].to_vec(),
        missing: (1.0 - compensated(weights.iter().copied())).max(missing),
        weights,
    };
    let pmf = QuantizedPmf::new(cells, atoms.weights, first, last);
    Ok(Source::new(arguments.spec(), Law::Atoms(near), Some(Arc::new(pmf)), second_moment))
}

/// Variance: the kept atoms, and the tails as integrals of x² f with the error of taking them for sums.
fn second_moment(cells: &Cells, atoms: &Atoms, first: i64, last: i64) -> Estimate {
    if cells.density().variance().is_infinite() {
        return Estimate::exact(f64::INFINITY);
    }
    let tails = [cells.tail(first, -1, |x, _| x), cells.tail(last, 1, |x, _| x)];
    let squares = [cells.tail(first, -1, |x, _| x * x), cells.tail(last, 1, |x, _| x * x)];
    let kept = |f: &dyn Fn(f64) -> f64| compensated(atoms.points.iter().zip(&atoms.weights).map(|(&x, p)| p * f(x)));
    let mean = kept(&|x| x) + tails[0].0 + tails[1].0;
    let offset = kept(&|x| (x - mean) * (x - mean));
    let rest: f64 = squares.iter().zip(&tails).map(|(square, first)| square.0 - 2.0 * mean * first.0).sum();
    let value = offset + rest + mean * mean * atoms.missing;
    let error = squares[0].1 + squares[1].1 + 4.0 * mean.abs() * (tails[0].1 + tails[1].1);
    Estimate::quadrature(value, error + 1e-12 * value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact;

    /// Rounded Laplace: geometric tails, so every entropy is elementary. P(0) = 1 − e^{−δ/2}, P(±k) = s e^{−kδ}, s = sinh(δ/2).
    #[test]
    fn rounded_laplace_is_elementary() {
        for step in [0.25, 1.0, 3.0_f64] {
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
                assert!(error <= found.bound + 1e-15 && found.bound < 1e-9, "step {step}: {found:?} for {expected}");
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
            for order in [0.5, 0.8, 1.0, 2.0] {
                let expected = density.differential_renyi(order).value - 0.02_f64.ln();
                let found = pmf.renyi(order);
                let agrees = found.value.is_infinite() && expected.is_infinite()
                    || (found.value - expected).abs() < tolerance + found.bound;
                assert!(agrees, "{base}, order {order}: {found:?} for {expected}");
                assert!(found.value.is_infinite() || found.bound < 1e-4, "{base}, order {order}: {found:?}");
            }
        }
    }

    /// A coarser cut moves the entropies within its bound: what lies beyond is estimated, not dropped.
    #[test]
    fn the_tail_is_in_the_bound() {
        let law = || {
            let Law::Density(density) = Source::parse("student-t:dof=1.5").expect("a law").into_law() else {
                panic!("a density")
            };
            Cells::new(density, 0.5)
        };
        let pmf = |n: i64| {
            let cells = law();
            let weights: Vec<f64> = (-n..=n).map(|k| cells.mass(k)).collect();
            QuantizedPmf::new(cells, weights, -n, n)
        };
        use crate::source::Pmf;
        let (coarse, fine) = (pmf(100), pmf(40_000));
        for (a, b) in [
            (coarse.shannon(), fine.shannon()),
            (coarse.renyi(0.5), fine.renyi(0.5)),
            (coarse.renyi(3.0), fine.renyi(3.0)),
            (coarse.info_variance(), fine.info_variance()),
            (coarse.psi1(), fine.psi1()),
        ] {
            assert!((a.value - b.value).abs() <= a.bound + b.bound, "{a:?} against {b:?}");
            assert!(b.bound < a.bound && a.bound < 0.05 * a.value, "{a:?} against {b:?}");
        }
        // Kept mass and the two tails make one.
        let cells = law();
        let total: f64 = (-50..=50).map(|k| cells.mass(k)).sum::<f64>() + cells.mass_below(-50) + cells.mass_above(50);
        assert!((total - 1.0).abs() < 1e-12, "{total}");
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
