//! Schedules that are a rule in the time of a variance-preserving diffusion √ᾱ·X + √(1−ᾱ)·Z, γ =
//! ᾱ/(1−ᾱ).
//!
//! The two ends of the request are mapped to their times, also where a trained model would stop
//! earlier; the steps are uniform in time (or in its square root) between those. Continuous times:
//! b(t) = −ln ᾱ(t), so γ = 1/(e^b − 1).

use statrs::distribution::{Beta, ContinuousCDF};

use super::axis::uniform;
use super::{Request, Schedule};
use crate::error::Result;
use crate::spec::{Arguments, Parameter};

/// Parameters of the linear β(t) = β_0 + (β_1 − β_0) t on [0, 1].
const BETA_MIN: Parameter = Parameter { name: "beta-min", default: Some("0.1"), summary: "β(0) > 0" };
const BETA_MAX: Parameter = Parameter { name: "beta-max", default: Some("20"), summary: "β(1) > β(0)" };

/// Time uniform with linear β: the continuous limit of DDPM's schedule \[HJA20\],
/// [SSKKEP21, app. B].
pub const LINEAR_BETA: Schedule = Schedule {
    name: "linear-beta",
    summary: "uniform in the time of the linear-β diffusion, −ln ᾱ = ½t²(β_1 − β_0) + tβ_0  [HJA20]",
    parameters: &[BETA_MIN, BETA_MAX],
    from_zero: false,
    build: |arguments, request| {
        let beta = LinearBeta::new(arguments)?;
        Ok(uniform(request.ends(), request.steps, |snr| beta.time(snr), |t| beta.snr(t)))
    },
};

/// Square root of that time uniform: DDIM's quadratic selection of steps [SME21, app. D.2].
pub const QUADRATIC: Schedule = Schedule {
    name: "quadratic",
    summary: "uniform in the square root of the time of the linear-β diffusion  [SME21, app. D.2]",
    parameters: &[BETA_MIN, BETA_MAX],
    from_zero: false,
    build: |arguments, request| {
        let beta = LinearBeta::new(arguments)?;
        Ok(uniform(request.ends(), request.steps, |snr| beta.time(snr).sqrt(), |root| beta.snr(root * root)))
    },
};

/// Time of the diffusion with β(t) = β_0 + (β_1 − β_0) t, continued beyond t = 1.
struct LinearBeta {
    first: f64,
    rise: f64,
}

impl LinearBeta {
    fn new(arguments: &Arguments) -> Result<Self> {
        let (first, last) = (arguments.positive("beta-min")?, arguments.positive("beta-max")?);
        if last <= first {
            return Err(
                arguments.invalid("beta-max", format!("must be above beta-min = {first}, not {last}"))
            );
        }
        Ok(Self { first, rise: last - first })
    }

    /// The root t > 0 of ½ rise t² + first t = b, b = ln(1 + 1/γ).
    fn time(&self, snr: f64) -> f64 {
        let b = snr.recip().ln_1p();
        2.0 * b / (self.first + (self.first * self.first + 2.0 * self.rise * b).sqrt())
    }

    fn snr(&self, time: f64) -> f64 {
        (0.5 * time * time * self.rise + time * self.first).exp_m1().recip()
    }
}

/// Nichol and Dhariwal's ᾱ(t) = f(t)/f(0), f(t) = cos²(½π(t + s)/(1 + s)) [ND21, eq. (17)], without
/// their clipping of β.
pub const COSINE: Schedule = Schedule {
    name: "cosine",
    summary: "uniform in the time of ᾱ = f(t)/f(0), f = cos²(½π(t + s)/(1 + s))  [ND21, eq. (17)]",
    parameters: &[Parameter { name: "offset", default: Some("0.008"), summary: "s > 0" }],
    from_zero: true,
    build: cosine,
};

/// Uniform in the angle a = ½π(t + s)/(1 + s): cos² a = f_0 ᾱ and sin² a = sin² a_0 + f_0 (1 − ᾱ),
/// f_0 = cos² a_0.
fn cosine(arguments: &Arguments, request: &Request) -> Result<Vec<f64>> {
    let offset = arguments.positive("offset")?;
    let start = std::f64::consts::FRAC_PI_2 * offset / (1.0 + offset);
    let (sine, cosine) = start.sin_cos();
    let angle = |snr: f64| {
        if snr.is_infinite() {
            return start;
        }
        let noise = cosine * cosine / (1.0 + snr);
        sine.hypot(noise.sqrt()).atan2((snr * noise).sqrt())
    };
    // f_0 − cos² a = sin(a − a_0) sin(a + a_0).
    let snr = |angle: f64| angle.cos().powi(2) / ((angle - start).sin() * (angle + start).sin());
    Ok(uniform(request.ends(), request.steps, angle, snr))
}

/// Steps of the discrete diffusion of Stable Diffusion, and its first and last β.
const DISCRETE_STEPS: usize = 1000;
const BETA_ENDS: (f64, f64) = (0.00085, 0.012);

/// Timestep uniform with √β linear from √0.00085 to √0.012 over 1,000 steps \[RBLEO22\]. Between
/// timesteps, and beyond the first and last one (γ = 1175 and 0.0047), ln γ is continued linearly.
pub const SCALED_LINEAR: Schedule = Schedule {
    name: "scaled-linear",
    summary: "uniform in the timestep of Stable Diffusion, √β linear over 1,000 steps  [RBLEO22]",
    parameters: &[],
    from_zero: false,
    build: |_, request| {
        let logs = scaled_linear_logs();
        Ok(uniform(
            request.ends(),
            request.steps,
            |snr| timestep(&logs, snr.ln()),
            |t| log_at(&logs, t).exp(),
        ))
    },
};

/// ln γ at the timesteps 0 … 999, decreasing: ᾱ_i = Π_{j ≤ i} (1 − β_j).
fn scaled_linear_logs() -> Vec<f64> {
    let (first, last) = (BETA_ENDS.0.sqrt(), BETA_ENDS.1.sqrt());
    (0..DISCRETE_STEPS)
        .scan(0.0, |minus_log_alpha_bar, i| {
            let root = first + (last - first) * i as f64 / (DISCRETE_STEPS - 1) as f64;
            *minus_log_alpha_bar -= (-root * root).ln_1p();
            Some(-f64::exp_m1(*minus_log_alpha_bar).ln())
        })
        .collect()
}

/// The fractional timestep at which the table passes `log`.
fn timestep(logs: &[f64], log: f64) -> f64 {
    let i = logs.partition_point(|&x| x >= log).clamp(1, logs.len() - 1) - 1;
    i as f64 + (logs[i] - log) / (logs[i] - logs[i + 1])
}

fn log_at(logs: &[f64], timestep: f64) -> f64 {
    let i = (timestep.max(0.0) as usize).min(logs.len() - 2);
    logs[i] + (timestep - i as f64) * (logs[i + 1] - logs[i])
}

/// Shapes for which the quantile function of the Beta law is good to 1e-9, absolute
/// (data/beta.csv).
const BETA_SHAPES: std::ops::RangeInclusive<f64> = 0.2..=20.0;

/// Times or noise levels at the quantiles of a Beta law \[LLGK24\]: many steps at both ends where
/// the shapes are below 1.
pub const BETA: Schedule = Schedule {
    name: "beta",
    summary: "Beta(α, β) quantiles of the time of the linear-β diffusion, or of σ = 1/√γ  [LLGK24]",
    parameters: &[
        Parameter { name: "alpha", default: Some("0.6"), summary: "shape α in [0.2, 20], the clean end" },
        Parameter { name: "beta", default: Some("0.6"), summary: "shape β in [0.2, 20], the noisy end" },
        Parameter { name: "over", default: Some("time"), summary: "`time` (as published) or `sigma`" },
        BETA_MIN,
        BETA_MAX,
    ],
    from_zero: false,
    build: beta,
};

fn beta(arguments: &Arguments, request: &Request) -> Result<Vec<f64>> {
    let shape = |name| {
        let x = arguments.number(name)?;
        let message = || format!("must be in [{}, {}], not {x}", BETA_SHAPES.start(), BETA_SHAPES.end());
        if BETA_SHAPES.contains(&x) { Ok(x) } else { Err(arguments.invalid(name, message())) }
    };
    let law = Beta::new(shape("alpha")?, shape("beta")?).expect("both shapes are positive");
    let time = LinearBeta::new(arguments)?;
    let spread = |low: f64, high: f64| {
        let at = move |k: usize| 1.0 - k as f64 / request.steps as f64;
        (0..=request.steps).map(move |k| low + (high - low) * law.inverse_cdf(at(k)))
    };
    Ok(if arguments.choice("over", &["time", "sigma"])? == "time" {
        spread(time.time(request.snr_max), time.time(request.snr_min)).map(|t| time.snr(t)).collect()
    } else {
        spread(request.snr_max.sqrt().recip(), request.snr_min.sqrt().recip())
            .map(|sigma| sigma.powi(-2))
            .collect()
    })
}
