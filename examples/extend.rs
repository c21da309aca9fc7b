//! A law, a quantity and a denoiser of one's own, from outside the library, and claims about them.

use std::sync::Arc;

use klaim::{
    Arguments, Atoms, Claim, DENOISERS, Denoiser, DenoiserKind, Estimate, Need, Parameter, QUANTITIES,
    Quantity, Result, Rule, SOURCES, Scope, Source, SourceKind, Unit, Verifier,
};

/// 1 … n with probability 1/n each.
static DIE: SourceKind = SourceKind {
    name: "die",
    summary: "a fair die: 1 … sides, equiprobable",
    parameters: &[Parameter { name: "sides", default: Some("6"), summary: "number of sides ≥ 2" }],
    build: die,
};

fn die(arguments: &Arguments) -> Result<Source> {
    let sides = arguments.count("sides", 2)?;
    let points = (1..=sides).map(|k| k as f64).collect();
    Source::discrete(arguments.spec(), Atoms::new(1, points, vec![1.0; sides])?)
}

/// e^H.
static PERPLEXITY: Quantity = Quantity {
    name: "perplexity",
    scope: Scope::Source,
    arguments: &[],
    summary: "e^H, the number of equiprobable atoms of the same entropy",
    unit: Unit::One,
    rule: Rule::Known(perplexity),
};

fn perplexity(need: &Need) -> Result<Estimate> {
    let entropy = need.source.pmf().map_or(Estimate::exact(f64::INFINITY), |pmf| pmf.shannon());
    let value = entropy.value.exp();
    Ok(Estimate { bound: value * (entropy.bound + f64::EPSILON), ..Estimate::exact(value) })
}

/// Half of the state, U/(2γ), whatever the law.
#[derive(Debug)]
struct Half;

impl Denoiser for Half {
    fn name(&self) -> &str {
        "half"
    }

    fn estimate(&self, states: &[f64], snr: f64, out: &mut [f64]) -> Result<()> {
        out.iter_mut().zip(states).for_each(|(x, u)| *x = 0.5 * u / snr);
        Ok(())
    }
}

static HALF: DenoiserKind = DenoiserKind {
    name: "half",
    summary: "half of the state",
    parameters: &[],
    read: |_| Ok(Box::new(|_| Ok(Arc::new(Half)))),
};

/// The nearest whole number.
#[derive(Debug)]
struct Nearest;

impl Denoiser for Nearest {
    fn name(&self) -> &str {
        "nearest"
    }

    /// A state is U = γX + √γZ: U/γ is X and noise of variance 1/γ.
    fn estimate(&self, states: &[f64], snr: f64, out: &mut [f64]) -> Result<()> {
        out.iter_mut().zip(states).for_each(|(x, u)| *x = (u / snr).round());
        Ok(())
    }
}

static NEAREST: DenoiserKind = DenoiserKind {
    name: "nearest",
    summary: "the nearest whole number, coordinate by coordinate",
    parameters: &[],
    read: |_| Ok(Box::new(|_| Ok(Arc::new(Nearest)))),
};

fn main() -> Result<()> {
    SOURCES.add(&DIE)?;
    QUANTITIES.add(&PERPLEXITY)?;
    DENOISERS.add(&NEAREST)?;
    DENOISERS.add(&HALF)?;
    let sides = Claim::parse(
        r#"
        id       = "sides"
        lhs      = "perplexity"
        relation = "=="
        rhs      = "sides"
        margin   = 1e-9
        over     = { source = ["die:sides={sides}"], sides = [2, 6, 20] }
        control  = [{ why = "a die has as many sides as atoms", rhs = "sides + 1" }]
        "#,
    )?;
    // E|D − E[X|Y]|² is what the denoiser loses; once the noise is small it loses nothing.
    let rounding = Claim::parse(
        r#"
        id       = "rounding"
        lhs      = "loss"
        relation = ">="
        rhs      = "mmse"
        over     = { source = ["die"], denoiser = ["nearest"], snr = [0.5, 2, 8] }
        control  = [{ why = "rounding is not the posterior mean", relation = "<=", rhs = "1.01 * mmse" }]
        "#,
    )?;
    let report = Verifier::default().run(&[sides, rounding])?;
    print!("{report}");
    assert_eq!(report.exit, 0, "every verdict is as expected");
    Ok(())
}

#[test]
fn the_claims_hold() -> Result<()> {
    main()
}
