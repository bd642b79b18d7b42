//! Decimals of the back end: how money, prices and quantities are rounded and read. Used by every computing module; never a float.

use rust_decimal::{Decimal, RoundingStrategy};

/// The largest quantity, price or stock level that is accepted; products of two of them stay far inside a decimal.
pub(crate) const LARGEST: Decimal = Decimal::from_parts(10_000_000, 0, 0, false, 0);

/// An amount of money: two digits, rounded half away from zero.
pub(crate) fn money(value: Decimal) -> Decimal {
    let mut rounded = value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(2);
    rounded
}

/// A price: at most four digits, at least two, rounded half away from zero.
pub(crate) fn price(value: Decimal) -> Decimal {
    let mut rounded = value.round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero).normalize();
    rounded.rescale(rounded.scale().max(2));
    rounded
}

/// `percent` off `value`, as a price.
pub(crate) fn less(value: Decimal, percent: Decimal) -> Decimal {
    price(value - value * percent / Decimal::ONE_HUNDRED)
}

/// What `qty` costs at `net` for `per` units.
pub(crate) fn line_value(net: Decimal, qty: Decimal, per: Decimal) -> Decimal {
    let per = if per.is_zero() { Decimal::ONE } else { per };
    money(net * qty / per)
}

/// Reads plain decimal text (`"12.50"`, no sign, no exponent, no grouping) up to [`LARGEST`].
pub(crate) fn parse(text: &str) -> Option<Decimal> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value: Decimal = if plain { text.parse().ok()? } else { return None };
    (value <= LARGEST).then(|| value.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn money_is_rounded_half_away_from_zero_to_two_digits() {
        assert_eq!(money(dec("2.345")).to_string(), "2.35");
        assert_eq!(money(dec("-2.345")).to_string(), "-2.35");
        assert_eq!(money(dec("7")).to_string(), "7.00");
    }

    #[test]
    fn a_price_keeps_two_to_four_digits() {
        assert_eq!(price(dec("4.869912")).to_string(), "4.8699");
        assert_eq!(price(dec("4.9000")).to_string(), "4.90");
        assert_eq!(less(dec("12.90"), dec("12")).to_string(), "11.352");
    }

    #[test]
    fn a_line_is_worth_price_times_quantity_by_the_price_unit() {
        assert_eq!(line_value(dec("4.8699"), dec("1000"), dec("1")).to_string(), "4869.90");
        assert_eq!(line_value(dec("6.45"), dec("250"), dec("100")).to_string(), "16.13");
    }

    #[test]
    fn only_plain_decimals_are_read() {
        assert_eq!(parse("10.500").unwrap().to_string(), "10.5");
        for bad in ["", ".", "-1", "1e3", "1,5", "1_000", " 1", "10000001", "99999999999999999999999999999999"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
