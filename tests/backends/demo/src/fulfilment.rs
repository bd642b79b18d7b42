//! What happens to an order after it was taken: released, picked, shipped in one or two parts, done; or cancelled. Called by the clock
//! (`passing_time`), by `/control` and by the cancellation request.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::{
    books::{Booked, Books},
    calendar,
    delivery::Shipping,
    order::{Order, OrderPosition, OrderState, Tracking},
    refusal::{Code, Refusal},
};

/// Moves one order a step on; nothing happens to a final one.
pub(crate) fn advance(books: &mut Books, no: &str, now: Timestamp) {
    let booked = books.allocations.get(no).cloned().unwrap_or_default();
    let Some(order) = books.orders.get_mut(no).map(Arc::make_mut) else { return };
    if order.state.is_final() {
        return;
    }
    step(order, &booked, now);
    order.changed_at = calendar::to_the_millisecond(now);
    if order.state.is_final() {
        books.allocations.remove(no);
    }
}

/// Cancels an order of which nothing was shipped and gives its goods back. Cancelling again changes nothing.
pub(crate) fn cancel(books: &mut Books, no: &str, reason: Option<&str>, now: Timestamp) -> Result<Order, Refusal> {
    match books.order(no)?.state {
        OrderState::Cancelled => return Ok(books.order(no)?.clone()),
        OrderState::PartlyShipped | OrderState::Shipped | OrderState::Done => {
            return Err(Refusal::new(Code::Shipped, format!("{no} is on its way or delivered and cannot be cancelled")));
        }
        OrderState::Open | OrderState::Picking | OrderState::Blocked => {}
    }
    for parts in books.allocations.remove(no).unwrap_or_default().values() {
        books.book_in(parts);
    }
    let unknown = || Refusal::new(Code::UnknownOrder, format!("there is no order {no:?}"));
    let order = books.orders.get_mut(no).map(Arc::make_mut).ok_or_else(unknown)?;
    set_state(order, OrderState::Cancelled);
    order.changed_at = calendar::to_the_millisecond(now);
    order.notes.push(format!("Cancelled: {}", reason.unwrap_or("no reason given")));
    Ok(order.clone())
}

fn step(order: &mut Order, booked: &Booked, now: Timestamp) {
    match order.state {
        OrderState::Blocked => set_state(order, OrderState::Open),
        OrderState::Open => set_state(order, OrderState::Picking),
        OrderState::Picking if ships_in_parts(order, booked) => ship_what_is_there(order, booked, now),
        OrderState::Picking | OrderState::PartlyShipped => ship_the_rest(order, now),
        OrderState::Shipped => set_state(order, OrderState::Done),
        OrderState::Done | OrderState::Cancelled => {}
    }
}

fn set_state(order: &mut Order, state: OrderState) {
    order.state = state;
    for position in &mut order.positions {
        position.state = state;
    }
}

fn ships_in_parts(order: &Order, booked: &Booked) -> bool {
    let there: Vec<bool> = order.positions.iter().map(|position| from_shelf(position, booked) == position.qty).collect();
    let anything = order.positions.iter().any(|position| from_shelf(position, booked) > Decimal::ZERO);
    !order.complete && anything && there.contains(&false)
}

fn ship_what_is_there(order: &mut Order, booked: &Booked, now: Timestamp) {
    order.state = OrderState::PartlyShipped;
    let parcel = parcel(order, "1");
    for position in &mut order.positions {
        ship(position, from_shelf(position, booked), parcel.as_ref(), now);
    }
}

fn ship_the_rest(order: &mut Order, now: Timestamp) {
    let parcel = parcel(order, if order.state == OrderState::PartlyShipped { "2" } else { "1" });
    for position in &mut order.positions {
        ship(position, position.qty - position.shipped, parcel.as_ref(), now);
    }
    set_state(order, OrderState::Shipped);
}

fn ship(position: &mut OrderPosition, qty: Decimal, parcel: Option<&(String, String)>, now: Timestamp) {
    if qty <= Decimal::ZERO {
        return;
    }
    position.shipped += qty;
    position.state = if position.shipped == position.qty { OrderState::Shipped } else { OrderState::PartlyShipped };
    position.tracking.extend(parcel.map(|(no, carrier)| Tracking {
        no: no.clone(),
        carrier: carrier.clone(),
        shipped_on: calendar::day_of(now),
        qty,
    }));
}

/// Tracking number and carrier; nothing for goods that are picked up.
fn parcel(order: &Order, part: &str) -> Option<(String, String)> {
    let carrier = match order.shipping {
        Shipping::PickUp => return None,
        Shipping::Standard => "NORDLOG",
        Shipping::Express => "NORDLOG-EXPRESS",
    };
    Some((format!("NL{}{part}", order.no.trim_start_matches("SO-")), carrier.to_owned()))
}

fn from_shelf(position: &OrderPosition, booked: &Booked) -> Decimal {
    let parts = booked.get(&position.pos).into_iter().flatten();
    parts.filter(|part| part.eta.is_none()).map(|part| part.qty).sum()
}
