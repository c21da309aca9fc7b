//! Which backend a run takes.

use super::Backend;
use super::cpu::Cpu;
use super::options::{DeviceOptions, Precision};
use crate::error::{Error, Result};

/// What the user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BackendChoice {
    /// A CUDA device where a usable one is there, this machine's processors otherwise.
    #[default]
    Auto,
    /// This machine's processors.
    Cpu,
    /// A CUDA device.
    Cuda,
}

/// The backend of a choice; `tell` is given a line wherever
/// [`BackendChoice::Auto`] finds a driver and yet falls back on the processors.
///
/// # Errors
/// [`Error::Backend`] where [`BackendChoice::Cuda`] cannot be had.
pub fn backend(choice: BackendChoice, options: DeviceOptions, tell: fn(&str)) -> Result<Box<dyn Backend>> {
    match choice {
        BackendChoice::Cpu if options.precision == Precision::F32 => {
            Err(Error::invalid("--precision", "f32 needs a CUDA device; the CPU computes in f64"))
        }
        BackendChoice::Cpu => Ok(Box::new(Cpu)),
        BackendChoice::Cuda => device::only(options),
        BackendChoice::Auto => Ok(device::or_cpu(options, tell)),
    }
}

#[cfg(not(feature = "cuda"))]
mod device {
    use super::*;

    pub fn only(_: DeviceOptions) -> Result<Box<dyn Backend>> {
        let message = "this klaim was built without the feature `cuda`; use --backend cpu".into();
        Err(Error::Backend { name: "cuda".into(), message })
    }

    pub fn or_cpu(_: DeviceOptions, _: fn(&str)) -> Box<dyn Backend> {
        Box::new(Cpu)
    }
}

#[cfg(feature = "cuda")]
mod device {
    use super::*;
    use crate::backend::cuda::{self, Cuda};
    use crate::backend::{Job, Open};
    use crate::instrument::Kernels;

    pub fn only(options: DeviceOptions) -> Result<Box<dyn Backend>> {
        Ok(Box::new(Cuda::new(options)?))
    }

    pub fn or_cpu(options: DeviceOptions, tell: fn(&str)) -> Box<dyn Backend> {
        // Most machines have no driver: that is no news.
        if !cuda::driver_is_there() {
            return Box::new(Cpu);
        }
        match Cuda::new(options) {
            Ok(cuda) => Box::new(Preferred { cuda, tell }),
            Err(error) => {
                tell(&format!("{error}; sampling on the CPU"));
                Box::new(Cpu)
            }
        }
    }

    /// The devices, and the processors for jobs that they cannot take.
    struct Preferred {
        cuda: Cuda,
        tell: fn(&str),
    }

    impl Backend for Preferred {
        fn name(&self) -> String {
            self.cuda.name()
        }

        fn open<'a>(&'a self, job: &'a Job<'a>, samples: u64) -> Result<Box<dyn Open + 'a>> {
            match self.cuda.open(job, samples) {
                Err(error @ Error::Backend { .. }) => {
                    let paths = matches!(job.instrument.kernels(), Kernels::Paths(_));
                    let doing = if paths { "simulating" } else { "sampling" };
                    (self.tell)(&format!("{error}; {doing} {} on the CPU", job.instrument.source().spec()));
                    Cpu.open(job, samples)
                }
                found => found,
            }
        }
    }
}
