//! Many climbs, each finished one kept on disk; the best of them.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::probe::search::channel::Nodes;
use crate::probe::search::climb::climb;
use crate::probe::search::family;
use crate::probe::search::law::Candidate;
use crate::probe::search::objective::Objective;
use crate::run::stop::Stop;

/// Iterations of one climb.
const ITERATIONS: u64 = 120;
/// Posteriors behind one evaluation of a climb, about: few, since noise is cheaper to average over starts.
const POSTERIORS: usize = 1536;
/// Least number of mirrored pairs of noise vectors.
const LEAST_PAIRS: usize = 24;
/// As many times more nodes, and other ones, judge where a climb came to.
const CHECK: usize = 8;
/// Starts handed out together: between two batches the limit is seen.
const BATCH: usize = 32;

/// How large a law may be.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Most atoms, 2 … 64.
    pub atoms: usize,
    /// Most dimensions, 1 … 8.
    pub dim: usize,
}

/// One finished climb.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Start {
    /// Number of the start.
    pub start: u64,
    /// Family of its first law.
    pub family: String,
    /// ln ratio over nodes that the climb did not see.
    #[serde(with = "crate::report::number")]
    pub ln_ratio: f64,
    /// Evaluations of value and gradient.
    pub evaluations: u64,
    /// Where it came to.
    pub law: Candidate,
}

/// All finished climbs.
#[derive(Debug, Clone, Default)]
pub struct Hunt {
    /// By number.
    pub starts: BTreeMap<u64, Start>,
}

impl Hunt {
    /// Evaluations of value and gradient in all climbs.
    pub fn evaluations(&self) -> u64 {
        self.starts.values().map(|start| start.evaluations).sum()
    }

    /// The climbs from the highest down.
    pub fn ranked(&self) -> Vec<&Start> {
        let mut all: Vec<&Start> = self.starts.values().filter(|s| s.ln_ratio.is_finite()).collect();
        all.sort_by(|a, b| b.ln_ratio.total_cmp(&a.ln_ratio));
        all
    }
}

/// Nodes for climbing laws of `atoms` atoms in R^`dim`; the same for every start.
fn nodes(seed: u64, dim: usize, atoms: usize) -> Nodes {
    Nodes::new(dim, (POSTERIORS / 2 / atoms).max(LEAST_PAIRS), seed, "search climb")
}

/// Nodes that no climb sees, for judging laws in R^`dim`.
pub fn check_nodes(seed: u64, dim: usize, atoms: usize) -> Nodes {
    Nodes::new(dim, CHECK * (POSTERIORS / 2 / atoms).max(LEAST_PAIRS), seed, "search check")
}

/// Climbs again from `law`, and judges the result on nodes that the climb did not see.
pub fn settle(objective: &Objective, law: &Candidate, seed: u64, iterations: u64) -> Result<(Candidate, f64, u64)> {
    let found = climb(objective, law, &nodes(seed, law.dim, law.len()), iterations);
    let checked = objective.at(&found.law, &check_nodes(seed, law.dim, law.len()))?.value;
    Ok((found.law, checked, found.evaluations))
}

/// Climbs from the starts 0 … `starts` − 1. Each finished one is appended to `log` (JSON lines); with `resume` those that
/// are there already are not climbed again. Hands out no more starts after `limit`; leaves what is under way when a stop is
/// asked for.
///
/// # Errors
/// [`Error::Io`]; [`Error::Checkpoint`] for a line of the log that is not a start.
pub fn hunt(
    objective: &Objective,
    bounds: Bounds,
    (seed, starts): (u64, u64),
    (log, resume): (&Path, bool),
    limit: Option<Duration>,
    (stop, done): (&Stop, &dyn Fn()),
) -> Result<Hunt> {
    let begun = Instant::now();
    let mut hunt = Hunt { starts: if resume { read(log)? } else { BTreeMap::new() } };
    let mut file = OpenOptions::new()
        .create(true)
        .append(resume)
        .write(true)
        .truncate(!resume)
        .open(log)
        .map_err(Error::io(log))?;
    let missing: Vec<u64> = (0..starts).filter(|k| !hunt.starts.contains_key(k)).collect();
    for batch in missing.chunks(BATCH) {
        if limit.is_some_and(|limit| begun.elapsed() > limit) {
            break;
        }
        let (objective, batch) = (objective.clone(), batch.to_vec());
        let climbs = move |sender: &Sender<Result<Start>>| {
            batch.par_iter().with_max_len(1).for_each(|&k| {
                // Nobody listens after a stop.
                let _ = sender.send(one(&objective, bounds, seed, k));
            });
        };
        let finished = stop.attend(climbs, |start| {
            let start = start?;
            append(&mut file, &start).map_err(Error::io(log))?;
            done();
            hunt.starts.insert(start.start, start);
            Ok(())
        })?;
        if !finished {
            break;
        }
    }
    Ok(hunt)
}

fn one(objective: &Objective, bounds: Bounds, seed: u64, k: u64) -> Result<Start> {
    let (family, law) = family::start(seed, k, bounds.atoms, bounds.dim);
    let (law, ln_ratio, evaluations) = settle(objective, &law, seed, ITERATIONS)?;
    Ok(Start { start: k, family: family.to_owned(), ln_ratio, evaluations, law })
}

fn append(file: &mut File, start: &Start) -> std::io::Result<()> {
    let line = serde_json::to_string(start).expect("a start is JSON") + "\n";
    file.write_all(line.as_bytes())
}

/// The starts of a log; a last line without its end (the process was killed while writing it) is cut off.
fn read(log: &Path) -> Result<BTreeMap<u64, Start>> {
    if !log.exists() {
        return Ok(BTreeMap::new());
    }
    let text = fs::read_to_string(log).map_err(Error::io(log))?;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    let parse = |(number, line): (usize, &str)| {
        let start: Start = serde_json::from_str(line).map_err(|e| Error::Checkpoint {
            path: log.to_owned(),
            message: format!("line {} is no start of a search ({e}); remove it to climb again", number + 1),
        })?;
        Ok((start.start, start))
    };
    let found = text[..whole].lines().enumerate().map(parse).collect();
    OpenOptions::new().write(true).open(log).and_then(|f| f.set_len(whole as u64)).map_err(Error::io(log))?;
    found
}
