//! A schedule that was made, to be written in any form.

use clap::ValueEnum;

use super::make::Made;
use super::model::Pipeline;
use super::{OutputForm, ScheduleCommand};
use crate::error::{Error, Result};
use crate::schedule::export;

/// A schedule that can be written in every form.
pub struct ScheduleAnswer {
    pub(super) command: ScheduleCommand,
    pub(super) made: Made,
    pub(super) pipeline: Pipeline,
    pub(super) svg: Option<String>,
}

impl ScheduleAnswer {
    /// What `form` has of it.
    ///
    /// # Errors
    /// A form that this schedule does not have.
    pub(super) fn form(&self, form: OutputForm) -> Result<Vec<u8>> {
        self.command.written(&self.made, &self.pipeline, form)
    }

    /// What `--format NAME` prints.
    ///
    /// # Errors
    /// A form that is not known, or that this schedule does not have.
    pub fn format(&self, name: &str) -> Result<Vec<u8>> {
        let unknown = || {
            let forms = OutputForm::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let names: Vec<String> = forms.map(|form| form.get_name().to_owned()).collect();
            Error::unknown("form of a schedule", name, names.iter().map(String::as_str))
        };
        self.form(OutputForm::from_str(name, false).map_err(|_| unknown())?)
    }

    /// The figure of the steps on their curve; `None` where there is no curve.
    pub fn svg(&self) -> Option<&str> {
        self.svg.as_deref()
    }

    /// What is to be said of it beside a form.
    pub(super) fn notes(&self, form: OutputForm) -> Vec<String> {
        let made = &self.made;
        let mut lines: Vec<String> = made.warnings.iter().map(|line| format!("warning: {line}")).collect();
        let says_infinity = matches!(form, OutputForm::Csv | OutputForm::Json);
        if made.snrs[0] <= 0.0 && !says_infinity && !self.pipeline.is_flow() {
            lines.push(format!(
                "note: sigma = ∞ is written as {}, where ᾱ = 2⁻²⁴, as diffusers does",
                export::PURE_NOISE
            ));
        }
        lines
    }
}
