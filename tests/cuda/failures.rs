//! What can be missing, and where the kernels come from.

use std::fs;

use super::emulator::{emulator, klaim, root, said, selftest};

/// Everything that can be missing or fail: an error with `--backend cuda`, the CPU with `--backend
/// auto`.
pub fn what_fails_is_told() {
    let folder = emulator("failures", None);
    let estimate = |words: &str, backend: &str, more: &[&str]| {
        let base =
            ["estimate", "mmse", "--source", "codebook:atoms=40,dim=2", "--snr", "1", "--samples", "2048"];
        klaim(&folder, words, &[&base[..], &["--backend", backend], more].concat())
    };
    let cases: [(&str, &[&str], &str); 8] = [
        ("no-device", &[], "CUDA_ERROR_NO_DEVICE"),
        ("old-driver", &[], "CUDA 11.4"),
        ("old-device", &[], "compute capability 6.0"),
        ("module-fails", &[], "loading the kernels"),
        ("text-fails", &[], "catastrophic error"),
        ("small-memory", &[], "MiB allowed"),
        ("small-memory", &["--device-memory", "1"], "CUDA_ERROR_OUT_OF_MEMORY"),
        ("", &["--device-memory", "0.0003"], "MiB allowed (--device-memory)"),
    ];
    for (words, more, expected) in cases {
        fs::remove_dir_all(folder.join("cache")).unwrap_or_default();
        let refused = estimate(words, "cuda", more);
        assert_eq!(refused.status.code(), Some(2), "{words}: {}", said(&refused));
        assert!(said(&refused).contains(expected), "{words}: {}", said(&refused));
        let fallen_back = estimate(words, "auto", more);
        assert_eq!(fallen_back.status.code(), Some(0), "{words}: {}", said(&fallen_back));
        assert!(said(&fallen_back).contains("on the CPU"), "{words}: {}", said(&fallen_back));
    }
    let paths = |backend: &str| {
        let base = [
            "estimate",
            "girsanov_kl",
            "--source",
            "codebook:atoms=131,dim=37",
            "--snr-min",
            "0.1",
            "--snr-max",
            "1",
        ];
        let more =
            ["--steps", "1", "--schedule", "geometric", "--samples", "2048", "--device-memory", "0.0001"];
        klaim(&folder, "", &[&base[..], &more, &["--backend", backend]].concat())
    };
    let (refused, fallen_back) = (paths("cuda"), paths("auto"));
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("paths on codebook:atoms=131,dim=37 need 1 MiB"), "{}", said(&refused));
    assert_eq!(fallen_back.status.code(), Some(0), "{}", said(&fallen_back));
    assert!(
        said(&fallen_back).contains("simulating codebook:atoms=131,dim=37 on the CPU"),
        "{}",
        said(&fallen_back)
    );
    let failed = estimate("launch-fails", "cuda", &[]);
    assert_eq!(failed.status.code(), Some(2));
    assert!(said(&failed).contains("CUDA_ERROR_LAUNCH_FAILED"), "{}", said(&failed));
}

/// Without NVRTC the portable image is loaded; with it, the second start reads the cache.
pub fn kernels_come_from_the_cache_or_from_the_program() {
    let folder = emulator("images", None);
    let run = || selftest(&folder, "", &["bpsk"], "64");
    assert_eq!(run().status.code(), Some(0));
    let cached: Vec<_> =
        fs::read_dir(folder.join("cache/klaim")).unwrap().map(|f| f.unwrap().path()).collect();
    let units = fs::read_to_string(root().join("kernels/klaim.cu")).unwrap().matches("#include").count();
    assert_eq!(cached.len(), units, "{cached:?}");
    // An image ends with the 16 bytes of its checksum.
    let text = |bytes: &[u8]| String::from_utf8(bytes[..bytes.len() - 16].to_vec()).unwrap();
    for image in cached.iter().map(|path| text(&fs::read(path).unwrap())) {
        assert!(image.contains("--gpu-architecture=sm_90") && image.contains("--fmad=false"), "{image}");
    }
    // A compiler that fails is not asked where the images are there.
    assert_eq!(selftest(&folder, "text-fails", &["bpsk"], "64").status.code(), Some(0));
    fs::remove_file(folder.join("libnvrtc.so")).unwrap();
    fs::remove_dir_all(folder.join("cache")).unwrap();
    assert_eq!(run().status.code(), Some(0));
    assert!(!folder.join("cache").exists());
}

/// Without any of this: an error, and no panic.
pub fn no_driver_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let output = klaim(dir.path(), "", &["selftest"]);
    if !said(&output).contains("no CUDA driver library") {
        // A machine with a real device: the test has nothing to say there.
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        return;
    }
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}
