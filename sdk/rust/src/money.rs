//! Decimal text and `rust_decimal`. The contract carries decimals as text; arithmetic is done on `Decimal`, never on floats.

use crate::types::{Failure, Money};
use rust_decimal::Decimal;

/// The text of the contract: sign, digits, fraction. At most 28 significant digits; anything else is `invalid-response`.
pub fn decimal(text: &str) -> Result<Decimal, Failure> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    let value = if plain { Decimal::from_str_exact(text).ok() } else { None };
    value.ok_or_else(|| {
        Failure::invalid_response("an amount or quantity is not a decimal number")
            .detail(text.chars().take(40).collect::<String>())
    })
}

/// Decimal text, with the digits that the value carries: 12.50 stays "12.50".
pub fn text(value: Decimal) -> String {
    value.to_string()
}

/// An amount of money from decimal text that is kept exactly as it is.
pub fn money(amount: impl Into<String>, currency: impl Into<String>) -> Money {
    Money { amount: amount.into(), currency: currency.into() }
}

/// The exact sum of decimal texts; "0" for none.
pub fn sum<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Decimal, Failure> {
    texts.into_iter().try_fold(Decimal::ZERO, |total, amount| {
        total.checked_add(decimal(amount)?).ok_or_else(|| Failure::invalid_response("a sum of amounts is too large"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_zeros_survive_there_and_back() {
        assert_eq!(text(decimal("12.50").unwrap()), "12.50");
        assert_eq!(text(decimal("-0.005").unwrap()), "-0.005");
    }

    #[test]
    fn exponents_and_grouping_are_refused() {
        for wrong in ["1e3", "1,000", "", "abc", "1.2.3"] {
            assert!(decimal(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_tenth_and_two_tenths_are_three_tenths() {
        assert_eq!(text(sum(["0.1", "0.2"]).unwrap()), "0.3");
    }
}
