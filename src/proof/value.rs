//! Quantities of a law on a cell of SNRs, with two derivatives.

use crate::claim::statement::Operand;
use crate::numeric::interval::Interval;
use crate::proof::integral::{Detail, averages};
use crate::proof::jet::Jet;
use crate::proof::law::{IntervalLaw, LineLaw};

/// The quantities of the channel that have an enclosure on a cell.
const OF_THE_CHANNEL: [&str; 6] =
    ["mmse", "mmse_slope", "mmse_curvature", "posterior_entropy", "information", "lmmse"];
/// Those that need the posterior's entropy.
const BY_ENTROPY: [&str; 2] = ["posterior_entropy", "information"];

/// Whether the quantity depends on the SNR.
pub fn varies(term: &Operand) -> bool {
    match term {
        Operand::Snr => true,
        Operand::Quantity(name, _) => OF_THE_CHANNEL.contains(&name.as_str()),
        Operand::Number(_) | Operand::Parameter => false,
    }
}

/// Why an operand has no enclosure for a law, in words; `None` where it has.
pub fn missing(operand: &Operand, law: &IntervalLaw) -> Option<String> {
    match operand {
        Operand::Number(x) if !x.is_finite() => Some(format!("the number {x} has no interval form")),
        Operand::Quantity(name, argument) => {
            let discrete = matches!(law, IntervalLaw::Line(_)) || name != "posterior_entropy";
            let known = argument.is_none() && OF_THE_CHANNEL.contains(&name.as_str()) && discrete;
            (!known && of_law(law, name, *argument).is_none())
                .then(|| format!("`{name}` has no interval form for this law"))
        }
        Operand::Number(_) | Operand::Snr | Operand::Parameter => None,
    }
}

/// A quantity of the law alone; `None` where this route has none by that name.
pub fn of_law(law: &IntervalLaw, name: &str, argument: Option<f64>) -> Option<Interval> {
    match law {
        IntervalLaw::Line(line) => of_line(line, name, argument),
        IntervalLaw::Gaussian { dim, variance } => match name {
            "dim" => Some(*dim),
            "second_moment" => Some(*dim * *variance),
            _ => None,
        },
    }
}

fn of_line(law: &LineLaw, name: &str, argument: Option<f64>) -> Option<Interval> {
    let one = match (name, argument) {
        ("dim", None) => return Some(law.dim),
        ("atoms", None) if law.copies.is(1.0) => return Some(Interval::point(law.atoms() as f64)),
        ("second_moment", None) => law.variance(),
        ("shannon", None) => law.shannon(),
        ("info_variance", None) => law.info_variance(),
        ("renyi_half", None) => law.renyi(Interval::point(0.5)),
        ("collision", None) => law.renyi(Interval::point(2.0)),
        ("min_entropy", None) => law.min_entropy(),
        ("renyi", Some(order)) if order > 0.0 && order.is_finite() => law.renyi(Interval::read(order)),
        _ => return None,
    };
    Some(one * law.copies)
}

/// The inputs of an expression at every SNR of a cell; `None` where one has no enclosure there.
pub fn inputs(
    operands: &[Operand],
    law: &IntervalLaw,
    parameter: Interval,
    (cell, detail): (Interval, Detail),
) -> Option<Vec<Jet>> {
    let named = |names: &[&str]| {
        operands.iter().any(|t| matches!(t, Operand::Quantity(name, _) if names.contains(&name.as_str())))
    };
    let channel = if !named(&OF_THE_CHANNEL) {
        None
    } else {
        Some(match law {
            IntervalLaw::Line(line) => ChannelJets::of_line(line, (cell, detail), named(&BY_ENTROPY))?,
            IntervalLaw::Gaussian { dim, variance } => ChannelJets::of_gaussian(*dim, *variance, cell),
        })
    };
    let of = |term: &Operand| match term {
        Operand::Number(x) if x.is_finite() => Some(Jet::constant(Interval::read(*x))),
        Operand::Number(_) => None,
        Operand::Snr => Some(Jet::snr(cell)),
        Operand::Parameter => Some(Jet::constant(parameter)),
        Operand::Quantity(name, None) if OF_THE_CHANNEL.contains(&name.as_str()) => {
            channel.as_ref()?.get(name)
        }
        Operand::Quantity(name, argument) => of_law(law, name, *argument).map(Jet::constant),
    };
    operands.iter().map(of).collect()
}

/// Quantities of the channel on a cell.
struct ChannelJets {
    mmse: Jet,
    slope: Jet,
    curvature: Jet,
    information: Jet,
    /// None for a continuous law.
    equivocation: Option<Jet>,
    lmmse: Jet,
}

impl ChannelJets {
    fn get(&self, name: &str) -> Option<Jet> {
        Some(match name {
            "mmse" => self.mmse,
            "mmse_slope" => self.slope,
            "mmse_curvature" => self.curvature,
            "information" => self.information,
            "posterior_entropy" => self.equivocation?,
            "lmmse" => self.lmmse,
            _ => return None,
        })
    }

    /// Sums over coordinates, with I′ = M/2 and M′ = −S.
    fn of_line(law: &LineLaw, (cell, detail): (Interval, Detail), entropy: bool) -> Option<Self> {
        let average = averages(law, cell, entropy, detail)?;
        let half = |x: Interval| x / 2.0;
        let jet = |value, slope, bend| Jet { value, slope, bend }.scaled(law.copies);
        let (m, s) = (average.mmse, average.slope);
        let (change, bend) = (average.slope_change, average.slope_bend);
        let information = (law.shannon() - average.equivocation).not_negative();
        Some(Self {
            mmse: jet(m, -s, -change),
            slope: jet(s, change, bend),
            curvature: jet(-change, -bend, Interval::LINE),
            information: jet(information, half(m), -half(s)),
            equivocation: Some(jet(average.equivocation, -half(m), half(s))),
            lmmse: linear(law.variance(), cell).scaled(law.copies),
        })
    }

    /// M = dv/(1 + γv), −M′ = dv²/(1 + γv)², I = (d/2) ln(1 + γv).
    fn of_gaussian(dim: Interval, variance: Interval, cell: Interval) -> Self {
        let m = linear(variance, cell);
        let scale = (cell * variance + 1.0).recip() * variance;
        let of = |k: u32, factor: f64| scale.powi(k) * factor;
        let jet = |value, slope, bend| Jet { value, slope, bend }.scaled(dim);
        let information = (cell * variance).ln_1p() / 2.0;
        Self {
            mmse: m.scaled(dim),
            slope: jet(of(2, 1.0), of(3, -2.0), of(4, 6.0)),
            curvature: jet(of(3, 2.0), of(4, -6.0), of(5, 24.0)),
            information: jet(information, of(1, 0.5), of(2, -0.5)),
            equivocation: None,
            lmmse: m.scaled(dim),
        }
    }
}

/// v/(1 + γv) = 1/(1/v + γ), and its derivatives.
fn linear(variance: Interval, cell: Interval) -> Jet {
    let scale = (variance.recip() + cell).recip();
    Jet { value: scale, slope: -scale.square(), bend: scale.powi(3) * 2.0 }
}
