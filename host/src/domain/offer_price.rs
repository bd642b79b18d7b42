//! The price of an item for a buyer and quantity.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Buyer, Extensions, Location, Money, PriceComponent, Quantity, Sku};

/// One item whose price is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceItem {
    pub sku: Sku,
    pub quantity: Quantity,
    pub location: Option<Location>,
    /// Absent for today.
    pub date: Option<Date>,
}

/// Items that one adapter call prices, all for the same buyer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceQuery {
    pub buyer: Buyer,
    pub items: Vec<PriceItem>,
}

/// From this quantity on (inclusive), `per` units cost `unit_price`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuantityBreak {
    #[schema(value_type = String, example = "100")]
    pub from: Decimal,
    pub unit_price: Money,
}

/// What an item costs this buyer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfferPrice {
    pub sku: Sku,
    /// The quantity that was priced.
    pub quantity: Quantity,
    /// Net price of `per` units.
    pub unit_price: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_price: Option<Money>,
    #[schema(value_type = String, example = "1")]
    pub per: Decimal,
    /// Ascending; empty when the price does not depend on the quantity or is known for the asked quantity only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<QuantityBreak>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<PriceComponent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// [`Fresh`](super::Fresh) shows it.
    #[serde(skip)]
    pub as_of: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Extensions::is_empty")]
    pub ext: Extensions,
}

impl OfferPrice {
    /// Whether the breaks cover a quantity (rule F7).
    pub fn covers(&self, value: Decimal) -> bool {
        self.breaks.first().is_some_and(|step| step.from <= value)
    }

    /// The same offer for another quantity, when the breaks cover it (rule F7). A quantity below the first break is not covered.
    pub fn for_quantity(&self, value: Decimal) -> Option<Self> {
        let applicable = self.breaks.iter().take_while(|step| step.from <= value).last()?;
        let mut offer = self.clone();
        offer.quantity.value = value;
        offer.unit_price = applicable.unit_price;
        Some(offer)
    }

    /// Net amount of the priced quantity, rounded to the minor unit; nothing when it does not fit a decimal.
    pub fn amount(&self) -> Option<Money> {
        let amount = self.unit_price.amount.checked_mul(self.quantity.value)?.checked_div(self.per)?;
        Some(Money::new(amount, self.unit_price.currency).rounded())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Currency, Unit};

    fn offer(breaks: &[(&str, &str)]) -> OfferPrice {
        let currency = Currency::parse("EUR").unwrap();
        OfferPrice {
            sku: Sku::new("A"),
            quantity: Quantity::new(Decimal::ONE, Unit::one()),
            unit_price: Money::new(Decimal::TEN, currency),
            list_price: None,
            per: Decimal::ONE,
            breaks: breaks
                .iter()
                .map(|(from, price)| QuantityBreak {
                    from: from.parse().unwrap(),
                    unit_price: Money::new(price.parse().unwrap(), currency),
                })
                .collect(),
            components: vec![],
            valid_until: None,
            as_of: None,
            ext: Extensions::new(),
        }
    }

    #[test]
    fn f7_breaks_answer_every_quantity_that_they_cover() {
        let offer = offer(&[("1", "10"), ("10", "9"), ("100", "8")]);
        for (quantity, price) in [("1", "10"), ("9.99", "10"), ("10", "9"), ("99", "9"), ("100", "8"), ("5000", "8")] {
            let priced = offer.for_quantity(quantity.parse().unwrap()).unwrap();
            assert_eq!(priced.unit_price.amount, price.parse().unwrap(), "{quantity}");
        }
    }

    #[test]
    fn f7_a_quantity_below_the_first_break_is_not_covered() {
        assert_eq!(offer(&[("10", "9")]).for_quantity(Decimal::ONE), None);
        assert_eq!(offer(&[]).for_quantity(Decimal::ONE), None);
    }

    #[test]
    fn c5_a_line_amount_is_rounded_once_at_the_end() {
        let mut offer = offer(&[]);
        offer.unit_price.amount = "4.869912".parse().unwrap();
        offer.quantity.value = Decimal::ONE_THOUSAND;
        assert_eq!(offer.amount().unwrap().amount.to_string(), "4869.91");
    }
}
