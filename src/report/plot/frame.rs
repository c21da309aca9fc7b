//! The box around the data: grid, ticks, labels, and what is clipped to it.

use maud::{Markup, html};

use super::figure::{px, short, text_at};
use super::scale::{Scale, Tick};
use super::text::{SIZE, rich, rich_width};

/// Length of a major tick in pixels; a minor one has half.
const TICK: f64 = 6.0;

/// A pair of scales with their labels, in the markup of [`rich`].
#[derive(Debug, Clone)]
pub struct Frame {
    /// Abscissa; pixels run left to right.
    pub x: Scale,
    /// Ordinate; pixels run bottom to top.
    pub y: Scale,
    /// Under the abscissa; where it is empty its ticks have no labels (another frame below shares
    /// them).
    pub x_label: String,
    /// Beside the ordinate, rotated; may be empty.
    pub y_label: String,
    /// Whether the ordinate has ticks (a list of cases draws its own labels).
    pub y_ticks: bool,
}

impl Frame {
    /// Left, top, width, height in pixels.
    pub fn area(&self) -> [f64; 4] {
        let ([left, right], [bottom, top]) = (self.x.pixels(), self.y.pixels());
        [left, top, right - left, bottom - top]
    }

    /// Pixel of a point that lies in the box, edges included.
    pub fn inside(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let [left, top, width, height] = self.area();
        let [x, y] = [self.x.at(x)?, self.y.at(y)?];
        let slack = 0.01;
        let across = (left - slack..=left + width + slack).contains(&x);
        (across && (top - slack..=top + height + slack).contains(&y)).then_some([x, y])
    }

    /// Everything under the data: grid lines.
    pub fn grid(&self) -> Markup {
        let [left, top, width, height] = self.area();
        let mut path = String::new();
        for tick in self.x.ticks().iter().filter(|t| !t.label.is_empty()) {
            path.push_str(&format!("M{:.1} {top:.1}v{height:.1}", tick.at));
        }
        for tick in self.y_axis().iter().filter(|t| !t.label.is_empty()) {
            path.push_str(&format!("M{left:.1} {:.1}h{width:.1}", tick.at));
        }
        html! { path class="grid" d=(short(&path)) {} }
    }

    /// Everything over the data: ticks, tick labels, axis labels, the box.
    pub fn axes(&self) -> Markup {
        let [left, top, width, height] = self.area();
        let bottom = top + height;
        let (x, y) = (self.x.ticks(), self.y_axis());
        let mut path = format!("M{left:.1} {top:.1}h{width:.1}v{height:.1}h{:.1}z", -width);
        for tick in &x {
            path.push_str(&format!("M{:.1} {bottom:.1}v{:.1}", tick.at, -length(tick)));
        }
        for tick in &y {
            path.push_str(&format!("M{left:.1} {:.1}h{:.1}", tick.at, length(tick)));
        }
        let widest = y.iter().map(|t| rich_width(&t.label, SIZE)).fold(0.0, f64::max);
        let (middle, beside) = (top + height / 2.0, (left - 14.0 - widest).max(SIZE));
        html! {
            path class="axis" d=(short(&path)) {}
            @for tick in x.iter().filter(|t| !t.label.is_empty() && !self.x_label.is_empty()) {
                (text_at("", [tick.at, bottom + 18.0], "middle", &rich(&tick.label)))
            }
            @for tick in y.iter().filter(|t| !t.label.is_empty()) {
                (text_at("", [left - 7.0, tick.at + 4.4], "end", &rich(&tick.label)))
            }
            (text_at("label", [left + width / 2.0, bottom + 40.0], "middle", &rich(&self.x_label)))
            @if !self.y_label.is_empty() {
                text class="label" transform=(format!("translate({beside:.1} {middle:.1}) rotate(-90)")) text-anchor="middle" { (rich(&self.y_label)) }
            }
        }
    }

    /// The clip path that keeps data inside the box, under `id`.
    pub fn clip(&self, id: &str) -> Markup {
        let [left, top, width, height] = self.area().map(px);
        html! { clipPath id=(id) { rect x=(left) y=(top) width=(width) height=(height) {} } }
    }

    fn y_axis(&self) -> Vec<Tick> {
        if self.y_ticks { self.y.ticks() } else { Vec::new() }
    }
}

fn length(tick: &Tick) -> f64 {
    if tick.label.is_empty() { TICK / 2.0 } else { TICK }
}

/// A path through pixels, broken where one is missing.
pub fn polyline(points: impl IntoIterator<Item = Option<[f64; 2]>>) -> String {
    let (mut path, mut pen) = (String::new(), 'M');
    for point in points {
        pen = match point {
            Some([x, y]) => {
                path.push_str(&format!("{pen}{x:.1} {y:.1}"));
                'L'
            }
            None => 'M',
        };
    }
    short(&path)
}
