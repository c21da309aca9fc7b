//! Quantities over an interval of SNRs, along a schedule and of a sampler's last state, by samples.

use std::f64::consts::PI;
use std::sync::Arc;

use klaim::internals::quantity::axis::SAMPLER;
use klaim::internals::quantity::{Need, Setting};
use klaim::internals::source::Source;

use super::laws::law;
use super::measure::{SAMPLES, exact, need, replicate, routes, short};
use super::tally::{Cell, Label, Sides, Truth};

const INTERVAL: [&str; 5] =
    ["information_gain", "mmse_drop", "mmse_integral", "slope_integral", "weighted_slope_integral"];
const PATH: [&str; 8] = [
    "path_kl",
    "path_kl_slope",
    "path_kl_information",
    "init_kl",
    "total_kl",
    "bound_information",
    "bound_growth",
    "bound_from_zero",
];
const STEPS: usize = 8;
/// Of paths a row is the mean of 64: 256 rows, of which none carries a twentieth of the spread by
/// itself.
const PATHS: u64 = 16_384;

/// A law, its family, and the intervals of SNRs it is looked at on.
type Regime = (&'static str, &'static str, &'static [(&'static str, f64, f64)]);

const EVERY: &[(&str, f64, f64)] = &[("low", 1e-3, 0.1), ("middle", 0.1, 10.0), ("wide", 0.01, 20.0)];
const REGIMES: &[Regime] = &[
    ("bpsk", "synthetic", EVERY),
    ("pam:levels=8", "synthetic", EVERY),
    ("cube", "synthetic", &[("wide", 0.01, 20.0)]),
    ("mixture:means=-2|2,variances=0.3", "synthetic", EVERY),
    ("zipf:exponent=2,atoms=20", "heavy-tailed", EVERY),
    ("bernoulli:p=0.0001", "synthetic", &[("rare", 0.01, 20.0)]),
    ("ink", "real", &[("low", 1e-6, 1e-4), ("wide", 1e-5, 1.0)]),
];

fn label(family: &'static str, regime: String, need: &Need, route: &str) -> Label {
    Label {
        route: route.into(),
        family,
        law: need.source.spec().into(),
        regime,
        quantity: need.quantity.name.into(),
    }
}

fn setting((lo, hi): (f64, f64), sampler: Option<&str>) -> Setting {
    let path = Setting::path(STEPS, "geometric", lo, hi);
    sampler.map_or(path.clone(), |sampler| path.with(&SAMPLER, sampler))
}

/// One law over one interval.
fn over(
    law: &Arc<Source>,
    family: &'static str,
    (name, lo, hi): (&str, f64, f64),
    replications: u64,
) -> Vec<Cell> {
    let cube = law.spec() == "cube";
    let (line, copies) = if cube { (super::laws::law("bpsk"), 3.0) } else { (Arc::clone(law), 1.0) };
    // This bound is not linear in the law.
    let names = INTERVAL.iter().chain(&PATH).filter(|&&name| !cube || name != "bound_from_zero");
    let needs: Vec<Need> = names.clone().map(|name| need(law, name, setting((lo, hi), None))).collect();
    let truths: Vec<Need> = names.map(|name| need(&line, name, setting((lo, hi), None))).collect();
    let truths = exact(&truths, copies);
    let regime = format!("{name}, γ = {} … {}", short(lo), short(hi));
    let all = needs.iter().zip(routes(&needs)).zip(truths).zip(replicate(&needs, SAMPLES, replications));
    all.map(|(((need, route), truth), estimates)| {
        Cell::of(label(family, regime.clone(), need, &route), Sides::Both, truth, &estimates)
    })
    .collect()
}

/// What simulated paths average is the path KL.
fn simulated(name: &str, family: &'static str, replications: u64) -> Cell {
    let (law, ends) = (law(name), (0.1, 10.0));
    let needs = [need(&law, "girsanov_kl", setting(ends, None))];
    let truth = exact(&[need(&law, "path_kl", setting(ends, None))], 1.0)[0];
    let label = label(family, format!("{PATHS} paths, γ = 0.1 … 10"), &needs[0], &routes(&needs)[0]);
    Cell::of(label, Sides::Both, truth, &replicate(&needs, PATHS, replications)[0])
}

/// A sampler on N(0, v) ends in N(0, s²): its distances from N(0, v + 1/γ_K) in closed form.
fn sampler(sampler: &str, replications: u64) -> Vec<Cell> {
    let law = law("gaussian:dim=1,variance=2");
    let ends = (0.1, 20.0);
    let names = ["sampled_variance", "energy_distance", "wasserstein_1", "sliced_wasserstein_2"];
    let needs: Vec<Need> = names.iter().map(|name| need(&law, name, setting(ends, Some(sampler)))).collect();
    let Truth::Exact { value: variance, bound } = exact(&needs[..1], 1.0)[0] else {
        unreachable!("a closed form")
    };
    let (s, t) = (variance.sqrt(), (2.0 + ends.1.recip()).sqrt());
    let energy = (2.0 / PI).sqrt() * (2.0 * s.hypot(t) - 2_f64.sqrt() * (s + t));
    let truths = [variance, energy, (2.0 / PI).sqrt() * (s - t).abs(), (s - t).powi(2)];
    // Of the relative error of s² each takes a few times as much of itself, or of 1 where it is a
    // difference.
    let rounding = 8.0 * (bound / variance).max(f64::EPSILON);
    let routes = routes(&needs);
    let all = needs.iter().zip(routes).zip(truths).zip(replicate(&needs, PATHS, replications));
    all.map(|(((need, route), value), estimates)| {
        let witness = ["wasserstein_1", "sliced_wasserstein_2"].contains(&need.quantity.name);
        let sides = if witness { Sides::AtMost } else { Sides::Both };
        let label = label("synthetic", format!("{sampler}, γ = {} … {}", ends.0, ends.1), need, &route);
        Cell::of(label, sides, Truth::Exact { value, bound: rounding }, &estimates)
    })
    .collect()
}

/// Two equal modes stay equal whatever a symmetric sampler does.
fn modes(sampler: &str, replications: u64) -> Cell {
    let law = law("mixture:means=-2|2,variances=0.3");
    let needs = [need(&law, "mode_variation", setting((0.01, 20.0), Some(sampler)))];
    let label = label("synthetic", format!("{sampler}, γ = 0.01 … 20"), &needs[0], &routes(&needs)[0]);
    let truth = Truth::Exact { value: 0.0, bound: 0.0 };
    Cell::of(label, Sides::AtMost, truth, &replicate(&needs, PATHS, replications)[0])
}

/// Every law over its intervals, then the samplers.
pub fn cells(replications: u64) -> Vec<Cell> {
    let mut cells = Vec::new();
    for &(name, family, intervals) in REGIMES {
        let source = law(name);
        cells.extend(intervals.iter().flat_map(|&interval| over(&source, family, interval, replications)));
    }
    cells.push(simulated("bpsk", "synthetic", replications));
    cells.push(simulated("mixture:means=-2|2,variances=0.3", "synthetic", replications));
    cells.push(simulated("zipf:exponent=2,atoms=20", "heavy-tailed", replications));
    for name in ["ancestral", "ddim", "dpm-solver-2m"] {
        cells.extend(sampler(name, replications));
        cells.push(modes(name, replications));
    }
    cells
}
