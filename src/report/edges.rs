//! Where a claim stops holding: the nearest pair of a supported case and a refuted one that differ in
//! one number alone.

use std::collections::BTreeMap;

use super::digits;
use super::model::{Edge, SectionReport};
use crate::claim::verdict::Verdict;
use crate::claim::{AxisValue, Outcome};
use crate::spec::{Argument, Spec};

/// An edge in words: `bernoulli: p = 0.08 holds, 0.07 breaks`.
pub fn words(edge: &Edge) -> String {
    let [holds, breaks] = [edge.holds, edge.breaks].map(|x| digits::plain(x, 4));
    let name = edge.name.replace('_', " ");
    format!("{}: {name} = {holds} holds, {breaks} breaks", edge.on)
}

/// Where a case stands: the numbers and the words of its axes, parameters of its law included.
#[derive(Debug, Clone, PartialEq)]
struct Stand {
    words: BTreeMap<String, String>,
    numbers: BTreeMap<String, f64>,
}

/// The edges of a claim, the nearest of each parameter and law: only breaks that state the claim's
/// own comparison count.
pub fn edges(main: &SectionReport, breaks: &[SectionReport]) -> Vec<Edge> {
    let holding: Vec<Stand> = stands(main, Verdict::Supported);
    let same = |section: &&SectionReport| {
        let side = |s: &SectionReport| (s.lhs.clone(), s.relation, s.rhs.clone());
        side(section) == side(main) && section.constants == main.constants
    };
    let mut found: Vec<Edge> = Vec::new();
    for broken in breaks.iter().filter(same).flat_map(|s| stands(s, Verdict::Refuted)) {
        for edge in holding.iter().filter_map(|holds| edge(holds, &broken)) {
            let known = found.iter_mut().find(|known| known.on == edge.on && known.name == edge.name);
            match known {
                Some(known) if width(&edge) < width(known) => *known = edge,
                Some(_) => {}
                None => found.push(edge),
            }
        }
    }
    found
}

fn width(edge: &Edge) -> f64 {
    if edge.holds > 0.0 && edge.breaks > 0.0 {
        (edge.holds / edge.breaks).ln().abs()
    } else {
        (edge.holds - edge.breaks).abs()
    }
}

/// The distinct places of the rows with a verdict, whatever their SNR; a place where another row has
/// another verdict is none of them for "supported".
fn stands(section: &SectionReport, verdict: Verdict) -> Vec<Stand> {
    let mut places: Vec<(Stand, bool)> = Vec::new();
    for row in &section.rows {
        let (stand, said) = (stand(row), row.verdict == verdict);
        match places.iter_mut().find(|(known, _)| *known == stand) {
            // One refuted row refutes a place; a supported place needs them all.
            Some((_, all)) if verdict == Verdict::Refuted => *all |= said,
            Some((_, all)) => *all &= said,
            None => places.push((stand, said)),
        }
    }
    places.into_iter().filter(|(_, said)| *said).map(|(stand, _)| stand).collect()
}

fn stand(row: &Outcome) -> Stand {
    let mut stand = Stand { words: BTreeMap::new(), numbers: BTreeMap::new() };
    for (name, value) in row.axes.iter().filter(|(name, _)| *name != "snr") {
        match value {
            AxisValue::Number(x) => {
                stand.numbers.insert(name.clone(), *x);
            }
            AxisValue::Text(text) if name == "source" => match Spec::parse(text) {
                Ok(spec) => add(&mut stand, &spec, ""),
                Err(_) => {
                    stand.words.insert(name.clone(), text.clone());
                }
            },
            AxisValue::Text(text) => {
                stand.words.insert(name.clone(), text.clone());
            }
        }
    }
    stand
}

/// The kind and the parameters of a law, those of a law inside it behind a dot.
fn add(stand: &mut Stand, spec: &Spec, before: &str) {
    stand.words.insert(format!("{before}kind"), spec.kind.clone());
    for (name, value) in &spec.parameters {
        let name = format!("{before}{name}");
        match value {
            Argument::Text(text) => match text.parse() {
                Ok(x) => {
                    stand.numbers.insert(name, x);
                }
                Err(_) => {
                    stand.words.insert(name, text.clone());
                }
            },
            Argument::Nested(inner) => add(stand, inner, &format!("{name}.")),
            Argument::Rows(rows) => {
                stand.words.insert(name, format!("{rows:?}"));
            }
        }
    }
}

fn edge(holds: &Stand, broken: &Stand) -> Option<Edge> {
    if holds.words != broken.words || !holds.numbers.keys().eq(broken.numbers.keys()) {
        return None;
    }
    let differs =
        |(name, x): (&String, &f64)| (x.to_bits() != broken.numbers[name].to_bits()).then_some(name.clone());
    let different: Vec<String> = holds.numbers.iter().filter_map(differs).collect();
    let [name] = &different[..] else { return None };
    let on = holds.words.get("kind").cloned().unwrap_or_default();
    let edge = Edge { on, name: name.clone(), holds: holds.numbers[name], breaks: broken.numbers[name] };
    Some(edge)
}
