//! The file format of a part: what was measured of some leaves of one stage.
//!
//! Little-endian. A header of 56 bytes:
//!
//! | bytes | |
//! | --- | --- |
//! | 0 … 7 | `KLAIMPRT` |
//! | 8 … 15 | version of the format, 2 (u64) |
//! | 16 … 23 | hash of the run (xxh3) |
//! | 24 … 31 | hash of the stage (xxh3), which its run and its round are in |
//! | 32 … 39 | length of what follows (u64) |
//! | 40 … 55 | xxh3-128 of what follows |
//!
//! Then come the name of the backend, the number of findings with each (number of its unit, CBOR),
//! and the number of nodes with each: number of its unit, level, first leaf, controls, columns that
//! failed with why, bounds of the others, and their [moments](Moments::write). Numbers are u64 or
//! f64, texts have their length (u64) before them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::numeric::estimate::Estimate;
use crate::numeric::moments::Moments;
use crate::report::model::{Grids, SourceReport};
use crate::run::measured::Measured;
use crate::run::stage::{Stage, StageUnit};
use crate::run::tree::Subtree;

const MAGIC: &[u8; 8] = b"KLAIMPRT";
const VERSION: u64 = 2;
/// Length of the header.
pub const HEADER: usize = 56;

/// What is found of a unit that needs no samples.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Finding {
    /// A deterministic number.
    Known(Estimate),
    /// A number that samples tell, with the SNRs of its steps, if it has some and they are not too
    /// many: no task makes these anew.
    Sampled(Option<Vec<f64>>),
    /// A number that cannot be had, and why.
    Missing(String),
    /// What is known of a source.
    Source(SourceReport),
    /// The schedules that a claim compares, if it does.
    Grids(Option<Grids>),
    /// What a caller found, as it writes it.
    Own(String),
}

/// What was measured of one or more leaves of a unit.
#[derive(Debug, Clone)]
pub enum Content {
    /// Of its one leaf.
    Finding(Box<Finding>),
    /// Of a node of its tree.
    Subtree(Subtree),
}

/// What was measured of some leaves of a stage.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// The place that took samples, [`crate::backend::Backend::name`].
    pub backend: String,
    /// Each with the number of its unit.
    pub records: Vec<(usize, Content)>,
}

/// Whose a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// Hash of the run.
    pub run: u64,
    /// Hash of the stage.
    pub stage: u64,
}

impl Part {
    /// The hash of the run that a file with this header says it is of.
    pub fn run(header: &[u8; HEADER]) -> u64 {
        u64::from_le_bytes(header[16..24].try_into().expect("eight bytes"))
    }

    /// The file's bytes.
    pub fn bytes(&self, owner: Owner) -> Vec<u8> {
        let mut out = vec![0; HEADER];
        text(&mut out, &self.backend);
        let findings = self.records.iter().filter_map(|(unit, content)| match content {
            Content::Finding(finding) => Some((*unit, finding)),
            Content::Subtree(_) => None,
        });
        let nodes = self.records.iter().filter_map(|(unit, content)| match content {
            Content::Finding(_) => None,
            Content::Subtree(node) => Some((*unit, node)),
        });
        number(&mut out, findings.clone().count() as u64);
        for (unit, finding) in findings {
            number(&mut out, unit as u64);
            let mut cbor = Vec::new();
            ciborium::into_writer(finding, &mut cbor).expect("a finding is CBOR");
            number(&mut out, cbor.len() as u64);
            out.extend_from_slice(&cbor);
        }
        number(&mut out, nodes.clone().count() as u64);
        for (unit, Subtree { level, first, measured }) in nodes {
            let Measured { failed, bounds, moments } = measured;
            let controls = moments.width() - bounds.len();
            [unit as u64, u64::from(*level), *first, controls as u64, failed.len() as u64]
                .into_iter()
                .for_each(|x| number(&mut out, x));
            for (column, why) in failed {
                number(&mut out, *column as u64);
                text(&mut out, why);
            }
            bounds.iter().for_each(|bound| out.extend_from_slice(&bound.to_le_bytes()));
            moments.write(&mut out);
        }
        let (header, payload) = out.split_at_mut(HEADER);
        let (sum, length) = (xxh3_128(payload), payload.len() as u64);
        header[..8].copy_from_slice(MAGIC);
        let words = [VERSION, owner.run, owner.stage, length].map(u64::to_le_bytes);
        header[8..40].copy_from_slice(words.as_flattened());
        header[40..].copy_from_slice(&sum.to_le_bytes());
        out
    }

    /// Whose the file with these bytes is, once its checksum is seen to be right.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn owner(bytes: &[u8]) -> Result<Owner, String> {
        let (header, payload) = bytes.split_at_checked(HEADER).ok_or("is cut off")?;
        if &header[..8] != MAGIC {
            return Err("is no part of a run".into());
        }
        let word = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("eight bytes"));
        if word(8) != VERSION {
            return Err(format!("is of version {} of the format, not {VERSION}", word(8)));
        }
        let sum = u128::from_le_bytes(header[40..].try_into().expect("sixteen bytes"));
        if payload.len() as u64 != word(32) || xxh3_128(payload) != sum {
            return Err("is damaged: it does not match its checksum".into());
        }
        Ok(Owner { run: word(16), stage: word(24) })
    }

    /// The part of `stage` with these bytes, the header already checked; `None` where they are none.
    pub fn read(bytes: &[u8], stage: &Stage) -> Option<Self> {
        let mut rest = bytes.get(HEADER..)?;
        let backend = read_text(&mut rest)?;
        let mut records = Vec::new();
        for _ in 0..read_number(&mut rest)? {
            let unit = read_number(&mut rest)? as usize;
            let length = read_number(&mut rest)?;
            let finding = ciborium::from_reader(take(&mut rest, length)?).ok()?;
            let known = !matches!(stage.units.get(unit)?, StageUnit::Lane(_));
            known.then(|| records.push((unit, Content::Finding(Box::new(finding)))))?;
        }
        for _ in 0..read_number(&mut rest)? {
            let unit = read_number(&mut rest)? as usize;
            records.push((unit, Content::Subtree(read_node(&mut rest, stage.units.get(unit)?)?)));
        }
        rest.is_empty().then_some(Self { backend, records })
    }
}

fn read_node(rest: &mut &[u8], unit: &StageUnit) -> Option<Subtree> {
    let StageUnit::Lane(lane) = unit else { return None };
    let mut word = || read_number(rest);
    let (level, first, controls, failures) = (word()?, word()?, word()?, word()?);
    let mut failed = BTreeMap::new();
    for _ in 0..failures {
        failed.insert(read_number(rest)? as usize, read_text(rest)?);
    }
    let kept: Vec<usize> = (0..lane.columns.len()).filter(|column| !failed.contains_key(column)).collect();
    let bounds: Option<Vec<f64>> = kept.iter().map(|_| read_number(rest).map(f64::from_bits)).collect();
    let pairs =
        lane.pairs.select(&kept).with_controls(usize::try_from(controls).ok().filter(|&c| c < 1024)?);
    let moments = Moments::read(rest, &Arc::new(pairs))?;
    let measured = Measured { failed, bounds: bounds?, moments };
    let node = Subtree { level: u32::try_from(level).ok().filter(|&level| level < 64)?, first, measured };
    (node.first.checked_add(1 << node.level)? <= unit.leaves()).then_some(node)
}

fn number(out: &mut Vec<u8>, x: u64) {
    out.extend_from_slice(&x.to_le_bytes());
}

fn text(out: &mut Vec<u8>, text: &str) {
    number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    Some(taken)
}

fn read_number(rest: &mut &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(take(rest, 8)?.try_into().ok()?))
}

fn read_text(rest: &mut &[u8]) -> Option<String> {
    let length = read_number(rest)?;
    String::from_utf8(take(rest, length)?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::moments::Pairs;
    use crate::run::stage::LaneUnit;

    fn stage() -> Stage {
        let pairs = Pairs::within(3, [&[0, 2][..]]);
        let lane = LaneUnit { lane: 0, columns: vec![4, 5, 6], pairs, range: 0..2048 };
        Stage { run: 7, round: 1, units: vec![StageUnit::Need(0), StageUnit::Lane(lane)] }
    }

    fn part() -> Part {
        let failed = BTreeMap::from([(1, "is not finite".to_owned())]);
        let rows: Vec<f64> = (0..300).map(|k| f64::from(k).sin()).collect();
        let measured = Measured { failed, bounds: vec![1e-9, 0.1], moments: Moments::of_block(&rows, 3) };
        let estimate = Estimate { value: -0.0, bound: f64::INFINITY, ..Estimate::exact(f64::NAN) };
        Part {
            backend: "cpu".into(),
            records: vec![
                (0, Content::Finding(Box::new(Finding::Known(estimate)))),
                (1, Content::Subtree(Subtree { level: 1, first: 4, measured })),
            ],
        }
    }

    #[test]
    fn a_part_comes_back_to_the_bit() {
        let (stage, part) = (stage(), part());
        let owner = Owner { run: 7, stage: stage.hash() };
        let bytes = part.bytes(owner);
        assert_eq!(Part::owner(&bytes), Ok(owner));
        let read = Part::read(&bytes, &stage).unwrap();
        assert_eq!(read.backend, "cpu");
        let Content::Finding(finding) = &read.records[0].1 else { panic!("the finding comes first") };
        let Finding::Known(estimate) = **finding else { panic!("it was known") };
        assert_eq!(estimate.value.to_bits(), (-0.0_f64).to_bits());
        assert!(estimate.bound.is_infinite());
        let (Content::Subtree(node), Content::Subtree(written)) = (&read.records[1].1, &part.records[1].1)
        else {
            panic!("the node comes second")
        };
        assert_eq!(node, written);
    }

    /// Every byte counts, and so does the length.
    #[test]
    fn a_damaged_part_is_told_from_a_whole_one() {
        let owner = Owner { run: 7, stage: stage().hash() };
        let bytes = part().bytes(owner);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            assert_ne!(Part::owner(&damaged), Ok(owner), "byte {at}");
            assert!(Part::owner(&bytes[..at]).is_err(), "{at} bytes");
        }
        assert!(Part::owner(&[&bytes[..], &[0]].concat()).is_err());
    }
}
