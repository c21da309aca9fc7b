//! The lines to write into the program that will follow a schedule.

use super::model::Pipeline;
use crate::error::Result;
use crate::schedule::export::{self, End};

/// Significant digits of a level: 5e-8 of it is lost.
const DIGITS: usize = 8;

/// Levels that a line still holds.
pub const MOST_LEVELS: usize = 101;

/// A number with eight significant digits, as Python, JSON and ComfyUI read it.
fn short(x: f64) -> String {
    if x == 0.0 {
        return "0.0".into();
    }
    let places = DIGITS as i32 - 1 - x.abs().log10().floor() as i32;
    let text = format!("{x:.*}", usize::try_from(places).unwrap_or(0));
    let text = if text.contains('.') { text.trim_end_matches('0').to_owned() } else { text };
    if text.ends_with('.') { text + "0" } else { text }
}

/// `a, b, c`.
pub fn list(numbers: &[f64]) -> String {
    numbers.iter().map(|&x| short(x)).collect::<Vec<_>>().join(", ")
}

/// What to write, and where, for the model of `pipeline`; without a model, for samplers that take
/// σ.
///
/// # Errors
/// More evaluations than the model has timesteps.
pub fn lines(snrs: &[f64], end: End, pipeline: &Pipeline) -> Result<String> {
    if snrs.len() > MOST_LEVELS {
        return Ok("\nto paste: --format diffusers-sigmas, k-diffusion, comfyui, a1111 or npy\n".into());
    }
    let (sigmas, flow) = (export::sigmas(snrs, end), export::flow(snrs, end));
    let calls = export::evaluated(snrs, end);
    let mut lines: Vec<(&str, String)> = Vec::new();
    if pipeline.is_flow() {
        let told = pipeline.told(snrs, end);
        let shift = if (pipeline.shift - 1.0).abs() < f64::EPSILON {
            String::new()
        } else {
            format!(", whose shift is {}", short(pipeline.shift))
        };
        lines.push((
            "diffusers",
            format!("pipe(prompt, sigmas=[{}])  # FlowMatchEulerDiscreteScheduler{shift}", list(&told)),
        ));
        lines.push(("ComfyUI, the text of a node for sigmas (after the shift)", list(&flow)));
        return Ok(text(&lines));
    }
    if let Some(betas) = pipeline.betas.as_ref().filter(|betas| calls.len() <= betas.steps()) {
        let timesteps = betas.timesteps(calls)?;
        lines.push((
            "diffusers, EulerDiscreteScheduler",
            format!("pipe(prompt, sigmas=[{}])", list(&sigmas)),
        ));
        let whole = timesteps.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        lines.push((
            "diffusers, schedulers that take timesteps (DPMSolverMultistepScheduler): whole ones, each once",
            format!("pipe(prompt, timesteps=[{whole}])"),
        ));
        lines.push((
            "diffusers, DDIM, DDPM, UniPC and others, the levels themselves",
            "--format diffusers > schedule.json, then `with scheduled(pipe, \"schedule.json\")` of examples/apply_schedule.py"
                .into(),
        ));
    }
    lines.push(("k-diffusion, EDM", format!("sigmas = torch.tensor([{}])", list(&sigmas))));
    lines.push(("ComfyUI, A1111 and Forge, the text of a field for sigmas", list(&sigmas)));
    Ok(text(&lines))
}

fn text(lines: &[(&str, String)]) -> String {
    let line = |(place, line): &(&str, String)| format!("{place}:\n    {line}\n");
    format!("\nto paste\n{}", lines.iter().map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_keep_eight_digits() {
        for (x, expected) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (14.614_642_f64, "14.614642"),
            (0.029_167_158_3, "0.029167158"),
            (4096.0, "4096.0"),
            (1e-5 / 3.0, "0.0000033333333"),
            (123_456_789.0, "123456789"),
        ] {
            assert_eq!(short(x), expected);
        }
    }
}
