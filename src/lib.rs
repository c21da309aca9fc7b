//! klaim puts theorems to the test.
//!
//! ```
#![doc = include_str!("../examples/first.rs")]
//! ```
//!
//! A claim is data: a TOML file with two expressions, a relation and axes. It expands into cases before the first random
//! draw; each case needs numbers; each number comes from a deterministic route or from samples of the posterior, in which one
//! noise product serves every SNR. A run measures in rounds and judges: *supported*, *refuted* or *inconclusive*, with a stated
//! probability that any true claim of the run is refuted. [`Verifier`] runs claims, [`estimate`] and [`curve`] measure single
//! numbers, and `klaim help` tells what the program of the same name does with them.
//!
//! # Words
//!
//! | word | what it is here |
//! | --- | --- |
//! | snr, γ | signal-to-noise ratio of the channel Y = √γ·X + Z, Z ~ N(0, I_d): linear, per coordinate ([`Snr`] converts) |
//! | source | a law of X on R^d, named by a spec `kind:key=value,…` ([`Source`]) |
//! | mmse, M | E\|X − E\[X\|Y\]\|², in units of \|x\|²; its slope −M′ ≥ 0 |
//! | information | I(X; Y), like all entropies in nats |
//! | denoiser | estimates of X for states at one SNR; the exact one is the posterior mean |
//! | schedule | an increasing grid of SNRs that a sampler steps through |
//! | quantity | a number that expressions know by name: `mmse`, `path_kl`, `shannon`, … ([`Quantity`]) |
//! | need | one quantity of one source at one setting |
//! | route | how a need is had: a closed form, quadrature, or samples of an instrument |
//! | instrument | what takes samples of one kind: of the posterior, of simulated paths |
//! | readout | a linear combination of posterior averages of one sample, over SNRs, whose mean is a quantity |
//! | lane | what is sampled together: columns of the same samples of one source; its random words are addressed by what is measured, never by order |
//! | round, stage | samples up to 2048·4^(r−1) of every lane that is needed, then a judgement; what can be measured at once: all that needs no samples, or a round |
//! | unit, leaf | one number or one lane of a stage; the least of it that is measured at once: one number, or at most 32,768 samples |
//! | part | what one task measured of a stage's leaves, in a file that never changes |
//! | claim, section, case | a statement; the statement itself, a control or a break; one combination of its axes |
//! | control | a false neighbour of a claim that must come out refuted (a control *variate* is a statistic with a known mean) |
//! | break | a place where the claim must fail, and why |
//! | bound | the deterministic part of an error; `std_err` is the statistical one, and the two are never mixed |
//! | bracket | an interval in place of a value: proven, or holding at the run's level from a truncated mean |
//! | believed | whether an estimate's error bar is to be relied on; its doubts say why not |
//! | margin | the smallest violation that a run must be able to see |
//! | verdict | supported, refuted, or inconclusive (undecided): neither, when the budget ends or a number is not to be believed |
//! | tightness | how near a claim comes to failing: the largest ratio of its sides, with its error |
//!
//! # Adding to it
//!
//! Laws, quantities, schedules, samplers and denoisers live in registries ([`SOURCES`], [`QUANTITIES`], [`SCHEDULES`],
//! [`SAMPLERS`], [`DENOISERS`]); a program may add its own before it reads a claim, and [`run_program`] then is `klaim` with them.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

// In the order of their dependencies: none uses one below it.
mod error;
mod numeric;
mod spec;
mod table;
mod source;
mod channel;
mod denoiser;
mod schedule;
mod process;
mod instrument;
mod quantity;
mod claim;
mod proof;
mod report;
mod backend;
mod run;
mod probe;
mod cli;

pub use backend::Backend;
pub use backend::choice::{BackendChoice, backend};
pub use backend::options::{DeviceOptions, Precision};
pub use channel::snr::Snr;
pub use claim::verdict::{Relation, Verdict};
pub use claim::{AxisValue, Claim, ClaimHeader, Expression, Outcome};
pub use cli::run as run_program;
pub use denoiser::{DENOISERS, Denoiser, DenoiserKind, Estimand};
pub use error::{Error, Result};
pub use numeric::estimate::{Estimate, Method};
pub use numeric::unit::{Information, Unit};
pub use process::{SAMPLERS, SamplerKind};
pub use quantity::{Memo, Need, QUANTITIES, Quantity, Rule, Scope, Setting};
pub use report::model::{ClaimReport, Report, SectionReport};
pub use report::{read as read_report, write as write_report};
pub use run::options::{MethodChoice, Options};
pub use run::stop::Stop;
pub use run::verifier::{Verifier, curve, estimate};
pub use run::watch::Event;
pub use schedule::{Request as ScheduleRequest, SCHEDULES, Schedule, grid};
pub use source::{Atoms, Density, Law, Pmf, SOURCES, Source, SourceKind};
pub use spec::{Arguments, Named, Parameter, Spec};

/// What the tests, benches and examples of this package look at; it may change with any version.
#[doc(hidden)]
pub mod internals {
    pub mod backend {
        pub use crate::backend::*;
    }
    pub mod channel {
        pub use crate::channel::*;
    }
    pub mod claim {
        pub use crate::claim::*;
    }
    pub mod cli {
        pub use crate::cli::*;
    }
    pub mod denoiser {
        pub use crate::denoiser::*;
    }
    pub mod error {
        pub use crate::error::*;
    }
    pub mod instrument {
        pub use crate::instrument::*;
    }
    pub mod numeric {
        pub use crate::numeric::*;
    }
    pub mod process {
        pub use crate::process::*;
    }
    pub mod proof {
        pub use crate::proof::*;
    }
    pub mod quantity {
        pub use crate::quantity::*;
    }
    pub mod report {
        pub use crate::report::*;
    }
    pub mod run {
        pub use crate::run::*;
    }
    pub mod schedule {
        pub use crate::schedule::*;
    }
    pub mod source {
        pub use crate::source::*;
    }
    pub mod spec {
        pub use crate::spec::*;
    }
}
