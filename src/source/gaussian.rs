//! `gaussian`: N(0, v I_d).

use crate::error::Result;
use crate::numeric::estimate::Estimate;
use crate::source::{Law, Mixture, Source, SourceKind};
use crate::spec::{Arguments, Parameter};

/// N(0, v I_d): the mixture with one component.
pub const GAUSSIAN: SourceKind = SourceKind {
    name: "gaussian",
    summary: "N(0, variance·I) in R^dim",
    parameters: &[
        Parameter { name: "dim", default: Some("1"), summary: "dimension" },
        Parameter { name: "variance", default: Some("1"), summary: "variance of a coordinate, > 0" },
    ],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let (dim, variance) = (arguments.count("dim", 1)?, arguments.positive("variance")?);
    arguments.room("dim", dim as f64)?;
    let law = Mixture {
        dim,
        means: vec![0.0; dim],
        variances: vec![variance],
        weights: vec![1.0],
        approximation: 0.0,
    };
    Ok(Source::new(arguments.spec(), Law::Mixture(law), None, Estimate::exact(dim as f64 * variance)))
}
