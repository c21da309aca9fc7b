//! The words of a report on papers that page, terminal and exports share.

use super::digits;
use super::model::{AnswerStanding, PaperReport, StatementReport};
use super::model::{Report, SectionReport};
use crate::claim::Answer;
use crate::claim::verdict::Verdict;

/// The sign of an answer: a disc that is full, ringed, half, half and none; so it reads without
/// colour.
pub fn sign(statement: &StatementReport) -> char {
    match (statement.standing, statement.answer) {
        (AnswerStanding::AsStated, Answer::Holds) => '●',
        (AnswerStanding::AsStated, Answer::Loose) => '◉',
        (AnswerStanding::AsStated, Answer::UnderCondition) => '◐',
        (AnswerStanding::AsStated, Answer::BoundOnly) => '◒',
        (AnswerStanding::AsStated, Answer::Fails) => '✗',
        (AnswerStanding::NotAsStated, _) => '‼',
        (AnswerStanding::InPart, _) => '◌',
        _ => '?',
    }
}

/// Authors and year.
pub fn byline(paper: &PaperReport) -> String {
    let authors = paper.authors.join(", ");
    match paper.year {
        Some(year) if !authors.is_empty() => format!("{authors}, {year}"),
        Some(year) => year.to_string(),
        None => authors,
    }
}

/// A link in short: `arXiv 2601.21943`, or the address without its scheme.
pub fn shown(link: &str) -> String {
    let bare = link.trim_start_matches("https://").trim_start_matches("http://");
    bare.strip_prefix("arxiv.org/abs/").map_or_else(|| bare.to_owned(), |number| format!("arXiv {number}"))
}

/// One sentence over all statements: "Of its 14 statements 8 hold, 1 holds but is loose, …".
pub fn sentence(paper: &PaperReport) -> String {
    let tested = paper.statements.iter().filter(|s| s.standing != AnswerStanding::NotTested).count();
    let phrase = |(word, n): &(String, usize)| {
        let many = *n > 1;
        match word.as_str() {
            "holds" if many => format!("{n} hold"),
            "holds, but is loose" if many => format!("{n} hold but are loose"),
            "holds, but is loose" => format!("{n} holds but is loose"),
            "fails" if many => format!("{n} fail"),
            word if word.starts_with("holds ") && many => format!("{n} hold{}", &word["holds".len()..]),
            "holds" | "fails" => format!("{n} {word}"),
            word if word.starts_with("holds ") => format!("{n} {word}"),
            "not as stated" => format!("{n} did not come out as stated"),
            "tested in part" => format!("{n} {} tested in part", if many { "were" } else { "was" }),
            word => format!("{n} {} {word}", if many { "are" } else { "is" }),
        }
    };
    let mut parts: Vec<String> =
        paper.tally().iter().filter(|(word, _)| word != "not tested").map(phrase).collect();
    let last = parts.pop().unwrap_or_default();
    let listed = if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) };
    let all = paper.statements.len();
    let of = match (tested, all) {
        (0, _) => return "None of its statements was tested in this run.".into(),
        (1, 1) => "Its one statement".to_owned(),
        (n, all) if n == all => format!("Of its {all} statements"),
        (n, all) => format!("Of its {all} statements {n} {} tested:", if n == 1 { "was" } else { "were" }),
    };
    if tested == 1 && all == 1 {
        return format!("{of} {}.", listed.trim_start_matches("1 "));
    }
    if let [(word, n)] = &paper.tally()[..]
        && word == "holds"
        && *n == all
    {
        return format!("All its {all} statements hold.");
    }
    let fails = paper.statements.iter().any(|s| s.answer == Answer::Fails);
    let clean = paper.statements.iter().all(|s| s.standing == AnswerStanding::AsStated);
    let none = if clean && !fails { " None fails outright." } else { "" };
    format!("{of} {listed}.{none}")
}

/// The run in one line, of claims alone.
pub fn outcome(report: &Report) -> String {
    let total = report.claims.len();
    let as_expected = report.claims.iter().filter(|c| c.ok).count();
    let claims = format!("{} claims", digits::count(total as u64));
    match (total, total - as_expected) {
        (0, _) => "No claims were tested".into(),
        (1, 0) => "The claim came out as expected".into(),
        (_, 0) => format!("All {claims} came out as expected"),
        (1, _) => "The claim did not come out as expected".into(),
        (_, 1) => format!("1 of {claims} did not come out as expected"),
        (_, n) => format!("{n} of {claims} did not come out as expected"),
    }
}

/// How many controls, and how many breaks, were refuted, each beside how many there are.
pub fn refuted(report: &Report) -> ([usize; 2], [usize; 2]) {
    let count = |sections: Vec<&SectionReport>| {
        [sections.iter().filter(|s| s.verdict == Verdict::Refuted).count(), sections.len()]
    };
    (
        count(report.claims.iter().flat_map(|c| &c.controls).collect()),
        count(report.claims.iter().flat_map(|c| &c.breaks).collect()),
    )
}
