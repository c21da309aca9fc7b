//! The noise levels that samplers are told, σ = 1/√γ and the time t = 1/(1 + √γ) of a flow, so that
//! what is written is what is read.
//!
//! Both are correctly rounded but for one case in a million or so, whose error is 0.500001 units in
//! the last place. As they bring SNRs nearer to each other (d ln σ = −½ d ln γ, d ln t = −½ (1 − t)
//! d ln γ) every σ and every t is that of some γ, and [`of_sigma`] and [`of_flow_time`] find one:
//! σ → γ → σ and t → γ → t are exact. γ → σ → γ cannot be: two SNRs, or so, share one σ, and
//! 2/(1 − t) of them one t.

/// σ of an SNR; ∞ at 0, 0 at ∞.
pub fn sigma(snr: f64) -> f64 {
    if !is_ordinary(snr) {
        return snr.sqrt().recip();
    }
    let (root, rest) = root(snr);
    reciprocal(root, rest)
}

/// t of an SNR; 1 at 0, 0 at ∞.
pub fn flow_time(snr: f64) -> f64 {
    if !is_ordinary(snr) {
        return (1.0 + snr.sqrt()).recip();
    }
    let (root, rest) = root(snr);
    let sum = 1.0 + root;
    // What the sum has lost, exactly.
    let lost = if root > 1.0 { 1.0 - (sum - root) } else { root - (sum - 1.0) };
    reciprocal(sum, lost + rest)
}

/// The SNR whose [`sigma`] is a number, nearest to its σ⁻².
pub fn of_sigma(sigma: f64) -> f64 {
    nearest(sigma.powi(-2), sigma, self::sigma)
}

/// An SNR whose [`flow_time`] is a number, near ((1 − t)/t)².
pub fn of_flow_time(time: f64) -> f64 {
    nearest(((1.0 - time) / time).powi(2), time, flow_time)
}

/// Whether neither squares nor corrections leave the normal numbers.
fn is_ordinary(snr: f64) -> bool {
    (1e-150..1e150).contains(&snr)
}

/// √γ as a sum of two numbers.
fn root(snr: f64) -> (f64, f64) {
    let root = snr.sqrt();
    (root, (-root).mul_add(root, snr) / (2.0 * root))
}

/// 1/(x + rest), |rest| ≪ x.
fn reciprocal(x: f64, rest: f64) -> f64 {
    let near = x.recip();
    let off = (-near).mul_add(x, 1.0) - near * rest;
    near.mul_add(off, near)
}

/// Steps of one unit in the last place within which the SNR of a level lies: each conversion back
/// rounds a few times.
const STEPS: u32 = 8;

/// The number nearest to `guess` at which `level`, which falls, is `wanted`; `guess` where there is
/// none.
fn nearest(guess: f64, wanted: f64, level: fn(f64) -> f64) -> f64 {
    if !is_ordinary(guess) {
        return guess;
    }
    let (mut up, mut down) = (guess, guess);
    for _ in 0..STEPS {
        if let Some(found) = [up, down].into_iter().find(|&snr| level(snr).total_cmp(&wanted).is_eq()) {
            return found;
        }
        (up, down) = (up.next_up(), down.next_down());
    }
    guess
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;

    /// 100,000 levels over twelve decades, and times of a flow up to both ends, come back to the bit;
    /// so does what is not ordinary.
    #[test]
    fn levels_come_back_to_the_bit() {
        let stream = Stream::named(1, "levels");
        for sample in 0..100_000 {
            let [x, y] = stream.uniforms(sample, 0);
            let sigma = 10_f64.powf(12.0 * x - 6.0);
            assert_eq!(self::sigma(of_sigma(sigma)).to_bits(), sigma.to_bits(), "{sigma:?}");
            for time in [y, 10_f64.powf(-8.0 * y), 1.0 - 10_f64.powf(-8.0 * y)] {
                assert_eq!(flow_time(of_flow_time(time)).to_bits(), time.to_bits(), "{time:?}");
            }
        }
        for sigma in [0.0, f64::INFINITY, 1e-70, 1.0] {
            assert_eq!(self::sigma(of_sigma(sigma)).to_bits(), sigma.to_bits(), "{sigma:?}");
        }
        for time in [0.0, 1.0, 0.5] {
            assert_eq!(flow_time(of_flow_time(time)).to_bits(), time.to_bits(), "{time:?}");
        }
    }

    /// γ itself comes back within its stated distance, 2 and 2/(1 − t) units.
    #[test]
    fn snrs_come_back_as_nearly_as_can_be() {
        let stream = Stream::named(2, "levels");
        for sample in 0..10_000 {
            let snr = 10_f64.powf(12.0 * stream.uniforms(sample, 0)[0] - 6.0);
            let (sigma, time) = (self::sigma(snr), flow_time(snr));
            assert!((of_sigma(sigma) / snr - 1.0).abs() <= 2.0 * f64::EPSILON, "{snr:?}");
            let most = f64::EPSILON * (2.0 + 2.0 / (1.0 - time));
            assert!((of_flow_time(time) / snr - 1.0).abs() <= most, "{snr:?}");
        }
    }
}
