//! JSON documents whose numbers must stay as they are: identifiers of eighteen digits, amounts and quantities of any length. Nothing here goes
//! through a float that could lose a digit.

mod draft;
mod entity;

use rust_decimal::Decimal;
use serde::de::IgnoredAny;
use serde_json::{Number, Value};

pub use draft::Draft;
pub use entity::Entity;

/// What was read, or what cannot be read and why.
pub type Read<T> = Result<T, String>;

/// A JSON document in which every number has become text, with exactly the digits that were sent.
pub fn exact(body: &[u8]) -> Result<Value, serde_json::Error> {
    // Checked first: afterwards a number is whatever begins with a digit or a minus outside of a text.
    serde_json::from_slice::<IgnoredAny>(body)?;
    serde_json::from_slice(&with_quoted_numbers(body))
}

/// A JSON number that means exactly this decimal. Fails where the receiver could not be told every digit.
pub fn number(value: Decimal) -> Read<Value> {
    let plain = value.normalize();
    let exact = if plain.scale() == 0 { whole(plain) } else { fraction(plain) };
    exact.map(Value::Number).ok_or_else(|| format!("{plain} has too many digits for a JSON number"))
}

fn whole(value: Decimal) -> Option<Number> {
    i64::try_from(value).ok().map(Number::from)
}

/// The shortest text of the nearest float is the decimal itself, as long as that has no more than about fifteen digits: it is compared.
fn fraction(value: Decimal) -> Option<Number> {
    let number = value.to_string().parse().ok().and_then(Number::from_f64)?;
    let written = number.to_string();
    let read = written.parse().or_else(|_| Decimal::from_scientific(&written)).ok()?;
    (value == read).then_some(number)
}

fn with_quoted_numbers(body: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(body.len() + body.len() / 8);
    let (mut in_text, mut is_escaped, mut in_number) = (false, false, false);
    for byte in body.iter().copied() {
        let is_of_number = match byte {
            b'0'..=b'9' | b'-' => !in_text,
            b'+' | b'.' | b'e' | b'E' => in_number,
            _ => false,
        };
        if is_of_number != in_number {
            quoted.push(b'"');
            in_number = is_of_number;
        }
        quoted.push(byte);
        in_text ^= byte == b'"' && !is_escaped;
        is_escaped = in_text && byte == b'\\' && !is_escaped;
    }
    if in_number {
        quoted.push(b'"');
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_digit_of_a_number_survives() {
        let read =
            exact(br#"{"id": 300000012345678901, "a": -12.50, "b": [1e3, 0], "long": 12345678901234567890.123456789}"#).unwrap();
        let expected =
            json!({"id": "300000012345678901", "a": "-12.50", "b": ["1e3", "0"], "long": "12345678901234567890.123456789"});
        assert_eq!(read, expected);
        assert_eq!(exact(b"7").unwrap(), json!("7"));
    }

    #[test]
    fn texts_are_left_alone() {
        let read = exact(r#"{"t": "1 \" 2 \\", "u": "é-1.5", "v": true, "w": null, "x1e": "\\\"3"}"#.as_bytes()).unwrap();
        assert_eq!(read, json!({"t": "1 \" 2 \\", "u": "é-1.5", "v": true, "w": null, "x1e": "\\\"3"}));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for wrong in [
            "",
            "{",
            "{\"a\": 01}",
            "{\"a\": .5}",
            "{\"a\": 1.}",
            "{\"a\": --1}",
            "{\"a\": 1-2}",
            "<html>",
            "{} x",
            "{\"a\": NaN}",
        ] {
            assert!(exact(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_number_is_written_as_it_is_or_not_at_all() {
        let written = |text: &str| number(text.parse().unwrap()).map(|value| value.to_string());
        for (value, expected) in [
            ("10", "10"),
            ("10.00", "10"),
            ("0.1", "0.1"),
            ("-1234567890.12345", "-1234567890.12345"),
            ("300000012345678", "300000012345678"),
        ] {
            assert_eq!(written(value).unwrap(), expected);
        }
        assert!(written("1234567890.1234567890").unwrap_err().contains("too many digits"));
        assert!(written("79228162514264337593543950335").is_err());
    }

    #[test]
    fn what_is_written_is_read_again() {
        for mantissa in [1_i64, 7, 25, 4_869_912, 123_456_789, 999_999_999_999_999] {
            for scale in 0..9 {
                let value = Decimal::new(mantissa, scale);
                let body = serde_json::to_vec(&json!({"x": number(value).unwrap()})).unwrap();
                let read = exact(&body).unwrap();
                assert_eq!(Entity::of(&read).amount("x").unwrap(), value, "{value}");
            }
        }
    }
}
