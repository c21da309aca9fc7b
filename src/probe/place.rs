//! What was found at one place of a probe: the claim at its worst SNR there, and its form as text
//! and in JSON.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::claim::enclosure::quotient;
use crate::claim::verdict::{Relation, Verdict, excesses};
use crate::claim::{AxisValue, Outcome, Ratio};
use crate::numeric::number;
use crate::report::digits;
use crate::report::wording::range;
use crate::source::Source;

/// Significant digits of a value in text.
pub const DIGITS: usize = 4;

/// The claim at one place: its worst case there.
#[derive(Debug, Clone)]
pub struct PlaceOutcome {
    /// The varied parameters.
    pub at: BTreeMap<String, f64>,
    /// The worst case with every axis value, `source` and the worst `snr` among them. Its verdict
    /// is of the whole place: refuted if any case there is, supported if all are.
    pub outcome: Outcome,
    /// How near to a violation: lhs/rhs (`<=`), rhs/lhs (`>=`), 1 + |lhs − rhs|/|rhs| (`==`); above
    /// 1 the claim fails. Its errors are of lhs − rhs, relative to |rhs|; beside a bracket it has
    /// no value, but ends.
    pub nearness: Ratio,
    /// The law there.
    pub law: LawNumbers,
    /// Cases of the place that are undecided and whose ratio may be larger.
    pub undecided: Vec<Undecided>,
}

/// A case that nothing decides.
#[derive(Debug, Clone, Serialize)]
pub struct Undecided {
    /// Every axis of the case.
    pub axes: BTreeMap<String, AxisValue>,
    /// The most that its ratio may be: the upper end of its simultaneous interval; ∞ where nothing
    /// is known.
    #[serde(with = "number")]
    pub most: f64,
    /// Why it is undecided.
    pub reason: String,
}

/// Entropies of a law; ∞, ∞ and NaN for a continuous one.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct LawNumbers {
    /// Shannon entropy H, nats.
    #[serde(with = "number")]
    pub shannon: f64,
    /// Rényi entropy of order ½, nats.
    #[serde(with = "number")]
    pub renyi_half: f64,
    /// V/H², the varentropy in units of the squared entropy.
    #[serde(with = "number")]
    pub relative_varentropy: f64,
}

impl LawNumbers {
    /// Where nothing is known of the law.
    pub const UNKNOWN: Self =
        Self { shannon: f64::NAN, renyi_half: f64::NAN, relative_varentropy: f64::NAN };

    /// The numbers of `source`.
    pub fn of(source: &Source) -> Self {
        let Some(pmf) = source.pmf() else {
            return Self { shannon: f64::INFINITY, renyi_half: f64::INFINITY, ..Self::UNKNOWN };
        };
        let shannon = pmf.shannon().value;
        let relative_varentropy = pmf.info_variance().value / (shannon * shannon);
        Self { shannon, renyi_half: pmf.renyi(0.5).value, relative_varentropy }
    }

    /// H, H_½ and V/H².
    pub fn list(&self) -> [f64; 3] {
        [self.shannon, self.renyi_half, self.relative_varentropy]
    }
}

/// How near to a violation: above 1 the relation fails. 0/0 and x/∞ are 0: nothing is violated.
pub fn ratio(relation: Relation, lhs: f64, rhs: f64) -> f64 {
    let over = |a: f64, b: f64| if a == 0.0 || (b.is_infinite() && a.is_finite()) { 0.0 } else { a / b };
    match relation {
        Relation::AtMost | Relation::Slope | Relation::Bounded => over(lhs, rhs),
        Relation::AtLeast => over(rhs, lhs),
        Relation::Equal => 1.0 + over((lhs - rhs).abs(), rhs.abs()),
    }
}

/// [`ratio`] with its errors; for a bracket where it lies.
pub fn nearness(relation: Relation, outcome: &Outcome) -> Ratio {
    let (lhs, rhs) = (outcome.lhs, outcome.rhs);
    if outcome.bracketed() {
        let [left, right] = [(outcome.bracket, lhs), (outcome.rhs_bracket, rhs)]
            .map(|(bracket, value)| bracket.unwrap_or([value; 2]));
        let [low, high] = match relation {
            Relation::AtMost | Relation::Slope | Relation::Bounded => quotient(left, right),
            Relation::AtLeast => quotient(right, left),
            Relation::Equal => excesses(relation, quotient(left, right).map(|quotient| quotient - 1.0))
                .map(|excess| 1.0 + excess),
        };
        return Ratio { value: f64::NAN, std_err: f64::NAN, low, high };
    }
    let scale = if rhs == 0.0 { lhs.abs() } else { rhs.abs() };
    let relative = |x: f64| if x == 0.0 { 0.0 } else { x / scale };
    let (value, half) = (ratio(relation, lhs, rhs), relative(outcome.half_width));
    Ratio { value, std_err: relative(outcome.std_err), low: value - half, high: value + half }
}

impl PlaceOutcome {
    /// Order of what says most: refuted first, then what is believed, then the ratio that is
    /// certain (the lower end of its interval), unknown last. A value known only to lie in a wide
    /// interval does not pass for a large one.
    pub fn order(&self, other: &Self) -> Ordering {
        let certain = |f: &Self| {
            let least = f.nearness.low;
            let of_case = (f.outcome.verdict == Verdict::Refuted, f.outcome.believed);
            (of_case, if least.is_nan() { f64::NEG_INFINITY } else { least })
        };
        let ((a, x), (b, y)) = (certain(self), certain(other));
        a.cmp(&b).then(x.total_cmp(&y))
    }

    /// Whether the right side is infinite and the statement says nothing.
    pub fn void(&self) -> bool {
        self.outcome.rhs.is_infinite()
    }

    /// Whether it has a ratio: a number, of a statement that is not void.
    pub fn has_ratio(&self) -> bool {
        !self.nearness.value.is_nan() && !self.void()
    }

    /// Whether it was measured before a stop.
    pub fn measured(&self) -> bool {
        self.outcome.bracketed() || !self.nearness.value.is_nan()
    }

    /// The axis `name` as data; empty where the case has none.
    pub fn axis(&self, name: &str) -> String {
        self.outcome.axes.get(name).map_or(String::new(), AxisValue::to_string)
    }

    /// The worst SNR, as people read it.
    pub fn snr(&self) -> String {
        let snr = self.outcome.axes.get("snr").and_then(AxisValue::number);
        snr.map_or(String::new(), |snr| digits::plain(snr, DIGITS))
    }

    /// The left and the right side with `digits` significant digits, or their brackets.
    pub fn sides(&self, digits: usize) -> [String; 2] {
        let Outcome { lhs, rhs, bracket, rhs_bracket, .. } = self.outcome;
        [(bracket, lhs), (rhs_bracket, rhs)]
            .map(|(ends, x)| ends.map_or_else(|| digits::plain(x, digits), range))
    }

    /// The ratio with its error; `≤ 0.41` where it is known by a bracket, `void` where the right
    /// side is infinite.
    pub fn ratio(&self) -> String {
        let Ratio { value, std_err, low, high } = self.nearness;
        match () {
            () if self.outcome.bracketed() => range([low, high]),
            () if self.void() => "void".into(),
            () if self.outcome.believed => digits::short(value, std_err, DIGITS),
            () => format!("{} (not to be believed)", digits::short(value, std_err, DIGITS)),
        }
    }

    /// The verdict's word; a supported statement with an infinite right side is void.
    pub fn verdict(&self) -> String {
        let verdict = self.outcome.verdict;
        if self.void() && verdict == Verdict::Supported { "void".into() } else { verdict.to_string() }
    }

    /// `p = 0.03, n = 10`, or the source where nothing varies.
    pub fn place(&self) -> String {
        let at: Vec<String> =
            self.at.iter().map(|(name, x)| format!("{name} = {}", digits::plain(*x, DIGITS))).collect();
        if at.is_empty() { self.axis("source") } else { at.join(", ") }
    }

    /// Ratio, worst SNR and entropies.
    pub fn described(&self) -> String {
        let snr = self.snr();
        let worst = if snr.is_empty() { String::new() } else { format!(" (worst SNR {snr})") };
        let [shannon, renyi_half, varentropy] = self.law.list().map(|x| digits::plain(x, DIGITS));
        format!("ratio {}{worst}, H = {shannon}, H_½ = {renyi_half}, V/H² = {varentropy}", self.ratio())
    }
}

/// The outcome's keys; `ratio`, `std_err` and `half_width` are of the nearness, `ratio_bracket`
/// where it has no value.
impl Serialize for PlaceOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct PlaceForm<'a> {
            #[serde(with = "number")]
            at: BTreeMap<String, f64>,
            #[serde(flatten)]
            outcome: serde_json::Map<String, serde_json::Value>,
            #[serde(flatten)]
            law: LawNumbers,
            #[serde(skip_serializing_if = "<[Undecided]>::is_empty")]
            undecided: &'a [Undecided],
        }
        let Ratio { value, std_err, low, high } = self.nearness;
        let of_ratio = |x: f64| if self.outcome.bracketed() { number::known(x) } else { number::json(x) };
        let mut outcome = match serde_json::to_value(&self.outcome).map_err(serde::ser::Error::custom)? {
            serde_json::Value::Object(outcome) => outcome,
            _ => unreachable!("an outcome has keys"),
        };
        // A place has no margin and no replay of its own.
        for key in ["margin", "replay", "points", "alternatives"] {
            outcome.remove(key);
        }
        outcome.insert("ratio".into(), of_ratio(value));
        outcome.insert("std_err".into(), of_ratio(std_err));
        outcome.insert("half_width".into(), number::json(0.5 * (high - low)));
        if self.outcome.bracketed() {
            outcome.insert("ratio_bracket".into(), [low, high].map(number::json).to_vec().into());
        }
        let Self { at, law, undecided, .. } = self;
        PlaceForm { at: at.clone(), outcome, law: *law, undecided }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(relation: Relation, outcome: Outcome) -> PlaceOutcome {
        let nearness = nearness(relation, &outcome);
        PlaceOutcome {
            at: BTreeMap::new(),
            outcome,
            nearness,
            law: LawNumbers::UNKNOWN,
            undecided: Vec::new(),
        }
    }

    /// A side that is known as an interval alone has a ratio that is one, by either side and for
    /// every relation.
    #[test]
    fn a_bracket_has_a_ratio_between_its_ends() {
        let bracket =
            Outcome { bracket: Some([0.5, 1.0]), rhs: 4.0, ..Outcome::undecided(String::new(), f64::NAN) };
        for (relation, [low, high]) in [
            (Relation::AtMost, [0.125, 0.25]),
            (Relation::AtLeast, [4.0, 8.0]),
            (Relation::Equal, [1.75, 1.875]),
        ] {
            let found = at(relation, bracket.clone());
            assert!((found.nearness.low - low).abs() < 1e-12, "{relation}: {:?}", found.nearness);
            assert!((found.nearness.high - high).abs() < 1e-12, "{relation}: {:?}", found.nearness);
            assert!(found.measured() && !found.has_ratio());
        }
        let json = serde_json::to_value(at(Relation::AtMost, bracket.clone())).unwrap();
        assert!(json["ratio"].is_null() && json["std_err"].is_null(), "{json}");
        assert!((json["ratio_bracket"][1].as_f64().unwrap() - 0.25).abs() < 1e-12, "{json}");
        let other =
            Outcome { lhs: 1.0, rhs: f64::NAN, rhs_bracket: Some([2.0, 4.0]), bracket: None, ..bracket };
        assert_eq!(at(Relation::AtMost, other).ratio(), "0.25 … 0.5");
    }

    /// A bound that is infinite says nothing of how tight it is.
    #[test]
    fn a_void_statement_has_no_ratio() {
        let outcome =
            Outcome { lhs: 1.0, rhs: f64::INFINITY, std_err: 0.0, ..Outcome::undecided(String::new(), 0.1) };
        let void = at(Relation::AtMost, Outcome { verdict: Verdict::Supported, ..outcome });
        assert!(void.void() && !void.has_ratio());
        assert_eq!((void.ratio(), void.verdict()), ("void".to_owned(), "void".to_owned()));
    }
}
