//! Does a sequence level off or grow? A test that tells ln N from a plateau, with an answer
//! "undecided".
//!
//! Values y_1 … y_m at abscissae N_1 < … < N_m, m ≥ 3. No finite sequence can tell what comes after
//! it, so two classes are tested, each described by how its growth per e-fold of N changes along
//! the sequence:
//!
//! * **plateau**: y = a − Σ_c b_c N^{−c} with exponents c ≥ `decay` and b_c ≥ 0 from N_1 on, or
//!   falling: its growth shrinks at least like N^{−decay};
//! * **growth**: its growth shrinks no faster than N^{−2·decay} (like ln N and its powers, powers
//!   of N, and from N = e^{1/(2·decay)} on ln ln N), and is by the end at least a share `margin` of
//!   |y_m|.
//!
//! The growth early and late is the least-squares slope of y on ln N over the first and the last
//! ⌊m/2⌋ + 1 points. For N^{−c} the ratio late/early, θ(c), falls with c, so that every plateau has
//! late ≤ θ(decay)·max(early, 0); every growth has late ≥ θ(2·decay)·early and late ≥ margin·|y_m|.
//! Each of the four contrasts is linear in y: its standard error comes from the joint covariance,
//! its bound from the bounds.
//!
//! ```text
//! refuted        late > 0 and late > θ(decay)·early, each beyond its half-width                no plateau is left
//! supported      late < θ(2·decay)·early or late < margin·|y_m|, beyond its half-width         no growth is left
//! inconclusive   otherwise
//! ```
//!
//! With half-widths of z standard errors a plateau is refuted with probability Φ(−z) at most (both
//! contrasts must fail), growth supported with 2Φ(−z). Between N^{−decay} and N^{−2·decay} exact
//! values stay undecided. That gap is what keeps ln ln N and an approach like 1/√ln N, one
//! unbounded and the other not, from a verdict that seven decades cannot carry.

use crate::claim::verdict::{Relation, Verdict};

/// Fewest points of a trend.
const FEWEST: usize = 3;
/// Decay of a claim that states none: from the first two of four decades to the last two the growth
/// of the slowest plateau falls to 0.63, that of a logarithm not at all.
pub const DECAY: f64 = 0.1;

/// The weights of the contrasts, from the abscissae alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// Σ early·y: growth per e-fold over the first points.
    pub early: Vec<f64>,
    /// Σ late·y: growth per e-fold over the last points.
    pub late: Vec<f64>,
    /// θ(decay) in (0, 1): late/early of the slowest plateau.
    pub plateau: f64,
    /// θ(2·decay): late/early of the slowest growth.
    pub growth: f64,
}

/// A contrast's value and half-width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    /// Its value.
    pub value: f64,
    /// z standard errors and bounds.
    pub half_width: f64,
}

/// Fewest points of a case: one where two sides are compared, more along an axis.
pub fn fewest(relation: Relation) -> usize {
    match relation {
        Relation::Bounded => FEWEST,
        Relation::Slope => 2,
        Relation::Equal | Relation::AtMost | Relation::AtLeast => 1,
    }
}

/// What the verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrasts {
    /// Late growth.
    pub late: Contrast,
    /// late − θ(decay)·early.
    pub plateau: Contrast,
    /// late − θ(2·decay)·early.
    pub growth: Contrast,
    /// late − margin·|y_m|.
    pub flat: Contrast,
}

impl Trend {
    /// For ln N = `x`, strictly increasing, and the exponent `decay` > 0 of the slowest plateau;
    /// `None` for fewer than three points or abscissae that do not increase.
    pub fn new(x: &[f64], decay: f64) -> Option<Self> {
        let increasing = x.windows(2).all(|pair| pair[0] < pair[1]) && x.iter().all(|x| x.is_finite());
        if x.len() < FEWEST || !increasing {
            return None;
        }
        let (window, last) = (x.len() / 2 + 1, x.len());
        let early = slope_weights(x, 0, window);
        let late = slope_weights(x, last - window, last);
        let of_power = |weights: &[f64], c: f64| -> f64 {
            weights.iter().zip(x).map(|(w, at)| -w * (-c * (at - x[0])).exp()).sum()
        };
        let ratio = |c: f64| of_power(&late, c) / of_power(&early, c);
        let (plateau, growth) = (ratio(decay), ratio(2.0 * decay));
        Some(Self { early, late, plateau, growth })
    }
}

/// Weights of the least-squares slope on `x` over the points `from .. to`, zero elsewhere.
fn slope_weights(x: &[f64], from: usize, to: usize) -> Vec<f64> {
    let inside = &x[from..to];
    let mean = inside.iter().sum::<f64>() / inside.len() as f64;
    let scatter: f64 = inside.iter().map(|x| (x - mean).powi(2)).sum();
    (0..x.len()).map(|i| if (from..to).contains(&i) { (x[i] - mean) / scatter } else { 0.0 }).collect()
}

/// What `verdict` excludes and what it leaves open, in words; `decay` is the exponent of the
/// slowest plateau.
pub fn meaning(verdict: Verdict, decay: f64) -> String {
    let (plateau, growth) = (
        format!("plateaus approached like N^−{decay} or faster"),
        format!("growth that slows like N^−{} or less", 2.0 * decay),
    );
    match verdict {
        Verdict::Refuted => format!("excludes {plateau}, not slower ones"),
        Verdict::Supported => format!("excludes {growth}, not slower growth"),
        Verdict::Inconclusive => format!("excludes neither {plateau} nor {growth}"),
    }
}

impl Contrast {
    fn above(self) -> bool {
        self.value > self.half_width
    }

    fn below(self) -> bool {
        self.value < -self.half_width
    }
}

impl Contrasts {
    /// The rule of the module.
    pub fn verdict(&self) -> Verdict {
        if self.late.above() && self.plateau.above() {
            Verdict::Refuted
        } else if self.growth.below() || self.flat.below() {
            Verdict::Supported
        } else {
            Verdict::Inconclusive
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::normal;
    use crate::numeric::stream::Stream;

    const REPLICATES: u64 = 2000;
    const Z: f64 = 1.959_963_984_540;
    const DECADES: [f64; 7] = [1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
    const MARGIN: f64 = 0.01;
    /// The level is 0.025 (refuted plateaus) and 0.05 (supported growth): 5 standard errors of a
    /// share over 2,000 above it, false-alarm probability 3e-7 each.
    const MOST_REFUTED: f64 = 0.025 + 5.0 * 0.0035;
    const MOST_SUPPORTED: f64 = 0.05 + 5.0 * 0.0049;
    /// At the edge of a class the level must be used, or the half-widths are idle.
    const LEAST_AT_THE_EDGE: f64 = 0.01;
    /// Computed for independent normal errors: 0.94 for a plateau of exponent 0.3, more for the
    /// others.
    const POWER: f64 = 0.9;

    /// Shares of refuted and supported among sequences y(N) with independent errors of standard
    /// deviation `noise`.
    fn shares(abscissae: &[f64], y: impl Fn(f64) -> f64, noise: f64) -> (f64, f64) {
        let x: Vec<f64> = abscissae.iter().map(|n| n.ln()).collect();
        let trend = Trend::new(&x, DECAY).unwrap();
        let stream = Stream::named(8, "trend test");
        let mut errors = vec![0.0; x.len()];
        let mut counts = [0.0; 2];
        for replicate in 0..REPLICATES {
            normal::fill(&stream, replicate, &mut errors);
            let values: Vec<f64> = abscissae.iter().zip(&errors).map(|(&n, e)| y(n) + noise * e).collect();
            let last = values[values.len() - 1];
            let contrast = |weight: &dyn Fn(usize) -> f64| Contrast {
                value: (0..x.len()).map(|i| weight(i) * values[i]).sum(),
                half_width: Z * noise * (0..x.len()).map(|i| weight(i).powi(2)).sum::<f64>().sqrt(),
            };
            let at_end = |i: usize| if i + 1 == x.len() { MARGIN * last.signum() } else { 0.0 };
            let contrasts = Contrasts {
                late: contrast(&|i| trend.late[i]),
                plateau: contrast(&|i| trend.late[i] - trend.plateau * trend.early[i]),
                growth: contrast(&|i| trend.late[i] - trend.growth * trend.early[i]),
                flat: contrast(&|i| trend.late[i] - at_end(i)),
            };
            match contrasts.verdict() {
                Verdict::Refuted => counts[0] += 1.0,
                Verdict::Supported => counts[1] += 1.0,
                Verdict::Inconclusive => {}
            }
        }
        (counts[0] / REPLICATES as f64, counts[1] / REPLICATES as f64)
    }

    /// Plateaus of every speed, from below, from above and flat, at small and at large noise, on
    /// even and uneven grids.
    #[test]
    fn plateaus_are_refuted_no_more_often_than_the_level() {
        let uneven = [10.0, 50.0, 100.0, 3e3, 1e5, 2e5, 1e7];
        for grid in [&DECADES[..], &DECADES[2..6], &DECADES[4..], &uneven] {
            for noise in [1e-4, 1e-2, 0.3] {
                for decay in [0.1, 0.25, 0.5, 1.0] {
                    for size in [-3.0, 0.0, 3.0] {
                        let (refuted, _) = shares(grid, |n| 5.0 - size * n.powf(-decay), noise);
                        let what = format!("{} points, noise {noise}, 5 − {size} N^−{decay}", grid.len());
                        assert!(refuted <= MOST_REFUTED, "{what}: refuted in {refuted}");
                    }
                }
            }
        }
    }

    #[test]
    fn growth_is_supported_no_more_often_than_the_level() {
        let uneven = [10.0, 50.0, 100.0, 3e3, 1e5, 2e5, 1e7];
        for grid in [&DECADES[..], &DECADES[2..6], &DECADES[4..], &uneven] {
            for noise in [1e-4, 1e-2, 0.3, 3.0] {
                let growths: [&dyn Fn(f64) -> f64; 6] = [
                    &|n| 0.3 + n.ln(),
                    &|n| 0.2 * n.ln().powi(2),
                    &|n| n.powf(0.25),
                    &|n| 2.0 + 0.05 * n.ln(),
                    &|n| n.ln().sqrt(),
                    &|n| 1.0 - n.powf(-2.0 * DECAY),
                ];
                for (i, growth) in growths.iter().enumerate() {
                    let (_, supported) = shares(grid, growth, noise);
                    let what = format!("{} points, noise {noise}, growth {i}", grid.len());
                    assert!(supported <= MOST_SUPPORTED, "{what}: supported in {supported}");
                }
            }
        }
    }

    /// The slowest plateau and the slowest growth are on the edges of their classes.
    #[test]
    fn the_level_is_used_at_the_edges() {
        let (refuted, _) = shares(&DECADES, |n| 5.0 - 3.0 * n.powf(-DECAY), 0.01);
        assert!(
            (LEAST_AT_THE_EDGE..=MOST_REFUTED).contains(&refuted),
            "slowest plateau refuted in {refuted}"
        );
        let (_, supported) = shares(&DECADES, |n| 0.3 - 3.0 * n.powf(-2.0 * DECAY), 0.01);
        assert!(
            (LEAST_AT_THE_EDGE..=MOST_SUPPORTED).contains(&supported),
            "slowest growth supported in {supported}"
        );
    }

    /// Over six decades errors of 2 % of the last value are enough to tell a logarithm from every
    /// plateau, of 1 % for the reverse.
    #[test]
    fn the_test_has_power() {
        for (what, y) in
            [("logarithm", &(|n: f64| n.ln()) as &dyn Fn(f64) -> f64), ("power", &|n: f64| n.powf(0.2))]
        {
            let (refuted, _) = shares(&DECADES, y, 0.02 * y(1e7));
            println!("{what}: refuted in {refuted}");
            assert!(refuted >= POWER, "{what}: refuted in {refuted}");
        }
        for decay in [0.3, 0.5, 1.0] {
            let (_, supported) = shares(&DECADES, |n| 16.0 - 16.0 * n.powf(-decay), 0.16);
            println!("plateau of exponent {decay}: supported in {supported}");
            assert!(supported >= POWER, "exponent {decay}: supported in {supported}");
        }
    }

    /// Without errors: what lies between the classes stays undecided, and a constant is bounded.
    #[test]
    fn exact_sequences_are_decided() {
        assert!(shares(&DECADES[2..], |n| n.ln().sqrt(), 0.0) == (1.0, 0.0), "√ln N grows");
        assert!(
            shares(&DECADES[2..], |n| (0.5 * n.ln() - 1.0).ln(), 0.0) == (0.0, 0.0),
            "ln ln N, not yet itself"
        );
        assert!(
            shares(&DECADES[2..], |n| 1.0 - n.powf(-1.5 * DECAY), 0.0) == (0.0, 0.0),
            "between the classes"
        );
        assert!(
            shares(&DECADES, |_| 2.0, 0.0) == (0.0, 1.0) && shares(&DECADES, |n| 1.0 / n, 0.0) == (0.0, 1.0)
        );
    }

    /// H of zipf 1.1 approaches its limit like N^−0.1 ln N: a plateau just outside the class,
    /// refuted, and the reader is told.
    #[test]
    fn a_verdict_names_its_class() {
        let slow = |n: f64| 84.0 - 10.0 * n.powf(-0.1) * (n.ln() + 10.0);
        assert_eq!(shares(&DECADES[2..], slow, 0.0), (1.0, 0.0));
        let told = meaning(Verdict::Refuted, DECAY);
        assert_eq!(told, "excludes plateaus approached like N^−0.1 or faster, not slower ones");
        assert!(meaning(Verdict::Supported, DECAY).contains("slows like N^−0.2 or less"));
    }

    /// On decades θ = 10^{−decay·(m − window)}; the weights of a straight line give its slope.
    #[test]
    fn the_weights_are_those_of_least_squares() {
        let x: Vec<f64> = DECADES.iter().map(|n| n.ln()).collect();
        let trend = Trend::new(&x, DECAY).unwrap();
        assert!((trend.plateau - 10_f64.powf(-0.3)).abs() < 1e-12, "{}", trend.plateau);
        assert!((trend.growth - 10_f64.powf(-0.6)).abs() < 1e-12, "{}", trend.growth);
        for weights in [&trend.early, &trend.late] {
            let on = |f: &dyn Fn(f64) -> f64| weights.iter().zip(&x).map(|(w, x)| w * f(*x)).sum::<f64>();
            assert!((on(&|x| 7.0 - 3.0 * x) + 3.0).abs() < 1e-12);
        }
        assert_eq!(Trend::new(&x[..2], DECAY), None);
        assert_eq!(Trend::new(&[1.0, 3.0, 2.0], DECAY), None);
    }
}
