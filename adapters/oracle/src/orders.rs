//! `orders.*`.

use crate::failures;
use crate::gateway::order_key;
use crate::hub::{Hub, LookUp};
use crate::ids;
use crate::mapping::{amendments, lines, order, sent, status};
use crate::settings::{Prices, Settings};
use crate::wire::{Entity, Read, date};
use ordergate_sdk::orders::{Accepted, Amendment, Order, OrderDocument, OrderPage};
use ordergate_sdk::types::{DocumentFilter, Failure, PageRequest};
use ordergate_sdk::{handover, log};

/// Looks for the reference first: a second order of the same key could become a revision.
pub(crate) fn submit(settings: &Settings, order: &Order, reference: &str) -> Result<Accepted, Failure> {
    check_absent(settings, reference)?;
    place(settings, order, reference, settings.orders.prices)
}

/// A conflict, when there is an order with the reference. Where nothing is seen at all, the host has made sure of it: it sends nothing twice without
/// a proof.
pub(crate) fn check_absent(settings: &Settings, reference: &str) -> Result<(), Failure> {
    let number = |found: Entity<'_>| found.required("OrderNumber").map(ToOwned::to_owned);
    handover::check_absent(Hub::new(settings).find(reference, number).map(|found| match found {
        LookUp::Found(number) => Some(number),
        LookUp::Absent | LookUp::Unseen => None,
    }))
}

/// Creates it, submits it when it stays a draft, and reads it again for what came of it.
pub(crate) fn place(settings: &Settings, order: &Order, reference: &str, prices: Prices) -> Result<Accepted, Failure> {
    let sites = ids::sites(&order.account, &order.parties).map_err(Failure::invalid_request)?;
    let body = sent::order(settings, order, reference, sites, prices).map_err(Failure::invalid_request)?;
    let hub = Hub::new(settings);
    let number = hub.create(&body).map_err(|failure| at_line(failure, order))?;
    let path = order_key(&settings.organization.source_system, reference);
    let read = || hub.read(&path, |saved| Saved::of(settings, order, saved));
    let saved = match handover::read_again("order", read()) {
        Some(saved) if saved.is_draft => Some(submitted(&hub, &path, saved, read)),
        saved => saved,
    };
    accepted(number, saved)
}

/// What was read of an order that was just created.
struct Saved {
    number: Option<String>,
    is_draft: bool,
    status: String,
    raw_status: Option<String>,
    amendments: Vec<Amendment>,
    as_of: Option<String>,
}

impl Saved {
    fn of(settings: &Settings, order: &Order, saved: Entity<'_>) -> Read<Self> {
        let (status, raw_status) = status::of_order(settings, saved, &lines::grouped(saved)?);
        Ok(Self {
            number: saved.text("OrderNumber").map(ToOwned::to_owned),
            is_draft: status::is_draft(saved),
            status,
            raw_status,
            amendments: amendments::of(settings, order, saved)?,
            as_of: saved.parsed("LastUpdateDate", "time", date::instant)?,
        })
    }
}

/// A draft is submitted once. It is there in any case: what keeps it from being submitted is told, and the order shown as held.
fn submitted(hub: &Hub<'_>, path: &str, draft: Saved, read: impl Fn() -> Result<Saved, Failure>) -> Saved {
    match hub.submit(path) {
        Ok(()) => handover::read_again("order", read()).unwrap_or(draft),
        Err(failure) => {
            log::warn("a new order stays a draft", &[("code", failure.code), ("detail", failure.detail.unwrap_or_default())]);
            let told = |amendment: Amendment| match amendment.kind.as_str() {
                "draft" => Amendment { message: Some(failure.message.clone()), ..amendment },
                _ => amendment,
            };
            Saved { amendments: draft.amendments.into_iter().map(told).collect(), ..draft }
        }
    }
}

/// An order without a number that can be read can be looked up later.
fn accepted(number: Option<String>, saved: Option<Saved>) -> Result<Accepted, Failure> {
    let number = number.or_else(|| saved.as_ref()?.number.clone());
    let number = number.ok_or_else(|| Failure::outcome_unknown("The back end gave the order no number yet."))?;
    Ok(match saved {
        Some(Saved { status, raw_status, amendments, as_of, .. }) => {
            Accepted { number, status, raw_status, amendments, as_of, ..Accepted::default() }
        }
        None => Accepted { number, status: "open".to_owned(), ..Accepted::default() },
    })
}

/// A refusal that names a line is about one of ours.
fn at_line(failure: Failure, order: &Order) -> Failure {
    let (failure, place) = failures::line_of(failure);
    match place.and_then(|place| sent::products(order).into_iter().nth(place)) {
        Some((_, line)) => failure.line(&line.id),
        None => failure,
    }
}

/// An order that is found counts, even when one of its lines cannot be read.
pub(crate) fn find(settings: &Settings, reference: &str) -> Result<Option<OrderDocument>, Failure> {
    let map = |found: Entity<'_>| -> Read<OrderDocument> {
        order::document(settings, found).or_else(|problem| {
            log::warn("an order was found whose lines cannot be read", &[("problem", problem)]);
            order::summary(settings, found)
        })
    };
    match Hub::new(settings).find(reference, map)? {
        LookUp::Found(order) => Ok(Some(order)),
        LookUp::Absent => Ok(None),
        // No outage: other orders must not wait for it.
        LookUp::Unseen => Err(Failure::invalid_response("Whether the back end has the order cannot be told.").detail(
            "its user sees no order of the business unit: give it data security for the unit of organization.business_unit_id",
        )),
    }
}

pub(crate) fn get(settings: &Settings, number: &str) -> Result<OrderDocument, Failure> {
    Hub::new(settings).by_number(number, |found| order::document(settings, found))
}

pub(crate) fn list(
    settings: &Settings,
    account: &str,
    filter: &DocumentFilter,
    page: &PageRequest,
) -> Result<OrderPage, Failure> {
    let (orders, next) = Hub::new(settings).page(account, filter, page, |found| order::summary(settings, found))?;
    Ok(OrderPage { orders, next })
}

/// Takes back what is not yet shipped, for the configured reason: the back end takes a code of its own.
pub(crate) fn cancel(settings: &Settings, number: &str) -> Result<OrderDocument, Failure> {
    let reason = settings.orders.cancel_reason.as_deref();
    let reason = reason.ok_or_else(|| Failure::unsupported("orders.cancel_reason is not in the settings"))?;
    Hub::new(settings).cancel(number, reason)?;
    get(settings, number)
}
