//! Short names of laws for tables and figures: `zipf s=1.5 N=100`, `25 modes d=16`; the spec itself
//! stands in tooltips and in the table of laws. And names of axes with their units.

use super::digits;
use crate::numeric::unit::{Information, Unit};
use crate::quantity;
use crate::spec::{Argument, Spec};

/// Customary symbols of parameters; the others keep their names.
const SYMBOLS: [(&str, &str); 13] = [
    ("atoms", "N"),
    ("dim", "d"),
    ("exponent", "s"),
    ("levels", "N"),
    ("rate", "λ"),
    ("ratio", "q"),
    ("dof", "ν"),
    ("sigma", "σ"),
    ("variance", "σ²"),
    ("power", "a"),
    ("shape", "α"),
    ("alpha", "α"),
    ("entropy", "H"),
];

/// Most characters of a file's name or of a list that are shown.
const LONGEST: usize = 24;

/// A left side, with its unit where it is one quantity: `path_kl (nats)`.
pub fn with_unit(side: &str) -> String {
    match quantity::find(side).map(|quantity| quantity.unit) {
        Ok(unit) if unit != Unit::One => format!("{side} ({})", unit.symbol(Information::Nats)),
        _ => side.to_owned(),
    }
}

/// The label of a source's spec; the text itself where it is no spec. Two laws may share one: it is
/// for the eye.
pub fn source(spec: &str) -> String {
    Spec::parse(spec).map_or_else(|_| spec.to_owned(), |spec| of(&spec))
}

fn of(spec: &Spec) -> String {
    let get = |key: &str| spec.parameters.iter().find(|(name, _)| name == key).map(|(_, value)| value);
    let text = |key: &str| match get(key) {
        Some(Argument::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let rest = |taken: &[&str]| {
        let others = spec.parameters.iter().filter(|(name, _)| !taken.contains(&name.as_str()));
        others.map(|(name, value)| format!(" {}", parameter(name, value))).collect::<String>()
    };
    match (spec.kind.as_str(), get("base")) {
        ("mixture", _) => modes(spec, &rest),
        ("product", Some(Argument::Nested(base))) => {
            let copies = text("dim").map_or_else(String::new, number).replace('…', "d");
            format!("{copies} × {}{}", of(base), rest(&["base", "dim"]))
        }
        ("quantized", Some(Argument::Nested(base))) => {
            format!("rounded {}{}", of(base), rest(&["base"]))
        }
        ("tree", _) if text("depth").is_some() && text("branch").is_some() => {
            let [branch, depth] = ["branch", "depth"].map(|key| text(key).map_or_else(String::new, number));
            format!("tree {branch}^{depth}{}", rest(&["branch", "depth"]))
        }
        ("file", _) => {
            let path = text("path").unwrap_or_default();
            let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
            format!("file {}", cut(name.trim_matches('"')))
        }
        (kind, _) => format!("{kind}{}", rest(&[])),
    }
}

/// A mixture by the number of its components: `5 modes in [−2, 2.4]`, `ring of 8 modes σ²=0.01`.
fn modes(spec: &Spec, rest: &dyn Fn(&[&str]) -> String) -> String {
    for (name, value) in &spec.parameters {
        let Argument::Text(text) = value else { continue };
        match name.as_str() {
            "means" => {
                let means: Vec<&str> = text.split('|').collect();
                let ends = [means.first(), means.last()].map(|m| m.map_or_else(String::new, |m| number(m)));
                return format!("{} modes in [{}]", means.len(), ends.join(", "));
            }
            "ring" => return format!("ring of {} modes{}", number(text), rest(&["ring"])),
            "grid" => return format!("{0} × {0} modes{1}", number(text), rest(&["grid"])),
            "code" => return format!("{} modes{}", number(text), rest(&["code"])),
            _ => {}
        }
    }
    format!("mixture{}", rest(&[]))
}

fn parameter(name: &str, value: &Argument) -> String {
    let symbol = SYMBOLS.iter().find(|(key, _)| *key == name).map_or(name, |(_, symbol)| symbol);
    match value {
        Argument::Text(text) if name == "embedding" => text.clone(),
        Argument::Text(text) => format!("{symbol}={}", number(text)),
        Argument::Nested(inner) => format!("{symbol}=({})", of(inner)),
        Argument::Rows(rows) => format!("{symbol}: {} rows", rows.len()),
    }
}

/// A number to four digits; `…` for what another axis fills; other text as it is, cut.
fn number(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(x) => digits::plain(x, 4),
        Err(_) if text.starts_with('{') && text.ends_with('}') => "…".into(),
        Err(_) => cut(text),
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_has_its_unit_and_an_expression_none() {
        assert_eq!(with_unit("path_kl"), "path_kl (nats)");
        assert_eq!(with_unit("sliced_wasserstein_2"), "sliced_wasserstein_2 (|x|²)");
        for plain in ["mode_variation", "snr^2 * mmse_slope", "steps"] {
            assert_eq!(with_unit(plain), plain);
        }
    }

    #[test]
    fn laws_have_short_names() {
        for (spec, expected) in [
            ("bpsk", "bpsk"),
            ("bernoulli:p=0.0001", "bernoulli p=0.0001"),
            ("zipf:exponent=1.5,atoms=100,embedding=codebook,dim=8", "zipf s=1.5 N=100 codebook d=8"),
            ("product:base=(zipf:exponent=2,atoms=10),dim={dim}", "d × zipf s=2 N=10"),
            ("quantized:base=(student-t:dof=3),step=0.5", "rounded student-t ν=3 step=0.5"),
            ("tree:depth=3,branch=4,scale=0.3", "tree 4^3 scale=0.3"),
            ("mixture:means=-2|-1.2|2.4,variances=0.0025|0.01|0.0025", "3 modes in [−2, 2.4]"),
            ("mixture:grid=5,spacing=1,variance=0.01", "5 × 5 modes spacing=1 σ²=0.01"),
            ("mixture:code=25,dim=16,variance=0.01", "25 modes d=16 σ²=0.01"),
            ("file:path=data/my-atoms.csv", "file my-atoms.csv"),
            ("not a spec:::", "not a spec:::"),
        ] {
            assert_eq!(source(spec), expected);
        }
    }
}
