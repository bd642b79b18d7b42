//! Orders as the back end has them.

use super::lines::{self, Line};
use super::{money, status};
use crate::settings::Settings;
use crate::wire::{Entity, Read, date};
use ordergate_sdk::orders::OrderDocument;
use ordergate_sdk::types::{PriceComponent, Totals};
use rust_decimal::Decimal;

/// An order with its lines.
pub(crate) fn document(settings: &Settings, order: Entity<'_>) -> Read<OrderDocument> {
    let summary = summary(settings, order)?;
    let lines =
        lines::grouped(order)?.iter().map(|line| lines::document(settings, line, &summary.currency)).collect::<Read<_>>()?;
    Ok(OrderDocument { lines, totals: totals(settings, order, &summary.currency)?, ..summary })
}

/// Without lines and sums, for lists: a line that cannot be read must not hide the rest.
pub(crate) fn summary(settings: &Settings, order: Entity<'_>) -> Read<OrderDocument> {
    let lines: Vec<Line<'_>> = lines::grouped(order).unwrap_or_default();
    let (status, raw_status) = status::of_order(settings, order, &lines);
    let created = order.parsed("CreationDate", "time", date::instant)?;
    let placed_at = match created {
        Some(created) => Some(created),
        None => order.parsed("TransactionOn", "time", date::instant)?,
    };
    Ok(OrderDocument {
        number: order.required("OrderNumber")?.to_owned(),
        reference: reference(settings, order).map(ToOwned::to_owned),
        account: order.required("BuyingPartyNumber")?.to_owned(),
        channel: Some(channel(settings, order)),
        purchase_order: order.text("CustomerPONumber").map(ToOwned::to_owned),
        placed_at: placed_at.ok_or("CreationDate is missing")?,
        changed_at: order.parsed("LastUpdateDate", "time", date::instant)?,
        status,
        raw_status,
        currency: order.required("TransactionalCurrencyCode")?.to_owned(),
        requested_date: order.parsed("RequestedShipDate", "date", date::day)?,
        ext: extensions(order),
        ..OrderDocument::default()
    })
}

/// Our reference. An order that was entered in Fusion itself has its own identifier there, also under our system's code.
pub(crate) fn reference<'a>(settings: &Settings, order: Entity<'a>) -> Option<&'a str> {
    let is_ours = order.text("SourceTransactionSystem") == Some(settings.organization.source_system.as_str());
    order.text("SourceTransactionId").filter(|id| is_ours && order.text("HeaderId") != Some(id))
}

/// Path below the orders: the key of the latest version, else that of this one.
pub(crate) fn key(order: Entity<'_>) -> Read<String> {
    match (order.text("SourceTransactionSystem"), order.text("SourceTransactionId")) {
        (Some(system), Some(id)) => Ok(crate::gateway::order_key(system, id)),
        _ => order.required("HeaderId").map(|id| format!("/{id}")),
    }
}

/// The newest version of each order. A revised order is listed once for each of its versions.
pub(crate) fn newest_versions(orders: Vec<Entity<'_>>) -> Vec<Entity<'_>> {
    let version = |order: &Entity<'_>| {
        let number = |field: &str| order.text(field).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
        (number("SourceTransactionRevisionNumber"), number("HeaderId"))
    };
    let mut newest: Vec<Entity<'_>> = Vec::new();
    for order in orders {
        let same = newest.iter_mut().find(|known| known.text("OrderNumber") == order.text("OrderNumber"));
        match same.filter(|_| order.text("OrderNumber").is_some()) {
            Some(known) if version(known) < version(&order) => *known = order,
            Some(_) => {}
            None => newest.push(order),
        }
    }
    newest
}

/// By the system that the order came from. Whatever it is called, the order is shown.
fn channel(settings: &Settings, order: Entity<'_>) -> String {
    let known = order.text("SourceTransactionSystem").and_then(|system| settings.channels.get(system)).map(String::as_str);
    let channel = match reference(settings, order) {
        Some(_) => known.unwrap_or("web"),
        // Under our own code, but not ours: entered by hand.
        None if order.text("SourceTransactionSystem") == Some(settings.organization.source_system.as_str()) => "other",
        None => known.unwrap_or("other"),
    };
    channel.to_owned()
}

/// Sums, when the settings name their codes and the order has all of them.
fn totals(settings: &Settings, order: Entity<'_>, currency: &str) -> Read<Option<Totals>> {
    let Some(codes) = &settings.totals else { return Ok(None) };
    let listed = order.many("totals");
    let of = |code: &String| -> Read<Option<Decimal>> {
        listed.iter().find(|total| total.text("TotalCode") == Some(code)).map(|total| total.amount("TotalAmount")).transpose()
    };
    let (Some(lines), Some(tax), Some(payable)) = (of(&codes.lines)?, of(&codes.tax)?, of(&codes.payable)?) else {
        return Ok(None);
    };
    let component = |kind: &str, amount: Decimal| PriceComponent {
        kind: kind.to_owned(),
        amount: money(amount, currency),
        ..PriceComponent::default()
    };
    let other = payable - lines - tax;
    let some = |kind: &str, amount: Decimal| if amount.is_zero() { Vec::new() } else { vec![component(kind, amount)] };
    Ok(Some(Totals {
        lines: money(lines, currency),
        charges: some("charge", other),
        taxes: some("tax", tax),
        rounding: None,
        payable: money(payable, currency),
    }))
}

/// Facts that the contract has no field for.
fn extensions(order: Entity<'_>) -> Vec<(String, String)> {
    let fields = [
        ("oracle.header-id", "HeaderId"),
        ("oracle.source-system", "SourceTransactionSystem"),
        ("oracle.transaction-type", "TransactionType"),
        ("oracle.status", "Status"),
    ];
    fields.into_iter().filter_map(|(name, field)| Some((name.to_owned(), order.text(field)?.to_owned()))).collect()
}
