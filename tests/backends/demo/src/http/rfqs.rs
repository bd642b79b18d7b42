//! Requests for quotation.

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
    listing::{self, Filter, Page},
    order::{Channel, Order},
    orders::OrderRequest,
    rfq::Rfq,
    rfqs::{self, RfqRequest},
};

pub(super) async fn submit(State(shop): State<Company>, Sent(request): Sent<RfqRequest>) -> Answer<(StatusCode, Json<Rfq>)> {
    let rfq = shop.write(|books, now| rfqs::submit(books, &request, Channel::Web, now)).await?;
    shop.stats.lock().rfq_taken();
    Ok((StatusCode::CREATED, Json(rfq)))
}

pub(super) async fn show(State(shop): State<Company>, Path(no): Path<String>) -> Answer<Json<Rfq>> {
    let leaks = shop.leaks.load(Ordering::Relaxed);
    shop.read(|books, _| {
        let rfq = books.rfq(&no)?;
        let foreign = leaks.then(|| foreign(books, &rfq.customer)).flatten();
        Ok(Json(foreign.unwrap_or(rfq).clone()))
    })
}

pub(super) async fn list(State(shop): State<Company>, Asked(filter): Asked<Filter>) -> Answer<Json<Page<Rfq>>> {
    let leaks = shop.leaks.load(Ordering::Relaxed);
    shop.read(|books, _| {
        let mut page = listing::list(books.rfqs.values().map(Arc::as_ref), &filter)?;
        if leaks && !filter.customer.is_empty() {
            page.items.extend(foreign(books, &filter.customer).cloned());
        }
        Ok(Json(page))
    })
}

pub(super) async fn accept(
    State(shop): State<Company>,
    Path(no): Path<String>,
    Sent(request): Sent<OrderRequest>,
) -> Answer<(StatusCode, Json<Order>)> {
    let order = shop.write(|books, now| rfqs::accept(books, &no, &request, now)).await?;
    shop.stats.lock().order_taken();
    Ok((StatusCode::CREATED, Json(order)))
}

#[derive(Deserialize)]
pub(super) struct Ending {
    rev: Option<String>,
    reason: Option<String>,
}

pub(super) async fn refuse(State(shop): State<Company>, Path(no): Path<String>, Sent(sent): Sent<Ending>) -> Answer<Json<Rfq>> {
    shop.write(|books, now| rfqs::refuse(books, &no, sent.rev.as_deref(), sent.reason, now)).await.map(Json)
}

pub(super) async fn withdraw(State(shop): State<Company>, Path(no): Path<String>, Sent(sent): Sent<Ending>) -> Answer<Json<Rfq>> {
    shop.write(|books, now| rfqs::withdraw(books, &no, sent.reason, now)).await.map(Json)
}

/// The newest rfq of anybody else.
fn foreign<'a>(books: &'a Books, customer: &str) -> Option<&'a Rfq> {
    books.rfqs.values().rev().map(Arc::as_ref).find(|rfq| rfq.customer != customer)
}
