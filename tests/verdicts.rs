//! Is the verdict's error rate the one promised? Claims whose truth is known, judged on samples alone.
//!
//! False alarms: at equality the refuted share is at most the level 0.2 in truth, and 0.26 is three standard errors of a
//! share over 400 seeds above it (1.3e-3 at most); a supported verdict at twice the margin takes a deviation of 5 standard errors
//! (400 · 3e-7). The seeds are fixed.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::path::Path;
use std::sync::atomic::AtomicBool;

use klaim::claim::{self, Claim, Sources};
use klaim::exact;
use klaim::report::model::{Report, Run};
use klaim::run::MethodChoice;
use klaim::run::verify::{Options, Watch, verify};
use klaim::source::Source;
use klaim::verdict::Verdict;

const SEEDS: u64 = 400;
const LEVEL: f64 = 0.2;
/// LEVEL + 3·√(0.2·0.8/400).
const MOST_REFUTED: f64 = 0.26;
/// Fewer would mean that the error bars are idle: the second and third rounds have z = 2.1 and 2.4, together with the first
/// about 0.1 + 0.03 + 0.02 of a true level.
const LEAST_REFUTED: f64 = 0.08;
/// Three rounds.
const BUDGET: u64 = 32_768;
const SOURCE: &str = "simplex:atoms=2";
const SNR: f64 = 0.5;

fn claim(lhs: &str, relation: &str, rhs: f64, margin: f64, more: &str) -> Claim {
    let text = format!(
        r#"id = "calibration"
title = "A known number"
statement = "it is what it is"
cite = "none"
origin = "klaim"
lhs = "{lhs}"
relation = "{relation}"
rhs = "C"
constants = {{ C = {rhs:?} }}
margin = {margin}
[over]
source = ["{SOURCE}"]
snr = [{SNR}]
{more}"#
    );
    claim::parse(Path::new("calibration.toml"), &text, &mut Sources::default()).unwrap()
}

fn judged(claim: &Claim, seed: u64, level: f64) -> Report {
    let stop = AtomicBool::new(false);
    let watch = Watch { event: &|_| {}, stop: &stop, checkpoint: None };
    let options = Options {
        seed,
        level,
        budget: BUDGET,
        comparisons: None,
        method: MethodChoice::MonteCarlo,
        shard: None,
        only: None,
    };
    let run = Run {
        klaim: String::new(),
        command: String::new(),
        seed,
        level,
        budget: String::new(),
        comparisons: 0,
        backend: "cpu".into(),
        date: String::new(),
    };
    verify(std::slice::from_ref(claim), &options, &watch, run).unwrap().unwrap()
}

/// Shares of supported and refuted verdicts over the seeds.
fn shares(claim: &Claim) -> (f64, f64) {
    let verdicts: Vec<Verdict> = (0..SEEDS).map(|seed| judged(claim, seed, LEVEL).claims[0].main.verdict).collect();
    let share = |which: Verdict| verdicts.iter().filter(|&&v| v == which).count() as f64 / SEEDS as f64;
    (share(Verdict::Supported), share(Verdict::Refuted))
}

fn truths() -> [(&'static str, f64); 3] {
    let values = exact::at(&Source::parse(SOURCE).unwrap(), SNR).unwrap().unwrap();
    [("mmse", values.mmse.value), ("mmse_slope", values.mmse_slope.value), ("information", values.information.value)]
}

/// All three rounds are judged, since no sample is sharp enough for the margin: the level must hold over all of them.
#[test]
fn a_true_equality_is_refuted_no_more_often_than_the_level_says() {
    for (name, value) in truths() {
        let (supported, refuted) = shares(&claim(name, "==", value, 1e-9, ""));
        println!("{name}: refuted {refuted}");
        assert!(supported <= 0.0, "{name}: supported at an impossible margin");
        assert!(refuted <= MOST_REFUTED, "{name}: refuted in {refuted} of the runs, level {LEVEL}");
        assert!(refuted >= LEAST_REFUTED, "{name}: refuted in {refuted} of the runs, level {LEVEL}: the error bars are idle");
    }
}

/// A bound that holds with equality is refuted from one side alone: half as often.
#[test]
fn a_tight_bound_is_refuted_half_as_often() {
    for (name, value) in truths() {
        for relation in ["<=", ">="] {
            let (_, refuted) = shares(&claim(name, relation, value, 1e-9, ""));
            println!("{name} {relation}: refuted {refuted}");
            assert!(refuted <= 0.5 * LEVEL + 0.045, "{name} {relation}: refuted in {refuted} of the runs");
        }
    }
}

#[test]
fn a_violation_of_two_margins_is_never_supported() {
    let margin = 0.02;
    for (name, value) in truths() {
        for (relation, factor) in [("==", 1.0 + 2.0 * margin), ("==", 1.0 - 2.0 * margin), ("<=", 1.0 - 2.0 * margin)] {
            let (supported, refuted) = shares(&claim(name, relation, value * factor, margin, ""));
            assert!(supported <= 0.0, "{name} {relation} {factor}: supported in {supported} of the runs");
            assert!(refuted >= 1.0, "{name} {relation} {factor}: refuted in only {refuted} of the runs");
        }
    }
}

#[test]
fn a_true_claim_is_supported_and_its_control_off_by_5_percent_refuted() {
    for (name, value) in truths() {
        let control = format!("[[control]]\nwhy = \"off by 5 %\"\nconstants = {{ C = {:?} }}\n", 1.05 * value);
        for seed in 0..20 {
            let report = judged(&claim(name, "==", value, 0.02, &control), seed, 0.001);
            let claim = &report.claims[0];
            assert_eq!(claim.main.verdict, Verdict::Supported, "{name}, seed {seed}: {:?}", claim.main.rows);
            assert_eq!(claim.controls[0].verdict, Verdict::Refuted, "{name}, seed {seed}: {:?}", claim.controls[0].rows);
            assert_eq!(report.exit, 0);
        }
    }
}
