//! What clerks do to orders by hand: delete them, enter them again, change them; and what they have decided about articles, so that orders
//! for them are taken otherwise than they were given.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    amount,
    books::Books,
    calendar,
    order::{Order, OrderPosition},
    positions::Wanted,
    refusal::{Code, Refusal},
    vat,
};

/// How orders for an article are taken until it is changed again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Ruling {
    /// At most so many.
    pub(crate) at_most: Option<Decimal>,
    /// This article instead.
    pub(crate) instead: Option<String>,
}

/// Keeps to the rulings. What was asked for stays known.
pub(crate) fn rule(books: &Books, wanted: &mut [Wanted]) {
    for position in wanted {
        let Some(ruling) = books.rulings.get(&position.article.no) else { continue };
        if let Some(at_most) = ruling.at_most.filter(|most| position.qty > *most) {
            position.asked_qty = Some(position.qty);
            position.qty = at_most;
        }
        if let Some(other) = ruling.instead.as_ref().and_then(|no| books.articles.get(no)) {
            position.asked_article = Some(position.article.no.clone());
            position.article = other.clone();
        }
    }
}

/// Deletes an order as if it had never been; its goods stay booked.
pub(crate) fn delete(books: &mut Books, no: &str) -> Result<(), Refusal> {
    books.order(no)?;
    books.orders.remove(no);
    books.allocations.remove(no);
    Ok(())
}

/// Enters the same order once more, under the next number and with the same reference.
pub(crate) fn copy(books: &mut Books, no: &str, now: Timestamp) -> Result<Order, Refusal> {
    let order = books.order(no)?.clone();
    books.last_order += 1;
    let entered_at = calendar::to_the_millisecond(now);
    let copy = Order { no: format!("SO-{}", books.last_order), entered_at, changed_at: entered_at, ..order };
    books.orders.insert(copy.no.clone(), Arc::new(copy.clone()));
    Ok(copy)
}

/// Whose an order is and what it is known as from now on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rebooking {
    pub(crate) customer: Option<String>,
    pub(crate) your_ref: Option<String>,
}

/// Books an order over to another customer or under another reference, as if its number had been given out twice.
pub(crate) fn rebook(books: &mut Books, no: &str, to: &Rebooking) -> Result<Order, Refusal> {
    let order = books.order(no)?.clone();
    if let Some(customer) = &to.customer {
        books.customer(customer)?;
    }
    let (customer, your_ref) = (to.customer.clone().unwrap_or(order.customer), to.your_ref.clone().or(order.your_ref));
    let rebooked = Order { customer, your_ref, ..order };
    books.orders.insert(no.to_owned(), Arc::new(rebooked.clone()));
    Ok(rebooked)
}

/// Another quantity, price or article in a position; values and sums follow.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PositionChange {
    pub(crate) qty: Option<Decimal>,
    pub(crate) net: Option<Decimal>,
}

pub(crate) fn change(books: &mut Books, no: &str, pos: &str, change: &PositionChange, now: Timestamp) -> Result<Order, Refusal> {
    let mut order = books.order(no)?.clone();
    let position = order.positions.iter_mut().find(|position| position.pos == pos);
    let unknown = || Refusal::new(Code::BadPosition, format!("{no} has no position {pos:?}"));
    alter(position.ok_or_else(unknown)?, change);
    add_up(books, &mut order)?;
    order.changed_at = calendar::to_the_millisecond(now);
    books.orders.insert(no.to_owned(), Arc::new(order.clone()));
    Ok(order)
}

fn alter(position: &mut OrderPosition, change: &PositionChange) {
    position.qty = change.qty.unwrap_or(position.qty);
    position.net = change.net.map_or(position.net, amount::price);
    position.value = amount::line_value(position.net, position.qty, position.per);
}

fn add_up(books: &Books, order: &mut Order) -> Result<(), Refusal> {
    let rate = |position: &OrderPosition| Ok((books.article(&position.article)?.vat_rate, position.value));
    let taxable = order.positions.iter().map(rate).collect::<Result<Vec<_>, Refusal>>()?;
    order.goods = order.positions.iter().map(|position| position.value).sum();
    order.vat = vat::vat(taxable.into_iter(), order.freight, &order.ship_to);
    order.total = amount::money(order.goods + order.freight + order.vat.iter().map(|vat| vat.amount).sum::<Decimal>());
    Ok(())
}
