//! In what a quantity is measured.

/// The unit of a quantity. SNRs are per |x|², so that γ·M is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number without a unit.
    One,
    /// A power of information: 1 for entropies and divergences, 2 for the varentropy.
    Information(u8),
    /// A power of the length |x|: 2 for the mmse, 4 for its slope.
    Length(u8),
}

/// In what information is told; everything inside is in nats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Information {
    /// Natural logarithms.
    #[default]
    Nats,
    /// Binary logarithms: 1 bit = ln 2 nats.
    Bits,
}

impl Unit {
    /// Its symbol; `1` for a number without a unit.
    pub fn symbol(self, information: Information) -> &'static str {
        match (self, information) {
            (Self::One, _) => "1",
            (Self::Information(1), Information::Nats) => "nats",
            (Self::Information(1), Information::Bits) => "bits",
            (Self::Information(_), Information::Nats) => "nats²",
            (Self::Information(_), Information::Bits) => "bits²",
            (Self::Length(1), _) => "|x|",
            (Self::Length(2), _) => "|x|²",
            (Self::Length(4), _) => "|x|⁴",
            (Self::Length(_), _) => "|x|⁶",
        }
    }

    /// What a value is multiplied with to be told in `information`; `None` where bits are asked of
    /// what is no information.
    pub fn factor(self, information: Information) -> Option<f64> {
        match (self, information) {
            (_, Information::Nats) => Some(1.0),
            (Self::Information(power), Information::Bits) => {
                Some(std::f64::consts::LOG2_E.powi(power.into()))
            }
            (Self::One | Self::Length(_), Information::Bits) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_is_ln_2_nats() {
        let factor = Unit::Information(1).factor(Information::Bits).unwrap();
        assert!((std::f64::consts::LN_2 * factor - 1.0).abs() < 1e-15);
        let square = Unit::Information(2).factor(Information::Bits).unwrap();
        assert!((square / (factor * factor) - 1.0).abs() < 1e-15);
        assert_eq!(Unit::Length(2).factor(Information::Bits), None);
    }
}
