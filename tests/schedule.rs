//! Schedules from outside: `klaim schedule` and its forms, random loss curves against brute force, the arctan law.
//!
//! Random curves are drawn afresh in each run (quickcheck); nothing here is statistical.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use klaim::internals::channel::curve::Curve;
use klaim::internals::schedule::export::{self, End};
use klaim::internals::schedule::loss::curve::LossPoint;
use klaim::internals::schedule::loss::{Denoise, LossCurve, Settings, place};
use klaim::internals::schedule::{self, Request, StepAxis, dynamic};
use quickcheck::{Arbitrary, Gen, QuickCheck};
use serde_json::Value;

/// Two sums of a dozen terms, relative to the larger.
const OPTIMUM: f64 = 1e-12;
/// A decimal form that reads back to the same f64, and one square root each way.
const ROUND_TRIP: f64 = 1e-14;
/// Issue 5: positions of the adaptive grid on ln γ against the arctan law.
const ARCTAN: f64 = 0.01;

fn klaim(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("klaim").unwrap();
    command.current_dir(dir).env("NO_COLOR", "1").env("COLUMNS", "400").args(arguments).output().unwrap()
}

fn stdout(dir: &Path, arguments: &[&str]) -> String {
    let output = klaim(dir, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(dir: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&stdout(dir, &[arguments, &["--format", "json"]].concat())).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// A folder with `loss.csv`: 50 rows of 0.9/(1 + 1.3γ), 1 % error said.
fn with_loss() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let row = |k: i32| {
        let snr = (-5.0 + f64::from(k) / 5.0).exp();
        let risk = 0.9 / (1.0 + 1.3 * snr);
        format!("{snr},{risk},{}\n", 0.01 * risk)
    };
    let rows: String = (0..50).map(row).collect();
    fs::write(dir.path().join("loss.csv"), format!("snr,x0,std_err\n{rows}")).unwrap();
    dir
}

const LAS: [&str; 6] = ["schedule", "las", "--loss", "loss.csv", "--steps", "6"];

#[test]
fn json_is_the_contract() {
    let dir = with_loss();
    let value = json(dir.path(), &LAS);
    assert_eq!((&value["method"], &value["steps"]), (&"las".into(), &6.into()));
    let (snr, sigma, logsnr) = (numbers(&value["snr"]), numbers(&value["sigma"]), numbers(&value["logsnr"]));
    assert!(snr.len() == 7 && snr.is_sorted_by(|a, b| a < b) && sigma.is_sorted_by(|a, b| a > b));
    for k in 0..7 {
        assert!((sigma[k] * snr[k].sqrt() - 1.0).abs() < ROUND_TRIP && (logsnr[k] - snr[k].ln()).abs() < ROUND_TRIP);
        let (lo, hi) = (value["bands"][k]["lo"].as_f64().unwrap(), value["bands"][k]["hi"].as_f64().unwrap());
        assert!(lo <= snr[k] && snr[k] <= hi, "step {k}: {} outside {lo} … {hi}", snr[k]);
    }
    assert!(value["cost"].as_f64() < value["cost_geometric"].as_f64());
    assert_eq!(snr[0].to_bits(), f64::to_bits((-5.0_f64).exp()));
    let again = json(dir.path(), &[&LAS[..], &["--threads", "1"]].concat());
    assert_eq!(again, value, "a number depends on the number of threads");
    let methods = [
        (&["--smoothness", "5"][..], "las2:alpha=5"),
        (&["--smoothness"], "las2:alpha=12"),
        (&["--solver", "dpm-solver++"], "las2:alpha=12"),
        (&["--solver", "ddim"], "las"),
    ];
    for (flags, method) in methods {
        assert_eq!(json(dir.path(), &[&LAS[..], flags].concat())["method"], method);
    }
    let raw = json(dir.path(), &[&LAS[..], &["--regularize", "raw", "--snr-min", "0.1", "--snr-max", "20"]].concat());
    assert_eq!(
        (raw["axis"].as_str(), raw["snr"][0].as_f64(), raw["snr"][6].as_f64()),
        (Some("raw"), Some(0.1), Some(20.0))
    );
}

#[test]
fn every_form_says_the_same_sigmas() {
    let dir = with_loss();
    let las = |more: &[&str]| stdout(dir.path(), &[&LAS[..], more].concat());
    let mut sigma = numbers(&json(dir.path(), &LAS)["sigma"]);
    let keep: Vec<f64> = serde_json::from_str(&las(&["--format", "k-diffusion", "--end", "keep"])).unwrap();
    assert_eq!(keep, sigma);
    let append: Vec<f64> = serde_json::from_str(&las(&["--format", "edm", "--end", "append"])).unwrap();
    assert_eq!(append, [&sigma[..], &[0.0]].concat());
    sigma[6] = 0.0;
    for form in ["k-diffusion", "edm"] {
        assert_eq!(serde_json::from_str::<Vec<f64>>(&las(&["--format", form])).unwrap(), sigma);
    }
    let text = las(&["--format", "comfyui"]);
    assert_eq!(text.split(',').map(|x| x.trim().parse::<f64>().unwrap()).collect::<Vec<_>>(), sigma);
    las(&["--format", "npy", "--out", "sigmas.npy"]);
    let bytes = fs::read(dir.path().join("sigmas.npy")).unwrap();
    let array = npyz::NpyFile::new(&bytes[..]).unwrap();
    assert_eq!(array.into_vec::<f64>().unwrap(), sigma);
    let value: Value =
        serde_json::from_str(&las(&["--format", "diffusers", "--beta-schedule", "scaled_linear"])).unwrap();
    assert_eq!(numbers(&value["sigmas"]), sigma);
    let timesteps = numbers(&value["timesteps"]);
    assert!(timesteps.len() == 6 && timesteps.is_sorted_by(|a, b| a > b), "{timesteps:?}");
    let csv = las(&["--format", "csv"]);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(
        reader.headers().unwrap().iter().collect::<Vec<_>>(),
        ["step", "snr", "sigma", "logsnr", "timestep", "lo", "hi"]
    );
    let column: Vec<f64> = reader.records().map(|row| row.unwrap()[2].parse().unwrap()).collect();
    assert_eq!(column[..6], sigma[..6]);
}

/// What was exported can be named as the schedule before, and is judged as itself.
#[test]
fn exports_come_back_as_the_previous_schedule() {
    let dir = with_loss();
    stdout(dir.path(), &[&LAS[..], &["--format", "k-diffusion", "--end", "keep", "--out", "a.json"]].concat());
    stdout(dir.path(), &[&LAS[..], &["--format", "json", "--out", "b.json"]].concat());
    for previous in ["a.json", "b.json", "geometric"] {
        let value = json(dir.path(), &[&LAS[..], &["--previous", previous]].concat());
        let expected = if previous == "geometric" { &value["cost_geometric"] } else { &value["cost"] };
        let (found, expected) = (value["cost_previous"].as_f64().unwrap(), expected.as_f64().unwrap());
        assert!((found / expected - 1.0).abs() < 1e-12, "{previous}: {found} for {expected}");
    }
}

#[test]
fn every_schedule_of_the_table_is_a_command() {
    let dir = with_loss();
    for schedule in schedule::SCHEDULES.iter() {
        let ends =
            ["schedule", schedule.name, "--steps", "4", "--snr-min", "0.02", "--snr-max", "50", "--source", "bpsk"];
        let value = json(dir.path(), &ends);
        let snr = numbers(&value["snr"]);
        assert!(snr.len() == 5 && snr.is_sorted_by(|a, b| a < b), "{}: {snr:?}", schedule.name);
    }
    let value =
        json(dir.path(), &["schedule", "compare", "--loss", "loss.csv", "--steps", "6", "--candidates", "3000"]);
    let rows = value["rows"].as_array().unwrap();
    assert_eq!((rows.len(), rows[0]["schedule"].as_str()), (schedule::SCHEDULES.iter().count(), Some("las")));
    let costs: Vec<f64> = rows.iter().filter_map(|row| row["cost"].as_f64()).collect();
    assert!(costs.is_sorted() && costs.len() + 1 >= rows.len(), "{costs:?}");
    let bare = json(dir.path(), &["schedule", "karras", "--steps", "3", "--snr-min", "0.1", "--snr-max", "9"]);
    assert!(bare["cost"].is_null() && bare["bands"].is_null());
}

#[test]
fn what_cannot_be_done_is_refused() {
    let dir = with_loss();
    fs::write(dir.path().join("bad.csv"), "snr,x0\n0.1,1\n0.2,one\n").unwrap();
    fs::write(dir.path().join("time.csv"), "timestep,eps\n1,1\n").unwrap();
    let refused = |arguments: &[&str], words: &[&str]| {
        let output = klaim(dir.path(), arguments);
        let said = String::from_utf8(output.stderr).unwrap().replace(['│', '\n'], " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(output.status.code() == Some(2) && output.stdout.is_empty(), "{arguments:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{arguments:?} does not say `{word}`: {said}");
        }
    };
    let las = |file: &'static str| ["schedule", "las", "--steps", "3", "--loss", file];
    refused(&las("bad.csv"), &["bad.csv, line 3, column `x0`", "`one` is not a number"]);
    refused(&las("absent.csv"), &["absent.csv"]);
    refused(&las("time.csv"), &["of which β schedule?", "--beta-schedule"]);
    refused(&["schedule", "lass", "--steps", "3", "--loss", "loss.csv"], &["did you mean `las`?"]);
    refused(&["schedule", "las", "--steps", "0", "--loss", "loss.csv"], &["--steps"]);
    refused(&["schedule", "las", "--steps", "50", "--loss", "loss.csv"], &["50 rows", "--candidates N"]);
    refused(&[&LAS[..], &["--snr-min", "1e-9"]].concat(), &["--snr-min", "beyond the loss curve"]);
    refused(&[&LAS[..], &["--regularize", "soft"]].concat(), &["--regularize", "softlog"]);
    refused(&[&LAS[..], &["--beta-schedule", "liner"]].concat(), &["did you mean `linear`?"]);
    refused(&["schedule", "geometric", "--steps", "3", "--snr-min", "1"], &["--snr-max", "is needed"]);
    refused(&["schedule", "optimal", "--steps", "3", "--snr-min", "1", "--snr-max", "2"], &["mmse of the source"]);
    refused(&["schedule", "compare", "--steps", "3", "--snr-min", "1", "--snr-max", "2"], &["needs a curve"]);
    refused(&["list", "sources", "--format", "npy"], &["a form of `klaim schedule` alone"]);
}

#[test]
fn the_plot_is_a_picture_of_its_own() {
    let dir = with_loss();
    stdout(dir.path(), &[&LAS[..], &["--plot", "a.svg"]].concat());
    let svg = fs::read_to_string(dir.path().join("a.svg")).unwrap();
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.trim_end().ends_with("</svg>"));
    // Five inner bands, seven steps.
    assert_eq!((svg.matches("class=\"band\"").count(), svg.matches("<title>σ = ").count()), (5, 7));
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
}

/// 4 to 10 rows of a risk, falling or not, and a number of steps.
#[derive(Debug, Clone)]
struct RandomLoss {
    points: Vec<(f64, f64)>,
    steps: usize,
}

/// Uniform on (0, 1): quickcheck's own floats are of absurd sizes.
fn unit(g: &mut Gen) -> f64 {
    (f64::from(u32::arbitrary(g)) + 0.5) / 4_294_967_296.0
}

impl Arbitrary for RandomLoss {
    fn arbitrary(g: &mut Gen) -> Self {
        let n = 4 + usize::arbitrary(g) % 7;
        let mut log = 8.0 * unit(g) - 6.0;
        let mut points: Vec<(f64, f64)> = (0..n)
            .map(|_| {
                log += 0.01 + 2.0 * unit(g).powi(2);
                (log.exp(), 10_f64.powf(-3.0 * unit(g)))
            })
            .collect();
        if bool::arbitrary(g) {
            let mut risks: Vec<f64> = points.iter().map(|p| p.1).collect();
            risks.sort_by(|a, b| b.total_cmp(a));
            points = points.into_iter().zip(risks).map(|((snr, _), risk)| (snr, risk)).collect();
        }
        Self { steps: 1 + usize::arbitrary(g) % (n - 1), points }
    }
}

/// On 1,000 random curves and every axis, the plan is a grid of rows that no other grid of rows undercuts; its exports come
/// back; Algorithm 2 costs no less.
#[test]
fn plans_of_random_curves_are_the_best_of_all() {
    fn property(loss: RandomLoss) -> bool {
        let RandomLoss { points, steps } = loss;
        let curve = LossCurve::new(
            points.iter().map(|&(snr, risk)| LossPoint { snr, risk, rel_err: None, count: None }).collect(),
        )
        .unwrap();
        let n = points.len();
        StepAxis::NAMES.iter().all(|name| {
            let axis = StepAxis::new(name, 1.5).unwrap();
            let settings = Settings {
                steps,
                axis,
                smoothness: None,
                snr_min: None,
                snr_max: None,
                candidates: None,
                denoise: Denoise::None,
            };
            let made = place(&curve, &settings).unwrap();
            let grids = (0..1_u32 << (n - 2)).filter(|set| set.count_ones() as usize == steps - 1);
            let least = grids
                .map(|set| {
                    let inner = (0..n - 2).filter(|i| set >> i & 1 == 1).map(|i| i + 1);
                    let grid: Vec<f64> = std::iter::once(0).chain(inner).chain([n - 1]).map(|i| points[i].0).collect();
                    axis.cost(&curve, &grid).unwrap()
                })
                .fold(f64::INFINITY, f64::min);
            let smooth = place(&curve, &Settings { smoothness: Some(12.0), ..settings }).unwrap();
            let sigmas = export::sigmas(&made.snrs, End::Append);
            let back = export::from_sigmas(&sigmas).unwrap();
            (made.cost - least).abs() <= OPTIMUM * least.abs()
                && smooth.cost >= least * (1.0 - OPTIMUM)
                && back.iter().zip(&made.snrs).all(|(x, y)| (x / y - 1.0).abs() < ROUND_TRIP)
        })
    }
    let seeded = QuickCheck::new().rng(Gen::from_size_and_seed(100, 0));
    seeded.tests(1000).max_tests(1000).quickcheck(property as fn(RandomLoss) -> bool);
}

/// N(0, c²I), R = ln γ, N = 20,000 candidates: the adaptive grid tends to the arctan law, DDIM's optimum. At K = 200 steps every
/// position is within 1 % of the axis θ = arctan(σ/c).
#[test]
fn the_adaptive_grid_of_a_gaussian_is_the_arctan_law() {
    struct Gaussian(f64);
    impl Curve for Gaussian {
        fn mmse(&self, snr: f64) -> klaim::internals::error::Result<f64> {
            Ok(self.0 / (1.0 + self.0 * snr))
        }
        fn slope(&self, snr: f64) -> klaim::internals::error::Result<f64> {
            Ok(self.mmse(snr)?.powi(2))
        }
    }
    let (std_dev, steps): (f64, usize) = (1.3, 200);
    let curve = Gaussian(std_dev * std_dev);
    let request = Request { steps, snr_min: 1e-3, snr_max: 1e3, total_variance: curve.0, curve: Some(&curve) };
    let adaptive = schedule::grid("las:axis=log,candidates=20000", &request).unwrap();
    let arctan = schedule::grid("arctan:scale=1.3", &request).unwrap();
    let angle = |snr: f64| (std_dev * snr.sqrt()).recip().atan();
    let range = angle(request.snr_min) - angle(request.snr_max);
    for (k, (x, y)) in adaptive.iter().zip(&arctan).enumerate() {
        let off = (angle(*x) - angle(*y)).abs() / range;
        assert!(off < ARCTAN, "step {k}: {off} of the range");
    }
}

/// 100,000 candidates and 100 steps, on a falling and on a noisy curve: the same least cost by hull and tree where both can.
#[test]
fn many_candidates_are_no_trouble() {
    let n = 100_000;
    let axis: Vec<f64> = (0..n).map(|i| -7.0 + 14.0 * f64::from(i) / f64::from(n)).collect();
    let falling: Vec<f64> = axis.iter().map(|x| 1.0 / (1.0 + x.exp())).collect();
    let best = dynamic::best_steps(&falling, &axis, 100).unwrap();
    // A rise where no step would start makes the risks non-monotone and moves nothing.
    let mut bumped = falling.clone();
    bumped[50_001] = 2.0;
    let again = dynamic::best_steps(&bumped, &axis, 100).unwrap();
    let (least, found) = (dynamic::cost(&falling, &axis, &best), dynamic::cost(&falling, &axis, &again));
    assert!((found / least - 1.0).abs() < OPTIMUM, "{found} for {least}");
}

/// Schedules as diffusers, k-diffusion and NumPy read them: the Python tests on this program.
#[test]
#[ignore = "needs python3 with venv and 6 GB of wheels from PyPI; remedy: tests/python/run target/release/klaim"]
fn schedules_serve_other_packages() {
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/run");
    Command::new(run).arg(env!("CARGO_BIN_EXE_klaim")).assert().success();
}
