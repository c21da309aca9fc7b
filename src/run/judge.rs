//! From numbers to the verdict of one case.

use nalgebra::{DMatrix, DVector};

use crate::claim::{Case, Section};
use crate::estimate::{Flags, Method};
use crate::run::book::{Book, Linear};
use crate::trend::{Contrast, Contrasts, Trend};
use crate::verdict::{self, Relation, Verdict};

/// The outcome of one case after some round.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Left side, the fitted exponent, or the late growth of a sequence.
    pub lhs: f64,
    /// Right side, the nearest end of the allowed interval, or the most that a plateau would grow.
    pub rhs: f64,
    /// Standard error of lhs − rhs.
    pub std_err: f64,
    /// z·std_err + bounds.
    pub half_width: f64,
    /// Smallest violation that must be visible.
    pub margin: f64,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is inconclusive, or why a supported bound says nothing.
    pub reason: String,
    /// Samples behind it.
    pub n: u64,
    /// The least exact method.
    pub method: Method,
    /// The worst flags.
    pub flags: Flags,
    /// For a slope or a bounded sequence: (abscissa, lhs, standard error).
    pub points: Vec<[f64; 3]>,
    /// For a right side that is a minimum or a maximum: the values of its arguments.
    pub alternatives: Vec<f64>,
}

/// Judges a case with `z` standard errors.
pub fn judge(book: &Book, section: &Section, case: &Case, z: f64) -> Outcome {
    match section.relation {
        Relation::Slope => slope(book, section, case, z),
        Relation::Bounded => bounded(book, section, case, z),
        _ => inequality(book, section, case, z),
    }
}

fn inequality(book: &Book, section: &Section, case: &Case, z: f64) -> Outcome {
    let point = &case.points[0];
    let left = book.evaluate(&point.lhs);
    let right = point.rhs.as_ref().map(|rhs| book.evaluate(rhs)).unwrap_or_default();
    let (lhs, rhs) = (left.value, right.value);
    let difference = left.minus(right);
    let std_err = book.covariance(&difference, &difference).max(0.0).sqrt();
    let scale = if rhs == 0.0 { lhs.abs() } else { rhs.abs() };
    let numbers = Numbers {
        excess: verdict::excess(section.relation, difference.value),
        std_err,
        bound: difference.bound(),
        margin: section.margin * scale,
        z,
    };
    let mut outcome = numbers.outcome(&difference, lhs, rhs);
    outcome.alternatives = point.rhs.as_ref().map_or(Vec::new(), |rhs| book.alternatives(rhs));
    if outcome.verdict == Verdict::Supported && rhs.is_infinite() {
        outcome.reason = "vacuous: the right side is infinite".into();
    }
    outcome
}

/// Weighted least squares of ln lhs on ln abscissa with the full covariance of the points.
///
/// Points without sampling error get equal weights (ordinary least squares); the half-width then comes from their bounds.
fn slope(book: &Book, section: &Section, case: &Case, z: f64) -> Outcome {
    let [low, high] = section.slope.as_ref().map_or([f64::NAN; 2], |s| s.between);
    let ln = |linear: Linear| {
        let value = linear.value;
        linear.map(value.ln(), value.recip())
    };
    let lhs: Vec<Linear> = case.points.iter().map(|p| book.evaluate(&p.lhs)).collect();
    let x: Vec<Linear> =
        case.points.iter().map(|p| ln(p.abscissa.as_ref().map(|a| book.evaluate(a)).unwrap_or_default())).collect();
    let points: Vec<[f64; 3]> =
        lhs.iter().zip(&x).map(|(y, x)| [x.value.exp(), y.value, book.covariance(y, y).max(0.0).sqrt()]).collect();
    let y: Vec<Linear> = lhs.into_iter().map(ln).collect();
    let weights = fit_weights(book, &x, &y);
    let exponent: f64 = weights.iter().zip(&y).map(|(w, y)| w * y.value).sum();
    // d(exponent) = Σ w (dy − exponent·dx): an uncertain abscissa counts through the fitted line.
    let residual = |i: usize| y[i].clone().minus(x[i].clone().map(x[i].value, exponent));
    let all: Vec<Linear> = (0..y.len()).map(residual).collect();
    let mut variance = 0.0;
    for (i, a) in all.iter().enumerate() {
        for (j, b) in all.iter().enumerate() {
            variance += weights[i] * weights[j] * book.covariance(a, b);
        }
    }
    let bound = all.iter().zip(&weights).map(|(r, w)| w.abs() * r.bound()).sum();
    let numbers = Numbers {
        excess: (low - exponent).max(exponent - high),
        std_err: variance.max(0.0).sqrt(),
        bound,
        margin: section.margin,
        z,
    };
    let nearest = if (exponent - low).abs() < (exponent - high).abs() { low } else { high };
    let together = all.into_iter().reduce(Linear::minus).unwrap_or_default();
    Outcome { points, ..numbers.outcome(&together, exponent, nearest) }
}

/// The growth of lhs per e-fold of its abscissa, late against early ([`crate::trend`]). The outcome's sides are the late growth
/// and the most that a plateau would show.
fn bounded(book: &Book, section: &Section, case: &Case, z: f64) -> Outcome {
    let decay = section.slope.as_ref().map_or(f64::NAN, |s| -s.between[1]);
    let y: Vec<Linear> = case.points.iter().map(|p| book.evaluate(&p.lhs)).collect();
    let x: Vec<Linear> =
        case.points.iter().map(|p| p.abscissa.as_ref().map(|a| book.evaluate(a)).unwrap_or_default()).collect();
    let points: Vec<[f64; 3]> =
        y.iter().zip(&x).map(|(y, x)| [x.value, y.value, book.covariance(y, y).max(0.0).sqrt()]).collect();
    let ln: Vec<f64> = x.iter().map(|x| x.value.ln()).collect();
    let last = y.last().map_or(f64::NAN, |y| y.value);
    let missing = y.iter().chain(&x).find_map(Linear::why_missing).map(str::to_owned);
    let trend = Trend::new(&ln, decay).filter(|_| missing.is_none() && y.iter().all(|y| y.value.is_finite()));
    let Some(trend) = trend else {
        let not_finite = || "the sequence is not finite, or what it is taken against does not increase".into();
        return Outcome { points, ..undecided(missing.unwrap_or_else(not_finite), section.margin * last.abs()) };
    };
    let sum = |weight: &dyn Fn(usize) -> f64| {
        let terms = y.iter().enumerate().map(|(i, y)| y.clone().map(-weight(i) * y.value, -weight(i)));
        terms.fold(Linear::default(), Linear::minus)
    };
    let at_end = |i: usize| if i + 1 == y.len() { section.margin * last.signum() } else { 0.0 };
    let late = sum(&|i| trend.late[i]);
    let plateau = sum(&|i| trend.late[i] - trend.plateau * trend.early[i]);
    let error = |linear: &Linear| book.covariance(linear, linear).max(0.0).sqrt();
    let contrast = |linear: &Linear| Contrast { value: linear.value, half_width: z * error(linear) + linear.bound() };
    let contrasts = Contrasts {
        late: contrast(&late),
        plateau: contrast(&plateau),
        growth: contrast(&sum(&|i| trend.late[i] - trend.growth * trend.early[i])),
        flat: contrast(&sum(&|i| trend.late[i] - at_end(i))),
    };
    let allowed = (late.value - plateau.value).max(0.0);
    let telling = if allowed > 0.0 { &plateau } else { &late };
    let (std_err, half_width) = (error(telling), contrast(telling).half_width);
    let (verdict, reason) = match (plateau.flags().doubts(), contrasts.verdict()) {
        (doubts, _) if !doubts.is_empty() => (Verdict::Inconclusive, doubts.join("; ")),
        (_, Verdict::Inconclusive) => {
            (Verdict::Inconclusive, "neither a plateau nor unbounded growth can be excluded".into())
        }
        (_, decided) => (decided, String::new()),
    };
    Outcome {
        lhs: late.value,
        rhs: allowed,
        std_err,
        half_width,
        margin: section.margin * last.abs(),
        verdict,
        reason,
        n: plateau.n(),
        method: plateau.method(),
        flags: plateau.flags(),
        points,
        alternatives: Vec::new(),
    }
}

/// The outcome of a case whose numbers cannot be judged.
pub fn undecided(reason: String, margin: f64) -> Outcome {
    Outcome {
        lhs: f64::NAN,
        rhs: f64::NAN,
        std_err: f64::NAN,
        half_width: f64::INFINITY,
        margin,
        verdict: Verdict::Inconclusive,
        reason,
        n: 0,
        method: Method::MonteCarlo,
        flags: Flags { failed: true, ..Flags::default() },
        points: Vec::new(),
        alternatives: Vec::new(),
    }
}

/// Weights w with Σ w y the generalised least-squares slope of y on x: Σ w = 0, Σ w x = 1.
fn fit_weights(book: &Book, x: &[Linear], y: &[Linear]) -> Vec<f64> {
    let n = x.len();
    let covariance = DMatrix::from_fn(n, n, |i, j| book.covariance(&y[i.min(j)], &y[i.max(j)]));
    let smallest = (0..n).map(|i| covariance[(i, i)]).fold(f64::INFINITY, f64::min);
    let precision = Some(covariance)
        .filter(|c| smallest > 0.0 && c.iter().all(|v| v.is_finite()))
        .and_then(|c| c.cholesky().map(|c| c.inverse()))
        .unwrap_or_else(|| DMatrix::identity(n, n));
    let design = DMatrix::from_fn(n, 2, |i, j| if j == 0 { 1.0 } else { x[i].value });
    let normal = design.tr_mul(&precision);
    let inverse = (&normal * &design).try_inverse();
    inverse.map_or(vec![f64::NAN; n], |inverse| {
        let row: DVector<f64> = (inverse * normal).row(1).transpose();
        row.iter().copied().collect()
    })
}

struct Numbers {
    excess: f64,
    std_err: f64,
    bound: f64,
    margin: f64,
    z: f64,
}

impl Numbers {
    fn outcome(self, behind: &Linear, lhs: f64, rhs: f64) -> Outcome {
        let Self { excess, std_err, bound, margin, z } = self;
        if let Some(why) = behind.why_missing() {
            return Outcome { lhs, rhs, ..undecided(why.to_owned(), margin) };
        }
        let half_width = z * std_err + bound;
        let (flags, n) = (behind.flags(), behind.n());
        let (verdict, reason) = match flags.doubts() {
            doubts if !doubts.is_empty() => (Verdict::Inconclusive, doubts.join("; ")),
            _ => match verdict::judge(excess, half_width, margin) {
                Verdict::Inconclusive => (Verdict::Inconclusive, self.what_would_decide(n)),
                decided => (decided, String::new()),
            },
        };
        let method = behind.method();
        let (points, alternatives) = (Vec::new(), Vec::new());
        Outcome { lhs, rhs, std_err, half_width, margin, verdict, reason, n, method, flags, points, alternatives }
    }

    fn what_would_decide(&self, n: u64) -> String {
        let room = self.margin - self.excess - self.bound;
        if self.excess.is_nan() {
            "the sides cannot be compared: one is not a number, or both are infinite".into()
        } else if n == 0 || room <= 0.0 && self.bound >= self.z * self.std_err {
            let (bound, more) =
                if n == 0 { ("deterministic bound", "") } else { ("bound", "; more samples narrow it") };
            format!("the {bound} {:.1e} is too wide for the margin {:.1e}{more}", self.bound, self.margin)
        } else if room > 0.0 {
            let factor = (self.z * self.std_err / room).powi(2);
            format!("about {:.0e} samples would decide, if the values stay", n as f64 * factor)
        } else {
            format!("the excess {:.1e} is at the edge of its half-width; more samples would decide", self.excess)
        }
    }
}
