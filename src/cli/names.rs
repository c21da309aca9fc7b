//! The names of the library's choices on the command line, with their help.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::backend::choice::BackendChoice;
use crate::backend::options::Precision;
use crate::claim::verdict::Basis;
use crate::numeric::unit::Information;
use crate::run::options::MethodChoice;

macro_rules! names {
    ($($type:ident { $($variant:ident = $name:expr, $help:literal;)* })*) => {
        $(impl ValueEnum for $type {
            fn value_variants<'a>() -> &'a [Self] {
                &[$(Self::$variant),*]
            }

            fn to_possible_value(&self) -> Option<PossibleValue> {
                Some(match self {
                    $(Self::$variant => PossibleValue::new($name).help($help)),*
                })
            }
        })*
    };
}

names! {
    BackendChoice {
        Auto = "auto", "A CUDA device where a usable one is there, this machine's processors otherwise";
        Cpu = "cpu", "This machine's processors";
        Cuda = "cuda", "A CUDA device";
    }
    Precision {
        F64 = "f64", "Double";
        F32 = "f32", "Single, on a CUDA device, for discrete laws; the error is measured on each \
            source and carried as a bound";
    }
    MethodChoice {
        Auto = Self::Auto.name(), "Deterministic where the law has such a route, sampled otherwise";
        ClosedForm = Self::ClosedForm.name(), "Closed forms alone";
        Quadrature = Self::Quadrature.name(), "Closed forms and quadrature alone";
        MonteCarlo = Self::MonteCarlo.name(), "Sampled wherever a readout exists";
    }
    Basis {
        Measured = "measured", "Numbers with errors, at the run's level";
        Proved = "proved", "Interval arithmetic: what is not proved is inconclusive";
    }
    Information {
        Nats = "nats", "Natural logarithms";
        Bits = "bits", "Binary logarithms: 1 bit = ln 2 nats";
    }
}
