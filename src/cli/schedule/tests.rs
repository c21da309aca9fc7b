//! Round trips of every form, in this process.

use clap::Parser;

use super::*;

/// The command's arguments alone.
#[derive(clap::Parser)]
struct Only {
    #[command(flatten)]
    command: ScheduleCommand,
}

const RULES: [&str; 8] =
    ["geometric", "karras", "arctan", "flow:shift=3", "scaled-linear", "cosine", "linear-beta", "beta"];
const MODELS: [&str; 6] = ["sd15", "ddpm", "cosine", "edm", "sd3", "flow"];
const FORMS: [(OutputForm, &str); 9] = [
    (OutputForm::Json, "json"),
    (OutputForm::KDiffusion, "txt"),
    (OutputForm::Edm, "json"),
    (OutputForm::Comfyui, "txt"),
    (OutputForm::A1111, "txt"),
    (OutputForm::Csv, "csv"),
    (OutputForm::Npy, "npy"),
    (OutputForm::Diffusers, "json"),
    (OutputForm::DiffusersSigmas, "json"),
];

/// Draws without order or repetition worth the name, the same each time.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

/// Whether two lists are one, to the bit.
fn same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.to_bits() == y.to_bits())
}

/// Writes a schedule in one form, reads it, and compares: what is written, levels and bytes, comes
/// back to the bit, and so do SNRs from the forms that hold them.
fn round_trip(draws: &mut Draws, (form, extension): (OutputForm, &str), steps: usize, dir: &Path) {
    let (rule, model) = (RULES[draws.below(8)], MODELS[draws.below(6)]);
    let end = ["zero", "append", "keep"][draws.below(3)];
    let ends = [("12", "0.05"), ("40", "0.01"), ("3", "0.3")][draws.below(3)];
    let steps = if form == OutputForm::Diffusers { steps.min(998) } else { steps }.to_string();
    let arguments =
        ["klaim", rule, "--steps", &steps, "--model", model, "--sigma-max", ends.0, "--sigma-min", ends.1];
    let arguments = arguments.iter().copied().chain(["--end", end]);
    let command = Only::try_parse_from(arguments).map(|only| only.command).unwrap();
    let pipeline = command.model.pipeline().unwrap();
    let ground = command.ground(None, &pipeline).unwrap();
    let made = make::make(&command, &ground, &pipeline, 0).unwrap();
    let bytes = command.written(&made, &pipeline, form).unwrap();
    let path = dir.join(format!("list.{extension}"));
    std::fs::write(&path, &bytes).unwrap();
    let what = format!("{rule} {steps} {form:?} {model} {end} {ends:?}");
    // A list with one level and a 0 is the shortest that is read.
    let levels = export::sigmas(&made.snrs, command.end());
    if levels.iter().filter(|&&sigma| sigma > 0.0).count() < 2 && !holds_snrs(form) {
        assert!(lists::read(&path, &pipeline).is_err(), "{what}");
        return;
    }
    // The times that a flow is told before its shift are another list.
    if form == OutputForm::DiffusersSigmas && pipeline.is_flow() && pipeline.shift > 1.0 {
        return;
    }
    let back = lists::read(&path, &pipeline).unwrap_or_else(|error| panic!("{what}: {error}")).snrs;
    if holds_snrs(form) {
        assert!(same(&back, &made.snrs), "{what}");
    }
    let flow = pipeline.is_flow();
    let told = if flow { export::flow } else { export::sigmas };
    let mut wrote = told(&made.snrs, if holds_snrs(form) { End::Keep } else { command.end() });
    wrote.retain(|&level| level > 0.0);
    assert!(same(&told(&back, End::Keep), &wrote), "{what}");
    for (x, y) in back.iter().zip(&made.snrs) {
        let most = if flow { 2.0 + 2.0 / (1.0 - 1.0 / (1.0 + y.sqrt())) } else { 2.0 } * f64::EPSILON;
        assert!((x / y - 1.0).abs() <= most, "{what}: {x:?} for {y:?}");
    }
    // Written again it is the same file, but for what a list does not hold: its name, a last level
    // that the 0 has replaced.
    if !holds_snrs(form) && form != OutputForm::Diffusers && command.end() != End::Zero {
        let again = Made::list("convert", &path, back);
        assert_eq!(command.written(&again, &pipeline, form).unwrap(), bytes, "{what}");
    }
}

fn holds_snrs(form: OutputForm) -> bool {
    matches!(form, OutputForm::Json | OutputForm::Csv)
}

/// K = 1 … 1000 in every form, each with a rule, a model, an end and a range drawn at random: 9,000
/// schedules.
#[test]
fn round_trips_are_exact_for_every_number_of_steps() {
    let dir = tempfile::tempdir().unwrap();
    let mut draws = Draws(1);
    for form in FORMS {
        (1..=1000).for_each(|steps| round_trip(&mut draws, form, steps, dir.path()));
    }
}

/// No form has a second 0 or a level that does not fall, whatever the ends: a sampler that is given
/// two zeros divides by one of them, and the picture is black.
#[test]
fn no_form_has_two_zeros() {
    let pipeline = |model: &str| {
        let arguments = ["klaim", "geometric", "--steps", "1", "--model", model];
        Only::try_parse_from(arguments).unwrap().command.model.pipeline().unwrap()
    };
    for model in MODELS {
        let pipeline = pipeline(model);
        for (_, end, _) in ENDS {
            for snrs in [vec![0.0, f64::INFINITY], vec![0.0, 1.0], vec![0.5, 1.0, f64::INFINITY]] {
                for levels in
                    [export::sigmas(&snrs, end), export::flow(&snrs, end), pipeline.told(&snrs, end)]
                {
                    let zeros = levels.iter().filter(|&&level| level == 0.0).count();
                    assert!(zeros <= 1 && levels.is_sorted_by(|a, b| a > b), "{model} {end:?}: {levels:?}");
                    let flow = pipeline.is_flow() && levels[0] <= 1.0;
                    assert!(!flow || levels.iter().all(|level| (0.0..=1.0).contains(level)));
                }
            }
        }
    }
}
