//! Every schedule against the contract, its density and known optima.

use std::sync::Arc;

use super::*;
use crate::channel::curve::Curve;
use crate::channel::exact::curve::ExactCurve;
use crate::channel::snr::Snr;
use crate::source::Source;

/// Relative, between two closed forms of one grid, inverted numerically where a logarithm or a
/// power is.
const CLOSED_FORM: f64 = 1e-10;
/// Relative distance of ρ(γ) Δ ln γ from its mean over the steps, times K: the midpoint rule on the
/// widest step.
const DENSITY: f64 = 20.0;
/// Equal-mass schedules are placed to 1e-8 of their axis.
const EQUAL_MASS: f64 = 3e-7;
/// Quantiles of the Beta law, relative to the nearer end.
const QUANTILE: f64 = 1e-9;

/// The curve of N(0, vI) in one dimension: M = v/(1 + vγ).
pub struct Gaussian {
    pub variance: f64,
}

impl Curve for Gaussian {
    fn mmse(&self, snr: f64) -> Result<f64> {
        Ok(self.variance / (1.0 + self.variance * snr))
    }

    fn slope(&self, snr: f64) -> Result<f64> {
        Ok(self.mmse(snr)?.powi(2))
    }
}

/// The curve of a law with a deterministic route.
pub fn curve_of(law: &Source) -> ExactCurve<'_> {
    ExactCurve::new(law, Arc::default()).unwrap()
}

fn request(curve: &dyn Curve, variance: f64, steps: usize, snr_min: f64, snr_max: f64) -> Request<'_> {
    Request { steps, snr_min, snr_max, total_variance: variance, curve: Some(curve) }
}

#[test]
fn a_wrong_request_says_what_is_wrong() {
    let good = Request { steps: 4, snr_min: 0.1, snr_max: 9.0, total_variance: 1.0, curve: None };
    for (spec, request, word) in [
        ("geometrik", good, "did you mean `geometric`"),
        ("geometric:rate=2", good, "parameter"),
        ("geometric:", Request { steps: 0, ..good }, "at least 1 step"),
        ("linear-snr", Request { snr_min: 9.0, ..good }, "snr_min < snr_max"),
        ("linear-snr", Request { snr_min: f64::NAN, ..good }, "snr_min < snr_max"),
        ("geometric", Request { snr_min: 0.0, ..good }, "cannot start at 0"),
        ("linear-snr", Request { snr_max: f64::INFINITY, ..good }, "snr_max < ∞"),
        ("shifted-geometric", Request { total_variance: f64::INFINITY, ..good }, "total variance"),
        ("shifted-geometric:variance", good, "schedule"),
        ("linear-snr", Request { snr_min: 1.0, snr_max: 1.0 + f64::EPSILON, ..good }, "fewer steps"),
        ("optimal", good, "mmse of the source"),
        ("karras:rho=-1", good, "rho"),
        ("linear-beta:beta-max=0.1", good, "beta-max"),
        ("beta:alpha=0.01", good, "alpha"),
        ("beta:over=sigmas", good, "did you mean `sigma`"),
    ] {
        let message = grid(spec, &request).expect_err(spec).to_string();
        assert!(message.contains(word), "{spec}: {message}");
    }
}

#[test]
fn a_choice_has_one_spelling() {
    for (spec, canonical) in
        [("karras:rho=7.0", "karras"), ("beta:beta=1,alpha=.5", "beta:alpha=0.5,beta=1")]
    {
        assert_eq!(find(spec).unwrap().to_string(), canonical);
    }
}

/// Names are unique; the list is in agreement with itself.
#[test]
fn names_are_unique() {
    let mut names: Vec<_> = SCHEDULES.iter().map(|s| s.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SCHEDULES.iter().count());
}

/// K + 1 SNRs, strictly increasing, ends to the bit; one step is the two ends; the same through σ
/// and back.
#[test]
fn every_schedule_keeps_the_contract() {
    let variance = 2.5;
    let curve = Gaussian { variance };
    for schedule in SCHEDULES.iter() {
        for (snr_min, snr_max) in [(0.0, 7.3), (1e-3, 1e3), (0.3, 0.31), (1e-6, 11.0)] {
            for steps in [1, 2, 3, 17, 100] {
                let request = request(&curve, variance, steps, snr_min, snr_max);
                if snr_min <= 0.0 && !schedule.from_zero {
                    assert!(grid(schedule.name, &request).is_err());
                    continue;
                }
                let grid = grid(schedule.name, &request).unwrap();
                let what = || format!("{} with {steps} steps from {snr_min} to {snr_max}", schedule.name);
                assert_eq!(grid.len(), steps + 1, "{}", what());
                assert_eq!(grid[0].to_bits(), snr_min.to_bits(), "{}", what());
                assert_eq!(grid[steps].to_bits(), snr_max.to_bits(), "{}", what());
                assert!(grid.windows(2).all(|pair| pair[0] < pair[1]), "{}: {grid:?}", what());
                for &snr in &grid[1..] {
                    let sigma = Snr::new(snr).unwrap().noise_std_dev();
                    let back = Snr::from_noise_std_dev(sigma).unwrap().linear();
                    assert!((back / snr - 1.0).abs() < CLOSED_FORM, "{}", what());
                }
            }
        }
    }
}

/// Rules whose axis has an end at γ = ∞ reach it, from pure noise where they can; others say that
/// they do not.
#[test]
fn some_rules_end_without_noise() {
    let curve = Gaussian { variance: 1.0 };
    for name in ["karras", "arctan", "flow:shift=3", "linear-beta", "quadratic", "cosine", "beta"] {
        for snr_min in [0.0, 0.01] {
            let from = Request { snr_max: f64::INFINITY, ..request(&curve, 1.0, 6, snr_min, 1.0) };
            match grid(name, &from) {
                Ok(grid) => {
                    assert!(grid[6] == f64::INFINITY && grid[..6].iter().all(|x| x.is_finite()), "{grid:?}")
                }
                Err(error) => {
                    assert!(snr_min == 0.0 && error.to_string().contains("cannot start at 0"), "{error}")
                }
            }
        }
    }
    for name in
        ["geometric", "linear-snr", "shifted-geometric", "scaled-linear", "optimal", "las", "entropic"]
    {
        let from = Request { snr_max: f64::INFINITY, ..request(&curve, 1.0, 6, 0.01, 1.0) };
        assert!(grid(name, &from).unwrap_err().to_string().contains("snr_max < ∞"), "{name}");
    }
    let flow =
        grid("flow:shift=3", &Request { snr_max: f64::INFINITY, ..request(&curve, 1.0, 4, 0.0, 1.0) })
            .unwrap();
    // u = 3/4: t = 3u/(1 + 2u) = 0.9.
    assert!((flow[1] - (0.1_f64 / 0.9).powi(2)).abs() < CLOSED_FORM, "{flow:?}");
}

/// ρ(ln γ) of every schedule: ρ Δ ln γ is the same for all K steps, to O(1/K).
#[test]
fn steps_have_the_stated_density() {
    let steps = 2000;
    let law = Source::parse("bpsk").unwrap();
    let curve = curve_of(&law);
    let request = request(&curve, law.second_moment().value, steps, 0.05, 8.0);
    let mmse = |g: f64| curve.mmse(g).unwrap();
    let densities: [(&str, &dyn Fn(f64) -> f64); 10] = [
        ("geometric", &|_| 1.0),
        ("linear-snr", &|g| g),
        ("karras", &|g| g.powf(-1.0 / 14.0)),
        ("karras:rho=1", &|g| g.powf(-0.5)),
        ("arctan:scale=1.3", &|g| g.sqrt() / (1.0 / 1.69 + g)),
        ("flow:shift=3", &|g| g.sqrt() / (1.0 + 3.0 * g.sqrt()).powi(2)),
        ("shifted-geometric:variance=1.7", &|g| g / (1.0 / 1.7 + g)),
        ("entropic", &|g| 0.5 * g * mmse(g)),
        ("rescaled-entropic", &|g| 0.5 * g.sqrt() * mmse(g)),
        ("root-slope", &|g| g * curve.slope(g).unwrap().sqrt()),
    ];
    for (spec, density) in densities {
        let grid = grid(spec, &request).unwrap();
        let masses: Vec<f64> =
            grid.windows(2).map(|p| density((p[0] * p[1]).sqrt()) * (p[1] / p[0]).ln()).collect();
        let mean = masses.iter().sum::<f64>() / steps as f64;
        let worst = masses.iter().map(|m| (m / mean - 1.0).abs()).fold(0.0, f64::max);
        assert!(worst < DENSITY / steps as f64, "{spec}: a step is {worst} off");
    }
}

/// The published forward rules, ᾱ(t), at uniform times between those of the ends, which are found
/// by bisection.
#[test]
fn diffusion_times_follow_the_published_forward_rules() {
    let linear = |t: f64| (-0.5 * t * t * 19.9 - 0.1 * t).exp();
    let f = |t: f64| (std::f64::consts::FRAC_PI_2 * (t + 0.008) / 1.008).cos().powi(2);
    let rules: [(&str, &dyn Fn(f64) -> f64); 3] = [
        ("linear-beta", &linear),
        ("quadratic", &|root| linear(root * root)),
        ("cosine", &|t| f(t) / f(0.0)),
    ];
    for (spec, alpha_bar) in rules {
        let snr = |t: f64| Snr::from_alpha_bar(alpha_bar(t)).unwrap().linear();
        let time = |target: f64| {
            let (mut lo, mut hi) = (1e-6, 1.0);
            for _ in 0..100 {
                let middle = 0.5 * (lo + hi);
                if snr(middle) > target { lo = middle } else { hi = middle }
            }
            lo
        };
        let request = Request { steps: 9, snr_min: 0.01, snr_max: 100.0, total_variance: 1.0, curve: None };
        let (first, last) = (time(request.snr_min), time(request.snr_max));
        for (k, found) in grid(spec, &request).unwrap().into_iter().enumerate() {
            let expected = snr(first + (last - first) * k as f64 / 9.0);
            assert!(
                (found / expected - 1.0).abs() < CLOSED_FORM,
                "{spec}, step {k}: {found} for {expected}"
            );
        }
    }
}

/// γ = ᾱ/(1−ᾱ) of the product of 1 − β at all 1,000 timesteps; σ runs from 14.615 to 0.029 as in
/// the published model.
#[test]
fn the_discrete_table_is_the_published_one() {
    let mut alpha_bar = 1.0;
    let mut snrs: Vec<f64> = (0..1000)
        .map(|i| {
            let root = 0.00085_f64.sqrt() + (0.012_f64.sqrt() - 0.00085_f64.sqrt()) * f64::from(i) / 999.0;
            alpha_bar *= 1.0 - root * root;
            Snr::from_alpha_bar(alpha_bar).unwrap().linear()
        })
        .collect();
    snrs.reverse();
    assert!((snrs[0].powf(-0.5) - 14.6146).abs() < 1e-4 && (snrs[999].powf(-0.5) - 0.0292).abs() < 1e-4);
    let request =
        Request { steps: 999, snr_min: snrs[0], snr_max: snrs[999], total_variance: 1.0, curve: None };
    for (found, expected) in grid("scaled-linear", &request).unwrap().into_iter().zip(snrs) {
        assert!((found / expected - 1.0).abs() < CLOSED_FORM, "{found} for {expected}");
    }
}

/// data/beta.csv: the quantiles by themselves, and the levels k/8 as a schedule of σ.
#[test]
fn beta_quantiles_match_the_reference() {
    use statrs::distribution::{Beta, ContinuousCDF};
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/beta.csv");
    let (mut rows, mut eighths) = (0, 0);
    for row in csv::Reader::from_path(path).expect(path).records() {
        let row = row.unwrap();
        let [alpha, beta, level, quantile] = std::array::from_fn(|i| row[i].parse::<f64>().unwrap());
        let found = Beta::new(alpha, beta).unwrap().inverse_cdf(level);
        assert!((found - quantile).abs() <= QUANTILE, "{row:?}: {found}");
        rows += 1;
        let k = 8.0 * (1.0 - level);
        if k.fract().abs() < 1e-12 {
            let request =
                Request { steps: 8, snr_min: 0.01, snr_max: 100.0, total_variance: 1.0, curve: None };
            let spec = format!("beta:alpha={alpha},beta={beta},over=sigma");
            if let Ok(grid) = grid(&spec, &request) {
                let expected = 0.1 + 9.9 * quantile;
                let found = grid[k as usize].powf(-0.5);
                assert!(
                    (found / expected - 1.0).abs() < 100.0 * QUANTILE,
                    "{row:?}: {found} for {expected}"
                );
                eighths += 1;
            }
        }
    }
    assert_eq!(rows, 81);
    assert!(eighths >= 6 * 7, "{eighths}");
}

/// Σ (r_k − 1 − ln r_k) from 1,000 random grids, one point moved at a time by golden-section
/// search, ends at equal ratios.
#[test]
fn the_geometric_grid_minimises_the_bound() {
    const STEPS: usize = 6;
    const SWEEPS: usize = 60;
    let (low, high) = (0.01_f64.ln(), 100.0_f64.ln());
    let cost = |a: f64, y: f64, b: f64| (y - a).exp() + (b - y).exp();
    let section = |a: f64, b: f64| {
        let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
        let (mut left, mut right) = (a, b);
        for _ in 0..45 {
            let (x, y) = (right - golden * (right - left), left + golden * (right - left));
            if cost(a, x, b) < cost(a, y, b) { right = y } else { left = x }
        }
        0.5 * (left + right)
    };
    let stream = crate::numeric::stream::Stream::named(0, "random grids");
    for start in 0..1000 {
        let mut logs: Vec<f64> =
            (1..STEPS).map(|k| low + (high - low) * stream.uniforms(start, k as u32)[0]).collect();
        logs.push(low);
        logs.push(high);
        logs.sort_by(f64::total_cmp);
        for _ in 0..SWEEPS {
            (1..STEPS).for_each(|k| logs[k] = section(logs[k - 1], logs[k + 1]));
        }
        for (k, y) in logs.iter().enumerate() {
            let geometric = low + (high - low) * k as f64 / STEPS as f64;
            assert!((y - geometric).abs() < 1e-6, "start {start}, point {k}: {y} for {geometric}");
        }
    }
}

/// For N(0, c²I) the rescaled entropic schedule is the arctan law.
#[test]
fn rescaled_entropy_of_a_gaussian_is_the_arctan_law() {
    let curve = Gaussian { variance: 1.69 };
    let request = request(&curve, 1.69, 12, 1e-3, 400.0);
    let (entropic, arctan) =
        (grid("rescaled-entropic", &request).unwrap(), grid("arctan:scale=1.3", &request).unwrap());
    for (x, y) in entropic.iter().zip(&arctan) {
        assert!((x / y - 1.0).abs() < EQUAL_MASS, "{x} and {y}");
    }
}

/// The loss-adaptive grid on the axis ln γ tends to the arctan law for N(0, c²I): the distance in θ
/// falls like 1/K.
#[test]
fn the_adaptive_grid_on_the_logarithmic_axis_tends_to_the_arctan_law() {
    let curve = Gaussian { variance: 1.0 };
    let candidates = 40_000;
    let snrs = grid("geometric", &request(&curve, 1.0, candidates, 0.01, 100.0)).unwrap();
    let logs: Vec<f64> = snrs.iter().map(|g| g.ln()).collect();
    let risks: Vec<f64> = snrs.iter().map(|&g| curve.mmse(g).unwrap()).collect();
    let distance = |steps: usize| {
        let arctan = grid("arctan", &request(&curve, 1.0, steps, 0.01, 100.0)).unwrap();
        let indices = dynamic::best_steps(&risks, &logs, steps).unwrap();
        let angle = |g: f64| g.sqrt().atan();
        indices.iter().zip(arctan).map(|(&i, g)| (angle(snrs[i]) - angle(g)).abs()).fold(0.0, f64::max)
    };
    let (few, many) = (distance(20), distance(80));
    assert!(few < 0.1 && (3.0..5.0).contains(&(few / many)), "{few} and {many}");
}

/// A curve through 200 points of a Gaussian's is that Gaussian's to 1e-3, monotone, with a slope
/// that integrates to it.
#[test]
fn a_sampled_curve_follows_its_points() {
    let truth = Gaussian { variance: 1.0 };
    let snrs = grid("shifted-geometric", &request(&truth, 1.0, 200, 0.0, 100.0)).unwrap();
    let points: Vec<_> = snrs.iter().map(|&g| (g, truth.mmse(g).unwrap())).collect();
    let curve = SampledCurve::new(&points).unwrap();
    for &(g, m) in &points {
        assert!((curve.mmse(g).unwrap() / m - 1.0).abs() < CLOSED_FORM);
    }
    let mut before = f64::INFINITY;
    for i in 0..10_000 {
        let g = 0.01 * f64::from(i);
        let m = curve.mmse(g).unwrap();
        assert!((m / truth.mmse(g).unwrap() - 1.0).abs() < 1e-3 && m <= before, "at {g}");
        assert!((curve.slope(g).unwrap() / truth.slope(g).unwrap() - 1.0).abs() < 0.03, "slope at {g}");
        let h = 1e-6;
        let difference = (m - curve.mmse(g + h).unwrap()) / h;
        assert!(
            (difference - curve.slope(g + 0.5 * h).unwrap()).abs() < 1e-8 + 1e-5 * difference,
            "slope at {g}"
        );
        before = m;
    }
    assert!(curve.mmse(100.1).is_err() && curve.slope(-0.1).is_err());
    assert!(SampledCurve::new(&points[..1]).is_err());
    assert!(SampledCurve::new(&[(1.0, 1.0), (1.0, 0.5)]).is_err());
}

/// M(0) = tr Σ and −M′(0) = ‖Σ‖²_F are the limits of the curve, for a law, a product and two atoms
/// in space.
#[test]
fn a_source_curve_is_continuous_at_zero() {
    for spec in
        ["bernoulli:p=0.1", "product:dim=3,base=(pam:levels=4)", "codebook:atoms=2,dim=3", "simplex:atoms=2"]
    {
        let law = Source::parse(spec).unwrap();
        let curve = curve_of(&law);
        let near = 1e-7;
        for (at, limit) in [
            (curve.mmse(0.0).unwrap(), curve.mmse(near).unwrap()),
            (curve.slope(0.0).unwrap(), curve.slope(near).unwrap()),
        ] {
            assert!((at / limit - 1.0).abs() < 1e-5, "{spec}: {at} and {limit}");
        }
    }
    assert!(ExactCurve::new(&Source::parse("codebook:atoms=3,dim=3").unwrap(), Arc::default()).is_none());
}
