//! What a file's rows say about the law that they were drawn from: never that it is so, sometimes
//! that it looks so.
//!
//! Two tails matter. That of |x| decides the second moment: its index ξ is fitted to the largest
//! distances from the mean. That of the weights decides the entropies: if the chance of a new atom
//! falls like n^−β (the number of atoms seen grows like n^α, α = 1 − β), then E e^{λι} < ∞ for λ <
//! β, so H and V are finite for β > 0 and H_½ for β > ½ [`unseen`]. "Holds" extrapolates a tail.
//! "Fails" is never said: a law with a bound on |x| and a last atom fits every sample.
//!
//! [`unseen`]: crate::source::entropy::unseen

use crate::numeric::estimate::{Estimate, Method};
use crate::numeric::tail::{hill, pareto_shape};
use crate::source::Atoms;
use crate::source::assume::{Assessment, Assumption, Standing, Subject, digits};
use crate::source::entropy::average::{Average, tail_size};
use crate::source::entropy::chao_wang_jost::CHAO_WANG_JOST;
use crate::source::entropy::counts::Counts;
use crate::source::entropy::law_behind;
use crate::source::entropy::unseen::UnseenMass;

/// Normal quantile of the intervals: two-sided 99.9 %.
const QUANTILE: f64 = 3.29;
/// Fewest exceedances from which anything is concluded.
const FEWEST: f64 = 40.0;
/// The second moment is finite for ξ < ½.
const CRITICAL: f64 = 0.5;
/// The findings about the law behind the rows of `atoms`, `repeats` of each; none for a single row.
pub fn findings(atoms: &Atoms, repeats: &[u64]) -> Vec<Assessment> {
    let Ok(counts) = Counts::new(repeats.iter().copied()) else { return Vec::new() };
    let mut findings = vec![second_moment(atoms, repeats)];
    findings.extend(information(&counts));
    findings
}

/// An interval for an index: estimate ± quantile · standard error.
#[derive(Debug, Clone, Copy)]
struct SampleInterval {
    value: f64,
    low: f64,
    high: f64,
}

impl SampleInterval {
    fn around(value: f64, std_err: f64) -> Self {
        Self { value, low: value - QUANTILE * std_err, high: value + QUANTILE * std_err }
    }
}

impl std::fmt::Display for SampleInterval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} [{:.2}, {:.2}]", self.value, self.low, self.high)
    }
}

/// A1 from the tail of |x − mean|: it holds where both the generalised Pareto shape and Hill's
/// index lie below ½. Above ½ it would fail if the tail went on so, but a bounded law fits every
/// sample: that is never decided.
fn second_moment(atoms: &Atoms, repeats: &[u64]) -> Assessment {
    let mean = atoms.mean();
    let mut squares: Vec<f64> = Vec::new();
    for (row, &count) in atoms.points.chunks(atoms.dim).zip(repeats) {
        let square: f64 = row.iter().zip(&mean).map(|(x, m)| (x - m) * (x - m)).sum();
        squares.extend(std::iter::repeat_n(square, count as usize));
    }
    let average = Average::of(&squares);
    squares.sort_unstable_by(|a, b| b.total_cmp(a));
    let largest: Vec<f64> =
        squares.iter().take(tail_size(squares.len())).map(|square| square.sqrt()).collect();
    let exceedances = (largest.len() - 1) as f64;
    let (verdict, evidence) = match (pareto_shape(&largest), hill(&largest)) {
        (Some(shape), Some(hill)) => {
            let fitted = SampleInterval::around(shape, (1.0 + shape) / exceedances.sqrt());
            let hill = SampleInterval::around(hill.shape, hill.std_err);
            let (verdict, says) = match () {
                () if exceedances < FEWEST => (Standing::CannotTell, "too few to say on which side of ½"),
                () if fitted.high < CRITICAL && hill.high < CRITICAL => {
                    (Standing::Holds, "below ½: finite, if the tail goes on so")
                }
                () if fitted.low > CRITICAL && hill.low > CRITICAL => (
                    Standing::CannotTell,
                    "above ½: infinite if the tail goes on so, finite if it is cut anywhere beyond the sample",
                ),
                () => (Standing::CannotTell, "on no side of ½ for certain"),
            };
            let evidence = format!(
                "tail index of |x| from the {exceedances:.0} largest of {} rows: Pareto {fitted}, Hill {hill} (99.9 %); {says}",
                squares.len()
            );
            (verdict, evidence)
        }
        _ => (Standing::CannotTell, format!("{} rows show no tail of |x| to fit", squares.len())),
    };
    let number = Estimate {
        std_err: average.std_err,
        flags: average.flags,
        n: squares.len() as u64,
        method: Method::MonteCarlo,
        ..Estimate::exact(average.mean)
    };
    let number = (verdict == Standing::Holds).then_some(number);
    Assessment {
        assumption: Assumption::SecondMoment,
        subject: Subject::LawBehind,
        verdict,
        number,
        evidence,
    }
}

/// H, V, A2 and A2′ from what the sample says about the atoms that it does not hold: an assumption
/// holds where the rate of new atoms is seen to fall fast enough, and never fails, since a law of
/// finitely many atoms fits every sample.
fn information(counts: &Counts) -> Vec<Assessment> {
    let unseen = UnseenMass::of(counts);
    let entropy =
        |order| law_behind::estimate(counts, &CHAO_WANG_JOST, order, None).expect("a finite order");
    let believed = |estimate: Estimate| Some(estimate).filter(Estimate::believed);
    let (shannon, half) = (believed(entropy(1.0)), believed(entropy(0.5)));
    let finding = |assumption, number, holds: bool, condition: &str| Assessment {
        assumption,
        subject: Subject::LawBehind,
        verdict: if holds { Standing::Holds } else { Standing::CannotTell },
        number,
        evidence: evidence(counts, unseen, condition),
    };
    let tail = unseen.resolved(1.0) || unseen.few;
    vec![
        finding(Assumption::FiniteEntropy, shannon, shannon.is_some(), "finite for β > 0"),
        finding(Assumption::FiniteVarentropy, None, tail, "finite for β > 0"),
        finding(
            Assumption::SubExponential,
            None,
            tail,
            "scale κ = 1/β for β < 1, in the strong sense (κ < 2) for β > ½",
        ),
        finding(Assumption::FiniteRenyiHalf, half, unseen.resolved(0.5), "finite for β > ½"),
    ]
}

/// What is seen of the atoms, and what would follow if it went on so.
fn evidence(counts: &Counts, unseen: UnseenMass, condition: &str) -> String {
    let (seen, rows, once) = (counts.seen(), counts.draws(), counts.seen_times(1));
    if seen >= rows {
        return format!("all {rows} rows differ: nothing is seen of the weights of the law behind");
    }
    let rate = match once {
        0 => "none seen once".into(),
        _ => format!("{once} seen once, new ones rarer like rows^−β with β ≥ {:.2} (95 %)", unseen.slope),
    };
    format!(
        "{seen} atoms in {rows} rows, {rate}; up to {} % of the law is unseen (97.5 %); {condition}, if it goes on so",
        digits(100.0 * unseen.mass)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;
    use crate::source::Source;

    const ROWS: u64 = 10_000;

    /// The empirical law of rows on the line, and how many rows show each atom.
    fn empirical(rows: impl Iterator<Item = f64>) -> (Atoms, Vec<u64>) {
        let mut counts = std::collections::BTreeMap::new();
        for x in rows {
            *counts.entry(x.to_bits()).or_insert(0) += 1;
        }
        let points = counts.keys().map(|&bits| f64::from_bits(bits)).collect();
        let repeats: Vec<u64> = counts.into_values().collect();
        let weights = repeats.iter().map(|&count| count as f64).collect();
        (Atoms::new(1, points, weights).expect("a valid law"), repeats)
    }

    fn of(rows: &(Atoms, Vec<u64>)) -> Vec<Assessment> {
        findings(&rows.0, &rows.1)
    }

    fn quantiles(n: u64, quantile: impl Fn(f64) -> f64) -> (Atoms, Vec<u64>) {
        let stream = Stream::named(3, "assume test");
        empirical((0..n).map(|i| quantile(stream.uniforms(i, 0)[0])))
    }

    fn draws(spec: &str, seed: u64, n: u64) -> (Atoms, Vec<u64>) {
        let source = Source::parse(spec).expect("a known source");
        let (sampler, stream, mut x) = (source.sampler(), Stream::named(seed, "assume test"), [0.0]);
        empirical((0..n).map(|i| {
            sampler.draw(&stream, i, &mut x);
            x[0]
        }))
    }

    fn verdicts(rows: &(Atoms, Vec<u64>)) -> Vec<Standing> {
        of(rows).iter().map(|finding| finding.verdict).collect()
    }

    #[test]
    fn a_light_tail_holds_and_a_heavy_one_is_not_decided() {
        let second_moment = |rows: (Atoms, Vec<u64>)| of(&rows)[0].clone();
        let exponential = |u: f64| -u.ln();
        assert_eq!(second_moment(quantiles(ROWS, exponential)).verdict, Standing::Holds);
        // Cauchy (infinite), lognormal with σ = 3 (finite), Cauchy cut at 1e9 (finite): no sample
        // tells them apart.
        let cauchy = |u: f64| (std::f64::consts::PI * (u - 0.5)).tan();
        let normal = |u: f64| crate::numeric::gamma::normal_quantile(u);
        for rows in [
            quantiles(ROWS, cauchy),
            quantiles(ROWS, |u| (3.0 * normal(u)).exp()),
            quantiles(ROWS, |u| cauchy(u).clamp(-1e9, 1e9)),
        ] {
            let finding = second_moment(rows);
            assert!(finding.verdict == Standing::CannotTell && finding.number.is_none(), "{finding}");
            assert!(finding.evidence.contains("above ½"), "{finding}");
        }
        // Pareto with ξ = ½ is the boundary, and 100 rows decide nothing.
        assert_eq!(second_moment(quantiles(ROWS, |u| u.powf(-0.5))).verdict, Standing::CannotTell);
        assert_eq!(second_moment(quantiles(100, exponential)).verdict, Standing::CannotTell);
        // Symmetric, ξ = 0.2: Hill is sure of it, the wider fit is not yet.
        let symmetric = |u: f64| (1.0 - (2.0 * u - 1.0).abs()).powf(-0.2).copysign(u - 0.5);
        assert_eq!(second_moment(quantiles(2000, symmetric)).verdict, Standing::CannotTell);
    }

    /// At the boundary ξ = ½ a verdict is an error; the 99.9 % intervals of two fits must both err.
    /// 0 of 200 seen; P(more than 2) = 1e-3 if it were 0.2 %.
    #[test]
    fn the_boundary_is_seldom_decided() {
        let wrong = (0..200)
            .filter(|&seed| {
                let stream = Stream::named(seed, "assume boundary test");
                let rows = empirical(
                    (0..2000).map(|i| stream.uniforms(i, 0)).map(|[u, v]| u.powf(-0.5).copysign(v - 0.5)),
                );
                of(&rows)[0].verdict != Standing::CannotTell
            })
            .count();
        assert!(wrong <= 2, "{wrong} of 200");
    }

    #[test]
    fn distinct_rows_say_nothing_about_weights() {
        for finding in &of(&quantiles(1000, |u| u))[1..] {
            assert!(finding.verdict == Standing::CannotTell && finding.number.is_none(), "{finding}");
            assert!(finding.evidence.contains("all 1000 rows differ"), "{finding}");
        }
    }

    /// A uniform law on a large alphabet has every entropy; a zipf law with s = 1.5 has no H_½,
    /// with s = 3 it has. None of them is said to fail, and of those that have a number it is in
    /// the interval.
    #[test]
    fn entropies_hold_or_cannot_be_told() {
        use Standing::{CannotTell, Holds};
        for (spec, n, expected) in [
            ("pam:levels=1e5", 300, [CannotTell; 4]),
            ("pam:levels=1e5", 20_000, [CannotTell; 4]),
            ("pam:levels=1e4", ROWS, [Holds; 4]),
            ("zipf:exponent=1.5,atoms=1e6", 50 * ROWS, [Holds, Holds, Holds, CannotTell]),
            ("log-power:power=2,atoms=1e6", ROWS, [CannotTell; 4]),
            // Few atoms, all seen often: A2′ alone asks for what one row in thousands may hide.
            ("bpsk", ROWS, [Holds, Holds, Holds, CannotTell]),
        ] {
            let found = of(&draws(spec, 5, n));
            let verdicts: Vec<Standing> = found[1..].iter().map(|finding| finding.verdict).collect();
            assert_eq!(verdicts, expected, "{spec}, {n} rows: {found:?}");
            let exact =
                Source::parse(spec).expect("a known source").pmf().expect("discrete").shannon().value;
            if let Some(shannon) = found[1].number {
                assert!(
                    (shannon.value - exact).abs() <= 3.0 * shannon.std_err + shannon.bound,
                    "{spec}: {shannon:?}"
                );
            }
            assert!(found[4].number.is_none(), "{spec}: {found:?}");
        }
    }

    /// No seed of the laws that were wrong before: uniform on 1e5 atoms, log-power with infinite
    /// entropy in the limit.
    #[test]
    fn nothing_fails() {
        for spec in ["pam:levels=1e5", "zipf:exponent=2.5,atoms=1e6", "log-power:power=1.5,atoms=1e6"] {
            for (seed, n) in (0..15).flat_map(|seed| [(seed, 300), (seed, 3000)]) {
                let rows = draws(spec, seed, n);
                assert!(!verdicts(&rows).contains(&Standing::Fails), "{spec}, seed {seed}, {n} rows");
            }
        }
    }
}
