//! Laws as intervals: made from the decimals of a spec, not from the doubles that estimates use.

use crate::numeric::interval::Interval;
use crate::proof::law_text::{LawText, unsigned};
use crate::spec::{Argument, Spec};

/// A law that the interval route knows.
#[derive(Debug, Clone)]
pub enum IntervalLaw {
    /// Independent copies of a law on a line with finitely many atoms.
    Line(LineLaw),
    /// N(0, v I_d).
    Gaussian {
        /// d.
        dim: Interval,
        /// v.
        variance: Interval,
    },
}

/// `copies` independent coordinates, each with the atoms x_i and weights p_i.
#[derive(Debug, Clone)]
pub struct LineLaw {
    /// x_i less the middle of the smallest and the largest, increasing, at least two.
    pub positions: Vec<Interval>,
    /// p_i > 0.
    pub weights: Vec<Interval>,
    /// ln p_i.
    pub ln_weights: Vec<Interval>,
    /// At least every |x_i|.
    pub radius: Interval,
    /// Number of coordinates.
    pub copies: Interval,
    /// Dimension of the space that the law was given in.
    pub dim: Interval,
    /// How a certificate writes it.
    pub text: LawText,
}

/// Most atoms of a coordinate.
pub(super) const MOST_ATOMS: f64 = 128.0;

/// The numbers in a spec: decimals, or `{name}` for the parameter that a proof runs over.
struct SpecNumbers<'a> {
    spec: &'a Spec,
    parameter: Option<(&'a str, Interval)>,
}

impl SpecNumbers<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.spec.parameters.iter().find_map(|(name, argument)| match argument {
            Argument::Text(text) if name == key => Some(text.as_str()),
            _ => None,
        })
    }

    /// A number as a certificate writes it: a decimal or the parameter's name.
    fn written(&self, key: &str) -> String {
        self.text(key).map_or(String::new(), |text| unsigned(text.trim_matches(['{', '}'])))
    }

    fn number(&self, key: &str) -> Option<Interval> {
        let text = self.text(key)?;
        match self.parameter {
            Some((name, value)) if text == format!("{{{name}}}") => Some(value),
            _ => Interval::decimal(text),
        }
    }

    /// A whole number from 1 on.
    fn count(&self, key: &str) -> Option<f64> {
        let number = self.number(key)?;
        let whole = number.lo() == number.hi() && number.lo().fract() == 0.0 && number.lo() >= 1.0;
        whole.then_some(number.lo())
    }

    /// Whether the spec has no parameters but these.
    fn only(&self, keys: &[&str]) -> bool {
        self.spec.parameters.iter().all(|(name, _)| keys.contains(&name.as_str()))
    }
}

impl IntervalLaw {
    /// The law of a spec in which `{name}` stands for every value of an interval, if there is a
    /// parameter. `None` where this route does not know the kind, or not with these parameters.
    pub fn of(spec: &Spec, parameter: Option<(&str, Interval)>) -> Option<Self> {
        let numbers = SpecNumbers { spec, parameter };
        let whole = |n: f64| (0..n as usize).map(|i| i as f64);
        match spec.kind.as_str() {
            "bpsk" if numbers.only(&[]) => {
                let half = Interval::point(0.5);
                let atoms = [-1.0, 1.0].map(Interval::point).to_vec();
                LineLaw::new(atoms, vec![half; 2], LawText::even(2, "2"))
            }
            "bernoulli" if numbers.only(&["p"]) => {
                let p = numbers.number("p").filter(|p| p.lo() > 0.0 && p.hi() < 1.0)?;
                let atoms = [0.0, 1.0].map(Interval::point).to_vec();
                let text = LawText { weights: vec![numbers.written("p")], ..LawText::even(2, "1") };
                LineLaw::new(atoms, vec![Interval::ONE - p, p], text)
            }
            "pam" if numbers.only(&["levels"]) => {
                let levels = numbers.count("levels").filter(|&n| n <= MOST_ATOMS)?;
                LineLaw::uniform(whole(levels).map(Interval::point).collect(), "1")
            }
            "simplex" if numbers.only(&["atoms"]) && numbers.count("atoms")? == 2.0 => {
                let law = LineLaw::uniform(vec![Interval::ZERO, Interval::point(2.0).sqrt()], "sqrt(2)")?;
                Some(LineLaw { dim: Interval::point(2.0), ..law })
            }
            "zipf" if numbers.only(&["exponent", "atoms"]) => {
                let (s, atoms) = (numbers.number("exponent")?, numbers.count("atoms")?);
                let text = numbers.written("exponent");
                let text = |i: usize| format!("1 / exp({text} * ln({i}))");
                LineLaw::by_rank(atoms, |i| (-(s * i.ln())).exp(), text)
            }
            "log-power" if numbers.only(&["power", "atoms"]) => {
                let (a, atoms) = (numbers.number("power")?, numbers.count("atoms")?);
                let text = numbers.written("power");
                let text = |i: usize| format!("1 / {i} / exp({text} * ln(ln({})))", i + 1);
                LineLaw::by_rank(atoms, |i| (-(a * (i + 1.0).ln().ln())).exp() / i, text)
            }
            "hypercube" if numbers.only(&["dim"]) => {
                let dim = Interval::point(numbers.count("dim")?);
                let half = Interval::point(0.5);
                let atoms = [-1.0, 1.0].map(Interval::point).to_vec();
                let bpsk = LineLaw::new(atoms, vec![half; 2], LawText::even(2, "2"))?;
                Some(LineLaw { copies: dim, dim, ..bpsk })
            }
            "product" if numbers.only(&["base", "dim"]) => return Self::product(&numbers),
            "gaussian" if numbers.only(&["dim", "variance"]) => {
                let [dim, variance] = ["dim", "variance"].map(|key| match numbers.text(key) {
                    Some(_) => numbers.number(key),
                    None => Some(Interval::ONE),
                });
                let variance = variance?.meet(Interval::new(f64::MIN_POSITIVE, f64::INFINITY))?;
                return Some(Self::Gaussian { dim: dim?, variance });
            }
            _ => None,
        }
        .map(Self::Line)
    }

    fn product(numbers: &SpecNumbers) -> Option<Self> {
        let dim = Interval::point(numbers.count("dim")?);
        let base = numbers.spec.parameters.iter().find_map(|(name, argument)| match argument {
            Argument::Nested(base) if name == "base" => Some(base.clone()),
            Argument::Text(text) if name == "base" => Spec::parse(text).ok(),
            _ => None,
        })?;
        Some(match Self::of(&base, numbers.parameter)? {
            Self::Line(line) if line.dim.is(1.0) => Self::Line(LineLaw { copies: dim, dim, ..line }),
            Self::Gaussian { dim: one, variance } if one.is(1.0) => Self::Gaussian { dim, variance },
            _ => return None,
        })
    }
}

impl LineLaw {
    /// A law on a line from increasing positions and weights that sum to 1; `None` for fewer than
    /// two atoms.
    pub(super) fn new(atoms: Vec<Interval>, weights: Vec<Interval>, text: LawText) -> Option<Self> {
        let ([first, .., last], true) = (&atoms[..], atoms.len() == weights.len()) else { return None };
        let middle = (*first + *last) / 2.0;
        // (n − 1)/2 is exact, and so is every difference, where the atoms are small whole numbers.
        let exact = |x: &Interval| x.lo() == x.hi() && x.lo().fract() == 0.0 && x.lo().abs() < 1e15;
        let positions: Vec<Interval> = if exact(first) && exact(last) && atoms.iter().all(exact) {
            let middle = 0.5 * (first.lo() + last.lo());
            atoms.iter().map(|x| Interval::point(x.lo() - middle)).collect()
        } else {
            atoms.iter().map(|x| *x - middle).collect()
        };
        let radius = positions.iter().map(|x| x.magnitude()).fold(0.0, f64::max);
        let ln_weights = weights.iter().map(|p| p.ln()).collect();
        Some(Self {
            positions,
            weights,
            ln_weights,
            radius: Interval::point(radius),
            copies: Interval::ONE,
            dim: Interval::ONE,
            text,
        })
    }

    /// Equiprobable atoms that are `distance` apart.
    fn uniform(atoms: Vec<Interval>, distance: &str) -> Option<Self> {
        let weight = Interval::ONE / atoms.len() as f64;
        let (n, weights) = (atoms.len(), vec![weight; atoms.len()]);
        Self::new(atoms, weights, LawText::even(n, distance))
    }

    /// Atoms 1 … n with weights in proportion to `weight(i)`.
    fn by_rank(
        n: f64,
        weight: impl Fn(Interval) -> Interval,
        written: impl Fn(usize) -> String,
    ) -> Option<Self> {
        if n > MOST_ATOMS {
            return None;
        }
        let atoms: Vec<Interval> = (1..=n as usize).map(|i| Interval::point(i as f64)).collect();
        let weights: Vec<Interval> = atoms.iter().map(|&i| weight(i)).collect();
        let total = weights.iter().fold(Interval::ZERO, |sum, w| sum + *w);
        let ranks = || 1..=n as usize;
        let atoms_text = ranks().map(|i| i.to_string()).collect();
        let text = LawText { atoms: atoms_text, weights: ranks().map(written).collect() };
        Self::new(atoms, weights.iter().map(|w| *w / total).collect(), text)
    }

    /// Number of atoms of a coordinate.
    pub fn atoms(&self) -> usize {
        self.weights.len()
    }

    /// Σ over pairs i < j of a function of (x_i − x_j)² and of p_i, p_j.
    pub fn pairs(&self, term: impl Fn(Interval, usize, usize) -> Interval) -> Interval {
        let n = self.atoms();
        let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
        pairs.fold(Interval::ZERO, |sum, (i, j)| {
            sum + term((self.positions[i] - self.positions[j]).square(), i, j)
        })
    }

    /// Var X of a coordinate, Σ_{i<j} p_i p_j (x_i − x_j)²: at most radius² (Popoviciu).
    pub fn variance(&self) -> Interval {
        let sum = self.pairs(|d, i, j| self.weights[i] * self.weights[j] * d);
        sum.not_negative().min(self.radius.square())
    }

    /// Shannon entropy of a coordinate, Σ −p ln p, between 0 and ln n.
    pub fn shannon(&self) -> Interval {
        let sum = self.weights.iter().fold(Interval::ZERO, |sum, p| sum + surprise(*p));
        sum.not_negative().min(Interval::point(self.atoms() as f64).ln())
    }

    /// Varentropy of a coordinate, Σ_{i<j} p_i p_j ln²(p_i/p_j).
    pub fn info_variance(&self) -> Interval {
        self.pairs(|_, i, j| {
            let content = (self.ln_weights[i] - self.ln_weights[j]).square();
            self.weights[i] * self.weights[j] * content
        })
    }

    /// Rényi entropy of order a of a coordinate, a > 0: ln Σ p^a/(1 − a), a = 1 the Shannon entropy.
    pub fn renyi(&self, order: Interval) -> Interval {
        if order.is(1.0) {
            return self.shannon();
        }
        if order.holds(1.0) {
            return Interval::new(0.0, Interval::point(self.atoms() as f64).ln().hi());
        }
        let sum = self.ln_weights.iter().fold(Interval::ZERO, |sum, l| sum + (*l * order).exp());
        (sum.ln() / (Interval::ONE - order)).not_negative()
    }

    /// Min-entropy of a coordinate, −ln max p.
    pub fn min_entropy(&self) -> Interval {
        let largest = self.ln_weights.iter().copied().reduce(Interval::max);
        -largest.expect("a law has atoms")
    }
}

/// 1/e = 0.367879441171442321… lies between.
const ONE_OVER_E: [f64; 2] = [0.367_879_441_171_442_3, 0.367_879_441_171_442_4];

/// −p ln p for p in [0, 1]: it rises up to 1/e, where it is 1/e, and falls from there.
pub(super) fn surprise(p: Interval) -> Interval {
    let at = |p: f64| {
        let p = Interval::point(p);
        if p.is(0.0) { p } else { -(p * p.ln()) }
    };
    let p = p.not_negative();
    let ends = at(p.lo()).hull(at(p.hi()));
    if p.hi() < ONE_OVER_E[0] || p.lo() > ONE_OVER_E[1] {
        ends
    } else {
        ends.hull(Interval::point(ONE_OVER_E[1]))
    }
}
