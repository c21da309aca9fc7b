//! What is asked of a device.

/// In what posterior sums are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// Double.
    #[default]
    F64,
    /// Single, on a CUDA device, for discrete laws; the error is measured on each source and
    /// carried as a bound.
    F32,
}

/// What to ask of devices.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeviceOptions {
    /// Bytes of each device that may be used; `None` is 80 % of what is free.
    pub memory: Option<usize>,
    /// Precision of the sums.
    pub precision: Precision,
}
