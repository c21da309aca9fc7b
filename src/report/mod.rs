//! Reports: the structure of a run and its forms.
//!
//! Everything is written from [`model::Report`]: [`write()`] makes a run directory, [`read`] takes
//! one back, [`summary()`] is what a terminal shows and [`verify_json`] what `verify --format json`
//! prints.

pub mod csv;
pub mod digits;
pub mod exponents;
pub mod html;
pub mod json;
pub mod markup;
pub mod model;
pub mod plot;
pub mod sealed;
pub mod summary;
pub mod tightness;
pub mod wording;
pub mod write;

pub use json::verify as verify_json;
pub use summary::summary;
pub use write::{read, write};
