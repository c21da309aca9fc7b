//! The claim language: a TOML file states a theorem, and expands into cases before the first random draw.

pub mod case;
pub mod expression;
mod syntax;

pub use case::{Bound, Case, Claim, Input, Point, Section};
pub use expression::{Expression, ExpressionError};
