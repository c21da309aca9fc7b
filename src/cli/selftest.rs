//! `klaim selftest`: is this machine's CUDA device the CPU's equal?

use serde_json::json;

use super::{Common, output};
#[cfg(not(feature = "cuda"))]
use crate::backend::choice;
use crate::error::Result;

/// Arguments of `klaim selftest`.
#[derive(clap::Args)]
pub struct Selftest {
    /// Sources to compare on (default: a list with every structure and shape that the kernels tell
    /// apart)
    #[arg(long)]
    source: Vec<String>,
    /// Samples of each source, in whole batches of 64 (the first 1024 are compared one by one)
    #[arg(long, default_value_t = 1152, value_parser = clap::value_parser!(u64).range(1..=1 << 30))]
    samples: u64,
    /// Compare samples alone, not simulated paths
    #[arg(long)]
    no_paths: bool,
}

#[cfg(not(feature = "cuda"))]
impl Selftest {
    /// Runs the command.
    ///
    /// # Errors
    /// Always: there is nothing to test.
    pub(super) fn run(self, common: &Common) -> Result<u8> {
        let _ = (self.source, self.samples, self.no_paths, json!(null), output::text);
        choice::backend(choice::BackendChoice::Cuda, common.device_options(), |_| ()).map(|_| 0)
    }
}

#[cfg(feature = "cuda")]
mod run {
    use super::*;
    use crate::backend::Backend;
    use crate::backend::cuda::Cuda;
    use crate::backend::cuda::compare::{Comparison, SOURCES, compare};
    use crate::backend::cuda::paths::compare::{self as paths, PathComparison};
    use crate::cli::Format;

    impl Selftest {
        /// Runs the command: status 0 where the device agrees everywhere, 1 where it does not.
        ///
        /// # Errors
        /// No usable device.
        pub(in crate::cli) fn run(self, common: &Common) -> Result<u8> {
            let cuda = Cuda::new(common.device_options())?;
            let given = self.source.iter().map(String::as_str);
            let specs: Vec<&str> = if self.source.is_empty() { SOURCES.to_vec() } else { given.collect() };
            let found = specs
                .iter()
                .map(|spec| compare(&cuda, spec, common.seed, self.samples))
                .collect::<Result<Vec<_>>>()?;
            let specs: Vec<&str> = match (self.no_paths, self.source.is_empty()) {
                (true, _) => Vec::new(),
                (false, true) => paths::SOURCES.to_vec(),
                (false, false) => specs,
            };
            let walked = specs.iter().map(|spec| paths::compare(&cuda, spec, common.seed, self.samples));
            let walked = walked.collect::<Result<Vec<_>>>()?.concat();
            let holds = found.iter().all(Comparison::holds) && walked.iter().all(PathComparison::holds);
            match common.format {
                Format::Human => output::text(&(table(&cuda.name(), &found) + &table_of_paths(&walked)))?,
                Format::Csv => output::text(&csv(&found, &walked))?,
                Format::Json => {
                    let rows: Vec<_> = found.iter().map(row).collect();
                    let paths: Vec<_> = walked.iter().map(row_of_paths).collect();
                    let device = cuda.name();
                    output::json(&json!({
                        "backend": device, "rows": rows, "path_tolerance": paths::TOLERANCE,
                        "paths": paths, "holds": holds,
                    }))?
                }
            };
            Ok(u8::from(!holds))
        }
    }

    fn table(device: &str, found: &[Comparison]) -> String {
        let mut text = format!("CPU against {device}, sample by sample\n\n");
        text += &format!(
            "{:<46} {:>8} {:>6} {:>16} {:>8} {:>8} {:>8} {:>8}\n",
            "source", "samples", "atoms", "normals", "readout", "allowed", "moments", "withheld"
        );
        for c in found {
            text += &format!(
                "{:<46} {:>8} {:>6} {:>16} {:>8.0e} {:>8.0e} {:>8.0e} {:>8}  {}\n",
                c.source,
                c.samples,
                c.atoms,
                format!("{} of {}", c.normals, c.normals_compared),
                c.readout,
                c.allowed,
                c.moments,
                c.withheld,
                if c.holds() { "agrees" } else { "DIFFERS" }
            );
        }
        text + "\natoms, normals: how many differ in a bit; readout: largest relative difference of a sample, and\n\
                how large it may be;\n\
                moments: of a mean, a covariance (in standard errors) or an extreme value (in deviations);\n\
                withheld: controls that f32 leaves out, because rounding would show in them\n"
    }

    fn table_of_paths(walked: &[PathComparison]) -> String {
        let mut text = format!(
            "\nSimulated paths; last states and path KLs may differ by {:.0e}\n\n",
            paths::TOLERANCE
        );
        text += &format!(
            "{:<60} {:<22} {:>6} {:>18} {:>8}\n",
            "source", "simulation", "paths", "numbers", "apart"
        );
        for c in walked {
            text += &format!(
                "{:<60} {:<22} {:>6} {:>18} {:>8.0e}  {}\n",
                c.source,
                c.simulation,
                c.paths,
                format!("{} of {}", c.differing, c.numbers),
                c.apart,
                if c.holds() { "agrees" } else { "DIFFERS" }
            );
        }
        text + "\nnumbers: how many differ in a bit; apart: largest relative difference\n"
    }

    /// Numbers that JSON has no name for are strings.
    fn number(x: f64) -> serde_json::Value {
        crate::numeric::number::json(x)
    }

    fn row_of_paths(c: &PathComparison) -> serde_json::Value {
        json!({
            "source": c.source, "simulation": c.simulation, "paths": c.paths, "differing": c.differing,
            "numbers": c.numbers, "apart": number(c.apart), "holds": c.holds(),
        })
    }

    fn row(c: &Comparison) -> serde_json::Value {
        json!({
            "source": c.source, "samples": c.samples, "atoms": c.atoms, "normals": c.normals,
            "normals_compared": c.normals_compared, "readout": number(c.readout), "tolerance": c.allowed, "moments": number(c.moments),
            "withheld": c.withheld, "holds": c.holds(),
        })
    }

    /// Rows of readouts have no simulation, rows of paths no atoms, normals and moments; `readout`
    /// is the largest difference of either.
    fn csv(found: &[Comparison], walked: &[PathComparison]) -> String {
        let mut text =
            "source,simulation,samples,atoms,normals,normals_compared,readout,moments,withheld,holds\n"
                .to_owned();
        for c in found {
            let Comparison {
                source,
                samples,
                atoms,
                normals,
                normals_compared,
                readout,
                moments,
                withheld,
                ..
            } = c;
            text += &format!(
                "\"{source}\",,{samples},{atoms},{normals},{normals_compared},{readout:e},{moments:e},{withheld},{}\n",
                c.holds()
            );
        }
        for c in walked {
            let PathComparison { source, simulation, paths, apart, .. } = c;
            text += &format!("\"{source}\",\"{simulation}\",{paths},,,,{apart:e},,,{}\n", c.holds());
        }
        text
    }
}
