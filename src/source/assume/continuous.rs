//! The assumptions of a law without weights: its discrete entropy is infinite.

use crate::numeric::estimate::Estimate;
use crate::source::assume::{Assessment, Assumption, Standing, Subject, digits};
use crate::source::{Law, differential};

/// The four assumptions on the information content; differential entropies are the evidence where
/// they are known.
pub fn findings(law: &Law) -> Vec<Assessment> {
    let differential = |order: f64| differential::renyi(law, order).map(|h| digits(h.value));
    let known = match (differential(1.0), differential(0.5)) {
        (Some(shannon), Some(half)) => format!("; differential entropies h = {shannon}, h_½ = {half} nats"),
        _ => String::new(),
    };
    let reasons = [
        (
            Assumption::FiniteEntropy,
            format!("continuous law: rounded to a grid of step δ, H ≈ h − ln δ → ∞{known}"),
        ),
        (Assumption::FiniteVarentropy, "continuous law: no point has mass, so ι = ∞".into()),
        (Assumption::SubExponential, "continuous law: ι = ∞, nothing to centre".into()),
        (Assumption::FiniteRenyiHalf, "continuous law: H_½ ≥ H = ∞".into()),
    ];
    reasons
        .into_iter()
        .map(|(assumption, evidence)| Assessment {
            assumption,
            subject: Subject::Source,
            verdict: Standing::Fails,
            number: Some(Estimate::exact(f64::INFINITY)),
            evidence,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Density, Mixture};

    /// The uniform law on [0, 2]: every differential entropy is ln 2.
    #[derive(Debug)]
    struct Uniform;

    impl Density for Uniform {
        fn ln_density(&self, x: f64) -> f64 {
            if (0.0..=2.0).contains(&x) { -std::f64::consts::LN_2 } else { f64::NEG_INFINITY }
        }
        fn support(&self) -> (f64, f64) {
            (0.0, 2.0)
        }
        fn quantile(&self, u: f64) -> f64 {
            2.0 * u
        }
        fn cdf(&self, x: f64) -> f64 {
            0.5 * x
        }
        fn survival(&self, x: f64) -> f64 {
            1.0 - 0.5 * x
        }
        fn mean(&self) -> Option<f64> {
            Some(1.0)
        }
        fn variance(&self) -> f64 {
            1.0 / 3.0
        }
        fn differential_renyi(&self, _: f64) -> Estimate {
            Estimate::exact(std::f64::consts::LN_2)
        }
    }

    #[test]
    fn a_density_fails_with_its_differential_entropies_shown() {
        let findings = findings(&Law::Density(Box::new(Uniform)));
        assert!(
            findings
                .iter()
                .all(|f| f.verdict == Standing::Fails && f.number.is_some_and(|n| n.value.is_infinite()))
        );
        assert!(findings[0].evidence.ends_with("h = 0.6931, h_½ = 0.6931 nats"), "{}", findings[0]);
    }

    #[test]
    fn a_mixture_in_space_fails_without_them() {
        let (means, variances, weights) = (vec![0.0, 0.0, 1.0, 0.0], vec![1.0; 2], vec![0.5; 2]);
        let findings =
            findings(&Law::Mixture(Mixture { dim: 2, means, variances, weights, approximation: 0.0 }));
        assert!(findings.len() == 4 && findings[0].evidence.ends_with("→ ∞"), "{}", findings[0]);
    }
}
