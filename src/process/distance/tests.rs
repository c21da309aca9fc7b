//! Every distance against known answers, and the standard errors against their coverage.

use std::sync::Arc;

use super::*;
use crate::backend::cpu::Cpu;
use crate::backend::{Backend, Job};
use crate::channel::posterior::BATCH;
use crate::denoiser::{self, Estimand};
use crate::instrument::paths::PathStatistics;
use crate::numeric::gamma::normal_survival;
use crate::numeric::stream::Stream;
use crate::process::{self, Chain, Statistic};
use crate::source::Source;

/// Standard errors allowed: false-alarm probability 6e-7 a comparison, about forty of them.
const STD_ERRS: f64 = 5.0;
/// What a witness may fall short of the distance, relative: of second order in the error of 8192
/// pilot paths.
const SHORTFALL: f64 = 0.03;
/// Ten printed digits of an independent recursion.
const GOLDEN: f64 = 1e-10;
/// Relative, of 16384 quantiles.
const QUANTILES: f64 = 1e-4;

fn chain(spec: &str, sampler: &str, denoiser: &str, grid: &[f64]) -> Chain {
    let source = Arc::new(Source::parse(spec).unwrap());
    let estimand = Estimand::new(&source);
    let denoiser = denoiser::build(denoiser, &estimand).unwrap();
    Chain::new(&estimand, &process::find(sampler).unwrap(), denoiser, grid).unwrap()
}

fn geometric(low: f64, high: f64, steps: i32) -> Vec<f64> {
    (0..=steps).map(|k| low * (high / low).powf(f64::from(k) / f64::from(steps))).collect()
}

/// Mean and standard error over `batches` batches.
fn measured(statistic: Arc<dyn Statistic>, name: &str, batches: u64) -> (f64, f64) {
    let source = Arc::new(Source::parse("bpsk").unwrap());
    let instrument = PathStatistics::new(&source, name.into(), statistic);
    let job = Job { instrument: &instrument, stream: Stream::named(0, name), pairs: None };
    let paths = batches * BATCH as u64;
    let moments = Cpu.open(&job, paths).unwrap().run(0..paths).unwrap();
    let found = moments.regress(&[]);
    (found.value[0], found.covariance[(0, 0)].sqrt())
}

/// Standard deviations of x̂ and x in one coordinate of a Gaussian: every step is linear.
fn deviations(spec: &str, sampler: &str, grid: &[f64], variance: f64) -> (f64, f64) {
    let chain = chain(spec, sampler, "exact", grid);
    let square = spread::of_affine(&chain).unwrap().value / chain.dim() as f64;
    (square.sqrt(), (variance + chain.last_snr().recip()).sqrt())
}

#[test]
fn the_arctan_grid_shrinks_a_gaussian_by_a_power_of_a_cosine() {
    let (c, steps, [first, last]) = (1.3_f64, 9, [80.0_f64, 0.01]);
    let angle = |k: usize| {
        let t = k as f64 / steps as f64;
        (1.0 - t) * (first / c).atan() + t * (last / c).atan()
    };
    let grid: Vec<f64> = (0..=steps).map(|k| (c * angle(k).tan()).powi(-2)).collect();
    let (sampled, truth) = deviations("gaussian:variance=1.69", "ddim:start=exact", &grid, 1.69);
    assert!((sampled / truth - 0.874_947_924_5).abs() < GOLDEN, "{}", sampled / truth);
    let cosine = ((angle(0) - angle(steps)) / steps as f64).cos();
    assert!((sampled / truth - cosine.powi(9)).abs() < 1e-13);
}

#[test]
fn the_variance_of_an_affine_chain_is_its_closed_form() {
    for sampler in
        ["ancestral", "ddim", "dpm-solver-2m", "ancestral:start=exact", "dpm-solver-2m:start=exact"]
    {
        for (source, denoiser) in [
            ("gaussian:dim=3,variance=1.7", "exact"),
            ("gaussian:dim=3,variance=1.7", "perturbed:error=0.3"),
            ("gaussian:dim=3,variance=1.7", "mismatched:source=(gaussian:dim=3,variance=0.5)"),
            ("pam:levels=4", "mismatched:source=(mixture:means=0.4,variances=0.5)"),
            ("pam:levels=4", "linear"),
            ("hypercube:dim=3", "mean"),
            ("pam:levels=4", "identity"),
        ] {
            let chain = || chain(source, sampler, denoiser, &geometric(0.05, 30.0, 6));
            let expected = spread::of_affine(&chain()).unwrap().value;
            let (found, std_err) = measured(Arc::new(Spread::new(chain())), sampler, 64);
            assert!(
                (found - expected).abs() < STD_ERRS * std_err,
                "{sampler}, {denoiser}: {found} for {expected}"
            );
            assert!(std_err < 0.03 * expected, "{std_err}");
        }
    }
}

/// |a − b|√(2/π), (a − b)² and √(2/π)(2√(a²+b²) − √2a − √2b) for N(0, a²) and N(0, b²).
#[test]
fn two_gaussians_have_their_distances() {
    let root = (2.0 / std::f64::consts::PI).sqrt();
    let (spec, grid) = ("gaussian:variance=1.7", geometric(0.05, 30.0, 4));
    for sampler in ["ancestral", "ddim", "dpm-solver-2m"] {
        let (a, b) = deviations(spec, sampler, &grid, 1.7);
        let chain = || chain(spec, sampler, "exact", &grid);
        let energy = root * (2.0 * a.hypot(b) - std::f64::consts::SQRT_2 * (a + b));
        let (found, std_err) = measured(Arc::new(Energy { chain: chain() }), sampler, 512);
        assert!((found - energy).abs() < STD_ERRS * std_err, "{sampler}: {found} ± {std_err} for {energy}");
        let wasserstein = root * (a - b).abs();
        if sampler != "ancestral" {
            let found = line::wasserstein_1(&chain()).unwrap().unwrap();
            assert!(
                (found.value - wasserstein).abs() < found.bound.max(QUANTILES * wasserstein),
                "{sampler}: {found:?}"
            );
        }
        let between = |(found, std_err): (f64, f64), expected: f64| {
            let (low, high) =
                (expected * (1.0 - SHORTFALL) - STD_ERRS * std_err, expected + STD_ERRS * std_err);
            assert!(low < found && found < high, "{sampler}: {found} ± {std_err} for {expected}");
            assert!(std_err < 0.25 * expected, "{std_err} says nothing of {expected}");
        };
        between(measured(Arc::new(Witnessed::<Slopes>::new(chain())), sampler, 1024), wasserstein);
        between(measured(Arc::new(Witnessed::<Potentials>::new(chain())), sampler, 1024), (a - b).powi(2));
    }
}

/// In any direction an isotropic Gaussian is one on a line.
#[test]
fn a_sliced_distance_does_not_see_the_dimension() {
    for dim in [2, 5] {
        let (spec, grid) = (format!("gaussian:dim={dim},variance=1.7"), geometric(0.05, 30.0, 4));
        let (a, b) = deviations(&spec, "ddim", &grid, 1.7);
        let (found, std_err) = measured(
            Arc::new(Witnessed::<Potentials>::new(chain(&spec, "ddim", "exact", &grid))),
            &spec,
            512,
        );
        let expected = (a - b).powi(2);
        assert!(
            (found - expected).abs() < SHORTFALL * expected + STD_ERRS * std_err,
            "{found} for {expected}"
        );
    }
}

/// One ancestral step on ±1 with an offset δ: x̂ = (U + Δ(tanh U + δ) + √Δ ξ)/γ_1, and P(+1 | x̂) =
/// 1/(1 + e^{−2γ_1x̂}).
#[test]
fn two_modes_get_the_masses_of_a_double_integral() {
    let (first, last, delta) = (0.3_f64, 6.0_f64, 0.4);
    let (step, nodes) = (last - first, 400);
    let normal = |i: i32| {
        let z = -9.0 + 18.0 * f64::from(i) / f64::from(nodes);
        (z, (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt() * 18.0 / f64::from(nodes))
    };
    let mut plus = 0.0;
    for (z, weight) in (0..=nodes).map(normal) {
        let u = first.sqrt() * z;
        let drift = u + step * (u.tanh() + delta);
        plus += (0..=nodes)
            .map(normal)
            .map(|(xi, other)| weight * other / (1.0 + (-2.0 * (drift + step.sqrt() * xi)).exp()))
            .sum::<f64>();
    }
    let denoiser = format!("perturbed:error={delta}");
    let witness = Witnessed::<ModeSigns>::new(chain("bpsk", "ancestral", &denoiser, &[first, last]));
    let (found, std_err) = measured(Arc::new(witness), "two modes", 512);
    let expected = (plus - 0.5).abs();
    assert!((found - expected).abs() < STD_ERRS * std_err, "{found} ± {std_err} for {expected}");
    assert!(std_err < 0.05 * expected, "{std_err} says nothing of {expected}");
}

/// Without a sampler's error there is no distance: 600 ancestral steps from the truth leave less
/// than a few standard errors.
#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let spec = "mixture:ring=5,radius=2,variance=0.1";
    let chain = || chain(spec, "ancestral:start=exact", "exact", &geometric(0.05, 30.0, 600));
    let all: [Arc<dyn Statistic>; 3] = [
        Arc::new(Energy { chain: chain() }),
        Arc::new(Witnessed::<Potentials>::new(chain())),
        Arc::new(Witnessed::<ModeSigns>::new(chain())),
    ];
    for statistic in all {
        let (found, std_err) = measured(statistic, "nothing", 32);
        assert!(found.abs() < STD_ERRS * std_err + 0.01, "{found} ± {std_err}");
    }
}

/// Intervals of 1.96 standard errors around 200 independent means hold the truth 190 times in the
/// mean; fewer than 176 or all 200 have probability 1e-4 and 4e-5 each.
#[test]
fn standard_errors_cover() {
    let (spec, grid) = ("gaussian:variance=1.7", geometric(0.05, 30.0, 3));
    let (a, b) = deviations(spec, "ddim", &grid, 1.7);
    let root = (2.0 / std::f64::consts::PI).sqrt();
    let of = |sampler: &str| chain(spec, sampler, "exact", &grid);
    let energy = root * (2.0 * a.hypot(b) - std::f64::consts::SQRT_2 * (a + b));
    let cases: [(Arc<dyn Statistic>, f64); 3] = [
        (Arc::new(Energy { chain: of("ddim") }), energy),
        (Arc::new(Spread::new(of("ancestral"))), spread::of_affine(&of("ancestral")).unwrap().value),
        (Arc::new(Spread::new(of("ddim"))), a * a),
    ];
    for (statistic, truth) in cases {
        let covered = |i: &u32| {
            let (found, std_err) = measured(Arc::clone(&statistic), &format!("coverage {i}"), 48);
            (found - truth).abs() < 1.96 * std_err
        };
        let inside = (0..200).filter(covered).count();
        assert!((176..200).contains(&inside), "{inside} of 200 intervals hold {truth}");
    }
}

#[test]
fn the_target_is_cut_where_nothing_is_left() {
    let target = Target::new(&Source::parse("bpsk").unwrap(), &[1.0], 4.0).unwrap();
    let (low, high) = target.reach();
    assert!(target.cdf(low) < 1e-14 && 1.0 - target.cdf(high) < 1e-14);
    assert!((target.cdf(0.7) - 0.5 * (normal_survival(-3.4) + normal_survival(0.6))).abs() < 1e-15);
}
