//! What a sweep varies: `NAME=a..b`, `NAME=a..b/points`, `NAME=a..b:linear`, or a list
//! `NAME=1,10,inf`.

use crate::error::{Error, Result};

/// Ends this far apart (b/a) are spaced by their logarithms unless told otherwise.
const WIDE: f64 = 8.0;

/// How values are spaced, and where the middle of two of them is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariedSpacing {
    /// Equal differences.
    Linear,
    /// Equal ratios; positive values only.
    Log,
}

impl VariedSpacing {
    /// The point a share `t` ∈ [0, 1] of the way from `a` to `b`.
    pub fn between(self, a: f64, b: f64, t: f64) -> f64 {
        match self {
            Self::Linear => a + t * (b - a),
            Self::Log => a * (t * (b / a).ln()).exp(),
        }
    }
}

/// A parameter of a sweep with the values of its map.
#[derive(Debug, Clone, PartialEq)]
pub struct Varied {
    /// Its name: in braces in the source template, an axis or a constant of the claim.
    pub name: String,
    /// Values of the map, increasing, at least two.
    pub values: Vec<f64>,
    /// How they are spaced.
    pub spacing: VariedSpacing,
    /// Whether only whole numbers make sense.
    pub whole: bool,
    /// Whether the listed values are all there are.
    pub listed: bool,
}

impl Varied {
    /// Reads one argument of `--vary`; a range has `points` values unless it says how many.
    ///
    /// Spaced by logarithm where 0 < 8a ≤ b, unless `:linear` or `:log` follows.
    ///
    /// # Errors
    /// [`Error::Invalid`] for another form, ends that are not finite and increasing, a logarithm of
    /// what is not positive.
    pub fn parse(text: &str, points: usize) -> Result<Self> {
        let bad = |message: String| Error::invalid("--vary", message);
        let form = || {
            bad(format!(
                "`{text}` is not NAME=a..b, NAME=a..b/points or NAME=v1,v2,…; `:log` or `:linear` may follow"
            ))
        };
        let (name, values) = text.split_once('=').ok_or_else(form)?;
        let named = |c: char| c.is_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(named) {
            return Err(form());
        }
        let (values, spacing) = match values.rsplit_once(':') {
            Some((values, "log")) => (values, Some(VariedSpacing::Log)),
            Some((values, "linear")) => (values, Some(VariedSpacing::Linear)),
            Some(_) => return Err(form()),
            None => (values, None),
        };
        let number = |word: &str| word.trim().parse::<f64>().ok().filter(|x| !x.is_nan()).ok_or_else(form);
        let (mut list, steps) = match values.split_once("..") {
            None => (values.split(',').map(number).collect::<Result<Vec<f64>>>()?, None),
            Some((from, rest)) => {
                let (to, steps) = rest.split_once('/').map_or((rest, None), |(to, n)| (to, Some(n)));
                let steps = steps
                    .map_or(Ok(points), |n| n.trim().parse().ok().filter(|&n| n >= 2).ok_or_else(form))?;
                (vec![number(from)?, number(to)?], Some(steps))
            }
        };
        let increasing = list.windows(2).all(|pair| pair[0] < pair[1]);
        if list.len() < 2 || !increasing || (steps.is_some() && !list.iter().all(|x| x.is_finite())) {
            return Err(bad(format!("`{text}` needs at least two values, increasing, and finite ends")));
        }
        let last = *list.iter().rfind(|x| x.is_finite()).expect("of two increasing values one is finite");
        let spacing = spacing.unwrap_or(if list[0] > 0.0 && last >= WIDE * list[0] {
            VariedSpacing::Log
        } else {
            VariedSpacing::Linear
        });
        if spacing == VariedSpacing::Log && list[0] <= 0.0 {
            return Err(bad(format!(
                "`{text}` cannot be spaced by logarithms: {} is not positive",
                list[0]
            )));
        }
        if let Some(n) = steps {
            let (a, b) = (list[0], list[1]);
            let place = |i: usize| match i {
                0 => a,
                _ if i + 1 == n => b,
                _ => spacing.between(a, b, i as f64 / (n - 1) as f64),
            };
            list = (0..n).map(place).collect();
        }
        Ok(Self { name: name.to_owned(), values: list, spacing, whole: false, listed: false })
    }

    /// The parameter with values rounded to whole numbers, each once.
    pub fn rounded(mut self) -> Self {
        self.values.iter_mut().for_each(|x| *x = x.round());
        self.values.dedup_by(|a, b| *a <= *b);
        self.whole = true;
        self
    }

    /// A value between `a` < `b` that halves their distance; `None` where none is between.
    pub fn middle(&self, a: f64, b: f64) -> Option<f64> {
        if self.listed || !b.is_finite() {
            return None;
        }
        let middle = self.spacing.between(a, b, 0.5);
        let middle = if self.whole { middle.round().max(a + 1.0) } else { middle };
        (a < middle && middle < b).then_some(middle)
    }

    /// Width of [a, b] relative to its middle; for linear spacing across 0, relative to the whole
    /// range.
    pub fn relative_width(&self, a: f64, b: f64) -> f64 {
        let size = a.abs().max(b.abs()).min(0.5 * (a + b).abs());
        let range = self
            .values
            .iter()
            .filter(|x| x.is_finite())
            .fold(0.0_f64, |m, x| m.max((x - self.values[0]).abs()));
        (b - a) / if size > 0.0 && a * b > 0.0 { size } else { range }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_lists() {
        let p = Varied::parse("p=1e-6..0.5", 13).unwrap();
        assert_eq!((p.name.as_str(), p.values.len(), p.spacing), ("p", 13, VariedSpacing::Log));
        assert_eq!((p.values[0].to_bits(), p.values[12].to_bits()), (1e-6_f64.to_bits(), 0.5_f64.to_bits()));
        let s = Varied::parse("s=1.2..3/7", 13).unwrap();
        assert!((s.values[1] - 1.5).abs() < 1e-12 && s.spacing == VariedSpacing::Linear);
        let n = Varied::parse("n=10,1e3,inf", 13).unwrap();
        assert_eq!((n.values.len(), n.spacing), (3, VariedSpacing::Log));
        assert!((Varied::parse("n=1..9/3:log", 5).unwrap().values[1] - 3.0).abs() < 1e-12);
        let whole = Varied::parse("n=2..4/9", 5).unwrap().rounded();
        assert_eq!(whole.values, [2.0, 3.0, 4.0]);
        assert_eq!((whole.middle(2.0, 4.0), whole.middle(2.0, 3.0)), (Some(3.0), None));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "p",
            "p=",
            "p=1",
            "p=2..1",
            "p=0..1:log",
            "p=1..2/1",
            "p=1..inf",
            "=1..2",
            "p=a..b",
            "p=1..2:square",
            "p=1,nan",
        ] {
            assert!(Varied::parse(text, 5).is_err(), "{text}");
        }
    }
}
