//! Quotations as the back end has them.

use super::{head, lines, parties, status};
use crate::settings::Settings;
use crate::wire::names::Names;
use crate::wire::{self, Entity, Read, date};
use ordergate_sdk::quotes::QuoteDocument;

/// Category of an order among following documents.
const ORDER: &str = "C";

/// A quotation of the account that was asked for, with its lines.
pub(crate) fn document(settings: &Settings, names: &Names, quote: Entity<'_>, account: &str) -> Read<QuoteDocument> {
    let summary = summary(settings, names, quote, account)?;
    let items = quote.many(names.items).into_iter();
    let lines = items.map(|item| lines::of_quote(settings, names, item, &summary.currency)).collect::<Read<_>>()?;
    Ok(QuoteDocument { lines, totals: head::totals(names, quote, &summary.currency)?, ..summary })
}

/// Without lines and sums, for lists: a line that cannot be read must not hide the rest.
pub(crate) fn summary(settings: &Settings, names: &Names, quote: Entity<'_>, account: &str) -> Read<QuoteDocument> {
    let head = head::head(settings, names, quote, account)?;
    let (status, raw_status) = status::of_quote(settings, names, quote);
    Ok(QuoteDocument {
        revision: revision(names, quote)?,
        valid_until: quote.parsed(names.valid_to, "date", date::day)?,
        order_number: order_number(names, quote),
        lines: Vec::new(),
        totals: None,
        parties: parties::received(settings, names, quote),
        notes: head::notes(settings, names, quote),
        ext: head::extensions(names, quote),
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

/// One state of the offer: the moment of its last change, which is its ETag too.
pub(crate) fn revision(names: &Names, quote: Entity<'_>) -> Read<String> {
    let changed = quote.parsed(names.changed_at, "time", date::instant)?.or_else(|| wire::etag(quote).map(ToOwned::to_owned));
    changed.ok_or_else(|| format!("{} is missing", names.changed_at))
}

/// The first order that followed it.
pub(crate) fn order_number(names: &Names, quote: Entity<'_>) -> Option<String> {
    let following = quote.many(names.following_documents);
    let order = following.iter().find(|document| document.text("SubsequentDocumentCategory") == Some(ORDER))?;
    order.text("SubsequentDocument").map(|number| number.trim_start_matches('0').to_owned())
}
