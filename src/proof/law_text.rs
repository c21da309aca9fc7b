//! A law as a certificate writes it.

/// Atoms and weights of a coordinate as expressions: decimals, the parameter's name, + − × ÷ ^, exp,
/// ln, sqrt.
#[derive(Debug, Clone, Default)]
pub struct LawText {
    /// Positions, in their order, before the middle is moved to 0.
    pub atoms: Vec<String>,
    /// Weights in proportion; where there is one less than atoms, the weights of all atoms but the
    /// first.
    pub weights: Vec<String>,
}

impl LawText {
    /// Atoms 0, d, 2d, … and equal weights.
    pub fn even(n: usize, distance: &str) -> Self {
        let atom = |i: usize| if i == 0 { "0".to_owned() } else { format!("{i} * {distance}") };
        Self { atoms: (0..n).map(atom).collect(), weights: vec!["1".into(); n] }
    }
}

/// A decimal as a certificate's expressions have it: they know no sign before a number.
pub fn unsigned(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(size) => format!("(0 - {size})"),
        None => text.trim_start_matches('+').to_owned(),
    }
}
