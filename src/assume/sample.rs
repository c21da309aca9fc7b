//! What a file's rows say about the law that they were drawn from: never that it is so, sometimes that it looks so.
//!
//! Two tails matter. That of |x| decides the second moment: its index ξ is fitted to the largest distances from the
//! mean. That of the weights decides the entropies: if #{i : p_i ≥ 1/t} grows like t^α, then E e^{λι} < ∞ for λ < 1 − α,
//! so H and V are finite for α < 1 and H_½ for α < ½. α is the limit of (atoms seen once)/(atoms seen) \[K67\].
//! Both verdicts extrapolate a tail: a law that changes beyond the sample (a bound on |x|, a last atom) is never excluded.

use crate::assume::{Assumption, Finding, Subject, Verdict, digits};
use crate::entropy::average::{Average, tail_size};
use crate::entropy::counts::Counts;
use crate::entropy::{chao_wang_jost, renyi_plug_in};
use crate::estimate::{Estimate, Method};
use crate::source::{Atoms, FinitePmf, Pmf};
use crate::tail::{hill, pareto_shape};

/// Normal quantile of the intervals: two-sided 99.9 %.
const QUANTILE: f64 = 3.29;
/// Fewest exceedances, or atoms seen, from which anything is concluded.
const FEWEST: f64 = 40.0;
/// The second moment is finite for ξ < ½, H_½ for α < ½.
const CRITICAL: f64 = 0.5;
/// H and V are finite for α < 1, but logarithmic tails come near 1 only from below (α = 0.83 where n = 10⁴): below this
/// they are excluded.
const POWER_LAW: f64 = 0.75;
/// Relative rounding of a ratio of two weights that were normalised, with room.
const ROUNDING: f64 = 1e-13;
/// Rows of the rarest atom that are looked for.
const MOST_REPEATS: u32 = 1_000_000;

/// The findings about the law behind the empirical law `atoms`; none for a single row, or where the weights are not
/// frequencies of rows.
pub fn findings(atoms: &Atoms) -> Vec<Finding> {
    let Some(repeats) = repeats(&atoms.weights) else { return Vec::new() };
    let Ok(counts) = Counts::new(repeats.iter().copied(), None) else { return Vec::new() };
    let mut findings = vec![second_moment(atoms, &repeats)];
    findings.extend(information(atoms, &counts));
    findings
}

/// How many rows each atom stands for: the least whole numbers in proportion to the weights, so that the number of rows
/// is never overstated (rows that are all repeated equally often count once). `None` where the rarest atom would need more than [`MOST_REPEATS`].
fn repeats(weights: &[f64]) -> Option<Vec<u64>> {
    let smallest = weights.iter().copied().fold(f64::INFINITY, f64::min);
    let count = |w: f64, of_smallest: u32| w / smallest * f64::from(of_smallest);
    let whole = |x: f64| (x - x.round()).abs() <= ROUNDING * x;
    (1..=MOST_REPEATS)
        .find(|&of_smallest| weights.iter().all(|&w| whole(count(w, of_smallest))))
        .map(|of_smallest| weights.iter().map(|&w| count(w, of_smallest).round() as u64).collect())
}

/// An interval for an index: estimate ± quantile · standard error.
#[derive(Debug, Clone, Copy)]
struct Interval {
    value: f64,
    low: f64,
    high: f64,
}

impl Interval {
    fn around(value: f64, std_err: f64) -> Self {
        Self { value, low: value - QUANTILE * std_err, high: value + QUANTILE * std_err }
    }

    /// Wilson's interval for a share of `n`.
    fn share(count: f64, n: f64) -> Self {
        let (p, square) = (count / n, QUANTILE * QUANTILE / n);
        let middle = (p + 0.5 * square) / (1.0 + square);
        let half = (p * (1.0 - p) * square + 0.25 * square * square).sqrt() / (1.0 + square);
        Self { value: p, low: middle - half, high: middle + half }
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} [{:.2}, {:.2}]", self.value, self.low, self.high)
    }
}

/// A1 from the tail of |x − mean|: both the generalised Pareto shape and Hill's index must lie on one side of ½.
fn second_moment(atoms: &Atoms, repeats: &[u64]) -> Finding {
    let mean = atoms.mean();
    let mut squares: Vec<f64> = Vec::new();
    for (row, &count) in atoms.points.chunks(atoms.dim).zip(repeats) {
        let square: f64 = row.iter().zip(&mean).map(|(x, m)| (x - m) * (x - m)).sum();
        squares.extend(std::iter::repeat_n(square, count as usize));
    }
    let average = Average::of(&squares);
    squares.sort_unstable_by(|a, b| b.total_cmp(a));
    let largest: Vec<f64> = squares.iter().take(tail_size(squares.len())).map(|square| square.sqrt()).collect();
    let exceedances = (largest.len() - 1) as f64;
    let (verdict, evidence) = match (pareto_shape(&largest), hill(&largest)) {
        (Some(shape), Some(hill)) => {
            let fitted = Interval::around(shape, (1.0 + shape) / exceedances.sqrt());
            let hill = Interval::around(hill.shape, hill.std_err);
            let enough = exceedances >= FEWEST;
            let verdict = match () {
                () if enough && fitted.high < CRITICAL && hill.high < CRITICAL => Verdict::Holds,
                () if enough && fitted.low > CRITICAL && hill.low > CRITICAL => Verdict::Fails,
                () => Verdict::CannotTell,
            };
            let evidence = format!(
                "tail index of |x| from the {exceedances:.0} largest of {} rows: Pareto {fitted}, Hill {hill} (99.9 %); \
                 finite below ½, if the tail goes on so",
                squares.len()
            );
            (verdict, evidence)
        }
        _ => (Verdict::CannotTell, format!("{} rows show no tail of |x| to fit", squares.len())),
    };
    let number = monte_carlo(Estimate::exact(average.mean), squares.len() as u64);
    let number = Estimate { std_err: average.std_err, flags: average.flags, ..number };
    Finding { assumption: Assumption::SecondMoment, subject: Subject::LawBehind, verdict, number, evidence }
}

/// The value of the empirical law as an estimate for the law behind, with no bound on its bias.
fn monte_carlo(of_sample: Estimate, n: u64) -> Estimate {
    Estimate { bound: f64::INFINITY, n, method: Method::MonteCarlo, ..of_sample }
}

/// How new atoms keep appearing.
#[derive(Debug, Clone, Copy)]
struct Growth {
    /// α̂ = (seen once)/(seen). The interval takes "seen once" as binomial, which is wider than the limit law's variance
    /// α(1−α)(1 − 2^{α−2})/seen.
    alpha: Interval,
    seen: f64,
    rows: u64,
    /// Whether the atoms seen twice are as many as a power law asks for, α(1−α)/2 of those seen.
    regular: bool,
}

impl Growth {
    fn of(counts: &Counts) -> Self {
        let (seen, once, twice) = (counts.seen() as f64, counts.seen_times(1) as f64, counts.seen_times(2) as f64);
        let alpha = Interval::share(once, seen);
        let expected = 0.5 * alpha.value * (1.0 - alpha.value) * seen;
        let regular = (twice - expected).abs() <= QUANTILE * expected.max(1.0).sqrt();
        Self { alpha, seen, rows: counts.draws(), regular }
    }

    /// Whether an assumption that wants α < `critical` holds (`below` it) or fails (α above `critical`, by a power law).
    fn verdict(self, below: f64, critical: f64) -> Verdict {
        match () {
            () if self.seen < FEWEST => Verdict::CannotTell,
            () if self.alpha.high < below => Verdict::Holds,
            () if self.regular && self.alpha.low > critical && self.alpha.high < 1.0 - ROUNDING => Verdict::Fails,
            () => Verdict::CannotTell,
        }
    }

    fn evidence(self, condition: &str) -> String {
        let (seen, rows) = (self.seen, self.rows);
        if seen >= rows as f64 {
            return format!(
                "all {rows} rows differ: H = H_½ = ln {rows} = {} whatever the law behind is, and nothing is seen of its \
                 weights",
                digits(seen.ln())
            );
        }
        let growth = self.alpha;
        let regular = if self.regular { "" } else { ", though the atoms seen twice do not fit a power law" };
        format!(
            "{seen:.0} atoms in {rows} rows, growing like rows^α, α = {growth} (99.9 %){regular}; {condition}, if it goes on so"
        )
    }
}

/// H, V, A2 and A2′ from the growth of the number of atoms.
fn information(atoms: &Atoms, counts: &Counts) -> Vec<Finding> {
    let growth = Growth::of(counts);
    let empirical = FinitePmf::new(atoms.weights.clone());
    let sampled = |estimate| monte_carlo(estimate, counts.draws());
    let half = renyi_plug_in::renyi(counts, 0.5).expect("½ is an order");
    let finding = |assumption, number, below, critical, condition: &str| Finding {
        assumption,
        subject: Subject::LawBehind,
        verdict: growth.verdict(below, critical),
        number,
        evidence: growth.evidence(condition),
    };
    vec![
        finding(Assumption::FiniteEntropy, chao_wang_jost::shannon(counts), POWER_LAW, 1.0, "finite for α < 1"),
        finding(Assumption::FiniteVarentropy, sampled(empirical.info_variance()), POWER_LAW, 1.0, "finite for α < 1"),
        finding(
            Assumption::SubExponential,
            sampled(empirical.psi1()),
            POWER_LAW,
            1.0,
            "scale κ = 1/(1−α), in the strong sense (κ < 2) for α < ½",
        ),
        finding(Assumption::FiniteRenyiHalf, half, CRITICAL, CRITICAL, "finite for α < ½"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::stream::Stream;

    const ROWS: u64 = 10_000;

    /// The empirical law of `n` rows on the line.
    fn empirical(rows: impl Iterator<Item = f64>) -> Atoms {
        let mut counts = std::collections::BTreeMap::new();
        for x in rows {
            *counts.entry(x.to_bits()).or_insert(0.0) += 1.0;
        }
        let (points, weights) = counts.into_iter().map(|(bits, n)| (f64::from_bits(bits), n)).unzip();
        Atoms::new(1, points, weights).expect("a valid law")
    }

    fn quantiles(n: u64, quantile: impl Fn(f64) -> f64) -> Atoms {
        let stream = Stream::named(3, "assume test");
        empirical((0..n).map(|i| quantile(stream.uniforms(i, 0)[0])))
    }

    fn draws(spec: &str, n: u64) -> Atoms {
        let source = Source::parse(spec).expect("a known source");
        let (sampler, stream, mut x) = (source.sampler(), Stream::named(5, "assume test"), [0.0]);
        empirical((0..n).map(|i| {
            sampler.draw(&stream, i, &mut x);
            x[0]
        }))
    }

    fn verdicts(atoms: &Atoms) -> Vec<Verdict> {
        findings(atoms).iter().map(|finding| finding.verdict).collect()
    }

    #[test]
    fn tails_of_the_points_are_told_apart() {
        let cauchy = |u: f64| (std::f64::consts::PI * (u - 0.5)).tan();
        let exponential = |u: f64| -u.ln();
        let second_moment = |atoms: &Atoms| findings(atoms)[0].verdict;
        assert_eq!(second_moment(&quantiles(ROWS, cauchy)), Verdict::Fails);
        assert_eq!(second_moment(&quantiles(ROWS, exponential)), Verdict::Holds);
        // Pareto with ξ = ½ is the boundary, and 100 rows decide nothing.
        assert_eq!(second_moment(&quantiles(ROWS, |u| u.powf(-0.5))), Verdict::CannotTell);
        assert_eq!(second_moment(&quantiles(100, exponential)), Verdict::CannotTell);
        // Symmetric, ξ = 0.2: Hill is sure of it, the wider fit is not yet.
        let symmetric = |u: f64| (1.0 - (2.0 * u - 1.0).abs()).powf(-0.2).copysign(u - 0.5);
        assert_eq!(second_moment(&quantiles(2000, symmetric)), Verdict::CannotTell);
    }

    /// At the boundary ξ = ½ either verdict is an error; the 99.9 % intervals of two fits must both err. 0 of 200 seen;
    /// P(more than 2) = 1e-3 if it were 0.2 %.
    #[test]
    fn the_boundary_is_seldom_decided() {
        let wrong = (0..200)
            .filter(|&seed| {
                let stream = Stream::named(seed, "assume boundary test");
                let atoms =
                    empirical((0..2000).map(|i| stream.uniforms(i, 0)).map(|[u, v]| u.powf(-0.5).copysign(v - 0.5)));
                findings(&atoms)[0].verdict != Verdict::CannotTell
            })
            .count();
        assert!(wrong <= 2, "{wrong} of 200");
    }

    #[test]
    fn distinct_rows_say_nothing_about_weights() {
        let findings = findings(&quantiles(1000, |u| u));
        for finding in &findings[1..] {
            assert_eq!(finding.verdict, Verdict::CannotTell, "{finding}");
            assert!(finding.evidence.contains("all 1000 rows differ"), "{finding}");
        }
    }

    /// Zipf's exponent s shows as α = 1/s: ⅔ loses H_½ and keeps H, ⅓ keeps both.
    #[test]
    fn growth_of_the_atoms_tells_the_entropies_apart() {
        use Verdict::{CannotTell, Fails, Holds};
        let heavy = draws("zipf:exponent=1.5,atoms=1e6", ROWS);
        assert_eq!(verdicts(&heavy)[1..], [Holds, Holds, Holds, Fails], "{:?}", findings(&heavy));
        let light = draws("zipf:exponent=3,atoms=1e5", 50 * ROWS);
        assert_eq!(verdicts(&light)[1..], [Holds; 4], "{:?}", findings(&light));
        // Few atoms, all seen often: no tail to judge.
        assert_eq!(verdicts(&draws("bpsk", ROWS))[1..], [CannotTell; 4]);
        // As many rows as equiprobable atoms: α̂ = 0.58, but no power law.
        assert_eq!(verdicts(&draws("zipf:exponent=1e-9,atoms=1e4", ROWS))[4], CannotTell);
    }

    #[test]
    fn weights_become_rows_again() {
        assert_eq!(repeats(&[0.1, 0.3, 0.6]), Some(vec![1, 3, 6]));
        assert_eq!(repeats(&[0.4968, 0.5032]), Some(vec![621, 629]));
        assert_eq!(repeats(&[1.0, std::f64::consts::SQRT_2]), None);
    }

    /// Var α̂ ≈ α(1−α)(1 − 2^{α−2})/seen for a power law: 200 seeds, Zipf 2; 5 standard errors of a deviation.
    #[test]
    fn the_growth_index_has_its_limit_variance() {
        const SEEDS: u64 = 200;
        let source = Source::parse("zipf:exponent=2,atoms=1e5").expect("a known source");
        let growths: Vec<Growth> =
            (0..SEEDS).map(|seed| Growth::of(&Counts::of(&source, seed, 2000).expect("draws"))).collect();
        let mean = |f: &dyn Fn(&Growth) -> f64| growths.iter().map(f).sum::<f64>() / SEEDS as f64;
        let alpha = mean(&|g| g.alpha.value);
        let deviation = mean(&|g| (g.alpha.value - alpha).powi(2)).sqrt();
        let expected = (0.25 * (1.0 - 2_f64.powf(-1.5)) / mean(&|g| g.seen)).sqrt();
        assert!((deviation / expected - 1.0).abs() < 5.0 / (2.0 * SEEDS as f64).sqrt(), "{deviation}, {expected}");
        // The number of atoms is short of its limit law by O(1) of about 60.
        assert!((alpha - 0.5).abs() < 0.03, "α = {alpha}");
    }
}
