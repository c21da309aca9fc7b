//! Numbers spread evenly in the logarithm, and how a text states numbers.

/// A value this near to a whole number, relatively, is that number: nine values from 4 to 1024 have
/// 8.
const WHOLE: f64 = 1e-12;
/// Most points of a range in a text.
const MOST_POINTS: f64 = 1e5;

/// `points` ≥ 2 values from `low` > 0 to `high`, both exact, equally spaced in the logarithm.
pub fn log_spaced(low: f64, high: f64, points: usize) -> impl Iterator<Item = f64> {
    (0..points).map(move |i| match i {
        0 => low,
        _ if i == points - 1 => high,
        _ => low * (high / low).powf(i as f64 / (points - 1) as f64),
    })
}

/// The whole number that rounding alone sets `x` > 0 apart from, or `x`.
pub fn whole(x: f64) -> f64 {
    if (x - x.round()).abs() <= WHOLE * x { x.round() } else { x }
}

/// The numbers that a text states: a list `0.1,1,10`, or a log-spaced range `1e-3..1e3/32` with
/// exact ends.
///
/// # Errors
/// Why the text states none: another form, an end that is not finite and > 0, more than 1e5 points.
pub fn numbers(text: &str) -> Result<Vec<f64>, String> {
    let number = |word: &str| word.trim().parse::<f64>().map_err(|_| format!("`{word}` is not a number"));
    let Some((from, rest)) = text.split_once("..") else { return text.split(',').map(number).collect() };
    let form = || format!("`{text}` is not `from..to/points`, such as 1e-3..1e3/32");
    let (to, points) = rest.split_once('/').ok_or_else(form)?;
    let points: f64 =
        points.trim().parse().ok().filter(|&p: &f64| p >= 2.0 && p.fract().abs() <= 0.0).ok_or_else(form)?;
    if points > MOST_POINTS {
        return Err(format!("asks for {points} points: at most {MOST_POINTS}"));
    }
    let (from, to) = (number(from)?, number(to)?);
    if let Some(end) = [from, to].into_iter().find(|end| !(*end > 0.0 && end.is_finite())) {
        return Err(format!("a range is log-spaced: its ends must be finite and > 0, not {end}"));
    }
    Ok(log_spaced(from, to, points as usize).map(whole).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_log_spaced_with_exact_ends() {
        let atoms: Vec<f64> = log_spaced(4.0, 1024.0, 9).map(whole).collect();
        assert_eq!(atoms, [4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0]);
        let snr: Vec<f64> = log_spaced(0.01, 0.3, 3).collect();
        assert_eq!((snr[0].to_bits(), snr[2].to_bits()), (0.01_f64.to_bits(), 0.3_f64.to_bits()));
        assert!((snr[1] - 0.003_f64.sqrt()).abs() < 1e-15);
    }
}
