//! CPU against CUDA, sample by sample: what `klaim selftest` shows.

use std::sync::Arc;

use super::Cuda;
use super::law::extent::tables_of;
use super::plan::Task;
use super::tile::TILE;
use crate::backend::cpu::Cpu;
use crate::backend::options::Precision;
use crate::backend::{Backend, Job, Open};
use crate::channel::posterior::{self, BATCH, Observable, Readout, SnrPoint, Spacing, Tables, Term, Weight};
use crate::error::Result;
use crate::instrument::Instrument;
use crate::instrument::readouts::PosteriorReadouts;
use crate::numeric::moments::Moments;
use crate::numeric::normal;
use crate::numeric::stream::Stream;
use crate::source::Source;
use crate::source::cumulative::Cumulative;

/// Largest difference of a readout, relative to the CPU's value or, where that is small, to the
/// readout's root mean square over the samples. Sums of up to 1e5 terms round to 1e-12 of their
/// size, the slope's differences lose two digits more.
pub const TOLERANCE: f64 = 1e-10;
/// The same where products and sums are f32, by an H200: 1e-5 … 5e-5 of a readout's value or size
/// where atoms are near the mean, and twice that for room.
pub const TOLERANCE_F32: f64 = 1e-4;
/// Rounding of f32, as a share: ⟨z, x̃⟩ of a far atom is off by this times |x̃|, a log-weight by √γ
/// times that. Measured on an H200: 2.7e-4 where √γ|x̃| reaches 9,000, of 6.4e-4 allowed. A product
/// without one of its low terms is off by 2^-11 of √γ|x̃|.
const ROUNDING_F32: f64 = 1.0 / (1 << 24) as f64;

/// The laws that are compared: every structure that has kernels, one atom to more than a block of
/// them, one coordinate to more than a step of the product, equal weights and a million to one.
pub const SOURCES: &[&str] = &[
    "bpsk",
    "bernoulli:p=1e-6",
    "zipf:exponent=1.5,atoms=300",
    "codebook:atoms=131,dim=37,seed=1",
    "codebook:atoms=2100,dim=2,seed=2",
    "simplex:atoms=33",
    "zipf:exponent=2,atoms=2050,embedding=simplex",
    "product:dim=7,base=(pam:levels=5)",
    "gaussian:dim=3,variance=1.7",
    "mixture:ring=9,radius=4,variance=0.1",
    "scale-mixture:dof=4,dim=3",
    "mixture:code=3,dim=70,variance=0.5",
];

/// How far the device is from the CPU on one law.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The law.
    pub source: String,
    /// Samples compared one by one.
    pub samples: u64,
    /// Samples whose atom (or component) differs.
    pub atoms: u64,
    /// Normals that differ in a bit, of those compared.
    pub normals: u64,
    /// Normals compared.
    pub normals_compared: u64,
    /// Largest relative difference of a readout or control of a sample (see [`TOLERANCE`]).
    pub readout: f64,
    /// Largest difference of the moments of two tiles (see [`MOMENT_TOLERANCE`]).
    pub moments: f64,
    /// Controls that f32 does not use on this law, because rounding would show in them; not
    /// compared.
    pub withheld: u32,
    /// Largest difference of a readout that is allowed.
    pub allowed: f64,
    /// Precision of the sums.
    pub precision: Precision,
}

impl Comparison {
    /// Whether the device keeps what the CPU promises.
    pub fn holds(&self) -> bool {
        // Written so that NaN does not hold.
        self.atoms == 0 && self.normals == 0 && self.readout <= self.allowed
            // In f32 the readouts' own differences show in the moments.
            && (self.precision == Precision::F32 || self.moments <= MOMENT_TOLERANCE)
    }
}

/// Largest difference of two tiles' moments: of a mean in its standard errors, of a covariance in
/// units of the standard errors, of an extreme value in standard deviations. A column varies by
/// 1e-9 of its size at least (`ROUNDING`), which is 1e7 times its rounding.
pub const MOMENT_TOLERANCE: f64 = 1e-6;

/// The largest SNR that is compared; the smallest is its reciprocal.
const LARGEST_SNR: f64 = 1e3;

/// Nine fixed SNRs and a random one of each law: more than one group of eight.
fn points() -> Vec<SnrPoint> {
    let fixed = (-4..=4).map(|k| SnrPoint::At(LARGEST_SNR.powf(0.25 * f64::from(k))));
    let random =
        [Spacing::Linear, Spacing::Log].map(|spacing| SnrPoint::Within { lo: 0.2, hi: 5.0, spacing });
    fixed.chain(random).collect()
}

/// Every observable at every SNR, and a sum over SNRs with every form of weight.
fn readouts(law: &Tables) -> Vec<Readout> {
    let mut observables = vec![Observable::Information, Observable::Mmse, Observable::Slope];
    if drawn(*law).discrete {
        observables.push(Observable::PosteriorEntropy);
    }
    let term = |point, observable, weight| Term { point, observable, weight };
    let one = |&point: &SnrPoint| {
        observables.iter().map(move |&o| Readout { terms: vec![term(point, o, Weight::Constant(1.0))] })
    };
    let points = points();
    let mut all: Vec<Readout> = points.iter().flat_map(one).collect();
    let weights = [
        Weight::Constant(-0.5),
        Weight::Power { factor: 2.0, exponent: 2 },
        Weight::Power { factor: 1.0, exponent: -1 },
        Weight::Remaining { factor: 3.0, end: 5.0 },
    ];
    let mixed = points.iter().zip(weights.iter().cycle()).map(|(&p, &w)| term(p, Observable::Mmse, w));
    all.push(Readout { terms: mixed.collect() });
    all
}

/// What of a law's draw can be compared.
struct Drawn<'a> {
    /// Weights of its atoms or components.
    weights: &'a [f64],
    /// Dimension of the noise that the device keeps.
    dim: usize,
    /// Whether it has atoms, and so a posterior entropy.
    discrete: bool,
}

fn drawn<'a>(tables: Tables<'a>) -> Drawn<'a> {
    match tables {
        Tables::Copies { factor, .. } => drawn(tables_of(factor)),
        Tables::Atoms { dim, weights, .. } => Drawn { weights: weights.weights, dim, discrete: true },
        Tables::Simplex(weights) => Drawn { weights: weights.weights, dim: 0, discrete: true },
        Tables::Mixture { mixture, .. } => {
            Drawn { weights: &mixture.weights, dim: mixture.dim, discrete: false }
        }
    }
}

/// Compares the first `samples` of `spec` under seed `seed`, rounded up to whole batches: the first
/// tile of them one by one, all of them by their moments.
///
/// # Errors
/// A source that does not parse; whatever stops the device.
pub fn compare(cuda: &Cuda, spec: &str, seed: u64, samples: u64) -> Result<Comparison> {
    let samples = samples.next_multiple_of(BATCH as u64);
    let traced = samples.min(TILE as u64);
    let source = Arc::new(Source::parse(spec)?);
    let sampler = posterior::sampler(&source)?;
    let readouts = readouts(&tables_of(sampler.as_ref()));
    let instrument = PosteriorReadouts::by(sampler, &source, readouts);
    let job = Job { instrument: &instrument, stream: Stream::named(seed, source.spec()), pairs: None };
    let task = Task::of(&job).expect("a sampler with tables");
    let (sampler, readouts) = (task.sampler, task.readouts);
    let trace = cuda.trace(&job, 0..traced)?;
    let Drawn { weights, dim, .. } = drawn(tables_of(sampler));
    let cumulative = Cumulative::new(weights);
    let (mut atoms, mut normals, mut noise) = (0, 0, vec![0.0; dim]);
    for s in 0..traced {
        atoms +=
            u64::from(cumulative.index(job.stream.uniforms(s, 0)[0]) != trace.index[s as usize] as usize);
        normal::fill(&job.stream, s, &mut noise);
        let theirs = &trace.noise[s as usize * dim..][..dim];
        normals += noise.iter().zip(theirs).filter(|(a, b)| a.to_bits() != b.to_bits()).count() as u64;
    }
    let mut rows = Vec::new();
    instrument.open(job.stream, Box::new(Cpu))?.read(0..traced, &mut |_, batch| {
        rows.extend(batch.chunks(job.width()).map(<[f64]>::to_vec));
        Ok(())
    })?;
    let sizes: Vec<f64> =
        (0..job.width()).map(|c| root_mean_square(rows.iter().map(|row| row[c]))).collect();
    let scales = scales(readouts, &sizes);
    let measured: Vec<usize> = (0..job.width()).filter(|&c| sizes[c] >= scales[c]).collect();
    let opened = cuda.open_job(task, samples)?;
    let (ours, theirs) = (Cpu.open(&job, samples)?.run(0..samples)?, opened.run(0..samples)?);
    Ok(Comparison {
        source: source.spec().into(),
        samples: traced,
        atoms,
        normals,
        normals_compared: traced * dim as u64,
        readout: columns_apart(&rows, &trace.columns, &scales, &|c| {
            c >= readouts.len() && trace.withheld >> (c - readouts.len()) & 1 == 1
        }),
        moments: moments_apart(&ours, &theirs, &measured),
        withheld: trace.withheld.count_ones(),
        allowed: allowed(cuda.options.precision, &tables_of(sampler)),
        precision: cuda.options.precision,
    })
}

/// How far a readout of a law may be off.
fn allowed(precision: Precision, law: &Tables) -> f64 {
    match (precision, law) {
        (Precision::F64, _) => TOLERANCE,
        (_, Tables::Copies { factor, .. }) => allowed(precision, &tables_of(*factor)),
        (Precision::F32, Tables::Atoms { norms, .. }) => {
            let farthest = norms.iter().copied().fold(0.0, f64::max).sqrt();
            TOLERANCE_F32 + ROUNDING_F32 * LARGEST_SNR.sqrt() * farthest
        }
        (Precision::F32, _) => TOLERANCE_F32,
    }
}

/// Largest relative difference of a value (see [`TOLERANCE`]); `columns` is width × samples, `rows`
/// a row a sample; columns that are `withheld` enter no estimate.
fn columns_apart(
    rows: &[Vec<f64>],
    columns: &[f64],
    scales: &[f64],
    withheld: &dyn Fn(usize) -> bool,
) -> f64 {
    let compared = columns.chunks(rows.len()).zip(scales).enumerate().filter(|(c, _)| !withheld(*c));
    compared
        .map(|(c, (theirs, scale))| apart(rows.iter().map(|row| row[c]).zip(theirs.iter().copied()), *scale))
        .fold(0.0, farther)
}

/// Largest difference |a − b| of `pairs` relative to |a| or, where that is small, to `scale`.
pub fn apart(pairs: impl Iterator<Item = (f64, f64)>, scale: f64) -> f64 {
    let one = |(a, b): (f64, f64)| {
        let size = a.abs().max(scale);
        if size > 0.0 { (a - b).abs() / size } else { b.abs() }
    };
    pairs.map(one).fold(0.0, farther)
}

/// The larger of two distances; NaN is as far as can be, and stays so.
fn farther(worst: f64, apart: f64) -> f64 {
    if apart.is_nan() { f64::INFINITY } else { worst.max(apart) }
}

/// √(mean of squares).
pub fn root_mean_square(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    (values.map(|x| x * x).sum::<f64>() / n).sqrt()
}

/// What a difference in each column is measured against where the value is small: the column's root
/// mean square, and for a readout [`LEFT_OUT`] of the largest one of its observable at any SNR.
fn scales(readouts: &[Readout], sizes: &[f64]) -> Vec<f64> {
    let observable = |c: usize| readouts.get(c).map(|r| r.terms[0].observable);
    let largest = |c: usize| {
        let same =
            (0..sizes.len()).filter(|&other| observable(c).is_some() && observable(other) == observable(c));
        same.map(|other| sizes[other]).fold(0.0, f64::max)
    };
    (0..sizes.len()).map(|c| sizes[c].max(LEFT_OUT * largest(c))).collect()
}

/// Both sides leave out atoms with log-weights below −60, but not the same ones: what is smaller
/// than this share of its largest value is compared to 1e-19 of that.
const LEFT_OUT: f64 = 1e-9;

/// Largest difference of the moments of the `columns` that vary, without regression (which would
/// leave rounding where the controls explain everything): means in standard errors, covariances in
/// units of these, the largest and smallest values in standard deviations.
fn moments_apart(ours: &Moments, theirs: &Moments, columns: &[usize]) -> f64 {
    let (ours, theirs) = (ours.select(columns), theirs.select(columns));
    let (a, b) = (ours.regress(&[]), theirs.regress(&[]));
    let std_err = |i: usize| a.covariance[(i, i)].sqrt();
    let varies: Vec<usize> =
        (0..a.value.len()).filter(|&i| std_err(i) > ROUNDING * a.value[i].abs()).collect();
    let mut worst = 0.0_f64;
    let mut take = |apart: f64| worst = farther(worst, apart);
    for &i in &varies {
        take((a.value[i] - b.value[i]).abs() / std_err(i));
        let deviation = std_err(i) * (ours.n() as f64).sqrt();
        for (kept, other) in ours.extremes(i).into_iter().zip(theirs.extremes(i)) {
            take(if kept.len() == other.len() { 0.0 } else { f64::INFINITY });
            kept.iter().zip(other).for_each(|(x, y)| take((x - y).abs() / deviation));
        }
        for &j in &varies {
            take((a.covariance[(i, j)] - b.covariance[(i, j)]).abs() / (std_err(i) * std_err(j)));
        }
    }
    worst
}

/// A standard error below this share of its value is rounding.
const ROUNDING: f64 = 1e-9;
