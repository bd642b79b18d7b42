//! Requests for quotation: taking them, countering, accepting into an order, refusing, withdrawing. The answers come from `sales_desk`.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::{
    books::Books,
    calendar,
    order::{Channel, Order},
    orders::{self, OrderRequest, Origin},
    positions::{self, Asked, Wanted},
    refusal::{Code, Refusal},
    rfq::{Rfq, RfqPosition, RfqState},
};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RfqRequest {
    pub(crate) customer: Option<String>,
    pub(crate) your_ref: Option<String>,
    pub(crate) po: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) remarks: Option<String>,
    /// Number of the offered rfq that this one answers.
    pub(crate) counters: Option<String>,
    pub(crate) positions: Option<Vec<Asked>>,
}

/// Takes a request, or a counter-offer to an offered one.
pub(crate) fn submit(books: &mut Books, request: &RfqRequest, channel: Channel, now: Timestamp) -> Result<Rfq, Refusal> {
    positions::check_currency(request.currency.as_deref())?;
    let now = calendar::to_the_millisecond(now);
    match request.counters.as_ref().filter(|no| !no.is_empty()) {
        Some(no) => counter(books, no, request, now),
        None => open(books, request, channel, now),
    }
}

/// Accepts the offer at its prices. The revision must be the offered one.
pub(crate) fn accept(books: &mut Books, no: &str, request: &OrderRequest, now: Timestamp) -> Result<Order, Refusal> {
    let rev = request.rev.as_deref().ok_or_else(|| Refusal::new(Code::BadRequest, "rev: is missing"))?;
    check_offered(books.rfq(no)?, Some(rev), now)?;
    order_offer(books, no, request, Channel::Web, now)
}

/// An order at the prices of the offer as it stands.
pub(crate) fn order_offer(
    books: &mut Books,
    no: &str,
    request: &OrderRequest,
    channel: Channel,
    now: Timestamp,
) -> Result<Order, Refusal> {
    let rfq = books.rfq(no)?.clone();
    check_customer(&rfq, request.customer.as_deref())?;
    check_offered(&rfq, request.rev.as_deref(), now)?;
    let wanted = offered_positions(books, &rfq, request.asked())?;
    let offer = Some((rfq.no.clone(), rfq.rev.clone()));
    let order = orders::take(books, request, Origin { customer: rfq.customer, channel, offer }, wanted, now)?;
    let number = order.no.clone();
    change(books, no, now, |rfq| {
        rfq.state = RfqState::Accepted;
        rfq.order_no = Some(number);
    })?;
    Ok(order)
}

/// The customer does not want the offer.
pub(crate) fn refuse(
    books: &mut Books,
    no: &str,
    rev: Option<&str>,
    reason: Option<String>,
    now: Timestamp,
) -> Result<Rfq, Refusal> {
    let rfq = books.rfq(no)?;
    if rfq.state != RfqState::Refused {
        check_offered(rfq, rev, now)?;
    }
    change(books, no, now, |rfq| {
        rfq.state = RfqState::Refused;
        rfq.reason = reason;
    })
}

/// The customer takes the request back, offered or not.
pub(crate) fn withdraw(books: &mut Books, no: &str, reason: Option<String>, now: Timestamp) -> Result<Rfq, Refusal> {
    let rfq = books.rfq(no)?;
    if !(rfq.state.is_waiting() || matches!(rfq.state, RfqState::Offered | RfqState::Withdrawn)) {
        return Err(closed(rfq));
    }
    change(books, no, now, |rfq| {
        rfq.state = RfqState::Withdrawn;
        rfq.reason = reason;
    })
}

fn open(books: &mut Books, request: &RfqRequest, channel: Channel, now: Timestamp) -> Result<Rfq, Refusal> {
    let missing = || Refusal::new(Code::BadRequest, "customer: is missing");
    let customer = request.customer.clone().ok_or_else(missing)?;
    books.buying_customer(&customer)?;
    let wanted = positions::check_all(books, request.positions.as_deref().unwrap_or_default())?;
    books.last_rfq += 1;
    let rfq = Rfq {
        no: format!("RQ-{}", books.last_rfq),
        your_ref: request.your_ref.clone(),
        counter_refs: Vec::new(),
        customer,
        channel,
        rev: "0".to_owned(),
        state: RfqState::New,
        po: request.po.clone(),
        remarks: request.remarks.clone(),
        entered_at: now,
        asked_at: now,
        changed_at: now,
        valid_to: None,
        currency: "EUR".to_owned(),
        goods: None,
        vat: Vec::new(),
        total: None,
        order_no: None,
        reason: None,
        positions: wanted.into_iter().map(position).collect(),
    };
    books.rfqs.insert(rfq.no.clone(), Arc::new(rfq.clone()));
    Ok(rfq)
}

fn counter(books: &mut Books, no: &str, request: &RfqRequest, now: Timestamp) -> Result<Rfq, Refusal> {
    let rfq = books.rfq(no)?;
    check_customer(rfq, request.customer.as_deref())?;
    books.buying_customer(&rfq.customer)?;
    check_offered(rfq, None, now)?;
    let mut positions: Vec<RfqPosition> = rfq.positions.iter().map(|old| RfqPosition { wish: None, ..old.clone() }).collect();
    let asked = request.positions.as_deref().unwrap_or_default();
    let wanted = if asked.is_empty() { Vec::new() } else { positions::check_all(books, asked)? };
    for position in &wanted {
        let countered = matching(&mut positions, position).ok_or_else(|| not_offered(no, position))?;
        countered.qty = position.qty;
        countered.wish = position.wish;
    }
    let (reference, remarks) = (request.your_ref.clone(), request.remarks.clone());
    change(books, no, now, |rfq| {
        rfq.state = RfqState::Countered;
        rfq.asked_at = now;
        rfq.counter_refs.extend(reference);
        rfq.remarks = remarks.or(rfq.remarks.take());
        rfq.positions = positions;
    })
}

fn change(books: &mut Books, no: &str, now: Timestamp, change: impl FnOnce(&mut Rfq)) -> Result<Rfq, Refusal> {
    let unknown = || Refusal::new(Code::UnknownRfq, format!("there is no rfq {no:?}"));
    let rfq = books.rfqs.get_mut(no).map(Arc::make_mut).ok_or_else(unknown)?;
    change(rfq);
    rfq.changed_at = calendar::to_the_millisecond(now);
    Ok(rfq.clone())
}

fn check_customer(rfq: &Rfq, customer: Option<&str>) -> Result<(), Refusal> {
    match customer {
        Some(customer) if customer != rfq.customer => {
            Err(Refusal::new(Code::UnknownRfq, format!("customer {customer} has no rfq {:?}", rfq.no)))
        }
        _ => Ok(()),
    }
}

fn check_offered(rfq: &Rfq, rev: Option<&str>, now: Timestamp) -> Result<(), Refusal> {
    let no = &rfq.no;
    match rfq.state {
        RfqState::Accepted | RfqState::Refused | RfqState::Withdrawn => Err(closed(rfq)),
        RfqState::Expired => Err(expired(rfq)),
        RfqState::New | RfqState::InWork | RfqState::Countered => {
            Err(Refusal::new(Code::Stale, format!("{no} is {}: there is no offer that stands", rfq.state.code())))
        }
        RfqState::Offered if rfq.has_run_out(now) => Err(expired(rfq)),
        RfqState::Offered => match rev {
            Some(rev) if rev != rfq.rev => {
                Err(Refusal::new(Code::Stale, format!("revision {rev:?} of {no} is not the offered one, that is {:?}", rfq.rev)))
            }
            _ => Ok(()),
        },
    }
}

fn expired(rfq: &Rfq) -> Refusal {
    let day = rfq.valid_to.map_or_else(String::new, |day| format!(" {day}"));
    Refusal::new(Code::Expired, format!("{} was valid to the end of{day}", rfq.no))
}

fn closed(rfq: &Rfq) -> Refusal {
    Refusal::new(Code::Closed, format!("{} is closed: {}", rfq.no, rfq.state.code())).naming(rfq.order_no.clone())
}

fn not_offered(no: &str, position: &Wanted) -> Refusal {
    let text = format!("{} {} of {} is not what {no} offers", position.qty, position.article.uom.code(), position.article.no);
    Refusal::new(Code::NotOffered, text).at(&position.pos)
}

/// The positions to deliver, each at its offered price: all, or those that the acceptance names.
fn offered_positions(books: &Books, rfq: &Rfq, asked: &[Asked]) -> Result<Vec<Wanted>, Refusal> {
    let mut offered = rfq.positions.clone();
    if asked.is_empty() {
        return offered.into_iter().map(|position| wanted(books, position)).collect();
    }
    let mut wanted = positions::check_all(books, asked)?;
    for position in &mut wanted {
        let offer = matching(&mut offered, position).filter(|offer| offer.qty == position.qty);
        position.net = offer.ok_or_else(|| not_offered(&rfq.no, position))?.net;
    }
    Ok(wanted)
}

/// The position with the same number and article, else the first of that article.
fn matching<'a>(positions: &'a mut [RfqPosition], wanted: &Wanted) -> Option<&'a mut RfqPosition> {
    let same = |position: &RfqPosition| position.article == wanted.article.no;
    let index = positions.iter().position(|position| same(position) && position.pos == wanted.pos);
    positions.get_mut(index.or_else(|| positions.iter().position(same))?)
}

fn wanted(books: &Books, position: RfqPosition) -> Result<Wanted, Refusal> {
    let article = books.article(&position.article)?.clone();
    let (pos, qty, net) = (position.pos, position.qty, position.net);
    Ok(Wanted { pos, article, qty, site: None, net, wish: None, text: None, asked_qty: None, asked_article: None })
}

fn position(wanted: Wanted) -> RfqPosition {
    RfqPosition {
        pos: wanted.pos,
        text: wanted.text.unwrap_or(wanted.article.text),
        article: wanted.article.no,
        qty: wanted.qty,
        uom: wanted.article.uom,
        wish: wanted.wish,
        net: None::<Decimal>,
        per: wanted.article.per,
        value: None,
    }
}
