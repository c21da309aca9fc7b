//! The constant that each law needs, against its entropy.

use maud::html;

use super::curve::{left, level_name};
use super::{
    FOOT, HEIGHT, PlotMark, SmallFigure, TOP, WIDTH, abscissa, axes, bar, brackets, canvas, cross, disc,
    mark, naming, ordinate,
};
use crate::claim::AxisValue;
use crate::claim::verdict::Relation;
use crate::report::markup::escaped;
use crate::report::model::{Report, SectionReport};
use crate::report::papers::{Evidence, EvidenceRole};
use crate::report::yardstick::Yardstick;
use crate::report::{digits, labels};
use naming::{Name, Segment, names};

/// Fewer laws make no picture.
const FEWEST: usize = 5;
/// How many refuted laws are named, and how many others.
const NAMED: usize = 3;

/// The panel over those sections of the evidence that compare the same sides with a constant, the
/// largest such group with a break; `None` without one, or with too few laws of finite entropy.
pub fn panel(report: &Report, evidence: &[Evidence]) -> Option<SmallFigure> {
    let mut groups: Vec<Vec<&SectionReport>> = Vec::new();
    for section in evidence.iter().filter(|e| e.role != EvidenceRole::Control).map(|e| e.section) {
        let constant = matches!(Yardstick::of(section), Yardstick::Constant { .. });
        if !constant || section.relation != Relation::AtMost {
            continue;
        }
        match groups.iter_mut().find(|g| (&g[0].lhs, &g[0].rhs) == (&section.lhs, &section.rhs)) {
            Some(group) => group.push(section),
            None => groups.push(vec![section]),
        }
    }
    let drawn = groups.into_iter().map(|group| (laws(report, &group), group));
    let drawn = drawn.filter(|(laws, _)| laws.iter().any(|(_, mark)| mark.refuted));
    let (laws, group) = drawn.max_by_key(|(laws, _)| laws.len()).filter(|(laws, _)| laws.len() >= FEWEST)?;
    let Yardstick::Constant { name, .. } = Yardstick::of(group[0]) else { return None };
    Some(draw(&laws, group[0], &name))
}

/// Each law with its entropy and its worst row.
fn laws(report: &Report, sections: &[&SectionReport]) -> Vec<(String, PlotMark)> {
    let mut laws: Vec<(String, PlotMark)> = Vec::new();
    let stated = Yardstick::of(sections[0]).level(1.0);
    for section in sections {
        let yardstick = Yardstick::of(section);
        for row in &section.rows {
            let Some(spec) = row.axes.get("source").and_then(AxisValue::text) else { continue };
            let source = report.sources.iter().find(|source| same(&source.spec, spec));
            let Some(entropy) = source.map(|s| s.shannon).filter(|h| h.is_finite() && *h > 0.0) else {
                continue;
            };
            let Some(mut mark) = mark(entropy, row, &yardstick) else { continue };
            // A smaller constant refuted is no break of the one that is drawn, unless the law needs more.
            let least = mark.bracket.map_or(mark.y - mark.half, |[low, _]| low);
            mark.refuted &= yardstick.level(1.0) >= stated || least > stated;
            match laws.iter_mut().find(|(known, _)| known == spec) {
                Some((_, known)) => {
                    let refuted = known.refuted || mark.refuted;
                    if worst(&mark) > worst(known) {
                        *known = mark;
                    }
                    known.refuted = refuted;
                }
                None => laws.push((spec.to_owned(), mark)),
            }
        }
    }
    laws
}

/// Whether two specs name one law, whatever way their numbers are written.
fn same(a: &str, b: &str) -> bool {
    a == b || labels::source(a) == labels::source(b)
}

fn worst(mark: &PlotMark) -> f64 {
    mark.bracket.map_or(mark.y, |[_, high]| high)
}

fn draw(laws: &[(String, PlotMark)], section: &SectionReport, constant: &str) -> SmallFigure {
    let yardstick = Yardstick::of(section);
    let level = yardstick.level(1.0);
    let values: Vec<f64> = laws.iter().map(|(_, m)| worst(m)).chain([level]).collect();
    let y = ordinate(&values, [10.0, 0.0], [HEIGHT - FOOT, TOP]);
    let x = abscissa(&laws.iter().map(|(_, m)| m.x).collect::<Vec<_>>(), [left(&y), WIDTH - 8.0]);
    let at = |m: &PlotMark| Some([x.at(m.x)?, y.at(m.y)?]);
    let found = |refuted: bool| laws.iter().filter(move |(_, m)| m.refuted == refuted);
    let mut order: Vec<&(String, PlotMark)> = laws.iter().filter(|(_, m)| m.y.is_finite()).collect();
    order.sort_by(|a, b| b.1.y.total_cmp(&a.1.y));
    let named = |refuted: bool| order.iter().filter(move |(_, m)| m.refuted == refuted).take(NAMED);
    let name = |(spec, m): &(String, PlotMark)| {
        let class = if m.refuted { "bad" } else { "good" };
        let text = format!("{}: {}", labels::source(spec), digits::plain(m.y, 3));
        Some(Name { marks: vec![at(m)?], text, class })
    };
    let mut all: Vec<Name> = named(true).chain(named(false)).filter_map(|law| name(law)).collect();
    let line = y.clamped(level);
    let brackets = || brackets(laws.iter().map(|(_, m)| m), [&x, &y]);
    let bars: String = brackets().map(|(at, ends)| bar(at, ends)).collect();
    let [left, right] = x.pixels();
    all.push(level_name(&yardstick, level, &[[left + 4.0, line], [right - 4.0, line]]));
    let mut lines: Vec<Segment> = vec![[[left, line], [right, line]]];
    lines.extend(laws.iter().filter_map(|(_, m)| at(m)).map(|[x, y]| [[x - 2.6, y], [x + 2.6, y]]));
    lines.extend(brackets().map(|(x, [from, to])| [[x, from], [x, to]]));
    let body = html! {
        (axes(&x, &y, ["Shannon entropy *H*, nats", &escaped(&format!("least {constant} in {} <= {}", section.lhs, section.rhs))]))
        path class="level" d=(format!("M{left:.1} {line:.1}H{right:.1}")) {}
        @if !bars.is_empty() { path class="bracket" d=(bars) {} }
        path class="dot good" d=(found(false).filter_map(|(_, m)| at(m)).map(disc).collect::<String>()) {}
        path class="cross" d=(found(true).filter_map(|(_, m)| at(m)).map(cross).collect::<String>()) {}
        (names(all, &lines, [left + 2.0, TOP - 10.0, WIDTH, HEIGHT - FOOT - 1.0]))
    };
    let title = format!("The least {constant} of each law, against its entropy");
    SmallFigure {
        claim: String::new(),
        svg: canvas(HEIGHT, &title, &body),
        title,
        caption: "A mark for each law at its worst SNR measured. Crosses: the stated constant is refuted."
            .into(),
    }
}
