//! CPQ: transactions of the reference application, their lines and actions. The names are those of one site.

use crate::books::Books;
use crate::data;
use crate::fault::Fault;
use crate::query::Query;
use crate::schema::{decimal, list, merge, number, require, text};
use rust_decimal::Decimal;
use serde_json::{Value, json};

const HEADER: [&str; 8] = [
    "externalReference_t",
    "customerNumber_t",
    "currency_t",
    "purchaseOrderNumber_t",
    "notes_t",
    "orderReference_t",
    "orderNumber_t",
    "transactionLine",
];
const LINE: [&str; 5] = ["_part_number", "_price_quantity", "_price_book_var_name", "_sequence_number", "unitOfMeasure_l"];

/// Creates a transaction with parts.
pub(crate) fn create(books: &mut Books, body: &Value) -> Result<Value, Fault> {
    let documents = body.get("documents").ok_or_else(|| Fault::payload("documents is missing"))?;
    only(documents, &HEADER)?;
    require(documents, &["externalReference_t", "customerNumber_t", "currency_t"], "/documents")?;
    books.customer(text(documents, "customerNumber_t"))?;
    let mut lines = Vec::new();
    for line in list(&documents["transactionLine"], "items") {
        only(line, &LINE)?;
        require(line, &["_part_number", "_price_quantity", "_sequence_number"], "/documents/transactionLine")?;
        let part = text(line, "_part_number");
        if books.item(part).is_none() {
            return Err(Fault::business("CPQ-1001", format!("The part {part} does not exist.")));
        }
        lines.push(line.clone());
    }
    let (change, now) = (books.next(), books.now());
    let mut quote = documents.clone();
    let number = (36_000_000 + change).to_string();
    let more = json!({"transactionID_t": number, "status_t": "CREATED", "version_t": change, "createdDate_t": now, "lastUpdatedDate_t": now,
        "orderReference_t": "", "orderNumber_t": "", "transactionLine": {"items": lines}});
    merge(&mut quote, more);
    let answer = json!({"documents": without_lines(&quote), "cacheInstanceId": "hQz7", "revisionId": change});
    books.quotes.push(quote);
    Ok(answer)
}

/// A transaction, its lines, or a list.
pub(crate) fn read(books: &Books, below: &[&str], query: &Query) -> Result<Value, Fault> {
    match below {
        [] => listed(books, query),
        [number] => find(books, number).map(without_lines),
        [number, "transactionLine"] => {
            let items = list(&find(books, number)?["transactionLine"], "items");
            Ok(json!({"items": items, "count": items.len(), "hasMore": false}))
        }
        _ => Err(Fault::not_found()),
    }
}

/// `{"field": {"$eq": "value"}}`
fn listed(books: &Books, query: &Query) -> Result<Value, Fault> {
    query.only(&["q", "fields", "limit", "offset", "totalResults", "orderby"])?;
    let expression: Value = serde_json::from_str(query.get("q").unwrap_or("{}")).map_err(|_| Fault::payload("q is no JSON"))?;
    let holds = |quote: &&Value| {
        expression.as_object().into_iter().flatten().all(|(field, condition)| condition.get("$eq") == quote.get(field))
    };
    let found: Vec<&Value> = books.quotes.iter().rev().filter(holds).collect();
    let limit = query.number("limit")?.unwrap_or(100).min(1_000).min(books.paging.most);
    let offset = query.number("offset")?.unwrap_or(0);
    let items: Vec<Value> = found.iter().skip(offset).take(limit).map(|quote| without_lines(quote)).collect();
    Ok(json!({"items": items, "limit": limit, "offset": offset, "hasMore": offset + limit < found.len()}))
}

/// An action, with fields to set. Each is possible in some states only.
pub(crate) fn act(books: &mut Books, number: &str, action: &str, body: &Value) -> Result<Value, Fault> {
    let documents = body.get("documents").cloned().unwrap_or_else(|| json!({}));
    only(&documents, &HEADER)?;
    find(books, number)?;
    let (from, to) = match action {
        "submit_t" => (&["CREATED"][..], "SUBMITTED"),
        "_s_accept_quote" => (&["PUBLISHED"][..], "ACCEPTED"),
        "_s_selfServiceCheckout" => (&["ACCEPTED"][..], "ORDERED"),
        "decline_t" => (&["PUBLISHED"][..], "DECLINED"),
        "withdraw_t" => (&["CREATED", "SUBMITTED", "PUBLISHED"][..], "WITHDRAWN"),
        _ => return Err(Fault::not_found()),
    };
    let now = books.now();
    let quote = books.quotes.iter_mut().find(|quote| text(quote, "transactionID_t") == number).ok_or_else(Fault::not_found)?;
    if !from.contains(&text(quote, "status_t")) {
        let text = format!("The action {action} is not possible in the status {}.", text(quote, "status_t"));
        return Err(Fault::business("CPQ-2001", text));
    }
    merge(quote, documents);
    merge(quote, json!({"status_t": to, "lastUpdatedDate_t": now}));
    Ok(json!({"documents": without_lines(quote)}))
}

/// Sales prices every transaction that waits, a tenth below the list, and publishes it.
pub(crate) fn publish(books: &mut Books) {
    let (items, change, last_day) = (books.items.clone(), books.next(), books.in_days(14));
    for quote in books.quotes.iter_mut().filter(|quote| text(quote, "status_t") == "SUBMITTED") {
        for line in quote.pointer_mut("/transactionLine/items").and_then(Value::as_array_mut).into_iter().flatten() {
            let list = items.iter().find(|item| item.number == text(line, "_part_number")).and_then(|item| item.price);
            let price = list.unwrap_or_default() * Decimal::new(9, 1);
            let quantity = decimal(line, "_price_quantity");
            let amount = |value: Decimal| json!({"value": number(value), "currency": data::CURRENCY});
            merge(line, json!({"netPrice_l": amount(price), "netAmount_l": amount((price * quantity).round_dp(2))}));
        }
        merge(quote, json!({"status_t": "PUBLISHED", "version_t": change, "expiresOnDate_t": last_day}));
    }
}

pub(crate) fn find<'a>(books: &'a Books, number: &str) -> Result<&'a Value, Fault> {
    books.quotes.iter().find(|quote| text(quote, "transactionID_t") == number).ok_or_else(Fault::not_found)
}

fn only(document: &Value, known: &[&str]) -> Result<(), Fault> {
    let fields = document.as_object().ok_or_else(|| Fault::payload("An object is expected"))?;
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        Some(unknown) => Err(Fault::payload(format!("The attribute {unknown} does not exist"))),
        None => Ok(()),
    }
}

fn without_lines(quote: &Value) -> Value {
    let mut shown = quote.clone();
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("transactionLine");
    }
    shown
}
