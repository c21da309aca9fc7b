//! The discretised reverse process of a discrete law in R^d, and the pathwise KL simulated along true paths.

pub mod chain;
pub mod girsanov;
pub mod posterior_mean;

pub use chain::Form;
pub use posterior_mean::PosteriorMean;

use crate::channel::Snr;
use crate::error::Result;
use crate::numeric::normal;
use crate::stream::Stream;

/// Final states U_{γ_K} (`count` × d) of chains started from N(γ_0 EX, γ_0 I), γ_0 > 0, along `grid`, with the exact
/// denoiser. Chain i uses sample `first + i` of `stream` alone; the same noise in every form.
///
/// # Errors
/// An SNR that [`Snr::new`] refuses.
pub fn sample(
    denoiser: &PosteriorMean,
    form: Form,
    grid: &[f64],
    stream: &Stream,
    first: u64,
    count: usize,
) -> Result<Vec<f64>> {
    let dim = denoiser.dim();
    let snrs = grid.iter().map(|&snr| Snr::new(snr)).collect::<Result<Vec<_>>>()?;
    let (mut noise, mut denoised) = (vec![0.0; count * dim], vec![0.0; count * dim]);
    let fill = |noise: &mut [f64], k: usize| {
        for (i, row) in noise.chunks_mut(dim).enumerate() {
            normal::fill_from(stream, first + i as u64, 1 + (k * dim.div_ceil(2)) as u32, row);
        }
    };
    fill(&mut noise, 0);
    // E[X | U_0] = EX.
    denoiser.evaluate(&vec![0.0; count * dim], 0.0, &mut denoised);
    let start = snrs[0];
    let mut states: Vec<f64> =
        noise.iter().zip(&denoised).map(|(z, m)| start.linear() * m + start.amplitude() * z).collect();
    form.enter(&mut states, start);
    for (k, pair) in snrs.windows(2).enumerate() {
        let mut inner = states.clone();
        form.leave(&mut inner, pair[0]);
        denoiser.evaluate(&inner, pair[0].linear(), &mut denoised);
        fill(&mut noise, k + 1);
        form.step(&mut states, &denoised, &noise, pair[0], pair[1]);
    }
    form.leave(&mut states, snrs[snrs.len() - 1]);
    Ok(states)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Law, Source};

    /// Rounding of a few dozen steps, amplified by the chain's own expansion.
    const ROUNDING: f64 = 1e-10;

    #[test]
    fn one_chain_in_three_coordinate_systems() {
        let source = Source::parse("codebook:atoms=9,dim=3").unwrap();
        let Law::Atoms(atoms) = source.law() else { panic!("atoms") };
        let denoiser = PosteriorMean::new(atoms);
        let grid: Vec<f64> = (0..=24).map(|k| 0.01 * 1e4_f64.powf(f64::from(k) / 24.0)).collect();
        let stream = Stream::named(0, "chains");
        let states =
            [Form::Snr, Form::Ancestral, Form::Ddim].map(|f| sample(&denoiser, f, &grid, &stream, 0, 16).unwrap());
        for other in &states[1..] {
            for (a, b) in states[0].iter().zip(other) {
                assert!((a - b).abs() < ROUNDING * (1.0 + a.abs()), "{a} against {b}");
            }
        }
        // At γ = 100 every chain has ended near an atom.
        for state in states[0].chunks(3) {
            let distance = |x: &[f64]| x.iter().zip(state).map(|(x, u)| (x - u / 100.0).powi(2)).sum::<f64>();
            let nearest = atoms.points.chunks(3).map(distance).fold(f64::INFINITY, f64::min);
            assert!(nearest < 0.3, "squared distance {nearest} from the nearest atom");
        }
    }

    #[test]
    fn the_posterior_mean_of_two_points_is_tanh() {
        let source = Source::parse("bpsk").unwrap();
        let Law::Atoms(atoms) = source.law() else { panic!("atoms") };
        let states = [-3.0, -0.2, 0.0, 1.5];
        let mut means = [0.0; 4];
        PosteriorMean::new(atoms).evaluate(&states, 2.0, &mut means);
        for (u, mean) in states.iter().zip(means) {
            assert!((mean - u.tanh()).abs() < 1e-15, "{mean} at {u}");
        }
    }
}
