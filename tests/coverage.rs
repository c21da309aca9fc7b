//! exploration
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use klaim::estimate::Estimate;
use klaim::quantity::{self, Need, Setting};
use klaim::run::MethodChoice;
use klaim::run::estimate::{Target, estimate};
use klaim::run::verify::Watch;
use klaim::source::Source;

const QUANTITIES: [&str; 4] = ["mmse", "mmse_slope", "information", "posterior_entropy"];

fn measure(needs: &[Need], choice: MethodChoice, seed: u64, budget: u64) -> Vec<Estimate> {
    let stop = AtomicBool::new(false);
    let watch = Watch { event: &|_| {}, stop: &stop, checkpoint: None };
    estimate(needs, choice, seed, Target { relative_error: None, budget }, &watch).unwrap()
}

#[test]
fn explore() {
    let seeds: u64 = 200;
    let n: u64 = std::env::var("N").map_or(2048, |s| s.parse().unwrap());
    for (spec, snrs) in [
        ("bpsk", vec![1e-3, 1e-2, 0.1, 1.0, 4.0, 10.0, 20.0, 30.0]),
        ("pam:levels=4", vec![1e-3, 1e-2, 0.1, 1.0, 10.0, 30.0, 50.0]),
        ("pam:levels=16", vec![1e-3, 1e-2, 0.1, 1.0, 10.0, 30.0, 50.0]),
        ("zipf:exponent=2,atoms=20", vec![1e-3, 1e-2, 0.1, 1.0, 10.0, 30.0, 50.0]),
        ("bernoulli:p=0.1", vec![1e-3, 1e-2, 0.1, 1.0, 10.0, 30.0, 50.0]),
        ("bernoulli:p=0.01", vec![1e-3, 1e-2, 0.1, 1.0, 10.0, 30.0, 50.0]),
        ("bernoulli:p=0.0001", vec![1e-3, 1e-2, 0.1, 1.0, 10.0, 30.0, 50.0]),
        ("simplex:atoms=2", vec![1e-3, 1e-2, 0.1, 1.0, 10.0, 30.0]),
    ] {
        let source = Arc::new(Source::parse(spec).unwrap());
        let needs: Vec<Need> = snrs.iter().flat_map(|&snr| QUANTITIES.map(|q| Need { source: Arc::clone(&source), quantity: quantity::find(q).unwrap(), setting: Setting { snr: Some(snr), ..Setting::default() } })).collect();
        let truth = measure(&needs, MethodChoice::Quadrature, 0, 1);
        let runs: Vec<Vec<Estimate>> = (0..seeds).map(|seed| measure(&needs, MethodChoice::MonteCarlo, seed, n)).collect();
        for (i, need) in needs.iter().enumerate() {
            let t = truth[i].value;
            let all: Vec<&Estimate> = runs.iter().map(|r| &r[i]).collect();
            let covered = |e: &&&Estimate| (e.value - t).abs() <= 1.96 * e.std_err;
            let c = all.iter().filter(covered).count() as f64 / seeds as f64;
            let flagged = all.iter().filter(|e| e.flags.distrust().is_some()).count();
            let cu = all.iter().filter(|e| e.flags.distrust().is_none()).filter(covered).count() as f64 / (seeds as usize - flagged).max(1) as f64;
            let mean = all.iter().map(|e| e.value).sum::<f64>() / seeds as f64;
            let sd = (all.iter().map(|e| (e.value - mean).powi(2)).sum::<f64>() / (seeds - 1) as f64).sqrt();
            let se = all.iter().map(|e| e.std_err).sum::<f64>() / seeds as f64;
            let bad = if cu < 0.9 && flagged < 180 { "  <<<<" } else { "" };
            println!("{spec:26} {:8} {:18} cover {c:.3} unflagged {cu:.3} flagged {flagged:3} rel se {:8.1e} bias/se {:6.2} sd/se {:5.2}{bad}", need.setting.snr.unwrap(), need.quantity.name, se / t, (mean - t) / se, sd / se);
        }
    }
}
