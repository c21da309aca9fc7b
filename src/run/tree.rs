//! The leaves of a round of one lane, and the tree in which what is measured of them is merged: the
//! same bits for every division of the work.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::channel::posterior::BATCH;
use crate::run::measured::Measured;

/// Every round has 2 to this many leaves at least, for as many threads.
const LEAST_DEPTH: u32 = 5;
/// Most samples of one leaf.
const LEAF: u64 = 1 << 15;
/// Samples of the first round: one batch a leaf.
pub const FIRST_ROUND: u64 = (BATCH as u64) << LEAST_DEPTH;
/// Each round ends at this many times the samples of the one before.
pub const GROWTH: u64 = 4;

/// Samples taken by the end of round `round` (1, 2, …) under a budget: 2048·4^(round−1), at most
/// the budget rounded up to whole batches in 32 leaves.
pub fn samples_after(round: u32, budget: u64) -> u64 {
    let cap = budget.div_ceil(FIRST_ROUND).max(1) * FIRST_ROUND;
    GROWTH.checked_pow(round - 1).and_then(|g| g.checked_mul(FIRST_ROUND)).map_or(cap, |n| n.min(cap))
}

/// The leaves of a range of samples: 2^depth runs of whole batches, as even as they can be.
#[derive(Debug, Clone, Copy)]
pub struct Leaves {
    /// First batch, and number of batches.
    first: u64,
    batches: u64,
    depth: u32,
}

impl Leaves {
    /// The fewest leaves (a power of 2, at least 32) of at most [`LEAF`] samples that `range` has;
    /// its ends are whole batches.
    pub fn of(range: &Range<u64>) -> Self {
        let batch = BATCH as u64;
        let (first, batches) = (range.start / batch, (range.end - range.start) / batch);
        let enough = |depth: &u32| batches.div_ceil(1 << depth) <= LEAF / batch;
        let depth = (LEAST_DEPTH..u64::BITS).find(enough).expect("some number of leaves is enough");
        Self { first, batches, depth }
    }

    /// Number of leaves.
    pub fn count(self) -> u64 {
        1 << self.depth
    }

    /// The samples of a leaf.
    pub fn samples(self, leaf: u64) -> Range<u64> {
        let at = |leaf: u64| {
            let share = (u128::from(leaf) * u128::from(self.batches)) >> self.depth;
            (self.first + share as u64) * BATCH as u64
        };
        at(leaf)..at(leaf + 1)
    }
}

/// A node of the tree: leaves `first` … `first` + 2^`level` − 1, `first` a multiple of 2^`level`.
#[derive(Debug, Clone, PartialEq)]
pub struct Subtree {
    /// The height above the leaves.
    pub level: u32,
    /// The first leaf.
    pub first: u64,
    /// What was measured of them.
    pub measured: Measured,
}

impl Subtree {
    /// Its leaves.
    pub fn leaves(&self) -> Range<u64> {
        self.first..self.first + (1 << self.level)
    }
}

/// Nodes that do not meet, siblings merged: what is there of a tree.
#[derive(Debug, Default)]
pub struct Forest {
    /// By first leaf.
    nodes: BTreeMap<u64, Subtree>,
}

impl Forest {
    /// Adds a node, in any order; what is there already stays. A node that covers smaller ones takes
    /// their place: it has the same leaves merged in the same tree.
    pub fn add(&mut self, mut node: Subtree) {
        if self.holds(&node.leaves()) {
            return;
        }
        let inside: Vec<u64> = self.nodes.range(node.leaves()).map(|(&first, _)| first).collect();
        inside.iter().for_each(|first| drop(self.nodes.remove(first)));
        loop {
            let (size, is_left) = (1 << node.level, node.first >> node.level & 1 == 0);
            let beside = if is_left { node.first + size } else { node.first - size };
            match self.nodes.remove(&beside) {
                Some(sibling) if sibling.level == node.level => {
                    let (left, right) = if is_left { (node, sibling) } else { (sibling, node) };
                    let (level, first) = (left.level + 1, left.first);
                    node = Subtree { level, first, measured: left.measured.merged(right.measured) };
                }
                other => {
                    other.into_iter().for_each(|other| drop(self.nodes.insert(other.first, other)));
                    break;
                }
            }
        }
        self.nodes.insert(node.first, node);
    }

    /// Whether one node has all of `leaves`.
    fn holds(&self, leaves: &Range<u64>) -> bool {
        let before = self.nodes.range(..=leaves.start).next_back();
        before.is_some_and(|(_, node)| node.leaves().end >= leaves.end)
    }

    /// The leaves of `wanted` that are not there, in runs.
    pub fn missing(&self, wanted: Range<u64>) -> Vec<Range<u64>> {
        let (mut missing, mut at) = (Vec::new(), wanted.start);
        for node in self.nodes.values() {
            let Range { start, end } = node.leaves();
            if start.min(wanted.end) > at {
                missing.push(at..start.min(wanted.end));
            }
            at = at.max(end);
        }
        if at < wanted.end {
            missing.push(at..wanted.end);
        }
        missing
    }

    /// The nodes, in the order of their leaves.
    pub fn nodes(&self) -> impl Iterator<Item = &Subtree> {
        self.nodes.values()
    }

    /// The same, taken out.
    pub fn into_nodes(self) -> impl Iterator<Item = Subtree> {
        self.nodes.into_values()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::moments::Moments;

    #[test]
    fn rounds_grow_to_the_budget() {
        let budget = 100_000;
        let n: Vec<u64> = (1..5).map(|r| samples_after(r, budget)).collect();
        assert_eq!(n, [2048, 8192, 32768, 100_352]);
        assert_eq!(samples_after(40, u64::MAX / 8192), samples_after(41, u64::MAX / 8192));
    }

    #[test]
    fn leaves_are_whole_batches_of_about_a_size() {
        for (from, until) in [(0, 2048), (2048, 8192), (131_072, 262_144), (8192, 10_000_000 / 64 * 64)] {
            let leaves = Leaves::of(&(from..until));
            let all: Vec<Range<u64>> = (0..leaves.count()).map(|leaf| leaves.samples(leaf)).collect();
            assert_eq!((all[0].start, all[all.len() - 1].end), (from, until));
            assert!(all.windows(2).all(|pair| pair[0].end == pair[1].start));
            let size = |leaf: &Range<u64>| leaf.end - leaf.start;
            let (least, most) = (all.iter().map(size).min().unwrap(), all.iter().map(size).max().unwrap());
            assert!(most <= LEAF && most - least <= 64 && least.is_multiple_of(64), "{least} {most}");
            assert!(leaves.count() == 32 || most > LEAF / 4);
        }
        let huge = Leaves::of(&(0..1 << 40));
        assert_eq!((huge.count(), huge.samples(5)), (1 << 25, 5 << 15..6 << 15));
    }

    fn leaf(first: u64) -> Subtree {
        let data: Vec<f64> = (0..64).map(|k| ((first * 64 + k) as f64).sin() * 1e3).collect();
        let moments = Moments::of_block(&data, 1);
        let measured = Measured { failed: Default::default(), bounds: vec![0.0], moments };
        Subtree { level: 0, first, measured }
    }

    /// Whoever merges what before: the same bits, and each leaf once.
    #[test]
    fn every_division_has_the_same_bits() {
        let count = 64;
        let mut whole = Forest::default();
        (0..count).for_each(|first| whole.add(leaf(first)));
        for tasks in [1, 2, 3, 7, 10, 64] {
            let mut all = Forest::default();
            for task in (0..tasks).rev() {
                let mut own = Forest::default();
                let (from, until) = (task * count / tasks, (task + 1) * count / tasks);
                assert_eq!(own.missing(from..until), std::slice::from_ref(&(from..until)));
                (from..until).rev().for_each(|first| own.add(leaf(first)));
                assert!(own.missing(from..until).is_empty());
                // Some twice, and some that others have merged.
                own.add(leaf(from));
                all.add(leaf(from));
                own.into_nodes().for_each(|node| all.add(node));
            }
            let nodes: Vec<&Subtree> = all.nodes().collect();
            assert_eq!(nodes, whole.nodes().collect::<Vec<_>>(), "{tasks} tasks");
            assert_eq!((nodes.len(), nodes[0].leaves()), (1, 0..count));
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut forest = Forest::default();
        [0, 1, 2, 5, 9].into_iter().for_each(|first| forest.add(leaf(first)));
        assert_eq!(forest.missing(0..12), [3..5, 6..9, 10..12]);
        assert_eq!(forest.missing(2..6), std::slice::from_ref(&(3..5)));
        assert_eq!(forest.missing(5..6), []);
        let levels: Vec<u32> = forest.nodes().map(|node| node.level).collect();
        assert_eq!(levels, [1, 0, 0, 0]);
    }
}
