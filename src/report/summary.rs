//! The summary that `verify` prints to a terminal: no line is wider than 80 columns, no word is broken,
//! verdicts and answers are a sign and a word.

use super::answers::{self, sign};
use super::digits;
use super::edges::words as edge;
use super::exponents;
use super::measured::{counts, measured, strongest};
use super::model::{AnswerStanding, ClaimReport, PaperReport, Report, SectionReport, StatementReport};
use super::papers::EvidenceRole;
use super::tightness::{left_out, telling};
use super::wording::{exit_meaning, interrupted, symbol, unranked, words};
use crate::claim::PaperKind;
use crate::claim::verdict::Verdict;

/// Columns of a terminal.
const WIDTH: usize = 80;
/// Families that must share a scaling for a paragraph of its own here; the page shows every one.
const FAMILIES: usize = 3;

impl std::fmt::Display for Report {
    /// [`summary`].
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&summary(self))
    }
}

/// A line per claim, the exponents, what did not come out as expected and why, then the answers to the
/// statements of the papers and the exit status's meaning.
pub fn summary(report: &Report) -> String {
    let mut text = claims(report) + &scalings(report);
    for claim in report.claims.iter().filter(|c| left_out(&c.main).is_some_and(|left| left.tighter > 0)) {
        text.push_str(&wrapped(&format!("{}: {}", claim.header.id, unranked(&claim.main)), "", "  "));
    }
    for claim in report.claims.iter().filter(|claim| claim.main.left_out > 0) {
        let told = format!(
            "{}: {} combinations do not satisfy `where` ({}) and are no cases",
            claim.header.id,
            digits::count(claim.main.left_out as u64),
            claim.main.hypotheses.join(", ")
        );
        text.push_str(&wrapped(&told, "", "  "));
    }
    for (claim, name, section) in report.sections().filter(|(_, _, section)| !section.ok) {
        text.push_str(&surprise(claim, &name, section));
    }
    for paper in &report.papers {
        text.push_str(&format!("\n{}", answered(report, paper)));
    }
    if report.run.interrupted {
        text.push_str(&wrapped(&interrupted(report), "\n", ""));
    }
    text + "\n" + &wrapped(&line(report), "", "")
}

/// A run in one line: what was tested, at which level, and what its exit status says.
pub fn line(report: &Report) -> String {
    let (n, run) = (report.claims.len(), &report.run);
    format!(
        "{n} claim{}, {} comparisons at level α = {}, seed {}, {}: {}",
        if n == 1 { "" } else { "s" },
        digits::count(run.comparisons),
        digits::plain(run.level, 4),
        run.seed,
        run.backend,
        exit_meaning(report.exit)
    )
}

/// `text` broken at spaces alone, `first` before its first line and `rest` before the others, with a
/// final newline. A word that is longer than a line keeps its own.
fn wrapped(text: &str, first: &str, rest: &str) -> String {
    let (mut lines, mut line) = (String::new(), first.to_owned());
    let mut empty = true;
    for word in text.split(' ') {
        let width = line.trim_start_matches('\n').chars().count();
        if !empty && width + 1 + word.chars().count() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = rest.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines + &line + "\n"
}

/// A text cut to so many columns.
fn cut(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    text.chars().take(columns - 1).chain(['…']).collect()
}

/// A line per claim: verdict, name, cases, what it comes to, controls and breaks refuted.
fn claims(report: &Report) -> String {
    let names = report.claims.iter().map(|c| c.header.id.chars().count()).max().unwrap_or(0).clamp(5, 30);
    let rest = WIDTH - names - 22;
    let mut text =
        format!("  {:names$} {:>5} {:rest$} {:>6} {:>5}\n", "claim", "cases", "comes to", "ctrls", "brks");
    for claim in &report.claims {
        let main = &claim.main;
        let told = if main.ok && main.expected == Verdict::Supported {
            measured(main)
        } else {
            format!("{}, expected {}; {}", main.verdict, main.expected, measured(main))
        };
        let margin = match counts(main).on_margin {
            0 => String::new(),
            n => format!("{n} by margin; "),
        };
        let proved = match claim.proved() {
            0 => String::new(),
            n => format!("{n} proved; "),
        };
        let looked_at = |sections: &[SectionReport]| sections.iter().any(|s| !s.rows.is_empty());
        let tally = |sections: &[SectionReport]| match sections.len() {
            0 => "–".to_owned(),
            _ if !looked_at(sections) => "–".to_owned(),
            all => {
                let refuted = sections.iter().filter(|s| s.verdict == Verdict::Refuted).count();
                format!("{refuted}/{all}")
            }
        };
        text.push_str(&format!(
            "{} {:names$} {:>5} {:rest$} {:>6} {:>5}\n",
            symbol(main.verdict),
            cut(&claim.header.id, names),
            digits::count(main.rows.len() as u64),
            cut(&plain(&(proved + &margin + &told)), rest),
            tally(&claim.controls),
            tally(&claim.breaks)
        ));
    }
    text
}

/// The marks of markup taken out: `H_½`, `γ²`.
fn plain(text: &str) -> String {
    text.replace(['{', '}'], "")
}

/// A paragraph per scaling with the exponent of each family; empty without scaling claims.
fn scalings(report: &Report) -> String {
    let found = exponents::table(report).shared_by(FAMILIES);
    let paragraph = |(column, scaling): (usize, &exponents::Scaling)| {
        let of = |(family, cells): &(String, Vec<Vec<exponents::Exponent>>)| {
            let measured =
                cells[column].iter().map(|e| format!("{}{}", symbol(e.row.verdict), e.interval()));
            let measured = measured.collect::<Vec<_>>().join(", ");
            (!measured.is_empty()).then(|| format!("{family} {measured}"))
        };
        let families = found.families.iter().filter_map(of).collect::<Vec<_>>().join("; ");
        wrapped(&format!("exponents of {} against {}: {families}", scaling.lhs, scaling.against), "\n", "  ")
    };
    found.scalings.iter().enumerate().map(paragraph).collect()
}

/// What a section that came out otherwise says of itself: the telling row, its reason, its replay.
fn surprise(claim: &ClaimReport, name: &str, section: &SectionReport) -> String {
    let mut text = format!(
        "{} {}, {name}: {}, expected {}",
        symbol(section.verdict),
        claim.header.id,
        section.verdict,
        section.expected
    );
    let Some(row) = telling(section) else { return wrapped(&text, "\n", "  ") };
    text.push_str(&format!("; {}", words(section, row)));
    if !row.reason.is_empty() {
        text.push_str(&format!(" ({})", row.reason));
    }
    // A command stays on one line, to be copied.
    wrapped(&text, "\n", "  ") + &format!("  replay: {}\n", row.replay)
}

/// A paper: its title, the answers to its statements one by one, the sentence over them all; of what
/// is no paper the sentence alone, and what is not as stated.
fn answered(report: &Report, paper: &PaperReport) -> String {
    let byline = answers::byline(paper);
    let title = if byline.is_empty() { paper.title.clone() } else { format!("{}. {byline}", paper.title) };
    let mut text = wrapped(&title, "", "");
    for (k, s) in paper.statements.iter().enumerate() {
        let telling = paper.kind == PaperKind::Paper || s.standing == AnswerStanding::NotAsStated;
        if telling && s.standing != AnswerStanding::NotTested {
            text.push_str(&statement(report, k, s));
        }
    }
    text + &wrapped(&answers::sentence(paper), "", "")
}

/// A statement with its answer in one line, its figures in another.
fn statement(report: &Report, k: usize, s: &StatementReport) -> String {
    let evidence = s.evidence(&report.claims);
    let condition = match (&s.condition, s.standing) {
        (Some(condition), AnswerStanding::AsStated) => format!(": {condition}"),
        _ => String::new(),
    };
    let head = format!("{} — {}{condition}", plain(s.name()), s.word());
    let mains = evidence.iter().filter(|e| e.role == EvidenceRole::Main).map(|e| measured(e.section));
    let mut figures: Vec<String> = mains.filter(|says| !says.is_empty()).take(1).collect();
    let stated = || evidence.iter().filter(|e| e.role != EvidenceRole::Control);
    let broken = stated().flat_map(|e| &e.claim.edges).map(edge).next();
    let broken = broken
        .or_else(|| stated().find_map(|e| strongest(e.section)).map(|(_, says)| format!("breaks: {says}")));
    figures.extend(broken);
    let figures = if figures.is_empty() {
        String::new()
    } else {
        wrapped(&plain(&figures.join("; ")), "       ", "       ")
    };
    wrapped(&plain(&head), &format!("{:>3}. {} ", k + 1, sign(s)), "       ") + &figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_alone() {
        let text = format!("{} --a-flag-with-hyphens {}", "word ".repeat(15).trim_end(), "x".repeat(90));
        let lines: Vec<String> = wrapped(&text, "1. ", "   ").lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[1].trim() == "--a-flag-with-hyphens" && lines[2].trim().len() == 90);
    }
}
