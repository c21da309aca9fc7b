//! Quantities of a denoiser x̂: its loss L(γ) = E|X − x̂|², its gap L − M = E|x̂ − m|², and what
//! the gap costs a sampler.
//!
//! Each has a route of its own, so that one checks the others: the loss by closed form or by |X −
//! x̂|² over true states, the gap by closed form, by quadrature of |x̂ − m|² on a line or by |x̂ −
//! m|² over true states.

use std::num::NonZeroUsize;
use std::sync::Arc;

use gauss_quad::GaussLegendre;

use super::functional::{Functional, StepForm, Summand};
use super::path::{first_step, grid, steps};
use super::{Memo, Need};
use crate::channel::exact::terminal;
use crate::channel::posterior::Observable;
use crate::denoiser::{self, Denoiser, Estimand, divergence_on_a_line, gap_on_a_line};
use crate::error::{Error, Result};
use crate::instrument::Instrument;
use crate::instrument::paths::PathStatistics;
use crate::numeric::estimate::Estimate;
use crate::process::{Errors, Gap, Loss};
use crate::source::Source;

/// The need's source with its denoiser; the exact one where it names none.
///
/// # Errors
/// A spec that [`denoiser::build`] refuses.
pub fn denoiser(need: &Need) -> Result<(Arc<Estimand>, Arc<dyn Denoiser>)> {
    let estimand = Estimand::new(&need.source);
    let denoiser = denoiser::build(need.setting.denoiser(), &estimand)?;
    Ok((estimand, denoiser))
}

/// M(γ); E|X − EX|² at γ = 0.
pub(super) fn mmse(need: &Need, tools: &Memo, snr: f64) -> Result<Option<Estimate>> {
    if snr > 0.0 {
        return Ok(tools.channel_values(&need.source, snr)?.map(|values| values.mmse));
    }
    Ok(Some(need.source.second_moment()))
}

/// `a` + `sign`·`b`, with the rounding of the sum.
fn sum(a: Estimate, sign: f64, b: Estimate) -> Estimate {
    let rounding = f64::EPSILON * (a.value.abs() + b.value.abs());
    Estimate::quadrature(sign.mul_add(b.value, a.value), a.bound + b.bound + rounding)
}

/// E|X − x̂|²: of an affine denoiser by its coefficients, of one with a known excess as M + δ²E|X −
/// EX|².
pub fn loss(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    loss_at(need, tools, need.setting.snr()?)
}

/// [`loss`] at `snr` ≥ 0.
pub(super) fn loss_at(need: &Need, tools: &Memo, snr: f64) -> Result<Option<Estimate>> {
    let (_, denoiser) = denoiser(need)?;
    if let Some(excess) = denoiser.excess(snr) {
        let mmse = mmse(need, tools, snr)?;
        let added = need.source.second_moment().scaled(excess);
        return Ok(mmse.map(|mmse| if excess > 0.0 { sum(mmse, 1.0, added) } else { mmse }));
    }
    Ok(denoiser.affine(snr).map(|affine| affine.loss(&need.source, snr)))
}

/// E|x̂ − m|² at `snr` ≥ 0: δ²E|X − EX|² where the excess is known, by quadrature on a line, or as
/// L − M of an affine denoiser.
fn gap_at(
    need: &Need,
    tools: &Memo,
    estimand: &Estimand,
    denoiser: &dyn Denoiser,
    snr: f64,
) -> Result<Option<Estimate>> {
    if let Some(excess) = denoiser.excess(snr) {
        return Ok(Some(if excess > 0.0 {
            need.source.second_moment().scaled(excess)
        } else {
            Estimate::exact(0.0)
        }));
    }
    if let Some(gap) = gap_on_a_line(estimand, denoiser, snr)? {
        return Ok(Some(gap));
    }
    let (Some(affine), Some(mmse)) = (denoiser.affine(snr), mmse(need, tools, snr)?) else {
        return Ok(None);
    };
    Ok(Some(sum(affine.loss(&need.source, snr), -1.0, mmse)))
}

/// E|x̂ − m|².
pub fn gap(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    let (estimand, denoiser) = denoiser(need)?;
    gap_at(need, tools, &estimand, denoiser.as_ref(), need.setting.snr()?)
}

/// ½ Σ Δ_k (L − M)(γ_k)/E|X − EX|², where it has a closed form.
///
/// # Errors
/// Those of [`grid`] and [`denoiser()`].
fn share(need: &Need, tools: &Memo) -> Result<Option<f64>> {
    let (_, denoiser) = denoiser(need)?;
    let part = |step: &[f64]| Some(0.5 * (step[1] - step[0]) * denoiser.excess(step[0])?);
    Ok(grid(need, tools)?.windows(2).map(part).sum())
}

/// ½ Σ Δ_k (L − M)(γ_k).
pub fn kl(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    if share(need, tools)?.is_some() {
        return Functional::sum(kl_parts(need, tools)?).value(&need.source, tools);
    }
    let (estimand, denoiser) = denoiser(need)?;
    let mut total = Estimate::exact(0.0);
    for step in grid(need, tools)?.windows(2) {
        let Some(gap) = gap_at(need, tools, &estimand, denoiser.as_ref(), step[0])? else { return Ok(None) };
        total = sum(total, 1.0, gap.scaled(0.5 * (step[1] - step[0])));
    }
    Ok(Some(total))
}

/// The parts of ½ Σ Δ_k (L − M)(γ_k): a share of M(0) = E|X − EX|², or the losses of an affine
/// denoiser less M.
fn kl_parts(need: &Need, tools: &Memo) -> Result<Vec<Summand>> {
    let at = |snr: f64, factor: f64| Summand::At { snr, observable: Observable::Mmse, factor };
    if let Some(share) = share(need, tools)? {
        return Ok(vec![at(0.0, share)]);
    }
    let (_, denoiser) = denoiser(need)?;
    let mut parts = Vec::new();
    for step in grid(need, tools)?.windows(2) {
        let (snr, half) = (step[0], 0.5 * (step[1] - step[0]));
        let affine = denoiser.affine(snr).ok_or_else(|| Error::Unsupported {
            quantity: need.quantity.name.into(),
            source_spec: need.source.spec().into(),
            message: format!("is not known for `{}`: add path_kl, init_kl and denoiser_kl", denoiser.name()),
        })?;
        parts.extend([Summand::Constant(half * affine.loss(&need.source, snr).value), at(snr, -half)]);
    }
    Ok(parts)
}

/// `path_kl` + `init_kl` + `denoiser_kl`.
///
/// # Errors
/// Those of [`grid`] and [`denoiser()`]; a denoiser whose loss has no closed form.
pub fn total_kl(need: &Need, tools: &Memo) -> Result<Functional> {
    let grid = grid(need, tools)?;
    let parts = steps(&grid, StepForm::Differences).chain(first_step(grid[0]));
    Ok(Functional::sum(parts.chain(kl_parts(need, tools)?)))
}

/// KL of the law of U_{γ_K} from that of the sampler's last state, started from N(γ_0 EX, γ_0 I).
///
/// # Errors
/// [`Error::Unsupported`] for a denoiser that adds no constant to the posterior mean.
pub fn terminal_kl(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    let (grid, (_, denoiser)) = (grid(need, tools)?, denoiser(need)?);
    if grid.iter().any(|&snr| denoiser.offset(snr).is_none()) {
        return Err(Error::Unsupported {
            quantity: need.quantity.name.into(),
            source_spec: need.source.spec().into(),
            message: format!(
                "is known for the denoisers `exact` and `perturbed`, not for `{}`",
                denoiser.name()
            ),
        });
    }
    let offset = |snr: f64| denoiser.offset(snr).expect("every SNR of the grid was asked");
    Ok(terminal::kl(&need.source, &grid, &offset))
}

fn interval(need: &Need) -> Result<(f64, f64)> {
    Ok((need.setting.snr_min()?, need.setting.snr_max()?))
}

/// Nodes on a panel of SNRs, of the rule and of the one that tells its error; a panel ends at this
/// multiple of its start.
const NODES: [usize; 2] = [16, 12];
const RATIO: f64 = 4.0;
/// A first panel from γ = 0 ends at about this share of the interval.
const FIRST: f64 = 1e-6;

/// ½ ∫ E|x̂ − m|² dγ over the interval, by Gauss–Legendre on panels that grow with γ; `bound` adds
/// the difference of two rules to the bounds of the gap.
pub fn gap_integral(need: &Need, tools: &Memo) -> Result<Option<Estimate>> {
    let ((estimand, denoiser), (low, high)) = (denoiser(need)?, interval(need)?);
    let rules = NODES.map(|nodes| GaussLegendre::new(NonZeroUsize::new(nodes).expect("a rule has nodes")));
    let mut ends = vec![low, low.max(FIRST * high)];
    while ends[ends.len() - 1] < high {
        ends.push((RATIO * ends[ends.len() - 1]).min(high));
    }
    let (mut value, mut bound) = (0.0, 0.0);
    for panel in ends.windows(2).filter(|panel| panel[0] < panel[1]) {
        let half = 0.5 * (panel[1] - panel[0]);
        let mut sums = [0.0; 2];
        for (rule, sum) in rules.iter().zip(&mut sums) {
            for (node, weight) in rule.iter() {
                let snr = half.mul_add(node + 1.0, panel[0]);
                let gap = gap_at(need, tools, &estimand, denoiser.as_ref(), snr)?;
                let Some(gap) = gap else { return Ok(None) };
                *sum += 0.5 * half * weight * gap.value;
                bound += 0.5 * half * weight * gap.bound;
            }
        }
        value += sums[0];
        bound += (sums[0] - sums[1]).abs();
    }
    Ok(Some(Estimate::quadrature(value, bound)))
}

/// KL(P ∗ N ‖ Q ∗ N) at snr_max less that at snr_min, Q the law that the denoiser takes for P.
///
/// # Errors
/// [`Error::Unsupported`] for a denoiser that is no posterior mean.
pub fn mismatch_gain(need: &Need, _: &Memo) -> Result<Option<Estimate>> {
    let ((_, denoiser), (low, high)) = (denoiser(need)?, interval(need)?);
    let assumed = denoiser.assumed().ok_or_else(|| Error::Unsupported {
        quantity: need.quantity.name.into(),
        source_spec: need.source.spec().into(),
        message: format!("needs the posterior mean of a law: `{}` is none", denoiser.name()),
    })?;
    let [low, high] = [low, high].map(|snr| divergence_on_a_line(&need.source, assumed, snr));
    let (Some(low), Some(high)) = (low?, high?) else { return Ok(None) };
    Ok(Some(sum(high, -1.0, low)))
}

/// Errors over true states, `terms` being γ_k and w_k.
fn errors(need: &Need, terms: Vec<[f64; 2]>) -> Result<Errors> {
    let (estimand, denoiser) = denoiser(need)?;
    Errors::new(&estimand, denoiser, terms)
}

/// |X − x̂|² of true states.
///
/// # Errors
/// Those of the denoiser; a law without a closed posterior.
pub fn sampled_loss(need: &Need, _: &Memo) -> Result<Box<dyn Instrument>> {
    Ok(need.by_paths(Loss(errors(need, vec![[need.setting.snr()?, 1.0]])?)))
}

/// |X − x̂|² of true states of the law that `held_out` names, x̂ made for the need's own.
///
/// # Errors
/// As [`sampled_loss`]; a law in another dimension.
pub fn held_out_loss(need: &Need, _: &Memo) -> Result<Box<dyn Instrument>> {
    let other = Arc::new(Source::parse(need.setting.held_out()?)?);
    if other.dim() != need.source.dim() {
        let message = format!(
            "`{}` is a law on R^{}, and `{}` one on R^{}",
            other.spec(),
            other.dim(),
            need.source.spec(),
            need.source.dim()
        );
        return Err(Error::invalid("held_out", message));
    }
    let (_, denoiser) = denoiser(need)?;
    let terms = vec![[need.setting.snr()?, 1.0]];
    let errors = Errors::new(&Estimand::new(&other), denoiser, terms)?;
    Ok(Box::new(PathStatistics::new(&other, need.column(), Arc::new(Loss(errors)))))
}

/// |x̂ − m|² of true states.
///
/// # Errors
/// As [`sampled_loss`].
pub fn sampled_gap(need: &Need, _: &Memo) -> Result<Box<dyn Instrument>> {
    Ok(need.by_paths(Gap(errors(need, vec![[need.setting.snr()?, 1.0]])?)))
}

/// ½ Σ Δ_k |x̂ − m|²(γ_k) of true states that share X and Z.
///
/// # Errors
/// As [`sampled_loss`]; those of the schedule.
pub fn sampled_kl(need: &Need, tools: &Memo) -> Result<Box<dyn Instrument>> {
    let terms = grid(need, tools)?.windows(2).map(|step| [step[0], 0.5 * (step[1] - step[0])]).collect();
    Ok(need.by_paths(Gap(errors(need, terms)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::cpu::Cpu;
    use crate::backend::{Backend, Job};
    use crate::channel::posterior;
    use crate::instrument::readouts::PosteriorReadouts;
    use crate::numeric::stream::Stream;
    use crate::quantity::Setting;
    use crate::quantity::axis::{DENOISER, HELD_OUT, SNR, SNR_MIN};

    /// Standard errors allowed: false-alarm probability 6e-7 a comparison, three of them.
    const STD_ERRS: f64 = 5.0;

    fn need(quantity: &str, source: &str, denoiser: &str) -> Need {
        let setting = Setting::path(6, "geometric", 0.05, 12.0).with(&SNR, 0.7).with(&DENOISER, denoiser);
        let source = Arc::new(Source::parse(source).unwrap());
        Need { source, quantity: crate::quantity::find(quantity).unwrap(), setting }
    }

    /// ½∫ E|m_Q − m_P|² dγ = KL(P ∗ N ‖ Q ∗ N) [Ver10].
    #[test]
    fn the_gap_of_a_mismatched_denoiser_integrates_to_the_divergence() {
        let tools = Memo::default();
        for (source, assumed) in [
            ("bpsk", "gaussian:dim=1,variance=1"),
            ("pam:levels=4", "mixture:means=-2|0.5,variances=0.3|1,weights=1|2"),
            ("gaussian:dim=1,variance=2", "bpsk"),
        ] {
            for low in [0.0, 0.05] {
                let mut need = need("gap_integral", source, &format!("mismatched:source=({assumed})"));
                need.setting = need.setting.with(&SNR_MIN, low);
                let [left, right] =
                    [gap_integral, mismatch_gain].map(|f| f(&need, &tools).unwrap().unwrap());
                let allowed = left.bound + right.bound;
                assert!(
                    (left.value - right.value).abs() < allowed,
                    "{source}, {assumed}: {left:?}, {right:?}"
                );
                assert!(allowed < 1e-6 * right.value, "{source}, {assumed}: {left:?}, {right:?}");
            }
        }
    }

    /// L − M = E|x̂ − m|², the loss without a posterior and the gap by quadrature; in several
    /// dimensions both are sampled.
    #[test]
    fn a_loss_is_the_mmse_and_the_gap() {
        let tools = Memo::default();
        for denoiser in ["exact", "perturbed:error=0.2,shape=bump", "linear", "identity", "mean"] {
            let need = need("loss", "pam:levels=4", denoiser);
            let [loss, gap] = [loss, gap].map(|f| f(&need, &tools).unwrap().unwrap());
            let mmse = mmse(&need, &tools, 0.7).unwrap().unwrap();
            let allowed = loss.bound + gap.bound + mmse.bound + 1e-15;
            assert!((loss.value - mmse.value - gap.value).abs() < allowed, "{denoiser}: {loss:?} {gap:?}");
        }
        let several = need("loss", "codebook:atoms=9,dim=3", "mismatched:source=(codebook:atoms=4,dim=3)");
        assert!(loss(&several, &tools).unwrap().is_none() && gap(&several, &tools).unwrap().is_none());
        assert!(sampled_loss(&several, &tools).is_ok() && sampled_gap(&several, &tools).is_ok());
    }

    /// x̂ = c(U/γ) with c = γv/(1 + γv) for N(0, v), over N(0, w): (1 − c)²w + c²/γ.
    #[test]
    fn a_held_out_loss_is_of_the_other_law() {
        let (v, w, snr) = (0.8_f64, 3.0, 0.7);
        let mut need = need("held_out_loss", "gaussian:dim=1,variance=0.8", "linear");
        need.setting = Setting::at(snr).with(&DENOISER, "linear");
        assert!(held_out_loss(&need, &Memo::default()).is_err(), "no law is held out");
        need.setting = need.setting.with(&HELD_OUT, "gaussian:dim=1,variance=3");
        let instrument = held_out_loss(&need, &Memo::default()).unwrap();
        let job = Job { instrument: instrument.as_ref(), stream: Stream::named(0, "held out"), pairs: None };
        let moments = Cpu.open(&job, 16384).unwrap().run(0..16384).unwrap();
        let found = moments.regress(&[]);
        let (value, std_err) = (found.value[0], found.covariance[(0, 0)].sqrt());
        let c = snr * v / (1.0 + snr * v);
        let expected = (1.0 - c) * (1.0 - c) * w + c * c / snr;
        assert!((value - expected).abs() < STD_ERRS * std_err, "{value} ± {std_err} for {expected}");
        assert!(std_err < 0.03 * expected);
        need.setting = need.setting.with(&HELD_OUT, "hypercube:dim=2");
        let message = held_out_loss(&need, &Memo::default()).err().unwrap().to_string();
        assert!(message.contains("R^2"), "{message}");
    }

    /// The readout of `total_kl` on samples against its parts without any.
    #[test]
    fn the_total_is_read_off_samples_too() {
        let tools = Memo::default();
        for denoiser in ["linear", "mean", "identity"] {
            let need = need("total_kl", "pam:levels=4", denoiser);
            let readouts = vec![total_kl(&need, &tools).unwrap().readout(&need.source).unwrap()];
            let sampler = posterior::sampler(&need.source).unwrap();
            let instrument = PosteriorReadouts::by(sampler, &need.source, readouts);
            let job = Job { instrument: &instrument, stream: Stream::named(0, "total"), pairs: None };
            let moments = Cpu.open(&job, 8192).unwrap().run(0..8192).unwrap();
            let found = moments.regress(instrument.control_means());
            let (value, std_err) = (found.value[0], found.covariance[(0, 0)].sqrt());
            let expected = need.deterministic(&tools).unwrap().unwrap().value;
            assert!(
                (value - expected).abs() < STD_ERRS * std_err,
                "{denoiser}: {value} ± {std_err} for {expected}"
            );
            assert!(std_err < 0.05 * expected, "{denoiser}: {std_err} of {expected}");
        }
    }

    /// A difference of equal numbers is rounded like its terms.
    #[test]
    fn the_bound_of_a_sum_counts_its_rounding() {
        let term = |value, bound| Estimate { bound, ..Estimate::exact(value) };
        let difference = sum(term(1000.0, 0.25), -1.0, term(1000.0, 0.5));
        assert!(difference.value.abs() < 1e-300);
        assert!((difference.bound - (0.75 + 2000.0 * f64::EPSILON)).abs() < 1e-15);
    }
}
