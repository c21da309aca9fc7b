//! The numbers that the claim language knows by name: one line a quantity in [`QUANTITIES`].

pub mod channel;
pub mod instruments;
pub mod interval;
pub mod path;
pub mod path_bound;
pub mod path_readout;
pub mod simulated;
pub mod source;
pub mod supremum;

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::estimate::Estimate;
use crate::posterior::Readout;
use crate::sampler::Statistic;
use crate::source::Source;

pub use instruments::Instruments;

/// What must be fixed before a quantity has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The source alone.
    Source,
    /// Source and `snr`.
    Snr,
    /// Source, `snr_min` and `snr_max`.
    Interval,
    /// Source, `snr_min`, `snr_max`, `steps` and `schedule`: a K-step sampler; `denoiser` is `exact` unless said.
    Path,
    /// The same and the `sampler` whose last state is looked at.
    Sampler,
}

impl Scope {
    /// The axes that this scope needs beside `source`.
    pub fn axes(self) -> &'static [&'static str] {
        match self {
            Self::Source => &[],
            Self::Snr => &["snr"],
            Self::Interval => &["snr_min", "snr_max"],
            Self::Path => &["snr_min", "snr_max", "steps", "schedule"],
            Self::Sampler => &["snr_min", "snr_max", "steps", "schedule", "sampler"],
        }
    }

    /// The axes that it uses where a claim has them.
    pub fn optional_axes(self) -> &'static [&'static str] {
        match self {
            Self::Path | Self::Sampler => &["denoiser"],
            _ => &[],
        }
    }
}

/// A named number: what it is and where it lives.
#[derive(Debug)]
pub struct Quantity {
    /// Its name in expressions.
    pub name: &'static str,
    /// What it depends on.
    pub scope: Scope,
    /// Names of its arguments: `renyi(order)` has one.
    pub arguments: &'static [&'static str],
    /// One line for `klaim list quantities`, with the formula and the unit.
    pub summary: &'static str,
    /// How it is obtained.
    pub rule: Rule,
}

/// A route without sampling; `None` where the law has no such route.
pub type Deterministic = fn(&Need, &Instruments) -> Result<Option<Estimate>>;

/// How a quantity is obtained.
#[derive(Debug)]
pub enum Rule {
    /// The source knows it.
    Known(fn(&Need) -> Result<Estimate>),
    /// Deterministically where the law has such a route (`None` where not), and otherwise by a readout.
    Measured {
        /// Closed form or quadrature.
        deterministic: Deterministic,
        /// The readout whose mean it is; `None` where only the deterministic route exists.
        readout: Option<fn(&Need, &Instruments) -> Result<Readout>>,
        /// A rigorous interval for where samples see nothing (rare events at high SNR); `None` without one.
        bracket: Option<fn(&Need, &Instruments) -> Option<Estimate>>,
    },
    /// Deterministically where the law has such a route, and otherwise the mean of a number of simulated paths.
    Simulated {
        /// Closed form or quadrature; `None` where only paths tell.
        deterministic: Option<Deterministic>,
        /// The number of paths whose mean it is.
        statistic: fn(&Need, &Instruments) -> Result<Box<dyn Statistic>>,
    },
}

/// Where a quantity is measured: the axes of its scope and its arguments. Axes beyond the scope stay `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Setting {
    /// Signal-to-noise ratio γ > 0, linear.
    pub snr: Option<f64>,
    /// Lower end of an interval of SNRs, ≥ 0.
    pub snr_min: Option<f64>,
    /// Upper end of an interval of SNRs.
    pub snr_max: Option<f64>,
    /// Number of steps K ≥ 1.
    pub steps: Option<usize>,
    /// Spec of a schedule: `geometric`.
    pub schedule: Option<String>,
    /// Spec of a sampler: `ddim`.
    pub sampler: Option<String>,
    /// Spec of a denoiser; `None` is `exact`.
    pub denoiser: Option<String>,
    /// Values of [`Quantity::arguments`], in order.
    pub arguments: Vec<f64>,
}

/// One number that a case needs.
#[derive(Debug, Clone)]
pub struct Need {
    /// Of which law.
    pub source: Arc<Source>,
    /// Which quantity.
    pub quantity: &'static Quantity,
    /// Where.
    pub setting: Setting,
}

/// Every quantity, in the order of the documentation.
pub const QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "dim",
        scope: Scope::Source,
        arguments: &[],
        summary: "dimension d",
        rule: Rule::Known(source::dim),
    },
    Quantity {
        name: "atoms",
        scope: Scope::Source,
        arguments: &[],
        summary: "number of atoms N; inf for infinitely many or a continuous law",
        rule: Rule::Known(source::atoms),
    },
    Quantity {
        name: "shannon",
        scope: Scope::Source,
        arguments: &[],
        summary: "Shannon entropy H = E[−ln p(X)], nats; inf for a continuous law",
        rule: Rule::Known(source::shannon),
    },
    Quantity {
        name: "renyi_half",
        scope: Scope::Source,
        arguments: &[],
        summary: "Rényi entropy of order ½, H_½ = 2 ln Σ √p, nats",
        rule: Rule::Known(source::renyi_half),
    },
    Quantity {
        name: "renyi",
        scope: Scope::Source,
        arguments: &["order"],
        summary: "Rényi entropy of the given order, (1−a)⁻¹ ln Σ p^a, nats",
        rule: Rule::Known(source::renyi),
    },
    Quantity {
        name: "collision",
        scope: Scope::Source,
        arguments: &[],
        summary: "collision entropy H_2 = −ln Σ p², nats",
        rule: Rule::Known(source::collision),
    },
    Quantity {
        name: "min_entropy",
        scope: Scope::Source,
        arguments: &[],
        summary: "min-entropy −ln max p, nats",
        rule: Rule::Known(source::min_entropy),
    },
    Quantity {
        name: "second_moment",
        scope: Scope::Source,
        arguments: &[],
        summary: "total variance E|X − EX|²",
        rule: Rule::Known(source::second_moment),
    },
    Quantity {
        name: "psi1",
        scope: Scope::Source,
        arguments: &[],
        summary: "sub-exponential norm of the information content about its mean, nats",
        rule: Rule::Known(source::psi1),
    },
    Quantity {
        name: "info_variance",
        scope: Scope::Source,
        arguments: &[],
        summary: "varentropy Var[−ln p(X)], nats²",
        rule: Rule::Known(source::info_variance),
    },
    Quantity {
        name: "mmse",
        scope: Scope::Snr,
        arguments: &[],
        summary: "minimum mean-square error M(γ) = E|X − E[X|Y]|²",
        rule: Rule::Measured {
            deterministic: channel::mmse,
            readout: Some(|need, _| Ok(channel::mmse_readout(need))),
            bracket: Some(channel::mmse_bracket),
        },
    },
    Quantity {
        name: "mmse_slope",
        scope: Scope::Snr,
        arguments: &[],
        summary: "−M′(γ) = E‖Cov(X|Y)‖²_F ≥ 0",
        rule: Rule::Measured {
            deterministic: channel::mmse_slope,
            readout: Some(|need, _| Ok(channel::mmse_slope_readout(need))),
            bracket: Some(channel::mmse_slope_bracket),
        },
    },
    Quantity {
        name: "mmse_curvature",
        scope: Scope::Snr,
        arguments: &[],
        summary: "M″(γ) = E[2 tr Cov³ − ‖K₃‖²]",
        rule: Rule::Measured { deterministic: channel::mmse_curvature, readout: None, bracket: None },
    },
    Quantity {
        name: "information",
        scope: Scope::Snr,
        arguments: &[],
        summary: "mutual information I(X; Y_γ), nats",
        rule: Rule::Measured {
            deterministic: channel::information,
            readout: Some(|need, _| Ok(channel::information_readout(need))),
            bracket: Some(channel::information_bracket),
        },
    },
    Quantity {
        name: "posterior_entropy",
        scope: Scope::Snr,
        arguments: &[],
        summary: "H(X|Y_γ) = H − I, nats; discrete laws only",
        rule: Rule::Measured {
            deterministic: channel::posterior_entropy,
            readout: Some(|need, _| Ok(channel::posterior_entropy_readout(need))),
            bracket: Some(channel::posterior_entropy_bracket),
        },
    },
    Quantity {
        name: "lmmse",
        scope: Scope::Snr,
        arguments: &[],
        summary: "error of the best linear estimate, tr Σ(I + γΣ)⁻¹",
        rule: Rule::Measured { deterministic: channel::lmmse, readout: None, bracket: None },
    },
    Quantity {
        name: "information_gain",
        scope: Scope::Interval,
        arguments: &[],
        summary: "I(snr_max) − I(snr_min), nats",
        rule: Rule::Measured {
            deterministic: interval::information_gain,
            readout: Some(|need, _| interval::information_gain_readout(need)),
            bracket: None,
        },
    },
    Quantity {
        name: "ratio_log",
        scope: Scope::Interval,
        arguments: &[],
        summary: "ln(snr_max/snr_min)",
        rule: Rule::Known(interval::ratio_log),
    },
    Quantity {
        name: "mmse_integral",
        scope: Scope::Interval,
        arguments: &[],
        summary: "½ ∫ M dγ over the interval, nats",
        rule: Rule::Measured {
            deterministic: interval::mmse_integral,
            readout: Some(|need, _| interval::mmse_integral_readout(need)),
            bracket: None,
        },
    },
    Quantity {
        name: "mmse_drop",
        scope: Scope::Interval,
        arguments: &[],
        summary: "M(snr_min) − M(snr_max)",
        rule: Rule::Measured {
            deterministic: interval::mmse_drop,
            readout: Some(|need, _| interval::mmse_drop_readout(need)),
            bracket: None,
        },
    },
    Quantity {
        name: "slope_integral",
        scope: Scope::Interval,
        arguments: &[],
        summary: "∫ −M′ dγ over the interval",
        rule: Rule::Measured {
            deterministic: interval::slope_integral,
            readout: Some(|need, _| interval::slope_integral_readout(need)),
            bracket: None,
        },
    },
    Quantity {
        name: "weighted_slope_integral",
        scope: Scope::Interval,
        arguments: &[],
        summary: "∫ −γ M′ dγ over the interval, nats",
        rule: Rule::Measured {
            deterministic: interval::weighted_slope_integral,
            readout: Some(|need, _| interval::weighted_slope_integral_readout(need)),
            bracket: None,
        },
    },
    Quantity {
        name: "weighted_slope_sup",
        scope: Scope::Interval,
        arguments: &[],
        summary: "largest −γ² M′ on the interval",
        rule: Rule::Measured { deterministic: supremum::weighted_slope, readout: None, bracket: None },
    },
    Quantity {
        name: "root_slope_integral",
        scope: Scope::Interval,
        arguments: &[],
        summary: "∫ √(−M′) dγ over the interval: its square over 4 is the limit of K·path_kl on the best grid",
        rule: Rule::Measured { deterministic: interval::root_slope_integral, readout: None, bracket: None },
    },
    Quantity {
        name: "path_kl",
        scope: Scope::Path,
        arguments: &[],
        summary: "discretisation term of the path KL, ½ Σ ∫ (M(γ_k) − M(γ)) dγ, nats",
        rule: Rule::Measured { deterministic: path::path_kl, readout: Some(path_readout::difference), bracket: None },
    },
    Quantity {
        name: "path_kl_slope",
        scope: Scope::Path,
        arguments: &[],
        summary: "path_kl through ½ Σ ∫ (γ_{k+1} − γ)(−M′(γ)) dγ, nats: a check where it is sampled",
        rule: Rule::Measured { deterministic: path::path_kl, readout: Some(path_readout::slope), bracket: None },
    },
    Quantity {
        name: "path_kl_information",
        scope: Scope::Path,
        arguments: &[],
        summary: "path_kl through ½ Σ Δ_k M(γ_k) − I(γ_K) + I(γ_0), nats: a check, without slopes",
        rule: Rule::Measured {
            deterministic: path::path_kl_information,
            readout: Some(path_readout::information),
            bracket: None,
        },
    },
    Quantity {
        name: "init_kl",
        scope: Scope::Path,
        arguments: &[],
        summary: "cost of starting from N(γ_0 EX, γ_0 I), ½γ_0 E|X−EX|² − I(γ_0), nats",
        rule: Rule::Measured {
            deterministic: path::init_kl,
            readout: Some(|need, _| path_readout::init(need)),
            bracket: None,
        },
    },
    Quantity {
        name: "denoiser_kl",
        scope: Scope::Path,
        arguments: &[],
        summary: "cost of an inexact denoiser, ½ Σ Δ_k (L − M)(γ_k), nats",
        rule: Rule::Measured { deterministic: path::denoiser_kl, readout: None, bracket: None },
    },
    Quantity {
        name: "total_kl",
        scope: Scope::Path,
        arguments: &[],
        summary: "path_kl + init_kl + denoiser_kl: KL of the true path from the sampler's, nats",
        rule: Rule::Measured { deterministic: path::total_kl, readout: Some(path_readout::total), bracket: None },
    },
    Quantity {
        name: "terminal_kl",
        scope: Scope::Path,
        arguments: &[],
        summary: "KL of the last state's law from the sampler's, started from N(γ_0 EX, γ_0 I), nats; on a line",
        rule: Rule::Measured { deterministic: path::terminal_kl, readout: None, bracket: None },
    },
    Quantity {
        name: "girsanov_kl",
        scope: Scope::Path,
        arguments: &[],
        summary: "path_kl + denoiser_kl simulated along true paths, ½ Σ ∫ E|m_γ − x̂_k|² dγ, nats; uses no mmse",
        rule: Rule::Simulated { deterministic: None, statistic: simulated::girsanov_kl },
    },
    Quantity {
        name: "energy_distance",
        scope: Scope::Sampler,
        arguments: &[],
        summary: "energy distance of the sampler's last state from the truth, 2E|x̂−x| − E|x−x′| − E|x̂−x̂′|, x = X + Z/√γ_K",
        rule: Rule::Simulated { deterministic: None, statistic: simulated::energy_distance },
    },
    Quantity {
        name: "wasserstein_1",
        scope: Scope::Sampler,
        arguments: &[],
        summary: "1-Wasserstein distance of the sampler's last state from the truth, on a line; sampled: a lower bound by a witness",
        rule: Rule::Simulated {
            deterministic: Some(simulated::wasserstein_1_on_a_line),
            statistic: simulated::wasserstein_1,
        },
    },
    Quantity {
        name: "sliced_wasserstein_2",
        scope: Scope::Sampler,
        arguments: &[],
        summary: "squared 2-Wasserstein distance of the last state from the truth, mean over directions; a lower bound by a witness",
        rule: Rule::Simulated { deterministic: None, statistic: simulated::sliced_wasserstein_2 },
    },
    Quantity {
        name: "mode_variation",
        scope: Scope::Sampler,
        arguments: &[],
        summary: "total variation of the modes' masses in the last state, ½ Σ |E P(j|x̂) − w_j|; a lower bound by a witness",
        rule: Rule::Simulated { deterministic: None, statistic: simulated::mode_variation },
    },
    Quantity {
        name: "sampled_variance",
        scope: Scope::Sampler,
        arguments: &[],
        summary: "variance of the sampler's last state, E|x̂ − EX|²; the truth has E|X − EX|² + d/γ_K",
        rule: Rule::Simulated {
            deterministic: Some(simulated::gaussian_variance),
            statistic: simulated::sampled_variance,
        },
    },
    Quantity {
        name: "bound_paper",
        scope: Scope::Path,
        arguments: &["C"],
        summary: "½ C H² Σ (r_k − 1 − ln r_k), r_k = γ_{k+1}/γ_k, nats",
        rule: Rule::Measured { deterministic: path_bound::paper, readout: None, bracket: None },
    },
    Quantity {
        name: "bound_renyi",
        scope: Scope::Path,
        arguments: &[],
        summary: "½ B Σ (r_k − 1 − ln r_k), B the bound on γ²|M′| by H_½, nats",
        rule: Rule::Measured { deterministic: path_bound::renyi, readout: None, bracket: None },
    },
    Quantity {
        name: "bound_information",
        scope: Scope::Path,
        arguments: &[],
        summary: "(max r_k − 1)·I(γ_K), nats",
        rule: Rule::Measured {
            deterministic: path_bound::information,
            readout: Some(path_bound::information_readout),
            bracket: None,
        },
    },
    Quantity {
        name: "bound_growth",
        scope: Scope::Path,
        arguments: &[],
        summary: "½ Σ (r_k − 1) ∫ −γM′ dγ over each step, nats",
        rule: Rule::Measured {
            deterministic: path_bound::growth,
            readout: Some(path_bound::growth_readout),
            bracket: None,
        },
    },
    Quantity {
        name: "bound_entropy",
        scope: Scope::Path,
        arguments: &[],
        summary: "bound on path_kl by the entropy, (max r_k − 1)·H, nats",
        rule: Rule::Measured { deterministic: path_bound::entropy, readout: None, bracket: None },
    },
    Quantity {
        name: "bound_intrinsic",
        scope: Scope::Path,
        arguments: &[],
        summary: "bound on path_kl by the directions of the covariance, (max r_k − 1)·½ ln det(I + γ_K Σ), nats",
        rule: Rule::Measured { deterministic: path_bound::intrinsic, readout: None, bracket: None },
    },
    Quantity {
        name: "bound_dimension",
        scope: Scope::Path,
        arguments: &[],
        summary: "(max r_k − 1)·(d/2) ln(1 + γ_K E|X−EX|²/d), nats",
        rule: Rule::Measured { deterministic: path_bound::dimension, readout: None, bracket: None },
    },
    Quantity {
        name: "bound_from_zero",
        scope: Scope::Path,
        arguments: &[],
        summary: "(ρ − 1)(I(γ_K) + ½), ρ = (1 + γ_K E|X−EX|²)^{1/K}, nats",
        rule: Rule::Measured {
            deterministic: path_bound::from_zero,
            readout: Some(path_bound::from_zero_readout),
            bracket: None,
        },
    },
];

/// The quantity of that name.
///
/// # Errors
/// [`Error::Unknown`] with the nearest name.
pub fn find(name: &str) -> Result<&'static Quantity> {
    QUANTITIES
        .iter()
        .find(|q| q.name == name)
        .ok_or_else(|| Error::unknown("quantity", name, QUANTITIES.iter().map(|q| q.name)))
}
