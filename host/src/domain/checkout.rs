//! The live check of a cart before billing, and the seal that it leaves (rules C1 to C5).

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AccountNumber, Buyer, CheckoutId, Extensions, Location, Money, Party, Quantity, ScheduleLine, Sku, StoreName};

/// One line of a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartLine {
    /// Stable within the cart.
    pub id: String,
    pub sku: Sku,
    pub quantity: Quantity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_date: Option<Date>,
}

/// A whole cart, as the back end is asked to price and promise it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    pub buyer: Buyer,
    #[serde(default)]
    pub parties: Vec<Party>,
    pub delivery_method: Option<String>,
    pub payment_terms: Option<String>,
    pub requested_date: Option<Date>,
    pub lines: Vec<CartLine>,
    #[serde(default)]
    pub ext: Extensions,
}

/// Stock that the back end holds for a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reservation {
    pub id: String,
    pub expires_at: Timestamp,
}

/// What a line of a document stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    #[default]
    Product,
    Charge,
    Discount,
    Tax,
}

impl LineKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Charge => "charge",
            Self::Discount => "discount",
            Self::Tax => "tax",
        }
    }

    /// An unknown kind is a charge: it is shown and counts, but nobody picks it from a shelf.
    pub fn parse(name: &str) -> Self {
        match name {
            "product" => Self::Product,
            "discount" => Self::Discount,
            "tax" => Self::Tax,
            _ => Self::Charge,
        }
    }
}

/// An amount that makes up a price or a total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceComponent {
    /// `base`, `discount`, `surcharge`, `freight`, `charge`, `tax`, `rounding` or another name.
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub amount: Money,
    /// Percentage, where the amount came from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub rate: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// Sums of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// Sum of the lines' net amounts.
    pub lines: Money,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<PriceComponent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<PriceComponent>,
    /// A rounding difference that the back end applies on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Money>,
    pub payable: Money,
}

impl Totals {
    /// lines + charges + taxes + declared rounding, or nothing when the currencies are mixed.
    pub fn sum(&self) -> Option<Money> {
        let parts = self.charges.iter().chain(&self.taxes).map(|part| part.amount).chain(self.rounding);
        parts.into_iter().try_fold(self.lines, Money::plus)
    }
}

/// One line as the back end priced and promised it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CalculatedLine {
    /// The cart line, or a new id for a line that the back end added.
    pub id: String,
    #[serde(default)]
    pub kind: LineKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub quantity: Quantity,
    /// Net price of `per` units.
    pub unit_price: Money,
    #[schema(value_type = String, example = "1")]
    pub per: Decimal,
    /// Net amount, as the back end rounds it.
    pub amount: Money,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<PriceComponent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<ScheduleLine>,
}

/// A cart with live amounts and promises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calculation {
    pub lines: Vec<CalculatedLine>,
    pub totals: Totals,
    pub valid_until: Option<Timestamp>,
    #[serde(default)]
    pub messages: Vec<String>,
}

/// Why a calculation is not believed (rule C5).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountMismatch {
    #[error("the amounts are in different currencies")]
    MixedCurrencies,
    #[error("the lines add up to {sum}, the back end says {stated}")]
    Lines { sum: Money, stated: Money },
    #[error("lines, charges, taxes and rounding add up to {sum}, the back end says {stated}")]
    Payable { sum: Money, stated: Money },
    #[error("{0} has digits below the currency's minor unit")]
    BelowMinorUnit(Money),
    #[error("cart line {0} is missing in the answer")]
    MissingLine(String),
    #[error("line {0} is there twice in the answer")]
    DoubledLine(String),
    #[error("cart line {0} was answered for another item or quantity than asked")]
    ChangedLine(String),
}

impl Calculation {
    /// Checks the arithmetic in the currency's minor unit (rule C5), and that every line of the cart was answered.
    pub fn check(&self, cart: &Cart) -> Result<(), AmountMismatch> {
        for asked in &cart.lines {
            let answered = self.lines.iter().find(|line| line.id == asked.id);
            let answered = answered.ok_or_else(|| AmountMismatch::MissingLine(asked.id.clone()))?;
            // A shortage shows in the schedule; amounts for less than was asked would be agreed to by mistake.
            let other_item = answered.sku.as_ref().is_some_and(|sku| *sku != asked.sku);
            if other_item || answered.quantity != asked.quantity {
                return Err(AmountMismatch::ChangedLine(asked.id.clone()));
            }
        }
        for (index, line) in self.lines.iter().enumerate() {
            if self.lines.iter().take(index).any(|other| other.id == line.id) {
                return Err(AmountMismatch::DoubledLine(line.id.clone()));
            }
        }
        let currency = self.totals.payable.currency;
        if currency != cart.buyer.currency {
            return Err(AmountMismatch::MixedCurrencies);
        }
        // Lines of kind `tax` are counted among the taxes of the totals, not among the lines.
        let goods = self.lines.iter().filter(|line| line.kind != LineKind::Tax).map(|line| line.amount);
        let sum = goods.clone().try_fold(Money::zero(currency), Money::plus).ok_or(AmountMismatch::MixedCurrencies)?;
        if sum.amount != self.totals.lines.amount {
            return Err(AmountMismatch::Lines { sum, stated: self.totals.lines });
        }
        let sum = self.totals.sum().ok_or(AmountMismatch::MixedCurrencies)?;
        if sum.amount != self.totals.payable.amount {
            return Err(AmountMismatch::Payable { sum, stated: self.totals.payable });
        }
        match goods.chain([self.totals.payable]).find(|amount| !amount.is_in_minor_units()) {
            Some(amount) => Err(AmountMismatch::BelowMinorUnit(amount)),
            None => Ok(()),
        }
    }
}

/// How a line's live price differs from what the shopper saw last. Prices are per one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineDifference {
    pub line: String,
    pub seen: Money,
    pub now: Money,
}

impl LineDifference {
    pub fn is_rise(&self) -> bool {
        self.now.amount > self.seen.amount
    }
}

/// The result of a checkout: what the customer agrees to, with a validity. An order must quote one (rule C2).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    pub id: CheckoutId,
    pub store: StoreName,
    pub account: AccountNumber,
    /// What was asked.
    pub cart: Cart,
    /// What the back end said to it.
    pub calculation: Calculation,
    pub reservation: Option<Reservation>,
    /// What the customer agreed to, when the amounts have changed since (rule C3). An order needs consent to go beyond it.
    #[serde(default)]
    pub agreed: Option<Calculation>,
    pub sealed_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Seal {
    /// The amounts that the customer agreed to.
    pub fn agreed(&self) -> &Calculation {
        self.agreed.as_ref().unwrap_or(&self.calculation)
    }
}

/// Never shows the parties of the cart: seals end up in logs.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").field("id", &self.id).field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Currency, Unit};

    fn money(amount: &str, currency: &str) -> Money {
        Money::new(amount.parse().unwrap(), Currency::parse(currency).unwrap())
    }

    fn component(kind: &str, amount: Money) -> PriceComponent {
        PriceComponent { kind: kind.into(), description: None, amount, rate: None, code: None }
    }

    fn cart(currency: &str) -> Cart {
        Cart {
            buyer: Buyer {
                account: Some("A".into()),
                ship_to: None,
                contract: None,
                currency: Currency::parse(currency).unwrap(),
                sales_area: None,
                ext: Extensions::new(),
            },
            parties: vec![],
            delivery_method: None,
            payment_terms: None,
            requested_date: None,
            lines: vec![CartLine {
                id: "1".into(),
                sku: "A".into(),
                quantity: Quantity::new(Decimal::ONE_THOUSAND, Unit::one()),
                location: None,
                requested_date: None,
            }],
            ext: Extensions::new(),
        }
    }

    fn calculation(currency: &str, line: &str, freight: &str, tax: &str, payable: &str) -> Calculation {
        Calculation {
            lines: vec![CalculatedLine {
                id: "1".into(),
                kind: LineKind::Product,
                parent: None,
                sku: Some("A".into()),
                description: None,
                quantity: Quantity::new(Decimal::ONE_THOUSAND, Unit::one()),
                unit_price: money("4.869912", currency),
                per: Decimal::ONE,
                amount: money(line, currency),
                components: vec![],
                schedule: vec![],
            }],
            totals: Totals {
                lines: money(line, currency),
                charges: vec![component("freight", money(freight, currency))],
                taxes: vec![component("tax", money(tax, currency))],
                rounding: None,
                payable: money(payable, currency),
            },
            valid_until: None,
            messages: vec![],
        }
    }

    #[test]
    fn c5_amounts_that_add_up_in_the_minor_unit_pass() {
        assert_eq!(calculation("EUR", "4869.91", "5.00", "926.23", "5801.14").check(&cart("EUR")), Ok(()));
        assert_eq!(calculation("JPY", "4870", "5", "926", "5801").check(&cart("JPY")), Ok(()));
        assert_eq!(calculation("BHD", "4869.912", "5", "926.233", "5801.145").check(&cart("BHD")), Ok(()));
    }

    #[test]
    fn c5_an_undeclared_cent_is_refused_and_a_declared_one_passes() {
        let mut calculation = calculation("EUR", "4869.91", "5.00", "926.23", "5801.15");
        assert!(matches!(calculation.check(&cart("EUR")), Err(AmountMismatch::Payable { .. })));
        calculation.totals.rounding = Some(money("0.01", "EUR"));
        assert_eq!(calculation.check(&cart("EUR")), Ok(()));
    }

    #[test]
    fn c5_digits_below_the_minor_unit_are_refused() {
        let calculation = calculation("JPY", "4869.91", "5", "926", "5800.91");
        assert!(matches!(calculation.check(&cart("JPY")), Err(AmountMismatch::BelowMinorUnit(_))));
    }

    #[test]
    fn c5_an_answer_in_another_currency_or_without_a_line_is_refused() {
        let other = calculation("USD", "1.00", "0", "0", "1.00");
        assert_eq!(other.check(&cart("EUR")), Err(AmountMismatch::MixedCurrencies));
        let mut short = calculation("EUR", "0", "0", "0", "0");
        short.lines.clear();
        assert_eq!(short.check(&cart("EUR")), Err(AmountMismatch::MissingLine("1".into())));
    }

    #[test]
    fn c5_an_answer_for_fewer_or_for_another_item_or_twice_is_refused() {
        let good = || calculation("EUR", "4869.91", "5.00", "926.23", "5801.14");
        let mut capped = good();
        capped.lines[0].quantity.value = Decimal::TEN;
        assert_eq!(capped.check(&cart("EUR")), Err(AmountMismatch::ChangedLine("1".into())));
        let mut other = good();
        other.lines[0].sku = Some("B".into());
        assert_eq!(other.check(&cart("EUR")), Err(AmountMismatch::ChangedLine("1".into())));
        let mut doubled = good();
        doubled.lines.push(doubled.lines[0].clone());
        assert_eq!(doubled.check(&cart("EUR")), Err(AmountMismatch::DoubledLine("1".into())));
    }
}
