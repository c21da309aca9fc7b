//! The numbers that the claim language knows by name: one line a quantity in [`QUANTITIES`].

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::source::Source;

/// What must be fixed before a quantity has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The source alone.
    Source,
    /// Source and `snr`.
    Snr,
    /// Source, `snr_min` and `snr_max`.
    Interval,
}

impl Scope {
    /// The axes that this scope needs beside `source`.
    pub fn axes(self) -> &'static [&'static str] {
        match self {
            Self::Source => &[],
            Self::Snr => &["snr"],
            Self::Interval => &["snr_min", "snr_max"],
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
    Quantity { name: "dim", scope: Scope::Source, arguments: &[], summary: "dimension d" },
    Quantity {
        name: "atoms",
        scope: Scope::Source,
        arguments: &[],
        summary: "number of atoms N; inf for infinitely many or a continuous law",
    },
    Quantity {
        name: "shannon",
        scope: Scope::Source,
        arguments: &[],
        summary: "Shannon entropy H = E[−ln p(X)], nats; inf for a continuous law",
    },
    Quantity {
        name: "renyi_half",
        scope: Scope::Source,
        arguments: &[],
        summary: "Rényi entropy of order ½, H_½ = 2 ln Σ √p, nats",
    },
    Quantity {
        name: "renyi",
        scope: Scope::Source,
        arguments: &["order"],
        summary: "Rényi entropy of the given order, (1−a)⁻¹ ln Σ p^a, nats",
    },
    Quantity {
        name: "collision",
        scope: Scope::Source,
        arguments: &[],
        summary: "collision entropy H_2 = −ln Σ p², nats",
    },
    Quantity { name: "min_entropy", scope: Scope::Source, arguments: &[], summary: "min-entropy −ln max p, nats" },
    Quantity { name: "second_moment", scope: Scope::Source, arguments: &[], summary: "total variance E|X − EX|²" },
    Quantity {
        name: "psi1",
        scope: Scope::Source,
        arguments: &[],
        summary: "sub-exponential norm of the information content about its mean, nats",
    },
    Quantity {
        name: "info_variance",
        scope: Scope::Source,
        arguments: &[],
        summary: "varentropy Var[−ln p(X)], nats²",
    },
    Quantity {
        name: "mmse",
        scope: Scope::Snr,
        arguments: &[],
        summary: "minimum mean-square error M(γ) = E|X − E[X|Y]|²",
    },
    Quantity {
        name: "mmse_slope", scope: Scope::Snr, arguments: &[], summary: "−M′(γ) = E‖Cov(X|Y)‖²_F ≥ 0"
    },
    Quantity {
        name: "mmse_curvature", scope: Scope::Snr, arguments: &[], summary: "M″(γ) = E[2 tr Cov³ − ‖K₃‖²]"
    },
    Quantity { name: "information", scope: Scope::Snr, arguments: &[], summary: "mutual information I(X; Y_γ), nats" },
    Quantity {
        name: "posterior_entropy",
        scope: Scope::Snr,
        arguments: &[],
        summary: "H(X|Y_γ) = H − I, nats; discrete laws only",
    },
    Quantity {
        name: "lmmse",
        scope: Scope::Snr,
        arguments: &[],
        summary: "error of the best linear estimate, tr Σ(I + γΣ)⁻¹",
    },
    Quantity {
        name: "information_gain",
        scope: Scope::Interval,
        arguments: &[],
        summary: "I(snr_max) − I(snr_min), nats",
    },
    Quantity { name: "ratio_log", scope: Scope::Interval, arguments: &[], summary: "ln(snr_max/snr_min)" },
    Quantity {
        name: "mmse_integral",
        scope: Scope::Interval,
        arguments: &[],
        summary: "½ ∫ M dγ over the interval, nats",
    },
    Quantity { name: "mmse_drop", scope: Scope::Interval, arguments: &[], summary: "M(snr_min) − M(snr_max)" },
    Quantity {
        name: "slope_integral", scope: Scope::Interval, arguments: &[], summary: "∫ −M′ dγ over the interval"
    },
    Quantity {
        name: "weighted_slope_integral",
        scope: Scope::Interval,
        arguments: &[],
        summary: "∫ −γ M′ dγ over the interval, nats",
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
