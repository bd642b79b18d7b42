//! What the lines of a cart come to, as far as their prices are known. Only a checkout says what is to be paid.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{Money, OfferPrice};

/// The sum of a cart's lines, without charges and taxes.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CartTotals {
    /// Of the items that have a price, each rounded to the currency's minor unit.
    pub lines: Money,
    /// Always: nobody has calculated it.
    pub provisional: bool,
    /// Items without a price. They are not in the sum.
    pub unpriced: usize,
}

impl CartTotals {
    /// Nothing when no price is known, or the sum does not fit a decimal: what is not known is not stated.
    pub fn of<'a>(prices: impl Iterator<Item = Option<&'a OfferPrice>>) -> Option<Self> {
        let (mut sum, mut unpriced): (Option<Money>, usize) = (None, 0);
        for price in prices {
            match price {
                None => unpriced += 1,
                Some(price) => {
                    let amount = price.amount()?;
                    sum = Some(sum.map_or(Some(amount), |sum| sum.plus(amount))?);
                }
            }
        }
        Some(Self { lines: sum?, provisional: true, unpriced })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Currency, Extensions, Quantity, Unit};

    fn price(quantity: &str, unit_price: &str, currency: &str) -> OfferPrice {
        OfferPrice {
            sku: "A".into(),
            quantity: Quantity::new(quantity.parse().unwrap(), Unit::one()),
            unit_price: Money::new(unit_price.parse().unwrap(), Currency::parse(currency).unwrap()),
            list_price: None,
            per: rust_decimal::Decimal::ONE,
            breaks: vec![],
            components: vec![],
            valid_until: None,
            as_of: None,
            ext: Extensions::new(),
        }
    }

    fn lines(prices: &[Option<&OfferPrice>]) -> Option<(String, usize)> {
        CartTotals::of(prices.iter().copied()).map(|totals| (totals.lines.to_string(), totals.unpriced))
    }

    #[test]
    fn c5_lines_of_a_cart_are_rounded_each_and_then_added() {
        let (much, little) = (price("1000", "4.869912", "EUR"), price("3", "0.335", "EUR"));
        assert_eq!(lines(&[Some(&much), None, Some(&little)]), Some(("4870.92 EUR".to_owned(), 1)));
        assert_eq!(lines(&[Some(&price("1000", "4.8696", "JPY"))]), Some(("4870 JPY".to_owned(), 0)));
    }

    #[test]
    fn what_is_not_known_or_cannot_be_added_is_not_stated() {
        assert_eq!(lines(&[None, None]), None);
        assert_eq!(lines(&[Some(&price("1", "1", "EUR")), Some(&price("1", "1", "USD"))]), None);
    }
}
