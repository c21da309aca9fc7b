//! Relations along an axis: a fitted exponent, a sequence that levels off.

use nalgebra::{DMatrix, DVector};

use super::{Judged, why_bracketed};
use crate::claim::enclosure::{LINE, Range};
use crate::claim::trend::{self, Contrast, Contrasts, Trend};
use crate::claim::verdict::Verdict;
use crate::claim::{Case, Outcome, Section};
use crate::run::book::{Book, Linear};

/// Weighted least squares of ln lhs on ln abscissa with the full covariance of the points.
///
/// Points without sampling error get equal weights (ordinary least squares); the half-width then
/// comes from their bounds. Where a point is known as a bracket, or with a wide bound, the exponent
/// is the interval that the same weights make of the points' ones.
pub(super) fn slope(book: &Book, section: &Section, case: &Case) -> Outcome {
    let [low, high] = section.slope.as_ref().map_or([f64::NAN; 2], |s| s.between);
    let (lhs, abscissae) = sides(book, case);
    if abscissae.iter().any(|x| x.range.is_some()) {
        return Outcome::undecided(
            "what the exponent is taken against is not known well enough".into(),
            section.margin,
        );
    }
    let points = points(book, &lhs, &abscissae);
    if let Some(why) = lhs.iter().chain(&abscissae).find_map(Linear::why_missing) {
        return Outcome { points, ..Outcome::undecided(why.to_owned(), section.margin) };
    }
    let ranges: Vec<Range> =
        lhs.iter().map(|y| book.lies(y)).map(|[low, high]| [low.max(0.0).ln(), high.ln()]).collect();
    let uncertain = lhs.iter().any(|y| y.range.is_some());
    let ln = |side: Linear| {
        let value = side.value;
        side.map(value.ln(), value.recip())
    };
    let (y, x): (Vec<Linear>, Vec<Linear>) =
        (lhs.into_iter().map(ln).collect(), abscissae.into_iter().map(ln).collect());
    let weights = fit_weights(book, &x, &y);
    let exponent: f64 = weights.iter().zip(&y).map(|(w, y)| w * y.value).sum();
    // d(exponent) = Σ w (dy − exponent·dx): an uncertain abscissa counts through the fitted line.
    let residual = |i: usize| y[i].clone().minus(x[i].clone().map(x[i].value, exponent));
    let mut fitted = combination(&(0..y.len()).map(residual).collect::<Vec<_>>(), &|i| weights[i]);
    fitted.value = exponent;
    let outside = |e: f64| (low - e).max(e - high);
    let range = uncertain.then(|| weighted(&ranges, &|i| weights[i]));
    let judged = Judged::of(book, &fitted, range, |[from, to]| {
        [outside((0.5 * (low + high)).clamp(from, to)), outside(from).max(outside(to))]
    });
    let nearest = if (exponent - low).abs() < (exponent - high).abs() { low } else { high };
    let outcome = judged.outcome(&fitted, [exponent, nearest], section.margin);
    Outcome { points, bracket: range.filter(|_| fitted.bracketed), ..outcome }
}

/// The growth of lhs per e-fold of its abscissa, late against early ([`crate::claim::trend`]). The
/// outcome's sides are the late growth and the most that a plateau would show.
pub(super) fn bounded(book: &Book, section: &Section, case: &Case) -> Outcome {
    let decay = section.slope.as_ref().map_or(f64::NAN, |s| -s.between[1]);
    let (y, abscissae) = sides(book, case);
    let points = points(book, &y, &abscissae);
    let ln: Vec<f64> = abscissae.iter().map(|x| x.value.ln()).collect();
    let sequence = Sequence { book, ranges: y.iter().map(|y| book.lies(y)).collect(), y };
    let [least, most] = sequence.ranges.last().copied().unwrap_or(LINE);
    let margin = section.margin * if least * most <= 0.0 { 0.0 } else { least.abs().min(most.abs()) };
    let missing = sequence.y.iter().chain(&abscissae).find_map(Linear::why_missing).map(str::to_owned);
    let finite = missing.is_none() && sequence.ranges.iter().flatten().all(|x| x.is_finite());
    let Some(trend) = Trend::new(&ln, decay).filter(|_| finite) else {
        let not_finite =
            || "the sequence is not finite, or what it is taken against does not increase".into();
        return Outcome { points, ..Outcome::undecided(missing.unwrap_or_else(not_finite), margin) };
    };
    let last = sequence.y.len() - 1;
    let sign = if least > 0.0 { 1.0 } else { -f64::from(most < 0.0) };
    let at_end = |i: usize| if i == last { section.margin * sign } else { 0.0 };
    let (late, plateau) =
        (|i: usize| trend.late[i], |i: usize| trend.late[i] - trend.plateau * trend.early[i]);
    let contrasts = Contrasts {
        late: sequence.contrast(&late),
        plateau: sequence.contrast(&plateau),
        growth: sequence.contrast(&|i| trend.late[i] - trend.growth * trend.early[i]),
        flat: sequence.contrast(&|i| trend.late[i] - at_end(i)),
    };
    let behind = combination(&sequence.y, &plateau);
    let bracketed = behind.bracketed;
    let allowed = weighted(&sequence.ranges, &|i| trend.plateau * trend.early[i]).map(|x| x.max(0.0));
    let rhs = (contrasts.late.value - contrasts.plateau.value).max(0.0);
    let telling: &dyn Fn(usize) -> f64 = if rhs > 0.0 { &plateau } else { &late };
    let std_err = if bracketed { f64::NAN } else { book.std_err(&combination(&sequence.y, telling)) };
    let doubts = behind.doubts();
    let (verdict, reason) = match contrasts.verdict() {
        _ if !doubts.is_empty() => (Verdict::Inconclusive, doubts.join("; ")),
        verdict => {
            let told = [trend::meaning(verdict, decay), why_bracketed(&behind)];
            (verdict, told.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; "))
        }
    };
    Outcome {
        lhs: if bracketed { f64::NAN } else { contrasts.late.value },
        rhs: if bracketed { f64::NAN } else { rhs },
        bracket: bracketed.then(|| weighted(&sequence.ranges, &late)),
        rhs_bracket: bracketed.then_some(allowed),
        std_err,
        half_width: sequence.contrast(telling).half_width,
        verdict,
        reason,
        believed: doubts.is_empty(),
        doubts,
        n: behind.n(),
        method: behind.method(),
        flags: behind.flags(),
        points,
        ..Outcome::undecided(String::new(), margin)
    }
}

/// The left side and the abscissa of every point.
fn sides(book: &Book, case: &Case) -> (Vec<Linear>, Vec<Linear>) {
    let abscissa =
        |p: &crate::claim::Point| p.abscissa.as_ref().map(|a| book.evaluate(a)).unwrap_or_default();
    (case.points.iter().map(|p| book.evaluate(&p.lhs)).collect(), case.points.iter().map(abscissa).collect())
}

/// (abscissa, lhs, standard error) of every point that has a value.
fn points(book: &Book, y: &[Linear], x: &[Linear]) -> Vec<[f64; 3]> {
    let valued = y.iter().zip(x).filter(|(y, _)| !y.bracketed);
    valued.map(|(y, x)| [x.value, y.value, book.std_err(y)]).collect()
}

/// Σ w_i y_i to first order.
fn combination(y: &[Linear], weight: &dyn Fn(usize) -> f64) -> Linear {
    let terms = y.iter().enumerate().map(|(i, y)| y.clone().map(-weight(i) * y.value, -weight(i)));
    terms.fold(Linear::default(), Linear::minus)
}

/// Σ w_i y_i by intervals.
fn weighted(ranges: &[Range], weight: &dyn Fn(usize) -> f64) -> Range {
    let mut total = [0.0; 2];
    for (i, [low, high]) in ranges.iter().enumerate().filter(|&(i, _)| weight(i) != 0.0) {
        let (w, ends) = (weight(i), [low, high]);
        let [from, to] = if w < 0.0 { [ends[1], ends[0]] } else { ends };
        total = [(total[0] + w * from).next_down(), (total[1] + w * to).next_up()];
    }
    if total.iter().any(|x| x.is_nan()) { LINE } else { total }
}

/// A sequence and where each of its values lies.
struct Sequence<'a> {
    book: &'a Book<'a>,
    y: Vec<Linear>,
    ranges: Vec<Range>,
}

impl Sequence<'_> {
    /// Σ w_i y_i with its half-width: to first order, or the middle of its interval where a value
    /// is a bracket or has a wide bound.
    fn contrast(&self, weight: &dyn Fn(usize) -> f64) -> Contrast {
        if self.y.iter().any(|y| y.range.is_some()) {
            let [low, high] = weighted(&self.ranges, weight);
            return Contrast { value: 0.5 * (low + high), half_width: 0.5 * (high - low) };
        }
        let sum = combination(&self.y, weight);
        Contrast { value: sum.value, half_width: self.book.half_width(&sum, self.book.spent.z) }
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
