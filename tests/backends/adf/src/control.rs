//! `/control`: what tests may do to the company from outside. No logon, loopback only, never disturbed.

use crate::adf::{Paging, Version};
use crate::books::Books;
use crate::faults::Plan;
use crate::pod::Pod;
use crate::schema::{decimal, merge, number, text};
use crate::{cpq, hub};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

type Shared = State<Arc<Pod>>;

pub(crate) fn routes() -> Router<Arc<Pod>> {
    Router::new()
        .route("/control/faults", put(set_faults).delete(no_faults))
        .route("/control/stats", get(stats).delete(clear_stats))
        .route("/control/orders", get(orders).post(enter_order))
        .route("/control/orders/{number}", put(change_order))
        .route("/control/orders/{number}/ship", post(ship_order))
        .route("/control/quotes/{number}", put(change_quote))
        .route("/control/late", post(commit_late))
        .route("/control/stock/{item}", put(set_stock))
        .route("/control/prices/{item}", put(set_price))
        .route("/control/answer", post(answer_quotes))
        .route("/control/system", put(set_system))
}

async fn set_faults(State(pod): Shared, Json(plan): Json<Plan>) -> StatusCode {
    pod.faults.set(plan);
    StatusCode::NO_CONTENT
}

async fn no_faults(State(pod): Shared) -> StatusCode {
    pod.faults.set(Plan::default());
    StatusCode::NO_CONTENT
}

async fn stats(State(pod): Shared) -> Json<Value> {
    Json(json!(pod.stats.counts()))
}

async fn clear_stats(State(pod): Shared) -> StatusCode {
    pod.stats.clear();
    StatusCode::NO_CONTENT
}

/// All orders with a reference; more than one is a doubled order.
#[derive(Deserialize)]
struct Asked {
    reference: String,
}

async fn orders(State(pod): Shared, Query(asked): Query<Asked>) -> Json<Value> {
    let books = pod.books.lock();
    let found: Vec<&Value> = books.orders.iter().filter(|order| text(order, "SourceTransactionId") == asked.reference).collect();
    Json(json!(found))
}

/// An order that did not come through the shop. Without `SourceTransactionId` it is entered by hand: then it is the header's identifier.
async fn enter_order(State(pod): Shared, Json(order): Json<Value>) -> (StatusCode, Json<Value>) {
    let mut books = pod.books.lock();
    let by_hand = order.get("SourceTransactionId").is_none();
    let mut complete = json!({"SourceTransactionSystem": "OPS", "SourceTransactionId": "-", "SourceTransactionNumber": "-"});
    merge(&mut complete, order);
    match Version::parse(Some("4")).and_then(|version| hub::create(&mut books, version, &complete)) {
        Ok(_) => {
            let entered = books.orders.last_mut().map(|order| {
                let id = order["HeaderId"].to_string();
                if by_hand {
                    merge(
                        order,
                        json!({"SourceTransactionId": id, "SourceTransactionNumber": id, "OrderKey": format!("OPS:{id}")}),
                    );
                }
                order.clone()
            });
            (StatusCode::CREATED, Json(entered.unwrap_or_default()))
        }
        Err(fault) => (StatusCode::BAD_REQUEST, Json(json!({"code": fault.code, "message": fault.text, "path": fault.path}))),
    }
}

/// Fields of an order's header; `items` are those of every line.
async fn change_order(State(pod): Shared, Path(number): Path<String>, Json(change): Json<Value>) -> StatusCode {
    let mut books = pod.books.lock();
    let (next, Value::Object(mut change)) = (books.next(), change) else { return StatusCode::BAD_REQUEST };
    let Some(order) = order_of(&mut books, &number) else { return StatusCode::NOT_FOUND };
    let of_lines = change.remove("items").unwrap_or_default();
    merge(order, Value::Object(change));
    merge(order, json!({"_changes": next}));
    for line in order["lines"].as_array_mut().into_iter().flatten() {
        merge(line, of_lines.clone());
    }
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Shipped {
    quantity: Decimal,
}

/// Ships so many of the first line; what is left becomes a fulfillment line of its own.
async fn ship_order(State(pod): Shared, Path(order): Path<String>, Json(shipped): Json<Shipped>) -> StatusCode {
    let mut books = pod.books.lock();
    let next = books.next();
    let Some(order) = order_of(&mut books, &order) else { return StatusCode::NOT_FOUND };
    merge(order, json!({"_changes": next}));
    let Some(lines) = order["lines"].as_array_mut() else { return StatusCode::NOT_FOUND };
    let Some(line) = lines.first_mut() else { return StatusCode::NOT_FOUND };
    let (ordered, price) = (decimal(line, "OrderedQuantity"), decimal(line, "UnitSellingPrice"));
    let mut rest = line.clone();
    let part = |quantity: Decimal| json!({"OrderedQuantity": number(quantity), "ExtendedAmount": number((price * quantity).round_dp(2))});
    merge(line, part(shipped.quantity));
    merge(line, json!({"ShippedQuantity": number(shipped.quantity), "Status": "Shipped", "StatusCode": "SHIPPED"}));
    if ordered > shipped.quantity {
        merge(&mut rest, part(ordered - shipped.quantity));
        merge(&mut rest, json!({"FulfillLineId": 300_000_000_000_900_000_u64 + next}));
        lines.push(rest);
    }
    StatusCode::NO_CONTENT
}

fn order_of<'a>(books: &'a mut Books, number: &str) -> Option<&'a mut Value> {
    books.orders.iter_mut().find(|order| text(order, "OrderNumber") == number)
}

async fn change_quote(State(pod): Shared, Path(number): Path<String>, Json(change): Json<Value>) -> StatusCode {
    let mut books = pod.books.lock();
    match books.quotes.iter_mut().find(|quote| text(quote, "transactionID_t") == number) {
        Some(quote) => merge(quote, change),
        None => return StatusCode::NOT_FOUND,
    }
    StatusCode::NO_CONTENT
}

/// What a gateway gave up on is done at last; gives how many.
async fn commit_late(State(pod): Shared) -> Json<Value> {
    let mut books = pod.books.lock();
    let pending = std::mem::take(&mut books.pending);
    let done = pending
        .iter()
        .filter(|body| Version::parse(Some("4")).and_then(|version| hub::create(&mut books, version, body)).is_ok());
    Json(json!({"done": done.count()}))
}

#[derive(Deserialize)]
struct Free {
    organization: String,
    free: Decimal,
}

async fn set_stock(State(pod): Shared, Path(item): Path<String>, Json(stock): Json<Free>) -> StatusCode {
    pod.books.lock().stock.insert((item, stock.organization), stock.free);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct List {
    price: Decimal,
}

/// Another list price from now on.
async fn set_price(State(pod): Shared, Path(number): Path<String>, Json(list): Json<List>) -> StatusCode {
    match pod.books.lock().items.iter_mut().find(|item| item.number == number) {
        Some(item) => {
            item.price = Some(list.price);
            item.steps.clear();
            StatusCode::NO_CONTENT
        }
        None => StatusCode::NOT_FOUND,
    }
}

async fn answer_quotes(State(pod): Shared) -> StatusCode {
    cpq::publish(&mut pod.books.lock());
    StatusCode::NO_CONTENT
}

/// How the whole system behaves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Behavior {
    page_size: Option<usize>,
    tells_more: Option<bool>,
    leaks: Option<bool>,
    is_blind: Option<bool>,
    keeps_drafts: Option<bool>,
    refuses_submission: Option<bool>,
}

async fn set_system(State(pod): Shared, Json(behavior): Json<Behavior>) -> StatusCode {
    let mut books = pod.books.lock();
    let Paging { most, tells_more } = books.paging;
    books.paging = Paging { most: behavior.page_size.unwrap_or(most), tells_more: behavior.tells_more.unwrap_or(tells_more) };
    books.leaks = behavior.leaks.unwrap_or(books.leaks);
    books.is_blind = behavior.is_blind.unwrap_or(books.is_blind);
    books.keeps_drafts = behavior.keeps_drafts.unwrap_or(books.keeps_drafts);
    books.refuses_submission = behavior.refuses_submission.unwrap_or(books.refuses_submission);
    StatusCode::NO_CONTENT
}
