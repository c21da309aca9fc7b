//! Names beside marks, each where it covers least of curves and of the names before it; a line leads
//! to what is far.

use maud::{Markup, html};

use super::{SIZE, WIDTH};
use crate::report::plot::figure::px;
use crate::report::plot::text::{fitted, rich, rich_width};

/// Share of the bound on a text's width that common faces take.
const ROUGH: f64 = 0.86;
/// Over and under the baseline.
const ASCENT: f64 = 9.0;
const DESCENT: f64 = 2.5;
/// Baselines that are tried, from a mark's height.
const LIFTS: [f64; 13] = [3.8, -5.0, 12.5, -10.0, 17.0, -16.0, 24.0, -24.0, 32.0, -36.0, 44.0, -50.0, 58.0];
/// A name farther than this from its mark has a line to it.
const FAR: f64 = 15.0;
/// Room left of a name, and right of its mark.
const GAP: f64 = 6.0;
/// Cost of a pixel of distance, of a pixel of a line that is covered, of a pixel² of a name.
const COSTS: [f64; 3] = [0.15, 1.0, 4.0];

/// What is to be named.
pub struct Name {
    /// Pixels of what it names, at least one, the best place first.
    pub marks: Vec<[f64; 2]>,
    /// The name, as markup of [`rich`].
    pub text: String,
    /// Its class.
    pub class: &'static str,
}

/// A line that a name should not cover.
pub type Segment = [[f64; 2]; 2];

/// Left, top, right, bottom.
type Area = [f64; 4];

/// A name in its place.
struct Placed {
    area: Area,
    mark: [f64; 2],
    cost: f64,
}

/// The names inside `bounds` (left, top, right, bottom), clear of `lines` and of one another as far
/// as there is room.
pub fn names(names: Vec<Name>, lines: &[Segment], bounds: Area) -> Markup {
    let mut taken: Vec<Area> = Vec::new();
    let mut body = Vec::new();
    for Name { marks, text, class } in names {
        let text = fitted(&text, SIZE, ((bounds[2] - bounds[0]) / ROUGH).min(WIDTH - 80.0));
        let width = ROUGH * rich_width(&text, SIZE);
        let spots = marks.iter().enumerate().flat_map(|(k, mark)| {
            spots(*mark, width).map(move |area| (2.0 * k as f64, *mark, within_bounds(area, &bounds)))
        });
        let placed = spots
            .map(|(cost, mark, area)| Placed {
                area,
                mark,
                cost: cost + cost_of(&area, mark, lines, &taken),
            })
            .min_by(|a, b| a.cost.total_cmp(&b.cost));
        let Some(Placed { area, mark, .. }) = placed else { continue };
        taken.push(area);
        body.push((area, mark, text, class));
    }
    html! {
        @for (area, mark, _, _) in &body {
            @let near = nearest(area, *mark);
            @if distance(near, *mark) > FAR {
                path class="leader" d=(format!("M{} {}L{} {}", px(mark[0]), px(mark[1]), px(near[0]), px(near[1]))) {}
            }
        }
        @for (area, _, text, class) in &body {
            text x=(px(area[0])) y=(px(area[3] - DESCENT)) class=(format!("halo {class}")) { (rich(text)) }
        }
    }
}

/// Where a name may stand beside a mark: right of it, left of it, over and under it.
fn spots([x, y]: [f64; 2], width: f64) -> impl Iterator<Item = Area> {
    let beside = [x + GAP, x - GAP - width, x - 0.5 * width];
    LIFTS.into_iter().flat_map(move |lift| {
        let sides = if lift == LIFTS[0] { 2 } else { 3 };
        let baseline = y + lift;
        beside
            .into_iter()
            .take(sides)
            .map(move |left| [left, baseline - ASCENT, left + width, baseline + DESCENT])
    })
}

/// An area moved inside the bounds, as far as it fits.
fn within_bounds(area: Area, bounds: &Area) -> Area {
    let shift = |k: usize| (bounds[k] - area[k]).max(0.0) + (bounds[k + 2] - area[k + 2]).min(0.0);
    let [x, y] = [shift(0), shift(1)];
    [area[0] + x, area[1] + y, area[2] + x, area[3] + y]
}

fn cost_of(area: &Area, mark: [f64; 2], lines: &[Segment], taken: &[Area]) -> f64 {
    let covered: f64 = lines.iter().map(|line| within(line, area)).sum();
    let shared: f64 = taken.iter().map(|other| overlap(area, other)).sum();
    let [far, line, name] = COSTS;
    far * distance(nearest(area, mark), mark) + line * covered + name * shared
}

/// Area shared by two.
fn overlap(a: &Area, b: &Area) -> f64 {
    let side = |k: usize| (a[k + 2].min(b[k + 2]) - a[k].max(b[k])).max(0.0);
    side(0) * side(1)
}

/// Length of the part of a line inside an area, at least 3 where it touches it.
fn within(line: &Segment, area: &Area) -> f64 {
    let [from, to] = line;
    let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
    for k in 0..2 {
        let step = to[k] - from[k];
        let ends = [area[k] - from[k], area[k + 2] - from[k]];
        if step == 0.0 {
            if ends[0] > 0.0 || ends[1] < 0.0 {
                return 0.0;
            }
        } else {
            let [a, b] = ends.map(|end| end / step);
            enters = enters.max(a.min(b));
            leaves = leaves.min(a.max(b));
        }
    }
    let length = distance(*from, *to);
    if enters > leaves { 0.0 } else { (length * (leaves - enters)).max(3.0) }
}

/// The point of an area that is nearest to another point.
fn nearest(area: &Area, at: [f64; 2]) -> [f64; 2] {
    [at[0].clamp(area[0], area[2]), at[1].clamp(area[1], area[3])]
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_covered_where_it_runs_inside() {
        let area = [10.0, 10.0, 30.0, 20.0];
        assert!((within(&[[0.0, 15.0], [100.0, 15.0]], &area) - 20.0).abs() < 1e-12);
        let near = |line: Segment, length: f64| (within(&line, &area) - length).abs() < 1e-12;
        assert!(near([[0.0, 25.0], [100.0, 25.0]], 0.0) && near([[0.0, 0.0], [9.0, 40.0]], 0.0));
        assert!(near([[12.0, 12.0], [12.0, 12.0]], 3.0));
    }

    /// Three names of one mark and a curve through it: none lies on another one or leaves the box.
    #[test]
    fn names_of_one_place_part() {
        let name = |text: &str| Name { marks: vec![[60.0, 60.0]], text: text.into(), class: "good" };
        let lines = [[[0.0, 60.0], [200.0, 60.0]]];
        let all = vec![name("first of all"), name("second"), name("third one")];
        let html = names(all, &lines, [0.0, 0.0, 200.0, 120.0]).into_string();
        let found = |key: &str| -> Vec<f64> {
            html.split(&format!(" {key}=\""))
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
                .collect()
        };
        let (x, y) = (found("x"), found("y"));
        assert_eq!(x.len(), 3, "{html}");
        for i in 0..3 {
            // Clear of the line at 60.
            assert!(y[i] < 57.6 || y[i] > 68.9, "{html}");
            for j in 0..i {
                assert!((y[i] - y[j]).abs() > 8.0 || (x[i] - x[j]).abs() > 30.0, "{html}");
            }
        }
    }
}
