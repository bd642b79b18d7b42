//! Business statuses, from the status fields of a document.

use crate::settings::Settings;
use crate::wire::Entity;
use crate::wire::names::Names;

/// Ordergate's status of an order, and the back end's codes.
pub(crate) fn of_order(settings: &Settings, names: &Names, order: Entity<'_>) -> (String, String) {
    let [process, delivery, rejection] = codes(names, order);
    let by_process = settings.statuses.get(process).map_or(usual(process), String::as_str);
    let status = match (rejection, delivery, process) {
        ("C", ..) => "cancelled",
        (_, _, "C") => by_process,
        (_, "C", _) => "shipped",
        (_, "B", _) => "partially-shipped",
        _ if is_blocked(settings, names, order) => "on-hold",
        _ => by_process,
    };
    (status.to_owned(), raw(process, delivery, rejection))
}

/// Status of a line: rejected, or what its own fields say.
pub(crate) fn of_line(settings: &Settings, names: &Names, item: Entity<'_>) -> (Option<String>, Option<String>) {
    if item.text(names.rejection_reason).is_some() {
        return (Some("cancelled".to_owned()), item.text(names.item_status).map(ToOwned::to_owned));
    }
    let process = item.text(names.item_status);
    let status = match (item.text(names.item_delivery_status), process) {
        (_, Some("C")) => Some("completed"),
        (Some("C"), _) => Some("shipped"),
        (Some("B"), _) => Some("partially-shipped"),
        (_, process) => process.map(|code| settings.statuses.get(code).map_or(usual(code), String::as_str)),
    };
    (status.map(ToOwned::to_owned), process.map(ToOwned::to_owned))
}

/// Ordergate's status of a quotation, and the back end's codes. Which of declined and withdrawn it is tells the rejection reason of its items.
pub(crate) fn of_quote(settings: &Settings, names: &Names, quote: Entity<'_>) -> (String, String) {
    let [process, delivery, rejection] = codes(names, quote);
    let items = quote.many(names.items);
    let reason = items.iter().find_map(|item| item.text(names.rejection_reason));
    let is_by = |known: &Option<String>| known.as_deref().is_some_and(|known| reason == Some(known));
    let status = match (rejection, process) {
        ("C", _) if is_by(&settings.quotes.decline_reason) => "declined",
        ("C", _) if is_by(&settings.quotes.withdraw_reason) => "withdrawn",
        ("C", _) => "cancelled",
        (_, "C") => "ordered",
        // Some of it has been ordered: the rest is not on offer for a whole acceptance.
        (_, "B") => "accepted",
        _ if is_blocked(settings, names, quote) => "in-review",
        _ => "offered",
    };
    (status.to_owned(), raw(process, delivery, rejection))
}

/// Blocks that somebody must lift: their names, for people.
pub(crate) fn blocks(settings: &Settings, names: &Names, document: Entity<'_>) -> Vec<String> {
    let reason = |field: &str, what: &str| document.text(field).map(|code| format!("{what} {code}"));
    let pending = document.text(names.approval_status).filter(|code| settings.approval_pending.iter().any(|known| known == code));
    let credit = document.text(names.credit_status).filter(|code| *code == "B");
    [
        reason(names.delivery_block, "delivery block"),
        reason(names.billing_block, "billing block"),
        credit.map(|code| format!("credit check {code}")),
        pending.map(|code| format!("approval {code}")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn is_blocked(settings: &Settings, names: &Names, document: Entity<'_>) -> bool {
    !blocks(settings, names, document).is_empty()
}

fn codes<'a>(names: &Names, document: Entity<'a>) -> [&'a str; 3] {
    [names.process_status, names.delivery_status, names.rejection_status].map(|field| document.text(field).unwrap_or_default())
}

fn usual(process: &str) -> &'static str {
    match process {
        "" | "A" => "open",
        "B" => "in-process",
        "C" => "completed",
        _ => "unknown",
    }
}

fn raw(process: &str, delivery: &str, rejection: &str) -> String {
    format!("process {process}, delivery {delivery}, rejection {rejection}")
}
