//! Items of a document.

use super::{money, plain, prices, status, units};
use crate::settings::Settings;
use crate::wire::names::Names;
use crate::wire::{Entity, Read, date};
use ordergate_sdk::orders::DocumentLine;
use ordergate_sdk::quotes::QuoteLine;
use ordergate_sdk::types::{Quantity, ScheduleLine};
use rust_decimal::Decimal;

/// What orders and quotations know of an item alike.
pub(crate) struct Item {
    /// Its number without leading zeros.
    pub(crate) id: String,
    pub(crate) quantity: Quantity,
    /// The same quantity, for calculating.
    pub(crate) value: Decimal,
    pub(crate) net: Decimal,
    /// Net price of `per` units.
    pub(crate) price: Option<Decimal>,
    pub(crate) per: Decimal,
}

pub(crate) fn item(settings: &Settings, names: &Names, item: Entity<'_>, currency: &str) -> Read<Item> {
    let id = item.count(names.item_number).ok_or_else(|| format!("{} is missing", names.item_number))?;
    let value = item.amount(names.quantity).map_err(|problem| format!("item {id}: {problem}"))?;
    let unit = item.required(names.unit).map_err(|problem| format!("item {id}: {problem}"))?;
    let net = item.decimal(names.net_amount)?.unwrap_or_default();
    let per = prices::list_price(names, item, currency, unit)?.map_or(Decimal::ONE, |list| list.per);
    let price = if value.is_zero() { None } else { Some(prices::unit_price(net, value, per)?) };
    Ok(Item {
        id: id.to_string(),
        quantity: Quantity { value: plain(value), unit: units::to_un(settings, unit)? },
        value,
        net,
        price,
        per,
    })
}

/// A line of an order.
pub(crate) fn of_order(settings: &Settings, names: &Names, entity: Entity<'_>, currency: &str) -> Read<DocumentLine> {
    let Item { id, quantity, value, net, price, per } = item(settings, names, entity, currency)?;
    let delivered: Option<Decimal> = delivered(names, entity)?;
    let (status, raw_status) = status::of_line(settings, names, entity);
    let reject_reason = entity.text(names.rejection_reason).map(ToOwned::to_owned);
    let cancelled = reject_reason.is_some().then(|| plain(value - delivered.unwrap_or_default()));
    Ok(DocumentLine {
        id,
        reference: names.line_reference.and_then(|field| entity.text(field)).map(ToOwned::to_owned),
        parent: entity.count(names.higher_item).map(|number| number.to_string()),
        kind: "product".to_owned(),
        sku: entity.text(names.material).map(ToOwned::to_owned),
        buyer_sku: entity.text(names.customer_material).map(ToOwned::to_owned),
        description: entity.text(names.item_text).map(ToOwned::to_owned),
        unit_price: price.map(|price| money(price, currency)),
        per: Some(plain(per)),
        amount: Some(money(net, currency)),
        requested_date: None,
        location: entity.text(names.plant).map(|plant| settings.location(plant)),
        status,
        raw_status,
        reject_reason,
        shipped: delivered.map(plain),
        cancelled,
        invoiced: None,
        schedule: schedule(settings, names, entity, &quantity.unit)?,
        quantity,
        deliveries: Vec::new(),
        ext: Vec::new(),
    })
}

/// A line of a quotation.
pub(crate) fn of_quote(settings: &Settings, names: &Names, entity: Entity<'_>, currency: &str) -> Read<QuoteLine> {
    let Item { id, quantity, net, price, per, .. } = item(settings, names, entity, currency)?;
    Ok(QuoteLine {
        id,
        sku: entity.text(names.material).map(ToOwned::to_owned),
        buyer_sku: entity.text(names.customer_material).map(ToOwned::to_owned),
        description: entity.text(names.item_text).map(ToOwned::to_owned),
        quantity,
        unit_price: price.map(|price| money(price, currency)),
        per: Some(plain(per)),
        amount: Some(money(net, currency)),
        requested_date: None,
        location: entity.text(names.plant).map(|plant| settings.location(plant)),
        ext: Vec::new(),
    })
}

/// How many are confirmed for which day; what is not confirmed is left out.
pub(crate) fn schedule(settings: &Settings, names: &Names, item: Entity<'_>, unit: &str) -> Read<Vec<ScheduleLine>> {
    let location = item.text(names.plant).map(|plant| settings.location(plant));
    let mut confirmed = Vec::new();
    for line in item.many(names.schedule) {
        let quantity = line.decimal(names.schedule_confirmed)?.unwrap_or_default();
        if quantity > Decimal::ZERO {
            let quantity = Quantity { value: plain(quantity), unit: unit.to_owned() };
            confirmed.push(ScheduleLine {
                quantity,
                date: line.parsed(names.confirmed_date, "date", date::day)?,
                location: location.clone(),
            });
        }
    }
    Ok(confirmed)
}

/// How many have been delivered, when the schedule lines say so.
fn delivered(names: &Names, item: Entity<'_>) -> Read<Option<Decimal>> {
    let mut sum = None;
    for line in item.many(names.schedule) {
        if let Some(quantity) = line.decimal(names.schedule_delivered)? {
            sum = Some(sum.unwrap_or(Decimal::ZERO) + quantity);
        }
    }
    Ok(sum)
}
