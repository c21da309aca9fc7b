//! The rows that `klaim estimate` prints, in its three forms.

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::numeric::estimate::{Estimate, Method};
use crate::numeric::number;
use crate::numeric::unit::Information;
use crate::quantity::Need;
use crate::quantity::axis::{AXES, AxisKind, AxisValue};
use crate::report::{csv, wording};

/// A bound below this share of the standard error is not printed beside it.
const SMALL: f64 = 0.01;

/// One number asked for.
pub(super) struct EstimateRow {
    need: Need,
    estimate: Estimate,
    /// Why there is none.
    pub(super) missing: Option<String>,
    /// Unit of information that the estimate is in.
    information: Information,
}

impl EstimateRow {
    /// What was found of `need`, in the unit `information` where that is its kind.
    pub(super) fn new(need: Need, found: Result<Estimate>, information: Information) -> Self {
        let missing = found.as_ref().err().map(Error::to_string);
        let estimate = found.unwrap_or_else(|_| Estimate::failed(Method::MonteCarlo));
        Self { need, estimate, missing, information }
    }

    /// Symbol of the unit.
    fn unit(&self) -> &'static str {
        self.need.quantity.unit.symbol(self.information)
    }

    /// Everything that speaks against the number.
    fn doubts(&self) -> Vec<String> {
        self.missing.as_ref().map_or_else(|| self.estimate.doubts(), |why| vec![why.clone()])
    }

    /// A figure, or not a number where there is none.
    fn figure(&self, x: f64) -> f64 {
        if self.missing.is_some() { f64::NAN } else { x }
    }

    /// How it was obtained; `None` where it was not.
    fn method(&self) -> Option<Method> {
        self.missing.is_none().then_some(self.estimate.method)
    }

    /// Where a value that is not to be believed lies in any case; `None` beside one that is, and
    /// where nothing is proven.
    fn proven(&self) -> Option<[f64; 2]> {
        let factor = self.need.quantity.unit.factor(self.information).unwrap_or(1.0);
        let range = if self.estimate.believed() { None } else { self.need.proven() };
        range.map(|ends| ends.map(|x| x * factor))
    }

    /// The row of `--format json`; `backend` is where samples were taken.
    pub(super) fn json(&self, backend: &str) -> Value {
        let Self { need, estimate, .. } = self;
        let mut row = json!({
            "quantity": need.quantity.name,
            "source": need.source.spec(),
            "unit": self.unit(),
            "value": number::json(estimate.value),
            "std_err": number::json(self.figure(estimate.std_err)),
            "bound": number::json(estimate.bound),
            "n": estimate.n,
            "method": self.method(),
            "backend": backend,
            "bracket": self.proven().map(|ends| ends.map(number::json)),
            "believed": estimate.believed(),
            "doubts": self.doubts(),
            "flags": estimate.flags,
        });
        for (axis, value) in need.setting.values() {
            row[axis.name] = match value {
                AxisValue::Number(x) if matches!(axis.kind, AxisKind::Count) => json!(*x as u64),
                value => json!(value),
            };
        }
        if !need.setting.arguments.is_empty() {
            row["arguments"] = json!(need.setting.arguments);
        }
        row
    }
}

/// The rows of `--format csv`; figures that are missing are empty.
pub(super) fn csv(rows: &[EstimateRow]) -> String {
    let after = [
        "value",
        "std_err",
        "bound",
        "unit",
        "n",
        "method",
        "believed",
        "doubts",
        "low",
        "high",
        "pareto_k",
        "dominance",
    ];
    let optional = |x: Option<f64>| x.map_or(String::new(), number::name);
    let header: Vec<&str> =
        ["quantity", "source"].into_iter().chain(AXES.map(|axis| axis.name)).chain(after).collect();
    let fields = |row: &EstimateRow| {
        let EstimateRow { need, estimate: e, .. } = row;
        let axis = |axis| need.setting.get(axis).map_or_else(String::new, AxisValue::to_string);
        let [low, high] = row.proven().map_or([None; 2], |ends| ends.map(Some));
        let figure = |x: f64| if row.missing.is_some() { String::new() } else { number::name(x) };
        let what = [need.quantity.name.to_owned(), need.source.spec().to_owned()];
        let figures = [
            figure(e.value),
            figure(e.std_err),
            figure(e.bound),
            row.unit().to_owned(),
            e.n.to_string(),
            row.method().map_or(String::new(), |method| method.to_string()),
            e.believed().to_string(),
            row.doubts().join("; "),
            optional(low),
            optional(high),
            optional(e.flags.pareto_k),
            optional(e.flags.dominance),
        ];
        what.into_iter().chain(AXES.map(axis)).chain(figures).collect::<Vec<_>>()
    };
    csv::text(&header, rows.iter().map(fields))
}

/// A line per row.
pub(super) fn table(rows: &[EstimateRow]) -> String {
    let what = |EstimateRow { need, estimate, .. }: &EstimateRow| {
        let kind = if estimate.method == Method::NearestNeighbour { "differential " } else { "" };
        format!("{kind}{} of {}{}", need.quantity.name, need.source.spec(), need.setting)
    };
    let width = rows.iter().map(|row| what(row).chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for row @ EstimateRow { estimate: e, .. } in rows {
        let error = match (e.std_err > 0.0, e.bound > SMALL * e.std_err) {
            (true, false) => format!(" ± {:.1e} (std err, n = {})", e.std_err, e.n),
            (true, true) => format!(" ± {:.1e} (std err, n = {}) ± {:.1e} (bound)", e.std_err, e.n, e.bound),
            (false, true) => format!(" ± {:.0e} (bound)", e.bound),
            (false, false) => String::new(),
        };
        let unit =
            Some(row.unit()).filter(|unit| *unit != "1").map_or(String::new(), |unit| format!(" {unit}"));
        let number = row
            .method()
            .map_or("not measured".to_owned(), |m| format!("{}{error}{unit}  {m}", readable(e.value)));
        let mut doubt = row.doubts().iter().map(|why| format!("  ! {why}")).collect::<String>();
        if let Some(range) = row.proven() {
            doubt += &format!("  ! not to be believed; proven: {}", wording::bracketed(range));
        }
        text += &format!("{:<width$}  {number}{doubt}\n", what(row));
    }
    text
}

/// Every digit of a number, with an exponent where zeros would otherwise be counted.
fn readable(x: f64) -> String {
    if x == 0.0 || (1e-5..1e16).contains(&x.abs()) || !x.is_finite() {
        x.to_string()
    } else {
        format!("{x:e}")
    }
}
