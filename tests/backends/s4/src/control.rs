//! `/control`: what tests may do to the company from outside. No logon, loopback only, never disturbed.

use crate::entity::text;
use crate::faults::Plan;
use crate::gateway::System;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

type Shared = State<Arc<System>>;

pub(crate) fn routes() -> Router<Arc<System>> {
    Router::new()
        .route("/control/faults", put(set_faults).delete(no_faults))
        .route("/control/stats", get(stats).delete(clear_stats))
        .route("/control/orders", get(orders).post(enter_order))
        .route("/control/orders/{number}", put(change_order))
        .route("/control/quotations/{number}", put(change_quotation))
        .route("/control/stock/{material}", put(set_stock))
        .route("/control/prices/{material}", put(set_price))
        .route("/control/locks/{number}", put(lock).delete(unlock))
        .route("/control/answer", post(answer_quotations))
        .route("/control/system", put(set_system))
}

async fn set_faults(State(system): Shared, Json(plan): Json<Plan>) -> StatusCode {
    system.faults.set(plan);
    StatusCode::NO_CONTENT
}

async fn no_faults(State(system): Shared) -> StatusCode {
    system.faults.set(Plan::default());
    StatusCode::NO_CONTENT
}

async fn stats(State(system): Shared) -> Json<Value> {
    Json(json!(system.stats.counts()))
}

async fn clear_stats(State(system): Shared) -> StatusCode {
    system.stats.clear();
    StatusCode::NO_CONTENT
}

/// All orders with a reference; more than one is a doubled order.
#[derive(Deserialize)]
struct Asked {
    reference: String,
}

async fn orders(State(system): Shared, Query(asked): Query<Asked>) -> Json<Value> {
    let books = system.books.lock();
    let found: Vec<&Value> =
        books.orders.iter().filter(|order| text(order, "PurchaseOrderByCustomer") == asked.reference).collect();
    Json(json!(found))
}

/// A clerk enters an order: any fields of the header, and items.
async fn enter_order(State(system): Shared, Json(order): Json<Value>) -> (StatusCode, Json<Value>) {
    let mut books = system.books.lock();
    match crate::services::orders::create(&mut books, &order) {
        Ok((answer, _)) => (StatusCode::CREATED, Json(answer)),
        Err(fault) => (StatusCode::BAD_REQUEST, Json(json!({"code": fault.code, "message": fault.message}))),
    }
}

/// Fields of an order's header; `items` are those of every item.
async fn change_order(State(system): Shared, Path(number): Path<String>, Json(change): Json<Value>) -> StatusCode {
    let mut books = system.books.lock();
    let changed = apply(books.orders.iter_mut().find(|order| text(order, "SalesOrder") == number), change);
    books.settle("A_SalesOrder", &number);
    changed
}

/// The same for a quotation.
async fn change_quotation(State(system): Shared, Path(number): Path<String>, Json(change): Json<Value>) -> StatusCode {
    let mut books = system.books.lock();
    let changed = apply(books.quotations.iter_mut().find(|quotation| text(quotation, "SalesQuotation") == number), change);
    books.settle("A_SalesQuotation", &number);
    changed
}

fn apply(document: Option<&mut Value>, change: Value) -> StatusCode {
    let (Some(document), Value::Object(mut change)) = (document, change) else { return StatusCode::NOT_FOUND };
    let of_items = change.remove("items").unwrap_or_default();
    crate::services::orders::merge(document, Value::Object(change));
    for item in document["to_Item"].as_array_mut().into_iter().flatten() {
        crate::services::orders::merge(item, of_items.clone());
    }
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Free {
    plant: String,
    free: Decimal,
}

async fn set_stock(State(system): Shared, Path(material): Path<String>, Json(stock): Json<Free>) -> StatusCode {
    system.books.lock().stock.insert((material, stock.plant), stock.free);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct List {
    price: Decimal,
}

/// Another list price; a scale is gone with it.
async fn set_price(State(system): Shared, Path(material): Path<String>, Json(list): Json<List>) -> StatusCode {
    let mut books = system.books.lock();
    let Some(found) = books.materials.iter_mut().find(|known| known.number == material) else { return StatusCode::NOT_FOUND };
    found.price = Some(list.price);
    found.scales.clear();
    StatusCode::NO_CONTENT
}

async fn lock(State(system): Shared, Path(number): Path<String>) -> StatusCode {
    system.books.lock().locked.insert(number);
    StatusCode::NO_CONTENT
}

async fn unlock(State(system): Shared, Path(number): Path<String>) -> StatusCode {
    system.books.lock().locked.remove(&number);
    StatusCode::NO_CONTENT
}

/// The sales desk answers every request that is blocked: a price, a last day, no block.
async fn answer_quotations(State(system): Shared) -> StatusCode {
    let mut books = system.books.lock();
    let last_day = books.in_days(14);
    let waiting = books.quotations.iter().filter(|quotation| !text(quotation, "DeliveryBlockReason").is_empty());
    let numbers: Vec<String> = waiting.map(|quotation| text(quotation, "SalesQuotation").to_owned()).collect();
    for number in numbers {
        for quotation in books.quotations.iter_mut().filter(|quotation| text(quotation, "SalesQuotation") == number) {
            quotation["DeliveryBlockReason"] = json!("");
            quotation["BindingPeriodValidityStartDate"] = quotation["CreationDate"].clone();
            quotation["BindingPeriodValidityEndDate"] = last_day.clone();
        }
        books.settle("A_SalesQuotation", &number);
    }
    StatusCode::NO_CONTENT
}

/// How the whole system behaves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Behavior {
    page_size: Option<usize>,
    leaks: Option<bool>,
    freight: Option<bool>,
}

async fn set_system(State(system): Shared, Json(behavior): Json<Behavior>) -> StatusCode {
    let mut books = system.books.lock();
    books.page_size = behavior.page_size.unwrap_or(books.page_size);
    books.leaks = behavior.leaks.unwrap_or(books.leaks);
    books.freight = behavior.freight.unwrap_or(books.freight);
    StatusCode::NO_CONTENT
}
