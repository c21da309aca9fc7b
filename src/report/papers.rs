//! Papers in a report: each statement with its answer, and whether the run bears it out.

use super::model::{AnswerStanding, ClaimReport, PaperReport, SectionReport, StatementReport};
use crate::claim::case::named_sections;
use crate::claim::paper::PaperStatement;
use crate::claim::verdict::Verdict;
use crate::claim::{Answer, Paper};

/// A section of a claim that tests a statement.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The claim.
    pub claim: &'a ClaimReport,
    /// One of its sections.
    pub section: &'a SectionReport,
    /// Which one.
    pub role: EvidenceRole,
    /// Its number among those of its role, from 1.
    pub number: usize,
}

/// What a section is to its claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceRole {
    /// The claim itself.
    Main,
    /// A false neighbour.
    Control,
    /// Where the claim must fail.
    Break,
}

/// What `claims` say of the statements of `papers`, in the papers' order.
pub fn papers(papers: &[Paper], claims: &[ClaimReport]) -> Vec<PaperReport> {
    let answered = |statement: &PaperStatement| {
        let mut found = StatementReport {
            place: statement.place.clone(),
            short: one_line(&statement.short),
            says: one_line(&statement.says),
            tests: statement.tests.iter().map(|test| test.get_ref().clone()).collect(),
            answer: *statement.answer.get_ref(),
            condition: statement.condition.as_deref().map(one_line),
            remark: one_line(&statement.remark),
            standing: AnswerStanding::NotTested,
        };
        found.standing = standing(&found, claims);
        found
    };
    let report = |paper: &Paper| PaperReport {
        key: paper.key.clone(),
        title: paper.title.clone(),
        authors: paper.authors.clone(),
        year: paper.year,
        link: paper.link.clone(),
        bibtex: paper.bibtex.clone(),
        kind: paper.kind,
        note: one_line(&paper.note),
        untested: paper.untested.clone(),
        statements: paper.statements.iter().map(answered).collect(),
    };
    papers.iter().map(report).collect()
}

/// Text of several lines as one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn standing(statement: &StatementReport, claims: &[ClaimReport]) -> AnswerStanding {
    let run = |test: &&String| !evidence(test, claims).is_empty();
    let (all, present) = (statement.tests.len(), statement.tests.iter().filter(run).count());
    let found = statement.evidence(claims);
    let failed = |e: &&Evidence| e.role != EvidenceRole::Control && e.section.verdict == Verdict::Refuted;
    let lacks = match statement.answer {
        Answer::UnderCondition | Answer::BoundOnly | Answer::Fails => !found.iter().any(|e| failed(&e)),
        Answer::Holds | Answer::Loose => false,
    };
    let unlike = |e: &Evidence| !e.section.ok && e.section.verdict != Verdict::Inconclusive;
    match () {
        () if present == 0 => AnswerStanding::NotTested,
        () if found.iter().any(unlike) => AnswerStanding::NotAsStated,
        () if found.iter().any(|e| !e.section.ok) => AnswerStanding::Undecided,
        () if present < all => AnswerStanding::InPart,
        () if lacks => AnswerStanding::NotAsStated,
        () => AnswerStanding::AsStated,
    }
}

/// The sections that `test` names (`ID`, `ID/main`, `ID/break-2`), as far as they were run.
fn evidence<'a>(test: &str, claims: &'a [ClaimReport]) -> Vec<Evidence<'a>> {
    let (id, wanted) = test.split_once('/').map_or((test, None), |(id, section)| (id, Some(section)));
    let Some(claim) = claims.iter().find(|claim| claim.header.id == id) else { return Vec::new() };
    let sections = named_sections(&claim.main, &claim.controls, &claim.breaks);
    let named = sections.filter(|(name, _)| wanted.is_none_or(|wanted| wanted == name));
    named
        .map(|(name, section)| {
            let (kind, number) = name.split_once('-').unwrap_or((&name, "1"));
            let role = match kind {
                "control" => EvidenceRole::Control,
                "break" => EvidenceRole::Break,
                _ => EvidenceRole::Main,
            };
            Evidence { claim, section, role, number: number.parse().unwrap_or(1) }
        })
        .collect()
}

impl PaperReport {
    /// How often each word is the answer: pairs of word and number, in the order of the words, the
    /// answers that are not borne out last.
    pub fn tally(&self) -> Vec<(String, usize)> {
        const WORDS: [Answer; 5] =
            [Answer::Holds, Answer::Loose, Answer::UnderCondition, Answer::BoundOnly, Answer::Fails];
        let count = |of: &dyn Fn(&StatementReport) -> bool| self.statements.iter().filter(|s| of(s)).count();
        let words = WORDS.map(|word| {
            let said = |s: &StatementReport| s.standing == AnswerStanding::AsStated && s.answer == word;
            (word.to_string(), count(&said))
        });
        let others = [
            AnswerStanding::NotAsStated,
            AnswerStanding::Undecided,
            AnswerStanding::InPart,
            AnswerStanding::NotTested,
        ];
        let others = others.map(|standing| (standing.to_string(), count(&|s| s.standing == standing)));
        words.into_iter().chain(others).filter(|(_, n)| *n > 0).collect()
    }
}

impl StatementReport {
    /// The sections that test it, in the order of its tests, as far as they were run.
    pub fn evidence<'a>(&self, claims: &'a [ClaimReport]) -> Vec<Evidence<'a>> {
        self.tests.iter().flat_map(|test| evidence(test, claims)).collect()
    }

    /// The name in tables: `short`, or the statement up to its first pause.
    pub fn name(&self) -> &str {
        let pause = self.says.find([',', ':', ';', '.']).unwrap_or(self.says.len());
        if self.short.is_empty() { &self.says[..pause] } else { &self.short }
    }

    /// The answer where the run bears it out, else why there is none.
    pub fn word(&self) -> String {
        match self.standing {
            AnswerStanding::AsStated => self.answer.to_string(),
            other => other.to_string(),
        }
    }
}
