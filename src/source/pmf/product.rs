//! Entropies of independent copies: everything adds, and the sub-exponential norm is bracketed.

use std::sync::Arc;

use crate::numeric::estimate::Estimate;
use crate::source::pmf::{Pmf, sub_exponential_norm};

/// The law of n independent copies of a base law.
#[derive(Debug, Clone)]
pub struct ProductPmf {
    base: Arc<dyn Pmf>,
    copies: f64,
}

impl ProductPmf {
    /// `copies` ≥ 1 independent copies of `base`.
    pub fn new(base: Arc<dyn Pmf>, copies: usize) -> Self {
        Self { base, copies: copies as f64 }
    }

    /// ln E e^{θ(ι−H)} of one copy = θ(H_{1−θ} − H).
    fn ln_moment(&self, theta: f64) -> f64 {
        theta * (self.base.renyi(1.0 - theta).value - self.base.shannon().value)
    }

    /// E e^{S/t} + E e^{−S/t} for S the sum of the copies' ι − H.
    fn two_sided(&self, t: f64) -> f64 {
        (self.copies * self.ln_moment(1.0 / t)).exp() + (self.copies * self.ln_moment(-1.0 / t)).exp()
    }
}

impl Pmf for ProductPmf {
    fn atoms(&self) -> f64 {
        self.base.atoms().powf(self.copies)
    }

    fn shannon(&self) -> Estimate {
        self.base.shannon().scaled(self.copies)
    }

    fn renyi(&self, order: f64) -> Estimate {
        self.base.renyi(order).scaled(self.copies)
    }

    fn info_variance(&self) -> Estimate {
        self.base.info_variance().scaled(self.copies)
    }

    /// The midpoint of a proven bracket; `bound` is its half-width (about 14 % for many copies,
    /// where S is nearly normal).
    ///
    /// e^{|x|} = e^x + e^{−x} − e^{−|x|} and e^{−√(nV)/t} ≤ E e^{−|S|/t} ≤ 1 (Jensen), so the norm
    /// lies between the solutions of E e^{S/t} + E e^{−S/t} = 3 and of E e^{S/t} + E e^{−S/t} −
    /// e^{−√(nV)/t} = 2. It also lies between the norm of one copy (conditioning) and n times that
    /// (triangle inequality).
    fn psi1(&self) -> Estimate {
        let one = self.base.psi1();
        if self.copies <= 1.0 || one.value.is_infinite() || one.value <= one.bound {
            return one.scaled(self.copies);
        }
        let std_dev = self.info_variance().value.sqrt();
        // `sub_exponential_norm` solves for the value 2.
        let scale = one.value + self.shannon().value * f64::EPSILON;
        let lower = sub_exponential_norm(0.0, scale, |t| self.two_sided(t) - 1.0);
        let upper = sub_exponential_norm(0.0, scale, |t| self.two_sided(t) - (-std_dev / t).exp());
        let low = (lower.value - lower.bound).max(one.value - one.bound);
        let high = (upper.value + upper.bound).min(self.copies * (one.value + one.bound));
        Estimate::quadrature(0.5 * (low + high), 0.5 * (high - low))
    }
}
