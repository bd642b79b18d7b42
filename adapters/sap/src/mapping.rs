//! Between the back end's entities and Ordergate's records. Pure: nothing here sends, reads a clock or keeps anything.

pub(crate) mod amendments;
pub(crate) mod checkout;
pub(crate) mod head;
pub(crate) mod lines;
pub(crate) mod order;
pub(crate) mod parties;
pub(crate) mod prices;
pub(crate) mod quote;
pub(crate) mod scales;
pub(crate) mod sent;
pub(crate) mod simulation;
pub(crate) mod status;
pub(crate) mod units;

#[cfg(test)]
mod tests;

use ordergate_sdk::types::Money;
use rust_decimal::Decimal;

/// Decimal text without trailing zeros: they vary with the currency and mean nothing.
pub(crate) fn plain(value: Decimal) -> String {
    value.normalize().to_string()
}

pub(crate) fn money(amount: Decimal, currency: &str) -> Money {
    Money { amount: plain(amount), currency: currency.to_owned() }
}

/// Numbers of documents and customers are the same with and without leading zeros.
pub(crate) fn same_number(one: &str, other: &str) -> bool {
    one.trim_start_matches('0') == other.trim_start_matches('0')
}
