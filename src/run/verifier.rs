//! Runs with defaults: numbers and verdicts in one call, for a program that is not `klaim` itself.

use std::sync::Arc;

use crate::backend::Backend;
use crate::backend::cpu::Cpu;
use crate::claim::Claim;
use crate::error::{Error, Result};
use crate::numeric::estimate::Estimate;
use crate::quantity::{self, Need, Setting};
use crate::report::model::{Report, Run};
use crate::run::estimate::StoppingRule;
use crate::run::options::Options;
use crate::run::stop::Stop;
use crate::run::verify::verify;
use crate::run::watch::{Event, Watch};
use crate::source::Source;

/// Measures numbers and verdicts. [`Verifier::default`] has the defaults of `klaim verify`, on this
/// machine's processors, and takes numbers to 1 % or 2¹⁸ samples; set the fields that should differ.
#[derive(Clone)]
pub struct Verifier {
    /// Seed, family-wise level α, budget and method.
    pub options: Options,
    /// Sampling of a single number ends once its std_err is below this share of its |value|.
    pub relative_error: f64,
    /// Where samples are taken.
    pub backend: Arc<dyn Backend>,
    /// Called by the thread that runs.
    pub event: fn(Event),
    /// Ends a run early, with what is there: keep a clone and request it.
    pub stop: Stop,
}

impl Default for Verifier {
    fn default() -> Self {
        Self {
            options: Options::default(),
            relative_error: 0.01,
            backend: Arc::new(Cpu),
            event: |_| {},
            stop: Stop::default(),
        }
    }
}

impl Verifier {
    /// Measures every case of `claims` in rounds, until each is decided or the budget ends, and
    /// judges it.
    ///
    /// # Errors
    /// A device that fails. A case that cannot be measured is inconclusive in the report and says
    /// why.
    pub fn run(&self, claims: &[Claim]) -> Result<Report> {
        let Options { seed, level, budget, .. } = self.options;
        let run = Run {
            klaim: env!("CARGO_PKG_VERSION").into(),
            command: String::new(),
            seed,
            level,
            budget: budget.to_string(),
            comparisons: 0,
            backend: self.backend.name(),
            date: String::new(),
            interrupted: false,
        };
        verify(claims, &self.options, &self.watch(), run)
    }

    /// The quantity called `quantity` of one law at several settings, in their order; samples are
    /// shared.
    ///
    /// # Errors
    /// [`Error::Unknown`] for the name; the first number that cannot be had.
    pub fn estimates(
        &self,
        quantity: &str,
        source: impl Into<Arc<Source>>,
        settings: impl IntoIterator<Item = Setting>,
    ) -> Result<Vec<Estimate>> {
        let (quantity, source) = (quantity::find(quantity)?, source.into());
        let need = |setting| Need { source: Arc::clone(&source), quantity, setting };
        let needs: Vec<Need> = settings.into_iter().map(need).collect();
        let target = StoppingRule { relative_error: Some(self.relative_error), budget: self.options.budget };
        let Options { method, seed, .. } = self.options;
        super::estimate::estimate(&needs, method, seed, target, &self.watch())?.into_iter().collect()
    }

    fn watch(&self) -> Watch<'_> {
        Watch {
            backend: Arc::clone(&self.backend),
            event: &self.event,
            stop: self.stop.clone(),
            store: None,
        }
    }
}

/// The quantity called `quantity` of one law at one setting, by [`Verifier::default`]:
/// deterministically where the law has such a route, else sampled to 1 % of its value or 2¹⁸
/// samples.
///
/// # Errors
/// Those of [`Verifier::estimates`].
pub fn estimate(quantity: &str, source: impl Into<Arc<Source>>, setting: Setting) -> Result<Estimate> {
    let found = Verifier::default().estimates(quantity, source, [setting])?;
    found.into_iter().next().ok_or_else(|| Error::invalid(quantity, "has no value"))
}

/// The quantity called `quantity` of one law as a function of the SNR (linear), by
/// [`Verifier::default`].
///
/// # Errors
/// Those of [`Verifier::estimates`].
pub fn curve(quantity: &str, source: impl Into<Arc<Source>>, snrs: &[f64]) -> Result<Vec<Estimate>> {
    Verifier::default().estimates(quantity, source, snrs.iter().map(|&snr| Setting::at(snr)))
}
