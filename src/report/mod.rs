//! Reports: the structure of a run and its forms.

pub mod model;
