//! Tilted samples against quadrature, pairs by hand, and what none of them shows.

use super::*;
use crate::channel::posterior::SnrPoint;
use crate::numeric::estimate::Estimate;
use crate::numeric::moments::Moments;
use crate::source::{Law, Source};

/// Standard errors: 6e-7 a comparison, about thirty of them, fixed seeds.
const SAMPLED: f64 = 5.0;

/// M, −M′ and H(X|Y) at `at` from `n` samples of the sampler made for `snr`.
fn sampled(atoms: &Atoms, shannon: f64, snr: f64, at: f64, n: usize) -> [Estimate; 3] {
    let sampler = TiltedSampler::new(atoms.clone(), shannon, snr);
    let (grid, controls) = (Grid::new([SnrPoint::At(at)]), 1);
    let stream = Stream::named(11, "tilted test");
    let mut total = Moments::new(3 + controls);
    let (mut out, mut control) = (vec![Observed::default(); BATCH], vec![0.0; BATCH * controls]);
    for first in (0..n).step_by(BATCH) {
        sampler.observe(&stream, first as u64, &grid, &mut out, &mut control);
        let rows: Vec<f64> = out
            .iter()
            .zip(control.chunks(controls))
            .flat_map(|(o, c)| [o.mmse, o.slope, o.posterior_entropy].into_iter().chain(c.iter().copied()))
            .collect();
        total.add_block(&rows);
    }
    let regression = total.regress(sampler.control_means());
    std::array::from_fn(|k| Estimate {
        std_err: regression.covariance[(k, k)].sqrt(),
        flags: regression.flags[k],
        ..Estimate::exact(regression.value[k])
    })
}

fn atoms_of(spec: &str) -> (Source, Atoms) {
    let source = Source::parse(spec).unwrap();
    let Law::Atoms(atoms) = source.law() else { panic!("atoms") };
    let atoms = atoms.clone();
    (source, atoms)
}

/// Against quadrature on a line, at the SNR it is made for and at half and twice that.
#[test]
fn values_are_those_of_quadrature_at_any_snr() {
    for (spec, snr) in [
        ("bpsk", 25.0),
        ("bernoulli:p=0.01", 100.0),
        ("pam:levels=8", 100.0),
        ("zipf:exponent=2,atoms=9", 200.0),
    ] {
        let (source, atoms) = atoms_of(spec);
        for at in [0.5 * snr, snr, 2.0 * snr] {
            let truth = crate::channel::exact::at(&source, at).unwrap().unwrap();
            let truth = [truth.mmse, truth.mmse_slope, truth.posterior_entropy.unwrap()];
            let found = sampled(&atoms, source.pmf().unwrap().shannon().value, snr, at, 1 << 15);
            for (found, truth) in found.iter().zip(truth) {
                let off = (found.value - truth.value).abs();
                assert!(off <= SAMPLED * found.std_err, "{spec} at {at}: {found:?} for {}", truth.value);
                assert!(at > snr || found.std_err < 0.05 * truth.value, "{spec} at {at}: {found:?}");
            }
        }
    }
}

/// √(pp′) e^{−T/8} E[1/(2 cosh(u/2))], u ~ N(0, T): P(X = x, X′ = x′) of two equiprobable atoms
/// (docs/theory.md, B1), by the trapezoid rule.
fn confusion(t: f64, p: f64) -> f64 {
    let step = 0.05;
    let mean: f64 = (-4000..=4000)
        .map(|k| step * f64::from(k))
        .map(|u| step * (-0.5 * u * u / t).exp() / (2.0 * (0.5 * u).cosh()))
        .sum();
    p * (-t / 8.0).exp() * mean / (2.0 * std::f64::consts::PI * t).sqrt()
}

/// Two coordinates, each 1 with probability 5e-9: the pairs of the two rare atoms have a share of
/// 1e-4 of the samples, of which 8,192 may have none, and weigh nothing. All others have one
/// summand, so that no spread tells; with 10⁶ samples every pair is seen.
#[test]
fn what_no_sample_shows_is_in_the_bound() {
    let (p, snr) = (5e-9_f64, 1e-3);
    let weights = vec![(1.0 - p) * (1.0 - p), (1.0 - p) * p, p * (1.0 - p), p * p];
    let atoms = Atoms::new(2, vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], weights.clone()).unwrap();
    let shannon = weights.iter().map(|w| -w * w.ln()).sum();
    let one = Source::parse(&format!("bernoulli:p={p:e}")).unwrap();
    let exact = 2.0 * crate::channel::exact::at(&one, snr).unwrap().unwrap().mmse.value;
    let sampler = TiltedSampler::new(atoms.clone(), shannon, snr);
    let [few, _, _] = sampled(&atoms, shannon, snr, snr, 8192);
    let allowed = sampler.unseen(Observable::Mmse, 8192) * few.value;
    let off = (few.value - exact).abs();
    assert!(off > 100.0 * few.std_err && off < allowed && allowed < 3e-4 * exact, "{off:e} {allowed:e}");
    assert!(sampler.unseen(Observable::Mmse, 1 << 30) < 1e-8);
    let [many, _, _] = sampled(&atoms, shannon, snr, snr, 1 << 20);
    assert!((many.value - exact).abs() < SAMPLED * many.std_err + 1e-9 * exact, "{many:?} for {exact:e}");
}

/// 16 Gaussian atoms in R^8 at γ d_min² = 100: the pairs alone make M = ½ Σ |x − x′|² P(x, x′),
/// up to confusions of three, which are a share of e^{−T/24} at most (a third atom at the same
/// distance), below the sampling error here.
#[test]
fn a_codebook_at_high_snr_has_the_errors_of_its_pairs() {
    let (source, atoms) = atoms_of("codebook:atoms=16,dim=8");
    let pairs: Vec<f64> = (0..16)
        .flat_map(|i| (0..16).filter(move |&j| j != i).map(move |j| (i, j)))
        .map(|(i, j)| atoms.point(i).iter().zip(atoms.point(j)).map(|(x, y)| (x - y) * (x - y)).sum::<f64>())
        .collect();
    let nearest = pairs.iter().copied().fold(f64::INFINITY, f64::min);
    for t in [100.0, 200.0] {
        let snr = t / nearest;
        let expected: f64 = pairs.iter().map(|d| 0.5 * d * confusion(snr * d, 1.0 / 16.0)).sum();
        let [mmse, ..] = sampled(&atoms, source.pmf().unwrap().shannon().value, snr, snr, 1 << 16);
        assert!(
            (mmse.value - expected).abs() <= SAMPLED * mmse.std_err,
            "T = {t}: {mmse:?} for {expected:e}"
        );
        assert!(mmse.std_err < 0.02 * mmse.value, "T = {t}: {mmse:?}");
        assert!(mmse.believed(), "T = {t}: {:?}", mmse.doubts());
    }
}
