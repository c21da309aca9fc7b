//! From numbers to the verdict of one case.

mod along;

use crate::claim::enclosure::{difference, quotient};
use crate::claim::verdict::{self, Relation, Verdict};
use crate::claim::{Case, Outcome, Ratio, Section};
use crate::report::digits;
use crate::run::book::{Book, Linear};

/// What a run says of one case.
pub struct CaseResult {
    /// The last judgement.
    pub outcome: Outcome,
    /// Samples of its sources at that judgement; 0 where nothing of it is sampled.
    pub samples: u64,
}

/// Judges a case with what its round spends.
pub fn judge(book: &Book, section: &Section, case: &Case) -> Outcome {
    match section.relation {
        Relation::Slope => along::slope(book, section, case),
        Relation::Bounded => along::bounded(book, section, case),
        _ => inequality(book, section, case),
    }
}

fn inequality(book: &Book, section: &Section, case: &Case) -> Outcome {
    let point = &case.points[0];
    let left = book.evaluate(&point.lhs);
    let right = point.rhs.as_ref().map(|rhs| book.evaluate(rhs)).unwrap_or_default();
    let together = left.clone().minus(right.clone());
    let nearest_0 =
        |[low, high]: [f64; 2]| if low <= 0.0 && high >= 0.0 { 0.0 } else { low.abs().min(high.abs()) };
    let size = |side: &Linear| if side.bracketed { nearest_0(book.lies(side)) } else { side.value.abs() };
    let scale = if size(&right) == 0.0 { size(&left) } else { size(&right) };
    let lies = |side: &Linear| side.bracketed.then(|| book.lies(side));
    let exact = left.range.is_none() && right.range.is_none();
    let range = (!exact).then(|| difference(book.lies(&left), book.lies(&right)));
    let judged = Judged::of(book, &together, range, |d| verdict::excesses(section.relation, d));
    let (lhs, rhs) = (left.value, right.value);
    let mut outcome = Outcome {
        bracket: lies(&left),
        rhs_bracket: lies(&right),
        ratio: ratio(book, &left, &right),
        alternatives: point.rhs.as_ref().map_or(Vec::new(), |rhs| book.alternatives(rhs)),
        ..judged.outcome(&together, [lhs, rhs], section.margin * scale)
    };
    if outcome.verdict == Verdict::Supported && rhs.is_infinite() {
        outcome.reason = "vacuous: the right side is infinite".into();
    }
    outcome
}

/// lhs/rhs, to first order in the errors or by intervals; `None` where the right side is 0 or
/// infinite, or where the numbers are not to be believed.
fn ratio(book: &Book, left: &Linear, right: &Linear) -> Option<Ratio> {
    let unclear = !right.bracketed && (right.value == 0.0 || !right.value.is_finite());
    if unclear || left.why_missing().is_some() || !left.doubts().is_empty() || !right.doubts().is_empty() {
        return None;
    }
    let value = left.value / right.value;
    let bracketed = left.bracketed || right.bracketed;
    // d(l/r) = dl/r − l/r² dr.
    let scaled = |side: &Linear, by: f64| side.clone().map(side.value, by);
    let change = || scaled(left, right.value.recip()).minus(scaled(right, value / right.value));
    let std_err = if bracketed { f64::NAN } else { book.std_err(&change()) };
    let [low, high] = if left.range.is_some() || right.range.is_some() {
        quotient(book.lies(left), book.lies(right))
    } else {
        let half = book.half_width(&change(), book.spent.z);
        [value - half, value + half]
    };
    Some(Ratio { value, std_err, low, high })
}

/// What a verdict rests on.
struct Judged {
    std_err: f64,
    half_width: f64,
    /// Where the excess lies.
    excess: [f64; 2],
    /// The deterministic share of the half-width.
    bound: f64,
    z: f64,
}

impl Judged {
    /// Of a number that `behind` is to first order, or that lies in `range` if there is one;
    /// `excesses` are those of an interval of it.
    fn of(
        book: &Book,
        behind: &Linear,
        range: Option<[f64; 2]>,
        excesses: impl Fn([f64; 2]) -> [f64; 2],
    ) -> Self {
        let (value, z) = (behind.value, book.spent.z);
        if let (true, Some([low, high])) = (behind.bracketed, range) {
            let half_width = 0.5 * (high - low);
            return Self {
                std_err: f64::NAN,
                half_width,
                excess: excesses([low, high]),
                bound: half_width,
                z,
            };
        }
        let half_width =
            range.map_or_else(|| book.half_width(behind, z), |[low, high]| (high - value).max(value - low));
        let std_err = book.std_err(behind);
        // Around the value's own excess, whichever side of it the error lies on.
        let [at, _] = excesses([value; 2]);
        let bound = (half_width - if std_err > 0.0 { z * std_err } else { 0.0 }).max(0.0);
        Self { std_err, half_width, excess: [at - half_width, at + half_width], bound, z }
    }

    fn outcome(self, behind: &Linear, [lhs, rhs]: [f64; 2], margin: f64) -> Outcome {
        if let Some(why) = behind.why_missing() {
            return Outcome { lhs, rhs, ..Outcome::undecided(why.to_owned(), margin) };
        }
        let (doubts, n) = (behind.doubts(), behind.n());
        let (verdict, reason) = match verdict::decide(self.excess, margin) {
            _ if !doubts.is_empty() => (Verdict::Inconclusive, doubts.join("; ")),
            Verdict::Inconclusive => (Verdict::Inconclusive, self.what_would_decide(n, margin)),
            decided => (decided, why_bracketed(behind)),
        };
        Outcome {
            lhs,
            rhs,
            std_err: self.std_err,
            half_width: self.half_width,
            verdict,
            reason,
            believed: doubts.is_empty(),
            doubts,
            n,
            method: behind.method(),
            flags: behind.flags(),
            ..Outcome::undecided(String::new(), margin)
        }
    }

    fn what_would_decide(&self, n: u64, margin: f64) -> String {
        let Self { half_width, bound, z, .. } = *self;
        let excess = 0.5 * (self.excess[0] + self.excess[1]);
        let room = margin - excess - bound;
        if self.excess.iter().any(|x| x.is_nan()) {
            "the sides cannot be compared: one is not a number, or both are infinite".into()
        } else if self.std_err.is_nan() || half_width.is_infinite() {
            let more = if n == 0 { "" } else { "; more samples may narrow it" };
            let [low, high] = self.excess.map(|x| digits::plain(x, 2));
            format!("a number is known as a bracket alone: the excess lies between {low} and {high}{more}")
        } else if n == 0 || room <= 0.0 && bound >= z * self.std_err {
            let (name, more) =
                if n == 0 { ("deterministic bound", "") } else { ("bound", "; more samples narrow it") };
            format!("the {name} {bound:.1e} is too wide for the margin {margin:.1e}{more}")
        } else if room > 0.0 {
            let factor = (z * self.std_err / room).powi(2);
            format!("about {:.0e} samples would decide, if the values stay", n as f64 * factor)
        } else {
            format!("the excess {excess:.1e} is at the edge of its half-width; more samples would decide")
        }
    }
}

/// Why a number is known as a bracket; empty where none is.
fn why_bracketed(behind: &Linear) -> String {
    if behind.bracketed {
        format!("a bracket in place of what is not to be believed: {}", behind.replaced().join("; "))
    } else {
        String::new()
    }
}
