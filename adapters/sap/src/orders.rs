//! `orders.*`.

use crate::documents::{Created, Documents};
use crate::mapping::{amendments, order, sent, status};
use crate::settings::Settings;
use crate::wire::message::Message;
use crate::wire::{Entity, Read, date};
use ordergate_sdk::orders::{Accepted, Order, OrderDocument, OrderPage};
use ordergate_sdk::types::{DocumentFilter, Failure, PageRequest};
use ordergate_sdk::{handover, log};

/// Looks for the reference first: the back end would take it twice.
pub(crate) fn submit(settings: &Settings, order: &Order, reference: &str) -> Result<Accepted, Failure> {
    check_absent(settings, &order.account, reference)?;
    place(settings, order, reference)
}

/// A conflict, when there is an order with the reference.
pub(crate) fn check_absent(settings: &Settings, account: &str, reference: &str) -> Result<(), Failure> {
    Documents::new(settings, &settings.order_names()).check_absent(account, reference)
}

/// A deep insert; then it is read again for what came of it.
pub(crate) fn place(settings: &Settings, order: &Order, reference: &str) -> Result<Accepted, Failure> {
    let names = settings.order_names();
    let documents = Documents::new(settings, &names);
    let body = sent::order(settings, &names, order, reference).map_err(Failure::invalid_request)?;
    let created = documents.create(&body)?;
    Ok(read_again(&documents, order, created))
}

/// What the back end made of it. The order is there, whether it can be read again or not.
fn read_again(documents: &Documents<'_>, order: &Order, created: Created) -> Accepted {
    let Created { number, messages } = created;
    let Documents { settings, names, .. } = *documents;
    let saved = documents.get(&number, |saved| {
        let (status, raw_status) = status::of_order(settings, names, saved);
        let amendments = amendments::of(settings, names, order, saved, &messages)?;
        Ok((status, raw_status, amendments, saved.parsed(names.changed_at, "time", date::instant)?))
    });
    let ext = extensions(&messages);
    match handover::read_again("order", saved) {
        Some((status, raw_status, amendments, as_of)) => {
            Accepted { number, status, raw_status: Some(raw_status), amendments, as_of, ext }
        }
        None => Accepted { number, status: "open".to_owned(), ext, ..Accepted::default() },
    }
}

fn extensions(messages: &[Message]) -> Vec<(String, String)> {
    let said: Vec<String> =
        messages.iter().map(|message| format!("{} {}: {}", message.severity, message.code, message.text)).collect();
    if said.is_empty() { Vec::new() } else { vec![("sap.messages".to_owned(), said.join("\n"))] }
}

/// An order that is found counts, even when one of its lines cannot be read.
pub(crate) fn find(settings: &Settings, account: &str, reference: &str) -> Result<Option<OrderDocument>, Failure> {
    let names = settings.order_names();
    let map = |found: Entity<'_>| -> Read<OrderDocument> {
        order::document(settings, &names, found, account).or_else(|problem| {
            log::warn("an order was found whose lines cannot be read", &[("problem", problem)]);
            order::summary(settings, &names, found, account)
        })
    };
    Documents::new(settings, &names).find(account, reference, map)
}

pub(crate) fn get(settings: &Settings, account: &str, number: &str) -> Result<OrderDocument, Failure> {
    let names = settings.order_names();
    Documents::new(settings, &names).get(number, |found| order::document(settings, &names, found, account))
}

pub(crate) fn list(
    settings: &Settings,
    account: &str,
    filter: &DocumentFilter,
    page: &PageRequest,
) -> Result<OrderPage, Failure> {
    let names = settings.order_names();
    let map = |found: Entity<'_>| order::summary(settings, &names, found, account);
    let (orders, next) = Documents::new(settings, &names).page(account, filter, page, map)?;
    Ok(OrderPage { orders, next })
}

/// Rejects what is not yet delivered. The reason that the customer gave stays with the host: the back end takes a code of its own.
pub(crate) fn cancel(settings: &Settings, account: &str, number: &str) -> Result<OrderDocument, Failure> {
    let reason = settings.orders.cancel_reason.as_deref();
    let reason = reason.ok_or_else(|| Failure::unsupported("orders.cancel_reason is not in the settings"))?;
    let names = settings.order_names();
    Documents::new(settings, &names).reject_items(number, reason)?;
    get(settings, account, number)
}
