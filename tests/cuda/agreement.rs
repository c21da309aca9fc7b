//! The device's numbers are the CPU's.

use super::emulator::{EVERY_KERNEL, SCHEDULES, emulator, said, selftest};

pub fn every_law_agrees_in_every_schedule() {
    let folder = emulator("schedules", None);
    let agrees = |words: &str, sources: &[&str], samples: &str| {
        let output = selftest(&folder, words, sources, samples);
        assert_eq!(output.status.code(), Some(0), "{words}: {}", said(&output));
    };
    for schedule in SCHEDULES {
        agrees(schedule, &EVERY_KERNEL, "64");
    }
    // Every law of the list, those with more than a block of atoms too.
    agrees("schedule3", &[], "64");
    // A whole tile and a part of the next, with the table of all pairs, on two devices.
    agrees(
        "devices2",
        &["codebook:atoms=131,dim=5,seed=1", "zipf:exponent=1.5,atoms=9,embedding=simplex"],
        "1152",
    );
    // Components of several variances, more than shared memory holds.
    let list = |number: &dyn Fn(i32) -> f64| {
        (0..90).map(|j| format!("{:.2}", number(j))).collect::<Vec<_>>().join("|")
    };
    let (means, variances) = (list(&|j| 0.1 * f64::from(j) - 4.5), list(&|j| 0.01 * f64::from(1 + j % 4)));
    agrees("schedule2", &[&format!("mixture:means={means},variances={variances}")], "64");
}
