//! The JSON Schema of claim files: what editors complete keys with, and what the reference page's
//! tables of keys, axes and functions are written from.

use serde_json::{Map, Value, json};

use crate::claim::axis;
use crate::claim::verdict::Relation;
use crate::quantity::axis::{AXES, AxisKind, SettingAxis};
use crate::schedule::MOST_STEPS;
use crate::source::assume::Assumption;

/// A key of a claim file: its name, its schema, and whether controls and breaks take it.
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// In one sentence.
    pub about: &'static str,
    /// What its values are.
    schema: fn() -> Value,
    /// Whether a control or a break may override it.
    pub overrides: bool,
}

/// A text that is not blank.
fn words() -> Value {
    json!({ "type": "string", "pattern": "\\S" })
}

fn expression() -> Value {
    json!({ "type": "string", "pattern": "\\S" })
}

fn positive() -> Value {
    json!({ "type": "number", "exclusiveMinimum": 0 })
}

fn relation() -> Value {
    json!({ "enum": Relation::ALL.map(|relation| relation.to_string()) })
}

/// Every key of the file but `control` and `break`, in the order of the shipped claims.
pub const KEYS: [Key; 17] = [
    Key {
        name: "id",
        about: "Name of the claim, kebab-case; the file's name without `.toml` where left out.",
        schema: || json!({ "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$" }),
        overrides: false,
    },
    Key {
        name: "title",
        about: "A sentence fragment for headings; the statement where left out.",
        schema: words,
        overrides: false,
    },
    Key {
        name: "statement",
        about: "The mathematical statement in Unicode; the expressions where left out.",
        schema: words,
        overrides: false,
    },
    Key {
        name: "cite",
        about: "Where the statement stands, such as `[GSV05, Thm. 1]`; none where left out.",
        schema: words,
        overrides: false,
    },
    Key {
        name: "origin",
        about: "Where it comes from, in any words; `own` where left out.",
        schema: words,
        overrides: false,
    },
    Key {
        name: "assumes",
        about: "Assumptions that it is stated under, by the names of `klaim assume`.",
        schema: || json!({ "type": "array", "items": { "enum": Assumption::ALL.map(Assumption::name) } }),
        overrides: false,
    },
    Key {
        name: "remark",
        about: "What holds, what is loose, what breaks: free text for the page.",
        schema: words,
        overrides: false,
    },
    Key {
        name: "expect",
        about: "`refuted` for a statement that must fail; `supported` where left out.",
        schema: || json!({ "enum": ["supported", "refuted"] }),
        overrides: false,
    },
    Key { name: "lhs", about: "Left side: an expression.", schema: expression, overrides: true },
    Key {
        name: "relation",
        about: "`==`, `<=`, `>=`; `slope` of ln lhs against ln of an axis; `bounded` as it grows.",
        schema: relation,
        overrides: true,
    },
    Key {
        name: "rhs",
        about: "Right side: an expression; of `==`, `<=`, `>=` alone.",
        schema: expression,
        overrides: true,
    },
    Key {
        name: "where",
        about: "Hypotheses, `\"shannon >= ln(2)\"` or a list of such: combinations of the axes that do \
                not satisfy them are no cases. `\"\"` drops those that a control or a break would \
                inherit.",
        schema: || {
            let text = json!({ "type": "string" });
            json!({ "anyOf": [text, { "type": "array", "items": text }] })
        },
        overrides: true,
    },
    Key {
        name: "constants",
        about: "Numbers by name, for use in the expressions: `{ C = 4.0 }`.",
        schema: || json!({ "type": "object", "additionalProperties": { "type": "number" } }),
        overrides: true,
    },
    Key {
        name: "margin",
        about: "The smallest violation that the run must be able to see, relative to |rhs|; 0.05 where \
                left out. Of a slope it is absolute, in the exponent.",
        schema: positive,
        overrides: true,
    },
    Key {
        name: "against",
        about: "Of `slope` and `bounded`: the axis or the quantity that is taken as abscissa.",
        schema: expression,
        overrides: true,
    },
    Key {
        name: "between",
        about: "Of `slope`: the exponents allowed, the smaller first: `[-1.05, -0.95]`.",
        schema: || json!({ "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 }),
        overrides: true,
    },
    Key {
        name: "decay",
        about: "Of `bounded`: how fast the growth of ln lhs must vanish to count as levelling off.",
        schema: positive,
        overrides: true,
    },
];

/// The schema of claim files (JSON Schema, draft 2020-12).
pub fn schema() -> Value {
    let described = |key: &Key| {
        let mut schema = (key.schema)();
        schema["description"] = key.about.into();
        (key.name.to_owned(), schema)
    };
    let axes = axes();
    let over = json!({
        "description": "Axes: every combination of their values is a case. A name in braces in a source \
                        is filled by the axis of that name.",
        "type": "object",
        "properties": axes,
        "additionalProperties": { "$ref": "#/$defs/numbers" },
    });
    let mut section: Map<String, Value> = KEYS.iter().filter(|key| key.overrides).map(described).collect();
    section.insert("why".into(), {
        let mut why = words();
        why["description"] = "Why it must come out refuted.".into();
        why
    });
    section.insert("over".into(), json!({ "$ref": "#/$defs/over" }));
    section.extend(axes.clone());
    let sections = |about: &str| json!({ "description": about, "type": "array", "maxItems": 1000, "items": { "$ref": "#/$defs/section" } });
    let mut properties: Map<String, Value> = KEYS.iter().map(described).collect();
    properties.insert(
        "over".into(),
        json!({ "anyOf": [
            { "$ref": "#/$defs/over" },
            { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/over" } },
        ]}),
    );
    properties.insert("control".into(), sections("False neighbours of the claim: each must be refuted."));
    properties.insert("break".into(), sections("Where the claim must fail: each must be refuted."));
    let given = |relations: &[Relation]| {
        let names: Vec<String> = relations.iter().map(Relation::to_string).collect();
        json!({ "properties": { "relation": { "enum": names } }, "required": ["relation"] })
    };
    let along = [Relation::Slope, Relation::Bounded];
    let sides = [Relation::Equal, Relation::AtMost, Relation::AtLeast];
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A claim of klaim",
        "type": "object",
        "additionalProperties": false,
        "required": ["lhs", "relation"],
        "properties": properties,
        "allOf": [
            { "if": given(&sides), "then": { "required": ["rhs"] } },
            { "if": given(&along), "then": { "required": ["against"], "not": { "required": ["rhs"] } } },
            { "if": given(&[Relation::Slope]), "then": { "required": ["between"] } },
        ],
        "$defs": {
            "over": over,
            "section": {
                "type": "object",
                "required": ["why"],
                "minProperties": 2,
                "properties": section,
                "additionalProperties": { "$ref": "#/$defs/numbers" },
            },
            "numbers": {
                "anyOf": [
                    { "type": "array", "minItems": 1, "items": { "type": ["number", "string"] } },
                    { "$ref": "#/$defs/range" },
                ],
            },
            "range": {
                "anyOf": [
                    { "type": "string", "description": "A list or a log-spaced range: `1e-3..1e3/32`.",
                      "pattern": "^[^.,]*[0-9]" },
                    {
                        "type": "object",
                        "description": "Log-spaced, both ends exact.",
                        "additionalProperties": false,
                        "required": ["from", "to", "points"],
                        "properties": {
                            "from": positive(),
                            "to": positive(),
                            "points": { "type": "integer", "minimum": 2, "maximum": axis::MOST_VALUES },
                        },
                    },
                    {
                        "type": "object",
                        "description": "Every value of a range, by proof; JSON has null for TOML's inf.",
                        "additionalProperties": false,
                        "required": ["all"],
                        "properties": {
                            "all": {
                                "type": "array", "minItems": 2, "maxItems": 2,
                                "items": { "type": ["number", "null"] },
                            },
                        },
                    },
                ],
            },
        },
    })
}

/// The schemas of the axes that a claim may always have.
fn axes() -> Map<String, Value> {
    let of_axis = |axis: &&'static SettingAxis| {
        let item = match axis.kind {
            AxisKind::Number { .. } => json!({ "type": "number", "minimum": 0 }),
            AxisKind::Count => json!({ "type": "integer", "minimum": 1, "maximum": MOST_STEPS }),
            AxisKind::Spec(_) => words(),
        };
        let list = json!({ "type": "array", "minItems": 1, "items": item });
        let mut schema = match axis.is_text() {
            true => list,
            false => json!({ "anyOf": [list, { "$ref": "#/$defs/range" }] }),
        };
        schema["description"] = axis.help.into();
        (axis.name.to_owned(), schema)
    };
    let mut all: Map<String, Value> = AXES.iter().map(of_axis).collect();
    let table = json!({ "type": "object", "required": ["kind"], "properties": { "kind": words() } });
    let source = json!({
        "description": "Laws (`klaim list sources`), as `zipf:exponent=2,atoms=10` or as a table with `kind`.",
        "type": "array", "minItems": 1, "items": { "anyOf": [words(), table] },
    });
    all.insert("source".into(), source);
    let baseline = "Schedules to compare with: `baseline(path_kl)` is the quantity on them.";
    all.insert(
        "baseline".into(),
        json!({ "description": baseline, "type": "array", "minItems": 1, "items": words() }),
    );
    all
}
