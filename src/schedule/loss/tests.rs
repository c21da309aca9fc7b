//! Reading: one curve through every axis and parametrisation, the questions, and schedules from
//! curves.

use std::fs;

use super::*;
use crate::channel::curve::Curve;
use crate::numeric::stream::Stream;
use crate::schedule::StepAxis;
use crate::schedule::loss::certificate::certify;
use crate::schedule::{Request, grid};

/// A conversion of the axis and one of the loss: a few roundings, times the 1e4 of the largest SNR.
const CONVERTED: f64 = 1e-10;

fn read_whole(text: &str, reading: &Reading) -> Result<LossFile> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("loss.csv");
    fs::write(&path, text).unwrap();
    read(&path, reading)
}

fn read_text(text: &str, reading: &Reading) -> Result<LossCurve> {
    read_whole(text, reading).map(|file| file.curve)
}

fn refusal(text: &str, reading: &Reading) -> String {
    read_text(text, reading).err().expect(text).to_string()
}

/// L = 0.9/(1 + 1.3γ) on some SNRs: what every file below says in its own words.
fn risk(snr: f64) -> f64 {
    0.9 / (1.0 + 1.3 * snr)
}

const SNRS: [f64; 6] = [0.0123, 0.2, 0.9, 3.7, 60.0, 4000.0];

fn table(axis: &str, loss: &str, to_axis: impl Fn(f64) -> f64, to_loss: impl Fn(f64) -> f64) -> String {
    let row = |snr: f64| format!("{:?},{:?}\n", to_axis(snr), to_loss(snr));
    format!("{axis},{loss}\n{}", SNRS.map(row).concat())
}

fn assert_is_the_curve(text: &str, reading: &Reading) {
    let curve = read_text(text, reading).unwrap_or_else(|error| panic!("{error}\n{text}"));
    for (point, snr) in curve.points().iter().zip(SNRS) {
        assert!((point.snr / snr - 1.0).abs() < CONVERTED, "{text}: snr {} for {snr}", point.snr);
        assert!(
            (point.risk / risk(snr) - 1.0).abs() < CONVERTED,
            "{text}: risk {} for {}",
            point.risk,
            risk(snr)
        );
    }
}

/// Every axis column says the same SNRs; inverses of the conversions written out anew.
#[test]
fn every_axis_says_the_same() {
    let said = Reading::default();
    let alpha_bar = |snr: f64| snr / (1.0 + snr);
    // −ln ᾱ = ½t²·19.9 + 0.1t, solved for t.
    let linear_beta = |snr: f64| ((0.01 - 2.0 * 19.9 * alpha_bar(snr).ln()).sqrt() - 0.1) / 19.9;
    let ratio = |snr: f64| snr.powf(-0.5);
    let flow = |snr: f64| 1.0 / (1.0 + snr.sqrt());
    let cosine = |snr: f64| {
        let start = std::f64::consts::FRAC_PI_2 * 0.008 / 1.008;
        let angle = (start.cos() * alpha_bar(snr).sqrt()).acos();
        angle / std::f64::consts::FRAC_PI_2 * 1.008 - 0.008
    };
    for (axis, convert, reading) in [
        ("snr", &(|snr| snr) as &dyn Fn(f64) -> f64, said.clone()),
        ("LogSNR", &f64::ln, said.clone()),
        ("half_logsnr", &|snr| 0.5 * snr.ln(), said.clone()),
        ("sigma", &ratio, said.clone()),
        ("sigma", &ratio, Reading { sigma: Some(Sigma::Ratio), ..said.clone() }),
        ("sigma", &|snr| (1.0 + snr).powf(-0.5), Reading { sigma: Some(Sigma::Vp), ..said.clone() }),
        ("sigma", &flow, Reading { sigma: Some(Sigma::Flow), ..said.clone() }),
        ("alpha_bar", &alpha_bar, said.clone()),
        ("t", &flow, Reading { time: Some(Time::Flow), ..said.clone() }),
        ("t", &ratio, Reading { time: Some(Time::Edm), ..said.clone() }),
        ("t", &linear_beta, Reading { time: Some(Time::LinearBeta), ..said.clone() }),
        ("t", &cosine, Reading { time: Some(Time::Cosine), ..said.clone() }),
    ] {
        assert_is_the_curve(&table(axis, "x0", convert, risk), &reading);
    }
}

/// The risks of all parametrisations, each by its definition: x_t = αX + σε and the same error of X
/// in all of them.
#[test]
fn every_loss_says_the_same() {
    let said = Reading::default();
    let vp = |snr: f64| ((snr / (1.0 + snr)).sqrt(), (1.0 + snr).powf(-0.5));
    // Error e of X: of ε it is αe/σ, of v = αε − σX (α²/σ + σ)e = e/σ, of the score αe/σ².
    let eps = |snr: f64| risk(snr) * (vp(snr).0 / vp(snr).1).powi(2);
    let v = |snr: f64| risk(snr) / vp(snr).1.powi(2);
    let score = |snr: f64| risk(snr) * (vp(snr).0 / vp(snr).1.powi(2)).powi(2);
    let score_ve = |snr: f64| risk(snr) * (1.0 / (1.0 / snr)).powi(2);
    // x_t = (1 − t)X + tε: ε − X = (x_t − X)/t.
    let flow = |snr: f64| risk(snr) * (1.0 + snr.sqrt()).powi(2);
    let parametrization = |p| Reading { parametrization: Some(p), ..said.clone() };
    let process = |p| Reading { process: Some(p), ..said.clone() };
    let weighting = |text| Reading { weighting: Some(Weighting::parse(text).unwrap()), ..said.clone() };
    let edm = |snr: f64| (1.0 / snr + 0.25) / (1.0 / snr * 0.25) * risk(snr);
    for (name, loss, reading) in [
        ("eps", &eps as &dyn Fn(f64) -> f64, said.clone()),
        ("epsilon", &eps, said.clone()),
        ("loss", &eps, parametrization(Parametrization::Eps)),
        ("v", &v, said.clone()),
        ("score", &score, process(Process::Vp)),
        ("score", &score_ve, process(Process::Ve)),
        ("flow", &flow, said.clone()),
        ("x0", &edm, weighting("edm")),
        ("eps", &|snr| snr.min(5.0) * risk(snr), weighting("min-snr:5")),
        ("v", &|snr| snr * risk(snr), weighting("snr")),
    ] {
        assert_is_the_curve(&table("snr", name, |snr| snr, loss), &reading);
    }
    let weighted = "snr,x0,weight\n0.1,3,2\n1,2,4\n10,0.5,5\n";
    let reading = Reading { weighting: Some(Weighting::Column), ..said.clone() };
    let risks: Vec<f64> = read_text(weighted, &reading).unwrap().points().iter().map(|p| p.risk).collect();
    assert_eq!(risks, [1.5, 0.5, 0.1]);
}

#[test]
fn timesteps_are_those_of_the_named_schedule() {
    let reading = Reading { betas: Some(BetaTable::parse("scaled-linear").unwrap()), ..Reading::default() };
    let curve = read_text("timestep,eps\n999,1\n500,0.5\n0,0.01\n", &reading).unwrap();
    // The published σ of Stable Diffusion's ends.
    let (first, last) = curve.ends();
    assert!((first.powf(-0.5) - 14.6146).abs() < 1e-4 && (last.powf(-0.5) - 0.0292).abs() < 1e-4);
    for (text, words) in [
        ("timestep,eps\n1000,1\n500,0.5\n0,0.01\n", "line 2, column `timestep`: 1000 is no timestep"),
        ("timestep,eps\n999,1\n500.5,0.5\n0,0.01\n", "line 3, column `timestep`: 500.5 is no timestep"),
    ] {
        assert!(refusal(text, &reading).contains(words), "{}", refusal(text, &reading));
    }
}

#[test]
fn errors_come_from_where_they_are_said() {
    let said = Reading::default();
    let rows = |header: &str, rest: &str| {
        let row = |k: i32| format!("{},{}{rest}\n", f64::from(k) + 1.0, risk(f64::from(k)));
        format!("snr,x0{header}\n{}", (0..9).map(row).collect::<String>())
    };
    let first = |text: &str| {
        let curve = read_text(text, &said).unwrap();
        (curve.noise(), curve.rel_errs()[0] * curve.points()[0].risk)
    };
    let near = |(noise, found): (Noise, f64), expected: f64| {
        assert!(
            noise == Noise::Stated && (found / expected - 1.0).abs() < CONVERTED,
            "{found} for {expected}"
        );
    };
    near(first(&rows(",std_err", ",0.01")), 0.01);
    near(first(&rows(",stderr,count", ",0.01,7")), 0.01);
    near(first(&rows(",std_dev,count", ",0.3,900")), 0.01);
    assert_eq!(first(&rows(",count", ",900")).0, Noise::Roughness);
    assert_eq!(read_text("snr,x0\n1,1\n2,0.5\n3,0.4\n", &said).unwrap().noise(), Noise::Unknown);
    assert!(refusal(&rows(",std_dev", ",0.3"), &said).contains("no `count`"));
    assert!(refusal(&rows(",std_err", ",-1"), &said).contains("-1 is not a size"));
    assert!(refusal(&rows(",count", ",0"), &said).contains("0 is not a count"));
    assert!(refusal(&rows(",std_errr", ",1"), &said).contains("did you mean `std_err`?"));
    // Other columns are the file's own business.
    assert!(read_text(&rows(",note", ",hello"), &said).is_ok());
}

#[test]
fn what_is_ambiguous_is_asked() {
    let said = Reading::default();
    for (text, words) in [
        ("a,b\n1,2\n", "has no axis column: name one of `snr`, `logsnr`"),
        ("snrs,x0\n1,2\n", "is `snrs` meant to be `snr`?"),
        ("snr,sigma,x0\n1,1,2\n", "several axis columns, `snr`, `sigma`: which one? Say --axis snr"),
        ("snr,b\n1,2\n", "has no loss column"),
        ("snr,x0,eps\n1,2,2\n", "several loss columns, `x0`, `eps`: which one? Say --loss-column x0"),
        ("snr,loss\n1,2\n", "is a loss of what? Say --parametrization"),
        ("snr,score\n1,2\n", "say --process vp"),
        ("lambda,x0\n1,2\n", "is it ½ ln(α²/σ²), as in DPM-Solver"),
        ("gamma,x0\n1,2\n", "or its negative logarithm, as in VDM"),
        ("sigma,x0\n0.5,2\n0.2,1\n0.1,1\n", "say --sigma ratio"),
        ("t,x0\n0.5,2\n", "which noise belongs to it? Say --time"),
        ("timestep,x0\n5,2\n", "of which β schedule? Say --beta-schedule linear"),
        ("snr,x0,weight\n1,2,1\n", "is the loss already multiplied by it (say --weighting column"),
        ("snr,x0\n1,2\n-1,2\n", "line 3, column `snr`: -1 is no noise level"),
        ("snr,x0\n1,2\n2,0\n", "line 3, column `x0`: the loss 0 is not above 0"),
        ("snr,x0\n1,2\n2,one\n", "line 3, column `x0`: `one` is not a number"),
        ("snr,x0\n1,2\n2,1\n", "has 2 distinct noise levels"),
    ] {
        let said = refusal(text, &said);
        assert!(said.contains(words), "{text}: {said}");
    }
    let named = |axis: &str| Reading { axis: Some(axis.into()), ..Reading::default() };
    assert!(refusal("snr,x0\n1,2\n", &named("snt")).contains("did you mean `snr`?"));
    assert!(refusal("g,x0\n1,2\n", &named("g")).contains("is it an SNR, a σ, a time?"));
    let told = Reading { parametrization: Some(Parametrization::V), ..Reading::default() };
    assert!(refusal("snr,eps\n1,2\n", &told).contains("which is it?"));
    let flow = Reading { time: Some(Time::Flow), ..Reading::default() };
    assert!(refusal("t,x0\n500,2\n", &flow).contains("are these timesteps"));
}

/// A curve on 300 SNRs, with or without noise.
fn curve(noise: f64) -> LossCurve {
    let snr = |k: usize| (-5.0 + 11.0 * k as f64 / 299.0_f64).exp();
    let point =
        |k: usize| curve::LossPoint { snr: snr(k), risk: risk(snr(k)), rel_err: Some(noise), count: None };
    let exact = LossCurve::new((0..300).map(point).collect()).unwrap();
    if noise > 0.0 { exact.perturbed(&Stream::named(1, "loss test"), 0) } else { exact }
}

/// The plan on rows is near the schedule on the curve itself, whose grid costs no more.
#[test]
fn a_plan_is_the_schedule_of_its_curve() {
    let curve = curve(0.0);
    let (snr_min, snr_max) = curve.ends();
    for name in StepAxis::NAMES {
        let axis = StepAxis::new(name, 1.5).unwrap();
        let request = Request { steps: 8, snr_min, snr_max, total_variance: 1.0, curve: Some(&curve) };
        let best = grid(&format!("las:axis={name}"), &request).unwrap();
        let least = axis.cost(&curve, &best).unwrap();
        let rows = place(&curve, &Settings::new(8, axis)).unwrap();
        let many = place(&curve, &Settings { candidates: Some(30_000), ..Settings::new(8, axis) }).unwrap();
        let excess = |cost: f64| cost / least - 1.0;
        assert!(excess(many.cost) > -1e-9 && excess(many.cost) < 1e-6, "{name}: {}", excess(many.cost));
        assert!(excess(rows.cost) > -1e-9 && excess(rows.cost) < 1e-2, "{name}: {}", excess(rows.cost));
        assert!(excess(many.cost) <= excess(rows.cost));
    }
}

/// Certificates of a curve with closed forms: L = v/(1 + cγ)… on the raw axis, ∫ L and (∫ √|L′|)²
/// by hand.
#[test]
fn certificates_are_the_closed_forms() {
    let curve = curve(0.0);
    let (lo, hi) = curve.ends();
    let asked = Settings { candidates: Some(30_000), ..Settings::new(9, StepAxis::Raw) };
    let certificate =
        certify(&curve, &asked, &place(&curve, &asked).unwrap(), Some(&[lo, 1.0, hi])).unwrap();
    let floor = 0.9 / 1.3 * ((1.0 + 1.3 * hi) / (1.0 + 1.3 * lo)).ln();
    assert!((certificate.floor / floor - 1.0).abs() < 1e-5, "{} for {floor}", certificate.floor);
    // √|L′| = √(0.9·1.3)/(1 + 1.3γ).
    let length = (0.9_f64 * 1.3).sqrt() / 0.9 * floor;
    let limit = floor + length * length / 18.0;
    assert!((certificate.limit / limit - 1.0).abs() < 1e-3, "{} for {limit}", certificate.limit);
    let previous = risk(lo) * (1.0 - lo) + risk(1.0) * (hi - 1.0);
    assert!((certificate.previous.unwrap() / previous - 1.0).abs() < 1e-5);
    // For this curve the two grids are one in the limit of many candidates.
    assert!((certificate.cost / certificate.root_slope.unwrap() - 1.0).abs() < 1e-6, "{certificate:?}");
    assert!(certificate.root_slope.unwrap() < certificate.geometric, "{certificate:?}");
    assert!(certificate.isotonic.is_none() && certificate.enumerated.is_none());
}

/// 12 candidates, 5 steps: 210 grids, counted and none better.
#[test]
fn small_cases_are_enumerated() {
    let curve = curve(0.05);
    let asked = Settings { candidates: Some(12), ..Settings::new(5, StepAxis::Log) };
    let made = place(&curve, &asked).unwrap();
    assert_eq!(certify(&curve, &asked, &made, None).unwrap().enumerated, Some(210));
    let one = Settings { steps: 1, ..asked };
    assert_eq!(certify(&curve, &one, &place(&curve, &one).unwrap(), None).unwrap().enumerated, Some(1));
}

/// Bands hold the steps of the true curve, shrink with the noise, and noise that matters is said
/// to.
#[test]
fn bands_cover_and_warnings_come_with_noise() {
    let asked = Settings { candidates: Some(4000), ..Settings::new(6, StepAxis::Log) };
    let truth = place(&curve(0.0), &asked).unwrap().snrs;
    let width = |noise: f64| {
        let noisy = curve(noise);
        let made = place(&noisy, &asked).unwrap();
        let bands = bands::bands(&noisy, &asked, &made, 0).unwrap().unwrap();
        assert_eq!(
            (bands.steps[0].0.to_bits(), bands.steps[6].1.to_bits()),
            (truth[0].to_bits(), truth[6].to_bits())
        );
        let inside =
            (1..6).filter(|&k| bands.steps[k].0 <= truth[k] && truth[k] <= bands.steps[k].1).count();
        let said = bands::warnings(&noisy, &asked, &made, Some(&bands)).join("; ");
        ((1..6).map(|k| (bands.steps[k].1 / bands.steps[k].0).ln()).sum::<f64>(), inside, said, bands.gain)
    };
    let (little, much, absurd) = (width(0.002), width(0.01), width(2.0));
    // Two of five inner steps missed would be a probability of 2e-2 at 95 % each if they were
    // independent.
    assert!(little.1 >= 4 && much.1 >= 4, "{} and {}", little.1, much.1);
    assert!(little.0 < much.0 && much.0 < absurd.0, "{} {} {}", little.0, much.0, absurd.0);
    assert!(little.3.1 > 0.0 && !little.2.contains("too noisy"), "{}", little.2);
    assert!(absurd.2.contains("too noisy") && absurd.2.contains("bands wider"), "{}", absurd.2);
}

#[test]
fn too_few_rows_are_said_to_place_the_steps() {
    let few = LossCurve::new(
        (0..9)
            .map(|k| 2.0_f64.powi(k))
            .map(|snr| curve::LossPoint { snr, risk: risk(snr), rel_err: Some(1e-3), count: None })
            .collect(),
    );
    let few = few.unwrap();
    let asked = Settings::new(7, StepAxis::Log);
    let said = bands::warnings(&few, &asked, &place(&few, &asked).unwrap(), None).join("; ");
    assert!(said.contains("too coarse") && said.contains("nothing is known of the noise"), "{said}");
    assert!(
        place(&few, &Settings::new(9, StepAxis::Log)).unwrap_err().to_string().contains("--candidates N")
    );
    assert!(place(&few, &Settings { snr_min: Some(0.5), ..asked }).is_err());
    assert!(
        place(&few, &Settings { snr_max: Some(0.5), ..asked })
            .unwrap_err()
            .to_string()
            .contains("snr_min < snr_max")
    );
}

/// Printed, not asserted:
/// `cargo test --release --lib loss::tests::coverage -- --ignored --nocapture`.
#[test]
#[ignore = "prints coverage"]
fn coverage() {
    let truth = place(&curve(0.0), &Settings { candidates: Some(3000), ..Settings::new(6, StepAxis::Log) })
        .unwrap()
        .snrs;
    let exact: Vec<(f64, f64)> = curve(0.0).points().iter().map(|p| (p.snr, p.risk)).collect();
    for noise in [0.01, 0.05, 0.2] {
        let point =
            |&(snr, risk): &(f64, f64)| curve::LossPoint { snr, risk, rel_err: Some(noise), count: None };
        let known = LossCurve::new(exact.iter().map(point).collect()).unwrap();
        for denoise in [Denoise::None, Denoise::Isotonic, Denoise::Smooth] {
            let asked = Settings { denoise, ..Settings::new(6, StepAxis::Log) };
            let (mut hits, mut width, mut off) = ([0; 5], 0.0, 0.0);
            for replicate in 0..100 {
                let noisy = known.perturbed(&Stream::named(1, "coverage"), replicate);
                let made = place(&noisy, &asked).unwrap();
                let bands = bands::bands(&noisy, &asked, &made, 0).unwrap().unwrap();
                for k in 1..6 {
                    let (lo, hi) = bands.steps[k];
                    hits[k - 1] += usize::from(lo <= truth[k] && truth[k] <= hi);
                    width += (hi / lo).ln() / 500.0;
                    off += (made.snrs[k] / truth[k]).ln().abs() / 500.0;
                }
            }
            println!("{noise} {denoise:?}: {hits:?} of 100, width {width:.3}, off {off:.3}");
        }
    }
}

/// SNR 0 is a noise level: on every axis of steps the grid starts there, excess and floor are
/// finite and compare.
#[test]
fn pure_noise_is_a_noise_level() {
    let row = |k: i32| {
        let t = f64::from(k) / 100.0;
        let snr = ((1.0 - t) / t).powi(2);
        format!("{t},{:?}\n", (1.0 + snr.sqrt()).powi(2) * risk(snr))
    };
    let reading = Reading { time: Some(Time::Flow), ..Reading::default() };
    let text = format!("t,flow\n{}", (1..=100).map(row).collect::<String>());
    let curve = read_text(&text, &reading).unwrap();
    assert_eq!(curve.ends().0.to_bits(), 0);
    for snr in [0.0, 1e-7, 1e-5, 0.01, 3.0] {
        let (found, expected) = (curve.mmse(snr).unwrap(), risk(snr));
        assert!((found / expected - 1.0).abs() < 1e-4, "{found} for {expected} at {snr}");
    }
    for axis in [StepAxis::Raw, StepAxis::Log, StepAxis::SoftLog(1.5), StepAxis::Power(1.5)] {
        for (smoothness, candidates) in [(None, None), (None, Some(500)), (Some(12.0), None)] {
            let asked = Settings { smoothness, candidates, ..Settings::new(8, axis) };
            let made = place(&curve, &asked).unwrap();
            assert!(made.snrs[0] == 0.0 && made.snrs.is_sorted_by(|a, b| a < b), "{:?}", made.snrs);
            let certificate = certify(&curve, &asked, &made, None).unwrap();
            let (own, even) = (certificate.excess(made.cost), certificate.excess(certificate.geometric));
            assert!(own > 0.0 && own.is_finite() && even > 0.0, "{axis}: {own} and {even}");
            assert!(smoothness.is_some() || candidates.is_none() || own <= even, "{axis}: {own} for {even}");
        }
    }
    // On ln γ the optimum for N(0, c²) is uniform in the angle as K grows, from pure noise on too.
    let asked = Settings { candidates: Some(20_000), ..Settings::new(100, StepAxis::Log) };
    let angle = |snr: f64| (1.3 * snr).sqrt().atan();
    let grid = place(&curve, &asked).unwrap().snrs;
    let range = angle(grid[100]);
    for (k, &snr) in grid.iter().enumerate() {
        assert!((angle(snr) / range - k as f64 / 100.0).abs() < 0.02, "step {k}: {}", angle(snr) / range);
    }
    // Without noise no step starts; of an error of the noise nothing follows where there is nothing
    // else.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("loss.csv");
    fs::write(&path, "sigma,eps\ninf,1\n3,0.9\n1,0.5\n0.3,0.2\n0,0.1\n").unwrap();
    let file = read(&path, &Reading::default()).unwrap();
    assert_eq!((file.curve.points().len(), file.notes.len()), (3, 2));
}

#[test]
fn what_cannot_be_a_risk_is_refused_with_what_could() {
    let rows = |loss: &dyn Fn(f64) -> f64| -> String {
        (1..100)
            .map(|k| f64::from(k) / 100.0)
            .map(|t| format!("{t},{:?}\n", loss(((1.0 - t) / t).powi(2))))
            .collect()
    };
    // Of a Gaussian the flow loss is that of a Gaussian in the other direction too.
    let flow = |snr: f64| (1.0 + snr.sqrt()).powi(2) * 0.25 * (1.0 + snr).powf(-1.2);
    let eps = |snr: f64| snr * risk(snr);
    let time = Reading { time: Some(Time::Flow), ..Reading::default() };
    let said = refusal(&format!("t,v\n{}", rows(&eps)), &time);
    assert!(said.contains("cannot be the risk of a denoiser") && said.contains("an error of eps"), "{said}");
    assert!(said.contains("--columns t,eps"), "{said}");
    let told = Reading { parametrization: Some(Parametrization::X0), ..time.clone() };
    let said = refusal(&format!("t,loss\n{}", rows(&eps)), &told);
    assert!(said.contains("--parametrization eps"), "{said}");
    let back = Reading { direction: Some(Direction::ToData), ..time.clone() };
    let said = refusal(&format!("t,flow\n{}", rows(&flow)), &back);
    assert!(said.contains("the other direction (--direction to-noise)"), "{said}");
    assert!(read_text(&format!("t,flow\n{}", rows(&flow)), &time).is_ok());
}

/// Timesteps that run the other way make a risk that falls, too, but from a law as large as the
/// noise; those of another β table make none.
#[test]
fn timesteps_of_another_way_or_table_are_told() {
    let linear = BetaTable::parse("linear").unwrap();
    let rows = |label: &dyn Fn(usize) -> usize| -> String {
        let row = |t: usize| {
            let snr = linear.snr(t);
            format!("{},{:?}\n", label(t), snr * (0.7 / (1.0 + snr) + 0.3 / (1.0 + 0.001 * snr)))
        };
        (0..1000).step_by(21).map(row).collect::<String>()
    };
    let of = |betas: &str| Reading { betas: Some(BetaTable::parse(betas).unwrap()), ..Reading::default() };
    let straight = format!("timestep,eps\n{}", rows(&|t| t));
    assert!(read_whole(&straight, &of("linear")).unwrap().notes.is_empty());
    let turned = read_whole(&format!("timestep,eps\n{}", rows(&|t| 999 - t)), &of("linear")).unwrap();
    assert!(turned.notes[0].contains("does time run the other way (--direction)"), "{:?}", turned.notes);
    let said = refusal(&straight, &of("scaled-linear"));
    assert!(said.contains("(--beta-schedule linear)") && !said.contains("--direction"), "{said}");
    // A `t` of whole numbers is a timestep where the table is known.
    let short = straight.replace("timestep", "t");
    assert!(read_text(&short, &of("linear")).is_ok());
    assert!(refusal(&short, &Reading::default()).contains("is a time"));
}

#[test]
fn logs_by_optimiser_step_are_told_and_exports_of_loggers_read() {
    let said = Reading::default();
    for header in
        ["Step,run-7 - val_loss", "epoch,step,train_loss,val_loss", "Wall time,Step,Value", "global_step,x0"]
    {
        let cells = header.split(',').map(|_| "1").collect::<Vec<_>>().join(",");
        let said = refusal(&format!("{header}\n{cells}\n"), &said);
        assert!(said.contains("optimiser step"), "{header}: {said}");
    }
    let text = "run-7 - noise/sigma,run-7 - eval/eps_loss,run-7 - eval/eps_loss__MIN,run-7 - eval/eps_loss__MAX\n\
                3,0.9,0.8,1\n1,0.5,0.4,0.6\n0.3,0.2,0.1,0.3\n";
    let risk = read_text(text, &said).unwrap().points()[2].risk;
    assert!((risk / (0.2 * 0.3 * 0.3) - 1.0).abs() < CONVERTED, "{risk}");
    let rows = "0,1\n0.5,0.5\n1,0.2\n";
    let log_sigma = read_text(&format!("log_sigma,x0\n{}", "1,1\n0,0.5\n-1,0.2\n"), &said).unwrap();
    assert!((log_sigma.points()[2].snr - 2.0_f64.exp()).abs() < 1e-12);
    // All that is open is asked at once.
    let questions = refusal(&format!("t,val_loss\n{rows}"), &said);
    assert!(questions.contains("leaves 2 things open"), "{questions}");
    assert!(
        questions.contains("which noise belongs to it?") && questions.contains("is a loss of what?"),
        "{questions}"
    );
}

/// A column for each noise level and a row for each optimiser step: the last row that has a number,
/// the level from the name, what the name leaves open asked.
#[test]
fn exports_with_a_column_for_each_noise_level_are_read() {
    let levels = [3.0, 1.0, 0.3, 0.1];
    let header = |name: &dyn Fn(f64) -> String| -> String {
        let columns = levels.map(|sigma| {
            let name = name(sigma);
            format!(",\"{name}\",\"{name}__MIN\",\"{name}__MAX\"")
        });
        format!("Step{}\n", columns.concat())
    };
    let row = |step: u32, factor: f64, last: bool| -> String {
        let loss = |sigma: &f64| factor * risk(sigma.powi(-2)) / sigma.powi(2);
        let cell = |sigma: &f64| match last || *sigma > 0.2 {
            true => format!(",{:?},0,9", loss(sigma)),
            false => ",,,".to_owned(),
        };
        format!("{step}{}\n", levels.iter().map(cell).collect::<String>())
    };
    let rows = row(100, 3.0, true) + &row(200, 2.0, true) + &row(300, 1.0, false) + "400,,,,,,,,,,,,\n";
    let expected = |curve: &LossCurve| {
        for (point, sigma) in curve.points().iter().zip(levels) {
            // The last level was not logged at step 300.
            let factor = if sigma > 0.2 { 1.0 } else { 2.0 };
            assert!((point.snr * sigma * sigma - 1.0).abs() < CONVERTED, "{point:?}");
            assert!((point.risk / (factor * risk(point.snr)) - 1.0).abs() < CONVERTED, "{point:?}");
        }
    };
    let text = header(&|sigma| format!("run - val/eps_loss_sigma_{sigma}")) + &rows;
    expected(&read_text(&text, &Reading::default()).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("loss.csv");
    fs::write(&path, &text).unwrap();
    let notes = read(&path, &Reading::default()).unwrap().notes.join("; ");
    assert!(notes.contains("4 noise levels") && notes.contains("`Step` 300"), "{notes}");
    // Two things are open, asked at once; told, it is the same curve.
    let text = header(&|sigma| format!("loss/bin_{sigma}")) + &rows;
    let asked = refusal(&text, &Reading::default());
    assert!(asked.contains("leaves 2 things open") && asked.contains("--axis sigma"), "{asked}");
    assert!(asked.contains("is a loss of what?"), "{asked}");
    let told = Reading {
        axis: Some("sigma".into()),
        parametrization: Some(Parametrization::Eps),
        ..Reading::default()
    };
    expected(&read_text(&text, &told).unwrap());
    // A long file's column `bin` is told in the same words.
    let long = levels.map(|sigma| format!("{sigma},{:?}\n", risk(sigma.powi(-2)))).concat();
    let sigma = Reading { axis: Some("sigma".into()), ..Reading::default() };
    let curve = read_text(&format!("bin,x0\n{long}"), &sigma).unwrap();
    assert!((curve.points()[0].snr * 9.0 - 1.0).abs() < CONVERTED);
    assert!(refusal(&format!("bin,x0\n{long}"), &Reading::default()).contains("--axis sigma"));
    // Training and validation by noise level: which?
    let both = header(&|sigma| format!("eps_loss_sigma_{sigma}"));
    let both = both.trim_end().to_owned() + &header(&|sigma| format!("val/eps_loss_sigma_{sigma}"))[4..];
    let cells = ",1,1,1".repeat(8);
    let asked = refusal(&format!("{both}1{cells}\n"), &Reading::default());
    assert!(asked.contains("`eps_loss` by sigma") && asked.contains("--loss-column"), "{asked}");
}

/// The loss of N(0, 1) under (1 − t)X + tε is the same function of 1 − t: both directions fall, and
/// the reader is told so, unless a direction is said.
#[test]
fn what_no_shape_tells_is_told() {
    let row = |k: u32| {
        format!("{},{}\n", f64::from(k) / 50.0, 1.0 / (f64::from(k) / 50.0 - 0.5).hypot(0.5).powi(2))
    };
    let text = format!("t,flow\n{}", (1..50).map(row).collect::<String>());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("loss.csv");
    fs::write(&path, &text).unwrap();
    let notes = |reading: &Reading| read(&path, reading).unwrap().notes.join("; ");
    let said = notes(&Reading::default());
    assert!(said.contains("--direction to-noise") && said.contains("--direction to-data"), "{said}");
    let told = Reading { direction: Some(Direction::ToNoise), ..Reading::default() };
    assert_eq!(notes(&told), "");
}

/// A velocity is of a flow: its time, its timestep and its σ need no word.
#[test]
fn a_velocity_says_which_time_it_is() {
    let time = |snr: f64| 1.0 / (1.0 + snr.sqrt());
    let flow = |snr: f64| risk(snr) * (1.0 + snr.sqrt()).powi(2);
    for (axis, factor) in [("t", 1.0), ("timestep", 1000.0), ("sigma", 1.0)] {
        assert_is_the_curve(&table(axis, "flow", |snr| factor * time(snr), flow), &Reading::default());
    }
    let ratio = |snr: f64| snr.powf(-0.5);
    assert_is_the_curve(&table("sigma", "flow", ratio, flow), &Reading::default());
}
