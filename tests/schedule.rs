//! Schedules from outside: `klaim schedule` and its forms, random loss curves against brute force,
//! the arctan law.
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
use klaim::internals::schedule::loss::{LossCurve, Settings, place};
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
        assert!(
            (sigma[k] * snr[k].sqrt() - 1.0).abs() < ROUND_TRIP
                && (logsnr[k] - snr[k].ln()).abs() < ROUND_TRIP
        );
        let (lo, hi) =
            (value["bands"][k]["lo"].as_f64().unwrap(), value["bands"][k]["hi"].as_f64().unwrap());
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
    let raw = json(
        dir.path(),
        &[&LAS[..], &["--regularize", "raw", "--snr-min", "0.1", "--snr-max", "20"]].concat(),
    );
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
    stdout(
        dir.path(),
        &[&LAS[..], &["--format", "k-diffusion", "--end", "keep", "--out", "a.json"]].concat(),
    );
    stdout(dir.path(), &[&LAS[..], &["--format", "json", "--out", "b.json"]].concat());
    for previous in ["a.json", "b.json", "geometric"] {
        let value = json(dir.path(), &[&LAS[..], &["--previous", previous]].concat());
        let expected = if previous == "geometric" { &value["cost_geometric"] } else { &value["cost"] };
        let (found, expected) = (value["cost_previous"].as_f64().unwrap(), expected.as_f64().unwrap());
        assert!((found / expected - 1.0).abs() < 1e-12, "{previous}: {found} for {expected}");
    }
}

/// E/L = (1 + 1.3γ)/(1 + 2.6γ) falls: its extremes are at the ends.
#[test]
fn an_earlier_loss_says_when_to_optimise_again() {
    let dir = with_loss();
    let snr = |k: i32| (-5.0 + f64::from(k) / 5.0).exp();
    let rows: String = (0..50).map(|k| format!("{},{}\n", snr(k), 2.7 / (1.0 + 2.6 * snr(k)))).collect();
    fs::write(dir.path().join("early.csv"), format!("snr,x0\n{rows}")).unwrap();
    let las = [&LAS[..], &["--denoise", "none", "--previous-loss", "early.csv"]].concat();
    let found = &json(dir.path(), &las)["previous_loss"];
    let ratio = |snr: f64| (1.0 + 1.3 * snr) / (1.0 + 2.6 * snr);
    // No step starts at the last row.
    let expected = ratio(snr(0)) / ratio(snr(48));
    let (at_most, costs) = (found["at_most"].as_f64().unwrap(), found["costs"].as_f64().unwrap());
    assert!((at_most / expected - 1.0).abs() < 1e-9, "{at_most} for {expected}");
    assert!(costs > 1.0 && costs < at_most, "{costs}");
    let text = stdout(dir.path(), &las);
    assert!(text.contains("the schedule of early.csv costs 1.0") && text.contains("at most 1.9"), "{text}");
    let second = [&las[..], &["--smoothness"]].concat();
    assert!(json(dir.path(), &second)["previous_loss"]["at_most"].is_null());
    for (arguments, word) in [
        (
            vec![
                "schedule",
                "geometric",
                "--loss",
                "loss.csv",
                "--steps",
                "6",
                "--previous-loss",
                "early.csv",
            ],
            "las",
        ),
        (
            vec!["schedule", "las", "--source", "bpsk", "--steps", "6", "--previous-loss", "early.csv"],
            "--loss",
        ),
    ] {
        let refused = klaim(dir.path(), &arguments);
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && message.contains(word), "{message}");
    }
}

#[test]
fn every_schedule_of_the_table_is_a_command() {
    let dir = with_loss();
    for schedule in schedule::SCHEDULES.iter() {
        let ends = [
            "schedule",
            schedule.name,
            "--steps",
            "4",
            "--snr-min",
            "0.02",
            "--snr-max",
            "50",
            "--source",
            "bpsk",
        ];
        let value = json(dir.path(), &ends);
        let snr = numbers(&value["snr"]);
        assert!(snr.len() == 5 && snr.is_sorted_by(|a, b| a < b), "{}: {snr:?}", schedule.name);
    }
    let value = json(
        dir.path(),
        &["schedule", "compare", "--loss", "loss.csv", "--steps", "6", "--candidates", "3000"],
    );
    let rows = value["rows"].as_array().unwrap();
    assert_eq!(
        (rows.len(), rows[0]["schedule"].as_str()),
        (schedule::SCHEDULES.iter().count(), Some("las"))
    );
    let costs: Vec<f64> = rows.iter().filter_map(|row| row["cost"].as_f64()).collect();
    assert!(costs.is_sorted() && costs.len() + 1 >= rows.len(), "{costs:?}");
    let bare =
        json(dir.path(), &["schedule", "karras", "--steps", "3", "--snr-min", "0.1", "--snr-max", "9"]);
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
    refused(
        &["schedule", "las", "--steps", "50", "--loss", "loss.csv", "--denoise", "none"],
        &["50 rows", "--candidates N"],
    );
    refused(&[&LAS[..], &["--snr-min", "1e-9"]].concat(), &["--snr-min", "beyond the loss curve"]);
    refused(&[&LAS[..], &["--regularize", "soft"]].concat(), &["--regularize", "softlog"]);
    refused(&[&LAS[..], &["--beta-schedule", "liner"]].concat(), &["did you mean `linear`?"]);
    refused(&["schedule", "geometric", "--steps", "3", "--snr-min", "1"], &["--snr-max", "is needed"]);
    refused(
        &["schedule", "optimal", "--steps", "3", "--snr-min", "1", "--snr-max", "2"],
        &["mmse of the source"],
    );
    refused(
        &["schedule", "compare", "--steps", "3", "--snr-min", "1", "--snr-max", "2"],
        &["needs a curve"],
    );
    refused(&["list", "sources", "--format", "npy"], &["a form of `klaim schedule` alone"]);
}

#[test]
fn the_plot_is_a_picture_of_its_own() {
    let dir = with_loss();
    stdout(dir.path(), &[&LAS[..], &["--plot", "a.svg"]].concat());
    let svg = fs::read_to_string(dir.path().join("a.svg")).unwrap();
    assert!(
        svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.trim_end().ends_with("</svg>")
    );
    // Five inner bands, seven steps.
    assert_eq!((svg.matches("class=\"band\"").count(), svg.matches("<title>σ = ").count()), (5, 7));
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
}

/// Files of loggers and models: what is no noise level is told, SNR 0 is one, and a wrong reading
/// names the right ones.
#[test]
fn logs_and_models_are_read_or_asked_about() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| fs::write(dir.path().join(name), text).unwrap();
    let fails = |arguments: &[&str], words: &[&str]| {
        let output = klaim(dir.path(), arguments);
        let said = String::from_utf8(output.stderr).unwrap().replace('│', " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        words
            .iter()
            .for_each(|word| assert!(said.contains(word), "{arguments:?} does not say `{word}`: {said}"));
    };
    // Of a Gaussian the flow loss is that of a Gaussian in the other direction too.
    let risk = |snr: f64| 0.25 * (1.0 + snr).powf(-1.2);
    let snr = |t: f64| ((1.0 - t) / t).powi(2);
    let flow = |t: f64| (1.0 + snr(t).sqrt()).powi(2) * risk(snr(t));
    let rows =
        |of: &dyn Fn(f64) -> String| -> String { (1..=50).map(|k| of(f64::from(k) / 50.0)).collect() };
    write("wandb.csv", "\"Step\",\"run-7 - val_loss\"\n\"0\",\"0.2\"\n\"500\",\"0.1\"\n".into());
    write("flow.csv", format!("timestep,val_loss\n{}", rows(&|t| format!("{},{}\n", 1000.0 * t, flow(t)))));
    write("back.csv", format!("t,flow\n{}", rows(&|t| format!("{},{}\n", 1.0 - t, flow(t)))));
    write("eps.csv", format!("t,v\n{}", rows(&|t| format!("{},{}\n", t, snr(t).max(1e-9) * risk(snr(t))))));
    let las = |file: &'static str| ["schedule", "las", "--steps", "6", "--loss", file];
    fails(&las("wandb.csv"), &["optimiser step", "examples/record_loss.py"]);
    fails(&las("flow.csv"), &["leaves 2 things open", "--time flow", "is a loss of what?"]);
    fails(
        &[&las("back.csv")[..], &["--model", "flow"]].concat(),
        &["other direction (--direction to-data)"],
    );
    fails(&[&las("eps.csv")[..], &["--time", "flow"]].concat(), &["an error of eps", "--columns t,eps"]);
    fails(&["schedule", "las", "--steps", "6", "--model", "fluxx"], &["did you mean `flux`?"]);
    fails(&["schedule", "ays", "--steps", "6", "--model", "sd15"], &["resample FILE"]);
    let value = json(dir.path(), &[&las("flow.csv")[..], &["--model", "sd3"]].concat());
    assert_eq!((value["snr"][0].as_f64(), value["sigma"][0].as_str()), (Some(0.0), Some("inf")));
    let back =
        json(dir.path(), &[&las("back.csv")[..], &["--model", "flow", "--direction", "to-data"]].concat());
    let (there, back) = (numbers(&value["snr"]), numbers(&back["snr"]));
    assert!(there.iter().zip(&back).all(|(x, y)| (x - y).abs() <= 1e-9 * x), "{there:?} and {back:?}");
    let human = stdout(dir.path(), &[&las("flow.csv")[..], &["--model", "sd3", "--plot", "a.svg"]].concat());
    assert!(human.contains("pipe(prompt, sigmas=[1.0, ") && human.contains("whose shift is 3.0"), "{human}");
    let svg = fs::read_to_string(dir.path().join("a.svg")).unwrap();
    assert!(svg.contains("<title>σ = ∞, SNR 0</title>") && !svg.contains("NaN") && !svg.contains("inf"));
    let comfy =
        stdout(dir.path(), &[&las("flow.csv")[..], &["--model", "sd3", "--format", "comfyui"]].concat());
    let levels: Vec<f64> = comfy.split(',').map(|x| x.trim().parse().unwrap()).collect();
    assert!(
        (levels[0] - 1.0).abs() < 1e-15
            && levels[6] == 0.0
            && levels[5] > 0.0
            && levels.is_sorted_by(|a, b| a > b),
        "{levels:?}"
    );
    let edm = json(dir.path(), &["schedule", "karras", "--steps", "18", "--model", "edm"]);
    let sigma = numbers(&edm["sigma"]);
    assert!((sigma[0] - 80.0).abs() < 1e-12 && (sigma[18] - 0.002).abs() < 1e-12, "{sigma:?}");
    let listed = stdout(dir.path(), &["list", "models"]);
    assert!(listed.lines().count() >= 12 && listed.contains("shift 3.158"), "{listed}");
}

/// A published list of ten steps comes back in every form, is resampled log-linearly, and its
/// rounded ends are those of the curve.
#[test]
fn lists_that_exist_are_converted_and_resampled() {
    let dir = tempfile::tempdir().unwrap();
    let list = [14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029];
    fs::write(dir.path().join("list.json"), serde_json::to_string(&list).unwrap()).unwrap();
    let convert = |from: &str, more: &[&str]| {
        stdout(dir.path(), &[&["schedule", "convert", from, "--end", "keep"][..], more].concat())
    };
    for form in ["json", "k-diffusion", "edm", "comfyui", "a1111", "csv", "diffusers-sigmas", "diffusers"] {
        let file = format!("{form}.{}", if form == "csv" { "csv" } else { "txt" });
        fs::write(dir.path().join(&file), convert("list.json", &["--format", form])).unwrap();
        let back: Vec<f64> = serde_json::from_str(&convert(&file, &["--format", "edm"])).unwrap();
        let same = back.iter().zip(list).all(|(x, y)| (x / y - 1.0).abs() < ROUND_TRIP);
        assert!(back.len() == 11 && same, "{form}: {back:?}");
    }
    let resampled: Vec<f64> = serde_json::from_str(&stdout(
        dir.path(),
        &["schedule", "resample", "list.json", "--steps", "20", "--end", "keep", "--format", "edm"],
    ))
    .unwrap();
    assert_eq!(resampled.len(), 21);
    for (k, found) in resampled.into_iter().enumerate() {
        let (i, half) = (k / 2, k % 2 == 1);
        let expected = if half { f64::sqrt(list[i] * list[i + 1]) } else { list[i] };
        assert!((found / expected - 1.0).abs() < 1e-12, "{k}: {found} for {expected}");
    }
    // The levels at which a model is called come back all, from the command line too.
    let ended = stdout(dir.path(), &["schedule", "convert", "14.6,3.7,0.5,0.03,0", "--format", "edm"]);
    assert_eq!(serde_json::from_str::<Vec<f64>>(&ended).unwrap().len(), 5, "{ended}");
    let replaced = ["schedule", "convert", "14.6,3.7,0.5,0.03,0", "--format", "edm", "--end", "zero"];
    assert_eq!(serde_json::from_str::<Vec<f64>>(&stdout(dir.path(), &replaced)).unwrap().len(), 4);
    for strange in ["14.6,3.7,nan,0.03,0", "14.6,-3.7,0.03", "14.6,0,3.7,0.03"] {
        let output = klaim(dir.path(), &["schedule", "convert", strange]);
        assert_eq!(output.status.code(), Some(2), "{strange}");
    }
    let told = ["schedule", "simple", "--model", "flux", "--steps", "5", "--format", "diffusers"];
    fs::write(dir.path().join("flux.json"), stdout(dir.path(), &told)).unwrap();
    let back = ["schedule", "convert", "flux.json", "--model", "flux", "--format", "comfyui"];
    assert_eq!(stdout(dir.path(), &back).matches(',').count(), 5, "five evaluations and the 0");
    let row = |t: usize| format!("{t},{}\n", 1.0 / (1.0 + 0.002 * t as f64));
    let rows: String = (0..1000).step_by(10).chain([999]).map(row).collect();
    fs::write(dir.path().join("loss.csv"), format!("timestep,eps\n{rows}")).unwrap();
    let value = json(
        dir.path(),
        &[
            "schedule",
            "las",
            "--loss",
            "loss.csv",
            "--model",
            "sd15",
            "--steps",
            "10",
            "--previous",
            "list.json",
        ],
    );
    assert!(value["cost_previous"].as_f64() > value["cost"].as_f64(), "{value}");
}

/// Random rules, steps, ends, forms and β tables through the program: the σ that are written come
/// back to the bit, and SNRs from the forms that hold them; of a flow's times to what they tell of
/// σ. Every number of steps is tried in `cli::schedule::tests`.
#[test]
fn three_hundred_round_trips_are_exact() {
    let dir = tempfile::tempdir().unwrap();
    let rules =
        ["geometric", "karras", "arctan", "flow:shift=3", "scaled-linear", "cosine", "linear-beta", "beta"];
    let forms =
        ["json", "k-diffusion", "edm", "comfyui", "a1111", "csv", "npy", "diffusers", "diffusers-sigmas"];
    let models = ["sd15", "ddpm", "cosine", "edm", "sd3"];
    let mut random = 1_u64;
    let mut pick = |n: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % n
    };
    for case in 0..300 {
        let (rule, form, model) = (rules[pick(8)], forms[pick(9)], models[pick(5)]);
        // The first cases have every number of steps up to the most that a form was asked for.
        let steps = [1, 2, 3, 10, 49, 250, 1000][if case < 7 { case } else { pick(7) }];
        let steps = if form == "diffusers" { steps.min(250) } else { steps }.to_string();
        let end = ["append", "keep"][pick(2)];
        let made = [
            "schedule",
            rule,
            "--steps",
            &steps,
            "--model",
            model,
            "--sigma-max",
            "12",
            "--sigma-min",
            "0.05",
        ];
        let made = [&made[..], &["--end", end]].concat();
        let made_json = json(dir.path(), &made);
        let file = format!(
            "list.{}",
            match form {
                "npy" => "npy",
                "csv" => "csv",
                _ => "json",
            }
        );
        stdout(dir.path(), &[&made[..], &["--format", form, "--out", &file]].concat());
        // The levels that a flow is told before its shift are no levels.
        if form == "diffusers-sigmas" && model == "sd3" {
            continue;
        }
        let back = json(dir.path(), &["schedule", "convert", &file, "--model", model, "--end", "keep"]);
        let what = format!("{rule} {steps} {form} {model} {end}");
        let snrs = matches!(form, "json" | "csv");
        for (key, exact) in [("snr", snrs), ("sigma", snrs || model != "sd3")] {
            let (back, expected) = (numbers(&back[key]), numbers(&made_json[key]));
            assert_eq!(back.len(), expected.len(), "{what}");
            for (x, y) in back.iter().zip(&expected) {
                let same = if exact { x.to_bits() == y.to_bits() } else { (x / y - 1.0).abs() < 1e-13 };
                assert!(same, "{what}, {key}: {x:?} for {y:?}");
            }
        }
    }
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

/// On 1,000 random curves and every axis, the plan is a grid of rows that no other grid of rows
/// undercuts; its exports come back; Algorithm 2 costs no less.
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
            let settings = Settings::new(steps, axis);
            let made = place(&curve, &settings).unwrap();
            let grids = (0..1_u32 << (n - 2)).filter(|set| set.count_ones() as usize == steps - 1);
            let least = grids
                .map(|set| {
                    let inner = (0..n - 2).filter(|i| set >> i & 1 == 1).map(|i| i + 1);
                    let grid: Vec<f64> =
                        std::iter::once(0).chain(inner).chain([n - 1]).map(|i| points[i].0).collect();
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

/// N(0, c²I), R = ln γ, N = 20,000 candidates: the adaptive grid tends to the arctan law, DDIM's
/// optimum. At K = 200 steps every position is within 1 % of the axis θ = arctan(σ/c).
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
    let request =
        Request { steps, snr_min: 1e-3, snr_max: 1e3, total_variance: curve.0, curve: Some(&curve) };
    let adaptive = schedule::grid("las:axis=log,candidates=20000", &request).unwrap();
    let arctan = schedule::grid("arctan:scale=1.3", &request).unwrap();
    let angle = |snr: f64| (std_dev * snr.sqrt()).recip().atan();
    let range = angle(request.snr_min) - angle(request.snr_max);
    for (k, (x, y)) in adaptive.iter().zip(&arctan).enumerate() {
        let off = (angle(*x) - angle(*y)).abs() / range;
        assert!(off < ARCTAN, "step {k}: {off} of the range");
    }
}

/// 100,000 candidates and 100 steps, on a falling and on a noisy curve: the same least cost by hull
/// and tree where both can.
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
