//! What a denoiser is worth on a data set, on one page: its loss against the mmse, its own error,
//! what its chains cost, and the schedule of its own loss.

use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::report::digits::short;
use crate::report::html::{command, document};
use crate::report::plot::schedule::{Picture, picture};
use crate::schedule::SampledCurve;

/// Standard errors allowed on each side of a ratio.
const STD_ERRS: f64 = 3.0;
/// Significant digits.
const DIGITS: usize = 4;

/// A value with its errors; null where there is none.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct MeasuredFigure {
    value: f64,
    std_err: f64,
    bound: f64,
    believed: bool,
}

impl From<Estimate> for MeasuredFigure {
    fn from(e: Estimate) -> Self {
        Self { value: e.value, std_err: e.std_err, bound: e.bound, believed: e.believed() }
    }
}

impl MeasuredFigure {
    fn text(&self) -> String {
        let doubt = if self.believed { "" } else { " (not to be believed)" };
        format!("{}{doubt}", short(self.value, self.std_err, DIGITS))
    }

    /// Relative half-width.
    fn relative(&self) -> f64 {
        (STD_ERRS * self.std_err + self.bound) / self.value.abs()
    }
}

/// One SNR.
#[derive(Debug, Clone, Serialize)]
pub struct LevelRow {
    /// γ.
    pub snr: f64,
    /// E|X − x̂|².
    pub loss: MeasuredFigure,
    /// M, the least there is.
    pub mmse: MeasuredFigure,
    /// E|x̂ − E[X|Y]|².
    pub gap: MeasuredFigure,
    /// The loss over the held-out law.
    pub held_out: Option<MeasuredFigure>,
}

/// One schedule.
#[derive(Debug, Clone, Serialize)]
pub struct PathRow {
    /// Its spec.
    pub schedule: String,
    /// What its steps cost.
    pub path_kl: MeasuredFigure,
    /// What the denoiser's error costs.
    pub denoiser_kl: MeasuredFigure,
    /// What the Gaussian start costs.
    pub init_kl: MeasuredFigure,
    /// Σ M(γ_k) Δ ln γ.
    pub cost_log: MeasuredFigure,
}

/// All of it.
#[derive(Debug, Clone, Serialize)]
pub struct DenoiserReport {
    /// Version of klaim.
    pub klaim: String,
    /// Command line that repeats it.
    pub command: String,
    /// The denoiser.
    pub denoiser: String,
    /// The law of X.
    pub source: String,
    /// The law that the denoiser was not made for.
    pub held_out: Option<String>,
    /// By SNR.
    pub levels: Vec<LevelRow>,
    /// By schedule: that of the denoiser's own loss, of the mmse, equal steps in ln γ.
    pub paths: Vec<PathRow>,
    /// The first of these, γ_0 < … < γ_K.
    pub snr: Vec<f64>,
}

impl DenoiserReport {
    /// Smallest and largest L/M, with three standard errors on their outer sides, over the SNRs
    /// where a step starts; `None` where M is not known to a tenth of itself everywhere.
    pub fn ratio(&self) -> Option<[f64; 2]> {
        let levels = &self.levels[..self.levels.len() - 1];
        let mut ends = [f64::INFINITY, 0.0_f64];
        for LevelRow { loss, mmse, .. } in levels {
            let (ratio, error) = (loss.value / mmse.value, loss.relative() + mmse.relative());
            if !(loss.believed && mmse.believed && error < 0.1) {
                return None;
            }
            ends = [ends[0].min(ratio * (1.0 - error)), ends[1].max(ratio * (1.0 + error))];
        }
        // No loss is below the mmse.
        ends[0] = ends[0].max(1.0);
        Some(ends)
    }

    /// What the ratio says of the schedule made from the loss.
    fn certificate(&self) -> String {
        match self.ratio() {
            Some([low, high]) => format!(
                "L is {low:.3} to {high:.3} times M at these SNRs (three standard errors allowed): on any axis \
                 the schedule of this loss costs at most {:.3} times that of the mmse, among grids on them.",
                (high / low * 1e3).ceil() / 1e3
            ),
            None => {
                "M is too small beside its error at some of these SNRs for a certificate from L/M.".into()
            }
        }
    }

    /// A sentence a line.
    fn findings(&self) -> Vec<String> {
        let worst = |of: &dyn Fn(&LevelRow) -> f64| {
            let key = |row: &LevelRow| Some(of(row)).filter(|x| !x.is_nan()).unwrap_or(f64::NEG_INFINITY);
            self.levels.iter().max_by(|a, b| key(a).total_cmp(&key(b))).expect("there are SNRs")
        };
        let largest = worst(&|row| row.gap.value / row.loss.value);
        let share = 100.0 * largest.gap.value / largest.loss.value;
        let mut lines = Vec::new();
        if share.is_finite() {
            let largest = largest.snr;
            lines.push(format!(
                "The denoiser's own error is {share:.1} % of its loss at snr {largest:.3e}, where that share is largest."
            ));
        }
        lines.push(self.certificate());
        if self.held_out.is_some() {
            let of = |row: &LevelRow| row.held_out.map_or(0.0, |x| x.value / row.loss.value);
            let memorised = worst(&of);
            lines.push(format!(
                "On the held-out law it loses {:.2} times as much at snr {:.3e}, where that ratio is largest.",
                of(memorised),
                memorised.snr
            ));
        }
        lines
    }

    fn level_cells(&self) -> (Vec<&'static str>, Vec<Vec<String>>) {
        let mut header = vec!["snr", "sigma", "loss L", "mmse M", "E|x̂ − m|²"];
        if self.held_out.is_some() {
            header.push("held-out loss");
        }
        let row = |row: &LevelRow| {
            let mut cells = vec![
                format!("{:.3e}", row.snr),
                format!("{:.4}", row.snr.sqrt().recip()),
                row.loss.text(),
                row.mmse.text(),
                row.gap.text(),
            ];
            cells.extend(row.held_out.iter().map(MeasuredFigure::text));
            cells
        };
        (header, self.levels.iter().map(row).collect())
    }

    fn path_cells(&self) -> (Vec<&'static str>, Vec<Vec<String>>) {
        let header = vec!["schedule", "steps cost", "denoiser costs", "start costs", "Σ M Δ ln γ"];
        let row = |row: &PathRow| {
            let figures = [&row.path_kl, &row.denoiser_kl, &row.init_kl, &row.cost_log];
            std::iter::once(row.schedule.clone()).chain(figures.map(MeasuredFigure::text)).collect()
        };
        (header, self.paths.iter().map(row).collect())
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        let mut text = format!("{} on {}\n", self.denoiser, self.source);
        for (header, rows) in [self.level_cells(), self.path_cells()] {
            let mut table = comfy_table::Table::new();
            table.load_style(comfy_table::presets::UTF8_BORDERS_ONLY).set_header(header);
            table.add_rows(rows);
            text += &format!("\n{table}\n");
        }
        self.findings().into_iter().fold(text + "\n", |text, line| text + &line + "\n")
    }

    /// One self-contained page.
    ///
    /// # Errors
    /// None today: a curve of two points and more is drawn.
    pub fn page(&self) -> Result<String> {
        let table = |(header, rows): (Vec<&str>, Vec<Vec<String>>)| -> Markup {
            html! {
                div class="scroll" { table {
                    thead { tr { @for cell in &header { th { (cell) } } } }
                    tbody { @for row in &rows { tr { @for cell in row { td { (cell) } } } } }
                } }
            }
        };
        let known = || self.levels.iter().filter(|row| row.loss.value.is_finite());
        let points: Vec<(f64, f64)> = known().map(|row| (row.snr, row.loss.value)).collect();
        let draw = |points: &[(f64, f64)]| {
            picture(&Picture {
                title: "the loss and the schedule made from it",
                curve: &SampledCurve::new(points)?,
                points: known()
                    .map(|row| (row.snr, row.loss.value, row.loss.std_err / row.loss.value))
                    .collect(),
                snrs: &self.snr,
                bands: None,
            })
        };
        // An interrupted run may have neither.
        let figure = (points.len() > 1 && self.snr.len() > 1).then(|| draw(&points)).transpose()?;
        let header = html! {
            h1 { code { (self.denoiser) } }
            p class="lead" { "on " code { (self.source) } @if let Some(other) = &self.held_out { ", held out " code { (other) } } }
        };
        let main = html! {
            ul { @for line in self.findings() { li { (line) } } }
            h2 { "Loss against the least there is" }
            (table(self.level_cells()))
            p { "L − M = E|x̂ − m|², the denoiser's own squared distance from the posterior mean m; each number is sampled by itself." }
            @if let Some(figure) = &figure { figure { div class="scroll" { (PreEscaped(figure)) } } }
            h2 { "What a chain costs" }
            (table(self.path_cells()))
            p { "KL of the true path from the sampler's, nats: the three costs add. The last column is what the loss-adaptive schedules make least." }
            h2 { "How to repeat this" }
            (command(&self.command))
        };
        Ok(document(&self.denoiser, &self.klaim, &header, &main))
    }
}
