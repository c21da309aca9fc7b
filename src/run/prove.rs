//! Cases that are proved: what takes every value of an axis, and with `--evidence proved` all.

use std::sync::mpsc::Sender;

use rayon::prelude::*;

use crate::claim::statement::{EveryCase, RangeStatement};
use crate::claim::verdict::{Basis, Verdict};
use crate::claim::{Case, Claim, Outcome, ProofFile, Ratio, Section};
use crate::error::Error;
use crate::numeric::estimate::{Flags, Method};
use crate::numeric::interval::Interval;
use crate::proof::{Decision, Proof};
use crate::report::digits;
use crate::run::options::Options;
use crate::run::stop::Stop;

/// The addresses of a section's proofs, `main/7`: they are counted after its cases. With `only` the
/// one that it names, if there is one.
pub fn addresses<'a>(
    name: &str,
    section: &'a Section,
    options: &Options,
) -> impl Iterator<Item = (String, &'a EveryCase)> {
    let first = section.cases.len() + 1;
    let all = section.every.iter().enumerate().map(|(i, every)| (format!("{name}/{}", first + i), every));
    all.filter(|(address, _)| options.only.as_ref().is_none_or(|only| only == address))
        .collect::<Vec<_>>()
        .into_iter()
}

/// Whether `only` names a proof.
pub fn is_named(claims: &[Claim], options: &Options) -> bool {
    let mut sections = claims.iter().flat_map(Claim::sections);
    options.only.is_some()
        && sections.any(|(name, section)| addresses(&name, section, options).next().is_some())
}

/// Of every case that is to be proved, in the order of [`Claim::sections`]; undecided what a stop
/// left. On all processors.
pub fn outcomes(claims: &[Claim], options: &Options, stop: &Stop) -> Vec<Outcome> {
    let mut wanted = Vec::new();
    for claim in claims {
        for (name, section) in claim.sections() {
            for (address, every) in addresses(&name, section, options) {
                let name = format!("{} {address}", claim.header.id);
                wanted.push((name, every.statement.clone(), section.margin));
            }
        }
    }
    let (mut found, asked) = (vec![None; wanted.len()], stop.clone());
    let prove = move |sender: &Sender<(usize, Outcome)>| {
        let each = wanted.into_par_iter().with_max_len(1).enumerate();
        each.for_each_with(sender.clone(), |sender, (i, (name, statement, margin))| {
            // After a stop nothing is begun, and nobody waits for a result.
            if !asked.requested() {
                drop(sender.send((i, outcome(&name, &statement, margin))));
            }
        });
    };
    let keep = |(i, outcome): (usize, Outcome)| {
        found[i] = Some(outcome);
        Ok(())
    };
    stop.attend(prove, keep).expect("keeping a value cannot fail");
    found.into_iter().map(|outcome| outcome.unwrap_or_else(left)).collect()
}

/// Of a case that a stop left.
fn left() -> Outcome {
    Outcome::undecided(Error::Interrupted.to_string(), f64::NAN)
}

/// What was measured of a case, or a proof of it where nothing less is asked for.
pub fn at_least(evidence: Basis, section: &Section, case: &Case, measured: Outcome, stop: &Stop) -> Outcome {
    if evidence == Basis::Measured {
        return measured;
    }
    let statement = case.statement(section.relation);
    let margin = section.margin;
    let hypotheses: Vec<_> = case.points.iter().flat_map(|point| point.hypotheses.clone()).collect();
    let prove = move |statement: RangeStatement| {
        let found = outcome("", &statement, margin);
        match hypotheses.iter().find(|hypothesis| !hypothesis.is_proved(&statement)) {
            Some(open) if found.verdict == Verdict::Refuted => {
                Outcome::undecided(format!("it fails, but that `{open}` holds there is open"), f64::NAN)
            }
            _ => found,
        }
    };
    let proved = statement.map(|statement| stop.unless(move || prove(statement)));
    match proved.map(|outcome| outcome.unwrap_or_else(left)) {
        Some(proved) if proved.evidence == Basis::Proved => {
            Outcome { axes: measured.axes, replay: measured.replay, certificate: None, ..proved }
        }
        unproved => {
            let why = unproved.map_or("it has no interval form".into(), |open| open.reason);
            let reason = format!("not proved: {why}; measured: {}", measured.verdict);
            Outcome { verdict: Verdict::Inconclusive, reason, ..measured }
        }
    }
}

/// Decides a statement; `name` goes into its certificate, and without a name there is none.
pub fn outcome(name: &str, statement: &RangeStatement, margin: f64) -> Outcome {
    let proof = statement.decide();
    let Some((parameter, snr, sides)) = proof.nearest else {
        return Outcome::undecided(reason(&proof, statement), f64::NAN);
    };
    let quotient = sides.lhs / sides.rhs;
    let (lhs, rhs) = (sides.lhs.middle(), sides.rhs.middle());
    let ratio = Ratio { value: lhs / rhs, std_err: 0.0, low: quotient.lo(), high: quotient.hi() };
    let six = |x: Interval| digits::plain(x.middle(), 6);
    let place = match &statement.parameter {
        Some((name, _)) => {
            format!("{name} = {}, snr = {}", six(parameter), six(snr))
        }
        None => format!("snr = {}", six(snr)),
    };
    let (verdict, evidence) = match proof.decision {
        Decision::Proved => (Verdict::Supported, Basis::Proved),
        Decision::Disproved { .. } => (Verdict::Refuted, Basis::Proved),
        Decision::Open(_) => (Verdict::Inconclusive, Basis::Measured),
    };
    let open = evidence == Basis::Measured;
    let certificate = if name.is_empty() { None } else { proof.certificate(name, statement) };
    let why = reason(&proof, statement);
    Outcome {
        lhs,
        rhs,
        std_err: 0.0,
        half_width: 0.5 * sides.excess.width(),
        ratio: ratio.value.is_finite().then_some(ratio),
        verdict,
        evidence,
        reason: if open { why.clone() } else { format!("{why}; nearest at {place}") },
        believed: !open,
        doubts: if open { vec![why] } else { Vec::new() },
        method: Method::Interval,
        flags: Flags::default(),
        certificate: certificate.map(|text| ProofFile { path: file_name(name), text }),
        ..Outcome::undecided(String::new(), margin * rhs.abs())
    }
}

fn reason(proof: &Proof, statement: &RangeStatement) -> String {
    let cells: usize = proof.slabs.iter().map(|slab| slab.cells.len()).sum();
    let parameter = statement.parameter.as_ref().map_or("", |(name, _)| name.as_str());
    match &proof.decision {
        Decision::Proved if parameter.is_empty() => format!("holds on each of {cells} cells"),
        Decision::Proved => format!("holds for every {parameter}, on each of {cells} cells"),
        Decision::Disproved { everywhere: true } if !parameter.is_empty() => {
            format!("fails for every {parameter} of the range, in {cells} cells")
        }
        Decision::Disproved { .. } => "fails".to_owned(),
        Decision::Open(why) => why.clone(),
    }
}

/// `certificates/entropy-bound-main-7.json`.
fn file_name(name: &str) -> String {
    format!("certificates/{}.json", name.replace([' ', '/'], "-"))
}
