//! Every schedule against the contract, its density and known optima.

use super::*;

#[test]
fn a_wrong_request_says_what_is_wrong() {
    let good = Request { steps: 4, snr_min: 0.1, snr_max: 9.0, total_variance: 1.0, curve: None };
    for (spec, request, word) in [
        ("geometrik", good, "did you mean `geometric`"),
        ("geometric:rate=2", good, "parameter"),
        ("geometric:", Request { steps: 0, ..good }, "at least 1 step"),
        ("linear-snr", Request { snr_min: 9.0, ..good }, "snr_min < snr_max"),
        ("geometric", Request { snr_min: 0.0, ..good }, "cannot start at 0"),
        ("linear-snr", Request { snr_max: f64::INFINITY, ..good }, "snr_max < ∞"),
        ("shifted-geometric", Request { total_variance: f64::INFINITY, ..good }, "total variance"),
        ("shifted-geometric:variance", good, "schedule"),
        ("linear-snr", Request { snr_min: 1.0, snr_max: 1.0 + f64::EPSILON, ..good }, "fewer steps"),
    ] {
        let message = grid(spec, &request).expect_err(spec).to_string();
        assert!(message.contains(word), "{spec}: {message}");
    }
}
