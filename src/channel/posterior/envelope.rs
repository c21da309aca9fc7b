//! What is proven of the summands of M and of H(X|Y) before any is drawn: ceilings and moments from
//! the law alone.
//!
//! * ½⟨D⟩ ≤ 2 max|x̃|² for atoms (x̃ = x − EX), ≤ 1 for orthonormal ones. By Jensen over a
//!   posterior replica X′, which has X's law, E(½⟨D⟩)^r ≤ 2^{−r} E|X − X′|^{2r} ≤ 2^r E|X̃|^{2r};
//!   for the trace of Cov(X|Y) (mixtures) E(tr Cov)^r ≤ E|X̃|^{2r}.
//! * ln S = −ln P(X|Y): for c ≥ r − 1 the function p·((c − ln p)^r − c^r) is concave on \[0, 1\]
//!   (its second derivative is −(r/p)(c − ln p)^{r−2}(c − ln p − (r − 1))), so that averaging the
//!   posterior over Y only raises its sum: with c = r − 1, E (ln S)^r ≤ E[(c + ln S)^r − c^r] ≤
//!   E[(c + ι)^r − c^r], ι = −ln p(X).

use super::readout::Observable;
use crate::numeric::truncated::Envelope;
use crate::source::{Atoms, Law, Source};

/// Orders of the moments; the truncation level picks one.
const ORDERS: [f64; 9] = [1.1, 1.25, 1.5, 1.75, 2.0, 3.0, 4.0, 6.0, 8.0];

/// The envelope of an observable's summands at any SNR, for [`Observable::Mmse`] and
/// [`Observable::PosteriorEntropy`] under plain sampling; `None` for others, and for laws with
/// infinitely many atoms, densities and products.
pub fn envelope(source: &Source, observable: Observable) -> Option<Envelope> {
    if let Some(atoms) = source.law().atoms().filter(|atoms| atoms.missing <= 0.0) {
        return of_atoms(atoms, observable);
    }
    match (observable, source.law()) {
        (Observable::Mmse, Law::Simplex(_)) => Some(Envelope { ceiling: 1.0, moments: Vec::new() }),
        (Observable::Mmse, Law::Mixture(mixture)) => {
            let dim = mixture.dim as f64;
            let mut mean = vec![0.0; mixture.dim];
            for (centre, w) in mixture.means.chunks(mixture.dim).zip(&mixture.weights) {
                mean.iter_mut().zip(centre).for_each(|(m, x)| *m += w * x);
            }
            let components = || {
                let rows = mixture.means.chunks(mixture.dim).zip(&mixture.variances).zip(&mixture.weights);
                rows.map(|((centre, &v), &w)| {
                    let square: f64 = centre.iter().zip(&mean).map(|(x, m)| (x - m).powi(2)).sum();
                    let fourth =
                        square * square + (2.0 * dim + 4.0) * square * v + dim * (dim + 2.0) * v * v;
                    (w, square + dim * v, fourth)
                })
            };
            // Lyapunov within each component, between the second and the fourth moment.
            let moment = |r: f64| match r {
                ..=2.0 => {
                    components().map(|(w, two, four)| w * two.powf(2.0 - r) * four.powf(r - 1.0)).sum()
                }
                _ => f64::INFINITY,
            };
            Some(with_moments(f64::INFINITY, moment))
        }
        (Observable::PosteriorEntropy, Law::Simplex(simplex)) => Some(of_weights(&simplex.weights)),
        _ => None,
    }
}

/// Of finitely many atoms.
fn of_atoms(atoms: &Atoms, observable: Observable) -> Option<Envelope> {
    match observable {
        Observable::Mmse => {
            let mean = atoms.mean();
            let norm = |x: &[f64]| x.iter().zip(&mean).map(|(x, m)| (x - m).powi(2)).sum::<f64>();
            let norms: Vec<f64> = atoms.points.chunks(atoms.dim).map(norm).collect();
            let moment = |r: f64| {
                let weighed = atoms.weights.iter().zip(&norms).map(|(p, norm)| p * (2.0 * norm).powf(r));
                weighed.sum()
            };
            Some(with_moments(2.0 * norms.iter().copied().fold(0.0, f64::max), moment))
        }
        Observable::PosteriorEntropy => Some(of_weights(&atoms.weights)),
        _ => None,
    }
}

/// E[(r − 1 + ι)^r − (r − 1)^r] of normalised weights; no ceiling, since noise may make any atom
/// look unlikely.
fn of_weights(weights: &[f64]) -> Envelope {
    let moment = |r: f64| {
        weights.iter().map(|p| p * ((r - 1.0 - p.ln()).powf(r) - (r - 1.0).powf(r))).sum::<f64>().max(0.0)
    };
    with_moments(f64::INFINITY, moment)
}

fn with_moments(ceiling: f64, moment: impl Fn(f64) -> f64) -> Envelope {
    let moments = ORDERS.iter().map(|&r| (r, moment(r))).filter(|(_, u)| u.is_finite()).collect();
    Envelope { ceiling, moments }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::posterior::{BATCH, Grid, Observed, SnrPoint, sampler};
    use crate::numeric::stream::Stream;

    const BATCHES: usize = 64;
    /// A sampled moment may lie above its bound by this share: none does where the bound has room.
    const SAMPLED: f64 = 0.05;

    /// The summands of the real samplers keep their envelopes, on light and heavy laws, at low and
    /// high SNR.
    #[test]
    fn sampled_summands_keep_their_envelopes() {
        for spec in [
            "zipf:exponent=1.5,atoms=200",
            "zipf:exponent=1.5,atoms=200,embedding=simplex",
            "codebook:atoms=20,dim=4",
            "needle:p=0.05,atoms=16",
            "scale-mixture:dof=5,dim=2",
        ] {
            let source = Source::parse(spec).unwrap();
            let sampler = sampler(&source).unwrap();
            let controls = sampler.control_means().len();
            for snr in [0.01, 1.0, 10.0] {
                let (grid, stream) = (Grid::new([SnrPoint::At(snr)]), Stream::named(0, "envelope"));
                let mut all = Vec::new();
                for batch in 0..BATCHES {
                    let mut out = vec![Observed::default(); BATCH];
                    sampler.observe(
                        &stream,
                        (batch * BATCH) as u64,
                        &grid,
                        &mut out,
                        &mut vec![0.0; BATCH * controls],
                    );
                    all.extend(out);
                }
                for observable in [Observable::Mmse, Observable::PosteriorEntropy] {
                    // Anchored summands may have either sign, and no envelope is taken of them.
                    if observable == Observable::PosteriorEntropy && snr < sampler.anchored_below() {
                        continue;
                    }
                    let Some(envelope) = envelope(&source, observable) else { continue };
                    let values: Vec<f64> = all.iter().map(|o| o.get(observable)).collect();
                    let label = format!("{observable:?} of {spec} at {snr}");
                    assert!(
                        values.iter().all(|&w| (0.0..=envelope.ceiling).contains(&w)),
                        "{label}: ceiling"
                    );
                    for (r, u) in envelope.moments {
                        let moment = values.iter().map(|w| w.powf(r)).sum::<f64>() / values.len() as f64;
                        assert!(moment <= (1.0 + SAMPLED) * u, "{label}: E W^{r} = {moment}, bound {u}");
                    }
                }
            }
        }
    }

    /// Two equiprobable atoms at low SNR: ln S → ln 2, E (ln S)^r → ln^r 2 ≤ u; at r → 1 the bound
    /// is H itself.
    #[test]
    fn the_moment_of_a_useless_channel_is_that_of_the_law() {
        let Envelope { moments, ceiling } = of_weights(&[0.5, 0.5]);
        assert!(ceiling.is_infinite() && moments.len() == ORDERS.len());
        for (r, u) in moments {
            let (c, h) = (r - 1.0, std::f64::consts::LN_2);
            assert!(
                (u - ((c + h).powf(r) - c.powf(r))).abs() < 1e-12 * u && u >= h.powf(r),
                "order {r}: {u}"
            );
        }
    }

    fn moment(envelope: &Envelope, order: f64) -> f64 {
        envelope.moments.iter().find(|(r, _)| (r - order).abs() < 1e-12).expect("a moment of that order").1
    }

    /// Two components off the centre, by hand: EX = 1, |μ − EX|² = 9 and 1, variances ½ and 2.
    #[test]
    fn moments_of_a_mixture_by_hand() {
        let source = Source::parse("mixture:means=4|0,variances=0.5|2,weights=1|3").unwrap();
        let envelope = envelope(&source, Observable::Mmse).unwrap();
        let second = 0.25 * (81.0 + 6.0 * 9.0 * 0.5 + 3.0 * 0.25) + 0.75 * (1.0 + 6.0 * 2.0 + 3.0 * 4.0);
        assert!((moment(&envelope, 2.0) - second).abs() < 1e-12 * second);
        let between = 0.25 * (9.5_f64 * 108.75).sqrt() + 0.75 * (3.0_f64 * 25.0).sqrt();
        assert!((moment(&envelope, 1.5) - between).abs() < 1e-12 * between);
    }

    /// Two atoms off the centre, by hand: EX = ¼, 2|x − EX|² = ⅛ and 9/8.
    #[test]
    fn moments_of_atoms_by_hand() {
        let source = Source::parse("bernoulli:p=0.25").unwrap();
        let envelope = envelope(&source, Observable::Mmse).unwrap();
        let second = 0.75 * 0.125 * 0.125 + 0.25 * 1.125 * 1.125;
        assert!((moment(&envelope, 2.0) - second).abs() < 1e-14);
        assert!((envelope.ceiling - 1.125).abs() < 1e-14);
    }
}
