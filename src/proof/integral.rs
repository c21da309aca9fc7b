//! Averages over the channel's output, enclosed: the trapezoid rule with a proven error.
//!
//! A coordinate has Y = √γ X + Z with density f(y) = Σ p_i φ(y − √γ x_i) and posterior weights
//! w_i(y). The averages are ∫ f(y) g(y) dy with g made of the posterior's cumulants
//! (docs/theory.md, I1–I4):
//!
//! * M = E κ₂, S = −M′ = E κ₂², S′ = E[κ₃² − 2κ₂³], S″ = E[κ₄² − 12 κ₂κ₃² + 6κ₂⁴], H(X|Y).
//!
//! For a whole cell of SNRs at once: every interval holds the average at each γ of the cell.

use crate::numeric::interval::Interval;
use crate::numeric::interval::planted::Fault;
use crate::proof::law::LineLaw;
use crate::proof::posterior::PosteriorNode;

/// Averages of one coordinate.
#[derive(Debug, Clone, Copy)]
pub struct Averages {
    /// M(γ).
    pub mmse: Interval,
    /// S = −M′(γ).
    pub slope: Interval,
    /// S′.
    pub slope_change: Interval,
    /// S″.
    pub slope_bend: Interval,
    /// H(X|Y), nats; between 0 and H where it was not asked for.
    pub equivocation: Interval,
}

/// How fine the rule is. Its result is an enclosure however coarse it is.
#[derive(Debug, Clone, Copy)]
pub struct Detail {
    /// 2πa/h: the rule errs by about e^−exponent of its integrand on the edge of the strip.
    pub(super) exponent: f64,
    /// How far the nodes reach beyond the outermost mean.
    pub(super) reach: f64,
}

impl Detail {
    /// e^−32 = 1.3e−14, and P(Z > 9.5) < 1.1e−21.
    pub const FINE: Self = Self { exponent: 32.0, reach: 9.5 };
    /// A look around: e^−12 = 6e−6, and P(Z > 6) < 1e−9.
    pub const COARSE: Self = Self { exponent: 12.0, reach: 6.0 };
}

/// Half the strip's width at most, and times √γ·radius at most: the angle α of the lemma.
const WIDEST: f64 = 2.0;
const ANGLE: f64 = 0.999;
/// cos α ≥ cos 1 = 0.5403023…
const COSINE: f64 = 0.5403;
/// Most nodes times atoms.
const MOST_TERMS: f64 = 4e6;

/// Nodes k·h for |k| ≤ n, both exact, and the errors of the rule at every γ of a cell.
struct TrapezoidRule {
    h: f64,
    n: i64,
    /// 2e^{a²/2}/(e^{2πa/h} − 1).
    error: f64,
    /// P(|Z| > reach): what nodes that are left out carry of ∫ f.
    tail: f64,
}

impl TrapezoidRule {
    /// For γ up to `snr`; `None` where it would have too many nodes.
    fn new(law: &LineLaw, root: Interval, detail: Detail) -> Option<Self> {
        let spread = root.hi() * law.radius.hi();
        let a = if spread * WIDEST <= ANGLE { WIDEST } else { ANGLE / spread };
        // A step with 12 bits: its multiples by whole numbers below 2^40 are exact.
        let wanted = 2.0 * std::f64::consts::PI * a / detail.exponent;
        let h = f64::from_bits(wanted.to_bits() & !((1 << 40) - 1));
        let n = ((spread + detail.reach) / h).ceil() + 1.0;
        if n.is_nan() || 2.0 * n * law.atoms() as f64 > MOST_TERMS {
            return None;
        }
        let (a, step) = (Interval::point(a), Interval::point(h));
        // α = a·√γ·radius ≤ 1 for certain: the cosine is taken at 1.
        if (a * root.hi() * law.radius).hi() > 1.0 {
            return None;
        }
        let decay = (Interval::PI * 2.0 * a / step).exp() - 1.0;
        let error = ((a.square() / 2.0).exp() * 2.0 / decay).hi();
        let reach = Interval::point(n) * step - Interval::point(root.hi()) * law.radius;
        let tail = (Interval::point(reach.lo()).normal_tail() * 2.0).hi();
        let tail = if Fault::Tail.is_planted() { 0.0 } else { tail };
        Some(Self { h, n: n as i64, error, tail })
    }
}

/// A sum over nodes and its error.
#[derive(Clone, Copy)]
struct NodeSum(Interval);

impl NodeSum {
    fn new() -> Self {
        Self(Interval::ZERO)
    }

    fn add(&mut self, term: Interval) {
        self.0 = self.0 + term;
    }

    /// ∫ f g for 0 ≤ g ≤ most, where |g| grows by at most `growth` off the line: the rule's error
    /// is then at most error·growth times the integral itself.
    fn positive(self, rule: &TrapezoidRule, most: Interval, growth: f64) -> Interval {
        let full = self.full(rule, most).not_negative();
        let share = Interval::new(0.0, (Interval::point(rule.error) * growth).hi());
        // Further off than the integral itself the rule says nothing.
        if share.hi() >= 0.5 {
            return Interval::new(0.0, most.hi());
        }
        let (one, share) = (Interval::ONE, Interval::point(share.hi()));
        let low = (Interval::point(full.lo()) / (one + share)).lo().max(0.0);
        let high = (Interval::point(full.hi()) / (one - share)).hi();
        Interval::new(low.min(most.hi()), high.min(most.hi()))
    }

    /// ∫ f g for |g| ≤ most on the line and ≤ edge on the strip.
    fn signed(self, rule: &TrapezoidRule, most: Interval, edge: Interval) -> Interval {
        let error = (Interval::point(rule.error) * edge + Interval::point(rule.tail) * most).hi();
        self.0 * rule.h + Interval::new(-error, error)
    }

    /// The sum over every node, for g ≥ 0: those left out carry at most tail·most.
    fn full(self, rule: &TrapezoidRule, most: Interval) -> Interval {
        self.0 * rule.h + Interval::new(0.0, (Interval::point(rule.tail) * most).hi())
    }
}

/// The averages of a coordinate at every γ of `snr`; `None` where they would take too many nodes,
/// or for a cell without an upper end.
pub fn averages(law: &LineLaw, snr: Interval, entropy: bool, detail: Detail) -> Option<Averages> {
    if snr.hi().is_infinite() || snr.lo() < 0.0 {
        return None;
    }
    let root = snr.sqrt();
    let rule = TrapezoidRule::new(law, root, detail)?;
    let [mut mmse, mut slope, mut change, mut bend, mut content] = [NodeSum::new(); 5];
    let mut node = PosteriorNode::new(law, root);
    for k in -rule.n..=rule.n {
        let at = node.at(k as f64 * rule.h, entropy);
        mmse.add(at.density * at.second);
        slope.add(at.density * at.square);
        change.add(at.density * at.change);
        bend.add(at.density * at.bend);
        content.add(at.density * at.entropy);
    }
    let r = law.radius;
    // 1/cos^k on the edge of the strip, and what cumulants are below on the line and there (I3).
    let secant = |k: u32| Interval::point(COSINE).recip().powi(k);
    let size = |factor: f64, power: u32| r.powi(power) * factor;
    let most = r.square();
    let shannon = law.shannon();
    let whole = Interval::new(0.0, shannon.hi());
    let equivocation = if entropy {
        // ∫ f Σ |w||ln w| on the edge is below (H(X|Y) + ln 1/cos α + 2α)/cos α.
        let edge = (shannon + 0.616 + 2.0) * secant(1);
        let atoms = Interval::point(law.atoms() as f64).ln();
        content.signed(&rule, atoms, edge).meet(whole)?
    } else {
        whole
    };
    // M falls from Var X, and S = E κ₂² ≤ radius² M.
    let mmse = mmse.positive(&rule, most, secant(2).hi()).min(law.variance());
    Some(Averages {
        mmse,
        slope: slope.positive(&rule, most.square(), secant(4).hi()).min(most * mmse),
        slope_change: change.signed(&rule, size(38.0, 6), size(52.0, 6) * secant(6)),
        slope_bend: bend.signed(&rule, size(1114.0, 8), size(1636.0, 8) * secant(8)),
        equivocation,
    })
}
