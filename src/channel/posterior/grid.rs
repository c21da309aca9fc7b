//! The SNRs at which one sample is observed: fixed ones, and random ones that make integrals
//! unbiased.

use std::cmp::Ordering;

use crate::numeric::stream::Stream;

/// How a random SNR is spread over its interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Spacing {
    /// Uniform in γ.
    Linear,
    /// Uniform in ln γ.
    Log,
}

/// One SNR of a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SnrPoint {
    /// γ, the same for every sample.
    At(f64),
    /// A fresh γ in [lo, hi] for every sample, from a lane of its own named after the interval: a
    /// point does not depend on which others are on the grid.
    Within {
        /// Lower end.
        lo: f64,
        /// Upper end.
        hi: f64,
        /// Law of the point.
        spacing: Spacing,
    },
}

impl SnrPoint {
    /// Values of γ > 0 from end to end, one in the middle first.
    pub fn places(&self) -> Vec<f64> {
        match *self {
            Self::At(snr) => vec![snr],
            Self::Within { lo, hi, .. } if lo > 0.0 => vec![(lo * hi).sqrt(), lo, hi],
            Self::Within { hi, .. } => vec![0.5 * hi, hi],
        }
    }

    /// Sort key: the lower end, fixed points first, then the upper end.
    fn key(&self) -> (f64, f64) {
        match *self {
            Self::At(snr) => (snr, 0.0),
            Self::Within { lo, hi, .. } => (lo, hi),
        }
    }

    /// γ of sample `sample`, in (0, ∞).
    fn draw(&self, lane: &Option<Stream>, sample: u64) -> f64 {
        match (*self, lane) {
            (Self::Within { lo, hi, spacing }, Some(lane)) => {
                let [u, _] = lane.uniforms(sample, 0);
                match spacing {
                    Spacing::Linear => lo + (hi - lo) * u,
                    Spacing::Log => lo * (u * (hi / lo).ln()).exp(),
                }
            }
            (Self::At(snr) | Self::Within { lo: snr, .. }, _) => snr,
        }
    }
}

/// Distinct SNR points in increasing order of their lower ends.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    points: Vec<SnrPoint>,
}

impl Grid {
    /// The grid of `points`, sorted, duplicates removed.
    pub fn new(points: impl IntoIterator<Item = SnrPoint>) -> Self {
        let mut points: Vec<SnrPoint> = points.into_iter().collect();
        points.sort_by(order);
        points.dedup();
        Self { points }
    }

    /// The points, in the order of their indices.
    pub fn points(&self) -> &[SnrPoint] {
        &self.points
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there is nothing to observe.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Index of a point that the grid was made with.
    pub fn index(&self, point: &SnrPoint) -> Option<usize> {
        self.points.binary_search_by(|p| order(p, point)).ok()
    }

    /// The lanes of the random points, for [`GridDraw::draw`].
    pub fn lanes(&self, stream: &Stream) -> Vec<Option<Stream>> {
        let name = |p: &SnrPoint| match p {
            SnrPoint::At(_) => None,
            SnrPoint::Within { lo, hi, spacing } => Some(Stream::named(
                stream.seed(),
                &format!("{:x} within {lo:e} {hi:e} {spacing:?}", stream.lane()),
            )),
        };
        self.points.iter().map(name).collect()
    }
}

/// The order of a grid: by lower end, fixed points first, then by upper end and spacing.
fn order(a: &SnrPoint, b: &SnrPoint) -> Ordering {
    let ((a0, a1), (b0, b1)) = (a.key(), b.key());
    a0.total_cmp(&b0).then(a1.total_cmp(&b1)).then(spacing_of(a).cmp(&spacing_of(b)))
}

fn spacing_of(point: &SnrPoint) -> Option<Spacing> {
    match point {
        SnrPoint::At(_) => None,
        SnrPoint::Within { spacing, .. } => Some(*spacing),
    }
}

/// The grid as one sample sees it: SNRs in increasing order, and the grid index of each.
#[derive(Debug, Clone, Default)]
pub struct GridDraw {
    /// (γ, index into the grid), increasing in γ.
    pub snrs: Vec<(f64, usize)>,
}

impl GridDraw {
    /// Draws the random points of `sample`; `lanes` from [`Grid::lanes`].
    pub fn draw(&mut self, grid: &Grid, lanes: &[Option<Stream>], sample: u64) {
        self.snrs.clear();
        self.snrs.extend(
            grid.points.iter().zip(lanes).enumerate().map(|(i, (p, lane))| (p.draw(lane, sample), i)),
        );
        // Nearly sorted already: random points only overtake within their own intervals.
        self.snrs.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places are SNRs > 0, where something can be asked.
    #[test]
    fn places_of_an_interval_from_zero_are_positive() {
        let places = |lo| SnrPoint::Within { lo, hi: 8.0, spacing: Spacing::Linear }.places();
        assert_eq!(places(0.0), [4.0, 8.0]);
        assert_eq!(places(0.5), [2.0, 0.5, 8.0]);
    }

    #[test]
    fn points_are_drawn_inside_their_intervals_and_independently_of_the_grid() {
        let random = SnrPoint::Within { lo: 0.5, hi: 8.0, spacing: Spacing::Log };
        let stream = Stream::named(0, "grid test");
        let (small, large) =
            (Grid::new([random]), Grid::new([SnrPoint::At(3.0), random, SnrPoint::At(0.1), random]));
        assert_eq!(large.len(), 3);
        let (mut a, mut b) = (GridDraw::default(), GridDraw::default());
        for sample in 0..100 {
            a.draw(&small, &small.lanes(&stream), sample);
            b.draw(&large, &large.lanes(&stream), sample);
            let found =
                b.snrs.iter().find(|(_, i)| Some(*i) == large.index(&random)).expect("on the grid").0;
            assert!((0.5..=8.0).contains(&found));
            assert_eq!(a.snrs[0].0.to_bits(), found.to_bits());
            assert!(b.snrs.is_sorted_by(|x, y| x.0 <= y.0));
        }
    }
}
