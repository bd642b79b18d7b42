//! Between Nordwind's words and the contract's. Pure: nothing is sent here.

use std::collections::BTreeMap;

use ordergate_sdk::availability::{self, Availability};
use ordergate_sdk::checkout::{CalculatedLine, Calculation, Cart, CartLine};
use ordergate_sdk::money;
use ordergate_sdk::orders::{Accepted, Amendment, Delivery, DocumentLine, Order, OrderDocument, OrderLine, OrderPage};
use ordergate_sdk::pricing::{self, OfferPrice, QuantityBreak};
use ordergate_sdk::types::{Failure, Money, Note, Party, PriceComponent, Quantity, ScheduleLine, Totals};
use serde_json::{Value, json};

use crate::refusal::refused_position;
use crate::wire;

const UNITS: [(&str, &str); 4] = [("PCE", "C62"), ("MTR", "MTR"), ("KG", "KGM"), ("PK", "XPK")];
const CHANNELS: [(&str, &str); 4] = [("WEB", "web"), ("TEL", "telephone"), ("CTR", "counter"), ("EDI", "edi")];
const SHIPPING: [(&str, &str); 3] = [("STD", "standard"), ("EXP", "express"), ("PUP", "pickup")];
const STATUSES: [(&str, &str); 7] = [
    ("OPN", "open"),
    ("PCK", "in-process"),
    ("PSH", "partially-shipped"),
    ("SHP", "shipped"),
    ("DON", "completed"),
    ("CAN", "cancelled"),
    ("BLK", "on-hold"),
];

/// The contract's word for one of Nordwind's; itself when there is none.
fn ours(words: &[(&'static str, &'static str)], theirs: &str) -> String {
    words.iter().find(|(word, _)| *word == theirs).map_or(theirs, |(_, ours)| ours).to_owned()
}

/// Nordwind's word for one of the contract's.
fn theirs(words: &[(&'static str, &'static str)], ours: &str) -> Option<&'static str> {
    words.iter().find(|(_, word)| *word == ours).map(|(theirs, _)| *theirs)
}

fn status(state: &str) -> String {
    STATUSES.iter().find(|(word, _)| *word == state).map_or("unknown", |(_, status)| status).to_owned()
}

/// The back end's states for these statuses, as its filter wants them; none for all.
pub fn states(statuses: &[String]) -> Option<String> {
    let wanted: Vec<_> = statuses.iter().filter_map(|status| theirs(&STATUSES, status)).collect();
    (!wanted.is_empty()).then(|| wanted.join(","))
}

fn quantity(value: String, uom: &str) -> Quantity {
    Quantity { value, unit: ours(&UNITS, uom) }
}

fn uom(unit: &str) -> &str {
    theirs(&UNITS, unit).unwrap_or(unit)
}

fn amount(amount: Option<String>, currency: &str) -> Option<Money> {
    amount.map(|amount| money::money(amount, currency))
}

pub fn availability(item: &availability::Item, stock: &BTreeMap<String, wire::StockLine>) -> Result<Availability, Failure> {
    let line = stock.get(&item.sku).ok_or_else(|| Failure::not_found(format!("there is no article {}", item.sku)))?;
    let inbound = |part: &wire::Inbound| ScheduleLine {
        quantity: quantity(part.qty.clone(), &line.uom),
        date: Some(part.eta.clone()),
        location: None,
    };
    Ok(Availability {
        sku: item.sku.clone(),
        location: line.site.clone(),
        available: line.free.clone().unwrap_or_else(|| "0".to_owned()),
        unit: ours(&UNITS, &line.uom),
        unlimited: line.made_to_order,
        lead_time_days: line.lead_days,
        schedule: line.inbound.iter().map(inbound).collect(),
        ..Availability::default()
    })
}

/// Positions are numbered by their index, so that answers find their items.
pub fn inquiry(query: &pricing::Query) -> Value {
    let position = |(index, item): (usize, &pricing::Item)| json!({"pos": index.to_string(), "article": item.sku, "qty": item.quantity.value, "uom": uom(&item.quantity.unit)});
    let positions: Vec<_> = query.items.iter().enumerate().map(position).collect();
    json!({"customer": query.buyer.account, "currency": query.buyer.currency, "positions": positions})
}

pub fn offer_price(prices: &wire::Prices, index: usize) -> Result<OfferPrice, Failure> {
    let pos = index.to_string();
    let found = prices.positions.iter().find(|position| position.pos == pos);
    let found = found.ok_or_else(|| Failure::invalid_response(format!("the reply has no position {pos}")))?;
    let money = |amount: &String| money::money(amount, &prices.currency);
    match &found.answer {
        wire::PriceAnswer::Refused { error } => Err(refused_position(error)),
        wire::PriceAnswer::Priced { qty, uom, net, list, per, scale } => Ok(OfferPrice {
            sku: found.article.clone(),
            quantity: quantity(qty.clone(), uom),
            unit_price: money(net),
            list_price: Some(money(list)),
            per: Some(per.clone()),
            breaks: scale.iter().map(|step| QuantityBreak { from: step.from.clone(), unit_price: money(&step.net) }).collect(),
            valid_until: Some(prices.valid_to.clone()),
            ..OfferPrice::default()
        }),
    }
}

pub fn calculation_request(cart: &Cart, usual: &str) -> Value {
    json!({
        "customer": cart.buyer.account,
        "currency": cart.buyer.currency,
        "ship_to": cart.buyer.ship_to.clone().map_or_else(|| ship_to(&cart.parties), Value::from),
        "shipping": shipping(cart.delivery_method.as_deref(), usual),
        "positions": cart.lines.iter().map(cart_position).collect::<Vec<_>>(),
    })
}

pub fn calculation(reply: wire::Calculation) -> Calculation {
    let currency = reply.amounts.currency.clone();
    let line = |position: wire::Position| CalculatedLine {
        schedule: schedule(&position),
        id: position.pos,
        kind: "product".to_owned(),
        sku: Some(position.article),
        description: position.text,
        quantity: quantity(position.qty, &position.uom),
        unit_price: amount(position.net, &currency).unwrap_or_default(),
        per: position.per,
        amount: amount(position.value, &currency).unwrap_or_default(),
        ..CalculatedLine::default()
    };
    Calculation {
        totals: totals(reply.amounts).unwrap_or_default(),
        lines: reply.positions.into_iter().map(line).collect(),
        valid_until: Some(reply.valid_to),
        messages: reply.notes,
        ..Calculation::default()
    }
}

/// The same reference in every attempt: it is what a lost order is found by.
pub fn order_request(order: &Order, reference: &str, usual: &str) -> Value {
    let remarks: Vec<_> = order.notes.iter().map(|note| note.text.as_str()).collect();
    // Freight and the like are the back end's own.
    let products = order.lines.iter().filter(|line| line.kind == "product");
    json!({
        "customer": order.account,
        "your_ref": reference,
        "po": order.purchase_order,
        "currency": order.currency,
        "wanted_on": order.requested_date,
        "shipping": shipping(order.delivery_method.as_deref(), usual),
        "complete": order.ship_complete,
        "remarks": (!remarks.is_empty()).then(|| remarks.join("\n")),
        "ship_to": ship_to(&order.parties),
        "positions": products.map(order_position).collect::<Vec<_>>(),
    })
}

/// What the order became, and what the customer is told was changed.
pub fn accepted(order: wire::Order) -> Accepted {
    Accepted {
        number: order.no,
        status: status(&order.state),
        raw_status: Some(order.state),
        amendments: order.positions.iter().flat_map(amendments).collect(),
        as_of: order.changed_at,
        ..Accepted::default()
    }
}

fn amendments(position: &wire::Position) -> Vec<Amendment> {
    let changed = |kind: &str, from: &Option<String>, to: Option<&String>, message: &str| {
        let (from, to) = (from.as_ref()?, to?);
        (!is_same(from, to)).then(|| Amendment {
            line: Some(position.pos.clone()),
            kind: kind.to_owned(),
            from: Some(from.clone()),
            to: Some(to.clone()),
            message: Some(message.to_owned()),
        })
    };
    let changes = [
        changed("price", &position.asked_net, position.net.as_ref(), "The price has changed."),
        changed("quantity", &position.asked_qty, Some(&position.qty), "The quantity was changed."),
        changed("substitution", &position.asked_article, Some(&position.article), "Another article was taken."),
    ];
    changes.into_iter().flatten().collect()
}

/// 1.50 is 1.5.
fn is_same(one: &str, other: &str) -> bool {
    match (money::decimal(one), money::decimal(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

pub fn order(order: wire::Order) -> OrderDocument {
    let is_ours = order.your_ref.is_some();
    let currency = order.amounts.currency.clone();
    let note = |text: String| Note { kind: "customer".to_owned(), text, ..Note::default() };
    OrderDocument {
        number: order.no,
        reference: order.your_ref,
        account: order.customer,
        channel: Some(ours(&CHANNELS, &order.channel)),
        purchase_order: order.po,
        placed_at: order.entered_at,
        changed_at: order.changed_at,
        status: status(&order.state),
        raw_status: Some(order.state),
        totals: totals(order.amounts),
        requested_date: order.wanted_on,
        notes: order.remarks.into_iter().map(note).collect(),
        lines: order.positions.into_iter().map(|position| order_line(position, is_ours, &currency)).collect(),
        currency,
        ..OrderDocument::default()
    }
}

fn order_line(position: wire::Position, is_ours: bool, currency: &str) -> DocumentLine {
    let uom = position.uom.clone();
    let delivery = |parcel: wire::Parcel| Delivery {
        quantity: Some(quantity(parcel.qty, &uom)),
        shipped_on: parcel.shipped_on,
        carrier: parcel.carrier,
        tracking_number: parcel.no,
        ..Delivery::default()
    };
    DocumentLine {
        schedule: schedule(&position),
        // Only our own orders carry our line ids.
        reference: is_ours.then(|| position.pos.clone()),
        id: position.pos,
        kind: "product".to_owned(),
        sku: Some(position.article),
        description: position.text,
        quantity: quantity(position.qty, &uom),
        unit_price: amount(position.net, currency),
        per: position.per,
        amount: amount(position.value, currency),
        location: position.site,
        status: position.state.as_deref().map(status),
        raw_status: position.state,
        shipped: position.shipped,
        deliveries: position.tracking.into_iter().map(delivery).collect(),
        ..DocumentLine::default()
    }
}

pub fn order_page(page: wire::Page) -> OrderPage {
    let next = (page.page < page.pages).then(|| (page.page + 1).to_string());
    OrderPage { orders: page.items.into_iter().map(order).collect(), next }
}

fn schedule(position: &wire::Position) -> Vec<ScheduleLine> {
    let line = |part: &wire::Promise| ScheduleLine {
        quantity: quantity(part.qty.clone(), &position.uom),
        date: part.date.clone(),
        location: part.site.clone(),
    };
    position.promised.iter().map(line).collect()
}

/// None for an order that has no prices yet.
fn totals(amounts: wire::Amounts) -> Option<Totals> {
    let currency = amounts.currency;
    let freight = amounts.freight.filter(|freight| !is_same(freight, "0"));
    let charge = |freight| PriceComponent {
        kind: "freight".to_owned(),
        description: Some("Freight".to_owned()),
        amount: money::money(freight, &currency),
        ..PriceComponent::default()
    };
    let tax = |vat: wire::Vat| PriceComponent {
        kind: "tax".to_owned(),
        description: Some(format!("VAT {} %", vat.rate)),
        amount: money::money(vat.amount, &currency),
        rate: Some(vat.rate),
        code: Some(vat.code),
    };
    Some(Totals {
        payable: amount(amounts.total, &currency)?,
        lines: amount(amounts.goods, &currency)?,
        charges: freight.into_iter().map(charge).collect(),
        taxes: amounts.vat.into_iter().map(tax).collect(),
        rounding: None,
    })
}

fn shipping<'a>(method: Option<&str>, usual: &'a str) -> &'a str {
    method.and_then(|method| theirs(&SHIPPING, method)).unwrap_or(usual)
}

fn cart_position(line: &CartLine) -> Value {
    json!({"pos": line.id, "article": line.sku, "qty": line.quantity.value, "uom": uom(&line.quantity.unit), "site": line.location})
}

fn order_position(line: &OrderLine) -> Value {
    json!({
        "pos": line.id,
        "article": line.sku,
        "qty": line.quantity.value,
        "uom": uom(&line.quantity.unit),
        "site": line.location,
        // What the customer was promised.
        "net": line.unit_price.as_ref().map(|price| price.amount.as_str()),
        "text": line.description,
    })
}

/// A ship-to number, an address, or null for the customer's first.
fn ship_to(parties: &[Party]) -> Value {
    let Some(party) = parties.iter().find(|party| party.role == "ship-to") else { return Value::Null };
    match &party.address {
        None => party.number.clone().map_or(Value::Null, Value::from),
        Some(address) => json!({
            "name": address.name,
            "street": address.lines.join(", "),
            "zip": address.postal_code,
            "city": address.city,
            "country": address.country,
        }),
    }
}
