//! Where along y the integrals over a discrete law on a line live, and how finely to step there.

/// Standard deviations beyond which a Gaussian tail (2e-33) is nothing beside its own mass.
const TAIL: f64 = 12.0;
/// Standard deviations beyond which the density itself underflows.
const FARTHEST: f64 = 40.0;
/// From this gap on (in standard deviations of the noise) only the neighbourhood of the crossing
/// point matters.
const SEPARATED: f64 = 20.0;
/// Half-width of that neighbourhood times the gap: the integrand falls by at least
/// e^{−gap·width/3} = e^−40.
const CROSSING: f64 = 120.0;
/// First step: at most this, and at most this times 1/gap (poles lie π/gap from the line; error ≈
/// e^{−2π²/(step·gap)}).
const STEP: (f64, f64) = (0.5, 0.8);

/// An interval of y, in units of x (y = √γ·x), outside which the integrands vanish beside what lies
/// inside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Left end, in units of x.
    pub lo: f64,
    /// Right end, in units of x.
    pub hi: f64,
    /// Atoms farther than this from y, in standard deviations of the noise, are left out.
    pub reach: f64,
    /// First trapezoid step in y.
    pub step: f64,
}

/// The windows of sorted `points`, disjoint and in order; `everywhere` keeps the surroundings of
/// every atom (needed where the integrand is not small at an isolated atom).
///
/// Two neighbours s apart confuse each other around the crossing point, u = s/2 + ln(p/p′)/s from
/// the first. The reach of an atom must cover that point, or the whole of the lesser neighbour
/// where it never wins, plus a Gaussian tail.
pub fn windows(points: &[f64], ln_priors: &[f64], amplitude: f64, everywhere: bool) -> Vec<Window> {
    let gaps: Vec<f64> = points.windows(2).map(|pair| amplitude * (pair[1] - pair[0])).collect();
    let crossing = |i: usize| 0.5 * gaps[i] + (ln_priors[i] - ln_priors[i + 1]) / gaps[i];
    let separated = |i: usize| {
        let third = gaps[i] / 3.0;
        !everywhere && gaps[i] >= SEPARATED && (third..=2.0 * third).contains(&crossing(i))
    };
    let invisible = |i: usize| !everywhere && gaps[i] >= 2.0 * FARTHEST;
    let close: Vec<bool> = (0..gaps.len()).map(|i| !separated(i) && !invisible(i)).collect();
    let farthest_crossing = |i: usize| {
        let imbalance = (ln_priors[i] - ln_priors[i + 1]).abs() / gaps[i];
        (0.5 * gaps[i] + imbalance).min(gaps[i])
    };
    let reach_of = |gap: f64| (TAIL + gap).min(FARTHEST);
    let reach = reach_of((0..gaps.len()).filter(|&i| close[i]).map(farthest_crossing).fold(0.0, f64::max));

    let mut found: Vec<Window> = Vec::new();
    for i in 0..points.len() {
        let (left, right) = (i > 0 && close[i - 1], i < gaps.len() && close[i]);
        if left || right || everywhere {
            let widest = [left.then(|| gaps[i - 1]), right.then(|| gaps[i])]
                .into_iter()
                .flatten()
                .fold(0.0, f64::max);
            let widest = widest.min(2.0 * FARTHEST);
            let half = reach / amplitude;
            let step = STEP.0.min(STEP.1 / widest);
            join(&mut found, Window { lo: points[i] - half, hi: points[i] + half, reach, step });
        }
        if i < gaps.len() && separated(i) && !invisible(i) {
            let (centre, half) = (points[i] + crossing(i) / amplitude, CROSSING / gaps[i] / amplitude);
            let step = STEP.1 / gaps[i];
            join(&mut found, Window { lo: centre - half, hi: centre + half, reach: FARTHEST + TAIL, step });
        }
    }
    found
}

/// Appends `window`, or merges it with the windows at the end that it overlaps.
fn join(found: &mut Vec<Window>, mut window: Window) {
    while let Some(last) = found.pop_if(|last| last.hi >= window.lo) {
        window = Window {
            lo: last.lo.min(window.lo),
            hi: last.hi.max(window.hi),
            reach: last.reach.max(window.reach),
            step: last.step.min(window.step),
        };
    }
    found.push(window);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_atoms_share_a_window_and_far_ones_are_cut_to_their_crossings() {
        let even = [0.0; 3];
        assert_eq!(windows(&[0.0, 1.0, 2.0], &even, 1.0, false).len(), 1);
        let far = windows(&[0.0, 30.0, 60.0], &even, 1.0, false);
        assert_eq!(far.len(), 2);
        assert!((far[0].lo - 11.0).abs() < 1e-12 && (far[1].hi - 49.0).abs() < 1e-12, "{far:?}");
        assert!(windows(&[0.0, 100.0, 200.0], &even, 1.0, false).is_empty());
        assert_eq!(windows(&[0.0, 100.0, 200.0], &even, 1.0, true).len(), 3);
    }
}
