//! The assumptions of a law with weights, from its exact entropies.

use crate::numeric::estimate::Estimate;
use crate::source::Pmf;
use crate::source::assume::{Assessment, Assumption, Standing, Subject, digits};

/// Halvings of the bracket around the largest exponential moment: it is known to 2⁻²⁰.
const HALVINGS: u32 = 20;

/// How large an exponential moment the information content has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MomentScale {
    /// λ* = sup{λ ≥ 0 : E e^{λι} < ∞}; ∞ for finitely many atoms, at most 1 for infinitely many.
    pub largest: Estimate,
}

impl MomentScale {
    /// The sub-exponential scale κ = 1/λ*: E e^{λ(ι−H)} < ∞ for λ < 1/κ. 0 for finitely many atoms,
    /// ∞ where no exponential moment is finite.
    pub fn kappa(self) -> f64 {
        1.0 / self.largest.value
    }
}

/// The largest exponential moment of the information content.
///
/// E e^{λι} = Σ p^{1−λ} is finite exactly where H_{1−λ} is, which falls with λ: bisection over the
/// order, to 2⁻²⁰.
pub fn moment_scale(pmf: &dyn Pmf) -> MomentScale {
    let finite = |moment: f64| pmf.renyi(1.0 - moment).value.is_finite();
    if finite(1.0) {
        // Order 0 counts the atoms.
        return MomentScale { largest: Estimate::exact(f64::INFINITY) };
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if finite(middle) { low = middle } else { high = middle }
    }
    let touches = |value: f64| Estimate::quadrature(value, high - low);
    let largest = if low <= 0.0 {
        touches(0.0)
    } else if high >= 1.0 {
        touches(1.0)
    } else {
        touches(0.5 * (low + high))
    };
    MomentScale { largest }
}

/// The four assumptions on the information content.
pub fn findings(pmf: &dyn Pmf) -> Vec<Assessment> {
    let scale = moment_scale(pmf);
    let (shannon, variance, norm, half) = (pmf.shannon(), pmf.info_variance(), pmf.psi1(), pmf.renyi(0.5));
    let finding = |assumption, number: Estimate, evidence| Assessment {
        assumption,
        subject: Subject::Source,
        verdict: if number.value.is_finite() { Standing::Holds } else { Standing::Fails },
        number: Some(number),
        evidence,
    };
    vec![
        finding(Assumption::FiniteEntropy, shannon, entropy_evidence(pmf, shannon.value)),
        finding(Assumption::FiniteVarentropy, variance, varentropy_evidence(shannon.value, variance.value)),
        finding(
            Assumption::SubExponential,
            norm,
            sub_exponential_evidence(scale, norm.value, shannon.value, half.value),
        ),
        finding(Assumption::FiniteRenyiHalf, half, half_evidence(scale, shannon.value, half.value)),
    ]
}

fn entropy_evidence(pmf: &dyn Pmf, shannon: f64) -> String {
    let atoms = pmf.atoms();
    if atoms.is_finite() {
        let count = if atoms < 1e6 { format!("{atoms:.0}") } else { digits(atoms) };
        format!("{count} atoms: H ≤ ln N = {} nats", digits(atoms.ln()))
    } else if shannon.is_finite() {
        "infinitely many atoms, and Σ p ln 1/p converges".into()
    } else {
        "infinitely many atoms, and Σ p ln 1/p diverges".into()
    }
}

fn varentropy_evidence(shannon: f64, variance: f64) -> String {
    if variance.is_infinite() {
        return "E ι² diverges: no bound C·H² on γ²|mmse′| follows (docs/theory.md, B1b)".into();
    }
    if shannon <= 0.0 {
        return "a single atom".into();
    }
    // B1b: γ²|M′| ≤ 4(2 + √(H² + V))².
    let constant = 4.0 * (2.0 / shannon + (1.0 + variance / (shannon * shannon)).sqrt()).powi(2);
    format!(
        "V/H² = {}: γ²|mmse′| ≤ C·H² is proved with C = {} (docs/theory.md, B1b)",
        digits(variance / (shannon * shannon)),
        digits(constant)
    )
}

fn sub_exponential_evidence(scale: MomentScale, norm: f64, shannon: f64, half: f64) -> String {
    if norm.is_infinite() {
        return "no exponential moment of ι is finite: the tail of ι is heavier than any exponential".into();
    }
    let share = if shannon > 0.0 {
        format!("‖ι−H‖_ψ1 = {}·H", digits(norm / shannon))
    } else {
        "a single atom".into()
    };
    if scale.largest.value.is_infinite() {
        return format!("{share}; E e^{{λι}} < ∞ for every λ (finitely many atoms)");
    }
    let (moment, kappa) = (digits(scale.largest.value), digits(scale.kappa()));
    if half.is_finite() {
        format!("{share}; E e^{{λι}} < ∞ for λ < {moment}, scale κ = {kappa} ≤ 2, enough for H_½ < ∞")
    } else {
        format!(
            "{share}; holds only in the loose sense: E e^{{λι}} < ∞ for λ < {moment}, scale κ = {kappa}, but H_½ < ∞ \
             needs λ = ½, and H_½ = ∞: the theorem's two versions differ here"
        )
    }
}

fn half_evidence(scale: MomentScale, shannon: f64, half: f64) -> String {
    if half.is_finite() {
        return if shannon > 0.0 {
            format!("H_½ = {}·H", digits(half / shannon))
        } else {
            "a single atom".into()
        };
    }
    if scale.largest.value > 0.0 {
        format!(
            "Σ √p diverges: E e^{{λι}} = ∞ at λ = ½ (finite only for λ < {})",
            digits(scale.largest.value)
        )
    } else {
        "Σ √p diverges: E e^{λι} = ∞ for every λ > 0".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::source::{FinitePmf, Source};
    use Standing::{Fails, Holds};

    /// λ* is known to 2⁻²⁰ by construction.
    const BRACKET: f64 = 1e-6;

    fn of(spec: &str) -> (MomentScale, Vec<Standing>, Vec<Assessment>) {
        let source = Source::parse(spec).expect("a known source");
        let pmf = source.pmf().expect("discrete");
        let findings = findings(pmf);
        (moment_scale(pmf), findings.iter().map(|finding| finding.verdict).collect(), findings)
    }

    #[test]
    fn the_largest_moment_of_zipf_is_1_minus_1_over_s() {
        for s in [1.1, 1.5, 2.0, 2.5, 4.0] {
            let largest = of(&format!("zipf:exponent={s},atoms=inf")).0.largest;
            let error = (largest.value - (s - 1.0) / s).abs();
            assert!(error < BRACKET && error <= largest.bound, "s {s}: {largest:?}");
        }
        assert!((of("geometric:ratio=0.3").0.kappa() - 1.0).abs() < BRACKET);
        assert!(of("log-power:power=2.5,atoms=inf").0.largest.value <= 0.0);
        assert!(moment_scale(&FinitePmf::new(vec![0.5, 0.5])).kappa() <= 0.0);
    }

    /// 1 < s ≤ 2 is the trap: sub-exponential, H and V finite, H_½ infinite.
    #[test]
    fn zipf_between_1_and_2_separates_the_two_versions() {
        for s in [1.2, 1.5, 2.0] {
            let (_, verdicts, findings) = of(&format!("zipf:exponent={s},atoms=inf"));
            assert_eq!(verdicts, [Holds, Holds, Holds, Fails], "s = {s}");
            let evidence = &findings[2].evidence;
            assert!(evidence.contains("loose sense") && evidence.contains("H_½ = ∞"), "{evidence}");
        }
        let (_, verdicts, findings) = of("zipf:exponent=2.5,atoms=inf");
        assert_eq!(verdicts, [Holds; 4]);
        assert!(findings[2].evidence.contains("κ = 1.6667 ≤ 2"), "{}", findings[2]);
    }

    #[test]
    fn logarithmic_tails_lose_one_assumption_after_the_other() {
        assert_eq!(of("log-power:power=1.5,atoms=inf").1, [Fails; 4]);
        assert_eq!(of("log-power:power=2.5,atoms=inf").1, [Holds, Fails, Fails, Fails]);
        assert_eq!(of("log-power:power=3.5,atoms=inf").1, [Holds, Holds, Fails, Fails]);
    }

    /// A rare event satisfies everything; the evidence must show the constant that it costs.
    #[test]
    fn a_rare_event_shows_its_constant() {
        let (_, verdicts, findings) = of("bernoulli:p=1e-4");
        assert_eq!(verdicts, [Holds; 4]);
        assert!(findings[1].evidence.contains("C = 1.679e7"), "{}", findings[1]);
        assert!(findings[2].evidence.contains("979.3829·H"), "{}", findings[2]);
    }

    #[test]
    fn a_single_atom_has_nothing_to_divide_by() {
        for finding in findings(&FinitePmf::new(vec![1.0])) {
            assert!(finding.verdict == Holds && !finding.evidence.contains("NaN"), "{finding}");
        }
    }
}
