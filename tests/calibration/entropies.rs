//! Entropies: by draws whose weights are known, and exact ones against the tables of data/.

use klaim::internals::numeric::estimate::Estimate;
use klaim::internals::numeric::stream::Stream;
use klaim::internals::source::entropy::counts::Counts;
use klaim::internals::source::entropy::{ESTIMATORS, density_behind, known, law_behind};
use klaim::internals::source::{Law, Source};
use rayon::prelude::*;

use super::laws::law;
use super::measure::SAMPLES;
use super::tally::{Cell, Label, Sides, Truth};

const LAWS: &[(&str, &str)] = &[
    ("simplex:atoms=64", "synthetic"),
    ("bernoulli:p=0.1", "synthetic"),
    ("bernoulli:p=0.0001", "synthetic"),
    ("product:dim=3,base=(bernoulli:p=0.2)", "synthetic"),
    ("zipf:exponent=1.2,atoms=1000", "heavy-tailed"),
    ("zipf:exponent=3,atoms=1000", "heavy-tailed"),
    ("log-power:power=2.5,atoms=300", "heavy-tailed"),
    ("ink", "real"),
    ("digits", "real"),
];
const ORDERS: [(f64, &str); 3] = [(0.5, "renyi(0.5)"), (1.0, "shannon"), (2.0, "renyi(2)")];
/// Sizes of samples whose law is not known.
const BEHIND: [u64; 2] = [500, SAMPLES];
/// The same of a density.
const POINTS: usize = 500;
/// Digits of a table.
const TABLE: f64 = 1e-15;
/// Digits of the channel values of data/densities.csv.
const CHANNEL_TABLE: f64 = 5e-12;

/// Draws of −ln p(X).
fn drawn(replications: u64) -> Vec<Cell> {
    let mut cells = Vec::new();
    for &(name, family) in LAWS {
        let source = law(name);
        let pmf = source.pmf().expect("a discrete law");
        for (order, quantity) in ORDERS {
            let exact = pmf.renyi(order);
            let truth = Truth::Exact { value: exact.value, bound: exact.bound };
            let draw = |seed| known::renyi(&source, order, seed, SAMPLES).expect("known weights");
            let estimates: Vec<Estimate> = (0..replications).into_par_iter().map(draw).collect();
            let label = Label {
                route: "draws of known weights".into(),
                family,
                law: name.into(),
                regime: format!("{SAMPLES} draws"),
                quantity: quantity.into(),
            };
            cells.push(Cell::of(label, Sides::Both, truth, &estimates));
        }
    }
    cells
}

/// The law behind a sample of draws whose weights are not known.
fn behind(replications: u64) -> Vec<Cell> {
    let mut cells = Vec::new();
    for &(name, family) in LAWS {
        let source = law(name);
        let pmf = source.pmf().expect("a discrete law");
        for draws in BEHIND {
            let count = |seed| Counts::of(&source, seed, draws).expect("draws");
            let counts: Vec<Counts> = (0..replications).into_par_iter().map(count).collect();
            for estimator in ESTIMATORS {
                let exact = pmf.shannon();
                let truth = Truth::Exact { value: exact.value, bound: exact.bound };
                let value = |counts: &Counts| law_behind::estimate(counts, estimator, 1.0, None);
                let estimates: Vec<Estimate> =
                    counts.par_iter().map(|c| value(c).expect("an order of all")).collect();
                let label = Label {
                    route: "law behind a sample".into(),
                    family,
                    law: name.into(),
                    regime: format!("shannon, {draws} draws"),
                    quantity: estimator.method.to_string(),
                };
                cells.push(Cell::of(label, Sides::AtLeast95, truth, &estimates));
            }
        }
    }
    cells
}

/// The density behind a sample of points.
fn density(replications: u64) -> Vec<Cell> {
    let gauss = 0.5 * (2.0 * std::f64::consts::PI * std::f64::consts::E * 2.0).ln();
    let laws =
        [("gaussian:dim=1,variance=2", "synthetic", 1.0), ("gaussian:dim=2,variance=2", "synthetic", 2.0)];
    let heavy = [("laplace", "heavy-tailed"), ("student-t:dof=3", "heavy-tailed")];
    let told = heavy.map(|(name, family)| {
        let source = law(name);
        let Law::Density(density) = source.law() else { unreachable!("a density") };
        (name, family, density.differential_renyi(1.0).value)
    });
    let all = laws.map(|(name, family, dim)| (name, family, dim * gauss)).into_iter().chain(told);
    let cell = |(name, family, value): (&str, &'static str, f64)| {
        let source = law(name);
        let sampler = source.sampler();
        let estimate = |seed| {
            let stream = Stream::named(seed, &format!("points of {name}"));
            let mut points = vec![0.0; source.dim() * POINTS];
            for (i, point) in points.chunks_mut(source.dim()).enumerate() {
                sampler.draw(&stream, i as u64, point);
            }
            density_behind::estimate(&points, source.dim(), 1.0).expect("points")
        };
        let estimates: Vec<Estimate> = (0..replications).into_par_iter().map(estimate).collect();
        let label = Label {
            route: "density behind a sample".into(),
            family,
            law: name.into(),
            regime: format!("h(X), {POINTS} points"),
            quantity: "nearest-neighbour".into(),
        };
        Cell::of(label, Sides::AtLeast95, Truth::Exact { value, bound: 1e-9 }, &estimates)
    };
    all.map(cell).collect()
}

/// Every row of a table of data/: source, quantity, argument and value in a form of its own.
fn rows(file: &str) -> Vec<csv::StringRecord> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(file);
    let mut reader = csv::Reader::from_path(path).expect("a table");
    reader.records().map(|row| row.expect("a row")).collect()
}

fn tabulated(
    route: &str,
    family: &'static str,
    quantity: &str,
    all: &[(Estimate, Truth)],
    file: &str,
) -> Cell {
    let label = Label {
        route: route.into(),
        family,
        law: format!("all of data/{file}"),
        regime: format!("{} rows", all.len()),
        quantity: quantity.into(),
    };
    Cell::of_many(label, Sides::Always, all)
}

fn digits(text: &str, relative: f64) -> Truth {
    let value: f64 = text.parse().expect("a number");
    Truth::Exact { value, bound: relative * value.abs() }
}

/// Exact entropies against mpmath.
fn discrete() -> Vec<Cell> {
    let table = rows("entropies.csv");
    let sources: Vec<Source> = table.iter().map(|row| Source::parse(&row[0]).expect("a law")).collect();
    type Entropy = (&'static str, fn(&Source) -> Estimate);
    let columns: [Entropy; 7] = [
        ("shannon", |s| s.pmf().expect("discrete").shannon()),
        ("renyi_half", |s| s.pmf().expect("discrete").renyi(0.5)),
        ("collision", |s| s.pmf().expect("discrete").renyi(2.0)),
        ("min_entropy", |s| s.pmf().expect("discrete").renyi(f64::INFINITY)),
        ("info_variance", |s| s.pmf().expect("discrete").info_variance()),
        ("psi1", |s| s.pmf().expect("discrete").psi1()),
        ("second_moment", Source::second_moment),
    ];
    let column = |(i, (name, value)): (usize, &Entropy)| {
        let told =
            table.iter().zip(&sources).filter(|(row, _)| row[i + 1].parse().is_ok_and(f64::is_finite));
        let all: Vec<_> = told.map(|(row, source)| (value(source), digits(&row[i + 1], TABLE))).collect();
        tabulated("closed forms and sums", "heavy-tailed", name, &all, "entropies.csv")
    };
    columns.iter().enumerate().map(column).collect()
}

/// Channel values and Rényi entropies of densities against mpmath.
fn densities() -> Vec<Cell> {
    let table = rows("densities.csv");
    let of = |quantity: &str| {
        let found = table.iter().filter(|row| &row[1] == quantity);
        let pair = |row: &csv::StringRecord| {
            let (source, at) = (Source::parse(&row[0]).expect("a law"), row[2].parse().expect("a number"));
            let values =
                || klaim::internals::channel::exact::at(&source, at).expect("an snr").expect("a route");
            let renyi = || match source.law() {
                Law::Density(density) => density.differential_renyi(at),
                _ => unreachable!("a density"),
            };
            let (estimate, relative) = match quantity {
                "mmse" => (values().mmse, CHANNEL_TABLE),
                "mmse_slope" => (values().mmse_slope, CHANNEL_TABLE),
                "mmse_curvature" => (values().mmse_curvature, CHANNEL_TABLE),
                "information" => (values().information, CHANNEL_TABLE),
                _ => (renyi(), TABLE),
            };
            (estimate, digits(&row[3], relative))
        };
        let all: Vec<_> = found.map(pair).collect();
        tabulated("quadrature", "heavy-tailed", quantity, &all, "densities.csv")
    };
    ["mmse", "mmse_slope", "mmse_curvature", "information", "renyi"].map(of).into()
}

/// Channel values of atoms on a line against 40-digit sums.
fn lines() -> Vec<Cell> {
    let table = rows("discrete1d.csv");
    let of = |(i, quantity): (usize, &str)| {
        let pair = |row: &csv::StringRecord| {
            let source = Source::parse(&row[0]).expect("a law");
            let values = klaim::internals::channel::exact::at(&source, row[1].parse().expect("a number"));
            let values = values.expect("an snr").expect("a route");
            let estimate = [values.mmse, values.mmse_slope, values.information][i];
            (estimate, digits(&row[i + 2], TABLE))
        };
        tabulated(
            "quadrature",
            "synthetic",
            quantity,
            &table.iter().map(pair).collect::<Vec<_>>(),
            "discrete1d.csv",
        )
    };
    ["mmse", "mmse_slope", "information"].into_iter().enumerate().map(of).collect()
}

/// By draws, then by tables.
pub fn cells(replications: u64) -> Vec<Cell> {
    let mut cells = drawn(replications);
    cells.extend(behind(replications));
    cells.extend(density(replications));
    cells.extend(discrete());
    cells.extend(densities());
    cells.extend(lines());
    cells
}
