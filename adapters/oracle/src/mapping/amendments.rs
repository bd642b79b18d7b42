//! What the back end made of an order: the differences between what was sent and what was saved.

use super::lines::{self, Line};
use super::{plain, sent, status, units};
use crate::settings::Settings;
use crate::wire::{Entity, Read, date};
use ordergate_sdk::money;
use ordergate_sdk::orders::{Amendment, Order, OrderLine};

/// Differences by line, and whatever holds the order up.
pub(crate) fn of(settings: &Settings, order: &Order, saved: Entity<'_>) -> Read<Vec<Amendment>> {
    let mut found = Vec::new();
    let lines = lines::grouped(saved)?;
    let products = sent::products(order);
    for (key, line) in &products {
        match lines.iter().find(|saved| saved.key == key) {
            Some(saved) => found.extend(of_line(settings, order, line, saved)?),
            None => found.push(amendment(Some(&line.id), "rejected-line", None, None, "The line was not saved.")),
        }
    }
    for line in lines.iter().filter(|line| !products.iter().any(|(key, _)| key == line.key)) {
        found.push(amendment(None, "added-line", None, line.text("ProductNumber"), "The back end added a line."));
    }
    if status::is_draft(saved) {
        found.push(amendment(None, "draft", None, saved.text("StatusCode"), "The order was saved but not submitted."));
    } else if status::is_held(saved, &lines) {
        found.push(amendment(None, "block", None, saved.text("StatusCode"), "The order is held in the back end."));
    }
    let left = sent::notes_left(settings, order);
    found.extend(left.iter().map(|kind| amendment(None, "note", Some(kind), None, "The note has no field in the back end.")));
    Ok(found)
}

fn of_line(settings: &Settings, order: &Order, line: &OrderLine, saved: &Line<'_>) -> Read<Vec<Amendment>> {
    let id = Some(line.id.as_str());
    if saved.is_cancelled() {
        return Ok(vec![amendment(id, "rejected-line", None, saved.text("StatusCode"), "The line was cancelled.")]);
    }
    let mut found = Vec::new();
    let unit = saved.text("OrderedUOMCode").map(|unit| units::to_un(settings, unit)).transpose()?;
    let is_other_quantity = money::decimal(&line.quantity.value).is_ok_and(|sent| sent != saved.ordered);
    let is_other_unit = unit.as_ref().is_some_and(|unit| *unit != line.quantity.unit);
    if is_other_quantity || is_other_unit {
        let to = format!("{} {}", plain(saved.ordered), unit.as_deref().unwrap_or_default());
        let from = format!("{} {}", line.quantity.value, line.quantity.unit);
        found.push(amendment(id, "quantity", Some(&from), Some(to.trim()), "The quantity was changed."));
    }
    let (item, wanted) = (saved.text("ProductNumber"), line.sku.as_deref());
    if let (Some(item), Some(wanted)) = (item, wanted.filter(|wanted| Some(*wanted) != item)) {
        found.push(amendment(id, "substitution", Some(wanted), Some(item), "Another item was taken."));
    }
    if let (Some(agreed), Some(amount)) = (&line.amount, saved.amount)
        && money::decimal(&agreed.amount).is_ok_and(|agreed| agreed != amount)
    {
        found.push(amendment(id, "price", Some(&agreed.amount), Some(&plain(amount)), "The net amount of the line was changed."));
    }
    let wanted = line.requested_date.as_deref().or(order.requested_date.as_deref());
    if let (Some(wanted), Some(planned)) = (wanted, last_day(saved)?.filter(|planned| wanted < Some(planned.as_str()))) {
        found.push(amendment(id, "date", Some(wanted), Some(&planned), "It is shipped later than wanted."));
    }
    Ok(found)
}

/// The day on which the last piece is shipped.
fn last_day(line: &Line<'_>) -> Read<Option<String>> {
    let days: Read<Vec<Option<String>>> =
        line.parts.iter().map(|part| part.parsed("ScheduleShipDate", "date", date::day)).collect();
    Ok(days?.into_iter().flatten().max())
}

fn amendment(line: Option<&str>, kind: &str, from: Option<&str>, to: Option<&str>, message: &str) -> Amendment {
    Amendment {
        line: line.map(ToOwned::to_owned),
        kind: kind.to_owned(),
        from: from.map(ToOwned::to_owned),
        to: to.map(ToOwned::to_owned),
        message: Some(message.to_owned()),
    }
}
