//! SNRs on the command line: `0.1,1,10` or `1e-3..1e3/32` (log-spaced, both ends included).

use crate::channel::snr::Snr;
use crate::error::{Error, Result};

/// Most points of a range.
const MOST_POINTS: f64 = 1e5;

/// Parses a list or a range of SNRs.
///
/// # Errors
/// [`Error::Invalid`] for text of another form and for an SNR that is not finite and positive.
pub fn parse(text: &str) -> Result<Vec<f64>> {
    let number = |word: &str| {
        let value = word.trim().parse().map_err(|_| Error::invalid("--snr", format!("`{word}` is not a number")))?;
        Snr::new(value)
            .map(Snr::linear)
            .map_err(|_| Error::invalid("--snr", format!("must be finite and > 0, not {word}")))
    };
    let Some((from, rest)) = text.split_once("..") else { return text.split(',').map(number).collect() };
    let form = || Error::invalid("--snr", format!("`{text}` is not `from..to/points`, such as 1e-3..1e3/32"));
    let (to, points) = rest.split_once('/').ok_or_else(form)?;
    let points: f64 =
        points.trim().parse().ok().filter(|&p: &f64| p >= 2.0 && p.fract().abs() <= 0.0).ok_or_else(form)?;
    if points > MOST_POINTS {
        return Err(Error::invalid("--snr", format!("asks for {points} points: at most {MOST_POINTS}")));
    }
    let points = points as usize;
    let (from, to) = (number(from)?, number(to)?);
    let place = |i: usize| match i {
        0 => from,
        _ if i + 1 == points => to,
        _ => from * ((to / from).ln() * i as f64 / (points - 1) as f64).exp(),
    };
    Ok((0..points).map(place).collect())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lists_and_ranges() {
        assert_eq!(parse("0.1,2").unwrap(), [0.1, 2.0]);
        let range = parse("1e-2..1e2/5").unwrap();
        assert_eq!((range[0], range[4], range.len()), (1e-2, 1e2, 5));
        assert!((range[2] - 1.0).abs() < 1e-15);
        assert_eq!(parse("1e-3..1e3/1e2").unwrap().len(), 100);
        for many in ["1e-3..1e3/1e12", "1..2/100001", "1..2/99999999999999999999"] {
            assert!(parse(many).unwrap_err().to_string().contains("at most 100000"), "{many}");
        }
        for bad in ["1..2/inf", "1..2/2.5", "1..2/nan", "", "0", "-1", "1..2", "1..2/1", "a", "inf", "1..x/3"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
