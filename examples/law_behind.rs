//! How often the intervals for the law behind a sample miss: laws × sizes × orders, over many
//! seeds.
//!
//! A row: the share of samples whose estimate is believed, the share of all samples whose believed
//! 95 % interval misses the exact value, and the median half-width of those believed. Prints
//! Markdown; `cargo run --release --example law_behind [SEEDS [ESTIMATOR]]`.

use std::collections::HashMap;

use klaim::internals::numeric::stream::Stream;
use klaim::internals::source::entropy::counts::Counts;
use klaim::internals::source::entropy::{ESTIMATORS, Estimator, law_behind};
use klaim::internals::source::{Draws, Source};
use rayon::prelude::*;

const SIZES: [u64; 4] = [100, 500, 2000, 20_000];
const ORDERS: [f64; 4] = [0.5, 1.0, 2.0, f64::INFINITY];
/// Mixtures by `weight law + weight law`; the components share no atom.
const LAWS: [&str; 23] = [
    "pam:levels=10",
    "pam:levels=100",
    "pam:levels=1000",
    "pam:levels=1e4",
    "pam:levels=1e5",
    "zipf:exponent=1.2,atoms=1e6",
    "zipf:exponent=1.5,atoms=1e6",
    "zipf:exponent=2,atoms=1e6",
    "zipf:exponent=2.5,atoms=1e6",
    "zipf:exponent=3,atoms=1e6",
    "geometric:ratio=0.1",
    "geometric:ratio=0.5",
    "geometric:ratio=0.99",
    "bernoulli:p=0.01",
    "log-power:power=2,atoms=1e6",
    "log-power:power=2.5,atoms=1e6",
    "log-power:power=3.5,atoms=1e6",
    "0.5 geometric:ratio=0.5 + 0.5 pam:levels=1000",
    "0.9 geometric:ratio=0.5 + 0.1 pam:levels=1e5",
    "0.5 zipf:exponent=2,atoms=1e6 + 0.5 pam:levels=100",
    "0.5 zipf:exponent=3,atoms=1e6 + 0.5 zipf:exponent=1.5,atoms=1e6",
    "0.99 pam:levels=10 + 0.01 pam:levels=1e6",
    "0.97 bernoulli:p=0.001 + 0.03 pam:levels=1e5",
];

/// A mixture of laws on a line.
struct Law(Vec<(f64, Source)>);

impl Law {
    fn parse(text: &str) -> Self {
        let component = |part: &str| {
            let (weight, spec) = part.split_once(' ').unwrap_or(("1", part));
            (weight.parse().expect("a weight"), Source::parse(spec).expect("a known source"))
        };
        Self(text.split(" + ").map(component).collect())
    }

    fn entropy(&self, order: f64) -> f64 {
        let own =
            |(weight, source): &(f64, Source)| (*weight, source.pmf().expect("discrete").renyi(order).value);
        let parts = self.0.iter().map(own);
        match order {
            1.0 => parts.map(|(w, h)| w * (h - w.ln())).sum(),
            f64::INFINITY => parts.map(|(w, h)| h - w.ln()).fold(f64::INFINITY, f64::min),
            _ => {
                parts.map(|(w, h)| w.powf(order) * ((1.0 - order) * h).exp()).sum::<f64>().ln()
                    / (1.0 - order)
            }
        }
    }

    fn counts(&self, samplers: &[Draws], name: &str, seed: u64, n: u64) -> Counts {
        let (choose, draw) = (
            Stream::named(seed, &format!("component {name}")),
            Stream::named(seed, &format!("draw {name}")),
        );
        let (mut seen, mut x) = (HashMap::new(), [0.0_f64]);
        for sample in 0..n {
            let mut u = choose.uniforms(sample, 0)[0];
            let component = self.0.iter().position(|(weight, _)| {
                u -= weight;
                u < 0.0
            });
            let component = component.unwrap_or(self.0.len() - 1);
            samplers[component].draw(&draw, sample, &mut x);
            *seen.entry((component, x[0].to_bits())).or_insert(0) += 1;
        }
        Counts::new(seen.into_values()).expect("enough draws")
    }
}

/// Share believed, share believed that misses, median half-width of those believed.
fn cover(samples: &[Counts], estimator: &Estimator, order: f64, truth: f64) -> (f64, f64, f64) {
    let found: Vec<_> = samples
        .par_iter()
        .filter_map(|counts| law_behind::estimate(counts, estimator, order, None).ok())
        .filter(klaim::internals::numeric::estimate::Estimate::believed)
        .map(|e| (1.96 * e.std_err + e.bound, (e.value - truth).abs()))
        .collect();
    let n = samples.len() as f64;
    let misses = found.iter().filter(|(half_width, error)| error > half_width).count() as f64;
    let mut widths: Vec<f64> = found.iter().map(|&(half_width, _)| half_width).collect();
    widths.sort_unstable_by(f64::total_cmp);
    (found.len() as f64 / n, misses / n, widths.get(widths.len() / 2).copied().unwrap_or(f64::NAN))
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seeds: u64 = arguments.next().map_or(300, |text| text.parse().expect("a number of seeds"));
    let name = arguments.next().unwrap_or_else(|| "chao-wang-jost".into());
    let estimator = ESTIMATORS.iter().find(|e| e.method.to_string() == name).expect("an estimator");
    // Three deviations above 5 %.
    let most = 0.05 + 3.0 * (0.05 * 0.95 / seeds as f64).sqrt();
    println!(
        "{seeds} samples each, {name}; believed, missed, median half-width (nats); ! above {:.1} %\n",
        100.0 * most
    );
    println!("| law | order | exact | {} |", SIZES.map(|n| format!("n = {n}")).join(" | "));
    println!("| --- | --- | --- |{}", " --- |".repeat(SIZES.len()));
    for text in LAWS {
        let law = Law::parse(text);
        let samplers: Vec<Draws> = law.0.iter().map(|(_, source)| source.sampler()).collect();
        let samples: Vec<Vec<Counts>> = SIZES
            .iter()
            .map(|&n| (0..seeds).into_par_iter().map(|seed| law.counts(&samplers, text, seed, n)).collect())
            .collect();
        for order in ORDERS {
            // The min-entropy has the plug-in alone.
            let estimator = if order.is_infinite() { &ESTIMATORS[0] } else { estimator };
            let cells = samples.iter().map(|samples| {
                let (believed, missed, width) = cover(samples, estimator, order, law.entropy(order));
                let mark = if missed > most { " !" } else { "" };
                match believed {
                    0.0 => "cannot tell".into(),
                    _ => format!("{:.0} %, {:.1} %{mark}, {width:.3}", 100.0 * believed, 100.0 * missed),
                }
            });
            println!(
                "| {text} | {order} | {:.4} | {} |",
                law.entropy(order),
                cells.collect::<Vec<String>>().join(" | ")
            );
        }
    }
}
