//! The demo back end's interface, as far as selling needs it. Its decimals are text.

use serde_json::{Value, json};

use crate::bindings::exports::ordergate::adapter::availability::{Availability, Item as AvailabilityItem};
use crate::bindings::exports::ordergate::adapter::checkout::{CalculatedLine, Calculation, Cart};
use crate::bindings::exports::ordergate::adapter::orders::{Accepted, DocumentLine, Order, OrderDocument, OrderPage};
use crate::bindings::exports::ordergate::adapter::pricing::{Item as PriceItem, OfferPrice};
use crate::bindings::ordergate::adapter::transport::{self, Request};
use crate::bindings::ordergate::adapter::types::{Buyer, Failure, Money, PriceComponent, Quantity, Totals};

const PIECE: (&str, &str) = ("PCE", "C62");

pub(crate) fn read(path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
    let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let request = Request { endpoint: "api".into(), method: "GET".into(), path: path.into(), query, ..Request::default() };
    answered(&request, "unavailable")
}

/// `lost`: what it means when nobody can say what became of it.
fn post(path: &str, body: &Value, lost: &str) -> Result<Value, Failure> {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let body = Some(body.to_string().into_bytes());
    let request =
        Request { endpoint: "api".into(), method: "POST".into(), path: path.into(), headers, body, ..Request::default() };
    answered(&request, lost)
}

fn answered(request: &Request, lost: &str) -> Result<Value, Failure> {
    let reply = transport::send(request)?;
    let told: Value = serde_json::from_slice(&reply.body).map_err(|_| failure(lost, "the reply is no JSON"))?;
    let message = text(&told, "/error/text");
    match reply.status {
        200..300 => Ok(told),
        404 => Err(failure("not-found", &message)),
        400..500 => Err(failure("rejected", &message)),
        _ => Err(failure(lost, "the back end has a problem")),
    }
}

pub(crate) fn availability(item: &AvailabilityItem) -> Result<Availability, Failure> {
    let place: Vec<_> = item.location.iter().map(|site| ("site", site.as_str())).collect();
    let told = read("/api/stock", &[&[("sku", item.sku.as_str())], place.as_slice()].concat())?;
    let line = told.pointer("/stock/0").ok_or_else(|| failure("not-found", "there is no such article"))?;
    Ok(Availability {
        sku: item.sku.clone(),
        location: optional(line, "/site"),
        available: optional(line, "/free").unwrap_or_else(|| "0".into()),
        unit: unit(&text(line, "/uom")),
        unlimited: line.pointer("/made_to_order") == Some(&Value::Bool(true)),
        ..Availability::default()
    })
}

pub(crate) fn offer_price(buyer: &Buyer, item: &PriceItem) -> Result<OfferPrice, Failure> {
    let position = json!({"pos": "1", "article": item.sku, "qty": item.quantity.value, "uom": uom(&item.quantity.unit)});
    let inquiry = json!({"customer": buyer.account, "currency": buyer.currency, "positions": [position]});
    let told = post("/api/price-inquiries", &inquiry, "unavailable")?;
    let found = told.pointer("/positions/0").filter(|found| found.get("error").is_none());
    let found = found.ok_or_else(|| failure("not-found", "there is no such article"))?;
    Ok(OfferPrice {
        sku: item.sku.clone(),
        quantity: quantity(found),
        unit_price: money(found, "/net", &buyer.currency),
        list_price: Some(money(found, "/list", &buyer.currency)),
        per: optional(found, "/per"),
        ..OfferPrice::default()
    })
}

pub(crate) fn calculate(cart: &Cart) -> Result<Calculation, Failure> {
    let position = |(id, sku, quantity): (&str, &str, &Quantity)| json!({"pos": id, "article": sku, "qty": quantity.value, "uom": uom(&quantity.unit)});
    let lines = cart.lines.iter().map(|line| (line.id.as_str(), line.sku.as_str(), &line.quantity));
    let asked = json!({
        "customer": cart.buyer.account, "currency": cart.buyer.currency, "shipping": "STD", "positions": lines.map(position).collect::<Vec<_>>(),
    });
    let told = post("/api/calculations", &asked, "unavailable")?;
    let line = |position: &Value| CalculatedLine {
        id: text(position, "/pos"),
        kind: "product".into(),
        sku: optional(position, "/article"),
        quantity: quantity(position),
        unit_price: money(position, "/net", &cart.buyer.currency),
        per: optional(position, "/per"),
        amount: money(position, "/value", &cart.buyer.currency),
        ..CalculatedLine::default()
    };
    let totals = totals(&told).ok_or_else(|| failure("invalid-response", "there are no totals"))?;
    Ok(Calculation { lines: list(&told, "/positions").iter().map(line).collect(), totals, ..Calculation::default() })
}

pub(crate) fn submit(order: &Order, reference: &str) -> Result<Accepted, Failure> {
    let products = order.lines.iter().filter(|line| line.kind == "product");
    let position = |line: &crate::bindings::exports::ordergate::adapter::orders::OrderLine| {
        let price = line.unit_price.as_ref().map(|price| price.amount.as_str());
        json!({"pos": line.id, "article": line.sku, "qty": line.quantity.value, "uom": uom(&line.quantity.unit), "net": price})
    };
    let asked = json!({
        "customer": order.account, "your_ref": reference, "po": order.purchase_order, "currency": order.currency, "shipping": "STD",
        "positions": products.map(position).collect::<Vec<_>>(),
    });
    let told = post("/api/orders", &asked, "outcome-unknown")?;
    Ok(Accepted {
        number: text(&told, "/no"),
        status: status(&told),
        raw_status: optional(&told, "/state"),
        ..Accepted::default()
    })
}

pub(crate) fn order(number: &str) -> Result<OrderDocument, Failure> {
    if !number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(failure("not-found", "no number of an order"));
    }
    read(&format!("/api/orders/{number}"), &[]).map(|told| document(&told))
}

pub(crate) fn orders(query: &[(&str, &str)]) -> Result<OrderPage, Failure> {
    let told = read("/api/orders", query)?;
    let number = |name: &str| told.get(name).and_then(Value::as_u64).unwrap_or(1);
    let next = (number("page") < number("pages")).then(|| (number("page") + 1).to_string());
    Ok(OrderPage { orders: list(&told, "/items").iter().map(document).collect(), next })
}

fn document(order: &Value) -> OrderDocument {
    let currency = text(order, "/currency");
    let line = |position: &Value| DocumentLine {
        id: text(position, "/pos"),
        kind: "product".into(),
        sku: optional(position, "/article"),
        quantity: quantity(position),
        ..DocumentLine::default()
    };
    OrderDocument {
        number: text(order, "/no"),
        reference: optional(order, "/your_ref"),
        account: text(order, "/customer"),
        placed_at: text(order, "/entered_at"),
        status: status(order),
        raw_status: optional(order, "/state"),
        totals: totals(order),
        lines: list(order, "/positions").iter().map(line).collect(),
        currency,
        ..OrderDocument::default()
    }
}

/// None of an order that has no prices yet.
fn totals(told: &Value) -> Option<Totals> {
    optional(told, "/total")?;
    let currency = text(told, "/currency");
    let freight = optional(told, "/freight").filter(|freight| freight.bytes().any(|byte| (b'1'..=b'9').contains(&byte)));
    let charge =
        |_| PriceComponent { kind: "freight".into(), amount: money(told, "/freight", &currency), ..PriceComponent::default() };
    let tax = |vat: &Value| PriceComponent {
        kind: "tax".into(),
        amount: money(vat, "/amount", &currency),
        ..PriceComponent::default()
    };
    Some(Totals {
        lines: money(told, "/goods", &currency),
        charges: freight.into_iter().map(charge).collect(),
        taxes: list(told, "/vat").iter().map(tax).collect(),
        rounding: None,
        payable: money(told, "/total", &currency),
    })
}

fn status(order: &Value) -> String {
    if text(order, "/state") == "OPN" { "open" } else { "in-process" }.into()
}

fn quantity(position: &Value) -> Quantity {
    Quantity { value: text(position, "/qty"), unit: unit(&text(position, "/uom")) }
}

fn money(told: &Value, pointer: &str, currency: &str) -> Money {
    Money { amount: text(told, pointer), currency: currency.to_owned() }
}

fn unit(uom: &str) -> String {
    if uom == PIECE.0 { PIECE.1.into() } else { uom.into() }
}

fn uom(unit: &str) -> &str {
    if unit == PIECE.1 { PIECE.0 } else { unit }
}

fn list<'a>(told: &'a Value, pointer: &str) -> &'a [Value] {
    told.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn optional(told: &Value, pointer: &str) -> Option<String> {
    told.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

fn text(told: &Value, pointer: &str) -> String {
    optional(told, pointer).unwrap_or_default()
}

fn failure(code: &str, message: &str) -> Failure {
    Failure { code: code.into(), message: message.into(), ..Failure::default() }
}
