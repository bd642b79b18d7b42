//! `orders.*`. Canonical requests: submit `{order, reference}`, the others as in `documents`.

use crate::documents::{Cancel, Find, Get, List};
use crate::settings::Configuration;
use ordergate_sdk::operation::{CANCEL_ORDER, FIND_ORDER, GET_ORDER, LIST_ORDERS, SUBMIT_ORDER};
use ordergate_sdk::orders::{Accepted, Order, OrderDocument, OrderPage};
use ordergate_sdk::types::{Context, Failure};
use serde::Serialize;

#[derive(Serialize)]
struct Submit<'a> {
    order: &'a Order,
    reference: &'a str,
}

pub(crate) fn submit(configuration: &Configuration, ctx: &Context, order: &Order, reference: &str) -> Result<Accepted, Failure> {
    configuration.record(SUBMIT_ORDER, ctx, &Submit { order, reference })
}

pub(crate) fn find(configuration: &Configuration, ctx: &Context, request: &Find<'_>) -> Result<Option<OrderDocument>, Failure> {
    configuration.found(FIND_ORDER, ctx, request)
}

pub(crate) fn get(configuration: &Configuration, ctx: &Context, request: &Get<'_>) -> Result<OrderDocument, Failure> {
    configuration.record(GET_ORDER, ctx, request)
}

pub(crate) fn list(configuration: &Configuration, ctx: &Context, request: &List<'_>) -> Result<OrderPage, Failure> {
    let (orders, next) = configuration.page(LIST_ORDERS, ctx, request, "orders")?;
    Ok(OrderPage { orders, next })
}

pub(crate) fn cancel(configuration: &Configuration, ctx: &Context, request: &Cancel<'_>) -> Result<OrderDocument, Failure> {
    configuration.record(CANCEL_ORDER, ctx, request)
}
