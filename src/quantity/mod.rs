//! The numbers that the claim language knows by name: an entry per quantity in [`QUANTITIES`].

pub mod axis;
pub mod channel;
pub mod cost;
pub mod denoiser;
pub mod functional;
pub mod memo;
pub mod integral;
pub mod interval;
mod list;
pub mod path;
pub mod path_bound;
pub mod setting;
pub mod simulated;
pub mod source;
pub mod supremum;

use std::sync::Arc;

use crate::channel::posterior::{self, Observable};
use crate::denoiser::content;
use crate::error::{Error, Result};
use crate::instrument::Instrument;
use crate::instrument::paths::PathStatistics;
use crate::instrument::readouts::PosteriorReadouts;
use crate::numeric::estimate::Estimate;
use crate::numeric::unit::Unit;
use crate::process::Statistic;
use crate::source::Source;
use crate::spec::Named;

pub use functional::Functional;
pub use list::QUANTITIES;
pub use memo::Memo;
pub use setting::Setting;

/// What must be fixed before a quantity has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The source alone.
    Source,
    /// Source and `snr`.
    Snr,
    /// Source and `snr`; `denoiser` is `exact` unless said.
    Denoiser,
    /// Source, `snr` and `held_out`, another law; `denoiser` is `exact` unless said.
    HeldOut,
    /// Source, `snr_min` and `snr_max`.
    Interval,
    /// Source, `snr_min` and `snr_max`; `denoiser` is `exact` unless said.
    DenoiserInterval,
    /// Source, `snr_min`, `snr_max`, `steps` and `schedule`: a K-step sampler; `denoiser` is
    /// `exact` unless said.
    Path,
    /// The same and the `sampler` whose last state is looked at.
    Sampler,
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
    /// In what it is measured.
    pub unit: Unit,
    /// How it is obtained.
    pub rule: Rule,
}

impl Named for Quantity {
    const WHAT: &'static str = "quantity";

    fn name(&self) -> &'static str {
        self.name
    }
}

impl Quantity {
    /// A quantity without arguments and without a summary.
    pub const fn new(name: &'static str, scope: Scope, unit: Unit, rule: Rule) -> Self {
        Self { name, scope, arguments: &[], summary: "", unit, rule }
    }

    /// The quantity with arguments of these names.
    pub const fn of(self, arguments: &'static [&'static str]) -> Self {
        Self { arguments, ..self }
    }

    /// The quantity with this summary.
    pub const fn is(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// Whether samples tell it.
    pub fn is_sampled(&self) -> bool {
        !matches!(self.rule, Rule::Known(_) | Rule::Deterministic(_))
    }

    /// Whether some law has it without sampling.
    pub fn is_deterministic(&self) -> bool {
        !matches!(self.rule, Rule::Sampled { deterministic: None, .. })
    }
}

/// A route without sampling; `None` where the law has no such route.
pub type Deterministic = fn(&Need, &Memo) -> Result<Option<Estimate>>;

/// How a quantity is obtained.
#[derive(Debug)]
pub enum Rule {
    /// The source knows it.
    Known(fn(&Need) -> Result<Estimate>),
    /// The mean of an observable at the need's SNR: deterministically where the law has such a
    /// route, and otherwise by samples.
    Observed(Observable),
    /// A functional of the observables' means: deterministically where the law has such a route,
    /// and otherwise by samples.
    Linear(fn(&Need, &Memo) -> Result<Functional>),
    /// Deterministically, or not at all.
    Deterministic(Deterministic),
    /// Deterministically where the law has such a route, and otherwise the mean of an instrument's
    /// one column.
    Sampled {
        /// Closed form or quadrature; `None` where only samples tell.
        deterministic: Option<Deterministic>,
        /// Takes the samples.
        instrument: fn(&Need, &Memo) -> Result<Box<dyn Instrument>>,
    },
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

impl std::fmt::Display for Need {
    /// What is measured and where, the law left out: `mmse at snr 1`, `renyi(2)`, `path_kl from snr
    /// 0.01 to 100, 8 steps, geometric`. Different settings read differently.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.quantity.name, self.setting)
    }
}

impl Need {
    /// Two needs with the same key are the same number.
    pub fn key(&self) -> String {
        format!("{}|{}|{:?}", self.source.spec(), self.quantity.name, self.setting)
    }

    /// Names a column of samples: the key, and a hash of what was read from files for it, so that a
    /// resumed run takes no strip of other bytes under the same path.
    pub fn column(&self) -> String {
        let texts = self.setting.values().filter_map(|(_, value)| value.text());
        self.key() + &texts.map(content).collect::<String>()
    }

    /// Whether the file called `name` is named by its law or by one of its axes: a law that was held
    /// out, a network, a denoiser made from a law.
    pub fn names_file(&self, name: &str) -> bool {
        let mut texts = self.setting.values().filter_map(|(_, value)| value.text());
        self.source.spec().contains(name) || texts.any(|text| text.contains(name))
    }

    /// What takes samples of it: an instrument whose one column has the value for its mean.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a quantity that no samples tell and for a law that cannot be
    /// sampled; those of the schedule, the sampler and the denoiser.
    pub fn instrument(&self, tools: &Memo) -> Result<Box<dyn Instrument>> {
        if let Rule::Sampled { instrument, .. } = self.quantity.rule {
            return instrument(self, tools);
        }
        let Some(functional) = self.functional(tools)? else {
            return Err(Error::Unsupported {
                quantity: self.quantity.name.into(),
                source_spec: self.source.spec().into(),
                message: "is not told by samples".into(),
            });
        };
        posterior::check_sampled(&self.source)?;
        let bounds = |of: &Source, snr: f64| tools.pair_bounds(of, snr);
        Ok(Box::new(PosteriorReadouts::new(&self.source, functional.readout(&self.source)?, bounds)))
    }

    /// Simulated paths whose `statistic` has the value for its mean.
    pub fn by_paths(&self, statistic: impl Statistic + 'static) -> Box<dyn Instrument> {
        Box::new(PathStatistics::new(&self.source, self.column(), Arc::new(statistic)))
    }

    /// Where the value lies whatever is measured; `None` where nothing is proven.
    pub fn proven(&self) -> Option<[f64; 2]> {
        match self.quantity.rule {
            Rule::Observed(observable) => {
                channel::proven(observable, &self.source, self.setting.snr().ok()?)
            }
            _ => None,
        }
    }

    /// The functional of the channel's observables that it is; `None` where it is none.
    ///
    /// # Errors
    /// A setting without an axis that the quantity needs; whatever the quantity refuses.
    pub fn functional(&self, tools: &Memo) -> Result<Option<Functional>> {
        match self.quantity.rule {
            Rule::Observed(observable) => Ok(Some(Functional::at(self.setting.snr()?, observable, 1.0))),
            Rule::Linear(functional) => functional(self, tools).map(Some),
            _ => Ok(None),
        }
    }

    /// Its value without sampling; `None` where the law has no such route.
    ///
    /// # Errors
    /// A setting without an axis that the quantity needs; whatever the quantity refuses.
    pub fn deterministic(&self, tools: &Memo) -> Result<Option<Estimate>> {
        match self.quantity.rule {
            Rule::Known(value) => value(self).map(Some),
            Rule::Deterministic(value) | Rule::Sampled { deterministic: Some(value), .. } => {
                value(self, tools)
            }
            Rule::Sampled { deterministic: None, .. } => Ok(None),
            Rule::Observed(_) | Rule::Linear(_) => {
                let functional = self.functional(tools)?;
                functional.map_or(Ok(None), |functional| functional.value(&self.source, tools))
            }
        }
    }
}

/// The quantity of that name.
///
/// # Errors
/// [`crate::error::Error::Unknown`] with the nearest name.
pub fn find(name: &str) -> Result<&'static Quantity> {
    QUANTITIES.named(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::unit::Information;

    /// A summary names the unit of information where there is one, and no other.
    #[test]
    fn summaries_agree_with_the_units() {
        for quantity in QUANTITIES.iter() {
            let says = quantity.summary.contains("nats");
            assert_eq!(says, matches!(quantity.unit, Unit::Information(_)), "{}", quantity.name);
            assert_eq!(
                quantity.summary.contains("nats²"),
                quantity.unit == Unit::Information(2),
                "{}",
                quantity.name
            );
        }
        let symbol = |name: &str| find(name).unwrap().unit.symbol(Information::Nats);
        assert_eq!(["mmse", "mmse_slope", "mmse_curvature"].map(symbol), ["|x|²", "|x|⁴", "|x|⁶"]);
    }
}
