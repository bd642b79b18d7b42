//! Decimals as texts: digits with a point, as people and back ends write them. Not what a parser would take besides: exponents, underscores, a point
//! without digits.

use std::fmt;

use rust_decimal::Decimal;
use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

/// The number that a text such as `-12.50` says, with all of its decimals.
pub(crate) fn plain(text: &str) -> Option<Decimal> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let formed = is_digits(whole) && is_digits(fraction);
    formed.then(|| Decimal::from_str_exact(text).ok()).flatten()
}

/// For fields that come from outside.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    deserializer.deserialize_str(Plain)
}

/// The same for a field that may be left out.
pub(crate) fn deserialize_given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    deserialize(deserializer).map(Some)
}

struct Plain;

impl Visitor<'_> for Plain {
    type Value = Decimal;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a decimal as text, such as \"12.50\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Decimal, E> {
        plain(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_with_a_point_are_a_decimal() {
        for (text, value) in [("12", "12"), ("-12.50", "-12.50"), ("0.000001", "0.000001")] {
            assert_eq!(plain(text).map(|value| value.to_string()).as_deref(), Some(value));
        }
        for text in ["", " 1", "1_000", "1E2", "1e2", "1.", ".5", "1,5", "٣", "NaN", "0x1", "--1"] {
            assert_eq!(plain(text), None, "{text}");
        }
    }
}
