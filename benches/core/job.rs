//! The jobs that are timed.

use std::ops::Range;
use std::sync::Arc;

use klaim::internals::backend::cpu::Cpu;
use klaim::internals::backend::{Backend, Job};
use klaim::internals::channel::posterior::{
    self, Grid, Observable, Readout, SnrPoint, Spacing, Term, Weight,
};
use klaim::internals::instrument::Instrument;
use klaim::internals::instrument::readouts::PosteriorReadouts;
use klaim::internals::numeric::moments::Moments;
use klaim::internals::numeric::stream::Stream;
use klaim::internals::source::codebook::gaussian_points;
use klaim::internals::source::{Atoms, Source};
use klaim::internals::spec::Spec;

/// SNRs of the grid.
const POINTS: usize = 32;
/// Its ends.
const ENDS: (f64, f64) = (1e-3, 1e3);
/// Exponent of the weights i^−s.
const EXPONENT: f64 = 1.2;

/// A source with its sampler and readouts.
struct Prepared {
    instrument: PosteriorReadouts,
    points: usize,
}

impl Prepared {
    fn new(source: Source, readouts: Vec<Readout>) -> Self {
        let sampler = posterior::sampler(&source).expect("a law with finitely many atoms has a sampler");
        let points = Grid::new(readouts.iter().flat_map(Readout::points)).len();
        Self { instrument: PosteriorReadouts::by(sampler, &Arc::new(source), readouts), points }
    }

    fn run(&self, range: Range<u64>) -> Moments {
        let stream = Stream::named(0, self.instrument.source().spec());
        let job = Job { instrument: &self.instrument, stream, pairs: None };
        Cpu.open(&job, range.end).and_then(|open| open.run(range)).expect("finite summands")
    }
}

/// mmse, slope and information at every SNR of the grid, and the mean of the mmse over it.
pub struct Observe(Prepared);

impl Observe {
    /// A Gaussian codebook with Zipf weights.
    pub fn codebook(atoms: usize, dim: usize) -> Self {
        let weights = (1..=atoms).map(|i| (i as f64).powf(-EXPONENT)).collect();
        let points = gaussian_points(atoms, dim, 0);
        let spec = Spec { kind: "codebook".into(), parameters: Vec::new() };
        let atoms = Atoms::new(dim, points, weights).expect("finite points and positive weights");
        Self::of(Source::discrete(&spec, atoms).expect("a discrete source"))
    }

    /// Equiprobable orthonormal atoms.
    pub fn simplex(atoms: usize) -> Self {
        Self::of(Source::parse(&format!("simplex:atoms={atoms}")).expect("a source"))
    }

    fn of(source: Source) -> Self {
        let (lo, hi) = ENDS;
        let snr = |i: usize| lo * (hi / lo).powf(i as f64 / (POINTS - 1) as f64);
        let observables = [Observable::Mmse, Observable::Slope, Observable::Information];
        let single = (0..POINTS).flat_map(|i| observables.map(|observable| Readout::at(snr(i), observable)));
        let mean = (0..POINTS).map(|i| Term {
            point: SnrPoint::At(snr(i)),
            observable: Observable::Mmse,
            weight: Weight::Constant(1.0 / POINTS as f64),
        });
        let readouts = std::iter::once(Readout { terms: mean.collect() }).chain(single).collect();
        Self(Prepared::new(source, readouts))
    }

    /// Number of SNRs.
    pub fn points(&self) -> usize {
        POINTS
    }

    /// Moments over the samples of `range`.
    pub fn run(&self, range: Range<u64>) -> Moments {
        self.0.run(range)
    }

    /// Relative standard error of the grid's mean mmse, from all samples of `moments` together.
    pub fn relative_error(&self, moments: &Moments) -> f64 {
        let regression = moments.regress(self.0.instrument.control_means());
        regression.covariance[(0, 0)].sqrt() / regression.value[0]
    }
}

/// The pathwise KL of a geometric schedule on 16 atoms in 8 dimensions, with a random SNR in each
/// step.
pub struct PathKl(Prepared);

impl PathKl {
    /// `steps` steps between the ends of the grid.
    pub fn new(steps: usize) -> Self {
        let (lo, hi) = ENDS;
        let snr = |i: usize| lo * (hi / lo).powf(i as f64 / steps as f64);
        let term =
            |point, factor| Term { point, observable: Observable::Mmse, weight: Weight::Constant(factor) };
        let terms = (0..steps).flat_map(|i| {
            let (start, end) = (snr(i), snr(i + 1));
            let within = SnrPoint::Within { lo: start, hi: end, spacing: Spacing::Linear };
            let half = 0.5 * (end - start);
            [term(SnrPoint::At(start), half), term(within, -half)]
        });
        let source = Source::parse("codebook:atoms=16,dim=8").expect("a source");
        Self(Prepared::new(source, vec![Readout { terms: terms.collect() }]))
    }

    /// Number of SNRs.
    pub fn points(&self) -> usize {
        self.0.points
    }

    /// Moments over the samples of `range`.
    pub fn run(&self, range: Range<u64>) -> Moments {
        self.0.run(range)
    }
}
