//! Laws that do not fit into the memory allowed.

use std::process::Output;

use serde_json::Value;

use super::emulator::{emulator, klaim, said};

/// Atoms that are too many for the memory allowed come from the host by blocks: within that memory,
/// with the same differences from the CPU to the last digit, however late the copies are done; not
/// so where nothing waits for them. The device has a MiB more, for what is not counted (grid and
/// readouts).
pub fn streamed_atoms_give_the_same_bits() {
    let folder = emulator("streamed", None);
    for precision in ["f64", "f32"] {
        let compared = |words: &str, memory: &[&str]| {
            // Resident, the coordinates take 1.02 MiB more than blocks of them.
            let base = [
                "selftest",
                "--samples",
                "64",
                "--no-paths",
                "--source",
                "codebook:atoms=9300,dim=32",
                "--format",
                "json",
            ];
            klaim(&folder, words, &[&base[..], &["--precision", precision], memory].concat())
        };
        let refused = said(&compared("", &["--device-memory", "0.001"]));
        let words: Vec<&str> = refused.split_whitespace().collect();
        let needed =
            words.windows(2).find(|pair| pair[1] == "MiB").unwrap_or_else(|| panic!("{refused}"))[0];
        let mib: f64 = needed.parse().unwrap();
        let (device, memory) = (format!("mib-{},late-copies", mib + 1.0), (mib / 1024.0).to_string());
        let small = compared(&device, &["--device-memory", &memory]);
        let large = compared("", &[]);
        let rows = |output: &Output| -> Value {
            let found = serde_json::from_slice::<Value>(&output.stdout);
            found.unwrap_or_else(|e| panic!("{e}: {}", said(output)))["rows"][0].clone()
        };
        assert_eq!(rows(&small), rows(&large));
        assert_eq!(rows(&small)["holds"], true);
        if precision == "f64" {
            let deaf = compared(&(device + ",deaf"), &["--device-memory", &memory]);
            assert_eq!(rows(&deaf)["holds"], false);
        }
    }
}
