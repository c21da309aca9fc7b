//! Numbers as text and in JSON: finite ones as numbers, the others as "inf", "-inf", "nan", at
//! every depth.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// "inf", "-inf" or "nan"; a finite number in the shortest form that reads back to the same bits,
/// with an exponent where that is shorter.
pub fn name(x: f64) -> String {
    if x.is_nan() {
        return "nan".into();
    }
    let text = format!("{x:?}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), ToOwned::to_owned)
}

/// A JSON value: the number where it is finite, else its [`name`].
pub fn json(x: f64) -> serde_json::Value {
    if x.is_finite() { x.into() } else { name(x).into() }
}

/// A JSON value: null for NaN, else [`json`].
pub fn known(x: f64) -> serde_json::Value {
    if x.is_nan() { serde_json::Value::Null } else { json(x) }
}

/// Text for a table: empty for NaN, else its [`name`].
pub fn cell(x: f64) -> String {
    if x.is_nan() { String::new() } else { name(x) }
}

/// Writes numbers or their names: `#[serde(with = "number")]`.
///
/// # Errors
/// The serializer's.
pub fn serialize<T: Numbers, S: Serializer>(numbers: &T, serializer: S) -> Result<S::Ok, S::Error> {
    numbers.written().serialize(serializer)
}

/// Reads what [`serialize`] wrote.
///
/// # Errors
/// The deserializer's, and any text that is no number's name.
pub fn deserialize<'de, T: Numbers, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::Json::deserialize(deserializer).map(T::read)
}

/// A number, or a collection of them, that [`serialize`] writes.
pub trait Numbers {
    /// Its form in JSON.
    type Json: Serialize + DeserializeOwned;
    /// Itself in that form.
    fn written(&self) -> Self::Json;
    /// Back from that form, bit for bit.
    fn read(written: Self::Json) -> Self;
}

/// One number in its JSON form.
#[derive(Debug, Clone, Copy)]
pub struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.serialize_str(&name(self.0))
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            Finite(f64),
            Named(String),
        }
        match Raw::deserialize(deserializer)? {
            Raw::Finite(x) => Ok(Self(x)),
            Raw::Named(text) => text.parse().map(Self).map_err(serde::de::Error::custom),
        }
    }
}

impl Numbers for f64 {
    type Json = Number;
    fn written(&self) -> Number {
        Number(*self)
    }
    fn read(Number(x): Number) -> Self {
        x
    }
}

impl Numbers for [f64; 2] {
    type Json = [Number; 2];
    fn written(&self) -> Self::Json {
        self.map(Number)
    }
    fn read(written: Self::Json) -> Self {
        written.map(f64::read)
    }
}

impl Numbers for [f64; 3] {
    type Json = [Number; 3];
    fn written(&self) -> Self::Json {
        self.map(Number)
    }
    fn read(written: Self::Json) -> Self {
        written.map(f64::read)
    }
}

impl<T: Numbers> Numbers for Option<T> {
    type Json = Option<T::Json>;
    fn written(&self) -> Self::Json {
        self.as_ref().map(T::written)
    }
    fn read(written: Self::Json) -> Self {
        written.map(T::read)
    }
}

impl<T: Numbers> Numbers for Vec<T> {
    type Json = Vec<T::Json>;
    fn written(&self) -> Self::Json {
        self.iter().map(T::written).collect()
    }
    fn read(written: Self::Json) -> Self {
        written.into_iter().map(T::read).collect()
    }
}

impl<T: Numbers> Numbers for BTreeMap<String, T> {
    type Json = BTreeMap<String, T::Json>;
    fn written(&self) -> Self::Json {
        self.iter().map(|(name, x)| (name.clone(), x.written())).collect()
    }
    fn read(written: Self::Json) -> Self {
        written.into_iter().map(|(name, x)| (name, T::read(x))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_read_back() {
        for (x, text) in
            [(1.0, "1"), (-0.25, "-0.25"), (1e-300, "1e-300"), (1e22, "1e22"), (f64::INFINITY, "inf")]
        {
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

    #[test]
    fn collections_keep_what_is_not_finite() {
        let list = vec![[f64::INFINITY, 0.1, f64::NEG_INFINITY]];
        let text = serde_json::to_string(&list.written()).unwrap();
        assert_eq!(text, "[[\"inf\",0.1,\"-inf\"]]");
        assert_eq!(Vec::<[f64; 3]>::read(serde_json::from_str(&text).unwrap()), list);
    }
}
