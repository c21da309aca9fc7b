//! A line per case: its value with its interval beside the stated level, or the bar where it lies.

use maud::{Markup, html};

use super::{SIZE, SmallFigure, TOP, WIDTH, alike, canvas, cross, disc, placed, spaced};
use crate::claim::Outcome;
use crate::claim::verdict::{Relation, Verdict};
use crate::report::digits;
use crate::report::markup::escaped;
use crate::report::model::{ClaimReport, SectionReport};
use crate::report::plot::curves::difference_scale;
use crate::report::plot::figure::{px, short};
use crate::report::plot::scale::{AxisSpread, Scale};
use crate::report::plot::series::varying;
use crate::report::plot::text::{fitted, rich, width};
use crate::report::tightness::{relative, score};
use crate::report::yardstick::Yardstick;

/// Height of a line.
const LINE: f64 = 15.0;
/// Most lines; of more cases the most telling are shown.
const LINES: usize = 14;
/// How many times the span of the supported cases and of what is stated an axis goes on beyond them.
const FAR: f64 = 1.5;
/// Widest name of a case.
const NAME: f64 = 150.0;

/// One line.
struct CaseInterval {
    parts: Vec<String>,
    at: f64,
    ends: [f64; 2],
    refuted: bool,
    bracket: bool,
    score: f64,
}

/// The panel; `None` where nothing finite is there to draw.
pub fn panel(claim: &ClaimReport) -> Option<SmallFigure> {
    let telling = varying(claim, "");
    let mut lines: Vec<CaseInterval> = Vec::new();
    for section in alike(claim) {
        let yardstick = Yardstick::of(section);
        for row in section.rows.iter().filter(|row| row.believed) {
            let values =
                values(section, &yardstick, row).filter(|(_, ends)| ends.iter().all(|x| x.is_finite()));
            let Some((at, ends)) = values else { continue };
            lines.push(CaseInterval {
                parts: placed(row, &telling),
                at,
                ends,
                refuted: row.verdict == Verdict::Refuted,
                bracket: row.bracketed(),
                score: score(section, row),
            });
        }
    }
    let all = lines.len();
    lines.sort_by(|a, b| b.score.total_cmp(&a.score));
    lines.truncate(LINES);
    if lines.is_empty() {
        return None;
    }
    let labels = labels(&lines.iter().map(|line| &line.parts[..]).collect::<Vec<_>>());
    let names = labels.iter().map(|label| 0.86 * width(label, SIZE)).fold(20.0, f64::max).min(NAME);
    let bottom = TOP + lines.len() as f64 * LINE + 4.0;
    let pixels = [names + 12.0, WIDTH - 8.0];
    let stated = stated(claim);
    let x = scale(claim, &lines, &stated, pixels);
    let [left, right] = x.pixels();
    let inside = |v: f64| x.clamped(v);
    let middle = |k: usize| TOP + (k as f64 + 0.5) * LINE + 2.0;
    let body = html! {
        (axes_of(&x, [bottom, TOP], &abscissa(claim)))
        @if let [low, high] = stated[..] {
            rect class="allowed" x=(px(inside(low))) y=(px(TOP)) width=(px(inside(high) - inside(low))) height=(px(bottom - TOP)) {}
        }
        @for level in &stated { path class="level" d=(format!("M{:.1} {TOP:.1}V{bottom:.1}", inside(*level))) {} }
        @for (k, line) in lines.iter().enumerate() {
            @let y = middle(k);
            text x=(px(left - 8.0)) y=(px(y + 3.8)) class="e" { (labels[k]) }
            @let [a, b] = line.ends.map(inside);
            @let at = [inside(line.at), y];
            @let far = if line.bracket { None } else { beyond(line, [left, right], at[0]) };
            @let told = digits::plain(line.at, 3);
            // The bar stops before the value that is written at its end.
            @let room = 0.9 * width(&told, SIZE) + 2.0;
            @let (a, b) = match far { Some((_, "")) => (a.max(left + 7.0 + room), b), Some((at, _)) => (a, b.min(at - room)), None => (a, b) };
            @let class = if line.bracket { "bracket" } else if line.refuted { "line bad" } else { "line good" };
            @if a <= b { path class=(class) d=(format!("M{a:.1} {y:.1}H{b:.1}")) {} }
            @if !line.bracket {
                @if let Some((x, side)) = far {
                    text x=(px(x)) y=(px(y + 3.8)) class=(format!("halo bad{side}")) { (told) }
                }
                @if line.refuted { path class="cross" d=(cross(at)) {} } @else { path class="dot good" d=(disc(at)) {} }
            }
        }
        path class="axis" d=(format!("M{left:.1} {bottom:.1}H{right:.1}")) {}
    };
    let mut caption = String::from("Bars: the simultaneous interval; dashed line: what is stated.");
    if lines.iter().any(|l| l.refuted) {
        caption.push_str(" Crosses: refuted.");
    }
    if all > LINES {
        let more = all - LINES;
        let cases = if more == 1 { "case is" } else { "cases are" };
        caption.push_str(&format!(" {more} less telling {cases} in the table."));
    }
    let svg = canvas(bottom + 34.0, &format!("{}: a line per case", claim.header.title), &body);
    Some(SmallFigure { claim: claim.header.id.clone(), title: claim.header.title.clone(), svg, caption })
}

/// Names of cases from their parts, the law first: what all share is left out, and where there is
/// no room the law is shortened before what tells its cases apart.
fn labels(cases: &[&[String]]) -> Vec<String> {
    let limit = NAME * 1.16;
    let shared = |part: &String| cases.len() > 1 && cases.iter().all(|case| case.contains(part));
    let telling = |case: &&[String]| -> Vec<String> {
        let rest: Vec<String> = case.iter().filter(|part| !shared(part)).cloned().collect();
        if rest.is_empty() { case.to_vec() } else { rest }
    };
    let parts: Vec<Vec<String>> = cases.iter().map(telling).collect();
    let short = |parts: &Vec<String>| {
        let (law, others) = parts.split_first().map_or(("", &parts[..]), |(law, others)| (law, others));
        let rest: String = others.iter().map(|part| format!(", {part}")).collect();
        let room = limit - width(&rest, SIZE);
        if room < 0.3 * NAME {
            fitted(&parts.join(", "), SIZE, limit)
        } else {
            fitted(law, SIZE, room) + &rest
        }
    };
    let found: Vec<String> = parts.iter().map(short).collect();
    let twin = |k: usize| (0..found.len()).any(|j| j != k && found[j] == found[k] && parts[j] != parts[k]);
    (0..found.len())
        .map(|k| if twin(k) { fitted(&parts[k].join(", "), SIZE, limit) } else { found[k].clone() })
        .collect()
}

/// Where the value of a refuted case is written whose mark stands at an end of the axis, in its stead.
fn beyond(line: &CaseInterval, [left, right]: [f64; 2], at: f64) -> Option<(f64, &'static str)> {
    match at {
        _ if !line.refuted => None,
        at if at > right - 1.0 => Some((right - 7.0, " e")),
        at if at < left + 1.0 => Some((left + 7.0, "")),
        _ => None,
    }
}

/// Grid and labels of the abscissa alone.
fn axes_of(x: &Scale, [bottom, top]: [f64; 2], label: &str) -> Markup {
    let ticks = spaced(x);
    let lines: String = ticks.iter().map(|tick| format!("M{:.1} {top:.1}V{bottom:.1}", tick.at)).collect();
    html! {
        path class="grid" d=(short(&lines)) {}
        @for tick in &ticks { text x=(px(tick.at)) y=(px(bottom + 14.0)) class="m" { (rich(&tick.label)) } }
        text x=(px(x.pixels()[1])) y=(px(bottom + 28.0)) class="e" { (rich(&escaped(&fitted(label, SIZE, WIDTH - 30.0)))) }
    }
}

/// Value and interval of a row.
fn values(section: &SectionReport, yardstick: &Yardstick, row: &Outcome) -> Option<(f64, [f64; 2])> {
    match section.relation {
        Relation::Slope => Some((row.lhs, [row.lhs - row.half_width, row.lhs + row.half_width])),
        Relation::Equal => {
            let scale = if row.rhs == 0.0 { row.lhs.abs() } else { row.rhs.abs() };
            let (at, half) = (relative(row), row.half_width / scale);
            Some((at, [at - half, at + half]))
        }
        Relation::Bounded => {
            let (at, half) = (row.lhs / row.rhs, row.half_width / row.rhs.abs());
            Some((at, [at - half, at + half]))
        }
        Relation::AtMost | Relation::AtLeast => {
            let ratio = yardstick.scaled(&row.ratio?, row.rhs);
            Some((if row.bracketed() { ratio.high } else { ratio.value }, [ratio.low, ratio.high]))
        }
    }
}

/// Where the claim stands: a level, or the two ends of an interval of exponents.
fn stated(claim: &ClaimReport) -> Vec<f64> {
    let main = &claim.main;
    match (main.relation, &main.slope) {
        (Relation::Slope, Some(slope)) => slope.between.to_vec(),
        (Relation::Equal, _) => vec![0.0],
        (Relation::AtMost | Relation::AtLeast, _) => {
            vec![Yardstick::of(main).level(main.rows.first().map_or(1.0, |row| row.rhs))]
        }
        _ => vec![1.0],
    }
}

fn abscissa(claim: &ClaimReport) -> String {
    match claim.main.relation {
        Relation::Slope => "exponent".into(),
        Relation::Equal => "(left − right) / right".into(),
        Relation::Bounded => "late growth / most on a plateau".into(),
        Relation::AtMost | Relation::AtLeast => Yardstick::of(&claim.main).axis(&claim.main),
    }
}

fn scale(claim: &ClaimReport, lines: &[CaseInterval], stated: &[f64], pixels: [f64; 2]) -> Scale {
    let ends = lines.iter().flat_map(|l| l.ends).chain(stated.iter().copied());
    if claim.main.relation == Relation::Equal {
        let half = |l: &CaseInterval| 0.5 * (l.ends[1] - l.ends[0]);
        return difference_scale(lines.iter().map(|l| (l.at, half(l))), pixels);
    }
    let values: Vec<f64> = lines.iter().map(|l| l.at).chain(stated.iter().copied()).collect();
    let positive = values.iter().all(|x| *x > 0.0);
    let (low, high) = values.iter().fold((f64::INFINITY, 0.0_f64), |(lo, hi), x| (lo.min(*x), hi.max(*x)));
    if positive && high > 20.0 * low {
        Scale::covering(AxisSpread::Log, values, pixels)
    } else {
        let shown: Vec<f64> = ends.collect();
        let holds = lines.iter().filter(|l| !l.refuted).flat_map(|l| l.ends).chain(stated.iter().copied());
        Scale::covering(AxisSpread::Linear, near(&shown, holds), pixels)
    }
}

/// All values, drawn in to where they leave what `holds` to be seen: [`FAR`] times its span beyond.
fn near(all: &[f64], holds: impl Iterator<Item = f64>) -> Vec<f64> {
    let (low, high) = holds.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), x| (lo.min(x), hi.max(x)));
    let room = FAR * (high - low);
    if !(room > 0.0 && room.is_finite()) {
        return all.to_vec();
    }
    all.iter().map(|x| x.clamp(low - room, high + room)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_cases_apart() {
        let case = |parts: &[&str]| -> Vec<String> { parts.iter().map(|part| (*part).to_owned()).collect() };
        let named = |cases: &[Vec<String>]| labels(&cases.iter().map(|case| &case[..]).collect::<Vec<_>>());
        let law = "2 modes in [−2, 2], each of them rather narrow";
        let cases = [
            case(&[law, "ddim", "K = 8"]),
            case(&[law, "ddim", "K = 16"]),
            case(&["bpsk", "ddim", "K = 8"]),
            case(&["bpsk", "ddim", "K = 16"]),
        ];
        let found = named(&cases);
        assert_eq!(found[2..], ["bpsk, K = 8", "bpsk, K = 16"]);
        assert!(
            found[0].starts_with("2 mo") && found[0].ends_with(", K = 8") && found[1].ends_with(", K = 16")
        );
        assert!(named(&cases[..1])[0].ends_with(", ddim, K = 8"), "a lone case keeps its parts");
        let long = "a schedule with a name that leaves no room at all";
        let twins = [
            case(&[long, "and one more of that length, a"]),
            case(&[long, "and one more of that length, b"]),
        ];
        assert!(named(&twins)[0].ends_with('a') && named(&twins)[1].ends_with('b'));
    }
}
