//! Orders as the back end has them.

use super::{head, lines, parties, status};
use crate::settings::Settings;
use crate::wire::names::Names;
use crate::wire::{Entity, Read, date};
use ordergate_sdk::orders::{OrderDocument, QuoteLink};

/// Category of a quotation among preceding documents.
const QUOTATION: &str = "B";

/// An order of the account that was asked for, with its lines.
pub(crate) fn document(settings: &Settings, names: &Names, order: Entity<'_>, account: &str) -> Read<OrderDocument> {
    let summary = summary(settings, names, order, account)?;
    let items = order.many(names.items).into_iter();
    let lines = items.map(|item| lines::of_order(settings, names, item, &summary.currency)).collect::<Read<_>>()?;
    Ok(OrderDocument { lines, totals: head::totals(names, order, &summary.currency)?, ..summary })
}

/// Without lines and sums, for lists: a line that cannot be read must not hide the rest.
pub(crate) fn summary(settings: &Settings, names: &Names, order: Entity<'_>, account: &str) -> Read<OrderDocument> {
    let head = head::head(settings, names, order, account)?;
    let (status, raw_status) = status::of_order(settings, names, order);
    Ok(OrderDocument {
        lines: Vec::new(),
        totals: None,
        requested_date: order.parsed(names.requested_date, "date", date::day)?,
        quote: quote(names, order),
        parties: parties::received(settings, names, order),
        notes: head::notes(settings, names, order),
        ext: head::extensions(names, order),
        number: head.number,
        reference: head.reference,
        account: head.account,
        channel: Some(head.channel),
        purchase_order: head.purchase_order,
        placed_at: head.placed_at,
        changed_at: head.changed_at,
        status,
        raw_status: Some(raw_status),
        currency: head.currency,
    })
}

/// The quotation that it was made from. The category is read only and not always filled.
fn quote(names: &Names, order: Entity<'_>) -> Option<QuoteLink> {
    let number = order.text(names.preceding_document)?;
    let is_quotation = order.text("ReferenceSDDocumentCategory").is_none_or(|category| category == QUOTATION);
    is_quotation.then(|| QuoteLink { number: number.to_owned(), revision: None, line: None })
}
