//! What the passing of time does to the books: goods arrive, reservations and offers end, the sales desk answers, orders move on, shelves
//! change. Called with the lock held, by every request and by a ticker; computed from the clock, so nothing depends on when it runs.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, ToSpan};
use rust_decimal::Decimal;

use crate::{
    books::Books,
    calendar, fulfilment,
    rfq::RfqState,
    sales_desk,
    stock::{Bin, Inbound},
};

/// How fast the company works; zero stands still for orders and shelves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) answer_after: SignedDuration,
    pub(crate) advance_every: SignedDuration,
    pub(crate) stock_moves_every: SignedDuration,
}

/// Brings the books up to `now`; tells whether anything changed.
pub(crate) fn settle(books: &mut Books, pace: &Pace, now: Timestamp) -> bool {
    let held = books.reservations.len() + books.promises.len();
    books.reservations.retain(|_, reservation| reservation.until > now);
    books.promises.retain(|promise| promise.until > now);
    let ended = held != books.reservations.len() + books.promises.len();
    let arrived = receive(books, now);
    let desk = work_the_desk(books, pace, now);
    let moved = move_orders(books, pace, now);
    ended | arrived | desk | moved
}

/// A few sales and a delivery somewhere: shelves change by themselves.
pub(crate) fn move_stock(books: &mut Books, now: Timestamp) {
    let articles: Vec<String> = books.bins.keys().cloned().collect();
    for _ in 0..3 {
        let pick = usize::try_from(books.chance.below(articles.len() as u64)).unwrap_or_default();
        let (which_bin, tenths) = (books.chance.below(3), books.chance.below(10));
        let Some(bins) = articles.get(pick).and_then(|article| books.bins.get_mut(article)) else { continue };
        let nth = usize::try_from(which_bin).unwrap_or_default();
        let Some(bin) = bins.values_mut().nth(nth) else { continue };
        sell_or_refill(bin, tenths, now);
    }
}

/// Up to 3 % of a shelf is sold; a shelf that ran low gets a delivery under way, due in three working days.
fn sell_or_refill(bin: &mut Bin, tenths: u64, now: Timestamp) {
    let sold = (bin.on_hand * Decimal::new(i64::try_from(tenths).unwrap_or_default() * 3, 3)).trunc();
    bin.on_hand -= sold;
    bin.counted_at = calendar::to_the_millisecond(now);
    if sold > Decimal::ZERO && bin.inbound.is_empty() {
        let eta = calendar::working_days_after(calendar::day_of(now), 3);
        bin.inbound.push(Inbound { qty: sold, eta });
    }
}

fn receive(books: &mut Books, now: Timestamp) -> bool {
    let today = calendar::day_of(now);
    let mut changed = false;
    for bin in books.bins.values_mut().flat_map(|bins| bins.values_mut()) {
        let (here, coming): (Vec<_>, Vec<_>) =
            std::mem::take(&mut bin.inbound).into_iter().partition(|inbound| inbound.eta <= today);
        bin.inbound = coming;
        for inbound in here {
            bin.on_hand += inbound.qty;
            bin.counted_at = calendar::to_the_millisecond(now);
            changed = true;
        }
    }
    changed
}

fn work_the_desk(books: &mut Books, pace: &Pace, now: Timestamp) -> bool {
    let mut due = Vec::new();
    let mut changed = false;
    for rfq in books.rfqs.values_mut() {
        let waited = now.duration_since(rfq.asked_at);
        if rfq.state.is_waiting() && waited >= pace.answer_after {
            due.push(rfq.no.clone());
        } else if rfq.state == RfqState::New && waited * 2 >= pace.answer_after {
            Arc::make_mut(rfq).state = RfqState::InWork;
            changed = true;
        } else if rfq.has_run_out(now) {
            let rfq = Arc::make_mut(rfq);
            rfq.state = RfqState::Expired;
            rfq.changed_at = rfq.valid_to.map_or(now, calendar::end_of);
            changed = true;
        }
    }
    changed | answer(books, &due, now)
}

/// Offers a price for each of these rfqs; tells whether there was any.
pub(crate) fn answer(books: &mut Books, due: &[String], now: Timestamp) -> bool {
    due.iter().filter(|no| sales_desk::offer(books, no, now).is_ok()).count() > 0
}

fn move_orders(books: &mut Books, pace: &Pace, now: Timestamp) -> bool {
    if pace.advance_every <= SignedDuration::ZERO {
        return false;
    }
    let is_due = |changed_at: Timestamp| now.duration_since(changed_at) >= pace.advance_every;
    let moving = books.orders.values().filter(|order| !order.state.is_final() && order.entered_at >= books.opened_at);
    let due: Vec<String> = moving.filter(|order| is_due(order.changed_at)).map(|order| order.no.clone()).collect();
    for no in &due {
        fulfilment::advance(books, no, now);
    }
    !due.is_empty()
}

/// The end of the day on which prices were asked.
pub(crate) fn end_of_today(now: Timestamp) -> Timestamp {
    let end = calendar::end_of(calendar::day_of(now));
    // A price asked just before midnight holds at least a minute, or it would be useless.
    end.max(calendar::to_the_millisecond(now.saturating_add(1.minute()).unwrap_or(now)))
}
