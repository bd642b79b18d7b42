//! Lines of an order. Fusion splits a line into several fulfillment lines when it ships it in parts: they are put together again by the line of the
//! source.

use super::{money, plain, status, units};
use crate::settings::Settings;
use crate::wire::{Entity, Read, date};
use ordergate_sdk::orders::DocumentLine;
use ordergate_sdk::types::{Quantity, ScheduleLine};
use rust_decimal::Decimal;

/// A line, with the fulfillment lines that it was split into.
#[derive(Debug, Clone)]
pub(crate) struct Line<'a> {
    /// SourceTransactionLineId, or the line's number where nobody gave it one.
    pub(crate) key: &'a str,
    pub(crate) parts: Vec<Entity<'a>>,
    /// What is ordered, without what was cancelled.
    pub(crate) ordered: Decimal,
    pub(crate) shipped: Decimal,
    pub(crate) cancelled: Decimal,
    /// Nothing when nobody priced it.
    pub(crate) amount: Option<Decimal>,
}

impl<'a> Line<'a> {
    /// Everything that was ever ordered of it.
    pub(crate) fn quantity(&self) -> Decimal {
        self.ordered + self.cancelled
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.ordered <= Decimal::ZERO
    }

    pub(crate) fn is_shipped(&self) -> bool {
        let by_code = |part: &Entity<'_>| matches!(part.text("StatusCode"), Some("SHIPPED" | "CLOSED"));
        let by_quantity = self.ordered > Decimal::ZERO && self.shipped >= self.ordered;
        by_quantity || self.parts.iter().filter(|part| !is_cancelled(**part)).all(by_code) && !self.is_cancelled()
    }

    pub(crate) fn text(&self, field: &str) -> Option<&'a str> {
        self.parts.iter().find_map(|part| part.text(field))
    }

    /// Fulfillment lines of which nothing has been shipped or cancelled.
    pub(crate) fn open_parts(&self) -> impl Iterator<Item = Entity<'a>> {
        let is_open = |part: &Entity<'a>| {
            let shipped = part.decimal("ShippedQuantity").ok().flatten().unwrap_or_default();
            let is_done = matches!(part.text("StatusCode"), Some("SHIPPED" | "CLOSED"));
            !is_cancelled(*part) && !is_done && shipped.is_zero()
        };
        self.parts.clone().into_iter().filter(is_open)
    }
}

/// All lines of an order, in their order.
pub(crate) fn grouped(order: Entity<'_>) -> Read<Vec<Line<'_>>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for part in order.many("lines") {
        let key = ["SourceTransactionLineId", "LineNumber", "DisplayLineNumber", "FulfillLineId"];
        let key = key.into_iter().find_map(|name| part.text(name)).ok_or("a line has neither number nor identifier")?;
        match lines.iter_mut().find(|line| line.key == key) {
            Some(line) => add(line, part)?,
            None => {
                let (ordered, shipped, cancelled) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
                let mut line = Line { key, parts: Vec::new(), ordered, shipped, cancelled, amount: None };
                add(&mut line, part)?;
                lines.push(line);
            }
        }
    }
    Ok(lines)
}

fn add<'a>(line: &mut Line<'a>, part: Entity<'a>) -> Read<()> {
    let named = |problem: String| format!("line {}: {problem}", line.key);
    let ordered = part.amount("OrderedQuantity").map_err(named)?;
    let told = part.decimal("CanceledQuantity").map_err(named)?;
    // A cancelled line keeps its quantity in one place or the other.
    let (ordered, cancelled) = match told {
        Some(cancelled) if is_cancelled(part) => (Decimal::ZERO, cancelled.max(ordered)),
        None if is_cancelled(part) => (Decimal::ZERO, ordered),
        told => (ordered, told.unwrap_or_default()),
    };
    line.ordered += ordered;
    line.cancelled += cancelled;
    line.shipped += part.decimal("ShippedQuantity").map_err(named)?.unwrap_or_default();
    let amount = match part.decimal("ExtendedAmount").map_err(named)? {
        Some(amount) => Some(amount),
        None => part.decimal("UnitSellingPrice").map_err(named)?.and_then(|price| price.checked_mul(ordered)),
    };
    if let Some(amount) = amount {
        line.amount = Some(line.amount.unwrap_or_default() + amount);
    }
    line.parts.push(part);
    Ok(())
}

fn is_cancelled(part: Entity<'_>) -> bool {
    matches!(part.text("StatusCode"), Some("CANCELED" | "CANCELLED"))
}

/// A line for the customer.
pub(crate) fn document(settings: &Settings, line: &Line<'_>, currency: &str) -> Read<DocumentLine> {
    let unit = line.text("OrderedUOMCode").ok_or_else(|| format!("line {}: OrderedUOMCode is missing", line.key))?;
    let unit = units::to_un(settings, unit)?;
    let price = line.parts.iter().map(|part| part.decimal("UnitSellingPrice")).find_map(Result::transpose).transpose()?;
    let (status, raw_status) = status_of(settings, line);
    let cancelled = (!line.cancelled.is_zero()).then(|| plain(line.cancelled));
    Ok(DocumentLine {
        id: line.text("DisplayLineNumber").or_else(|| line.text("LineNumber")).unwrap_or(line.key).to_owned(),
        reference: line.text("SourceTransactionLineId").map(ToOwned::to_owned),
        kind: "product".to_owned(),
        sku: line.text("ProductNumber").map(ToOwned::to_owned),
        description: line.text("ProductDescription").map(ToOwned::to_owned),
        quantity: Quantity { value: plain(line.quantity()), unit: unit.clone() },
        unit_price: price.map(|price| money(price, currency)),
        amount: line.amount.map(|amount| money(amount, currency)),
        location: line.text("RequestedFulfillmentOrganizationCode").map(|code| settings.location(code)),
        status,
        raw_status,
        reject_reason: line.text("CancelReason").map(ToOwned::to_owned),
        shipped: Some(plain(line.shipped)),
        cancelled,
        schedule: schedule(settings, line, &unit)?,
        ..DocumentLine::default()
    })
}

/// That of its parts when they agree; what is shipped in part is not shipped.
fn status_of(settings: &Settings, line: &Line<'_>) -> (Option<String>, Option<String>) {
    let mut codes: Vec<&str> = Vec::new();
    for code in line.parts.iter().filter_map(|part| part.text("StatusCode")) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    let raw = (!codes.is_empty()).then(|| codes.join(", "));
    let status = match codes.as_slice() {
        _ if line.is_cancelled() => Some("cancelled".to_owned()),
        _ if !line.is_shipped() && line.shipped > Decimal::ZERO => Some("partially-shipped".to_owned()),
        [one] => status::of_part(settings, Some(one)),
        _ if line.is_shipped() => Some("shipped".to_owned()),
        _ => codes
            .iter()
            .find(|code| !matches!(**code, "CANCELED" | "CANCELLED"))
            .and_then(|code| status::of_part(settings, Some(code))),
    };
    (status, raw)
}

/// What is to be shipped when; what is cancelled is left out.
fn schedule(settings: &Settings, line: &Line<'_>, unit: &str) -> Read<Vec<ScheduleLine>> {
    let mut planned = Vec::new();
    for part in line.parts.iter().filter(|part| !is_cancelled(**part)) {
        let quantity = part.amount("OrderedQuantity")?;
        let day = part.parsed("ScheduleShipDate", "date", date::day)?;
        if let Some(day) = day.filter(|_| quantity > Decimal::ZERO) {
            let location = part.text("RequestedFulfillmentOrganizationCode").map(|code| settings.location(code));
            let quantity = Quantity { value: plain(quantity), unit: unit.to_owned() };
            planned.push(ScheduleLine { quantity, date: Some(day), location });
        }
    }
    Ok(planned)
}
