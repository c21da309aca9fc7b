//! Simulated paths.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::claims::verdicts;
use super::emulator::{emulator, klaim, said};

/// The one row of an estimate on simulated paths, whatever backend it is from.
fn simulated(folder: &Path, quantity: &str, source: &str, more: &[&str]) -> Value {
    let base = [
        "estimate",
        quantity,
        "--source",
        source,
        "--snr-min",
        "0.05",
        "--snr-max",
        "30",
        "--schedule",
        "geometric",
    ];
    let output = klaim(
        folder,
        "",
        &[&base[..], &["--steps", "3", "--format", "json", "--samples", "2048"], more].concat(),
    );
    let found: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&output)));
    let mut row = found["rows"][0].clone();
    row.as_object_mut().unwrap().remove("backend").unwrap();
    row
}

/// Statistics of last states are the CPU's to the bit where the law fits into shared memory, to
/// rounding elsewhere; what is read off true paths is added up in another order. Memory for one
/// batch at a time changes no bit.
pub fn statistics_of_paths_are_those_of_the_cpu() {
    let folder = emulator("statistics", None);
    let (small, large) = ("mixture:ring=5,radius=2,variance=0.1", "zipf:exponent=1.5,atoms=100");
    for (quantity, sampler) in [
        ("energy_distance", "ancestral"),
        ("sampled_variance", "dpm-solver-2m:start=exact"),
        ("mode_variation", "ddim"),
        ("sliced_wasserstein_2", "ddim:start=exact"),
    ] {
        let of =
            |backend| simulated(&folder, quantity, small, &["--sampler", sampler, "--backend", backend]);
        assert_eq!(of("cpu"), of("cuda"), "{quantity}");
    }
    let near = |a: &Value, b: &Value| {
        let number = |row: &Value, key: &str| row[key].as_f64().unwrap();
        for key in ["value", "std_err"] {
            assert!((number(a, key) / number(b, key) - 1.0).abs() < 1e-9, "{a} against {b}");
        }
    };
    for (quantity, source, more) in [
        ("girsanov_kl", small, &[][..]),
        ("girsanov_kl", large, &[]),
        ("sampled_variance", large, &["--sampler", "ancestral:start=exact"]),
    ] {
        let of = |backend: &[&str]| simulated(&folder, quantity, source, &[more, backend].concat());
        let cuda = of(&["--backend", "cuda"]);
        near(&of(&["--backend", "cpu"]), &cuda);
        // Tiles of one batch.
        assert_eq!(of(&["--backend", "cuda", "--device-memory", "0.0003"]), cuda, "{quantity} on {source}");
    }
}

/// Claims on the path KL along true paths and on last states, in both regimes.
pub fn claims_on_paths_get_the_verdicts_of_the_cpu() {
    let folder = emulator("path-claims", None);
    let head = |id: &str| {
        format!(
            "id = \"{id}\"\ntitle = \"t\"\nstatement = \"s\"\ncite = \"c\"\norigin = \"klaim\"\nassumes = [\"second-moment\"]\n"
        )
    };
    let girsanov = head("small-girsanov")
        + r#"
        lhs = "girsanov_kl"
        relation = "=="
        rhs = "F * (path_kl + denoiser_kl)"
        constants = { F = 1 }
        margin = 0.3
        [over]
        source = ["bpsk", "simplex:atoms=9", "zipf:exponent=1.5,atoms=100", "product:base=(pam:levels=3),dim=3"]
        snr_min = [0.01]
        snr_max = [20]
        steps = [2]
        schedule = ["geometric"]
        denoiser = ["exact", "perturbed:error=0.2,shape=bump"]
    "#;
    let sampler = head("small-sampler")
        + r#"
        lhs = "energy_distance"
        relation = "<="
        rhs = "F"
        constants = { F = 0.05 }
        [over]
        source = ["mixture:ring=5,radius=2,variance=0.1", "codebook:atoms=16,dim=8", "zipf:exponent=1.5,atoms=9,embedding=simplex"]
        snr_min = [0.05]
        snr_max = [30]
        steps = [2, 4]
        schedule = ["geometric"]
        sampler = ["ancestral", "ddim", "dpm-solver-2m:start=exact"]
    "#;
    let files = [("girsanov.toml", girsanov), ("sampler.toml", sampler)].map(|(name, text)| {
        fs::write(folder.join(name), text).unwrap();
        folder.join(name).to_str().unwrap().to_owned()
    });
    let claims: Vec<&str> = files.iter().map(String::as_str).collect();
    let (cpu, cuda) = (verdicts(&folder, "cpu", &claims), verdicts(&folder, "cuda", &claims));
    assert!(cpu.len() > 25, "{} verdicts", cpu.len());
    assert_eq!(cpu, cuda);
}
