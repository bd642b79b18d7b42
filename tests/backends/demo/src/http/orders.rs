//! Reservations and orders.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;

use super::{Answer, Asked, Company, Sent};
use crate::{
    books::Books,
    fulfilment,
    listing::{self, Filter, Page},
    order::{Channel, Order},
    orders::{self, OrderRequest},
    reservations::{self, Held, ReservationRequest},
};

pub(super) async fn reserve(
    State(shop): State<Company>,
    Sent(request): Sent<ReservationRequest>,
) -> Answer<(StatusCode, Json<Held>)> {
    let held = shop.write(|books, now| reservations::reserve(books, &request, now)).await?;
    Ok((StatusCode::CREATED, Json(held)))
}

#[derive(Deserialize)]
pub(super) struct Extension {
    minutes: Option<u32>,
}

pub(super) async fn extend(
    State(shop): State<Company>,
    Path(id): Path<String>,
    Sent(sent): Sent<Extension>,
) -> Answer<Json<Held>> {
    shop.write(|books, now| reservations::extend(books, &id, sent.minutes, now)).await.map(Json)
}

pub(super) async fn release(State(shop): State<Company>, Path(id): Path<String>) -> Answer<StatusCode> {
    shop.write(|books, _| reservations::release(books, &id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn enter(State(shop): State<Company>, Sent(request): Sent<OrderRequest>) -> Answer<(StatusCode, Json<Order>)> {
    let is_unique = shop.options().unique_references;
    let entered = shop.write(|books, now| {
        if is_unique {
            orders::refuse_known(books, &request)?;
        }
        orders::enter(books, &request, Channel::Web, now)
    });
    let order = entered.await?;
    shop.stats.lock().order_taken();
    Ok((StatusCode::CREATED, Json(order)))
}

pub(super) async fn show(State(shop): State<Company>, Path(no): Path<String>) -> Answer<Json<Order>> {
    let leaks = shop.leaks.load(Ordering::Relaxed);
    shop.read(|books, _| {
        let order = books.order(&no)?;
        let foreign = leaks.then(|| foreign(books, &order.customer)).flatten();
        Ok(Json(foreign.unwrap_or(order).clone()))
    })
}

pub(super) async fn list(State(shop): State<Company>, Asked(filter): Asked<Filter>) -> Answer<Json<Page<Order>>> {
    let leaks = shop.leaks.load(Ordering::Relaxed);
    shop.read(|books, _| {
        let mut page = listing::list(books.orders.values().map(Arc::as_ref), &filter)?;
        if leaks && !filter.customer.is_empty() {
            page.items.extend(foreign(books, &filter.customer).cloned());
        }
        Ok(Json(page))
    })
}

#[derive(Deserialize)]
pub(super) struct Cancellation {
    reason: Option<String>,
}

pub(super) async fn cancel(
    State(shop): State<Company>,
    Path(no): Path<String>,
    Sent(sent): Sent<Cancellation>,
) -> Answer<Json<Order>> {
    shop.write(|books, now| fulfilment::cancel(books, &no, sent.reason.as_deref(), now)).await.map(Json)
}

/// The newest order of anybody else.
fn foreign<'a>(books: &'a Books, customer: &str) -> Option<&'a Order> {
    books.orders.values().rev().map(Arc::as_ref).find(|order| order.customer != customer)
}
