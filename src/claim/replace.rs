//! A claim's main statement on other axes: what a probe asks for.

use std::path::Path;

use toml::Spanned;

use crate::claim::axis::{Value, Written};
use crate::claim::case::Claim;
use crate::claim::file::Statement;
use crate::claim::merged::Merged;
use crate::claim::sources::Sources;
use crate::claim::value::Reader;
use crate::error::{Error, Result};
use crate::spec::Spec;

/// An axis that takes the place of the claim's axis (or constant) of that name, or stands beside them.
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
        let values: Vec<Value> = match &self.values {
            Values::Sources(specs) => specs.iter().cloned().map(Value::Source).collect(),
            Values::Words(words) => words.iter().cloned().map(Value::Text).collect(),
            Values::Numbers(numbers) => numbers.iter().copied().map(Value::Number).collect(),
        };
        Written {
            name: self.name.clone(),
            name_span: 0..0,
            values: values.into_iter().map(|value| Spanned::new(0..0, value)).collect(),
        }
    }
}

/// Reads a claim's text and expands its main statement over its first grid with `replacements` in place; controls, breaks
/// and further grids are left out. `path` only names the file.
///
/// Sources are built, through `sources`, once each.
///
/// # Errors
/// As [`super::parse`]; [`Error::Invalid`] for a replacement that the statement does not use, and for values that it cannot take.
pub fn parse_on(path: &Path, text: &str, replacements: &[Replacement], sources: &mut Sources) -> Result<Claim> {
    let mut reader = Reader { text, points: 0, problems: Default::default() };
    let file = reader.file(path);
    if let Some(error) = std::mem::take(&mut reader.problems).into_error(path, text) {
        return Err(error);
    }
    let mut file = file.expect("a file that cannot be read has a problem");
    for replacement in replacements {
        file.main.constants.remove(&replacement.name);
    }
    let own = Statement { axes: replacements.iter().map(Replacement::written).collect(), ..Statement::default() };
    let main = Merged::new(&file.main, Some(&own)).section(file.expected, &mut reader, sources);
    match reader.problems.into_error(path, text) {
        None => Ok(Claim {
            path: path.to_owned(),
            main,
            controls: Vec::new(),
            breaks: Vec::new(),
            id: file.id,
            title: file.title,
            statement: file.statement,
            cite: file.cite,
            origin: file.origin,
            assumes: file.assumes,
            remark: file.remark,
        }),
        // The claim's own text was in order: what is wrong came from outside, and has no place in it.
        Some(Error::Claim { message, help, .. }) => {
            let help = help.map_or(String::new(), |help| format!(" ({help})"));
            Err(Error::invalid(format!("`{}` on these axes", file.id), format!("{message}{help}")))
        }
        Some(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::Axis;

    const TEXT: &str = "id = \"trial\"\ntitle = \"t\"\nstatement = \"s\"\ncite = \"c\"\norigin = \"klaim\"\n\
        lhs = \"mmse\"\nrelation = \"<=\"\nrhs = \"C * shannon\"\nconstants = { C = 2 }\n\
        [[over]]\nsource = [\"simplex:atoms={atoms}\"]\natoms = [2, 4]\nsnr = [1, 2, 3]\n\
        [[over]]\nsource = [\"bpsk\"]\nsnr = [7]\n[[control]]\nwhy = \"w\"\nconstants = { C = 0.1 }\n";

    fn on(replacements: &[(&str, Values)]) -> Result<Claim> {
        let list: Vec<Replacement> = replacements
            .iter()
            .map(|(name, values)| Replacement { name: (*name).into(), values: values.clone() })
            .collect();
        parse_on(Path::new("trial.toml"), TEXT, &list, &mut Sources::default())
    }

    #[test]
    fn the_statement_moves_to_other_axes() {
        let source = Values::Sources(vec![Spec::parse("bernoulli:p={p}").unwrap()]);
        let claim =
            on(&[("source", source), ("p", Values::Numbers(vec![0.1, 0.2])), ("C", Values::Numbers(vec![5.0]))])
                .unwrap();
        assert_eq!(
            (claim.main.cases.len(), claim.controls.len()),
            (6, 0),
            "two p, three SNRs, nothing of the other grid"
        );
        let axes = &claim.main.cases[5].axes;
        assert_eq!(axes["source"], Axis::Text("bernoulli:p=0.2".into()));
        assert_eq!((&axes["C"], &axes["snr"]), (&Axis::Number(5.0), &Axis::Number(3.0)));
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
