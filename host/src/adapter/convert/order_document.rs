//! Orders as the back end has them.

use super::super::bindings::guest::orders as wit;
use super::bounded;
use super::records::{from_cursor, from_notes, from_parties, from_schedule, from_totals};
use super::strict::{Place, optional};
use crate::domain::{BusinessStatus, Delivery, DocumentLine, Failure, LineKind, OrderDocument, Page, QuoteLink, Reference};

pub(super) fn from_page(page: wit::OrderPage) -> Result<Page<OrderDocument>, Failure> {
    page_of(page.orders.into_iter().map(from_document), page.next)
}

/// One document that cannot be read does not hide the others; when none can, the list cannot.
pub(super) fn page_of<T>(documents: impl Iterator<Item = Result<T, Failure>>, next: Option<String>) -> Result<Page<T>, Failure> {
    let (mut items, mut unreadable) = (Vec::new(), Vec::new());
    for document in documents {
        match document {
            Ok(document) => items.push(document),
            Err(failure) => unreadable.push(failure),
        }
    }
    match unreadable.pop() {
        Some(failure) if items.is_empty() => Err(failure),
        failure => {
            unreadable.extend(failure);
            Ok(Page { items, next: from_cursor(next)?, unreadable })
        }
    }
}

pub(super) fn from_document(document: wit::OrderDocument) -> Result<OrderDocument, Failure> {
    let place = Place::new("order", &document.number);
    Ok(OrderDocument {
        account: place.text("account", document.account)?,
        placed_at: place.instant("placed-at", &document.placed_at)?,
        changed_at: optional(document.changed_at.as_ref(), |text| place.instant("changed-at", text))?,
        currency: place.currency("currency", &document.currency)?,
        totals: document.totals.map(|totals| from_totals(totals, place)).transpose()?,
        requested_date: optional(document.requested_date.as_ref(), |text| place.date("requested-date", text))?,
        number: place.text("number", document.number.clone())?,
        reference: document.reference.as_deref().and_then(own_reference),
        channel: document.channel,
        purchase_order: document.purchase_order,
        status: BusinessStatus::parse(&document.status),
        raw_status: document.raw_status.map(bounded::word),
        quote: document.quote.map(from_quote_link),
        parties: from_parties(document.parties),
        notes: from_notes(document.notes),
        lines: document.lines.into_iter().map(from_line).collect::<Result<_, _>>()?,
        ext: document.ext.into_iter().collect(),
    })
}

/// A reference of another form is not ours: back ends use the field for orders of other channels as well.
pub(super) fn own_reference(text: &str) -> Option<Reference> {
    Reference::parse(text).ok()
}

fn from_quote_link(link: wit::QuoteLink) -> QuoteLink {
    QuoteLink { number: link.number.into(), revision: link.revision, line: link.line }
}

fn from_line(line: wit::DocumentLine) -> Result<DocumentLine, Failure> {
    let place = Place::new("order line", &line.id);
    let decimal = |field: &'static str, value: &Option<String>| optional(value.as_ref(), |text| place.decimal(field, text));
    let money = |field: &'static str, value: &Option<_>| optional(value.as_ref(), |money| place.money(field, money));
    Ok(DocumentLine {
        kind: LineKind::parse(&line.kind),
        quantity: place.quantity("quantity", &line.quantity)?,
        unit_price: money("unit-price", &line.unit_price)?,
        per: line.per.as_deref().map(|per| place.per(Some(per))).transpose()?,
        amount: money("amount", &line.amount)?,
        requested_date: optional(line.requested_date.as_ref(), |text| place.date("requested-date", text))?,
        shipped: decimal("shipped", &line.shipped)?,
        cancelled: decimal("cancelled", &line.cancelled)?,
        invoiced: decimal("invoiced", &line.invoiced)?,
        schedule: from_schedule(line.schedule, place)?,
        deliveries: from_deliveries(line.deliveries, place)?,
        id: place.text("id", line.id.clone())?,
        reference: line.reference,
        parent: line.parent,
        sku: line.sku.map(Into::into),
        buyer_sku: line.buyer_sku,
        description: line.description,
        location: line.location.map(Into::into),
        status: line.status.as_deref().map(BusinessStatus::parse),
        raw_status: line.raw_status.map(bounded::word),
        reject_reason: line.reject_reason,
    })
}

fn from_deliveries(deliveries: Vec<wit::Delivery>, place: Place<'_>) -> Result<Vec<Delivery>, Failure> {
    let from = |delivery: wit::Delivery| {
        Ok(Delivery {
            quantity: optional(delivery.quantity.as_ref(), |quantity| place.quantity("deliveries", quantity))?,
            shipped_on: optional(delivery.shipped_on.as_ref(), |text| place.date("deliveries", text))?,
            number: delivery.number,
            carrier: delivery.carrier,
            tracking_number: delivery.tracking_number,
            tracking_url: delivery.tracking_url,
        })
    };
    deliveries.into_iter().map(from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureCode;

    #[test]
    fn one_document_that_cannot_be_read_does_not_hide_the_others_of_its_page() {
        let bad = || Err(Failure::new(FailureCode::InvalidResponse, "placed-at is no instant"));
        let page = page_of([Ok(1), bad(), Ok(3)].into_iter(), None).unwrap();
        assert_eq!((page.items, page.unreadable.len()), (vec![1, 3], 1));
        assert!(page_of::<u8>([bad(), bad()].into_iter(), None).is_err(), "nothing of it can be read");
        assert!(page_of::<u8>(std::iter::empty(), None).unwrap().items.is_empty());
    }
}
