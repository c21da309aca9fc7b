//! Which backend a run takes.

use super::Backend;
use super::cpu::Cpu;
use crate::error::{Error, Result};

/// What the user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Choice {
    /// A CUDA device where a usable one is there, this machine's processors otherwise
    #[default]
    Auto,
    /// This machine's processors
    Cpu,
    /// A CUDA device
    Cuda,
}

/// The backend of a choice; `memory` bounds the bytes taken on a device, `tell` is given a line wherever
/// [`Choice::Auto`] finds a driver and yet falls back on the processors.
///
/// # Errors
/// [`Error::Backend`] where [`Choice::Cuda`] cannot be had.
pub fn backend(choice: Choice, memory: Option<usize>, tell: fn(&str)) -> Result<Box<dyn Backend>> {
    match choice {
        Choice::Cpu => Ok(Box::new(Cpu)),
        Choice::Cuda => device::only(memory),
        Choice::Auto => Ok(device::or_cpu(memory, tell)),
    }
}

#[cfg(not(feature = "cuda"))]
mod device {
    use super::*;

    pub fn only(_: Option<usize>) -> Result<Box<dyn Backend>> {
        let message = "this klaim was built without the feature `cuda`; use --backend cpu".into();
        Err(Error::Backend { name: "cuda".into(), message })
    }

    pub fn or_cpu(_: Option<usize>, _: fn(&str)) -> Box<dyn Backend> {
        Box::new(Cpu)
    }
}

#[cfg(feature = "cuda")]
mod device {
    use super::*;
    use crate::backend::cuda::{self, Cuda};
    use crate::backend::{Job, Open};

    pub fn only(memory: Option<usize>) -> Result<Box<dyn Backend>> {
        Ok(Box::new(Cuda::new(memory)?))
    }

    pub fn or_cpu(memory: Option<usize>, tell: fn(&str)) -> Box<dyn Backend> {
        // Most machines have no driver: that is no news.
        if !cuda::driver_is_there() {
            return Box::new(Cpu);
        }
        match Cuda::new(memory) {
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
                    (self.tell)(&format!("{error}; sampling {} on the CPU", job.source.spec()));
                    Cpu.open(job, samples)
                }
                opened => opened,
            }
        }
    }
}
