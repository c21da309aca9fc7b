//! The discrete noise schedules that models are trained with: β_0 … β_{T−1}, and the SNR γ_i =
//! ᾱ_i/(1 − ᾱ_i) of timestep i, ᾱ_i = Π_{j ≤ i} (1 − β_j). Names and formulas are those of
//! diffusers.

use std::fmt;
use std::path::Path;

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::spec::{Arguments, Parameter, Spec};
use crate::table::{Header, ReadOptions, Table};

/// A family of β schedules.
struct Family {
    name: &'static str,
    parameters: &'static [Parameter],
    /// β_i at i of T, from its first and last value.
    beta: fn(usize, usize, f64, f64) -> f64,
}

const STEPS: Parameter =
    Parameter { name: "steps", default: Some("1000"), summary: "number of timesteps T ≥ 2" };

const ZERO: Parameter = Parameter {
    name: "zero-snr",
    default: Some("no"),
    summary: "`yes`: √ᾱ shifted and scaled so that the last is 0, diffusers' rescale_betas_zero_snr",
};

/// A schedule from a file.
const FILE: &str = "file";
const FILE_PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "path",
        default: None,
        summary: "table with a column `trained_betas` (or betas) or `alphas_cumprod` (or alpha_bar), timestep 0 first",
    },
    ZERO,
];

/// Every family.
const FAMILIES: [Family; 3] = [
    Family {
        name: "linear",
        parameters: &[
            Parameter { name: "start", default: Some("0.0001"), summary: "first β" },
            Parameter { name: "end", default: Some("0.02"), summary: "last β" },
            STEPS,
            ZERO,
        ],
        beta: |i, steps, start, end| start + (end - start) * i as f64 / (steps - 1) as f64,
    },
    Family {
        name: "scaled-linear",
        parameters: &[
            Parameter { name: "start", default: Some("0.00085"), summary: "first β" },
            Parameter { name: "end", default: Some("0.012"), summary: "last β" },
            STEPS,
            ZERO,
        ],
        beta: |i, steps, start, end| {
            (start.sqrt() + (end.sqrt() - start.sqrt()) * i as f64 / (steps - 1) as f64).powi(2)
        },
    },
    Family { name: "cosine", parameters: &[STEPS, ZERO], beta: |i, steps, _, _| cosine_beta(i, steps) },
];

/// 1 − f((i+1)/T)/f(i/T), at most 0.999, f(t) = cos²(½π(t + 0.008)/1.008): diffusers'
/// `squaredcos_cap_v2`.
fn cosine_beta(i: usize, steps: usize) -> f64 {
    let f =
        |k: usize| (std::f64::consts::FRAC_PI_2 * (k as f64 / steps as f64 + 0.008) / 1.008).cos().powi(2);
    (1.0 - f(i + 1) / f(i)).min(0.999)
}

/// The SNRs of the timesteps 0 … T − 1 of a trained model.
#[derive(Debug, Clone)]
pub struct BetaTable {
    spec: Spec,
    /// ln γ_i, strictly decreasing; the last may be −∞.
    logs: Vec<f64>,
    /// β_0 and β_{T−1} before they are rescaled.
    ends: (f64, f64),
    zero_snr: bool,
}

impl fmt::Display for BetaTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spec.fmt(f)
    }
}

impl BetaTable {
    /// The names that [`BetaTable::parse`] knows, with their parameters.
    pub const FORMS: &'static str = "linear:start=0.0001,end=0.02 (DDPM), scaled-linear:start=0.00085,end=0.012 (Stable Diffusion), cosine \
                                     (each with steps=1000, zero-snr=no), file:path=FILE";

    /// The names of the families.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FAMILIES.iter().map(|family| family.name)
    }

    /// The table of a spec such as `linear` or `scaled-linear:end=0.02`; diffusers' own names are
    /// understood too.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name, [`Error::Invalid`] for a parameter outside its
    /// domain.
    pub fn parse(text: &str) -> Result<Self> {
        let mut spec =
            Spec::parse(&text.replace("squaredcos_cap_v2", "cosine").replace('_', "-")).map_err(|_| {
                Error::invalid("--beta-schedule", format!("`{text}` is not `name` or `name:key=value,…`"))
            })?;
        let named = |name: &str| {
            let known = FAMILIES.iter().map(|family| family.name).chain([FILE]);
            FAMILIES
                .iter()
                .find(|family| family.name == name)
                .ok_or_else(|| Error::unknown("β schedule", name, known))
        };
        let is_file = spec.kind == FILE;
        spec =
            spec.canonical(&|name| if is_file { Ok(FILE_PARAMETERS) } else { Ok(named(name)?.parameters) })?;
        let parameters = if is_file { FILE_PARAMETERS } else { named(&spec.kind)?.parameters };
        let arguments = Arguments::new(&spec, parameters)?;
        let zero_snr = arguments.choice("zero-snr", &["no", "yes"])? == "yes";
        let betas = if is_file {
            from_file(Path::new(arguments.text("path")?))?
        } else {
            let family = named(&spec.kind)?;
            let steps = arguments.count("steps", 2)?;
            if steps > 1 << 20 {
                return Err(arguments.invalid("steps", "is above 2^20"));
            }
            let has_ends = parameters.iter().any(|parameter| parameter.name == "start");
            let (start, end) = if has_ends {
                (arguments.positive("start")?, arguments.positive("end")?)
            } else {
                (0.5, 0.5)
            };
            if start >= 1.0 || end >= 1.0 || start > end {
                return Err(
                    arguments.invalid("start", format!("need 0 < start ≤ end < 1, not {start} and {end}"))
                );
            }
            (0..steps).map(|i| (family.beta)(i, steps, start, end)).collect::<Vec<f64>>()
        };
        let logs = betas.iter().scan(0.0, |log_alpha_bar, beta| {
            *log_alpha_bar += (-beta).ln_1p();
            Some(*log_alpha_bar - (-f64::exp_m1(*log_alpha_bar)).ln())
        });
        let logs: Vec<f64> = logs.collect();
        let logs = if zero_snr { rescaled(&logs) } else { logs };
        Ok(Self { logs, ends: (betas[0], betas[betas.len() - 1]), zero_snr, spec })
    }

    /// T.
    pub fn steps(&self) -> usize {
        self.logs.len()
    }

    /// (β_0, β_{T−1}).
    pub fn ends(&self) -> (f64, f64) {
        self.ends
    }

    /// The configuration of a diffusers scheduler with this table.
    pub fn diffusers(&self) -> Value {
        let name = match self.spec.kind.as_str() {
            "linear" => "linear",
            "scaled-linear" => "scaled_linear",
            "cosine" => "squaredcos_cap_v2",
            _ => return json!({ "num_train_timesteps": self.steps(), "trained_betas": self.betas() }),
        };
        json!({
            "num_train_timesteps": self.steps(),
            "beta_schedule": name,
            "beta_start": self.ends.0,
            "beta_end": self.ends.1,
            "rescale_betas_zero_snr": self.zero_snr,
        })
    }

    /// β_i = 1 − ᾱ_i/ᾱ_{i−1} of the table as it is, rescaled or not.
    fn betas(&self) -> Vec<f64> {
        let snrs: Vec<f64> = (0..self.steps()).rev().map(|t| self.snr(t)).collect();
        trained_betas(&snrs)
    }

    /// γ of timestep `t` < T.
    pub fn snr(&self, t: usize) -> f64 {
        self.logs[t].exp()
    }

    /// The fractional timestep at which ln γ, linear between timesteps, passes that of `snr`;
    /// beyond the table, its end; γ linear where the last one is 0.
    pub fn timestep(&self, snr: f64) -> f64 {
        let log = snr.ln();
        let after = self.logs.partition_point(|&x| x >= log);
        match after {
            0 => 0.0,
            // The last timestep of a rescaled table is at γ = 0: γ itself is linear before it.
            i if i + 1 == self.logs.len() && self.logs[i] == f64::NEG_INFINITY => {
                i as f64 - snr / self.snr(i - 1)
            }
            i if i == self.logs.len() => (i - 1) as f64,
            i => (i - 1) as f64 + (self.logs[i - 1] - log) / (self.logs[i - 1] - self.logs[i]),
        }
    }

    /// Distinct whole timesteps, descending, nearest to those of `snrs` (ascending): where two
    /// would meet, one gives way.
    ///
    /// # Errors
    /// [`Error::Invalid`] for more SNRs than timesteps.
    pub fn timesteps(&self, snrs: &[f64]) -> Result<Vec<usize>> {
        if snrs.len() > self.steps() {
            let message = format!("{} steps cannot have distinct timesteps of {}", snrs.len(), self.steps());
            return Err(Error::invalid("--beta-schedule", message));
        }
        let mut found: Vec<usize> = snrs.iter().map(|&snr| self.timestep(snr).round() as usize).collect();
        // From the noisy end: each strictly below the one before, and with room for those that
        // follow.
        for k in 0..found.len() {
            let most = if k == 0 { self.steps() - 1 } else { found[k - 1] - 1 };
            found[k] = found[k].clamp(found.len() - 1 - k, most);
        }
        Ok(found)
    }
}

/// β_0 … β_{n−1} of the diffusion whose n timesteps have these SNRs (increasing, so the last is
/// timestep 0).
pub fn trained_betas(snrs: &[f64]) -> Vec<f64> {
    // 1 − ᾱ_t/ᾱ_{t−1} = (γ_{t−1} − γ_t)/(γ_{t−1}(1 + γ_t)), and 1 − ᾱ_0 = 1/(1 + γ_0).
    let cleanest = snrs.last().map(|snr| (1.0 + snr).recip());
    let pairs = snrs.windows(2).rev().map(|pair| (pair[1] - pair[0]) / (pair[1] * (1.0 + pair[0])));
    cleanest.into_iter().chain(pairs).collect()
}

/// √ᾱ_i ↦ (√ᾱ_i − √ᾱ_{T−1}) √ᾱ_0/(√ᾱ_0 − √ᾱ_{T−1}), as ln γ: the last is −∞  [LLLY24].
fn rescaled(logs: &[f64]) -> Vec<f64> {
    let roots: Vec<f64> = logs.iter().map(|log| ((-log).exp() + 1.0).sqrt().recip()).collect();
    let (first, last) = (roots[0], roots[roots.len() - 1]);
    let alpha_bar = |root: f64| ((root - last) * first / (first - last)).powi(2);
    roots.iter().map(|&root| alpha_bar(root)).map(|a| (a / (1.0 - a)).ln()).collect()
}

/// The β of a file.
fn from_file(path: &Path) -> Result<Vec<f64>> {
    let table = Table::read(path, &ReadOptions { header: Header::Unless, ..ReadOptions::default() })?;
    let column = |names: [&str; 2]| table.names.iter().position(|name| names.contains(&name.as_str()));
    let numbers =
        |column: usize| (0..table.rows).map(|row| table.number(row, column)).collect::<Result<Vec<f64>>>();
    let (index, betas) = match (column(["trained_betas", "betas"]), column(["alphas_cumprod", "alpha_bar"]))
    {
        (Some(index), _) => (index, numbers(index)?),
        (None, Some(index)) => {
            let alpha_bars = numbers(index)?;
            let before = std::iter::once(1.0).chain(alpha_bars.iter().copied());
            (index, before.zip(&alpha_bars).map(|(before, now)| 1.0 - now / before).collect())
        }
        (None, None) => {
            return Err(table.refuse_file("has no column `trained_betas` or `alphas_cumprod`: name it so"));
        }
    };
    // Only the last timestep may be pure noise.
    let most = |row: usize| if row + 1 == betas.len() { 1.0 } else { 1.0 - f64::EPSILON };
    match (0..betas.len()).find(|&row| !(betas[row] > 0.0 && betas[row] <= most(row))) {
        None if betas.len() >= 2 => Ok(betas),
        None => Err(table.refuse_file("holds fewer than two timesteps")),
        Some(row) => {
            Err(table.refuse(row, index, format!("makes β = {}, which is not in (0, 1)", betas[row])))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published to five or six digits.
    const PUBLISHED: f64 = 1e-4;

    /// σ_max and σ_min of Stable Diffusion, 14.6146 and 0.0292; ᾱ_999 of DDPM, 4.0358e-5 [HJA20].
    #[test]
    fn ends_are_the_published_ones() {
        let stable = BetaTable::parse("scaled_linear").unwrap();
        let sigma = |t: usize| stable.snr(t).powf(-0.5);
        assert!((sigma(999) / 14.6146 - 1.0).abs() < PUBLISHED && (sigma(0) - 0.0292).abs() < PUBLISHED);
        let alpha_bar = |snr: f64| snr / (1.0 + snr);
        let ddpm = BetaTable::parse("linear").unwrap();
        assert!(
            (alpha_bar(ddpm.snr(999)) / 4.0358e-5 - 1.0).abs() < PUBLISHED,
            "{}",
            alpha_bar(ddpm.snr(999))
        );
        // f(1/2)/f(0) at the middle of the cosine schedule, whose β are far from their cap there.
        let cosine = BetaTable::parse("squaredcos_cap_v2").unwrap();
        let f = |t: f64| (std::f64::consts::FRAC_PI_2 * (t + 0.008) / 1.008).cos().powi(2);
        assert!((alpha_bar(cosine.snr(499)) / (f(0.5) / f(0.0)) - 1.0).abs() < 1e-10);
    }

    #[test]
    fn timesteps_round_trip_and_stay_apart() {
        for name in ["linear", "scaled-linear", "cosine", "linear:steps=50"] {
            let table = BetaTable::parse(name).unwrap();
            for t in (0..table.steps()).step_by(7) {
                assert!((table.timestep(table.snr(t)) - t as f64).abs() < 1e-6, "{name}: {t}");
            }
            assert!(table.timestep(1e9) < 1e-9 && table.timestep(1e-12) as usize == table.steps() - 1);
        }
        let table = BetaTable::parse("linear:steps=10").unwrap();
        let crowded: Vec<f64> = (0..10).map(|k| 1.0 + 1e-6 * f64::from(k)).collect();
        assert_eq!(table.timesteps(&crowded).unwrap(), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        assert!(table.timesteps(&[1.0; 11]).is_err());
        let spread = [table.snr(8) * 1.01, table.snr(5), table.snr(1)];
        assert_eq!(table.timesteps(&spread).unwrap(), [8, 5, 1]);
    }

    /// Rescaled as diffusers does: √ᾱ of the middle by hand, the ends pure noise and as they were;
    /// tables come back from files.
    #[test]
    fn zero_terminal_snr_and_files() {
        let (plain, zero) = (
            BetaTable::parse("scaled-linear").unwrap(),
            BetaTable::parse("scaled-linear:zero-snr=yes").unwrap(),
        );
        assert!(zero.snr(999) == 0.0 && (zero.snr(0) / plain.snr(0) - 1.0).abs() < 1e-12);
        let root = |snr: f64| (snr / (1.0 + snr)).sqrt();
        let (first, last) = (root(plain.snr(0)), root(plain.snr(999)));
        let expected = (root(plain.snr(500)) - last) * first / (first - last);
        assert!((root(zero.snr(500)) / expected - 1.0).abs() < 1e-12);
        assert!(
            (zero.timestep(0.0) - 999.0).abs() < 1e-12
                && (zero.timestep(zero.snr(998)) - 998.0).abs() < 1e-6
        );
        assert!((zero.timestep(0.5 * zero.snr(998)) - 998.5).abs() < 1e-12);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("table.csv");
        let alpha_bars: String = (0..1000).map(|t| format!("{:?}\n", root(plain.snr(t)).powi(2))).collect();
        std::fs::write(&path, format!("alphas_cumprod\n{alpha_bars}")).unwrap();
        let read = BetaTable::parse(&format!("file:path=\"{}\"", path.display())).unwrap();
        for t in [0, 1, 500, 999] {
            assert!(
                (read.snr(t) / plain.snr(t) - 1.0).abs() < 1e-9,
                "{t}: {} for {}",
                read.snr(t),
                plain.snr(t)
            );
        }
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_nearest() {
        let message = |text| BetaTable::parse(text).unwrap_err().to_string();
        assert!(message("scaled-liner").contains("did you mean `scaled-linear`"));
        assert!(message("linear:begin=1").contains("parameter"));
        assert!(message("linear:start=0.5").contains("start ≤ end"));
        assert!(message("linear:steps=1").contains("at least 2"));
    }
}
