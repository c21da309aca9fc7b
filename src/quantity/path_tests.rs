use std::sync::Arc;

use super::*;
use crate::backend::cpu::Cpu;
use crate::backend::{Backend, Job};
use crate::channel::posterior;
use crate::instrument::Instrument;
use crate::instrument::readouts::PosteriorReadouts;
use crate::numeric::estimate::Estimate;
use crate::numeric::stream::Stream;
use crate::quantity::axis::DENOISER;
use crate::quantity::{Setting, find};
use crate::source::Source;

/// Ten printed digits of an independent quadrature.
const GOLDEN: f64 = 2e-10;
/// Bounds must be useful: relative.
const SHARP: f64 = 1e-8;
/// Standard errors allowed: false-alarm probability 6e-7 a comparison, nine of them.
const STD_ERRS: f64 = 5.0;

pub(super) fn need(quantity: &str, source: &str, schedule: &str, range: (f64, f64), steps: usize) -> Need {
    Need {
        source: Arc::new(Source::parse(source).unwrap()),
        quantity: find(quantity).unwrap(),
        setting: Setting::path(steps, schedule, range.0, range.1),
    }
}

fn known(need: &Need) -> Estimate {
    need.deterministic(&Memo::default()).unwrap().unwrap()
}

/// Reference values by an independent program (numpy, trapezoid with h = 1/256), ten digits.
#[test]
fn path_kl_has_its_reference_values() {
    for (source, schedule, range, expected) in [
        ("bpsk", "geometric", (0.01, 20.0), 0.463_494_435_7),
        ("bpsk", "shifted-geometric", (0.0, 20.0), 0.266_023_092_9),
        ("pam:levels=8", "geometric", (0.01, 20.0), 1.176_638_254),
        // K(ρ − 1)/2 − ½ ln(1 + γ_K σ²), to the digits of the reference.
        ("gaussian:dim=1,variance=1.7", "shifted-geometric", (0.0, 50.0), 0.886_229_015_4),
        ("pam:levels=8", "shifted-geometric", (0.0, 20.0), 0.839_649_327_1),
    ] {
        let steps = if range.1 > 20.0 { 7 } else { 8 };
        let found = known(&need("path_kl", source, schedule, range, steps));
        assert!(
            (found.value / expected - 1.0).abs() < GOLDEN + 0.5e-9 / expected,
            "{source}, {schedule}: {found:?}"
        );
        assert!(found.bound < SHARP * found.value, "{source}, {schedule}: {found:?}");
    }
}

/// K·path_kl → (ln γ_K/γ_0)/4 ∫ −γM′ dγ (docs/theory.md, B3), 4.79 here.
#[test]
fn many_steps_reach_the_limit_quickly() {
    let tools = Memo::default();
    let start = std::time::Instant::now();
    let mut last = f64::INFINITY;
    for steps in [64, 512, 4096] {
        let need = need("path_kl", "bpsk", "geometric", (1e-3, 1e3), steps);
        last = steps as f64 * need.deterministic(&tools).unwrap().unwrap().value;
    }
    println!("K·path_kl = {last} after {:?}", start.elapsed());
    let need = need("weighted_slope_integral", "bpsk", "geometric", (1e-3, 1e3), 1);
    let limit = 0.25 * 1e6_f64.ln() * need.deterministic(&tools).unwrap().unwrap().value;
    assert!((limit - 4.79).abs() < 5e-3, "{limit}");
    assert!((last / limit - 1.0).abs() < 1e-2, "{last} against {limit}");
}

/// The parts, and the same by information where nothing cancels: ½γ_0 Var − I(γ_0).
#[test]
fn the_parts_add_up() {
    let tools = Memo::default();
    let mut need = need("total_kl", "pam:levels=4", "geometric", (0.3, 10.0), 5);
    need.setting = need.setting.with(&DENOISER, "perturbed:error=0.2,shape=high");
    let [path, init, denoiser, total] = ["path_kl", "init_kl", "denoiser_kl", "total_kl"].map(|name| {
        let part = Need { quantity: find(name).unwrap(), ..need.clone() };
        part.deterministic(&tools).unwrap().unwrap().value
    });
    assert!((path + init + denoiser - total).abs() < 1e-12 * total);
    let at = |snr| tools.channel_values(&need.source, snr).unwrap().unwrap();
    assert!((init - (0.15 * 1.25 - at(0.3).information.value)).abs() < 1e-9);
    let grid = grid(&need, &tools).unwrap();
    let sums: f64 = grid.windows(2).map(|s| 0.5 * (s[1] - s[0]) * at(s[0]).mmse.value).sum();
    assert!((path - (sums - at(10.0).information.value + at(0.3).information.value)).abs() < 1e-9);
    let error = |s: &[f64]| 0.5 * (s[1] - s[0]) * (0.2 * 1.25 * s[0] / (1.0 + 1.25 * s[0])).powi(2) * 1.25;
    assert!((denoiser - grid.windows(2).map(error).sum::<f64>()).abs() < 1e-12);
}

/// Relative deviation of one sample, for the three readouts of the same samples.
fn deviations(steps: usize, samples: u64) -> [f64; 3] {
    let need = need("path_kl", "bpsk", "geometric", (0.01, 20.0), steps);
    let tools = Memo::default();
    let readouts = [path_kl, path_kl_slope, path_kl_information]
        .map(|functional| functional(&need, &tools).unwrap().readout(&need.source).unwrap());
    let sampler = posterior::sampler(&need.source).unwrap();
    let instrument = PosteriorReadouts::by(sampler, &need.source, readouts.to_vec());
    let job =
        Job { instrument: &instrument, stream: Stream::named(0, "readouts of the path KL"), pairs: None };
    let moments = Cpu.open(&job, samples).unwrap().run(0..samples).unwrap();
    let truth = need.deterministic(&tools).unwrap().unwrap().value;
    let found = moments.regress(instrument.control_means());
    std::array::from_fn(|i| {
        let std_err = found.covariance[(i, i)].sqrt();
        assert!(
            (found.value[i] - truth).abs() < STD_ERRS * std_err,
            "{steps} steps, readout {i}: {found:?}"
        );
        std_err * (samples as f64).sqrt() / truth
    })
}

/// All three hit the deterministic value; the difference form is the least noisy or nearly so, and
/// stays so.
#[test]
fn the_difference_readout_is_the_quietest() {
    for steps in [8, 64, 256] {
        let [difference, slope, information] = deviations(steps, 4096);
        println!(
            "{steps:4} steps: difference {difference:.2}, slope {slope:.2}, information {information:.2}"
        );
        assert!(difference < 2.0 && difference < 1.2 * slope.min(information), "{steps} steps");
    }
}

/// The total is the sum of its parts, each by a route of its own, whatever the denoiser is.
#[test]
fn the_total_is_the_sum_of_its_parts() {
    for denoiser in ["linear", "identity", "mean", "perturbed:error=0.3"] {
        let part = |quantity: &str| {
            let need = need(quantity, "bernoulli:p=0.2", "geometric", (0.05, 20.0), 5);
            let takes = quantity == "denoiser_kl" || quantity == "total_kl";
            let setting = match takes {
                true => need.setting.with(&DENOISER, denoiser),
                false => need.setting,
            };
            known(&Need { setting, ..need })
        };
        let parts = ["path_kl", "init_kl", "denoiser_kl"].map(part);
        let expected: f64 = parts.iter().map(|part| part.value).sum();
        let allowed: f64 = parts.iter().map(|part| part.bound).sum();
        let total = part("total_kl");
        assert!(
            (total.value - expected).abs() <= total.bound + allowed + 1e-13 * expected.abs(),
            "{denoiser}: {total:?}, the parts give {expected} ± {allowed:e}"
        );
    }
}
