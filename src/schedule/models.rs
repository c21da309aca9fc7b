//! The parametrisations that people run, by name: what a model's noise levels are, what it
//! predicts, and between which levels it was trained.

use super::loss::Reading;
use super::loss::axis::{Sigma, Time};
use super::loss::beta::BetaTable;
use super::loss::risk::Parametrization;
use crate::error::{Error, Result};

/// How a model tells its network how noisy a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoiseAxis {
    /// By the timestep of a β schedule.
    Timesteps(&'static str),
    /// By σ of X + σZ.
    Sigma,
    /// By the time of (1 − t)X + tZ, or a thousand times it.
    Flow,
}

/// A model as people run it.
#[derive(Debug, Clone, Copy)]
pub struct Model {
    /// Its name.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Who it is.
    pub summary: &'static str,
    /// How it tells its network how noisy a sample is.
    pub noise: NoiseAxis,
    /// What its network predicts.
    pub parametrization: Parametrization,
    /// By what its pipeline multiplies σ/α after it is told the levels: t ↦ st/(1 + (s − 1)t) on a
    /// flow.
    pub shift: f64,
    /// Largest and smallest σ/α, where no table says them.
    pub sigmas: (f64, f64),
}

const fn timesteps(name: &'static str, betas: &'static str, parametrization: Parametrization) -> Model {
    let noise = NoiseAxis::Timesteps(betas);
    Model {
        name,
        aliases: &[],
        summary: "",
        noise,
        parametrization,
        shift: 1.0,
        sigmas: (f64::INFINITY, 0.0),
    }
}

const fn sigma(name: &'static str, shift: f64) -> Model {
    let parametrization = Parametrization::X0;
    Model {
        name,
        aliases: &[],
        summary: "",
        noise: NoiseAxis::Sigma,
        parametrization,
        shift,
        sigmas: (80.0, 0.002),
    }
}

const fn flow(name: &'static str, shift: f64) -> Model {
    let (noise, parametrization) = (NoiseAxis::Flow, Parametrization::Flow);
    Model { name, aliases: &[], summary: "", noise, parametrization, shift, sigmas: (f64::INFINITY, 0.001) }
}

/// e^μ at μ = 1.15, the shift of Flux at 1024² pixels.
const FLUX_SHIFT: f64 = 3.158_192_909_689_767;

/// Every model that `--model` knows.
pub const MODELS: [Model; 14] = [
    Model {
        summary: "DDPM: β linear over 1,000 steps  [HJA20]",
        ..timesteps("ddpm", "linear", Parametrization::Eps)
    },
    Model {
        aliases: &["sd", "sd14", "sd1", "sd2-base"],
        summary: "Stable Diffusion 1.x and 2-base: √β linear",
        ..timesteps("sd15", "scaled-linear", Parametrization::Eps)
    },
    Model {
        summary: "Stable Diffusion XL: √β linear",
        ..timesteps("sdxl", "scaled-linear", Parametrization::Eps)
    },
    Model {
        aliases: &["sd21"],
        summary: "Stable Diffusion 2.1 at 768: √β linear, v",
        ..timesteps("sd21-v", "scaled-linear", Parametrization::V)
    },
    Model {
        aliases: &["sd21-zsnr"],
        summary: "v models with zero terminal SNR: √β linear, rescaled  [LLLY24]",
        ..timesteps("sd21-v-zsnr", "scaled-linear:zero-snr=yes", Parametrization::V)
    },
    Model {
        aliases: &["iddpm", "if"],
        summary: "Improved DDPM: squared cosine, β at most 0.999  [ND21]",
        ..timesteps("cosine", "cosine", Parametrization::Eps)
    },
    Model { summary: "EDM: σ from 80 to 0.002, X + σZ  [KAAL22]", ..sigma("edm", 1.0) },
    Model { summary: "EDM2: σ from 80 to 0.002, X + σZ", ..sigma("edm2", 1.0) },
    Model { summary: "EDM with its levels shifted for larger pictures (--shift)", ..sigma("cosmos", 1.0) },
    Model {
        aliases: &["rectified-flow"],
        summary: "Flow matching: (1 − t)X + tZ, velocity",
        ..flow("flow", 1.0)
    },
    Model { aliases: &["sd35"], summary: "Stable Diffusion 3 and 3.5: a flow, shift 3", ..flow("sd3", 3.0) },
    Model {
        aliases: &["flux-dev"],
        summary: "Flux dev: a flow, shift e^μ with μ = 1.15 at 1024² (--mu for other sizes)",
        ..flow("flux", FLUX_SHIFT)
    },
    Model { summary: "Flux schnell: a flow without a shift", ..flow("flux-schnell", 1.0) },
    Model { aliases: &["auraflow"], summary: "AuraFlow: a flow, shift 1.73", ..flow("aura", 1.73) },
];

impl Model {
    /// The model of a name.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest.
    pub fn find(name: &str) -> Result<&'static Self> {
        let plain = name.to_ascii_lowercase().replace('_', "-");
        let found =
            MODELS.iter().find(|model| model.name == plain || model.aliases.contains(&plain.as_str()));
        let names = MODELS.iter().flat_map(|model| std::iter::once(&model.name).chain(model.aliases));
        found.ok_or_else(|| Error::unknown("model", name, names.copied()))
    }

    /// Its β schedule, where it has one.
    ///
    /// # Errors
    /// Those of [`BetaTable::parse`] (a defect of the table of models).
    pub fn betas(&self) -> Result<Option<BetaTable>> {
        match self.noise {
            NoiseAxis::Timesteps(spec) => BetaTable::parse(spec).map(Some),
            NoiseAxis::Sigma | NoiseAxis::Flow => Ok(None),
        }
    }

    /// The smallest and the largest SNR that the model was trained at; 0 is pure noise.
    ///
    /// # Errors
    /// Those of [`Model::betas`].
    pub fn ends(&self) -> Result<(f64, f64)> {
        Ok(match self.betas()? {
            Some(betas) => (betas.snr(betas.steps() - 1), betas.snr(0)),
            None => (self.sigmas.0.powi(-2), self.sigmas.1.powi(-2)),
        })
    }

    /// What the model says of a loss file, where the caller has said nothing.
    ///
    /// # Errors
    /// Those of [`Model::betas`].
    pub fn fill(&self, reading: &mut Reading) -> Result<()> {
        reading.parametrization = reading.parametrization.or(Some(self.parametrization));
        if reading.betas.is_none() {
            reading.betas = self.betas()?;
        }
        let (time, sigma) = match self.noise {
            // A σ below 1 everywhere is asked about: σ/α, or √(1 − ᾱ).
            NoiseAxis::Timesteps(_) => (None, None),
            NoiseAxis::Sigma => (Some(Time::Edm), Some(Sigma::Ratio)),
            NoiseAxis::Flow => (Some(Time::Flow), Some(Sigma::Flow)),
        };
        reading.time = reading.time.or(time);
        reading.sigma = reading.sigma.or(sigma);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::*;
    use crate::channel::curve::Curve;
    use crate::channel::exact::curve::ExactCurve;
    use crate::schedule::StepAxis;
    use crate::schedule::loss::axis::{DIRECTIONS, Direction};
    use crate::schedule::loss::risk::Process;
    use crate::schedule::loss::{LossCurve, Settings, place, read};
    use crate::source::Source;

    /// Files say the same curve to rounding of the largest SNR.
    const ONE_GRID: f64 = 1e-9;

    fn law() -> Source {
        Source::parse("mixture:means=-1|2,variances=0.2|0.01,weights=1|3").unwrap()
    }

    /// What a network of each parametrisation has as its loss where its x0-risk is `risk`.
    fn loss(parametrization: Parametrization, snr: f64, risk: f64) -> f64 {
        match parametrization {
            Parametrization::X0 => risk,
            Parametrization::Eps => snr * risk,
            Parametrization::V => (1.0 + snr) * risk,
            Parametrization::Score => snr * (1.0 + snr) * risk,
            Parametrization::Flow => (1.0 + snr.sqrt()).powi(2) * risk,
        }
    }

    fn read_text(text: &str, reading: &Reading) -> LossCurve {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("loss.csv");
        fs::write(&path, text).unwrap();
        read(&path, reading).unwrap_or_else(|error| panic!("{error}\n{text}")).curve
    }

    /// One curve, written as ε, v, x0, score and flow losses and with time in both directions, has
    /// one grid.
    #[test]
    fn every_spelling_of_a_curve_has_one_grid() {
        let law = law();
        let exact = ExactCurve::new(&law, Arc::default()).unwrap();
        let time = |k: usize| (k as f64 + 0.5) / 200.0;
        let snr = |t: f64| ((1.0 - t) / t).powi(2);
        let asked = Settings::new(10, StepAxis::SoftLog(1.5));
        let mut first: Option<Vec<f64>> = None;
        for parametrization in [
            Parametrization::X0,
            Parametrization::Eps,
            Parametrization::V,
            Parametrization::Score,
            Parametrization::Flow,
        ] {
            for (name, direction, _) in DIRECTIONS {
                let row = |k: usize| {
                    let t = time(k);
                    let told = if direction == Direction::ToData { 1.0 - t } else { t };
                    format!("{told:?},{:?}\n", loss(parametrization, snr(t), exact.mmse(snr(t)).unwrap()))
                };
                let text = format!("t,loss\n{}", (0..200).map(row).collect::<String>());
                let reading = Reading {
                    parametrization: Some(parametrization),
                    time: Some(Time::Flow),
                    process: Some(Process::Vp),
                    direction: Some(direction),
                    ..Reading::default()
                };
                let grid = place(&read_text(&text, &reading), &asked).unwrap().snrs;
                let one = first.get_or_insert_with(|| grid.clone());
                for (x, y) in grid.iter().zip(one) {
                    assert!((x / *y - 1.0).abs() < ONE_GRID, "{parametrization:?} {name}: {x} for {y}");
                }
            }
        }
    }

    #[test]
    fn models_have_names_of_their_own() {
        let mut names: Vec<&str> =
            MODELS.iter().flat_map(|m| std::iter::once(&m.name).chain(m.aliases)).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert!(names.len() == count && MODELS.len() >= 12);
        assert_eq!(Model::find("SD35").unwrap().name, "sd3");
        assert!(Model::find("fluxx").unwrap_err().to_string().contains("did you mean `flux`"));
        assert!((Model::find("flux").unwrap().shift - 1.15_f64.exp()).abs() < 1e-12);
        assert_eq!(Model::find("sd21-v-zsnr").unwrap().ends().unwrap().0.to_bits(), 0);
    }
}
