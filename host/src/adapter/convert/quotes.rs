//! `quotes.submit`, `find-by-reference`, `get`, `list`, `accept`, `decline`, `cancel`: the calls and what is sent. Documents are read in
//! `quote_document`.

use super::super::bindings::guest::quotes as wit;
use super::super::instance::{Guest, Ran};
use super::super::operation::{DeclineQuote, FindQuote, GetQuote, ListQuotes, SubmitQuote, WithdrawQuote};
use super::orders::{from_accepted, to_order};
use super::quote_document::{from_document, from_page};
use super::records::{
    to_date, to_extensions, to_filter, to_money, to_notes, to_page_request, to_parties, to_quantity, to_sales_area,
};
use super::strict::Place;
use super::{accept, bounded, to_context};
use crate::domain::{
    Acceptance, Accepted, CallContext, Failure, Page, QuoteDocument, QuoteLine, QuoteReceived, QuoteRequest, QuoteStatus, Side,
};

pub(in super::super) async fn submit(guest: &mut Guest, context: &CallContext, wanted: &SubmitQuote) -> Ran<QuoteReceived> {
    let context = to_context(guest, context);
    let (request, reference) = (to_request(&wanted.request), wanted.reference.as_str());
    let reply = guest.quotes()?.call_submit(&mut guest.store, &context, &request, reference).await?;
    accept(reply, Side::Write, from_received)
}

pub(in super::super) async fn find(guest: &mut Guest, context: &CallContext, wanted: &FindQuote) -> Ran<Option<QuoteDocument>> {
    let context = to_context(guest, context);
    let (account, reference) = (wanted.account.as_str(), wanted.reference.as_str());
    let quotes = guest.quotes()?;
    let reply = quotes.call_find_by_reference(&mut guest.store, &context, account, reference).await?;
    accept(reply, Side::Read, |found| found.map(from_document).transpose())
}

pub(in super::super) async fn get(guest: &mut Guest, context: &CallContext, wanted: &GetQuote) -> Ran<QuoteDocument> {
    let context = to_context(guest, context);
    let (account, number) = (wanted.account.as_str(), wanted.number.as_str());
    let reply = guest.quotes()?.call_get(&mut guest.store, &context, account, number).await?;
    accept(reply, Side::Read, from_document)
}

pub(in super::super) async fn list(guest: &mut Guest, context: &CallContext, wanted: &ListQuotes) -> Ran<Page<QuoteDocument>> {
    let context = to_context(guest, context);
    let (filter, page) = (to_filter(&wanted.filter), to_page_request(&wanted.page));
    let quotes = guest.quotes()?;
    let reply = quotes.call_list(&mut guest.store, &context, wanted.account.as_str(), &filter, &page).await?;
    accept(reply, Side::Read, from_page)
}

pub(in super::super) async fn accept_quote(guest: &mut Guest, context: &CallContext, wanted: &Acceptance) -> Ran<Accepted> {
    let context = to_context(guest, context);
    let acceptance = wit::Acceptance {
        number: wanted.number.to_string(),
        revision: wanted.revision.clone(),
        order: to_order(&wanted.order),
        reference: wanted.reference.to_string(),
    };
    let reply = guest.quotes()?.call_accept(&mut guest.store, &context, &acceptance).await?;
    accept(reply, Side::Write, from_accepted)
}

pub(in super::super) async fn decline(guest: &mut Guest, context: &CallContext, wanted: &DeclineQuote) -> Ran<QuoteDocument> {
    let context = to_context(guest, context);
    let (account, number, reason) = (wanted.account.as_str(), wanted.number.as_str(), wanted.reason.as_deref());
    let quotes = guest.quotes()?;
    let reply = quotes.call_decline(&mut guest.store, &context, account, number, &wanted.revision, reason).await?;
    accept(reply, Side::Write, from_document)
}

pub(in super::super) async fn withdraw(guest: &mut Guest, context: &CallContext, wanted: &WithdrawQuote) -> Ran<QuoteDocument> {
    let context = to_context(guest, context);
    let (account, number, reason) = (wanted.account.as_str(), wanted.number.as_str(), wanted.reason.as_deref());
    let quotes = guest.quotes()?;
    let reply = quotes.call_cancel(&mut guest.store, &context, account, number, reason).await?;
    accept(reply, Side::Write, from_document)
}

fn to_request(request: &QuoteRequest) -> wit::QuoteRequest {
    wit::QuoteRequest {
        account: request.account.to_string(),
        currency: request.currency.code().to_owned(),
        purchase_order: request.purchase_order.clone(),
        placed_at: request.placed_at.to_string(),
        requested_date: request.requested_date.as_ref().map(to_date),
        contract: request.contract.clone(),
        sales_area: request.sales_area.as_ref().map(to_sales_area),
        counters: request.counters.as_ref().map(ToString::to_string),
        counters_revision: request.counters_revision.clone(),
        parties: to_parties(&request.parties),
        notes: to_notes(&request.notes),
        lines: request.lines.iter().map(to_line).collect(),
        ext: to_extensions(&request.ext),
    }
}

fn to_line(line: &QuoteLine) -> wit::QuoteLine {
    wit::QuoteLine {
        id: line.id.clone(),
        sku: line.sku.as_ref().map(ToString::to_string),
        buyer_sku: line.buyer_sku.clone(),
        description: line.description.clone(),
        quantity: to_quantity(&line.quantity),
        unit_price: line.unit_price.as_ref().map(to_money),
        per: line.per.map(|per| per.to_string()),
        amount: line.amount.as_ref().map(to_money),
        requested_date: line.requested_date.as_ref().map(to_date),
        location: line.location.as_ref().map(ToString::to_string),
        ext: Vec::new(),
    }
}

fn from_received(answer: wit::Received) -> Result<QuoteReceived, Failure> {
    let place = Place::new("received quote request", &answer.number);
    Ok(QuoteReceived {
        number: place.text("number", answer.number.clone())?,
        revision: place.optional_text("revision", answer.revision)?,
        status: QuoteStatus::parse(&answer.status),
        raw_status: answer.raw_status.map(bounded::word),
    })
}
