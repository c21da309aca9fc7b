//! Every quantity: its name, what it depends on, its unit, how it is obtained and what it is.

use super::Rule::{Deterministic, Known, Linear, Observed, Sampled};
use super::Scope::{Denoiser, DenoiserInterval, HeldOut, Interval, Path, Sampler, Snr, Source};
use super::{Quantity, channel, cost, denoiser, interval, path, path_bound, simulated, source, supremum};
use crate::channel::posterior::Observable::{Information, Mmse, PosteriorEntropy, Slope};
use crate::numeric::unit::Unit;
use crate::spec::Registry;

/// Information once: an entropy, a divergence.
const NATS: Unit = Unit::Information(1);

/// Every quantity, in the order of the documentation.
pub static QUANTITIES: Registry<Quantity> = Registry::new(&[
    Quantity::new("dim", Source, Unit::One, Known(source::dim)).is("dimension d"),
    Quantity::new("atoms", Source, Unit::One, Known(source::atoms))
        .is("number of atoms N; inf for infinitely many or a continuous law"),
    Quantity::new("shannon", Source, NATS, Known(source::shannon))
        .is("Shannon entropy H = E[−ln p(X)], nats; inf for a continuous law"),
    Quantity::new("renyi_half", Source, NATS, Known(source::renyi_half))
        .is("Rényi entropy of order ½, H_½ = 2 ln Σ √p, nats"),
    Quantity::new("renyi", Source, NATS, Known(source::renyi))
        .of(&["order"])
        .is("Rényi entropy of the given order, (1−a)⁻¹ ln Σ p^a, nats"),
    Quantity::new("collision", Source, NATS, Known(source::collision))
        .is("collision entropy H_2 = −ln Σ p², nats"),
    Quantity::new("min_entropy", Source, NATS, Known(source::min_entropy)).is("min-entropy −ln max p, nats"),
    Quantity::new("differential_entropy", Source, NATS, Known(source::differential_entropy))
        .is("differential entropy h = −∫ f ln f, nats; -inf for a law with atoms"),
    Quantity::new("differential_renyi", Source, NATS, Known(source::differential_renyi))
        .of(&["order"])
        .is("differential Rényi entropy of the given order, (1−a)⁻¹ ln ∫ f^a, nats; -inf for a \
             law with atoms"),
    Quantity::new("second_moment", Source, Unit::Length(2), Known(source::second_moment))
        .is("total variance E|X − EX|²"),
    Quantity::new("psi1", Source, NATS, Known(source::psi1))
        .is("sub-exponential norm of the information content about its mean, nats"),
    Quantity::new("info_variance", Source, Unit::Information(2), Known(source::info_variance))
        .is("varentropy Var[−ln p(X)], nats²"),
    Quantity::new("mmse", Snr, Unit::Length(2), Observed(Mmse))
        .is("minimum mean-square error M(γ) = E|X − E[X|Y]|²"),
    Quantity::new("mmse_slope", Snr, Unit::Length(4), Observed(Slope)).is("−M′(γ) = E‖Cov(X|Y)‖²_F ≥ 0"),
    Quantity::new("mmse_curvature", Snr, Unit::Length(6), Deterministic(channel::mmse_curvature))
        .is("M″(γ) = E[2 tr Cov³ − ‖K₃‖²]"),
    Quantity::new("information", Snr, NATS, Observed(Information)).is("mutual information I(X; Y_γ), nats"),
    Quantity::new("posterior_entropy", Snr, NATS, Observed(PosteriorEntropy))
        .is("H(X|Y_γ) = H − I, nats; discrete laws only"),
    Quantity::new("lmmse", Snr, Unit::Length(2), Deterministic(channel::lmmse))
        .is("error of the best linear estimate, tr Σ(I + γΣ)⁻¹"),
    Quantity::new(
        "loss",
        Denoiser,
        Unit::Length(2),
        Sampled { deterministic: Some(denoiser::loss), instrument: denoiser::sampled_loss },
    )
    .is("loss of a denoiser, L(γ) = E|X − x̂|²"),
    Quantity::new(
        "denoiser_gap",
        Denoiser,
        Unit::Length(2),
        Sampled { deterministic: Some(denoiser::gap), instrument: denoiser::sampled_gap },
    )
    .is("distance of a denoiser from the posterior mean, E|x̂ − E[X|Y]|² = L − M"),
    Quantity::new(
        "held_out_loss",
        HeldOut,
        Unit::Length(2),
        Sampled { deterministic: None, instrument: denoiser::held_out_loss },
    )
    .is("loss E|X − x̂|² over the law `held_out`, which the denoiser was not made for"),
    Quantity::new("information_gain", Interval, NATS, Linear(interval::information_gain))
        .is("I(snr_max) − I(snr_min), nats"),
    Quantity::new("ratio_log", Interval, Unit::One, Known(interval::ratio_log)).is("ln(snr_max/snr_min)"),
    Quantity::new("mmse_integral", Interval, NATS, Linear(interval::mmse_integral))
        .is("½ ∫ M dγ over the interval, nats"),
    Quantity::new("mmse_drop", Interval, Unit::Length(2), Linear(interval::mmse_drop))
        .is("M(snr_min) − M(snr_max)"),
    Quantity::new("slope_integral", Interval, Unit::Length(2), Linear(interval::slope_integral))
        .is("∫ −M′ dγ over the interval"),
    Quantity::new("weighted_slope_integral", Interval, NATS, Linear(interval::weighted_slope_integral))
        .is("∫ −γ M′ dγ over the interval, nats"),
    Quantity::new("weighted_slope_sup", Interval, Unit::One, Deterministic(supremum::weighted_slope))
        .is("largest −γ² M′ on the interval"),
    Quantity::new("root_slope_integral", Interval, Unit::One, Deterministic(interval::root_slope_integral))
        .is("∫ √(−M′) dγ over the interval: its square over 4 is the limit of K·path_kl on the \
             best grid"),
    Quantity::new("gap_integral", DenoiserInterval, NATS, Deterministic(denoiser::gap_integral))
        .is("½ ∫ E|x̂ − E[X|Y]|² dγ over the interval, nats"),
    Quantity::new("mismatch_gain", DenoiserInterval, NATS, Deterministic(denoiser::mismatch_gain))
        .is("KL of the law of Y from the one a mismatched denoiser assumes, at snr_max less at \
             snr_min, nats"),
    Quantity::new("curve_ratio", DenoiserInterval, Unit::One, Deterministic(cost::curve_ratio))
        .is("largest over smallest L/M at 65 SNRs of the interval: what a schedule made from L costs \
             beyond the best, at most"),
    Quantity::new("cost_log", Path, Unit::Length(2), Linear(cost::cost_log))
        .is("cost of a schedule on the axis ln γ, Σ M(γ_k) ln(γ_{k+1}/γ_k)"),
    Quantity::new("cost_raw", Path, Unit::One, Linear(cost::cost_raw))
        .is("cost of a schedule on the axis γ, Σ M(γ_k) Δ_k"),
    Quantity::new("schedule_regret", Path, Unit::One, Deterministic(cost::schedule_regret))
        .is("cost of a schedule on its axis (ln γ where it has none) over that of the best grid, \
             less 1"),
    Quantity::new("path_kl", Path, NATS, Linear(path::path_kl))
        .is("discretisation term of the path KL, ½ Σ ∫ (M(γ_k) − M(γ)) dγ, nats"),
    Quantity::new("path_kl_slope", Path, NATS, Linear(path::path_kl_slope))
        .is("path_kl through ½ Σ ∫ (γ_{k+1} − γ)(−M′(γ)) dγ, nats: a check where it is sampled"),
    Quantity::new("path_kl_information", Path, NATS, Linear(path::path_kl_information))
        .is("path_kl through ½ Σ Δ_k M(γ_k) − I(γ_K) + I(γ_0), nats: a check, without slopes"),
    Quantity::new("init_kl", Path, NATS, Linear(path::init_kl))
        .is("cost of starting from N(γ_0 EX, γ_0 I), ½γ_0 E|X−EX|² − I(γ_0), nats"),
    Quantity::new(
        "denoiser_kl",
        Path,
        NATS,
        Sampled { deterministic: Some(denoiser::kl), instrument: denoiser::sampled_kl },
    )
    .is("cost of an inexact denoiser, ½ Σ Δ_k (L − M)(γ_k), nats"),
    Quantity::new("total_kl", Path, NATS, Linear(denoiser::total_kl))
        .is("path_kl + init_kl + denoiser_kl: KL of the true path from the sampler's, nats"),
    Quantity::new("terminal_kl", Path, NATS, Deterministic(denoiser::terminal_kl))
        .is("KL of the last state's law from the sampler's, started from N(γ_0 EX, γ_0 I), nats; \
             on a line"),
    Quantity::new(
        "girsanov_kl",
        Path,
        NATS,
        Sampled { deterministic: None, instrument: simulated::girsanov_kl },
    )
    .is("path_kl + denoiser_kl simulated along true paths, ½ Σ ∫ E|m_γ − x̂_k|² dγ, nats; \
             uses no mmse"),
    Quantity::new(
        "energy_distance",
        Sampler,
        Unit::Length(1),
        Sampled { deterministic: None, instrument: simulated::energy_distance },
    )
    .is("energy distance of the sampler's last state from the truth, 2E|x̂−x| − E|x−x′| − \
             E|x̂−x̂′|, x = X + Z/√γ_K"),
    Quantity::new(
        "wasserstein_1",
        Sampler,
        Unit::Length(1),
        Sampled {
            deterministic: Some(simulated::wasserstein_1_on_a_line),
            instrument: simulated::wasserstein_1,
        },
    )
    .is("1-Wasserstein distance of the sampler's last state from the truth, on a line; \
             sampled: a lower bound by a witness"),
    Quantity::new(
        "sliced_wasserstein_2",
        Sampler,
        Unit::Length(2),
        Sampled { deterministic: None, instrument: simulated::sliced_wasserstein_2 },
    )
    .is("squared 2-Wasserstein distance of the last state from the truth, mean over \
             directions; a lower bound by a witness"),
    Quantity::new(
        "mode_variation",
        Sampler,
        Unit::One,
        Sampled { deterministic: None, instrument: simulated::mode_variation },
    )
    .is("total variation of the modes' masses in the last state, ½ Σ |E P(j|x̂) − w_j|; a \
             lower bound by a witness"),
    Quantity::new(
        "sampled_variance",
        Sampler,
        Unit::Length(2),
        Sampled { deterministic: Some(simulated::affine_variance), instrument: simulated::sampled_variance },
    )
    .is("variance of the sampler's last state, E|x̂ − EX|²; the truth has E|X − EX|² + d/γ_K"),
    Quantity::new("bound_paper", Path, NATS, Deterministic(path_bound::paper))
        .of(&["C"])
        .is("½ C H² Σ (r_k − 1 − ln r_k), r_k = γ_{k+1}/γ_k, nats"),
    Quantity::new("bound_renyi", Path, NATS, Deterministic(path_bound::renyi))
        .is("½ B Σ (r_k − 1 − ln r_k), B the bound on γ²|M′| by H_½, nats"),
    Quantity::new("bound_information", Path, NATS, Linear(path_bound::information))
        .is("(max r_k − 1)·I(γ_K), nats"),
    Quantity::new("bound_growth", Path, NATS, Linear(path_bound::growth))
        .is("½ Σ (r_k − 1) ∫ −γM′ dγ over each step, nats"),
    Quantity::new("bound_entropy", Path, NATS, Deterministic(path_bound::entropy))
        .is("bound on path_kl by the entropy, (max r_k − 1)·H, nats"),
    Quantity::new("bound_intrinsic", Path, NATS, Deterministic(path_bound::intrinsic))
        .is("bound on path_kl by the directions of the covariance, (max r_k − 1)·½ ln det(I + \
             γ_K Σ), nats"),
    Quantity::new("bound_dimension", Path, NATS, Deterministic(path_bound::dimension))
        .is("(max r_k − 1)·(d/2) ln(1 + γ_K E|X−EX|²/d), nats"),
    Quantity::new("bound_from_zero", Path, NATS, Linear(path_bound::from_zero))
        .is("(ρ − 1)(I(γ_K) + ½), ρ = (1 + γ_K E|X−EX|²)^{1/K}, nats"),
]);
