//! Between the back end's resources and Ordergate's records. Pure: nothing here sends, reads a clock or keeps anything.

pub(crate) mod amendments;
pub(crate) mod charges;
pub(crate) mod lines;
pub(crate) mod order;
pub(crate) mod price_request;
pub(crate) mod prices;
pub(crate) mod promises;
pub(crate) mod quick;
pub(crate) mod quote;
pub(crate) mod sent;
pub(crate) mod status;
pub(crate) mod units;

#[cfg(test)]
mod tests;

use ordergate_sdk::types::Money;
use rust_decimal::Decimal;

/// Decimal text without trailing zeros: they mean nothing.
pub(crate) fn plain(value: Decimal) -> String {
    value.normalize().to_string()
}

pub(crate) fn money(amount: Decimal, currency: &str) -> Money {
    Money { amount: plain(amount), currency: currency.to_owned() }
}
