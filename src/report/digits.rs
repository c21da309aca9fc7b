//! Numbers for people: as many digits as their error allows, 0.22464(22).

/// Significant digits that f64 can carry; more would be invented.
const CARRIED: i32 = 15;
/// Decimal exponents written without a power of ten.
const FIXED: std::ops::Range<i32> = -4..6;

/// A value with its standard error in concise form, the error to two digits: `0.22464(22)`,
/// `123.4(1.2)`, `1.2346(22)×10⁻⁸`.
///
/// An error of zero gives six significant digits; an infinite one, or NaN, is written out.
pub fn concise(value: f64, std_err: f64) -> String {
    if !value.is_finite() || std_err == 0.0 {
        return plain(value, 6);
    }
    if !std_err.is_finite() {
        return format!("{} ± {}", plain(value, 4), plain(std_err, 2));
    }
    let (error, error_exponent) = scientific(std_err.abs(), 2);
    let place = error_exponent - 1;
    let (_, value_exponent) = scientific(value, 1);
    let lead = if value == 0.0 { error_exponent } else { value_exponent.max(error_exponent) };
    if lead - place >= CARRIED {
        return plain(value, 6);
    }
    if FIXED.contains(&lead) && place <= 0 {
        let error = if error_exponent == 0 { error } else { error.replace('.', "") };
        return format!("{}({error})", signed(&format!("{value:.*}", decimals(-place))));
    }
    let mantissa = shift(value, -lead);
    // An error that leads the value keeps its point: its digits are then units, not last places.
    let error = if lead == error_exponent { error } else { error.replace('.', "") };
    format!("{}({error})×10{}", signed(&format!("{mantissa:.*}", decimals(lead - place))), superscript(lead))
}

/// A value with its standard error in concise form, or to `significant` digits where it has none.
pub fn short(value: f64, std_err: f64, significant: usize) -> String {
    if std_err > 0.0 { concise(value, std_err) } else { plain(value, significant) }
}

/// A value to `significant` digits without trailing zeros: `0.5`, `−1.25`, `3.1×10⁻⁷`, `∞`, `NaN`.
pub fn plain(value: f64, significant: usize) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞".into() } else { "−∞".into() };
    }
    if value == 0.0 {
        return "0".into();
    }
    let (mantissa, exponent) = scientific(value, significant);
    if FIXED.contains(&exponent) {
        let places = i32::try_from(significant).unwrap_or(CARRIED) - 1 - exponent;
        return signed(stripped(&format!("{value:.*}", decimals(places))));
    }
    match stripped(&mantissa) {
        "1" => format!("10{}", superscript(exponent)),
        "-1" => format!("−10{}", superscript(exponent)),
        mantissa => format!("{}×10{}", signed(mantissa), superscript(exponent)),
    }
}

/// A value to so many decimals, with a true minus sign: `−1.018`, `0.000`.
pub fn fixed(value: f64, decimals: usize) -> String {
    signed(&format!("{value:.decimals$}"))
}

/// [`plain`] in letters that a program reads: `-1.25`, `3.1e-7`, `inf`.
pub fn ascii(value: f64, significant: usize) -> String {
    if !value.is_finite() || value == 0.0 {
        return crate::numeric::number::name(value);
    }
    let (mantissa, exponent) = scientific(value, significant);
    if FIXED.contains(&exponent) {
        let places = i32::try_from(significant).unwrap_or(CARRIED) - 1 - exponent;
        return stripped(&format!("{value:.*}", decimals(places))).to_owned();
    }
    format!("{}e{exponent}", stripped(&mantissa))
}

/// A count with thin spaces between thousands: `1 048 576`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// An integer exponent in superscript digits: `⁻⁸`.
pub fn superscript(exponent: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    exponent
        .to_string()
        .chars()
        .map(|c| c.to_digit(10).and_then(|d| DIGITS.get(d as usize)).copied().unwrap_or('⁻'))
        .collect()
}

/// Mantissa (as text, `significant` digits) and decimal exponent after rounding.
fn scientific(value: f64, significant: usize) -> (String, i32) {
    let text = format!("{value:.*e}", significant.max(1) - 1);
    let (mantissa, exponent) = text.split_once('e').expect("`{:e}` writes an exponent");
    (mantissa.to_owned(), exponent.parse().expect("`{:e}` writes an integer exponent"))
}

/// value · 10^power without overflow of the power itself.
fn shift(value: f64, power: i32) -> f64 {
    let half = power / 2;
    value * 10_f64.powi(half) * 10_f64.powi(power - half)
}

fn decimals(places: i32) -> usize {
    usize::try_from(places).unwrap_or(0)
}

/// Without trailing zeros behind a decimal point.
fn stripped(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// With a true minus sign, and none before a rounded zero.
fn signed(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected forms worked by hand from the rule: error to two digits, value to the same place.
    #[test]
    fn concise_errors() {
        for (value, std_err, text) in [
            (0.224_641, 0.000_22, "0.22464(22)"),
            (-0.224_641, 0.000_22, "−0.22464(22)"),
            (0.224_641, 0.000_996, "0.2246(10)"),
            (123.42, 1.23, "123.4(1.2)"),
            (1234.2, 12.3, "1234(12)"),
            (12_345.6, 123.0, "1.235(12)×10⁴"),
            (1.234_56e-8, 2.2e-12, "1.23456(22)×10⁻⁸"),
            (1.234_56e9, 2.2e5, "1.23456(22)×10⁹"),
            (0.003, 0.22, "0.00(22)"),
            (-0.003, 0.22, "0.00(22)"),
            (1e-9, 2.2e-6, "0.0(2.2)×10⁻⁶"),
            (0.0, 0.0, "0"),
            (0.0, 0.01, "0.000(10)"),
            (0.25, 0.0, "0.25"),
            (1.0, 1e-18, "1"),
            (9.999_9, 0.01, "10.000(10)"),
            (5e-320, 1e-320, "5.0(1.0)×10⁻³²⁰"),
            (f64::INFINITY, 0.1, "∞"),
            (f64::NAN, 0.1, "NaN"),
            (0.25, f64::INFINITY, "0.25 ± ∞"),
            (0.25, f64::NAN, "0.25 ± NaN"),
        ] {
            assert_eq!(concise(value, std_err), text, "{value} ± {std_err}");
        }
    }

    #[test]
    fn plain_numbers() {
        for (value, text) in [
            (0.5, "0.5"),
            (1.0, "1"),
            (-1234.5, "−1234"),
            (99_999.9, "100000"),
            (999_999.9, "10⁶"),
            (3.14e-7, "3.14×10⁻⁷"),
            (1e-300, "10⁻³⁰⁰"),
            (f64::NEG_INFINITY, "−∞"),
        ] {
            assert_eq!(plain(value, 4), text);
        }
        for (value, text) in
            [(0.5, "0.5"), (-1234.5, "-1234"), (3.14e-7, "3.14e-7"), (0.0, "0"), (1e9, "1e9")]
        {
            assert_eq!(ascii(value, 4), text);
        }
        assert_eq!(fixed(-1.01849, 3), "−1.018");
        assert_eq!(fixed(-1e-9, 3), "0.000");
        assert_eq!(ascii(f64::INFINITY, 4), "inf");
        assert_eq!(count(1_048_576), "1\u{202f}048\u{202f}576");
        assert_eq!(count(999), "999");
    }
}
