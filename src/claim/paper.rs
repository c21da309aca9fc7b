//! Papers: beside its claims a folder has a `paper.toml`, which says in order what the paper
//! states, which claims test each statement, and what came of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::error::{Error, Result, nearest};

/// Name of the file.
pub const FILE: &str = "paper.toml";

/// A paper, or another collection of statements, whose claims stand in one folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// The file that it was read from.
    #[serde(skip)]
    pub path: PathBuf,
    /// Key of its citations: `ABZ26`.
    pub key: String,
    /// Title, without a full stop.
    pub title: String,
    /// Family names, or full ones, in the paper's order; empty for a collection.
    #[serde(default)]
    pub authors: Vec<String>,
    /// Year of publication.
    pub year: Option<i32>,
    /// Where it can be read: a URL.
    pub link: Option<String>,
    /// Its entry for BibTeX.
    pub bibtex: Option<String>,
    /// What it is to the reader of a report.
    #[serde(default)]
    pub kind: PaperKind,
    /// What a reader has to know beforehand: what was not at hand.
    #[serde(default)]
    pub note: String,
    /// What of the paper no claim tests, each in a few words.
    #[serde(default)]
    pub untested: Vec<String>,
    /// What it states, in order.
    #[serde(default, rename = "statement")]
    pub statements: Vec<PaperStatement>,
}

/// What a collection of statements is to the reader of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaperKind {
    /// A paper under test: its statements head the report.
    #[default]
    Paper,
    /// What is known, and calibrates the instruments.
    Instrument,
    /// What was found on the way.
    Findings,
}

/// One statement of a paper, with the claims that test it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperStatement {
    /// Where it stands, or where else it is known from: `v1, Thm. 1`, `[GSV05, Thm. 1]`.
    #[serde(default)]
    pub place: String,
    /// A name or a formula for tables; empty where `says` is short enough.
    #[serde(default)]
    pub short: String,
    /// What the paper says, in words of our own.
    pub says: String,
    /// What tests it, at least one: `ID` for a claim with its controls and breaks, `ID/break-1` for
    /// one section.
    pub tests: Vec<Spanned<String>>,
    /// What came of it.
    pub answer: Spanned<Answer>,
    /// The condition of [`Answer::UnderCondition`], and of no other.
    pub condition: Option<String>,
    /// What else is to be said.
    #[serde(default)]
    pub remark: String,
}

/// What became of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// On every law that was tried, or by proof.
    #[serde(rename = "holds")]
    Holds,
    /// And the two sides are never near each other.
    #[serde(rename = "holds, but is loose")]
    Loose,
    /// Not as stated, but where a further hypothesis is met.
    #[serde(rename = "holds under a condition")]
    UnderCondition,
    /// For a bound on the quantity that is meant, not for the quantity.
    #[serde(rename = "holds for the bound only")]
    BoundOnly,
    /// A counterexample is known.
    #[serde(rename = "fails")]
    Fails,
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Holds => "holds",
            Self::Loose => "holds, but is loose",
            Self::UnderCondition => "holds under a condition",
            Self::BoundOnly => "holds for the bound only",
            Self::Fails => "fails",
        })
    }
}

impl Paper {
    /// Reads the text of a `paper.toml` whose statements name claims and sections among `known`;
    /// `path` only names it.
    ///
    /// # Errors
    /// [`Error::Claim`] with the place: a missing or unknown key, an unknown answer, a test that is
    /// not known or none at all, a condition without its answer or the other way round.
    pub fn parse(path: &Path, text: &str, known: &BTreeSet<String>) -> Result<Self> {
        let error = |span, message: String, help| Error::Claim {
            path: path.to_owned(),
            text: text.to_owned(),
            span,
            message,
            help,
        };
        let mut paper: Self = toml::from_str(text).map_err(|e| {
            error(e.span().unwrap_or(0..0), e.message().trim_end().replace('\n', ", "), None)
        })?;
        paper.path = path.to_owned();
        for statement in &paper.statements {
            if let Some(test) = statement.tests.iter().find(|test| !known.contains(test.get_ref())) {
                let help = nearest(test.get_ref(), known.iter().map(String::as_str));
                let message = format!("`{}` is no claim and no section of one", test.get_ref());
                return Err(error(test.span(), message, help.map(|name| format!("did you mean `{name}`?"))));
            }
            if statement.tests.is_empty() {
                return Err(error(
                    statement.answer.span(),
                    "nothing tests this answer: `tests` is empty".into(),
                    None,
                ));
            }
            if (*statement.answer.get_ref() == Answer::UnderCondition) != statement.condition.is_some() {
                let message = "`condition` and the answer \"holds under a condition\" belong together";
                return Err(error(statement.answer.span(), message.into(), None));
            }
        }
        Ok(paper)
    }
}

/// What a statement may name of claims with these file stems and texts: each claim and each of its
/// sections.
pub fn names<'a>(claims: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (stem, text) in claims {
        let table: toml::Table = text.parse().unwrap_or_default();
        let id = table.get("id").and_then(toml::Value::as_str).unwrap_or(stem);
        names.extend([id.to_owned(), format!("{id}/main")]);
        for kind in ["control", "break"] {
            let sections = table.get(kind).and_then(toml::Value::as_array).map_or(0, Vec::len);
            names.extend((1..=sections).map(|number| format!("{id}/{kind}-{number}")));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::{builtin, builtin_path, line_and_column, papers};

    const TEXT: &str = "key = \"K\"\ntitle = \"T\"\n[[statement]]\nsays = \"s\"\ntests = [\"one\", \"one/break-2\"]\n\
        answer = \"holds\"\n";

    fn known() -> BTreeSet<String> {
        names([
            ("stem", "id = \"one\"\n[[break]]\nwhy = \"a\"\n[[break]]\nwhy = \"b\"\n"),
            ("two", "not = [toml"),
        ])
    }

    #[test]
    fn a_paper_is_read() {
        assert_eq!(
            known().into_iter().collect::<Vec<_>>().join(" "),
            "one one/break-1 one/break-2 one/main two two/main"
        );
        let paper = Paper::parse(Path::new("p.toml"), TEXT, &known()).unwrap();
        assert_eq!((paper.key.as_str(), paper.statements.len()), ("K", 1));
        assert_eq!(*paper.statements[0].answer.get_ref(), Answer::Holds);
    }

    /// Each damage to the text: the place and the words of the answer.
    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let cases = [
            ("one/break-2", "one/break-3", 5, "`one/break-3` is no claim"),
            ("\"one\", ", "\"owe\", ", 5, "`owe` is no claim"),
            ("[\"one\", \"one/break-2\"]", "[]", 6, "nothing tests"),
            ("\"holds\"", "\"holds under a condition\"", 6, "belong together"),
            ("\"holds\"", "\"holds\"\ncondition = \"c\"", 6, "belong together"),
            ("\"holds\"", "\"true\"", 6, "unknown variant `true`"),
            ("says", "said", 4, "unknown field `said`"),
            ("says = \"s\"\n", "", 3, "missing field `says`"),
            ("title = \"T\"", "title = 3", 2, "expected a string"),
        ];
        for (from, to, line, words) in cases {
            let text = TEXT.replace(from, to);
            match Paper::parse(Path::new("p.toml"), &text, &known()) {
                Err(Error::Claim { span, message, .. }) => {
                    assert!(message.contains(words), "{to}: {message}");
                    assert_eq!(line_and_column(&text, span.start).0, line, "{to}: {message}");
                }
                other => panic!("{to}: {other:?}"),
            }
        }
    }

    /// Every shipped claim tests a statement of the paper in whose folder it stands; the keys are
    /// all different.
    #[test]
    fn every_claim_belongs_to_a_statement() {
        for (id, _) in builtin() {
            let path = builtin_path(id).unwrap();
            let paper =
                papers().iter().find(|paper| paper.path.parent() == path.parent()).expect("a paper.toml");
            let tests = paper.statements.iter().flat_map(|statement| &statement.tests);
            let claims: BTreeSet<&str> =
                tests.map(|test| test.get_ref().split('/').next().unwrap()).collect();
            assert!(claims.contains(id), "{id} tests no statement of {}", paper.path.display());
        }
        let keys: BTreeSet<&str> = papers().iter().map(|paper| paper.key.as_str()).collect();
        assert_eq!(keys.len(), papers().len());
    }
}
