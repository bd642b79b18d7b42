//! `orders.submit`, `find-by-reference`, `get`, `list`, `cancel`: the calls and what is sent. Documents are read in `order_document`.

use super::super::bindings::guest::orders as wit;
use super::super::instance::{Guest, Ran};
use super::super::operation::{CancelOrder, FindOrder, GetOrder, ListOrders, SubmitOrder};
use super::order_document::{from_document, from_page};
use super::records::{
    to_date, to_extensions, to_filter, to_money, to_notes, to_page_request, to_parties, to_quantity, to_sales_area, to_totals,
};
use super::strict::Place;
use super::{accept, bounded, to_context};
use crate::domain::{
    Accepted, Amendment, BusinessStatus, CallContext, Failure, Order, OrderDocument, OrderLine, Page, QuoteLink, Side,
};

pub(in super::super) async fn submit(guest: &mut Guest, context: &CallContext, wanted: &SubmitOrder) -> Ran<Accepted> {
    let context = to_context(guest, context);
    let (order, reference) = (to_order(&wanted.order), wanted.reference.as_str());
    let reply = guest.orders()?.call_submit(&mut guest.store, &context, &order, reference).await?;
    accept(reply, Side::Write, from_accepted)
}

pub(in super::super) async fn find(guest: &mut Guest, context: &CallContext, wanted: &FindOrder) -> Ran<Option<OrderDocument>> {
    let context = to_context(guest, context);
    let (account, reference) = (wanted.account.as_str(), wanted.reference.as_str());
    let orders = guest.orders()?;
    let reply = orders.call_find_by_reference(&mut guest.store, &context, account, reference).await?;
    accept(reply, Side::Read, |found| found.map(from_document).transpose())
}

pub(in super::super) async fn get(guest: &mut Guest, context: &CallContext, wanted: &GetOrder) -> Ran<OrderDocument> {
    let context = to_context(guest, context);
    let (account, number) = (wanted.account.as_str(), wanted.number.as_str());
    let reply = guest.orders()?.call_get(&mut guest.store, &context, account, number).await?;
    accept(reply, Side::Read, from_document)
}

pub(in super::super) async fn list(guest: &mut Guest, context: &CallContext, wanted: &ListOrders) -> Ran<Page<OrderDocument>> {
    let context = to_context(guest, context);
    let (filter, page) = (to_filter(&wanted.filter), to_page_request(&wanted.page));
    let orders = guest.orders()?;
    let reply = orders.call_list(&mut guest.store, &context, wanted.account.as_str(), &filter, &page).await?;
    accept(reply, Side::Read, from_page)
}

pub(in super::super) async fn cancel(guest: &mut Guest, context: &CallContext, wanted: &CancelOrder) -> Ran<OrderDocument> {
    let context = to_context(guest, context);
    let (account, number) = (wanted.account.as_str(), wanted.number.as_str());
    let orders = guest.orders()?;
    let reply = orders.call_cancel(&mut guest.store, &context, account, number, &wanted.reason).await?;
    accept(reply, Side::Write, from_document)
}

pub(super) fn to_order(order: &Order) -> wit::Order {
    wit::Order {
        account: order.account.to_string(),
        currency: order.currency.code().to_owned(),
        purchase_order: order.purchase_order.clone(),
        placed_at: order.placed_at.to_string(),
        requested_date: order.requested_date.as_ref().map(to_date),
        ship_complete: order.ship_complete,
        delivery_method: order.delivery_method.clone(),
        payment_terms: order.payment_terms.clone(),
        payment_token: order.payment_token.clone(),
        contract: order.contract.clone(),
        sales_area: order.sales_area.as_ref().map(to_sales_area),
        quote: order.quote.as_ref().map(to_quote_link),
        reservation: order.reservation.clone(),
        parties: to_parties(&order.parties),
        notes: to_notes(&order.notes),
        lines: order.lines.iter().map(to_line).collect(),
        totals: order.totals.as_ref().map(to_totals),
        ext: to_extensions(&order.ext),
    }
}

fn to_quote_link(link: &QuoteLink) -> wit::QuoteLink {
    wit::QuoteLink { number: link.number.to_string(), revision: link.revision.clone(), line: link.line.clone() }
}

fn to_line(line: &OrderLine) -> wit::OrderLine {
    wit::OrderLine {
        id: line.id.clone(),
        parent: line.parent.clone(),
        kind: line.kind.as_str().to_owned(),
        sku: line.sku.as_ref().map(ToString::to_string),
        buyer_sku: line.buyer_sku.clone(),
        description: line.description.clone(),
        quantity: to_quantity(&line.quantity),
        unit_price: line.unit_price.as_ref().map(to_money),
        per: line.per.map(|per| per.to_string()),
        amount: line.amount.as_ref().map(to_money),
        requested_date: line.requested_date.as_ref().map(to_date),
        location: line.location.as_ref().map(ToString::to_string),
        quote: line.quote.as_ref().map(to_quote_link),
        ext: Vec::new(),
    }
}

/// Most amendments of one order.
const MAX_AMENDMENTS: usize = 1_000;

pub(super) fn from_accepted(answer: wit::Accepted) -> Result<Accepted, Failure> {
    let place = Place::new("accepted order", &answer.number);
    Ok(Accepted {
        number: place.text("number", answer.number.clone())?,
        status: BusinessStatus::parse(&answer.status),
        raw_status: answer.raw_status.map(bounded::word),
        amendments: answer.amendments.into_iter().take(MAX_AMENDMENTS).map(from_amendment).collect(),
    })
}

fn from_amendment(amendment: wit::Amendment) -> Amendment {
    let wit::Amendment { line, kind, from, to, message } = amendment;
    Amendment {
        line: line.map(bounded::word),
        kind: bounded::word(kind),
        from: from.map(bounded::word),
        to: to.map(bounded::word),
        message: message.map(bounded::sentence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureCode;

    #[test]
    fn an_accepted_order_without_a_number_or_with_an_endless_one_is_not_believed() {
        let answer = |number: &str| wit::Accepted {
            number: number.into(),
            status: "from-the-future".into(),
            raw_status: Some("Z9".into()),
            amendments: vec![],
            as_of: None,
            ext: vec![],
        };
        assert_eq!(from_accepted(answer(" ")).unwrap_err().code, FailureCode::InvalidResponse);
        assert_eq!(from_accepted(answer(&"4".repeat(9_000))).unwrap_err().code, FailureCode::InvalidResponse);
        assert_eq!(from_accepted(answer("47\u{0}11")).unwrap_err().code, FailureCode::InvalidResponse);
        assert_eq!(from_accepted(answer("4711")).unwrap().status, BusinessStatus::Unknown);
    }
}
