//! A claim's main statement on other axes: what a probe asks for.

use std::path::PathBuf;

use toml::Spanned;
use xxhash_rust::xxh3::xxh3_64;

use crate::claim::axis::{Written, WrittenValue};
use crate::claim::case::Claim;
use crate::claim::file::{File, Statement};
use crate::claim::merged::Merged;
use crate::claim::sources::Sources;
use crate::claim::value::ClaimReader;
use crate::error::{Error, Result};
use crate::spec::Spec;

/// An axis that takes the place of the claim's axis (or constant) of that name, or stands beside
/// them.
#[derive(Debug, Clone, PartialEq)]
pub struct Replacement {
    /// Its name: `source`, `snr`, `steps`, a name in a source template, a constant of the claim.
    pub name: String,
    /// Its values.
    pub values: Values,
}

/// The values of a replaced axis: at least one, none twice.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Sources or templates, for the axis `source`.
    Sources(Vec<Spec>),
    /// Schedules or denoisers.
    Words(Vec<String>),
    /// Numbers, for every other axis.
    Numbers(Vec<f64>),
}

impl Replacement {
    fn written(&self) -> Written {
        let values: Vec<WrittenValue> = match &self.values {
            Values::Sources(specs) => specs.iter().cloned().map(WrittenValue::Source).collect(),
            Values::Words(words) => words.iter().cloned().map(WrittenValue::Text).collect(),
            Values::Numbers(numbers) => numbers.iter().copied().map(WrittenValue::Number).collect(),
        };
        Written {
            name: self.name.clone(),
            name_span: 0..0,
            values: values.into_iter().map(|value| Spanned::new(0..0, value)).collect(),
        }
    }
}

/// A claim file that reads, to be expanded on axes of the caller's choosing as often as they
/// please.
#[derive(Debug, Clone)]
pub struct ClaimFile {
    path: PathBuf,
    text: String,
    file: File,
}

impl ClaimFile {
    /// Reads a claim's text; `path` only names it.
    ///
    /// # Errors
    /// [`Error::Claim`] at the first problem of the text itself.
    pub fn read(path: PathBuf, text: String) -> Result<Self> {
        let mut reader = ClaimReader { text: &text, points: 0, problems: Default::default() };
        let file = reader.file(&path);
        match reader.problems.into_error(&path, &text) {
            Some(error) => Err(error),
            None => Ok(Self { file: file.expect("a file that cannot be read has a problem"), path, text }),
        }
    }

    /// The main statement over its first grid with `replacements` in place; controls, breaks and
    /// further grids are left out. Sources are built, through `sources`, once each. Combinations
    /// outside the hypotheses are among the cases:
    /// [`Section::keep_satisfied`](crate::claim::Section::keep_satisfied) leaves them out.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a replacement that the statement does not use, for values that it
    /// cannot take, and where an axis still takes every value of a range.
    pub fn on(&self, replacements: &[Replacement], sources: &mut Sources) -> Result<Claim> {
        let mut reader = ClaimReader { text: &self.text, points: 0, problems: Default::default() };
        let mut main = self.file.main.clone();
        main.constants.retain(|name, _| replacements.iter().all(|replacement| replacement.name != *name));
        let own = Statement {
            axes: replacements.iter().map(Replacement::written).collect(),
            ..Statement::default()
        };
        let main = Merged::new(&main, Some(&own)).section(self.file.expected, &mut reader, sources);
        let header = self.file.header.clone();
        match reader.problems.into_error(&self.path, &self.text) {
            None if !main.every.is_empty() => Err(Error::invalid(
                format!("`{}` on these axes", header.id),
                "is stated for every value of a range (`all`), which is proved and not sampled; give \
                 values in place of the range",
            )),
            None => {
                let (path, hash) = (self.path.clone(), xxh3_64(self.text.as_bytes()));
                Ok(Claim { header, path, hash, main, controls: Vec::new(), breaks: Vec::new() })
            }
            // The claim's own text was in order: what is wrong came from outside, and has no place
            // in it.
            Some(Error::Claim { message, help, .. }) => {
                let help = help.map_or(String::new(), |help| format!(" ({help})"));
                Err(Error::invalid(format!("`{}` on these axes", header.id), format!("{message}{help}")))
            }
            Some(other) => Err(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::AxisValue;

    const TEXT: &str = "id = \"trial\"\ntitle = \"t\"\nstatement = \"s\"\ncite = \"c\"\norigin = \"klaim\"\n\
        lhs = \"mmse\"\nrelation = \"<=\"\nrhs = \"C * shannon\"\nconstants = { C = 2 }\n\
        [[over]]\nsource = [\"simplex:atoms={atoms}\"]\natoms = [2, 4]\nsnr = [1, 2, 3]\n\
        [[over]]\nsource = [\"bpsk\"]\nsnr = [7]\n[[control]]\nwhy = \"w\"\nconstants = { C = 0.1 }\n";

    fn on(replacements: &[(&str, Values)]) -> Result<Claim> {
        let list: Vec<Replacement> = replacements
            .iter()
            .map(|(name, values)| Replacement { name: (*name).into(), values: values.clone() })
            .collect();
        ClaimFile::read("trial.toml".into(), TEXT.into())?.on(&list, &mut Sources::default())
    }

    #[test]
    fn the_statement_moves_to_other_axes() {
        let source = Values::Sources(vec![Spec::parse("bernoulli:p={p}").unwrap()]);
        let claim = on(&[
            ("source", source),
            ("p", Values::Numbers(vec![0.1, 0.2])),
            ("C", Values::Numbers(vec![5.0])),
        ])
        .unwrap();
        assert_eq!(
            (claim.main.cases.len(), claim.controls.len()),
            (6, 0),
            "two p, three SNRs, nothing of the other grid"
        );
        let axes = &claim.main.cases[5].axes;
        assert_eq!(axes["source"], AxisValue::Text("bernoulli:p=0.2".into()));
        assert_eq!((&axes["C"], &axes["snr"]), (&AxisValue::Number(5.0), &AxisValue::Number(3.0)));
        assert!(claim.main.constants.is_empty(), "the axis took the constant's place");
    }

    #[test]
    fn what_does_not_fit_is_told_without_a_place_in_the_file() {
        for (name, values, word) in [
            ("spare", Values::Numbers(vec![1.0]), "not used"),
            ("source", Values::Sources(vec![Spec::parse("bernoulli:p={q}").unwrap()]), "`q`"),
            ("source", Values::Sources(vec![Spec::parse("bspk").unwrap()]), "did you mean `bpsk`?"),
        ] {
            let error = on(&[(name, values)]).unwrap_err();
            assert!(matches!(&error, Error::Invalid { .. }) && error.to_string().contains(word), "{error}");
        }
    }
}
