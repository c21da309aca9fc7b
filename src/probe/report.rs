//! What a probe found, and its forms: JSON, CSV and the text that a terminal shows.

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::claim::verdict::Verdict;
use crate::claim::{Claim, Outcome, Ratio};
use crate::numeric::number;
use crate::probe::boundary::{Boundary, BreakSide};
use crate::probe::disproof::Disproof;
use crate::probe::found::SearchReport;
use crate::probe::place::{DIGITS, PlaceOutcome};
use crate::probe::sweep::Sweep;
use crate::report::model::Run;
use crate::report::wording::symbol;
use crate::report::{csv, digits};

/// A whole probe; its JSON form is `probe.json` and what `--format json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct ProbeReport {
    /// Id of the claim.
    pub claim: String,
    /// Its statement in Unicode.
    pub statement: String,
    /// The inequality as the file writes it, with its constants.
    pub formula: String,
    /// The source template.
    pub source: String,
    /// Settings of the run.
    pub run: Run,
    /// Names of the varied parameters, the one along the boundaries first.
    pub parameters: Vec<String>,
    /// Changes of the verdict.
    pub boundaries: Vec<Boundary>,
    /// The finding with the largest ratio.
    pub largest: Option<PlaceOutcome>,
    /// Every point of the map, the first parameter fastest.
    pub map: Vec<PlaceOutcome>,
    /// Points that do not satisfy the claim's hypotheses; they are not in the map.
    #[serde(skip_serializing_if = "crate::report::model::is_zero")]
    pub outside: usize,
    /// What a search found, where one was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchReport>,
    /// What interval arithmetic says of the counterexamples; `None` where it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disproofs: Option<Vec<Disproof>>,
}

impl ProbeReport {
    /// The report of a sweep of `claim` (as the statement expands it anywhere).
    pub fn new(claim: &Claim, source: &str, sweep: Sweep, run: Run) -> Self {
        Self {
            claim: claim.header.id.clone(),
            statement: claim.header.statement.clone(),
            formula: formula(claim),
            source: source.to_owned(),
            run: Run { comparisons: sweep.comparisons, ..run },
            parameters: sweep.parameters.iter().map(|p| p.name.clone()).collect(),
            largest: sweep.largest().cloned(),
            boundaries: sweep.boundaries,
            map: sweep.map,
            outside: sweep.outside,
            search: None,
            disproofs: None,
        }
    }

    /// The report of a search on `claim`.
    pub fn of_search(claim: &Claim, search: SearchReport, comparisons: u64, run: Run) -> Self {
        Self {
            claim: claim.header.id.clone(),
            statement: claim.header.statement.clone(),
            formula: formula(claim),
            source: format!("laws of at most {} atoms in at most {} dimensions", search.atoms, search.dim),
            run: Run { comparisons, ..run },
            parameters: Vec::new(),
            boundaries: Vec::new(),
            largest: Some(search.found.finding.clone()),
            map: std::iter::once(&search.found)
                .chain(&search.shrunk)
                .map(|law| law.finding.clone())
                .collect(),
            outside: 0,
            search: Some(search),
            disproofs: None,
        }
    }

    /// What was found, a sentence per line.
    pub fn findings(&self) -> Vec<String> {
        if let Some(search) = &self.search {
            return search.findings().into_iter().chain(self.proved()).collect();
        }
        let mut lines: Vec<String> = self.boundaries.iter().map(Boundary::words).collect();
        let missing = self.map.iter().filter(|f| !f.measured()).count();
        let refuted = self.map.iter().filter(|f| f.outcome.verdict == Verdict::Refuted).count();
        let open = self.map.iter().filter(|f| f.outcome.verdict == Verdict::Inconclusive).count();
        let largest = self.largest.as_ref().map_or("no ratio is known by a value".into(), |f| {
            format!("the largest ratio is {} at {}", f.ratio(), f.place())
        });
        if lines.is_empty() {
            lines.push(match refuted {
                0 => format!("no break found in the range; {largest}"),
                n if n == self.map.len() => format!("breaks everywhere in the range; {largest}"),
                n => format!(
                    "breaks at {n} of {} points, with nothing decided in between; {largest}",
                    self.map.len()
                ),
            });
        } else {
            lines.push(largest);
        }
        if self.run.interrupted {
            lines
                .insert(0, format!("interrupted: {missing} of {} points were not measured", self.map.len()));
        }
        if self.outside > 0 {
            let all = self.outside + self.map.len();
            let n = self.outside;
            lines.push(format!("{n} of {all} points do not satisfy the hypotheses and are left out"));
        }
        if open > 0 {
            lines.push(format!("{open} of {} points are undecided", self.map.len()));
        }
        if self.map.iter().any(PlaceOutcome::void) {
            let n = self.map.iter().filter(|f| f.void()).count();
            lines.push(format!(
                "the statement is void at {n} of {} points: its right side is infinite there",
                self.map.len()
            ));
        }
        lines.into_iter().chain(self.proved()).collect()
    }

    /// What interval arithmetic says, a sentence per counterexample.
    fn proved(&self) -> Vec<String> {
        match self.disproofs.as_deref() {
            Some([]) => vec!["no counterexample for interval arithmetic to disprove".into()],
            Some(tried) => tried.iter().map(Disproof::words).collect(),
            None => Vec::new(),
        }
    }

    /// The entropies behind the boundaries, a sentence per boundary.
    pub fn explanations(&self) -> Vec<String> {
        self.boundaries.iter().filter_map(|b| self.explanation(b)).collect()
    }

    /// Compares the boundary with the most clearly refuted point on its side.
    fn explanation(&self, boundary: &Boundary) -> Option<String> {
        let beside = |f: &&PlaceOutcome| {
            boundary.beside.as_ref().is_none_or(|(name, x)| f.at[name].to_bits() == x.to_bits())
        };
        let beyond = |f: &&PlaceOutcome| match boundary.side {
            BreakSide::Below => f.at[&boundary.name] < boundary.value,
            BreakSide::Above => f.at[&boundary.name] > boundary.value,
        };
        let refuted =
            self.map.iter().filter(|f| f.outcome.verdict == Verdict::Refuted).filter(beside).filter(beyond);
        let far = refuted.max_by(|a, b| a.order(b))?;
        let here = &boundary.breaks;
        Some(format!("at {}: {}; at {}: {}", here.place(), here.described(), far.place(), far.described()))
    }

    /// Exit status: 3 where something is undecided, was left by a stop, or was to be disproved and is
    /// not, else 0 (a break is a finding).
    pub fn exit(&self) -> u8 {
        let tried = self.disproofs.as_deref().unwrap_or_default();
        let unproved = !tried.is_empty() && !tried.iter().any(|disproof| disproof.disproved);
        if unproved
            || self.run.interrupted
            || self.map.iter().any(|f| f.outcome.verdict == Verdict::Inconclusive)
        {
            3
        } else {
            0
        }
    }

    /// The JSON form with a final newline.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("every key of a report is a string");
        text.push('\n');
        text
    }

    /// The map as CSV: a row per point; numbers read back to the same bits.
    pub fn csv(&self) -> String {
        let columns = [
            "source",
            "snr",
            "lhs",
            "rhs",
            "ratio",
            "std_err",
            "half_width",
            "verdict",
            "reason",
            "n",
            "method",
            "shannon",
            "renyi_half",
            "relative_varentropy",
            "low",
            "high",
            "believed",
            "doubts",
            "ratio_low",
            "ratio_high",
        ];
        let header: Vec<&str> = self.parameters.iter().map(String::as_str).chain(columns).collect();
        csv::text(&header, self.map.iter().map(|f| self.fields(f)))
    }

    fn fields(&self, f: &PlaceOutcome) -> Vec<String> {
        let Outcome { lhs, rhs, verdict, reason, n, method, bracket, believed, doubts, .. } = &f.outcome;
        let Ratio { value, std_err, low, high } = f.nearness;
        let mut fields: Vec<String> = self.parameters.iter().map(|name| number::name(f.at[name])).collect();
        fields.extend(["source", "snr"].map(|name| f.axis(name)));
        fields.extend([*lhs, *rhs, value, std_err, 0.5 * (high - low)].map(number::cell));
        fields.extend([verdict.to_string(), reason.clone(), n.to_string(), method.to_string()]);
        fields.extend(f.law.list().into_iter().chain(bracket.unwrap_or([f64::NAN; 2])).map(number::cell));
        fields.extend([believed.to_string(), doubts.join("; "), number::cell(low), number::cell(high)]);
        fields
    }

    /// The numbers of a place as people read them: parameters, worst SNR, sides, ratio, entropies.
    pub fn cells(&self, f: &PlaceOutcome) -> Vec<String> {
        let plain = |x: f64| digits::plain(x, DIGITS);
        let parameters = self.parameters.iter().map(|name| plain(f.at[name]));
        let sides = [f.snr()].into_iter().chain(f.sides(DIGITS)).chain([f.ratio()]);
        parameters.chain(sides).chain(f.law.list().map(plain)).collect()
    }

    /// What a terminal shows: the map, what was found, why.
    pub fn text(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Disabled);
        let columns = ["snr", "lhs", "rhs", "ratio", "verdict", "H", "H_½", "V/H²"];
        table.set_header(self.parameters.iter().map(String::as_str).chain(columns));
        for f in &self.map {
            let mut cells = self.cells(f);
            cells
                .insert(self.parameters.len() + 4, format!("{} {}", symbol(f.outcome.verdict), f.verdict()));
            table.add_row(cells);
        }
        let lines = self.findings().into_iter().chain(self.explanations());
        let lines: String = lines.map(|line| format!("{line}\n")).collect();
        format!("{}: {}\n{table}\n{lines}", self.claim, self.formula)
    }
}

/// The inequality as written, with its constants.
fn formula(claim: &Claim) -> String {
    let main = &claim.main;
    let constants = main.constants.iter().map(|(name, x)| format!("{name} = {}", digits::plain(*x, 6)));
    let with = constants.collect::<Vec<_>>().join(", ");
    let with = if with.is_empty() { with } else { format!(" with {with}") };
    format!("{} {} {}{with}", main.lhs, main.relation, main.rhs)
}
