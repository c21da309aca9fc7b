//! The posterior of one coordinate at one output y, for every SNR of a cell.

use crate::numeric::interval::Interval;
use crate::proof::law::{LineLaw, surprise};

/// What is averaged, at one y.
#[derive(Clone, Copy)]
pub(super) struct At {
    /// f(y).
    pub density: Interval,
    /// κ₂, between 0 and radius².
    pub second: Interval,
    /// κ₂².
    pub square: Interval,
    /// κ₃² − 2κ₂³.
    pub change: Interval,
    /// κ₄² − 12 κ₂κ₃² + 6κ₂⁴.
    pub bend: Interval,
    /// −Σ w ln w, or 0 where it was not asked for.
    pub entropy: Interval,
}

/// Below this exponent e^x is taken for [0, [`VANISHING`]].
const LEAST_EXPONENT: f64 = -80.0;
/// e^−80 = 1.8049e−35 from above.
const VANISHING: f64 = 1.9e-35;
/// Posterior weights up to here are taken together.
const NEGLIGIBLE: f64 = 2e-35;

/// e^x, roughly where it is negligible.
fn power(x: Interval) -> Interval {
    if x.hi() < LEAST_EXPONENT { Interval::new(0.0, VANISHING) } else { x.exp() }
}

/// A law on a cell of SNRs, with room for one posterior.
pub(super) struct PosteriorNode<'a> {
    law: &'a LineLaw,
    /// √γ of the cell, its middle s₀ and √γ − s₀.
    root: Interval,
    start: Interval,
    shift: Interval,
    /// s₀².
    start_square: Interval,
    /// √(2π).
    norm: Interval,
    /// e^{ln p_i φ_i − ln p_c φ_c}, and what is made of it.
    ratios: Vec<Interval>,
    weights: Vec<Interval>,
}

impl<'a> PosteriorNode<'a> {
    pub(super) fn new(law: &'a LineLaw, root: Interval) -> Self {
        let start = Interval::point(root.middle());
        let room = vec![Interval::ZERO; law.atoms()];
        Self {
            law,
            root,
            start,
            shift: root - start,
            start_square: start.square(),
            norm: (Interval::PI * 2.0).sqrt(),
            ratios: room.clone(),
            weights: room,
        }
    }

    /// The posterior at an exact y.
    pub(super) fn at(&mut self, y: f64, entropy: bool) -> At {
        let y = Interval::point(y);
        let density = self.density(y);
        if self.law.atoms() == 2 { self.two(y, density, entropy) } else { self.several(y, density, entropy) }
    }

    /// Σ p_i φ(y − √γ x_i): each term has √γ once.
    fn density(&self, y: Interval) -> Interval {
        let atoms = self.law.positions.iter().zip(&self.law.weights);
        let term = |(x, p): (&Interval, &Interval)| *p * power(-((y - self.root * *x).square() / 2.0));
        atoms.fold(Interval::ZERO, |sum, atom| sum + term(atom)) / self.norm
    }

    /// Two atoms: everything is a function of |θ|, θ the log-odds; with t = w(1 − w) = e/(1 + e)²,
    /// e = e^−|θ|, and d the distance, κ₂ = d²t, κ₃² = d⁶t²(1 − 4t), κ₄ = d⁴t(1 − 6t), so that
    /// κ₃² − 2κ₂³ = d⁶t²(1 − 6t) and κ₄² − 12κ₂κ₃² + 6κ₂⁴ = d⁸t²(1 − 24t + 90t²).
    fn two(&self, y: Interval, density: Interval, entropy: bool) -> At {
        let [x0, x1] = [self.law.positions[0], self.law.positions[1]];
        let distance = x1 - x0;
        let tilt = y * self.root - (x0 + x1) / 2.0 * self.root.square();
        let odds = self.law.ln_weights[1] - self.law.ln_weights[0] + distance * tilt;
        let size = odds.abs();
        let of = |theta: f64| {
            let e = (-Interval::point(theta)).exp();
            e / (e + 1.0).square()
        };
        let t = Interval::new(of(size.hi()).lo().max(0.0), of(size.lo()).hi().min(0.25));
        let square = distance.square();
        let content = |theta: f64| {
            let theta = Interval::point(theta);
            let e = (-theta).exp();
            e.ln_1p() + theta * e / (e + 1.0)
        };
        let two = (t * square).square();
        // 1 − 24t + 90t² = 90(t − 2/15)² − 3/5.
        let bend = (t - Interval::ONE * 2.0 / 15.0).square() * 90.0 - Interval::point(3.0) / 5.0;
        At {
            density,
            second: t * square,
            square: two,
            change: two * square * (Interval::ONE - t * 6.0),
            bend: two * square.square() * bend,
            entropy: if entropy && size.hi().is_finite() {
                Interval::new(content(size.hi()).lo().max(0.0), content(size.lo()).hi())
            } else {
                Interval::new(0.0, if entropy { content(size.lo()).hi() } else { 0.0 })
            },
        }
    }

    /// Any number of atoms, by moments about the likeliest atom c.
    fn several(&mut self, y: Interval, density: Interval, entropy: bool) -> At {
        let c = self.likeliest(y.lo());
        self.weigh(y, c);
        let r = self.law.radius;
        let (mut moments, mut rare) = ([Interval::ZERO; 4], 0_u32);
        for (i, w) in self.weights.iter().enumerate().filter(|(i, _)| *i != c) {
            if w.hi() <= NEGLIGIBLE {
                rare += 1;
                continue;
            }
            let d = self.law.positions[i] - self.law.positions[c];
            let mut term = *w;
            for moment in &mut moments {
                term = term * d;
                *moment = *moment + term;
            }
        }
        // Each of the others adds at most its weight times (2·radius)^k.
        let rest = |k: u32| {
            let most = ((r * 2.0).powi(k) * NEGLIGIBLE * f64::from(rare)).hi();
            Interval::new(if k % 2 == 1 { -most } else { 0.0 }, most)
        };
        let [m1, m2, m3, m4]: [Interval; 4] = std::array::from_fn(|k| moments[k] + rest(k as u32 + 1));
        let within = |x: Interval, most: Interval| {
            x.meet(Interval::new(-most.hi(), most.hi())).expect("a cumulant is within its bound")
        };
        let second = within(m2.not_negative() - m1.square(), r.square()).not_negative();
        let third = within(m3 - m1 * m2 * 3.0 + m1.powi(3) * 2.0, r.powi(3) * 6.0);
        let fourth = m4 - m1 * m3 * 4.0 - m2.square() * 3.0 + m1.square() * m2 * 12.0 - m1.powi(4) * 6.0;
        let fourth = within(fourth, r.powi(4) * 26.0);
        let square = second.square();
        At {
            density,
            second,
            square,
            change: third.square() - square * second * 2.0,
            bend: fourth.square() - second * third.square() * 12.0 + square.square() * 6.0,
            entropy: if entropy {
                self.weights.iter().fold(Interval::ZERO, |sum, w| sum + surprise(*w))
            } else {
                Interval::ZERO
            },
        }
    }

    /// The atom with the largest posterior weight in the middle of the cell; any other would do.
    fn likeliest(&self, y: f64) -> usize {
        let s = self.start.lo();
        let score = |i: usize| {
            let off = y - s * self.law.positions[i].middle();
            self.law.ln_weights[i].middle() - 0.5 * off * off
        };
        let by_score = |i: &usize, j: &usize| score(*i).total_cmp(&score(*j));
        (0..self.law.atoms()).max_by(by_score).expect("a law has atoms")
    }

    /// Posterior weights: w_i = r_i/Σ r_j, r_i = p_i φ_i/(p_c φ_c). Its largest value has r_i at its
    /// upper end and the others at their lower ends. With d = x_i − x_c and m their mean,
    /// ln r_i = ln p_i/p_c + d·g(√γ), g(s) = sy − s²m, and g(s) = g(s₀) + (y − 2ms′)(s − s₀) for an s′
    /// between.
    fn weigh(&mut self, y: Interval, c: usize) {
        let n = self.law.atoms();
        for i in 0..n {
            let (xi, xc) = (self.law.positions[i], self.law.positions[c]);
            let middle = (xi + xc) / 2.0;
            let first = self.start * y - self.start_square * middle;
            let tilt = first + (y - middle * self.root * 2.0) * self.shift;
            let ratio = self.law.ln_weights[i] - self.law.ln_weights[c] + (xi - xc) * tilt;
            self.ratios[i] = if i == c { Interval::ONE } else { power(ratio) };
        }
        // Sums of the others' ends: of those before i, then of those after.
        let mut before = Interval::ZERO;
        for i in 0..n {
            self.weights[i] = before;
            before = before + self.ratios[i];
        }
        let mut after = Interval::ZERO;
        for i in (0..n).rev() {
            let (others, own) = (self.weights[i] + after, self.ratios[i]);
            after = after + own;
            let share = |own: f64, others: f64| {
                let own = Interval::point(own);
                own / (own + others)
            };
            let low = if others.hi().is_finite() { share(own.lo(), others.hi()).lo() } else { 0.0 };
            let high = if own.hi().is_finite() { share(own.hi(), others.lo()).hi() } else { 1.0 };
            self.weights[i] = Interval::new(low.max(0.0), high.min(1.0));
        }
    }
}
