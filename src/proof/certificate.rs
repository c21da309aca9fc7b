//! Certificates: what shows a decision, for another program to check.
//!
//! JSON with the law, the inequality, the cells and where the excess lies on each
//! (`examples/check_certificate.py` reads it). Every number of a cell is a double in its shortest
//! decimal form, so a binary fraction; those of the statement are decimals.

use serde_json::{Value, json};

use crate::claim::statement::{Operand, RangeStatement, Side};
use crate::claim::verdict::Relation;
use crate::numeric::number;
use crate::proof::cover::{Decision, Proof};
use crate::proof::law_text::LawText;
use crate::proof::statement::ProofPlace;

impl Proof {
    /// The certificate of a proof of `statement`, which `name` names in words; `None` where nothing
    /// was decided.
    pub fn certificate(&self, name: &str, statement: &RangeStatement) -> Option<String> {
        let verdict = match self.decision {
            Decision::Proved => "proved",
            Decision::Disproved { everywhere: true } if statement.parameter.is_some() => {
                "disproved for every parameter"
            }
            Decision::Disproved { .. } => "disproved",
            Decision::Open(_) => return None,
        };
        let decimal = |x: f64| if x.is_finite() { format!("{x:?}") } else { "inf".to_owned() };
        let parameter = statement.parameter.as_ref();
        // An equality fails with one of its inequalities.
        let mut excesses = self.slabs.iter().flat_map(|slab| &slab.cells).map(|cell| cell.excess);
        let (relation, turned) = match statement.relation {
            Relation::Equal if excesses.all(|excess| excess[1] < 0.0) => (Relation::AtLeast, true),
            Relation::Equal => (Relation::AtMost, false),
            other => (other, false),
        };
        let header = [
            ("certificate", json!(2)),
            ("claim", json!(name)),
            ("verdict", json!(verdict)),
            ("source", json!(statement.source.to_string())),
            ("law", law(statement)),
            (
                "parameter",
                parameter
                    .map_or(Value::Null, |(name, ends)| json!([name, decimal(ends[0]), decimal(ends[1])])),
            ),
            ("snr", json!(statement.snr.map(decimal))),
            ("lhs", json!(statement.lhs.expression.to_string())),
            ("relation", json!(relation.to_string())),
            ("rhs", json!(statement.rhs.expression.to_string())),
            ("values", json!(values([&statement.lhs, &statement.rhs], decimal))),
        ];
        let mut text = String::from("{\n");
        for (key, value) in header {
            text.push_str(&format!("  {}: {value},\n", json!(key)));
        }
        text.push_str(
            "  \"columns\": [\"snr from\", \"snr to\", \"excess from\", \"excess to\", \"power\"],\n",
        );
        let cells = |slab: &crate::proof::cover::Slab| {
            let rows = slab.cells.iter().map(|cell| {
                let [low, high] = cell.excess;
                let excess = if turned { [-high, -low] } else { [low, high] };
                let [a, b, c, d] = [cell.snr[0], cell.snr[1], excess[0], excess[1]].map(number::json);
                format!("      {}", json!([a, b, c, d, cell.power]))
            });
            rows.collect::<Vec<_>>().join(",\n")
        };
        let slabs = self.slabs.iter().map(|slab| {
            format!("    {{\"parameter\": {}, \"cells\": [\n{}\n    ]}}", json!(slab.parameter), cells(slab))
        });
        text.push_str(&format!("  \"slabs\": [\n{}\n  ]\n}}\n", slabs.collect::<Vec<_>>().join(",\n")));
        Some(text)
    }
}

/// The law in full: numbers of coordinates and of dimensions, atoms of a coordinate and their
/// weights, as expressions; null for a law without atoms.
fn law(statement: &RangeStatement) -> Value {
    let place = statement.at(statement.samples()[0]).ok();
    place.as_ref().and_then(ProofPlace::line).map_or(Value::Null, |line| {
        let LawText { atoms, weights } = &line.text;
        let copies = [line.copies, line.dim].map(|n| n.lo().to_string());
        json!({ "copies": copies, "atoms": atoms, "weights": weights })
    })
}

/// What the names of the expressions are where they are no quantities: a decimal, `snr` or
/// `parameter`.
fn values(sides: [&Side; 2], decimal: impl Fn(f64) -> String) -> serde_json::Map<String, Value> {
    let mut values = serde_json::Map::new();
    for side in sides {
        for (reference, operand) in side.expression.references().iter().zip(&side.operands) {
            let value = match operand {
                Operand::Number(x) => decimal(*x),
                Operand::Snr => "snr".into(),
                Operand::Parameter => "parameter".into(),
                Operand::Quantity(..) => continue,
            };
            values.insert(reference.name.clone(), value.into());
        }
    }
    values
}
