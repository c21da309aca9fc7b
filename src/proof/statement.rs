//! Both sides of a statement, enclosed on a cell of SNRs for a cell of the parameter.

use crate::claim::statement::{RangeStatement, Side};
use crate::claim::verdict::Relation;
use crate::numeric::interval::Interval;
use crate::proof::end;
use crate::proof::integral::Detail;
use crate::proof::jet::Jet;
use crate::proof::law::{IntervalLaw, LineLaw};
use crate::proof::value;

/// The statement for one cell of its parameter.
pub struct ProofPlace<'a> {
    statement: &'a RangeStatement,
    law: IntervalLaw,
    parameter: Interval,
}

/// Both sides on a cell of SNRs, and by how much the relation is violated there: excess ≤ 0 is the
/// relation.
#[derive(Debug, Clone, Copy)]
pub struct Sides {
    /// Left side.
    pub lhs: Interval,
    /// Right side.
    pub rhs: Interval,
    /// lhs − rhs for ≤ (and =), rhs − lhs for ≥.
    pub excess: Interval,
}

impl RangeStatement {
    /// The ends of the range of SNRs, outward.
    pub fn range(&self) -> [f64; 2] {
        let [lo, hi] = self.snr;
        [Interval::read(lo).lo().max(0.0), if hi.is_finite() { Interval::read(hi).hi() } else { hi }]
    }

    /// The ends of the parameter's range, outward; [1, 1] without a parameter.
    pub fn parameters(&self) -> [f64; 2] {
        self.parameter
            .as_ref()
            .map_or([1.0; 2], |(_, [lo, hi])| [Interval::read(*lo).lo(), Interval::read(*hi).hi()])
    }

    /// Values of the parameter that are looked at first: the ends of its range, which are the
    /// decimals that the claim has, and a number between. Each cell has a value of the range in it,
    /// so what fails on all of it fails for one.
    pub fn samples(&self) -> Vec<Interval> {
        let Some((_, ends)) = &self.parameter else { return vec![Interval::ONE] };
        let [first, last] = ends.map(Interval::read);
        let between = Interval::point((ends[0] * ends[1]).sqrt());
        if first.hi() < between.lo() && between.hi() < last.lo() {
            vec![first, between, last]
        } else if first == last {
            vec![first]
        } else {
            vec![first, last]
        }
    }

    /// A cell around `snr` that has an SNR of the range in it: `snr` alone inside the range, at an
    /// end or beyond what encloses the end's decimal.
    pub fn cell(&self, snr: f64) -> Interval {
        let [lo, hi] = self.snr;
        let first = Interval::read(lo);
        if lo > 0.0 && snr <= first.hi() {
            return first;
        }
        if hi.is_finite() {
            let last = Interval::read(hi);
            if snr >= last.lo() {
                return last;
            }
        }
        Interval::point(snr.max(f64::MIN_POSITIVE))
    }

    /// Whether a side depends on the SNR.
    pub fn varies(&self) -> bool {
        self.lhs.operands.iter().chain(&self.rhs.operands).any(value::varies)
    }

    /// The statement at every value of `parameter`.
    ///
    /// # Errors
    /// In words, where the law or a quantity of it has no interval form.
    pub fn at(&self, parameter: Interval) -> Result<ProofPlace<'_>, String> {
        let named = self.parameter.as_ref().map(|(name, _)| (name.as_str(), parameter));
        let unknown = || format!("the law `{}` has no interval form", self.source);
        let law = match &self.atoms {
            Some(rows) => IntervalLaw::of_atoms(rows)?,
            None => IntervalLaw::of(&self.source, named).ok_or_else(unknown)?,
        };
        let mut operands = self.lhs.operands.iter().chain(&self.rhs.operands);
        match operands.find_map(|operand| value::missing(operand, &law)) {
            Some(why) => Err(why),
            None => Ok(ProofPlace { statement: self, law, parameter }),
        }
    }

    fn signed<T>(&self, [lhs, rhs]: [T; 2], minus: impl Fn(T, T) -> T) -> T {
        if self.relation == Relation::AtLeast { minus(rhs, lhs) } else { minus(lhs, rhs) }
    }
}

impl ProofPlace<'_> {
    /// Both sides with their derivatives on a cell.
    fn jets(&self, cell: Interval, detail: Detail) -> Option<[Jet; 2]> {
        let side = |side: &Side| {
            let inputs = value::inputs(&side.operands, &self.law, self.parameter, (cell, detail))?;
            Some(side.expression.over(&inputs))
        };
        Some([side(&self.statement.lhs)?, side(&self.statement.rhs)?])
    }

    /// Both sides at every γ > 0 of a cell; `None` where one has no enclosure.
    ///
    /// On the cell itself, and where that is tighter from its middle c, with δ = γ − c:
    /// D(γ) = D(c) + D′(γ′) δ = D(c) + D′(c) δ + ½ D″(γ″) δ² for some γ′, γ″ of the cell.
    pub fn sides(&self, cell: Interval) -> Option<Sides> {
        let whole = self.jets(cell, Detail::FINE)?;
        if cell.lo() == cell.hi() {
            return Some(self.compare(whole, |[at, _]| at.value, whole));
        }
        let middle = self.jets(Interval::point(cell.middle()), Detail::FINE)?;
        let shift = cell - cell.middle();
        let taylor = |at: Jet, over: Jet| {
            let first = at.value + over.slope * shift;
            let second = at.value + at.slope * shift + over.bend * (shift.square() / 2.0);
            over.value.and(first).and(second)
        };
        Some(self.compare(middle, |[at, over]| taylor(at, over), whole))
    }

    /// Roughly both sides at one SNR: wider than they need be.
    pub fn look(&self, snr: f64) -> Option<Sides> {
        let at = self.jets(Interval::point(snr), Detail::COARSE)?;
        Some(self.compare(at, |[at, _]| at.value, at))
    }

    fn compare(&self, at: [Jet; 2], lies: impl Fn([Jet; 2]) -> Interval, over: [Jet; 2]) -> Sides {
        let excess = |jets: [Jet; 2]| self.statement.signed(jets, Jet::minus);
        Sides {
            lhs: lies([at[0], over[0]]),
            rhs: lies([at[1], over[1]]),
            excess: lies([excess(at), excess(over)]),
        }
    }

    /// Enclosures of γ^j·excess at every γ ≥ `start`, each with its power j.
    pub fn end(&self, start: f64) -> Option<Vec<(i32, Interval)>> {
        let side = |side: &Side| {
            let inputs = end::inputs(&side.operands, &self.law, self.parameter, start)?;
            Some(side.expression.over(&inputs))
        };
        let (lhs, rhs) = (side(&self.statement.lhs)?, side(&self.statement.rhs)?);
        let [from, less] =
            if self.statement.relation == Relation::AtLeast { [rhs, lhs] } else { [lhs, rhs] };
        Some(from.minus(&less).collect())
    }

    /// The law, where it has atoms on a line.
    pub fn line(&self) -> Option<&LineLaw> {
        match &self.law {
            IntervalLaw::Line(line) => Some(line),
            IntervalLaw::Gaussian { .. } => None,
        }
    }

    /// A scale of SNRs for the law: where the outermost atoms are two standard deviations of the
    /// noise apart.
    pub fn scale(&self) -> f64 {
        match &self.law {
            IntervalLaw::Line(line) => line.radius.hi().powi(-2),
            IntervalLaw::Gaussian { variance, .. } => variance.middle().recip(),
        }
    }
}
