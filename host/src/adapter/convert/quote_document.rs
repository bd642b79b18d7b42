//! Quotes as the back end has them.

use super::super::bindings::guest::quotes as wit;
use super::bounded;
use super::order_document::{own_reference, page_of};
use super::records::{from_notes, from_parties, from_totals};
use super::strict::{Place, optional};
use crate::domain::{Failure, Page, QuoteDocument, QuoteLine, QuoteStatus};

pub(super) fn from_page(page: wit::QuotePage) -> Result<Page<QuoteDocument>, Failure> {
    page_of(page.quotes.into_iter().map(from_document), page.next)
}

pub(super) fn from_document(document: wit::QuoteDocument) -> Result<QuoteDocument, Failure> {
    let place = Place::new("quote", &document.number);
    Ok(QuoteDocument {
        account: place.text("account", document.account)?,
        revision: place.text("revision", document.revision)?,
        placed_at: place.instant("placed-at", &document.placed_at)?,
        changed_at: optional(document.changed_at.as_ref(), |text| place.instant("changed-at", text))?,
        currency: place.currency("currency", &document.currency)?,
        totals: document.totals.map(|totals| from_totals(totals, place)).transpose()?,
        valid_until: optional(document.valid_until.as_ref(), |text| place.date("valid-until", text))?,
        number: place.text("number", document.number.clone())?,
        reference: document.reference.as_deref().and_then(own_reference),
        channel: document.channel,
        purchase_order: document.purchase_order,
        status: QuoteStatus::parse(&document.status),
        raw_status: document.raw_status.map(bounded::word),
        order_number: document.order_number.map(Into::into),
        parties: from_parties(document.parties),
        notes: from_notes(document.notes),
        lines: document.lines.into_iter().map(from_line).collect::<Result<_, _>>()?,
        ext: document.ext.into_iter().collect(),
    })
}

fn from_line(line: wit::QuoteLine) -> Result<QuoteLine, Failure> {
    let place = Place::new("quote line", &line.id);
    Ok(QuoteLine {
        quantity: place.quantity("quantity", &line.quantity)?,
        unit_price: optional(line.unit_price.as_ref(), |money| place.money("unit-price", money))?,
        per: line.per.as_deref().map(|per| place.per(Some(per))).transpose()?,
        amount: optional(line.amount.as_ref(), |money| place.money("amount", money))?,
        requested_date: optional(line.requested_date.as_ref(), |text| place.date("requested-date", text))?,
        id: place.text("id", line.id.clone())?,
        sku: line.sku.map(Into::into),
        buyer_sku: line.buyer_sku,
        description: line.description,
        location: line.location.map(Into::into),
    })
}
