//! VAT per rate, rounded once per rate. Pure.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{amount, customer::ShipTo, delivery};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vat {
    /// Percent.
    pub(crate) rate: Decimal,
    pub(crate) base: Decimal,
    pub(crate) amount: Decimal,
    /// `V19`, `V07` or `V00`.
    pub(crate) code: String,
}

/// The VAT on `goods` (rate and value of each line) and on the freight, which follows the highest rate. Abroad all is one entry of 0 %.
pub(crate) fn vat(goods: impl Iterator<Item = (Decimal, Decimal)>, freight: Decimal, ship_to: &ShipTo) -> Vec<Vat> {
    let domestic = delivery::is_domestic(ship_to);
    let mut bases: BTreeMap<Decimal, Decimal> = BTreeMap::new();
    for (rate, value) in goods {
        *bases.entry(if domestic { rate } else { Decimal::ZERO }).or_default() += value;
    }
    if let Some((_, base)) = bases.iter_mut().next_back() {
        *base += freight;
    }
    bases.into_iter().rev().map(|(rate, base)| entry(rate, base)).collect()
}

fn entry(rate: Decimal, base: Decimal) -> Vat {
    let base = amount::money(base);
    Vat { rate, base, amount: amount::money(base * rate / Decimal::ONE_HUNDRED), code: format!("V{:0>2}", rate.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn goods() -> impl Iterator<Item = (Decimal, Decimal)> {
        [("19", "10.01"), ("7", "8.41"), ("19", "0.02")].into_iter().map(|(rate, value)| (dec(rate), dec(value)))
    }

    #[test]
    fn vat_is_rounded_once_per_rate_and_freight_follows_the_highest() {
        let found: Vec<_> =
            vat(goods(), dec("8.90"), &ShipTo::default()).into_iter().map(|vat| (vat.code, vat.amount.to_string())).collect();
        assert_eq!(found, [("V19".to_owned(), "3.60".to_owned()), ("V07".to_owned(), "0.59".to_owned())]);
    }

    #[test]
    fn abroad_there_is_one_entry_of_zero_percent() {
        let linz = ShipTo { country: Some("AT".to_owned()), ..ShipTo::default() };
        let found = vat(goods(), dec("8.90"), &linz);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].code.as_str(), found[0].amount.to_string()), ("V00", "0.00".to_owned()));
    }
}
