//! New orders, and changes of them. An error says what cannot be handed over; nothing is left out silently.

use super::charges::{self, Agreed};
use super::units;
use crate::ids::Sites;
use crate::settings::{Prices, Settings, ValueMap};
use crate::wire::{Draft, Entity, Read, date};
use ordergate_sdk::handover::line_key;
use ordergate_sdk::orders::{Order, OrderLine};
use ordergate_sdk::{json, money};
use serde_json::{Value, json};

/// Characters of the field that keeps our line id.
pub(super) const LINE: usize = 50;

/// The lines that are handed over, with the keys by which they are known there.
pub(crate) fn products(order: &Order) -> Vec<(String, &OrderLine)> {
    let products = order.lines.iter().filter(|line| line.kind == "product");
    products.enumerate().map(|(index, line)| (line_key(index, &line.id, LINE), line)).collect()
}

/// An order of the hub.
pub(crate) fn order(settings: &Settings, order: &Order, reference: &str, sites: Sites, prices: Prices) -> Read<Value> {
    if order.contract.is_some() {
        return Err("an order under a contract cannot be handed over".to_owned());
    }
    let organization = &settings.organization;
    let requesting = organization.requesting_business_unit_id.as_ref().unwrap_or(&organization.business_unit_id);
    let is_frozen = prices == Prices::Sealed;
    let lines: Read<Vec<Value>> = products(order)
        .into_iter()
        .enumerate()
        .map(|(index, (key, line))| {
            let drafted = item(settings, &order.currency, prices, index, &key, line);
            drafted.map_err(|problem| format!("line {}: {problem}", line.id))
        })
        .collect();
    let draft = Draft::new()
        .text("SourceTransactionNumber", reference)
        .text("SourceTransactionSystem", &organization.source_system)
        .text("SourceTransactionId", reference)
        .part("SourceTransactionRevisionNumber", json!(1))
        .text("TransactionalCurrencyCode", &order.currency)
        .part("BusinessUnitId", identifier(&organization.business_unit_id)?)
        .part("RequestingBusinessUnitId", identifier(requesting)?)
        .text("BuyingPartyNumber", &order.account)
        .optional("CustomerPONumber", order.purchase_order.as_ref())
        .optional("TransactionTypeCode", settings.orders.transaction_type.as_ref())
        .optional("TransactionOn", date::instant(&order.placed_at))
        .optional("RequestedShipDate", requested(order).map(date::midnight))
        .optional("PaymentTerms", mapped(&settings.payment_terms, order.payment_terms.as_deref(), "payment_terms")?)
        .part("FreezePriceFlag", json!(is_frozen))
        .part("FreezeShippingChargeFlag", json!(false))
        .part("FreezeTaxFlag", json!(false))
        .part("SubmittedFlag", json!(true))
        .list("lines", lines?);
    with_sites(with_delivery(with_notes(draft, settings, order), settings, order)?, sites).map(Draft::done)
}

/// Submits an order that was only saved.
pub(crate) fn submission() -> Value {
    json!({"SubmittedFlag": true})
}

/// Takes these fulfillment lines back.
pub(crate) fn cancellation(reason: &str, parts: &[Entity<'_>]) -> Read<Value> {
    let line = |part: &Entity<'_>| {
        let id = identifier(part.required("FulfillLineId")?)?;
        Ok(json!({"FulfillLineId": id, "OrderedQuantity": 0, "CancelReason": reason}))
    };
    Ok(json!({"lines": parts.iter().map(line).collect::<Read<Vec<Value>>>()?}))
}

/// Kinds of notes that no field of the header takes.
pub(crate) fn notes_left<'a>(settings: &Settings, order: &'a Order) -> Vec<&'a str> {
    let kinds = order.notes.iter().map(|note| note.kind.as_str());
    kinds.filter(|kind| !settings.orders.note_fields.contains_key(*kind)).collect()
}

fn item(settings: &Settings, currency: &str, prices: Prices, index: usize, key: &str, line: &OrderLine) -> Read<Value> {
    let sku = line.sku.as_deref().ok_or("it names no item of the back end: a buyer's number alone is not enough")?;
    let quantity = money::decimal(&line.quantity.value).map_err(|failure| failure.message)?;
    let number = (index + 1).to_string();
    let draft = Draft::new()
        .text("SourceTransactionLineId", key)
        .text("SourceTransactionLineNumber", &number)
        .text("SourceScheduleNumber", "1")
        .text("SourceTransactionScheduleId", &number)
        .text("TransactionCategoryCode", "ORDER")
        .text("TransactionLineType", &settings.orders.line_type)
        .text("ProductNumber", sku)
        .part("OrderedQuantity", json::number(quantity)?)
        .text("OrderedUOMCode", units::to_fusion(settings, &line.quantity.unit)?)
        .optional(
            "RequestedFulfillmentOrganizationCode",
            line.location.as_deref().map(|location| settings.organization_of(location)),
        );
    Ok(match prices {
        Prices::Fusion => draft,
        Prices::Sealed => draft.list("charges", vec![charges::frozen(settings, currency, &Agreed::of(line, quantity)?)?]),
    }
    .done())
}

/// The day of the header: its own, else the earliest of the lines'.
fn requested(order: &Order) -> Option<&str> {
    let lines = order.lines.iter().filter_map(|line| line.requested_date.as_deref());
    order.requested_date.as_deref().or_else(|| lines.min())
}

fn with_notes(draft: Draft, settings: &Settings, order: &Order) -> Draft {
    settings.orders.note_fields.iter().fold(draft, |draft, (kind, field)| {
        let texts: Vec<&str> = order.notes.iter().filter(|note| note.kind == *kind).map(|note| note.text.as_str()).collect();
        draft.optional(field, (!texts.is_empty()).then(|| texts.join("\n")))
    })
}

fn with_delivery(draft: Draft, settings: &Settings, order: &Order) -> Read<Draft> {
    let draft = match &settings.orders.delivery_method_field {
        Some(field) => {
            draft.optional(field, mapped(&settings.delivery_methods, order.delivery_method.as_deref(), "delivery_methods")?)
        }
        None => draft,
    };
    match (&settings.orders.partial_shipping_field, order.ship_complete) {
        (_, false) => Ok(draft),
        (Some(field), true) => Ok(draft.part(field, json!(false))),
        (None, true) => Err("it must be delivered at once, and orders.partial_shipping_field is not in the settings".to_owned()),
    }
}

fn with_sites(draft: Draft, sites: Sites) -> Read<Draft> {
    let bill_to = sites.bill_to.map(|(account, site)| json!({"CustomerAccountId": account, "SiteUseId": site}));
    let ship_to = sites.ship_to.map(|(party, site)| json!({"PartyId": party, "SiteId": site}));
    Ok(draft.list("billToCustomer", bill_to.into_iter().collect()).list("shipToCustomer", ship_to.into_iter().collect()))
}

/// The code of a word in a map. An empty map says that it is not handed over; a word that a filled map lacks is an error.
fn mapped<'a>(map: &'a ValueMap, word: Option<&str>, key: &str) -> Read<Option<&'a str>> {
    let Some(word) = word.filter(|_| !map.is_empty()) else { return Ok(None) };
    map.get(word)
        .map(|code| Some(code.as_str()))
        .ok_or_else(|| format!("{word:?} has no code: add it under {key} in the settings"))
}

/// An identifier is a whole number of up to eighteen digits.
pub(crate) fn identifier(text: &str) -> Read<Value> {
    text.parse::<u64>().map(Value::from).map_err(|_| format!("{text:?} is no identifier"))
}
