//! The axes of a setting as flags: a list `0.1,1,10` or a log-spaced range `1e-3..1e3/32` of
//! numbers, or a spec.

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::error::{Error, Result};
use crate::numeric::spacing::numbers;
use crate::quantity::axis::{AXES, AxisValue, SNR, SettingAxis};
use crate::quantity::{Quantity, Setting};

/// What the command line says of each axis, one flag per axis.
pub(super) struct AxisFlags(Vec<(&'static SettingAxis, Vec<AxisValue>)>);

impl clap::Args for AxisFlags {
    fn augment_args(command: Command) -> Command {
        let flag =
            |axis: &'static SettingAxis| {
                let parser = move |text: &str| read(axis, text);
                let flag = Arg::new(axis.name)
                    .long(axis.name.replace('_', "-"))
                    .value_name(if axis.is_text() { "SPEC" } else { "LIST|FROM..TO/POINTS" });
                flag.help(axis.help).allow_hyphen_values(true).action(ArgAction::Append).value_parser(parser)
            };
        command.args(AXES.map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for AxisFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |axis: &'static SettingAxis| {
            let values = matches.get_many::<Vec<AxisValue>>(axis.name)?;
            Some((axis, values.flatten().cloned().collect()))
        };
        Ok(Self(AXES.into_iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl AxisFlags {
    /// One setting for each combination of the axes of the quantity's scope.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an axis that the quantity needs and is not given, or does not depend
    /// on and is.
    pub(super) fn settings(&self, quantity: &Quantity, arguments: &[f64]) -> Result<Vec<Setting>> {
        let refused = |axis: &SettingAxis, why: &str| {
            Error::invalid(
                format!("--{}", axis.name.replace('_', "-")),
                format!("`{}` {why}", quantity.name),
            )
        };
        if let Some((axis, _)) = self.0.iter().find(|(axis, _)| !axis.scopes.contains(&quantity.scope)) {
            return Err(refused(axis, "does not depend on it"));
        }
        let mut all = vec![Setting::of(arguments)];
        for axis in quantity.scope.axes() {
            match self.0.iter().find(|(given, _)| given.name == axis.name) {
                Some((_, values)) => {
                    let with = |setting: Setting| {
                        values.iter().map(move |value| setting.clone().with(axis, value.clone()))
                    };
                    all = all.into_iter().flat_map(with).collect();
                }
                None if axis.optional => {}
                None => return Err(refused(axis, "needs it")),
            }
        }
        Ok(all)
    }
}

/// The values that `text` gives an axis.
fn read(axis: &SettingAxis, text: &str) -> Result<Vec<AxisValue>, String> {
    if axis.is_text() {
        return Ok(vec![AxisValue::from(text)]);
    }
    Ok(within(axis, numbers(text)?)?.into_iter().map(AxisValue::Number).collect())
}

/// The SNRs that `text` lists.
///
/// # Errors
/// [`Error::Invalid`] for text of another form and for an SNR that is not finite and positive.
pub fn snrs(text: &str) -> Result<Vec<f64>> {
    let values = numbers(text).and_then(|values| within(&SNR, values));
    values.map_err(|message| Error::invalid("--snr", message))
}

/// `values`, where the axis can have them all.
fn within(axis: &SettingAxis, values: Vec<f64>) -> Result<Vec<f64>, String> {
    match values.iter().find_map(|&x| Some((x, axis.outside(x)?))) {
        Some((x, domain)) => Err(format!("must be {domain}, not {x}")),
        None => Ok(values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::axis::{SCHEDULE, STEPS};

    #[test]
    fn lists_and_ranges() {
        assert_eq!(snrs("0.1,2").unwrap(), [0.1, 2.0]);
        let range = snrs("1e-2..1e2/5").unwrap();
        assert_eq!((range[0], range[4], range.len()), (1e-2, 1e2, 5));
        assert!((range[2] - 1.0).abs() < 1e-15);
        assert_eq!(snrs("1e-3..1e3/1e2").unwrap().len(), 100);
        for many in ["1e-3..1e3/1e12", "1..2/100001", "1..2/99999999999999999999"] {
            assert!(snrs(many).unwrap_err().to_string().contains("at most 100000"), "{many}");
        }
        for bad in [
            "1..2/inf", "1..2/2.5", "1..2/nan", "", "0", "-1", "1..2", "1..2/1", "a", "inf", "1..x/3",
            "0..2/3",
        ] {
            assert!(snrs(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn steps_are_whole_and_specs_are_text() {
        assert_eq!(read(&STEPS, "4..64/5").unwrap().len(), 5);
        assert!(read(&STEPS, "0").is_err() && read(&STEPS, "2.5").is_err() && read(&STEPS, "1e7").is_err());
        assert_eq!(read(&SCHEDULE, "edm:rho=7").unwrap(), [AxisValue::from("edm:rho=7")]);
    }
}
