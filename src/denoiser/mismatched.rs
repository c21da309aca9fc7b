//! The posterior mean of another law Q: x̂ = E_Q[X | U_γ]. With a sub-law of the source it is a
//! memoriser. Under X ~ P, ½∫ E|m_Q − m_P|² dγ = KL(P ∗ N ‖ Q ∗ N) [Ver10].

use std::sync::Arc;

use super::content::note_source;
use super::{Affine, Denoiser, DenoiserKind};
use crate::channel::posterior::PosteriorMean;
use crate::error::{Error, Result};
use crate::source::{Law, Source};
use crate::spec::Parameter;

/// `mismatched:source=(gaussian:dim=1,variance=2)`.
pub const MISMATCHED: DenoiserKind = DenoiserKind {
    name: "mismatched",
    summary: "the posterior mean of another law on the same space  [Ver10]",
    parameters: &[Parameter {
        name: "source",
        default: None,
        summary: "the other law, a source in parentheses",
    }],
    read: |arguments| {
        let assumed = Arc::new(Source::build(&arguments.nested("source")?)?);
        note_source(&assumed);
        let mean = Arc::new(PosteriorMean::new(&assumed)?);
        let name = arguments.spec().to_string();
        Ok(Box::new(move |estimand| {
            let (ours, theirs) = (estimand.source().dim(), assumed.dim());
            if ours != theirs {
                let message =
                    format!("a law on R^{theirs}, and `{}` is one on R^{ours}", estimand.source().spec());
                return Err(Error::invalid(
                    "mismatched:source",
                    format!("`{}` is {message}", assumed.spec()),
                ));
            }
            let squares = |mean: &Arc<PosteriorMean>, other: Vec<f64>| {
                mean.prior().iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
            };
            let distance =
                estimand.mean().ok().map(|ours| (squares(ours, mean.prior()) / theirs as f64).sqrt());
            let (name, assumed, mean) = (name.clone(), Arc::clone(&assumed), Arc::clone(&mean));
            Ok(Arc::new(Mismatched { name, assumed, mean, distance }))
        }))
    },
};

/// The posterior mean under an assumed law.
#[derive(Debug)]
struct Mismatched {
    name: String,
    assumed: Arc<Source>,
    mean: Arc<PosteriorMean>,
    /// |EX − ν|/√d, where EX is known.
    distance: Option<f64>,
}

impl Denoiser for Mismatched {
    fn name(&self) -> &str {
        &self.name
    }

    fn estimate(&self, states: &[f64], snr: f64, out: &mut [f64]) -> Result<()> {
        self.mean.evaluate(states, snr, out);
        Ok(())
    }

    fn assumed(&self) -> Option<&Source> {
        Some(&self.assumed)
    }

    /// Where Q = N(ν, vI): x̂ = ν + v(U − γν)/(1 + γv) = EX + v(U − γEX)/(1 + γv) + (ν − EX)/(1 +
    /// γv).
    fn affine(&self, snr: f64) -> Option<Affine> {
        let Law::Mixture(law) = self.assumed.law() else { return None };
        let (variance, distance) = ((law.weights.len() == 1).then(|| law.variances[0])?, self.distance?);
        let spread = 1.0 + snr * variance;
        Some(Affine { gain: variance / spread, keep: spread.recip(), shift: distance / spread })
    }
}
