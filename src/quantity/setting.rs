//! Where a quantity is measured.

use std::collections::BTreeMap;

use super::axis::{
    AXES, AxisValue, DENOISER, HELD_OUT, SAMPLER, SCHEDULE, SNR, SNR_MAX, SNR_MIN, STEPS, SettingAxis,
};
use crate::error::{Error, Result};

/// Where a quantity is measured: values of axes and of its arguments. A value that is asked for and
/// missing is an error that names the axis.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Setting {
    values: BTreeMap<&'static str, AxisValue>,
    /// Values of the quantity's arguments, in order.
    pub arguments: Vec<f64>,
}

impl Setting {
    /// One signal-to-noise ratio γ > 0, linear.
    pub fn at(snr: f64) -> Self {
        Self::default().with(&SNR, snr)
    }

    /// An interval of SNRs, 0 ≤ `snr_min` < `snr_max`, linear.
    pub fn between(snr_min: f64, snr_max: f64) -> Self {
        Self::default().with(&SNR_MIN, snr_min).with(&SNR_MAX, snr_max)
    }

    /// `steps` steps of the schedule of a spec such as `geometric`, from γ = `snr_min` to
    /// `snr_max`.
    pub fn path(steps: usize, schedule: &str, snr_min: f64, snr_max: f64) -> Self {
        Self::between(snr_min, snr_max).with(&STEPS, steps as f64).with(&SCHEDULE, schedule)
    }

    /// The setting of a quantity's arguments alone.
    pub fn of(arguments: &[f64]) -> Self {
        Self { arguments: arguments.to_vec(), ..Self::default() }
    }

    /// The setting with `value` on `axis`.
    #[must_use]
    pub fn with(mut self, axis: &'static SettingAxis, value: impl Into<AxisValue>) -> Self {
        self.values.insert(axis.name, value.into());
        self
    }

    /// The value on `axis`.
    pub fn get(&self, axis: &SettingAxis) -> Option<&AxisValue> {
        self.values.get(axis.name)
    }

    /// The axes that have a value, in the order of columns.
    pub fn values(&self) -> impl Iterator<Item = (&'static SettingAxis, &AxisValue)> {
        AXES.into_iter().filter_map(|axis| Some((axis, self.get(axis)?)))
    }

    fn number(&self, axis: &SettingAxis) -> Result<f64> {
        self.get(axis).and_then(AxisValue::number).ok_or_else(|| missing(axis.name))
    }

    fn text(&self, axis: &SettingAxis) -> Result<&str> {
        self.get(axis).and_then(AxisValue::text).ok_or_else(|| missing(axis.name))
    }

    /// γ > 0, linear.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is not set; so have the other accessors.
    pub fn snr(&self) -> Result<f64> {
        self.number(&SNR)
    }

    /// Lower end of the interval of SNRs, ≥ 0.
    pub fn snr_min(&self) -> Result<f64> {
        self.number(&SNR_MIN)
    }

    /// Upper end of the interval of SNRs.
    pub fn snr_max(&self) -> Result<f64> {
        self.number(&SNR_MAX)
    }

    /// Number of steps K ≥ 1.
    pub fn steps(&self) -> Result<usize> {
        self.number(&STEPS).map(|steps| steps as usize)
    }

    /// Spec of the schedule.
    pub fn schedule(&self) -> Result<&str> {
        self.text(&SCHEDULE)
    }

    /// Spec of the sampler.
    pub fn sampler(&self) -> Result<&str> {
        self.text(&SAMPLER)
    }

    /// Spec of the denoiser; `exact` unless said.
    pub fn denoiser(&self) -> &str {
        self.text(&DENOISER).unwrap_or("exact")
    }

    /// Spec of the law that the denoiser was not made for.
    pub fn held_out(&self) -> Result<&str> {
        self.text(&HELD_OUT)
    }

    /// Argument number `index`, from 0.
    pub fn argument(&self, index: usize) -> Result<f64> {
        self.arguments.get(index).copied().ok_or_else(|| missing("arguments"))
    }
}

fn missing(axis: &str) -> Error {
    Error::invalid(axis, "is not set, and the quantity depends on it")
}

impl std::fmt::Display for Setting {
    /// In words: `(2)`, ` at snr 1`, ` from snr 0.01 to 100, 8 steps, geometric`. Different
    /// settings read differently.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.arguments.is_empty() {
            let arguments: Vec<String> =
                self.arguments.iter().map(|&x| AxisValue::Number(x).to_string()).collect();
            write!(f, "({})", arguments.join(", "))?;
        }
        self.values().try_for_each(|(axis, value)| f.write_str(&axis.told(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_axis_is_an_error_that_names_it() {
        let setting = Setting::between(0.5, 2.0);
        assert_eq!((setting.snr_min().unwrap(), setting.denoiser()), (0.5, "exact"));
        for (found, axis) in [(setting.snr().map(drop), "snr"), (setting.schedule().map(drop), "schedule")] {
            assert!(found.unwrap_err().to_string().starts_with(&format!("{axis}: ")));
        }
    }

    #[test]
    fn a_setting_reads_in_words() {
        let path = Setting::path(1, "geometric", 0.0, 1e-300).with(&DENOISER, "exact");
        assert_eq!(path.to_string(), " from snr 0 to 1e-300, 1 step, geometric, exact");
        assert_eq!(
            Setting::path(8, "geometric", 0.5, 2.0).to_string(),
            " from snr 0.5 to 2, 8 steps, geometric"
        );
        let argument = Setting { arguments: vec![2.0], ..Setting::at(1.5) };
        assert_eq!(argument.to_string(), "(2) at snr 1.5");
        assert_eq!((argument.argument(0).unwrap(), argument.argument(1).is_err()), (2.0, true));
    }
}
