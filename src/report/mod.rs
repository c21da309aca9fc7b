//! Reports: the structure of a run and its forms.
//!
//! Everything is written from [`model::Report`]: [`write()`] makes a run directory, [`read`] takes
//! one back, [`summary()`] is what a terminal shows and [`verify_json`] what `verify --format json`
//! prints.

pub mod answers;
pub mod compare;
pub mod csv;
pub mod denoiser;
pub mod digits;
pub mod edges;
pub mod exponents;
pub mod export;
pub mod html;
pub mod json;
pub mod labels;
pub mod markup;
pub mod measured;
pub mod model;
pub mod papers;
pub mod plot;
pub mod sealed;
pub mod summary;
pub mod tightness;
pub mod wording;
pub mod write;
pub mod yardstick;

pub use json::verify as verify_json;
pub use summary::summary;
pub use write::{read, repair, write};
