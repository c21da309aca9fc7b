//! From the climbs of a search to a report: laws measured anew, made small, written to files that
//! `verify` reads.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::claim::verdict::Verdict;
use crate::claim::{AxisValue, Claim, ClaimFile, Outcome, Sources};
use crate::error::{Error, Result};
use crate::numeric::number;
use crate::probe::disproof::Disproof;
use crate::probe::measure::{Expander, Meter};
use crate::probe::place::{PlaceOutcome, Undecided};
use crate::probe::search::shrink::shrink;
use crate::probe::search::{Candidate, Hunt, Objective};
use crate::probe::statement::{Coordinates, ProbedClaim};
use crate::report::digits;
use crate::report::write::file;
use crate::run::options::Options;
use crate::run::watch::Watch;
use crate::spec::{Argument, Spec};
use crate::table::files;

/// Climbs that are measured anew: the largest of many is biased upwards, and may not be the best in
/// truth.
const REMEASURED: usize = 3;

/// A law with its file and what `verify`'s machinery says of the claim on it.
#[derive(Debug, Clone, Serialize)]
pub struct MeasuredLaw {
    /// The law.
    pub candidate: Candidate,
    /// The CSV file that holds it.
    pub file: String,
    /// The law as a source.
    #[serde(skip)]
    source: String,
    /// The claim on it, on randomness that the search did not see.
    pub finding: PlaceOutcome,
}

/// What a search found.
#[derive(Debug, Clone, Serialize)]
pub struct SearchReport {
    /// Finished climbs.
    pub starts: u64,
    /// Evaluations of value and gradient in all climbs.
    pub evaluations: u64,
    /// Most atoms that a law could have.
    pub atoms: usize,
    /// Most dimensions that a law could have.
    pub dim: usize,
    /// Family of the best law's start.
    pub family: String,
    /// The ratio that the climb itself reported: the largest of many, biased upwards.
    #[serde(with = "number")]
    pub climbed: f64,
    /// Its accuracy, relative.
    #[serde(with = "number")]
    pub climbed_error: f64,
    /// Laws at the ends of climbs on which the estimators contradict the climb.
    pub contradicted: u64,
    /// The best law, as a source.
    pub law: String,
    /// Its largest ratio that is believed, measured anew; the climb's where a stop came first.
    #[serde(with = "number")]
    pub ratio: f64,
    /// Standard error of that.
    #[serde(with = "number")]
    pub std_err: f64,
    /// The best law.
    pub found: MeasuredLaw,
    /// The law made small, where it refutes.
    pub shrunk: Option<MeasuredLaw>,
    /// A claim file that repeats the refutation.
    pub claim_file: Option<String>,
    /// What interval arithmetic says of the counterexample, where it was asked.
    #[serde(skip)]
    pub disproofs: Vec<Disproof>,
}

/// Undecided rows that are named one by one.
const NAMED: usize = 3;

impl SearchReport {
    /// The rows of the best law that nothing decides and that may be larger, in one sentence;
    /// `None` without any.
    fn open(&self) -> Option<String> {
        let finding = &self.found.finding;
        let Outcome { axes, reason, verdict, .. } = &finding.outcome;
        let own = Undecided { axes: axes.clone(), most: f64::NAN, reason: reason.clone() };
        let itself = (*verdict == Verdict::Inconclusive && !reason.is_empty()).then_some(&own);
        let rows: Vec<&Undecided> = itself.into_iter().chain(&finding.undecided).collect();
        let name = |row: &&Undecided| {
            let at = match row.axes.get("snr") {
                Some(AxisValue::Number(snr)) => format!("at snr {}", digits::plain(*snr, 4)),
                _ => "there".into(),
            };
            let most = if row.most.is_finite() {
                format!(" (at most {})", digits::plain(row.most, 3))
            } else {
                String::new()
            };
            format!("{at}{most}: {}", row.reason)
        };
        let named: Vec<String> = rows.iter().take(NAMED).map(name).collect();
        let more = rows.len().saturating_sub(NAMED);
        let more = if more > 0 { format!("; and at {more} more") } else { String::new() };
        (!named.is_empty()).then(|| format!("undecided beside it {}{more}", named.join("; ")))
    }

    /// What was found, a sentence per line.
    pub fn findings(&self) -> Vec<String> {
        let climbs = format!(
            "{} climbs ({} evaluations)",
            digits::count(self.starts),
            digits::count(self.evaluations)
        );
        let best = format!(
            "{} on {} atoms in {} dimensions",
            self.found.finding.ratio(),
            self.found.candidate.len(),
            self.found.candidate.dim
        );
        let mut lines = match self.found.finding.outcome.verdict {
            Verdict::Refuted => vec![format!("refuted by {climbs}: the ratio is {best}")],
            Verdict::Supported => vec![format!("no break found in {climbs}; the largest ratio is {best}")],
            Verdict::Inconclusive if self.found.finding.outcome.reason == Error::Interrupted.to_string() => {
                vec![format!(
                    "interrupted after {climbs}: the best law so far, in {}, has the ratio {} by the climb ({} relative), not \
                 measured anew",
                    self.found.file,
                    digits::plain(self.climbed, 4),
                    digits::plain(self.climbed_error, 1)
                )]
            }
            Verdict::Inconclusive => {
                vec![format!("undecided after {climbs}: the largest ratio is {best}")]
            }
        };
        lines.extend(self.open());
        if self.contradicted > 0 {
            lines.push(format!(
                "on {} of these laws the estimators contradict the climb; they come last",
                digits::count(self.contradicted)
            ));
        }
        if let Some(small) = &self.shrunk {
            let law = &small.candidate;
            lines.push(format!(
                "made small: {} atoms in {} dimensions, ratio {}, {}, H = {}; in {}",
                law.len(),
                law.dim,
                small.finding.ratio(),
                small.finding.outcome.verdict,
                digits::plain(small.finding.law.shannon, 4),
                small.file
            ));
        }
        if let Some(file) = &self.claim_file {
            lines.push(format!("`klaim verify {file}` repeats it"));
        }
        lines
    }
}

/// Everything that turns a law into a measured one.
pub struct Measuring<'a> {
    /// The claim file.
    pub claim: Arc<ClaimFile>,
    /// The claim, expanded anywhere.
    pub expanded: &'a Claim,
    /// Options of the run.
    pub options: Options,
    /// Progress and stop.
    pub watch: &'a Watch<'a>,
    /// What the output folder is called, and where it is.
    pub folder: (&'a Path, &'a Path),
    /// Whether a counterexample is to be tried by interval arithmetic.
    pub prove: bool,
}

impl Measuring<'_> {
    /// Writes a file into the folder, from where other tasks may read it meanwhile; what it is called.
    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let (path, place) = (self.folder.0.join(name), self.folder.1.join(name));
        file(&place, text.as_bytes())?;
        if place != path {
            files::replace(path.clone(), place);
        }
        Ok(path)
    }

    /// `text` with files of the folder called by where they are.
    fn placed(&self, text: &str) -> String {
        let prefix = |folder: &Path| format!("path={}", folder.join("").display());
        text.replace(&prefix(self.folder.0), &prefix(self.folder.1))
    }

    /// The claim on `law`, which is written to `name` in the folder, with `snr` among its SNRs; and
    /// the law as a source.
    fn on(&self, law: &Candidate, name: &str, snr: f64) -> Result<(ProbedClaim, Spec)> {
        let path = self.write(name, &law.csv())?;
        let argument = |key: &str, value: String| (key.to_owned(), Argument::Text(value));
        let parameters = vec![argument("path", path.display().to_string()), argument("weights", "p".into())];
        let spec = Spec { kind: "file".into(), parameters };
        // The file is another law each time.
        let (place, sources) = (Coordinates::new(), &mut Sources::default());
        let claim =
            ProbedClaim::new(Arc::clone(&self.claim), (Some(spec.clone()), Vec::new()), &place, sources)?;
        Ok((claim.including(snr), spec))
    }

    /// The claim on `law` at its worst SNR, among which is the climb's, `snr`; `comparisons` share
    /// the level.
    fn measured(&self, law: &Candidate, name: &str, (snr, comparisons): (f64, u64)) -> Result<MeasuredLaw> {
        let (claim, source) = self.on(law, name, snr)?;
        let options = Options { comparisons: Some(comparisons), ..self.options.clone() };
        let mut meter = Meter::new(&claim, options, self.watch);
        let finding =
            meter.measure(&[Coordinates::new()])?.pop().flatten().ok_or_else(|| {
                Error::invalid(name, "the law lies outside the claim's hypotheses (`where`)")
            })?;
        let file = self.folder.1.join(name).display().to_string();
        Ok(MeasuredLaw { candidate: law.clone(), file, source: self.placed(&source.to_string()), finding })
    }

    /// Comparisons of a whole search: every law measured anew, and the small one.
    fn comparisons(&self, any: &Candidate, snr: f64) -> Result<u64> {
        let (claim, _) = self.on(any, "law-1.csv", snr)?;
        Ok(Expander::default().cases_a_place(&claim, &Coordinates::new())? * (REMEASURED as u64 + 1))
    }

    /// Measures the best climbs anew, makes the best law small if it refutes, and writes laws and
    /// claim file.
    ///
    /// # Errors
    /// A search without a single climb that came anywhere, a file that cannot be written, a device
    /// that fails.
    pub fn report(
        &self,
        hunt: &Hunt,
        objective: &Objective,
        (atoms, dim): (usize, usize),
    ) -> Result<(SearchReport, u64)> {
        let ranked = hunt.ranked();
        let Some(first) = ranked.first() else {
            return Err(match self.watch.stop.requested() {
                true => Error::Interrupted,
                false => Error::invalid(
                    "--search",
                    "no start came anywhere: both sides of the claim must be finite and positive",
                ),
            });
        };
        let comparisons = self.comparisons(&first.end.law, objective.snr())?;
        let place = (objective.snr(), comparisons);
        let mut best = None;
        for (k, start) in ranked.iter().take(REMEASURED).enumerate() {
            let measured = self.measured(&start.end.law, &format!("law-{}.csv", k + 1), place)?;
            if best
                .as_ref()
                .is_none_or(|(_, b): &(_, MeasuredLaw)| measured.finding.order(&b.finding).is_gt())
            {
                best = Some((*start, measured));
            }
        }
        let (start, found) = best.expect("at least one climb was measured");
        let (ratio, std_err) = match !found.finding.measured() && self.watch.stop.requested() {
            true => (start.end.ln_ratio.exp(), start.end.error * start.end.ln_ratio.exp()),
            false => (found.finding.nearness.value, found.finding.nearness.std_err),
        };
        let mut report = SearchReport {
            starts: hunt.starts.len() as u64,
            evaluations: hunt.evaluations(),
            atoms,
            dim,
            family: start.family.clone(),
            climbed: start.end.ln_ratio.exp(),
            climbed_error: start.end.error,
            contradicted: hunt.contradicted(),
            law: found.source.clone(),
            ratio,
            std_err,
            found,
            shrunk: None,
            claim_file: None,
            disproofs: Vec::new(),
        };
        if report.found.finding.outcome.verdict == Verdict::Refuted {
            let (objective, law, ln_ratio, seed) =
                (objective.clone(), start.end.law.clone(), start.end.ln_ratio, self.options.seed);
            let Some(small) = self.watch.stop.unless(move || shrink(&objective, &law, ln_ratio, seed))
            else {
                return Ok((report, comparisons));
            };
            let small = self.measured(&small?, "small.csv", place)?;
            let repeated =
                if small.finding.outcome.verdict == Verdict::Refuted { &small } else { &report.found };
            self.write("counterexample.toml", &self.placed(&self.counterexample(repeated)))?;
            report.claim_file = Some(self.folder.1.join("counterexample.toml").display().to_string());
            report.shrunk = Some(small).filter(|small| small.finding.outcome.verdict == Verdict::Refuted);
            if self.prove {
                report.disproofs = self.disproved(&report, place.0)?;
            }
        }
        Ok((report, comparisons))
    }

    /// The small law by interval arithmetic, and where it is not disproved the one that was found.
    fn disproved(&self, report: &SearchReport, snr: f64) -> Result<Vec<Disproof>> {
        let mut tried: Vec<Disproof> = Vec::new();
        for law in report.shrunk.iter().chain([&report.found]) {
            if tried.iter().any(|disproof| disproof.disproved) {
                break;
            }
            let name = law.file.rsplit('/').next().unwrap_or(&law.file);
            let (claim, _) = self.on(&law.candidate, name, snr)?;
            tried.push(Disproof::of(&claim, &law.finding, Some(&law.candidate), tried.len() + 1)?);
        }
        Ok(tried)
    }

    /// A claim file that expects the refutation on one law.
    fn counterexample(&self, law: &MeasuredLaw) -> String {
        let claim = self.expanded;
        let main = &claim.main;
        let text = |s: &str| toml::Value::from(s).to_string();
        let mut lines = vec![format!("# {} on a law that a search found and made small.", claim.header.id)];
        for (key, value) in [
            ("id", format!("{}-counterexample", claim.header.id)),
            ("title", format!("{}: a counterexample", claim.header.title)),
            ("statement", claim.header.statement.clone()),
            ("cite", claim.header.cite.clone()),
            ("origin", claim.header.origin.clone()),
            ("expect", "refuted".to_owned()),
            ("lhs", main.lhs.clone()),
            ("relation", main.relation.to_string()),
            ("rhs", main.rhs.clone()),
        ] {
            if !value.is_empty() {
                lines.push(format!("{key} = {}", text(&value)));
            }
        }
        let constants =
            main.constants.iter().map(|(name, x)| format!("{name} = {x:?}")).collect::<Vec<_>>().join(", ");
        lines.extend([
            format!("constants = {{ {constants} }}"),
            format!("margin = {:?}", main.margin),
            String::new(),
            "[over]".into(),
        ]);
        for (name, axis) in &law.finding.outcome.axes {
            let value = match axis {
                AxisValue::Number(x) => format!("{x:?}"),
                AxisValue::Text(word) => text(word),
            };
            lines.push(format!("{name} = [{value}]"));
        }
        lines.join("\n") + "\n"
    }
}
