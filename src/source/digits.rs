//! `digits`: the handwritten digits that ship with klaim.

use crate::error::Result;
use crate::source::{Source, SourceKind, file};
use crate::spec::Arguments;

/// 1,797 handwritten digits, 8 × 8 pixels with levels 0 … 16 (E. Alpaydin, C. Kaynak, "Optical
/// Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998, CC BY 4.0),
/// equiprobable; the labels are left out.
pub const DIGITS: SourceKind = SourceKind {
    name: "digits",
    summary: "1,797 handwritten digits in R^64 (8 × 8 pixels, levels 0 … 16), equiprobable",
    parameters: &[],
    build,
};

fn build(arguments: &Arguments) -> Result<Source> {
    file::from_text(arguments.spec(), include_str!("../../data/digits.csv"), &["label"], "data/digits.csv")
}
