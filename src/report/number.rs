//! Numbers in JSON: finite ones as numbers, the others as "inf", "-inf", "nan", at every depth of the report.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number in its JSON form, for the collections below.
#[derive(Serialize, Deserialize)]
struct Number(#[serde(with = "self")] f64);

/// Writes a number or its name.
///
/// # Errors
/// The serializer's.
pub fn serialize<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if x.is_finite() { serializer.serialize_f64(*x) } else { serializer.serialize_str(&name(*x)) }
}

/// Reads what [`serialize`] wrote.
///
/// # Errors
/// The deserializer's, and any other text.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Finite(f64),
        Named(String),
    }
    match Form::deserialize(deserializer)? {
        Form::Finite(x) => Ok(x),
        Form::Named(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

/// "inf", "-inf" or "nan"; a finite number in the shortest form that reads back to the same bits, with an exponent
/// where that is shorter.
pub fn name(x: f64) -> String {
    if x.is_nan() {
        return "nan".into();
    }
    let text = format!("{x:?}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), ToOwned::to_owned)
}

/// Numbers by name.
pub mod named {
    use std::collections::BTreeMap;

    use super::{Deserialize, Deserializer, Number, Serializer};

    /// Writes every number or its name.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(map: &BTreeMap<String, f64>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(map.iter().map(|(key, &x)| (key, Number(x))))
    }

    /// Reads what [`serialize`] wrote.
    ///
    /// # Errors
    /// The deserializer's, and any other text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, f64>, D::Error> {
        let map = BTreeMap::<String, Number>::deserialize(deserializer)?;
        Ok(map.into_iter().map(|(key, Number(x))| (key, x)).collect())
    }
}

/// An interval.
pub mod pair {
    use super::{Deserialize, Deserializer, Number, Serialize, Serializer};

    /// Writes both numbers or their names.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(pair: &[f64; 2], serializer: S) -> Result<S::Ok, S::Error> {
        pair.map(Number).serialize(serializer)
    }

    /// Reads what [`serialize`] wrote.
    ///
    /// # Errors
    /// The deserializer's, and any other text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[f64; 2], D::Error> {
        Ok(<[Number; 2]>::deserialize(deserializer)?.map(|Number(x)| x))
    }
}

/// An interval, or none.
pub mod bracket {
    use super::{Deserialize, Deserializer, Number, Serialize, Serializer};

    /// Writes both numbers or their names, or null.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(bracket: &Option<[f64; 2]>, serializer: S) -> Result<S::Ok, S::Error> {
        bracket.map(|ends| ends.map(Number)).serialize(serializer)
    }

    /// Reads what [`serialize`] wrote.
    ///
    /// # Errors
    /// The deserializer's, and any other text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<[f64; 2]>, D::Error> {
        Ok(<Option<[Number; 2]>>::deserialize(deserializer)?.map(|ends| ends.map(|Number(x)| x)))
    }
}

/// A list.
pub mod list {
    use super::{Deserialize, Deserializer, Number, Serializer};

    /// Writes every number or its name.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(list: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(|&x| Number(x)))
    }

    /// Reads what [`serialize`] wrote.
    ///
    /// # Errors
    /// The deserializer's, and any other text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        Ok(Vec::<Number>::deserialize(deserializer)?.into_iter().map(|Number(x)| x).collect())
    }
}

/// Points of a fit.
pub mod triples {
    use super::{Deserialize, Deserializer, Number, Serializer};

    /// Writes every number or its name.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(points: &[[f64; 3]], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(points.iter().map(|point| point.map(Number)))
    }

    /// Reads what [`serialize`] wrote.
    ///
    /// # Errors
    /// The deserializer's, and any other text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<[f64; 3]>, D::Error> {
        let points = Vec::<[Number; 3]>::deserialize(deserializer)?;
        Ok(points.into_iter().map(|point| point.map(|Number(x)| x)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_read_back() {
        for (x, text) in [(1.0, "1"), (-0.25, "-0.25"), (1e-300, "1e-300"), (1e22, "1e22"), (f64::INFINITY, "inf")] {
            assert_eq!(name(x), text);
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), x.to_bits());
        }
        assert_eq!((name(f64::NAN), name(f64::NEG_INFINITY)), ("nan".into(), "-inf".into()));
    }

    #[test]
    fn bits_survive_json() {
        let mut x = 0.1;
        for _ in 0..500 {
            x *= 0.777_123_456_789;
            let text = serde_json::to_string(&Number(x)).unwrap();
            let Number(back) = serde_json::from_str(&text).unwrap();
            assert_eq!(back.to_bits(), x.to_bits(), "{text}");
        }
        let Number(back) = serde_json::from_str("\"-inf\"").unwrap();
        assert_eq!(back.to_bits(), f64::NEG_INFINITY.to_bits());
        assert!(serde_json::from_str::<Number>("\"one\"").is_err());
    }
}
