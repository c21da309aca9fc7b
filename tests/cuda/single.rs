//! Single precision.

use std::fs;

use serde_json::Value;

use super::emulator::{EVERY_KERNEL, PRODUCTS_IN_F32, SCHEDULES, emulator, klaim, said, selftest_in_f32};

/// Single precision: within its own tolerance, and its measured error in the bound of an estimate.
pub fn single_precision_carries_its_error() {
    let folder = emulator("single", None);
    for schedule in SCHEDULES {
        let output = selftest_in_f32(&folder, schedule, &PRODUCTS_IN_F32[..1]);
        assert_eq!(output.status.code(), Some(0), "{schedule}: {}", said(&output));
    }
    let output = selftest_in_f32(&folder, "schedule3", &[&EVERY_KERNEL[..], &PRODUCTS_IN_F32[1..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let of = |backend: &str, precision: &str| -> Value {
        let arguments = [
            &["estimate", "mmse", "--source", "codebook:atoms=40,dim=2", "--snr", "1", "--samples", "2048"]
                [..],
            &["--format", "json", "--backend", backend, "--precision", precision],
        ];
        let output = klaim(&folder, "", &arguments.concat());
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&output)))
            ["rows"][0]
            .clone()
    };
    let number = |row: &Value, key: &str| row[key].as_f64().unwrap();
    let (exact, single) = (of("cpu", "f64"), of("cuda", "f32"));
    let apart = (number(&exact, "value") - number(&single, "value")).abs();
    let bound = number(&single, "bound") - number(&exact, "bound");
    assert!(apart > 0.0 && apart <= bound, "{apart} apart, bound {bound}");
    assert!(bound < 1e-5 * number(&exact, "value"), "bound {bound}");
}

/// A law times a power of two, at the SNR that undoes it, has the same f32 numbers to the bit:
/// 1e-21 and 1e21 are no worse than 1, though D² there is 1e-84 and 1e84.
pub fn the_scale_of_a_law_does_not_show_in_f32() {
    let folder = emulator("scales", None);
    let information = |exponent: i32| {
        let scale = 2.0_f64.powi(exponent);
        let coordinate = |i: i32, j: i32| f64::from((7 * i + 13 * j) % 33 - 16) / 8.0 * scale;
        let row = |i: i32| (0..3).map(|j| format!("{:e}", coordinate(i, j))).collect::<Vec<_>>().join(",");
        // One name, which is the seed's.
        let file = folder.join("scaled.csv");
        fs::write(&file, (0..31).map(|i| row(i) + "\n").collect::<String>()).unwrap();
        let (source, snr) =
            (format!("file:path={}", file.display()), format!("{:e}", (scale * scale).recip()));
        let arguments = ["estimate", "information", "--source", &source, "--snr", &snr, "--samples", "2048"];
        let of = |backend: &str, precision: &str| -> (Value, f64) {
            let options = ["--method", "monte-carlo", "--format", "json", "--backend", backend];
            let output =
                klaim(&folder, "", &[&arguments[..], &options, &["--precision", precision]].concat());
            let found: Value =
                serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&output)));
            (found["rows"][0]["value"].clone(), found["rows"][0]["bound"].as_f64().unwrap())
        };
        // What f64 has of it too: confusions that so few samples may have missed.
        let ((value, bound), (_, unseen)) = (of("cuda", "f32"), of("cpu", "f64"));
        (value, bound - unseen)
    };
    let one = information(0);
    assert!(one.1 < 1e-5, "bound {}", one.1);
    assert_eq!(information(-70).0, one.0);
    assert_eq!(information(70).0, one.0);
}
