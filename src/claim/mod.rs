//! The claim language: a TOML file states a theorem, and expands into cases before the first random
//! draw.
//!
//! `file` reads and types every key, `names` gives meaning to the names, `expand` combines the
//! axes. Each notes what is wrong and goes on, so that one error shows the first problem and lists
//! the others.

pub mod algebra;
mod alternatives;
mod axis;
pub mod case;
pub mod enclosure;
mod every;
mod expand;
pub mod expression;
mod file;
mod hypothesis;
mod inequality;
mod meaning;
mod merged;
mod names;
mod outcome;
pub mod paper;
mod problem;
mod replace;
pub mod schema;
mod section;
mod sources;
pub mod statement;
mod syntax;
pub mod tree;
pub mod trend;
mod value;
pub mod verdict;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use xxhash_rust::xxh3::xxh3_64;

pub use crate::quantity::axis::AxisValue;
pub use case::{Bound, Case, Claim, ClaimHeader, Hypothesis, Input, Point, Section, SlopeStatement};
pub use expression::{Expression, ExpressionError};
pub use hypothesis::{Deciding, all_hold};
pub use inequality::Inequality;
pub use outcome::{Outcome, ProofFile, Ratio};
pub use paper::{Answer, Paper, PaperKind};
pub use problem::line_and_column;
pub use replace::{ClaimFile, Replacement, Values};
pub use sources::Sources;
pub use syntax::FUNCTIONS;

use crate::claim::verdict::Verdict;
use crate::error::{Error, Result};
use crate::table::files;
use merged::Merged;
use value::ClaimReader;

/// The claims of `verify/`, as they were when the program was built.
static VERIFY: Dir = include_dir!("$CARGO_MANIFEST_DIR/verify");

/// The built-in claims: id (the name of the file, which is unique over the folders of `verify/`)
/// and text, folder by folder, each in alphabetical order.
pub fn builtin() -> &'static [(&'static str, &'static str)] {
    static CLAIMS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
        let mut claims = Vec::new();
        gather(&VERIFY, &mut claims);
        claims.into_iter().map(|(_, id, text)| (id, text)).collect()
    });
    &CLAIMS
}

/// Path (under `verify/`) of the built-in claim `id`; `None` where there is none of that name.
pub fn builtin_path(id: &str) -> Option<PathBuf> {
    let mut claims = Vec::new();
    gather(&VERIFY, &mut claims);
    claims.into_iter().find(|(_, found, _)| *found == id).map(|(path, ..)| Path::new("verify").join(path))
}

/// The papers of the built-in claims, in the order of [`builtin`].
pub fn papers() -> &'static [Paper] {
    static PAPERS: LazyLock<Vec<Paper>> = LazyLock::new(|| {
        let known = paper::names(builtin().iter().copied());
        let mut folders: Vec<_> = VERIFY.dirs().collect();
        folders.sort_unstable_by_key(|folder| folder.path());
        let files =
            folders.into_iter().filter_map(|folder| folder.get_file(folder.path().join(paper::FILE)));
        let read = |file: &include_dir::File| {
            let text = file.contents_utf8().expect("a paper.toml is UTF-8");
            Paper::parse(&Path::new("verify").join(file.path()), text, &known)
                .unwrap_or_else(|e| panic!("{e}"))
        };
        files.map(read).collect()
    });
    &PAPERS
}

/// What `verify/REFERENCES.md` lists: keys of citations and works.
pub fn references() -> &'static [(&'static str, &'static str)] {
    static REFERENCES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
        let text = VERIFY.get_file("REFERENCES.md").and_then(|file| file.contents_utf8()).unwrap_or("");
        let entry = |line: &'static str| {
            let (key, work) = line.strip_prefix("| [")?.split_once(']')?;
            let work = work.split_once('|')?.1.trim().trim_end_matches('|').trim_end();
            Some((key, work))
        };
        text.lines().filter_map(entry).collect()
    });
    &REFERENCES
}

/// Reads the `paper.toml` at `path`; its statements name built-in claims and those beside it.
///
/// # Errors
/// [`Error::Io`], and whatever [`Paper::parse`] finds.
pub fn load_paper(path: &Path) -> Result<Paper> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let read = |path: &Path| {
        // What is not built in travels with a plan.
        if !papers().iter().any(|paper| paper.path.parent() == Some(folder)) {
            files::note(path)?;
        }
        std::fs::read_to_string(files::place(path)).map_err(Error::io(path))
    };
    let text = read(path)?;
    let mut beside = files::brought(folder);
    if beside.is_empty() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let entries = std::fs::read_dir(folder).map_err(Error::io(folder))?;
        let name = |entry: std::io::Result<std::fs::DirEntry>| Ok(path.with_file_name(entry?.file_name()));
        beside = entries.map(name).collect::<Result<_, _>>().map_err(Error::io(folder))?;
        beside.sort();
    }
    let mut known = paper::names(builtin().iter().copied());
    for claim in beside.iter().filter(|beside| *beside != path) {
        let stem = claim.file_name().and_then(|name| name.to_str()?.strip_suffix(".toml"));
        if let Some((stem, text)) = stem.and_then(|stem| Some((stem, read(claim).ok()?))) {
            known.extend(paper::names([(stem, text.as_str())]));
        }
    }
    Paper::parse(path, &text, &known)
}

/// The papers in whose folders these claims stand, each once, in the order of the claims: a
/// `paper.toml` beside a claim's file, else that of the built-in claims.
///
/// # Errors
/// Those of [`load_paper`] for a `paper.toml` that is there.
pub fn papers_of(claims: &[Claim]) -> Result<Vec<Paper>> {
    let mut found: Vec<Paper> = Vec::new();
    for claim in claims {
        let path = claim.path.with_file_name(paper::FILE);
        if found.iter().any(|paper| paper.path == path) {
            continue;
        }
        let built_in = || papers().iter().find(|paper| paper.path == path).cloned();
        found.extend(if files::place(&path).exists() { Some(load_paper(&path)?) } else { built_in() });
    }
    Ok(found)
}

/// Adds the claim files of `folder` in alphabetical order, then those of its folders.
fn gather(folder: &'static Dir, claims: &mut Vec<(&'static Path, &'static str, &'static str)>) {
    let first = claims.len();
    claims.extend(folder.files().filter_map(|file| {
        let name = file.path().file_name()?.to_str()?;
        let id = name.strip_suffix(".toml").filter(|_| name != paper::FILE)?;
        Some((file.path(), id, file.contents_utf8().expect("a claim file is UTF-8")))
    }));
    claims[first..].sort_unstable();
    let mut folders: Vec<_> = folder.dirs().collect();
    folders.sort_unstable_by_key(|inner| inner.path());
    folders.into_iter().for_each(|inner| gather(inner, claims));
}

/// Reads and expands the claim file at `path`.
///
/// # Errors
/// [`Error::Io`], and whatever [`parse`] finds.
pub fn load(path: &Path, sources: &mut Sources) -> Result<Claim> {
    let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    parse(path, &text, sources)
}

/// Reads and expands a claim's text; `path` only names it.
///
/// Sources are built, through `sources`, once each.
///
/// # Errors
/// [`Error::Claim`] at the first problem of the file, the others listed in its help.
pub fn parse(path: &Path, text: &str, sources: &mut Sources) -> Result<Claim> {
    let mut reader = ClaimReader { text, points: 0, problems: Default::default() };
    let file = reader.file(path);
    let claim = file.map(|file| {
        let mut main = Merged::new(&file.main, None).section(file.expected, &mut reader, sources);
        for grid in &file.main.further {
            let further = Merged::on(&file.main, grid).section(file.expected, &mut reader, sources);
            main.cases.extend(further.cases);
            main.every.extend(further.every);
        }
        let mut deciding = Deciding::default();
        let mut others = |statements: &[file::Statement]| {
            let each = statements.iter().map(|s| Merged::new(&file.main, Some(s)));
            let sections = each.map(|merged| {
                let mut section = merged.section(Verdict::Refuted, &mut reader, sources);
                reader.keep_satisfied(&mut section, merged.span(), &mut deciding);
                section
            });
            sections.collect::<Vec<_>>()
        };
        let [controls, breaks] = [&file.controls, &file.breaks].map(|list| others(list));
        reader.keep_satisfied(&mut main, 0..0, &mut deciding);
        let hash = xxh3_64(text.as_bytes());
        Claim { header: file.header, path: path.to_owned(), hash, main, controls, breaks }
    });
    match reader.problems.into_error(path, text) {
        Some(error) => Err(error),
        None => Ok(claim.expect("a file that cannot be read has a problem")),
    }
}

impl ClaimReader<'_> {
    /// Leaves out what does not satisfy the hypotheses; notes where that leaves nothing.
    fn keep_satisfied(&mut self, section: &mut Section, span: Range<usize>, deciding: &mut Deciding) {
        if let Err(error) = section.keep_satisfied(deciding) {
            self.problems.add(span, error.to_string());
        } else if section.cases.is_empty() && section.left_out > 0 {
            let message = format!(
                "no combination of the axes satisfies `where`: all {} are left out",
                section.left_out
            );
            let help = "widen the axes, or give this section a `where` of its own (\"\" for none)";
            self.problems.add_with_help(span, message, help);
        }
    }
}

impl Claim {
    /// The claim that `text` states in TOML.
    ///
    /// # Errors
    /// [`Error::Claim`] at the first problem of the text, the others listed in its help.
    pub fn parse(text: &str) -> Result<Self> {
        parse(Path::new("claim.toml"), text, &mut Sources::default())
    }

    /// The claim of a file.
    ///
    /// # Errors
    /// [`Error::Io`], and those of [`Claim::parse`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        load(path.as_ref(), &mut Sources::default())
    }
}

#[cfg(test)]
mod tests;
