//! Taking orders: checks, prices, goods, credit. Everything is worked out first and booked only when nothing refuses it. The reference
//! of the caller is kept and searchable but not unique: the same order sent twice is taken twice.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use crate::{
    books::{Booked, Books},
    calculation::{Basket, Delivery, Line, Prices, Worked, work_out},
    calendar, clerk,
    delivery::{self, ShipToRequest, Shipping},
    order::{Channel, Order, OrderPosition, OrderState},
    positions::{self, Asked, Wanted},
    refusal::{Code, Refusal},
    rfqs,
    stock::Own,
};

/// Body of an order, and of an acceptance.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OrderRequest {
    pub(crate) customer: Option<String>,
    pub(crate) your_ref: Option<String>,
    pub(crate) po: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) wanted_on: Option<Date>,
    pub(crate) shipping: Option<String>,
    pub(crate) complete: Option<bool>,
    pub(crate) reservation: Option<String>,
    pub(crate) rfq: Option<String>,
    /// Of an acceptance: the revision that is accepted.
    pub(crate) rev: Option<String>,
    pub(crate) remarks: Option<String>,
    pub(crate) ship_to: Option<ShipToRequest>,
    pub(crate) positions: Option<Vec<Asked>>,
}

impl OrderRequest {
    pub(crate) fn asked(&self) -> &[Asked] {
        self.positions.as_deref().unwrap_or_default()
    }
}

/// Where an order comes from, besides its request.
pub(crate) struct Origin {
    pub(crate) customer: String,
    pub(crate) channel: Channel,
    /// The offer that it takes up: rfq number and revision.
    pub(crate) offer: Option<(String, String)>,
}

/// Takes an order at the back end's prices, or at those of the rfq that it names.
pub(crate) fn enter(books: &mut Books, request: &OrderRequest, channel: Channel, now: Timestamp) -> Result<Order, Refusal> {
    if let Some(no) = request.rfq.as_ref().filter(|no| !no.is_empty()) {
        return rfqs::order_offer(books, no, request, channel, now);
    }
    let missing = || Refusal::new(Code::BadRequest, "customer: is missing");
    let customer = request.customer.clone().ok_or_else(missing)?;
    books.buying_customer(&customer)?;
    let mut wanted = positions::check_all(books, request.asked())?;
    clerk::rule(books, &mut wanted);
    take(books, request, Origin { customer, channel, offer: None }, wanted, now)
}

/// Refuses an order whose reference is there already, and names that one.
pub(crate) fn refuse_known(books: &Books, request: &OrderRequest) -> Result<(), Refusal> {
    let Some(reference) = request.your_ref.as_ref() else { return Ok(()) };
    let Some(known) = books.orders.values().find(|order| order.your_ref.as_ref() == Some(reference)) else { return Ok(()) };
    let text = format!("there is an order with the reference {reference:?} already");
    Err(Refusal::new(Code::RefTaken, text).naming(Some(known.no.clone())))
}

/// Takes an order for positions that were checked already.
pub(crate) fn take(
    books: &mut Books,
    request: &OrderRequest,
    origin: Origin,
    wanted: Vec<Wanted>,
    now: Timestamp,
) -> Result<Order, Refusal> {
    positions::check_currency(request.currency.as_deref())?;
    let customer = books.buying_customer(&origin.customer)?;
    let basket = Basket {
        customer,
        wanted,
        shipping: Shipping::from_code(request.shipping.as_deref())?,
        ship_to: delivery::ship_to(customer, request.ship_to.as_ref())?,
        delivery: Delivery::when_complete(request.complete),
        wanted_on: request.wanted_on,
        own: Own { reservation: request.reservation.clone(), customer: None },
        prices: if origin.offer.is_some() { Prices::Offered } else { Prices::Promised },
    };
    let mut worked = work_out(books, &basket, now);
    worked.notes.extend(reservation_note(books, request, now));
    let order = document(books.last_order + 1, request, origin, &basket, &worked, calendar::to_the_millisecond(now));
    book(books, request, &order, worked.lines);
    Ok(order)
}

fn reservation_note(books: &Books, request: &OrderRequest, now: Timestamp) -> Option<String> {
    let id = request.reservation.as_ref().filter(|id| !id.is_empty())?;
    let alive = books.reservations.get(id).is_some_and(|held| held.until > now);
    (!alive).then(|| format!("Reservation {id} had ended; goods were taken from free stock."))
}

fn document(number: u64, request: &OrderRequest, origin: Origin, basket: &Basket<'_>, worked: &Worked, now: Timestamp) -> Order {
    let totals = worked.totals.clone();
    let state = if totals.total > basket.customer.credit_limit { OrderState::Blocked } else { OrderState::Open };
    let (rfq, rfq_rev) = origin.offer.unzip();
    Order {
        no: format!("SO-{number}"),
        your_ref: request.your_ref.clone(),
        customer: origin.customer,
        channel: origin.channel,
        po: request.po.clone(),
        entered_at: now,
        changed_at: now,
        state,
        currency: "EUR".to_owned(),
        goods: totals.goods,
        freight: totals.freight,
        vat: totals.vat,
        total: totals.total,
        rfq,
        rfq_rev,
        wanted_on: request.wanted_on,
        shipping: basket.shipping,
        complete: basket.delivery == Delivery::Complete,
        ship_to: basket.ship_to.clone(),
        remarks: request.remarks.clone(),
        notes: worked.notes.clone(),
        positions: worked.lines.iter().map(|line| position(line, state)).collect(),
    }
}

fn position(line: &Line, state: OrderState) -> OrderPosition {
    let article = &line.wanted.article;
    OrderPosition {
        pos: line.wanted.pos.clone(),
        article: article.no.clone(),
        text: line.wanted.text.clone().unwrap_or_else(|| article.text.clone()),
        qty: line.wanted.qty,
        uom: article.uom,
        net: line.net,
        asked_net: line.wanted.net,
        asked_qty: line.wanted.asked_qty,
        asked_article: line.wanted.asked_article.clone(),
        per: article.per,
        value: line.value,
        site: line.wanted.site,
        state,
        shipped: rust_decimal::Decimal::ZERO,
        promised: line.promised.clone(),
        tracking: Vec::new(),
    }
}

fn book(books: &mut Books, request: &OrderRequest, order: &Order, lines: Vec<Line>) {
    books.last_order += 1;
    if let Some(id) = &request.reservation {
        books.reservations.remove(id);
    }
    let mut booked = Booked::new();
    for line in lines {
        books.book_out(&line.allocations);
        booked.insert(line.wanted.pos, line.allocations);
    }
    books.allocations.insert(order.no.clone(), Arc::new(booked));
    books.orders.insert(order.no.clone(), Arc::new(order.clone()));
}
