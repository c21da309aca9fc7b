//! The loss-adaptive schedules against closed forms, golden optima and each other.

use super::super::tests::{Gaussian, curve_of};
use super::super::{Request, grid};
use super::*;
use crate::channel::curve::Curve;
use crate::source::Source;

/// Shooting in double precision, printed to ten decimals.
const SHOOTING: f64 = 2e-9;
/// The limit N → ∞ against N = 2,000 candidates of a step: half a candidate, twice over for the
/// shift of the others.
const CANDIDATES: f64 = 1e-3;
/// A limit in α or λ that is reached to rounding.
const LIMIT: f64 = 1e-9;

fn request(curve: &dyn Curve, steps: usize, snr_min: f64, snr_max: f64) -> Request<'_> {
    Request { steps, snr_min, snr_max, total_variance: 1.0, curve: Some(curve) }
}

/// On the raw axis Algorithm 1 is the grid with the least path KL: data/optimal_grid.csv, found by
/// shooting.
#[test]
fn on_the_raw_axis_the_golden_optima_are_found() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/optimal_grid.csv");
    for row in csv::Reader::from_path(path).expect(path).records() {
        let row = row.unwrap();
        let law = Source::parse(&row[0]).unwrap();
        let curve = curve_of(&law);
        for (k, found) in
            grid("las:axis=raw", &request(&curve, 8, 0.0, 20.0)).unwrap().into_iter().enumerate()
        {
            let expected: f64 = row[k + 1].parse().unwrap();
            assert!((found - expected).abs() < SHOOTING, "{}, step {k}: {found} for {expected}", &row[0]);
        }
    }
}

/// Every axis: stationary, no other schedule costs less, and the best of many candidates is near
/// it.
#[test]
fn the_limit_of_many_candidates_is_the_least() {
    let curve = Gaussian { variance: 1.3 };
    let request = request(&curve, 9, 1e-3, 50.0);
    for name in StepAxis::NAMES {
        let axis = StepAxis::new(name, 1.5).unwrap();
        let best = grid(&format!("las:axis={name}"), &request).unwrap();
        let least = axis.cost(&curve, &best).unwrap();
        for other in super::super::SCHEDULES.iter() {
            let found = axis.cost(&curve, &grid(other.name, &request).unwrap()).unwrap();
            assert!(least <= found * (1.0 + 1e-12), "{name}: {} costs {found} < {least}", other.name);
        }
        let many = grid(&format!("las:axis={name},candidates=18000"), &request).unwrap();
        assert!(axis.cost(&curve, &many).unwrap() >= least * (1.0 - 1e-12), "{name}");
        for (x, y) in many.iter().zip(&best) {
            assert!((x / y).ln().abs() < CANDIDATES * 50e3_f64.ln() / 9.0 * 2.0, "{name}: {x} for {y}");
        }
    }
}

/// λ → 0 of softlog and saturating is raw, λ = 1 of power too; λ → ∞ of softlog is log.
#[test]
fn axes_meet_in_their_limits() {
    let curve = Gaussian { variance: 1.3 };
    let request = request(&curve, 6, 0.01, 20.0);
    for (one, other) in [
        ("las:axis=softlog,lambda=1e-12", "las:axis=raw"),
        ("las:axis=saturating,lambda=1e-12", "las:axis=raw"),
        ("las:axis=power,lambda=1", "las:axis=raw"),
        ("las:axis=softlog,lambda=1e12", "las:axis=log"),
    ] {
        for (x, y) in grid(one, &request).unwrap().iter().zip(grid(other, &request).unwrap()) {
            assert!((x / y - 1.0).abs() < LIMIT, "{one}: {x} for {y}");
        }
    }
}

/// α = 0 is Algorithm 1 on the same candidates, α → ∞ the geometric grid; between, steps become
/// more alike.
#[test]
fn smoothness_goes_from_the_first_algorithm_to_the_geometric_grid() {
    let law = Source::parse("bpsk").unwrap();
    let curve = curve_of(&law);
    let request = request(&curve, 8, 0.01, 20.0);
    let first = grid("las:candidates=401", &request).unwrap();
    let none = grid("las2:alpha=0,candidates=401", &request).unwrap();
    for (x, y) in none.iter().zip(&first) {
        assert!((x / y - 1.0).abs() < LIMIT, "{none:?} for {first:?}");
    }
    let geometric = grid("geometric", &request).unwrap();
    for (x, y) in grid("las2:alpha=1e12", &request).unwrap().iter().zip(&geometric) {
        assert!((x / y - 1.0).abs() < LIMIT, "{x} for {y}");
    }
    let roughness = |alpha: f64| {
        let grid = grid(&format!("las2:alpha={alpha}"), &request).unwrap();
        let logs: Vec<f64> = grid.windows(2).map(|p| (p[1] / p[0]).ln().ln()).collect();
        (
            logs.windows(2).map(|p| (p[1] - p[0]).powi(2)).sum::<f64>(),
            StepAxis::SoftLog(1.5).cost(&curve, &grid).unwrap(),
        )
    };
    let path: Vec<_> = [0.0, 0.12, 1.2, 12.0, 120.0, 1200.0].map(roughness).to_vec();
    assert!(path.windows(2).all(|p| p[1].0 <= p[0].0 && p[1].1 >= p[0].1), "{path:?}");
    assert!(path[0].0 > 10.0 * path[5].0, "{path:?}");
}

#[test]
fn what_has_no_start_at_zero_says_so() {
    let curve = Gaussian { variance: 1.0 };
    let request = request(&curve, 4, 0.0, 9.0);
    for spec in ["las:axis=log", "las:axis=power"] {
        assert!(grid(spec, &request).unwrap_err().to_string().contains("snr_min = 0"), "{spec}");
    }
    assert!(grid("las:axis=logs", &request).unwrap_err().to_string().contains("did you mean `log`"));
    assert!(grid("las2", &request).unwrap_err().to_string().contains("cannot start at 0"));
    assert!(grid("las:candidates=4", &request).unwrap_err().to_string().contains("4 steps"));
}
