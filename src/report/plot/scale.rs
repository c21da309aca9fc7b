//! Axes: from data to pixels, and where the ticks go.

use crate::report::digits;

/// How values are spread along an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AxisSpread {
    /// Evenly.
    Linear,
    /// By logarithm; positive values only.
    Log,
    /// Linear within ± the given value, logarithmic beyond, on both sides of 0.
    SymLog(f64),
}

/// One axis: a data interval laid on a pixel interval (which may run backwards, as y does).
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    spread: AxisSpread,
    data: [f64; 2],
    pixels: [f64; 2],
}

/// A mark on an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Pixel position.
    pub at: f64,
    /// Text in the markup of [`super::text::rich`]; empty for a minor tick.
    pub label: String,
}

impl Scale {
    /// An axis that shows all of `values` (those it can) with some air, on `pixels`.
    ///
    /// Log axes end on decades when they span three or more; equal values, or none, get an interval
    /// around them.
    pub fn covering(spread: AxisSpread, values: impl IntoIterator<Item = f64>, pixels: [f64; 2]) -> Self {
        let shown = |x: &f64| x.is_finite() && (spread != AxisSpread::Log || *x > 0.0);
        let (lo, hi) = values
            .into_iter()
            .filter(shown)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), x| (lo.min(x), hi.max(x)));
        let (lo, hi) =
            if lo > hi { (if spread == AxisSpread::Log { 1.0 } else { 0.0 }, 1.0) } else { (lo, hi) };
        let unit = Self { spread, data: [lo, hi], pixels };
        let (mut a, mut b) = (unit.forward(lo), unit.forward(hi));
        if spread == AxisSpread::Log && b - a >= 3.0 {
            (a, b) = (a.floor(), b.ceil());
        } else if b - a > 1e-12 * a.abs().max(b.abs()) {
            let air = 0.06 * (b - a);
            (a, b) = (a - air, b + air);
        } else {
            let air = if spread == AxisSpread::Linear && a != 0.0 { 0.5 * a.abs() } else { 0.5 };
            (a, b) = (a - air, b + air);
        }
        // Air around the largest or smallest numbers must not push the ends out of f64.
        let least = if spread == AxisSpread::Log { f64::MIN_POSITIVE } else { f64::MIN };
        Self { spread, data: [a, b].map(|t| unit.backward(t).clamp(least, f64::MAX)), pixels }
    }

    /// The data interval shown.
    pub fn data(&self) -> [f64; 2] {
        self.data
    }

    /// The pixel interval, in the data's direction.
    pub fn pixels(&self) -> [f64; 2] {
        self.pixels
    }

    /// Pixel of a value, also outside the interval; `None` for what the axis cannot show (NaN, ±∞,
    /// ≤ 0 on a log axis).
    pub fn at(&self, x: f64) -> Option<f64> {
        if !x.is_finite() || (self.spread == AxisSpread::Log && x <= 0.0) {
            return None;
        }
        let [a, b] = self.data.map(|x| self.forward(x));
        let share = (self.forward(x) - a) / (b - a);
        share.is_finite().then(|| self.pixels[0] + share * (self.pixels[1] - self.pixels[0]))
    }

    /// Pixel of a value moved to the nearest end if it lies outside or cannot be shown; NaN goes to
    /// the lower end.
    pub fn clamped(&self, x: f64) -> f64 {
        let x = if x > self.data[0] { x.min(self.data[1]) } else { self.data[0] };
        self.at(x).unwrap_or(self.pixels[0])
    }

    /// Major ticks with labels, minor ones without.
    pub fn ticks(&self) -> Vec<Tick> {
        match self.spread {
            AxisSpread::Linear => self.linear_ticks(),
            AxisSpread::Log => self.log_ticks(),
            AxisSpread::SymLog(inner) => self.symlog_ticks(inner),
        }
    }

    fn forward(&self, x: f64) -> f64 {
        match self.spread {
            AxisSpread::Linear => x,
            AxisSpread::Log => x.log10(),
            AxisSpread::SymLog(inner) if x.abs() <= inner => x / inner,
            AxisSpread::SymLog(inner) => x.signum() * (1.0 + (x.abs() / inner).log10()),
        }
    }

    fn backward(&self, t: f64) -> f64 {
        match self.spread {
            AxisSpread::Linear => t,
            AxisSpread::Log => 10_f64.powf(t),
            AxisSpread::SymLog(inner) if t.abs() <= 1.0 => t * inner,
            AxisSpread::SymLog(inner) => t.signum() * inner * 10_f64.powf(t.abs() - 1.0),
        }
    }

    /// A tick, if its place is inside the axis (with room for rounding).
    fn tick(&self, x: f64, label: String) -> Option<Tick> {
        let at = self.at(x)?;
        let [p, q] = self.pixels;
        (at >= p.min(q) - 0.01 && at <= p.max(q) + 0.01).then_some(Tick { at, label })
    }

    fn linear_ticks(&self) -> Vec<Tick> {
        let [lo, hi] = self.data;
        let rough = (hi - lo) / 6.0;
        let decade = 10_f64.powf(rough.log10().floor());
        let step =
            decade * [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * decade >= 0.8 * rough).unwrap_or(10.0);
        if !step.is_normal() {
            return Vec::new();
        }
        let first = (lo / step).ceil();
        let count = ((hi / step).floor() - first).clamp(0.0, 12.0) as u32;
        let minor =
            (0..=5 * (count + 2)).map(|k| (step * (first - 1.0 + f64::from(k) / 5.0), String::new()));
        // Rounding leaves 1e-17 where 0 is meant.
        let clean = |x: f64| if x.abs() < 1e-9 * step { 0.0 } else { x };
        let major =
            (0..=count).map(|k| clean(step * (first + f64::from(k)))).map(|x| (x, digits::plain(x, 6)));
        minor.chain(major).filter_map(|(x, label)| self.tick(x, label)).collect()
    }

    fn log_ticks(&self) -> Vec<Tick> {
        let [lo, hi] = self.data.map(f64::log10);
        if hi - lo < 0.6 {
            return self.linear_ticks();
        }
        let (first, last) = (lo.floor() as i32, hi.ceil() as i32);
        let every = (last - first) / 9 + 1;
        let few = hi - lo < 2.5;
        let mut ticks = Vec::new();
        for decade in first..=last {
            for digit in 1..10 {
                let x = f64::from(digit) * 10_f64.powi(decade);
                let label = match digit {
                    1 if few && (-3..=3).contains(&decade) => digits::plain(x, 2),
                    1 if decade.rem_euclid(every) == 0 => power(decade),
                    2 | 5 if few && (-3..=3).contains(&decade) => digits::plain(x, 2),
                    _ => String::new(),
                };
                // Beyond a dozen decades minor ticks are a grey smear.
                if digit == 1 || last - first <= 12 {
                    ticks.extend(self.tick(x, label));
                }
            }
        }
        ticks
    }

    fn symlog_ticks(&self, inner: f64) -> Vec<Tick> {
        let outermost = self.data[0].abs().max(self.data[1].abs()).log10().floor() as i32;
        let innermost = inner.log10().round() as i32;
        let every = ((outermost - innermost) / 4 + 1).max(1);
        let mut ticks: Vec<Tick> = self.tick(0.0, "0".into()).into_iter().collect();
        for decade in innermost..=outermost.max(innermost) {
            let labelled = (decade - innermost) % every == 0;
            for sign in [-1.0, 1.0] {
                let minus = if sign < 0.0 { "−" } else { "" };
                let label = if labelled { format!("{minus}{}", power(decade)) } else { String::new() };
                ticks.extend(self.tick(sign * 10_f64.powi(decade), label));
            }
        }
        ticks
    }
}

/// 10ᵏ in markup; 1 and 10 as they are.
fn power(decade: i32) -> String {
    match decade {
        0 => "1".into(),
        1 => "10".into(),
        _ => format!("10^{{{}}}", decade.to_string().replace('-', "−")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(spread: AxisSpread, values: &[f64]) -> Vec<String> {
        let scale = Scale::covering(spread, values.iter().copied(), [0.0, 100.0]);
        scale.ticks().into_iter().map(|t| t.label).filter(|l| !l.is_empty()).collect()
    }

    #[test]
    fn decades_and_fractions_of_decades() {
        assert_eq!(labels(AxisSpread::Log, &[1e-2, 1e2]), ["10^{−2}", "10^{−1}", "1", "10", "10^{2}"]);
        assert_eq!(labels(AxisSpread::Log, &[0.2, 3.0]), ["0.2", "0.5", "1", "2"]);
        assert_eq!(labels(AxisSpread::Linear, &[0.0, 1.0]), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(AxisSpread::SymLog(1e-3), &[-1e-2, 0.1]).len(), 6);
    }

    #[test]
    fn degenerate_data_still_makes_an_axis() {
        for spread in [AxisSpread::Linear, AxisSpread::Log, AxisSpread::SymLog(1e-6)] {
            for values in [
                &[][..],
                &[1.0][..],
                &[0.0, 0.0],
                &[f64::NAN, f64::INFINITY],
                &[-3.0, -3.0],
                &[1e-300, 1e300],
                &[f64::MIN, f64::MAX],
                &[5e-324, f64::MAX],
            ] {
                let scale = Scale::covering(spread, values.iter().copied(), [300.0, 0.0]);
                let [lo, hi] = scale.data();
                assert!(lo < hi, "{spread:?} {values:?}: [{lo}, {hi}]");
                assert!(scale.ticks().iter().all(|t| t.at.is_finite()), "{spread:?} {values:?}");
                for &x in values {
                    assert!((-0.01..=300.01).contains(&scale.clamped(x)), "{spread:?} {x}");
                }
            }
        }
    }

    #[test]
    fn positions_invert_direction_and_refuse_what_cannot_be_shown() {
        let y = Scale::covering(AxisSpread::Log, [1.0, 1e4], [400.0, 0.0]);
        assert!((y.at(1.0).unwrap() - 400.0).abs() < 1e-9);
        assert!((y.at(1e2).unwrap() - 200.0).abs() < 1e-9);
        assert_eq!(y.at(0.0), None);
        assert!((y.clamped(0.0) - 400.0).abs() < 1e-9);
    }
}
