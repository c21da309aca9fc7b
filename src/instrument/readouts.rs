//! Readouts of posterior sums: one draw of (X, Z) serves every SNR and every column.

use std::any::Any;
use std::ops::Range;
use std::sync::Arc;

use super::{BatchReader, Each, Enveloped, Instrument, Kernels};
use crate::channel::exact::pairs::PairBounds;
use crate::channel::exact::unseen::Unseen;
use crate::channel::posterior::envelope::envelope;
use crate::channel::posterior::readout::PlacedReadout;
use crate::channel::posterior::{
    self, BATCH, Grid, Observable, Observed, PosteriorSampler, Readout, SnrPoint, Term, Weight,
};
use crate::error::Result;
use crate::numeric::stream::Stream;
use crate::process::Simulator;
use crate::source::{Law, Source};

/// Below this bound on H(X|Y), nats, fewer than one in a thousand plain samples can see a
/// confusion.
const RARE: f64 = 1e-3;
/// From this share of the pair bound on M on, confusions too rare for plain samples decide it.
const FAR: f64 = 1e-3;

/// Readouts as columns.
pub struct PosteriorReadouts {
    source: Arc<Source>,
    /// The SNR that the noise is tilted for, where plain samples would see nothing.
    tilt: Option<f64>,
    readouts: Vec<Readout>,
    ready: Option<Ready>,
}

#[derive(Clone)]
struct Ready {
    sampler: Arc<dyn PosteriorSampler>,
    tilted: bool,
    /// What plain samples may miss.
    unseen: Option<Arc<Unseen>>,
}

impl PosteriorReadouts {
    /// `readout` of `source`. It is sampled with tilted noise, and such samples serve its SNR
    /// alone, where it looks at one SNR and plain samples would see nothing there by the pair `bounds`
    /// of a law at an SNR.
    pub fn new(
        source: &Arc<Source>,
        readout: Readout,
        bounds: impl Fn(&Source, f64) -> Option<PairBounds>,
    ) -> Self {
        Self {
            source: Arc::clone(source),
            tilt: tilt(source, &readout, bounds),
            readouts: vec![readout],
            ready: None,
        }
    }

    /// `readouts` of `source` by a given sampler; nothing is said of what samples may miss.
    pub fn by(sampler: Box<dyn PosteriorSampler>, source: &Arc<Source>, readouts: Vec<Readout>) -> Self {
        let ready = Ready { sampler: sampler.into(), tilted: false, unseen: None };
        Self { source: Arc::clone(source), tilt: None, readouts, ready: Some(ready) }
    }

    fn ready(&self) -> &Ready {
        self.ready.as_ref().expect("an instrument is prepared before it is used")
    }
}

/// The SNR to tilt the noise for: where `readout` looks at one SNR alone, and confusions are rare
/// there: all of them, or those that make M (of one copy, where the law is a product: one copy is
/// sampled).
fn tilt(
    source: &Source,
    readout: &Readout,
    bounds: impl Fn(&Source, f64) -> Option<PairBounds>,
) -> Option<f64> {
    let &[Term { point: SnrPoint::At(snr), .. }] = &readout.terms[..] else { return None };
    let mut of_one = source;
    while let Law::Product { base, .. } = of_one.law() {
        of_one = base;
    }
    if !posterior::tilts(of_one) {
        return None;
    }
    let bounds = bounds(of_one, snr)?;
    let rare = bounds.posterior_entropy < RARE || bounds.far > FAR * bounds.mmse;
    rare.then_some(snr)
}

impl Instrument for PosteriorReadouts {
    fn source(&self) -> &Arc<Source> {
        &self.source
    }

    fn samples(&self) -> String {
        let tilted = self.tilt.map_or(String::new(), |snr| format!("|tilted for {snr:e}"));
        format!("{}{tilted}", self.source.spec())
    }

    fn columns(&self) -> usize {
        self.readouts.len()
    }

    fn name(&self, column: usize) -> String {
        self.readouts[column].to_string()
    }

    fn join(&mut self, other: Box<dyn Instrument>) -> usize {
        let other: Box<Self> =
            (other as Box<dyn Any>).downcast().expect("instruments of one name are of one kind");
        let [readout] = <[Readout; 1]>::try_from(other.readouts).expect("it has one column");
        self.readouts.iter().position(|r| *r == readout).unwrap_or_else(|| {
            self.readouts.push(readout);
            self.readouts.len() - 1
        })
    }

    fn select(&self, columns: &[usize]) -> Box<dyn Instrument> {
        let readouts = columns.iter().map(|&c| self.readouts[c].clone()).collect();
        Box::new(Self { source: Arc::clone(&self.source), readouts, ready: self.ready.clone(), ..*self })
    }

    fn prepare(&mut self) -> Result<()> {
        let tilted = self.tilt.and_then(|snr| posterior::tilted(&self.source, snr));
        let is_tilted = tilted.is_some();
        let sampler: Arc<dyn PosteriorSampler> =
            tilted.map_or_else(|| posterior::sampler(&self.source), Ok)?.into();
        let unseen =
            if is_tilted { None } else { Unseen::new(&self.source, sampler.control_means()).map(Arc::new) };
        self.ready = Some(Ready { sampler, tilted: is_tilted, unseen });
        Ok(())
    }

    fn control_means(&self) -> &[f64] {
        self.ready().sampler.control_means()
    }

    fn relative_bound(&self) -> f64 {
        self.ready().sampler.relative_bound()
    }

    fn unseen(&self, column: usize, slopes: &[f64], n: u64, size: &dyn Fn(f64) -> f64) -> f64 {
        let Ready { sampler, tilted, unseen } = self.ready();
        if let (true, &[Term { point: SnrPoint::At(snr), observable, weight }]) =
            (tilted, &self.readouts[column].terms[..])
        {
            // An information is the entropy less what is tilted.
            let shannon = || self.source.pmf().map_or(0.0, |pmf| pmf.shannon().value);
            let from = if observable == Observable::Information { weight.at(snr) * shannon() } else { 0.0 };
            return sampler.unseen(observable, n) * size(from);
        }
        let Some(unseen) = unseen else { return 0.0 };
        let places = |t: &Term| t.point.places().into_iter().map(|snr| (t.weight.at(snr), snr)).collect();
        let terms: Vec<_> = self.readouts[column].terms.iter().map(|t| (t.observable, places(t))).collect();
        unseen.bound(&terms, slopes, n as f64)
    }

    /// `None` for tilted noise and for sums over several SNRs.
    fn envelope(&self, column: usize) -> Option<Enveloped> {
        let &[Term { point: SnrPoint::At(snr), observable, weight: Weight::Constant(1.0) }] =
            &self.readouts[column].terms[..]
        else {
            return None;
        };
        let Ready { sampler, tilted, .. } = self.ready();
        // Anchored summands may have either sign.
        if *tilted || observable != Observable::Mmse && snr < sampler.anchored_below() {
            return None;
        }
        let (of, from) = match observable {
            Observable::Information => {
                (Observable::PosteriorEntropy, Some(self.source.pmf()?.shannon().value))
            }
            _ => (observable, None),
        };
        Some(Enveloped { envelope: envelope(&self.source, of)?, from })
    }

    fn kernels(&self) -> Kernels<'_> {
        Kernels::Posterior { sampler: self.ready().sampler.as_ref(), readouts: &self.readouts }
    }

    fn open<'a>(&'a self, stream: Stream, _: Box<dyn Simulator + 'a>) -> Result<Box<dyn BatchReader + 'a>> {
        let grid = Grid::new(self.readouts.iter().flat_map(Readout::points));
        let placed = self.readouts.iter().map(|r| r.on(&grid)).collect();
        Ok(Box::new(OnProcessors { sampler: self.ready().sampler.as_ref(), stream, grid, placed }))
    }
}

/// Readouts with their grid.
struct OnProcessors<'a> {
    sampler: &'a dyn PosteriorSampler,
    stream: Stream,
    grid: Grid,
    placed: Vec<PlacedReadout>,
}

impl BatchReader for OnProcessors<'_> {
    fn read(&self, range: Range<u64>, each: &mut Each) -> Result<()> {
        let (points, controls) = (self.grid.len(), self.sampler.control_means().len());
        let mut observed = vec![Observed::default(); BATCH * points];
        let mut control = vec![0.0; BATCH * controls];
        let mut rows = Vec::with_capacity(BATCH * (self.placed.len() + controls));
        for first in range.step_by(BATCH) {
            self.sampler.observe(&self.stream, first, &self.grid, &mut observed, &mut control);
            rows.clear();
            for s in 0..BATCH {
                let sample = &observed[s * points..][..points];
                rows.extend(self.placed.iter().map(|readout| readout.value(sample)));
                rows.extend_from_slice(&control[s * controls..][..controls]);
            }
            each(first, &rows)?;
        }
        Ok(())
    }
}
