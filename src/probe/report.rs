//! What a probe found, and its forms: JSON, CSV and the text that a terminal shows.

use comfy_table::{ContentArrangement, Table, presets};
use serde::{Deserialize, Serialize};

use crate::claim::Claim;
use crate::claim::verdict::Verdict;
use crate::probe::boundary::{Boundary, Side};
use crate::probe::found::SearchReport;
use crate::probe::measure::Finding;
use crate::probe::sweep::Sweep;
use crate::report::model::{Axis, Run};
use crate::report::wording::{range, symbol};
use crate::report::{digits, number};

/// Significant digits of a value in text.
const DIGITS: usize = 4;

/// A whole probe; its JSON form is `probe.json` and what `--format json` prints.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    pub largest: Option<Finding>,
    /// Every point of the map, the first parameter fastest.
    pub map: Vec<Finding>,
    /// What a search found, where one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchReport>,
}

impl ProbeReport {
    /// The report of a sweep of `claim` (as the statement expands it anywhere).
    pub fn new(claim: &Claim, source: &str, sweep: Sweep, run: Run) -> Self {
        Self {
            claim: claim.id.clone(),
            statement: claim.statement.clone(),
            formula: formula(claim),
            source: source.to_owned(),
            run: Run { comparisons: sweep.comparisons, ..run },
            parameters: sweep.parameters.iter().map(|p| p.name.clone()).collect(),
            largest: sweep.largest().cloned(),
            boundaries: sweep.boundaries,
            map: sweep.map,
            search: None,
        }
    }

    /// The report of a search on `claim`.
    pub fn of_search(claim: &Claim, search: SearchReport, comparisons: u64, run: Run) -> Self {
        Self {
            claim: claim.id.clone(),
            statement: claim.statement.clone(),
            formula: formula(claim),
            source: format!("laws of at most {} atoms in at most {} dimensions", search.atoms, search.dim),
            run: Run { comparisons, ..run },
            parameters: Vec::new(),
            boundaries: Vec::new(),
            largest: Some(search.found.finding.clone()),
            map: std::iter::once(&search.found).chain(&search.shrunk).map(|law| law.finding.clone()).collect(),
            search: Some(search),
        }
    }

    /// What was found, one sentence a line.
    pub fn findings(&self) -> Vec<String> {
        if let Some(search) = &self.search {
            return search.findings();
        }
        let mut lines: Vec<String> = self.boundaries.iter().map(boundary).collect();
        let missing = self.map.iter().filter(|f| f.ratio.is_nan()).count();
        let refuted = self.map.iter().filter(|f| f.verdict == Verdict::Refuted).count();
        let open = self.map.iter().filter(|f| f.verdict == Verdict::Inconclusive).count();
        let largest = self
            .largest
            .as_ref()
            .map_or(String::new(), |f| format!("the largest ratio is {} at {}", ratio(f), place(f)));
        if lines.is_empty() {
            lines.push(match refuted {
                0 => format!("no break found in the range; {largest}"),
                n if n == self.map.len() => format!("breaks everywhere in the range; {largest}"),
                n => format!("breaks at {n} of {} points, with nothing decided in between; {largest}", self.map.len()),
            });
        } else {
            lines.push(largest);
        }
        if self.run.interrupted {
            lines.insert(0, format!("interrupted: {missing} of {} points were not measured", self.map.len()));
        }
        if open > 0 {
            lines.push(format!("{open} of {} points are undecided", self.map.len()));
        }
        if self.map.iter().any(Finding::void) {
            let n = self.map.iter().filter(|f| f.void()).count();
            lines.push(format!(
                "the statement is void at {n} of {} points: its right side is infinite there",
                self.map.len()
            ));
        }
        lines
    }

    /// The entropies behind the boundaries, one sentence a boundary.
    pub fn explanations(&self) -> Vec<String> {
        self.boundaries.iter().filter_map(|b| self.explanation(b)).collect()
    }

    /// Compares the boundary with the most clearly refuted point on its side.
    fn explanation(&self, boundary: &Boundary) -> Option<String> {
        let beside =
            |f: &&Finding| boundary.beside.as_ref().is_none_or(|(name, x)| f.at[name].to_bits() == x.to_bits());
        let beyond = |f: &&Finding| match boundary.side {
            Side::Below => f.at[&boundary.name] < boundary.value,
            Side::Above => f.at[&boundary.name] > boundary.value,
        };
        let refuted = self.map.iter().filter(|f| f.verdict == Verdict::Refuted).filter(beside).filter(beyond);
        let far = refuted.max_by(|a, b| a.order(b))?;
        Some(format!("at {}: {}; at {}: {}", place(&boundary.breaks), law(&boundary.breaks), place(far), law(far)))
    }

    /// Exit status: 3 where something is undecided or was left by a stop, else 0 (a break is a finding).
    pub fn exit(&self) -> u8 {
        if self.run.interrupted || self.map.iter().any(|f| f.verdict == Verdict::Inconclusive) { 3 } else { 0 }
    }

    /// The JSON form with a final newline.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("every key of a report is a string");
        text.push('\n');
        text
    }

    /// The map as CSV: one row a point; numbers read back to the same bits.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut record = |fields: Vec<String>| writer.write_record(fields).expect("writing to memory cannot fail");
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
        ];
        record(self.parameters.iter().cloned().chain(columns.map(ToOwned::to_owned)).collect());
        for f in &self.map {
            let mut fields: Vec<String> = self.parameters.iter().map(|name| number::name(f.at[name])).collect();
            fields.extend([axis(f, "source"), axis(f, "snr")]);
            fields.extend([f.lhs, f.rhs, f.ratio, f.std_err, f.half_width].map(number::name));
            fields.extend([f.verdict.to_string(), f.reason.clone(), f.n.to_string(), f.method.to_string()]);
            let known = |x: f64| if x.is_nan() { String::new() } else { number::name(x) };
            fields.extend([f.shannon, f.renyi_half, f.relative_varentropy].map(known));
            fields.extend(f.bracket.unwrap_or([f64::NAN; 2]).map(known));
            fields.extend([f.believed.to_string(), f.doubts.join("; ")]);
            record(fields);
        }
        let bytes = writer.into_inner().expect("flushing to memory cannot fail");
        String::from_utf8(bytes).expect("every field is UTF-8")
    }

    /// What a terminal shows: the map, what was found, why.
    pub fn text(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Disabled);
        let columns = ["snr", "lhs", "rhs", "ratio", "verdict", "H", "H_½", "V/H²"];
        table.set_header(self.parameters.iter().map(String::as_str).chain(columns));
        for f in &self.map {
            let mut cells: Vec<String> = self.parameters.iter().map(|name| digits::plain(f.at[name], DIGITS)).collect();
            cells.push(snr(f));
            cells.push(f.bracket.map_or_else(|| digits::plain(f.lhs, DIGITS), range));
            cells.push(digits::plain(f.rhs, DIGITS));
            cells.extend([ratio(f), format!("{} {}", symbol(f.verdict), verdict(f))]);
            cells.extend([f.shannon, f.renyi_half, f.relative_varentropy].map(|x| digits::plain(x, DIGITS)));
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

fn axis(f: &Finding, name: &str) -> String {
    match f.axes.get(name) {
        Some(Axis::Number(x)) => number::name(*x),
        Some(Axis::Text(text)) => text.clone(),
        None => String::new(),
    }
}

/// The worst SNR, as people read it.
pub fn snr(f: &Finding) -> String {
    match f.axes.get("snr") {
        Some(Axis::Number(x)) => digits::plain(*x, DIGITS),
        _ => String::new(),
    }
}

/// The ratio with its error; of a bracket in lhs its own, `≤ 0.41`. `!` where it is not to be believed.
pub fn ratio(f: &Finding) -> String {
    match f.bracket {
        Some(bracket) => range(bracket.map(|x| x / f.rhs.abs())),
        None if f.believed => digits::short(f.ratio, f.std_err, DIGITS),
        None => format!("{} (not to be believed)", digits::short(f.ratio, f.std_err, DIGITS)),
    }
}

/// The verdict's word; a supported statement with an infinite right side is void.
pub fn verdict(f: &Finding) -> String {
    if f.void() && f.verdict == Verdict::Supported { "void".into() } else { f.verdict.to_string() }
}

/// `p = 0.03, n = 10`, or the source where nothing varies.
pub fn place(f: &Finding) -> String {
    let at: Vec<String> = f.at.iter().map(|(name, x)| format!("{name} = {}", digits::plain(*x, DIGITS))).collect();
    if at.is_empty() { axis(f, "source") } else { at.join(", ") }
}

/// Ratio and entropies.
fn law(f: &Finding) -> String {
    let snr = snr(f);
    let worst = if snr.is_empty() { String::new() } else { format!(" (worst SNR {snr})") };
    format!(
        "ratio {}{worst}, H = {}, H_½ = {}, V/H² = {}",
        ratio(f),
        digits::plain(f.shannon, DIGITS),
        digits::plain(f.renyi_half, DIGITS),
        digits::plain(f.relative_varentropy, DIGITS)
    )
}

/// `breaks for p < 0.0312 ± 0.0003`.
pub fn boundary(b: &Boundary) -> String {
    let sign = if b.side == Side::Below { '<' } else { '>' };
    let beside =
        b.beside.as_ref().map_or(String::new(), |(name, x)| format!("{name} = {}: ", digits::plain(*x, DIGITS)));
    let error = if b.half_width > 0.0 { format!(" ± {}", digits::plain(b.half_width, 2)) } else { String::new() };
    let open = if b.resolved { "" } else { " (undecided in between)" };
    format!("{beside}breaks for {} {sign} {}{error}{open}", b.name, digits::plain(b.value, shown(b)))
}

/// Digits that the half-width allows, and one more.
fn shown(b: &Boundary) -> usize {
    let relative = b.half_width / b.value.abs();
    if relative > 0.0 { ((-relative.log10()).ceil().max(1.0) as usize + 1).min(12) } else { 6 }
}
