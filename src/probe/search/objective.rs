//! What the search climbs: ln of the ratio that a claim compares with 1, and its gradient.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::claim::verdict::Relation;
use crate::claim::{Bound, Case, Claim, Deciding, Hypothesis, Input, Point, Section, all_hold};
use crate::error::{Error, Result};
use crate::numeric::sum::weighted_mean;
use crate::probe::search::channel::{Differentiated, NodeValues, Nodes, RULE_ERROR, values};
use crate::probe::search::law::Candidate;
use crate::quantity::axis::SNR;
use crate::quantity::{Need, Rule};
use crate::source::Source;

/// Relative step of the differences by weights; entropies are smooth, so the error is about 1e-10.
const STEP: f64 = 1e-5;

/// An inequality `lhs <= rhs` or `lhs >= rhs` at one SNR, as a function of the law.
#[derive(Debug, Clone)]
pub struct Objective {
    lhs: Bound,
    rhs: Bound,
    /// What a law must satisfy to be looked at.
    hypotheses: Vec<Hypothesis>,
    sign: f64,
    snr: f64,
    /// The claim that it is of.
    claim: Claim,
}

/// ln ratio with its error and its gradient by the law's parameters (positions, then logarithms of
/// weights).
#[derive(Debug, Clone)]
pub struct LnRatio {
    /// ln of lhs/rhs (rhs/lhs for `>=`).
    pub value: f64,
    /// Standard error over drawn nodes, to first order; over a rule the bound [`RULE_ERROR`].
    pub error: f64,
    /// By positions, then by ln w.
    pub gradient: Vec<f64>,
}

impl Objective {
    /// The objective of a claim expanded anywhere; `snr` is where the search looks at it: positions
    /// are free, so one SNR serves a statement that is invariant under dilations.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for relations other than inequalities and for quantities that the
    /// search cannot differentiate.
    pub fn new(claim: &Claim, snr: f64) -> Result<Self> {
        let unsupported = |what: &str, message: &str| Error::Unsupported {
            quantity: what.into(),
            source_spec: "the search".into(),
            message: message.into(),
        };
        let point = &claim.main.cases[0].points[0];
        let (sign, Some(rhs)) = (
            match claim.main.relation {
                Relation::AtMost => 1.0,
                Relation::AtLeast => -1.0,
                _ => return Err(unsupported(&claim.header.id, "takes inequalities alone")),
            },
            &point.rhs,
        ) else {
            return Err(unsupported(&claim.header.id, "takes inequalities alone"));
        };
        for input in point.lhs.inputs.iter().chain(&rhs.inputs) {
            if let Input::Need(need) = input
                && !(CHANNEL.contains(&need.quantity.name) || matches!(need.quantity.rule, Rule::Known(_)))
            {
                return Err(unsupported(
                    need.quantity.name,
                    "knows quantities of the source alone, mmse, mmse_slope, information and posterior_entropy",
                ));
            }
        }
        let sides = point.hypotheses.iter().flat_map(|h| h.lhs.inputs.iter().chain(&h.rhs.inputs));
        for input in sides {
            if let Input::Need(need) = input
                && !matches!(need.quantity.rule, Rule::Known(_))
            {
                return Err(unsupported(
                    need.quantity.name,
                    "takes hypotheses (`where`) on quantities of the source alone",
                ));
            }
        }
        let at_snr = |bound: &Bound| {
            // An axis `snr` in an expression is the SNR of the search.
            let names: Vec<bool> = bound.expression.references().iter().map(|r| r.name == "snr").collect();
            let input =
                |(input, is_snr): (&Input, bool)| if is_snr { Input::Number(snr) } else { input.clone() };
            Bound {
                expression: Arc::clone(&bound.expression),
                inputs: bound.inputs.iter().zip(names).map(input).collect(),
            }
        };
        let hypothesis = |h: &Hypothesis| Hypothesis {
            lhs: at_snr(&h.lhs),
            inequality: h.inequality,
            rhs: at_snr(&h.rhs),
        };
        Ok(Self {
            lhs: at_snr(&point.lhs),
            rhs: at_snr(rhs),
            hypotheses: point.hypotheses.iter().map(hypothesis).collect(),
            sign,
            snr,
            claim: claim.clone(),
        })
    }

    /// The claim on each of `laws` at the objective's SNR, a case per law: what the estimators are
    /// asked to check.
    ///
    /// # Errors
    /// Positions that are not finite.
    pub fn on(&self, laws: &[&Candidate]) -> Result<Claim> {
        let case = |law: &&Candidate| {
            let source = Arc::new(law.source()?);
            let (lhs, rhs) = (self.of_law(&self.lhs, &source), Some(self.of_law(&self.rhs, &source)));
            let point = Point { axes: BTreeMap::new(), lhs, rhs, abscissa: None, hypotheses: Vec::new() };
            Ok(Case { axes: BTreeMap::new(), points: vec![point] })
        };
        let cases = laws.iter().map(case).collect::<Result<Vec<_>>>()?;
        let main = Section { cases, ..self.claim.main.clone() };
        Ok(Claim { main, controls: Vec::new(), breaks: Vec::new(), ..self.claim.clone() })
    }

    /// One side for another law, at the objective's SNR.
    fn of_law(&self, bound: &Bound, source: &Arc<Source>) -> Bound {
        let input = |input: &Input| match input {
            Input::Number(x) => Input::Number(*x),
            Input::Need(need) => {
                let free = need.setting.clone();
                let setting = if free.snr().is_ok() { free.with(&SNR, self.snr) } else { free };
                Input::Need(Need { source: Arc::clone(source), setting, quantity: need.quantity })
            }
        };
        Bound { expression: Arc::clone(&bound.expression), inputs: bound.inputs.iter().map(input).collect() }
    }

    /// Whether a law satisfies the hypotheses.
    fn is_inside(&self, source: &Arc<Source>) -> Result<bool> {
        let here = |h: &Hypothesis| {
            let [lhs, rhs] = [&h.lhs, &h.rhs].map(|side| self.of_law(side, source));
            Hypothesis { lhs, inequality: h.inequality, rhs }
        };
        all_hold(&self.hypotheses.iter().map(here).collect::<Vec<_>>(), &mut Deciding::default())
    }

    /// The SNR.
    pub fn snr(&self) -> f64 {
        self.snr
    }

    /// ln ratio of `law` over `nodes`; −∞ where a side is not positive or not finite, and outside
    /// the hypotheses.
    ///
    /// # Errors
    /// Positions that are not finite.
    pub fn at(&self, law: &Candidate, nodes: &Nodes) -> Result<LnRatio> {
        let scaled =
            Candidate { points: law.points.iter().map(|x| x * self.snr.sqrt()).collect(), ..law.clone() };
        let source = Arc::new(law.source()?);
        let nowhere = || LnRatio {
            value: f64::NEG_INFINITY,
            error: f64::INFINITY,
            gradient: vec![0.0; law.points.len() + law.len()],
        };
        if !self.is_inside(&source)? {
            return Ok(nowhere());
        }
        let view = View { law, source: &source, channel: values(&scaled, nodes), snr: self.snr };
        let (lhs, rhs) = (view.side(&self.lhs)?, view.side(&self.rhs)?);
        if !(lhs.value > 0.0 && rhs.value > 0.0 && lhs.value.is_finite() && rhs.value.is_finite()) {
            return Ok(nowhere());
        }
        let slope = |l: f64, r: f64| self.sign * (l / lhs.value - r / rhs.value);
        let gradient = lhs.points.iter().zip(&rhs.points).chain(lhs.logs.iter().zip(&rhs.logs));
        Ok(LnRatio {
            value: self.sign * (lhs.value / rhs.value).ln(),
            error: if nodes.are_drawn() {
                let by_mean = [0, 1, 2].map(|c| slope(lhs.by_mean[c], rhs.by_mean[c]));
                let row = |a: usize| (0..3).map(|b| by_mean[b] * view.channel.covariance[a][b]).sum::<f64>();
                (0..3).map(|a| by_mean[a] * row(a)).sum::<f64>().max(0.0).sqrt()
            } else {
                RULE_ERROR
            },
            gradient: gradient.map(|(&l, &r)| slope(l, r)).collect(),
        })
    }
}

/// Quantities that come from the nodes.
const CHANNEL: [&str; 4] = ["mmse", "mmse_slope", "information", "posterior_entropy"];

/// A law with what the expressions may ask of it.
struct View<'a> {
    law: &'a Candidate,
    source: &'a Arc<Source>,
    channel: NodeValues,
    snr: f64,
}

impl View<'_> {
    /// A number on this law.
    fn constant(&self, value: f64) -> Differentiated {
        Differentiated::constant(value, self.law.points.len(), self.law.len())
    }

    /// One side with its gradient.
    fn side(&self, bound: &Bound) -> Result<Differentiated> {
        let part = |input: &Input| match input {
            Input::Number(x) => Ok(self.constant(*x)),
            Input::Need(need) => self.quantity(need),
        };
        let parts = bound.inputs.iter().map(part).collect::<Result<Vec<_>>>()?;
        let inputs: Vec<f64> = parts.iter().map(|part| part.value).collect();
        let (value, partials) = bound.expression.value_and_gradient(&inputs);
        let mut side = self.constant(value);
        let needed = parts.iter().zip(partials).zip(&bound.inputs);
        for ((part, partial), _) in needed.filter(|(_, input)| matches!(input, Input::Need(_))) {
            side.add_derivatives(partial, part);
        }
        Ok(side)
    }

    fn quantity(&self, need: &Need) -> Result<Differentiated> {
        // Positions carry √γ: M of the scaled law is γM, its slope γ²|M′|.
        let unscaled = |mean: usize, power: i32| {
            let value = [&self.channel.mmse, &self.channel.slope, &self.channel.posterior_entropy][mean];
            let unit = self.snr.powi(-power);
            let mut by_mean = [0.0; 3];
            by_mean[mean] = unit;
            Differentiated {
                value: unit * value.value,
                points: value.points.iter().map(|g| unit * self.snr.sqrt() * g).collect(),
                logs: value.logs.iter().map(|g| unit * g).collect(),
                by_mean,
            }
        };
        Ok(match need.quantity.name {
            "mmse" => unscaled(0, 1),
            "mmse_slope" => unscaled(1, 2),
            "posterior_entropy" => unscaled(2, 0),
            "information" => {
                let (rest, mut information) = (unscaled(2, 0), self.entropy());
                information.value -= rest.value;
                information.add_derivatives(-1.0, &rest);
                information
            }
            "second_moment" => self.second_moment(),
            _ => self.of_weights(need)?,
        })
    }

    /// H = −Σ p ln p, ∂H/∂ln w_i = −p_i (ln p_i + H).
    fn entropy(&self) -> Differentiated {
        let weights = &self.law.weights;
        let value: f64 = weights.iter().map(|p| -p * p.ln()).sum();
        let logs = weights.iter().map(|p| -p * (p.ln() + value)).collect();
        Differentiated { logs, ..self.constant(value) }
    }

    /// V = Σ p |x − EX|², ∂V/∂x_i = 2 p_i (x_i − EX), ∂V/∂ln w_i = p_i (|x_i − EX|² − V).
    fn second_moment(&self) -> Differentiated {
        let (law, d) = (self.law, self.law.dim);
        let mean = weighted_mean(d, &law.points, &law.weights);
        let square = |i: usize| law.point(i).iter().zip(&mean).map(|(x, m)| (x - m) * (x - m)).sum::<f64>();
        let value: f64 = law.weights.iter().enumerate().map(|(i, p)| p * square(i)).sum();
        let points = (0..law.points.len())
            .map(|k| 2.0 * law.weights[k / d] * (law.points[k] - mean[k % d]))
            .collect();
        let logs = law.weights.iter().enumerate().map(|(i, p)| p * (square(i) - value)).collect();
        Differentiated { points, logs, ..self.constant(value) }
    }

    /// A quantity of the weights alone, with central differences by their logarithms.
    fn of_weights(&self, need: &Need) -> Result<Differentiated> {
        let Rule::Known(known) = need.quantity.rule else {
            unreachable!("checked when the objective was made")
        };
        let at =
            |source: Arc<Source>| known(&Need { source, ..need.clone() }).map(|estimate| estimate.value);
        let moved = |i: usize, factor: f64| {
            let mut law = Candidate {
                dim: 1,
                points: (0..self.law.len()).map(|k| k as f64).collect(),
                weights: self.law.weights.clone(),
            };
            law.weights[i] *= factor;
            law.source().map(Arc::new)
        };
        let difference = |i: usize| -> Result<f64> {
            Ok((at(moved(i, STEP.exp())?)? - at(moved(i, (-STEP).exp())?)?) / (2.0 * STEP))
        };
        let logs = (0..self.law.len()).map(difference).collect::<Result<_>>()?;
        Ok(Differentiated { logs, ..self.constant(at(Arc::clone(self.source))?) })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::claim::{Sources, parse};

    fn objective(lhs: &str, rhs: &str) -> Objective {
        let text = format!(
            "id = \"t\"\ntitle = \"t\"\nstatement = \"s\"\ncite = \"c\"\norigin = \"klaim\"\nlhs = \"{lhs}\"\nrelation = \"<=\"\n\
             rhs = \"{rhs}\"\n[over]\nsource = [\"bpsk\"]\nsnr = [0.5, 2]\n"
        );
        let claim = parse(Path::new("t.toml"), &text, &mut Sources::default()).unwrap();
        Objective::new(&claim, 1.7).unwrap()
    }

    /// Every quantity that the search knows, by central differences of the whole.
    #[test]
    fn the_gradient_is_that_of_the_ratio() {
        let objective = objective(
            "snr^2 * mmse_slope + mmse * second_moment",
            "information + posterior_entropy^2 + shannon * renyi_half + sqrt(info_variance) + renyi(2)",
        );
        let law = Candidate::new(2, vec![0.0, 0.1, 1.4, 0.3, -0.4, 1.8], vec![0.5, 0.3, 0.2]);
        let nodes = Nodes::drawn(2, 6, 0, "test");
        let parameters = law.parameters();
        let at = |p: &[f64]| objective.at(&Candidate::of_parameters(2, p), &nodes).unwrap();
        let exact = at(&parameters).gradient;
        for k in 0..parameters.len() {
            let shifted = |step: f64| {
                let mut p = parameters.clone();
                p[k] += step;
                at(&p).value
            };
            let difference = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
            assert!((exact[k] - difference).abs() < 1e-6, "{k}: {} for {difference}", exact[k]);
        }
    }

    /// A dilation by 1/√γ of a law at SNR γ is the law at SNR 1, for what is invariant.
    #[test]
    fn positions_carry_the_snr() {
        let objective = objective("snr^2 * mmse_slope", "shannon");
        let law = Candidate::new(1, vec![0.0, 1.0, 2.5], vec![0.5, 0.3, 0.2]);
        let found = objective.at(&law, &Nodes::rule(1).unwrap()).unwrap().value;
        let truth =
            crate::channel::exact::at(&law.source().unwrap(), 1.7).unwrap().unwrap().mmse_slope.value
                * 1.7
                * 1.7;
        let entropy = law.source().unwrap().pmf().unwrap().shannon().value;
        assert!((found - (truth / entropy).ln()).abs() < 1e-8, "{found}");
    }

    /// The error of ln ratio is that of its values: over 100 sets of draws the mean of z² is 1 ±
    /// 0.14, and 5 of those are allowed.
    #[test]
    fn the_error_is_that_of_the_ratio() {
        let objective = objective("snr^2 * mmse_slope + mmse", "information + posterior_entropy^2");
        let law = |dim: usize| {
            let mut points = vec![0.0; 3 * dim];
            (points[dim], points[2 * dim]) = (1.5, 2.5);
            Candidate::new(dim, points, vec![0.5, 0.3, 0.2])
        };
        let truth = objective.at(&law(1), &Nodes::rule(1).unwrap()).unwrap().value;
        let z = |seed| {
            let found = objective.at(&law(3), &Nodes::drawn(3, 200, seed, "test")).unwrap();
            ((found.value - truth) / found.error).powi(2)
        };
        let square = (0..100).map(z).sum::<f64>() / 100.0;
        assert!((square - 1.0).abs() < 0.7, "{square}");
    }

    #[test]
    fn what_has_no_derivative_here_is_refused() {
        let text = "id = \"t\"\ntitle = \"t\"\nstatement = \"s\"\ncite = \"c\"\norigin = \"klaim\"\nlhs = \"mmse\"\nrelation = \"<=\"\n\
            rhs = \"lmmse\"\n[over]\nsource = [\"bpsk\"]\nsnr = [1]\n";
        let claim = parse(Path::new("t.toml"), text, &mut Sources::default()).unwrap();
        assert!(Objective::new(&claim, 1.0).unwrap_err().to_string().contains("lmmse"));
    }
}
