//! The decision: cells that cover every SNR, or one SNR where the relation fails.

use crate::claim::statement::RangeStatement;
use crate::claim::verdict::Relation;
use crate::numeric::interval::Interval;
use crate::numeric::interval::planted::Fault;
use crate::proof::statement::{ProofPlace, Sides};

/// An SNR cell and where the excess lies on it, for every value of the parameter's cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoverCell {
    /// Ends of the SNRs; the upper one may be infinite.
    pub snr: [f64; 2],
    /// Where γ^power·excess lies.
    pub excess: [f64; 2],
    /// 0 but for a cell without an upper end.
    pub power: i32,
}

/// One cell of the parameter and what is shown on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Slab {
    /// Ends of the parameter; [1, 1] without one.
    pub parameter: [f64; 2],
    /// Cells that cover the range of SNRs, on each of which the relation holds; or a single SNR at
    /// which it fails.
    pub cells: Vec<CoverCell>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// The relation holds for every SNR and every parameter.
    Proved,
    /// It fails at one SNR for the parameter's cell; or, `everywhere`, at some SNR for each
    /// parameter of the range.
    Disproved {
        /// Whether it fails for every value of the parameter.
        everywhere: bool,
    },
    /// Neither was shown, and why.
    Open(String),
}

/// A decision with what shows it.
#[derive(Debug, Clone)]
pub struct Proof {
    /// What was found.
    pub decision: Decision,
    /// Cells of the parameter, in increasing order, that cover its range (one that does not for a
    /// single counterexample).
    pub slabs: Vec<Slab>,
    /// Where the relation comes nearest to failing, or fails most, as far as was seen: the
    /// parameter, the SNR and both sides there.
    pub nearest: Option<(Interval, Interval, Sides)>,
}

/// Points of a first look, and sections of the search around the best of them.
const POINTS: usize = 24;
const SECTIONS: usize = 10;
/// SNRs that are looked at where the range has no end, in units of the law's scale: below, little
/// is to be seen, and above the pairs of atoms decide.
const LOOK: [f64; 2] = [1e-2, 30.0];
/// Ratio of the ends of the first cell, the largest and the smallest that are tried.
const WIDTHS: [f64; 3] = [1.05, 3.0, 1.0 + 1e-7];
/// The same of the parameter's cells.
const SLABS: [f64; 3] = [1.01, 2.0, 1.0 + 1e-9];
/// What is left above an excess, as a share of its width.
const ROOM: f64 = 0.1;
/// Most cells of a proof.
const MOST_CELLS: usize = 200_000;

impl RangeStatement {
    /// Decides the statement.
    pub fn decide(&self) -> Proof {
        let open =
            |why: &str| Proof { decision: Decision::Open(why.into()), slabs: Vec::new(), nearest: None };
        if self.relation.along_an_axis() {
            return open("a relation along an axis has no interval form");
        }
        let samples = self.samples();
        let swept = samples.len() > 1;
        let mut nearest: Option<(Interval, Interval, Sides)> = None;
        let mut failing = 0;
        for &p in &samples {
            let (snr, sides) = match self.at(p).and_then(|place| search(self, &place, None)) {
                Ok(found) => found,
                Err(why) => return open(&why),
            };
            failing += usize::from(fails(self, &sides));
            let rank = |sides: &Sides| (fails(self, sides), urgency(sides));
            if nearest.is_none_or(|(.., best)| rank(&sides) > rank(&best)) {
                nearest = Some((p, snr, sides));
            }
        }
        let (p, snr, sides) = nearest.expect("there is a sample");
        let (mut decision, mut slabs) = if failing == samples.len() && swept {
            self.sweep(true)
        } else if failing > 0 {
            (Decision::Open(String::new()), Vec::new())
        } else if self.relation == Relation::Equal {
            (Decision::Open("no interval arithmetic proves an equality".into()), Vec::new())
        } else {
            self.sweep(false)
        };
        if failing > 0 && matches!(decision, Decision::Open(_)) {
            decision = Decision::Disproved { everywhere: !swept };
            slabs = vec![Slab { parameter: [p.lo(), p.hi()], cells: vec![witness(snr, &sides)] }];
        }
        Proof { decision, slabs, nearest }
    }

    /// Goes through the parameter's range from its upper end, in cells as wide as can be decided:
    /// each with a counterexample, or each without.
    fn sweep(&self, refute: bool) -> (Decision, Vec<Slab>) {
        let [low, high] = self.parameters();
        let [mut ratio, widest, narrowest] = SLABS;
        let (mut top, mut slabs, mut hint, mut cells) = (high, Vec::new(), None, 0);
        loop {
            let bottom = if low < high { (top / ratio).max(low) } else { low };
            let done = self.slab(Interval::new(bottom, top), refute, &mut hint);
            match done {
                Ok(found) => {
                    cells += found.len();
                    slabs.push(Slab { parameter: [bottom, top], cells: found });
                    if bottom <= low {
                        slabs.reverse();
                        let proved = Decision::Disproved { everywhere: true };
                        return (if refute { proved } else { Decision::Proved }, slabs);
                    }
                    if cells > MOST_CELLS {
                        return (Decision::Open(format!("more than {MOST_CELLS} cells")), Vec::new());
                    }
                    top = bottom;
                    ratio = (1.0 + (ratio - 1.0) * 1.5).min(widest);
                }
                Err(why) => {
                    ratio = 1.0 + 0.5 * (ratio - 1.0);
                    if low == high || ratio < narrowest {
                        return (Decision::Open(why), Vec::new());
                    }
                }
            }
        }
    }

    /// What shows the statement for one cell of the parameter, or that it fails for each of its
    /// values; else why neither can be seen.
    fn slab(
        &self,
        parameter: Interval,
        refute: bool,
        hint: &mut Option<f64>,
    ) -> Result<Vec<CoverCell>, String> {
        let place = self.at(parameter)?;
        let (snr, sides) = search(self, &place, *hint)?;
        *hint = Some(snr.middle());
        if refute {
            return if fails(self, &sides) {
                Ok(vec![witness(snr, &sides)])
            } else {
                Err("too wide".into())
            };
        }
        if sides.excess.hi() > 0.0 {
            return Err(format!("the sides come too near to each other at snr {}", snr.middle()));
        }
        cover(self, &place)
    }
}

/// Whether an excess is below 0 with some room, so that an enclosure of another make is too.
fn clear(excess: Interval) -> bool {
    let width = excess.width();
    excess.hi() <= if width.is_finite() { -ROOM * width } else { -f64::MIN_POSITIVE }
}

/// Whether the relation fails for certain.
fn fails(statement: &RangeStatement, sides: &Sides) -> bool {
    let below = statement.relation == Relation::Equal && sides.excess.hi() < 0.0;
    sides.excess.lo() > 0.0 || below
}

/// How near the relation comes to failing, relative to the larger side.
fn urgency(sides: &Sides) -> f64 {
    let size = sides.lhs.middle().abs().max(sides.rhs.middle().abs()).max(f64::MIN_POSITIVE);
    sides.excess.middle() / size
}

fn witness(snr: Interval, sides: &Sides) -> CoverCell {
    CoverCell { snr: [snr.lo(), snr.hi()], excess: [sides.excess.lo(), sides.excess.hi()], power: 0 }
}

/// The SNR at which the relation comes nearest to failing, or fails most: among points spread
/// evenly in ln γ and then by golden sections; around `hint` alone where there is one. A cell that
/// is a point of the range, or the enclosure of one of its ends.
fn search(
    statement: &RangeStatement,
    place: &ProofPlace,
    hint: Option<f64>,
) -> Result<(Interval, Sides), String> {
    let [low, high] = statement.snr;
    let scale = place.scale();
    let ends = [
        if low > 0.0 { low } else { LOOK[0] * scale },
        if high.is_finite() { high } else { (LOOK[1] * scale).max(2.0 * low) },
    ];
    let inside = |snr: f64| snr.clamp(low.max(f64::MIN_POSITIVE), high);
    let at = |snr: f64| {
        let snr = inside(snr);
        Some((snr, place.look(snr)?))
    };
    let wide = || "the averages take more nodes than are tried".to_owned();
    let surely = |snr: f64| {
        let cell = statement.cell(snr);
        Ok((cell, place.sides(cell).ok_or_else(wide)?))
    };
    if ends[0] >= ends[1] || !statement.varies() {
        return surely(inside(ends[0]));
    }
    let step = (ends[1] / ends[0]).ln() / (POINTS - 1) as f64;
    let (mut best, reach) = match hint {
        Some(snr) => (at(snr).ok_or_else(wide)?, 0.3),
        None => {
            let points = (0..POINTS).filter_map(|i| at(ends[0] * (step * i as f64).exp()));
            let best = points.max_by(|a, b| urgency(&a.1).total_cmp(&urgency(&b.1)));
            (best.ok_or_else(wide)?, step)
        }
    };
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut left, mut right) = (best.0.ln() - reach, best.0.ln() + reach);
    for _ in 0..SECTIONS {
        let [x, y] = [right - golden * (right - left), left + golden * (right - left)];
        let (Some(a), Some(b)) = (at(x.exp()), at(y.exp())) else { break };
        let first = urgency(&a.1) > urgency(&b.1);
        if first {
            right = y
        } else {
            left = x
        }
        let better = if first { a } else { b };
        if urgency(&better.1) > urgency(&best.1) {
            best = better;
        }
    }
    surely(best.0)
}

/// Cells on which the relation holds, from the upper end of the range to the lower.
fn cover(statement: &RangeStatement, place: &ProofPlace) -> Result<Vec<CoverCell>, String> {
    let [low, high] = statement.range();
    let mut cells = Vec::new();
    let mut top = high;
    if top.is_infinite() {
        let end = end_cell(place, low).ok_or("no SNR is found from which on the relation is clear")?;
        top = end.snr[0];
        cells.push(end);
    }
    let point = !statement.varies() || low == high;
    let [mut ratio, widest, narrowest] = WIDTHS;
    while top > low || (point && cells.is_empty()) {
        // The last cell from 0 on is tried once it is within reach of the scale.
        let bottom = if top / ratio <= low || (low == 0.0 && top < 1e-2 * place.scale()) || point {
            low
        } else {
            top / ratio
        };
        match place.sides(Interval::new(bottom, top)) {
            Some(Sides { excess, .. }) if clear(excess) || (point && excess.hi() <= 0.0) => {
                cells.push(CoverCell { snr: [bottom, top], excess: [excess.lo(), excess.hi()], power: 0 });
                top = bottom;
                ratio = (1.0 + (ratio - 1.0) * 1.5).min(widest);
                if bottom <= low {
                    break;
                }
            }
            Some(_) if ratio > narrowest && !point => ratio = 1.0 + 0.5 * (ratio - 1.0),
            Some(_) => return Err(format!("the sides come too near to each other at snr {top}")),
            None => return Err(format!("no enclosure is known up to snr {top}")),
        }
        if cells.len() > MOST_CELLS {
            return Err(format!("more than {MOST_CELLS} cells"));
        }
    }
    cells.reverse();
    if Fault::Cell.is_planted() {
        cells.remove(1);
    }
    Ok(cells)
}

/// The first of a sequence of SNRs from which on the relation is clear.
fn end_cell(place: &ProofPlace, low: f64) -> Option<CoverCell> {
    let first = low.max(place.scale());
    let starts = (0..60).map(|i| first * 1.25_f64.powi(i));
    starts.into_iter().find_map(|start| {
        let clear = place.end(start)?.into_iter().find(|(_, excess)| excess.hi() <= 0.0);
        let (power, excess) = clear?;
        Some(CoverCell { snr: [start, f64::INFINITY], excess: [excess.lo(), excess.hi()], power })
    })
}
