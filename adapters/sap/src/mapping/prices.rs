//! Unit prices and how they came about, from net amounts and pricing elements.

use super::{money, plain};
use crate::settings::Settings;
use crate::wire::names::Names;
use crate::wire::names::condition as field;
use crate::wire::{Entity, Read};
use ordergate_sdk::types::{Money, PriceComponent};
use rust_decimal::{Decimal, RoundingStrategy};

/// Digits that SAP gives a rate itself (ConditionRateValue has nine).
const RATE_DIGITS: u32 = 9;

/// The price that a material has before the customer's conditions: so much for `per` units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ListPrice {
    pub(crate) price: Money,
    pub(crate) per: Decimal,
}

/// The rate of the active price condition (class B), when it is in the item's currency and unit.
pub(crate) fn list_price(names: &Names, item: Entity<'_>, currency: &str, unit: &str) -> Read<Option<ListPrice>> {
    for element in item.many(names.pricing) {
        let same_currency = element.text(field::CURRENCY).is_none_or(|of| of == currency);
        let same_unit = element.text(field::PER_UNIT).is_none_or(|of| of == unit);
        if is_active(element) && element.text(field::CLASS) == Some("B") && same_currency && same_unit {
            let per = element.decimal(field::PER)?.filter(|per| *per > Decimal::ZERO).unwrap_or(Decimal::ONE);
            return Ok(Some(ListPrice { price: money(element.amount(field::RATE)?, currency), per }));
        }
    }
    Ok(None)
}

/// What `per` units cost when `quantity` of them cost `net`.
pub(crate) fn unit_price(net: Decimal, quantity: Decimal, per: Decimal) -> Read<Decimal> {
    let price = net.checked_mul(per).and_then(|all| all.checked_div(quantity));
    let price = price.ok_or_else(|| format!("no unit price can be made of {net} for {quantity}"))?;
    Ok(price.round_dp_with_strategy(RATE_DIGITS, RoundingStrategy::MidpointAwayFromZero))
}

/// The active conditions of an item. Statistical ones carry nothing to the price.
pub(crate) fn components(settings: &Settings, names: &Names, item: Entity<'_>, currency: &str) -> Read<Vec<PriceComponent>> {
    let active = item.many(names.pricing).into_iter().filter(|element| is_active(*element));
    active.map(|element| component(settings, element, currency)).collect()
}

/// Taxes of an item: its own field, or its active tax conditions (class D); nothing when neither is there.
pub(crate) fn tax(names: &Names, item: Entity<'_>) -> Read<Option<Decimal>> {
    if let Some(field) = names.tax_amount {
        return item.decimal(field).map(|tax| Some(tax.unwrap_or_default()));
    }
    let elements = item.many(names.pricing);
    let mut sum = None;
    for element in elements.into_iter().filter(|element| is_active(*element)) {
        let amount = if element.text(field::CLASS) == Some("D") { element.amount(field::AMOUNT)? } else { Decimal::ZERO };
        sum = Some(sum.unwrap_or(Decimal::ZERO) + amount);
    }
    Ok(sum)
}

/// Whether anything says what the item costs. An item category without pricing gives a net amount of zero.
pub(crate) fn is_priced(names: &Names, item: Entity<'_>) -> bool {
    item.many(names.pricing).into_iter().any(|element| is_active(element) && element.text(field::CLASS) == Some("B"))
}

fn component(settings: &Settings, element: Entity<'_>, currency: &str) -> Read<PriceComponent> {
    let code = element.text(field::KIND);
    let amount = element.decimal(field::AMOUNT)?.unwrap_or_default();
    let usual = match element.text(field::CLASS) {
        Some("B") => "base",
        Some("D") => "tax",
        Some("A") if amount < Decimal::ZERO => "discount",
        Some("A") => "surcharge",
        _ => "charge",
    };
    let kind = code.and_then(|code| settings.conditions.get(code)).map_or(usual, String::as_str);
    let is_percentage = element.text(field::CALCULATION) == Some("A");
    let rate = if is_percentage { element.decimal(field::RATE)?.map(plain) } else { None };
    let currency = element.text(field::AMOUNT_CURRENCY).unwrap_or(currency);
    Ok(PriceComponent {
        kind: kind.to_owned(),
        description: None,
        amount: money(amount, currency),
        rate,
        code: code.map(ToOwned::to_owned),
    })
}

fn is_active(element: Entity<'_>) -> bool {
    element.text(field::INACTIVE).is_none() && !element.flag(field::STATISTICAL)
}
