//! What the back end made of an order: the differences between what was sent and what was saved.

use super::sent::LINE;
use super::{plain, status, units};
use crate::settings::Settings;
use crate::wire::message::Message;
use crate::wire::names::Names;
use crate::wire::{Entity, Read, date};
use ordergate_sdk::handover::line_key;
use ordergate_sdk::money;
use ordergate_sdk::orders::{Amendment, Order, OrderLine};
use rust_decimal::Decimal;

/// Differences by line, blocks, and what the back end warned of.
pub(crate) fn of(
    settings: &Settings,
    names: &Names,
    order: &Order,
    saved: Entity<'_>,
    messages: &[Message],
) -> Read<Vec<Amendment>> {
    let mut found = Vec::new();
    let items = saved.many(names.items);
    let products = || order.lines.iter().filter(|line| line.kind == "product").enumerate();
    let keys: Vec<String> = products().map(|(index, line)| line_key(index, &line.id, LINE)).collect();
    for (index, line) in products() {
        let key = line_key(index, &line.id, LINE);
        let item = items.iter().find(|item| names.line_reference.and_then(|field| item.text(field)) == Some(key.as_str()));
        match item {
            Some(item) => found.extend(of_line(settings, names, order, line, *item)?),
            None => found.push(amendment(Some(&line.id), "rejected-line", None, None, "The line was not saved.")),
        }
    }
    for item in &items {
        let ours =
            names.line_reference.and_then(|field| item.text(field)).is_some_and(|key| keys.iter().any(|known| known == key));
        if !ours {
            let what = item.text(names.material).or_else(|| item.text(names.item_text));
            found.push(amendment(None, "added-line", None, what, "The back end added a line."));
        }
    }
    let blocks = status::blocks(settings, names, saved);
    found.extend(
        (!blocks.is_empty())
            .then(|| amendment(None, "block", None, Some(&blocks.join(", ")), "The order is held in the back end.")),
    );
    let serious = messages.iter().filter(|message| message.is_serious());
    found.extend(serious.map(|message| amendment(None, &message.severity, None, Some(&message.code), &message.text)));
    Ok(found)
}

fn of_line(settings: &Settings, names: &Names, order: &Order, line: &OrderLine, item: Entity<'_>) -> Read<Vec<Amendment>> {
    let id = Some(line.id.as_str());
    let mut found = Vec::new();
    if let Some(reason) = item.text(names.rejection_reason) {
        found.push(amendment(id, "rejected-line", None, Some(reason), "The line was rejected."));
        return Ok(found);
    }
    let saved = item.amount(names.quantity)?;
    let unit = item.text(names.unit).map(|unit| units::to_un(settings, unit)).transpose()?;
    let is_other_quantity = money::decimal(&line.quantity.value).is_ok_and(|sent| sent != saved);
    let is_other_unit = unit.as_ref().is_some_and(|unit| *unit != line.quantity.unit);
    if is_other_quantity || is_other_unit {
        let to = format!("{} {}", plain(saved), unit.as_deref().unwrap_or_default());
        let from = format!("{} {}", line.quantity.value, line.quantity.unit);
        found.push(amendment(id, "quantity", Some(&from), Some(to.trim()), "The quantity was changed."));
    }
    let (material, sent) = (item.text(names.material), line.sku.as_deref());
    if let (Some(material), Some(sent)) = (material, sent.filter(|sent| Some(*sent) != material)) {
        found.push(amendment(id, "substitution", Some(sent), Some(material), "Another item was taken."));
    }
    if let (Some(agreed), Some(net)) = (&line.amount, item.decimal(names.net_amount)?)
        && money::decimal(&agreed.amount).is_ok_and(|agreed| agreed != net)
    {
        found.push(amendment(id, "price", Some(&agreed.amount), Some(&plain(net)), "The net amount of the line was changed."));
    }
    let confirmed = item.decimal(names.confirmed_quantity)?;
    if let Some(confirmed) = confirmed.filter(|confirmed| *confirmed < saved) {
        found.push(amendment(id, "backorder", Some(&plain(saved)), Some(&plain(confirmed)), "Not everything is confirmed yet."));
    }
    let wanted = line.requested_date.as_deref().or(order.requested_date.as_deref());
    let promised = last_confirmed_day(names, item)?;
    if let (Some(wanted), Some(promised)) =
        (wanted, promised.filter(|promised| wanted.is_some_and(|wanted| promised.as_str() > wanted)))
    {
        found.push(amendment(id, "date", Some(wanted), Some(&promised), "It comes later than wanted."));
    }
    Ok(found)
}

/// The day on which the last confirmed piece comes.
fn last_confirmed_day(names: &Names, item: Entity<'_>) -> Read<Option<String>> {
    let mut last = None;
    for line in item.many(names.schedule) {
        if line.decimal(names.schedule_confirmed)?.is_some_and(|quantity| quantity > Decimal::ZERO) {
            last = last.max(line.parsed(names.confirmed_date, "date", date::day)?);
        }
    }
    Ok(last)
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
