//! Probes: not "does the claim hold on these laws" but "where does it stop holding".
//!
//! A probe point is the claim's main statement with its sources replaced ([`statement`]); it goes
//! through the same expansion, routes, sampling and verdicts as `verify` ([`measure`]), at a level
//! that all points of the probe share. A sweep maps one or two parameters ([`vary`]) and brackets
//! every change of the verdict by bisection ([`boundary`]). A search looks for the law of bounded
//! size that comes nearest to a violation, and makes it small ([`search`]). A counterexample that
//! either found is tried by interval arithmetic ([`disproof`]).

pub mod boundary;
pub mod disproof;
pub mod found;
pub mod heat;
pub mod measure;
pub mod page;
pub mod place;
pub mod report;
pub mod search;
pub mod statement;
pub mod sweep;
pub mod vary;

pub use report::ProbeReport;
pub use statement::ProbedClaim;
pub use vary::Varied;
