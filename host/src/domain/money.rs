//! Amounts of money: a decimal and an ISO 4217 currency. Never a float.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ToSchema)]
#[schema(value_type = String, example = "EUR")]
pub struct Currency(iso_currency::Currency);

/// A text that is no ISO 4217 code.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no ISO 4217 currency code")]
pub struct CurrencyError(pub String);

impl Currency {
    pub fn parse(code: &str) -> Result<Self, CurrencyError> {
        iso_currency::Currency::from_code(code).map(Self).ok_or_else(|| CurrencyError(code.to_owned()))
    }

    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Digits of the minor unit: 2 for EUR, 0 for JPY, 3 for BHD.
    pub fn minor_digits(self) -> u32 {
        self.0.exponent().map_or(2, u32::from)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&code).map_err(serde::de::Error::custom)
    }
}

/// An amount in a currency. In JSON: `{"amount": "12.50", "currency": "EUR"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    #[schema(value_type = String, example = "12.50")]
    pub amount: Decimal,
    pub currency: Currency,
}

impl Money {
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    pub fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }

    /// Sum, or nothing when the currencies differ or the sum does not fit.
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        self.amount.checked_add(other.amount).map(|amount| Self { amount, ..self })
    }

    /// Rounded half away from zero to the currency's minor unit, as invoices are.
    pub fn rounded(self) -> Self {
        let mut amount = self.amount.round_dp_with_strategy(self.currency.minor_digits(), RoundingStrategy::MidpointAwayFromZero);
        amount.rescale(self.currency.minor_digits());
        Self { amount, ..self }
    }

    /// Whether the amount has no digits beyond the currency's minor unit.
    pub fn is_in_minor_units(self) -> bool {
        self.amount.normalize().scale() <= self.currency.minor_digits()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: &str, currency: &str) -> Money {
        Money::new(amount.parse().unwrap(), Currency::parse(currency).unwrap())
    }

    #[test]
    fn c5_amounts_round_to_the_minor_unit_of_their_currency() {
        assert_eq!(money("4.869912", "EUR").rounded().amount.to_string(), "4.87");
        assert_eq!(money("4869.912", "JPY").rounded().amount.to_string(), "4870");
        assert_eq!(money("4.869912", "BHD").rounded().amount.to_string(), "4.870");
        assert_eq!(money("-0.005", "EUR").rounded().amount.to_string(), "-0.01");
    }

    #[test]
    fn money_of_different_currencies_does_not_add() {
        assert_eq!(money("1", "EUR").plus(money("1", "USD")), None);
        assert_eq!(money("1", "EUR").plus(money("2.50", "EUR")), Some(money("3.50", "EUR")));
    }
}
