//! What a network is given and what it gives: its words for the state, the noise level and the
//! estimate, and what they are of a state U_γ = γX + √γZ.
//!
//! With σ = 1/√γ, ᾱ = γ/(1 + γ) and the flow time t = σ/(1 + σ), a state has three forms:
//!
//! | form | state | estimate of X from ε̂, v̂, û |
//! | --- | --- | --- |
//! | `y` | X + σZ = U/γ | y − σε̂ |
//! | `x_t` | √ᾱ X + √(1−ᾱ) Z = √ᾱ y | √ᾱ x_t − √(1−ᾱ) v̂, v = √ᾱ Z − √(1−ᾱ) X |
//! | `flow` | (1−t) X + tZ = (1−t) y | (1−t) y − tû, u = Z − X |

/// The form of the state that a network reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateForm {
    /// X + σZ.
    Y,
    /// √ᾱ X + √(1−ᾱ) Z.
    VariancePreserving,
    /// (1−t) X + tZ.
    Flow,
}

/// The form of the noise level that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoiseForm {
    Sigma,
    Snr,
    LogSnr,
    AlphaBar,
    /// Flow time t.
    Time,
}

/// What it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EstimateForm {
    /// X itself.
    X0,
    /// Z.
    Noise,
    /// √ᾱ Z − √(1−ᾱ) X.
    V,
    /// Z − X.
    Velocity,
}

/// The three forms of one network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convention {
    /// Of the state.
    pub state: StateForm,
    /// Of the level.
    pub noise: NoiseForm,
    /// Of what it gives.
    pub output: EstimateForm,
}

/// The words of `StateForm` in specs.
pub const STATES: [&str; 3] = ["y", "x_t", "flow"];
/// The words of `NoiseForm`.
pub const NOISES: [&str; 5] = ["sigma", "snr", "logsnr", "alpha_bar", "t"];
/// The words of `EstimateForm`.
pub const OUTPUTS: [&str; 4] = ["x0", "eps", "v", "flow"];

/// 1/√γ, √ᾱ, √(1−ᾱ) and t of an SNR γ > 0.
struct Level {
    sigma: f64,
    signal: f64,
    noise: f64,
    time: f64,
}

impl Level {
    fn new(snr: f64) -> Self {
        let sigma = snr.sqrt().recip();
        Self {
            sigma,
            signal: (snr / (1.0 + snr)).sqrt(),
            noise: (1.0 + snr).sqrt().recip(),
            time: sigma / (1.0 + sigma),
        }
    }
}

impl Convention {
    /// The convention of three of the words above.
    pub fn named(state: &str, noise: &str, output: &str) -> Self {
        Self {
            state: match state {
                "x_t" => StateForm::VariancePreserving,
                "flow" => StateForm::Flow,
                _ => StateForm::Y,
            },
            noise: match noise {
                "snr" => NoiseForm::Snr,
                "logsnr" => NoiseForm::LogSnr,
                "alpha_bar" => NoiseForm::AlphaBar,
                "t" => NoiseForm::Time,
                _ => NoiseForm::Sigma,
            },
            output: match output {
                "eps" => EstimateForm::Noise,
                "v" => EstimateForm::V,
                "flow" => EstimateForm::Velocity,
                _ => EstimateForm::X0,
            },
        }
    }

    /// Whether it gives X itself.
    pub fn gives_x0(self) -> bool {
        self.output == EstimateForm::X0
    }

    /// What makes the network's state of U_γ: a factor.
    pub fn of_state(self, snr: f64) -> f64 {
        let level = Level::new(snr);
        match self.state {
            StateForm::Y => snr.recip(),
            StateForm::VariancePreserving => level.signal / snr,
            StateForm::Flow => (1.0 - level.time) / snr,
        }
    }

    /// What the network is told of the noise.
    pub fn of_noise(self, snr: f64) -> f64 {
        match self.noise {
            NoiseForm::Sigma => snr.sqrt().recip(),
            NoiseForm::Snr => snr,
            NoiseForm::LogSnr => snr.ln(),
            NoiseForm::AlphaBar => snr / (1.0 + snr),
            NoiseForm::Time => Level::new(snr).time,
        }
    }

    /// x̂ = a·U + b·output: a and b.
    pub fn of_output(self, snr: f64) -> [f64; 2] {
        let level = Level::new(snr);
        match self.output {
            EstimateForm::X0 => [0.0, 1.0],
            EstimateForm::Noise => [snr.recip(), -level.sigma],
            EstimateForm::V => [level.signal * level.signal / snr, -level.noise],
            EstimateForm::Velocity => [(1.0 - level.time) / snr, -level.time],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From X = 0.3 and Z = −1.1 the network that knows both is right in every form.
    #[test]
    fn every_form_of_the_truth_gives_it_back() {
        let (x, z) = (0.3, -1.1);
        for snr in [1e-6_f64, 0.02, 1.0, 37.0, 1e6] {
            let (sigma, total, u) = (snr.sqrt().recip(), (1.0 + snr).sqrt(), snr * x + snr.sqrt() * z);
            let (a, b, t) = (snr.sqrt() / total, total.recip(), sigma / (1.0 + sigma));
            for (word, truth) in [("x0", x), ("eps", z), ("v", a * z - b * x), ("flow", z - x)] {
                let [of_state, of_truth] = Convention::named("y", "sigma", word).of_output(snr);
                let found = of_state * u + of_truth * truth;
                assert!((found - x).abs() < 1e-12 * (1.0 + sigma), "{word} at {snr}: {found}");
            }
            for (word, state) in
                [("y", x + sigma * z), ("x_t", a * x + b * z), ("flow", (1.0 - t) * x + t * z)]
            {
                let found = Convention::named(word, "snr", "x0").of_state(snr) * u;
                assert!((found / state - 1.0).abs() < 1e-12, "{word} at {snr}: {found} for {state}");
            }
            for (word, level) in
                [("sigma", sigma), ("snr", snr), ("logsnr", snr.ln()), ("alpha_bar", a * a), ("t", t)]
            {
                let found = Convention::named("y", word, "x0").of_noise(snr);
                assert!(
                    (found - level).abs() <= 1e-13 * level.abs(),
                    "{word} at {snr}: {found} for {level}"
                );
            }
        }
    }
}
