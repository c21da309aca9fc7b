//! `product`: independent copies of a base law.

use std::sync::Arc;

use crate::error::Result;
use crate::source::pmf::product::ProductPmf;
use crate::source::{Law, Source, SourceKind};
use crate::spec::{Arguments, Parameter, Spec};

/// Independent coordinates, each a copy of `base`.
pub const PRODUCT: SourceKind = SourceKind {
    name: "product",
    summary: "independent copies of a base law in R^dim",
    parameters: &[
        Parameter {
            name: "base",
            default: None,
            summary: "the law of one block of coordinates, in parentheses",
        },
        Parameter { name: "dim", default: None, summary: "dimension: a multiple of the base's" },
    ],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    let base = Source::build(&arguments.nested("base")?)?;
    let dim = arguments.count("dim", 1)?;
    if dim % base.dim() != 0 {
        let message = format!("must be a multiple of the base's dimension {}, not {dim}", base.dim());
        return Err(arguments.invalid("dim", message));
    }
    let copies = dim / base.dim();
    Ok(independent(arguments.spec(), base, copies))
}

/// The law of `copies` independent copies of `base`; a product of products is one product.
pub fn independent(spec: &Spec, base: Source, copies: usize) -> Source {
    let pmf = base.pmf.clone().map(|pmf| Arc::new(ProductPmf::new(pmf, copies)) as Arc<_>);
    let second_moment = base.second_moment.scaled(copies as f64);
    let notes = base.notes.clone();
    let law = match base.law {
        Law::Product { base, copies: inner } => Law::Product { base, copies: inner * copies },
        _ => Law::Product { base: Box::new(base), copies },
    };
    notes.into_iter().fold(Source::new(spec, law, pmf, second_moment), Source::noting)
}
