//! Numbers in the bodies of requests and replies, as JSON numbers, JSON strings, XML text or query values alike.

use std::ops::Range;

use bytes::Bytes;
use rust_decimal::Decimal;

/// Digits of a number that no double holds.
const DIGITS: u32 = 19;

/// A whole number or decimal that stands by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub at: Range<usize>,
    pub value: Decimal,
}

/// All numbers of a text.
pub(super) fn numbers(text: &[u8]) -> Vec<Number> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at).copied() {
        let begins = at.checked_sub(1).and_then(|before| text.get(before)).is_none_or(|before| is_around(*before));
        if !begins || !(byte.is_ascii_digit() || byte == b'-') {
            at += 1;
            continue;
        }
        let length =
            text.get(at + 1..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count() + 1;
        let end = at + length;
        let ends = text.get(end).is_none_or(|after| is_around(*after));
        let number = text.get(at..end).and_then(|number| std::str::from_utf8(number).ok());
        if let Some(value) = number.filter(|_| ends).and_then(|number| Decimal::from_str_exact(number).ok()) {
            found.push(Number { at: at..end, value });
        }
        at = end;
    }
    found
}

/// What stands before and after a number.
fn is_around(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"':,[]{}<>=&;()".contains(&byte)
}

/// The text with another number in place of the `nth` one of that value.
pub(super) fn replaced(text: &Bytes, value: Decimal, nth: usize, by: Decimal) -> Bytes {
    let found = numbers(text).into_iter().filter(|number| number.value == value).nth(nth);
    let parts = found.and_then(|number| Some((text.get(..number.at.start)?, text.get(number.at.end..)?)));
    match parts {
        Some((before, after)) => [before, by.to_string().as_bytes(), after].concat().into(),
        None => text.clone(),
    }
}

/// The same but for its last digits, which no double holds: 4.20 becomes 4.200000000000000001.
pub(super) fn finer(value: Decimal) -> Option<Decimal> {
    let whole = value.trunc().abs().to_string().len();
    let scale = DIGITS.checked_sub(u32::try_from(whole).ok()?)?.max(value.scale() + 1);
    value.checked_add(Decimal::try_from_i128_with_scale(1, scale).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        numbers(text.as_bytes()).iter().map(|number| number.value.to_string()).collect()
    }

    #[test]
    fn numbers_are_found_however_they_are_written() {
        assert_eq!(values(r#"{"a": 4.20, "b":"4.2", "c":[-7,8]}"#), ["4.20", "4.2", "-7", "8"]);
        assert_eq!(values("<Price unit='C62'>12.50</Price>"), ["12.50"]);
        assert_eq!(values("/items?qty=3&price=4.5"), ["3", "4.5"]);
    }

    #[test]
    fn dates_identifiers_and_exponents_are_no_numbers() {
        assert_eq!(
            values(r#"{"no": "C-1001", "on": "2026-11-22", "x": 1e5, "v": "1.2.3", "sku": "NW-1014"}"#),
            Vec::<String>::new()
        );
    }

    #[test]
    fn one_number_is_replaced_and_the_others_stay() {
        let text = Bytes::from_static(b"{\"qty\": \"2\", \"net\": 2.0, \"x\": 22}");
        let by: Decimal = "3.5".parse().unwrap();
        assert_eq!(replaced(&text, Decimal::TWO, 1, by), Bytes::from_static(b"{\"qty\": \"2\", \"net\": 3.5, \"x\": 22}"));
        assert_eq!(replaced(&text, Decimal::TWO, 2, by), text);
    }

    #[test]
    fn a_finer_number_has_more_digits_than_a_double_and_the_same_size() {
        let fine = |text: &str| finer(text.parse().unwrap()).unwrap().to_string();
        assert_eq!(fine("4.20"), "4.200000000000000001");
        assert_eq!(fine("48000"), "48000.00000000000001");
        for text in ["4.20", "48000", "0.5", "21.9"] {
            let (fine, double) = (fine(text), text.parse::<f64>().unwrap());
            assert_eq!(fine.parse::<f64>().unwrap(), double, "{fine} is lost in a double");
        }
    }
}
