//! What a basket costs and when it can be had: prices, values, freight, VAT, promises. One computation for calculations and orders, so
//! that both come to the same cent. `work_out` changes nothing; `calculate` only notes which prices it gave.

use jiff::{Timestamp, ToSpan, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    amount,
    article::Article,
    books::Books,
    calendar,
    customer::{Customer, ShipTo},
    delivery::{self, FREIGHT_FREE_FROM, ShipToRequest, Shipping},
    positions::{self, Asked, Wanted},
    pricing,
    refusal::Refusal,
    stock::{Allocation, Own, Pool, Promised},
    vat::{self, Vat},
};

/// How long the prices of a calculation hold.
const VALID_MINUTES: i64 = 30;

#[derive(Debug, Deserialize)]
pub(crate) struct CalculationRequest {
    customer: String,
    currency: Option<String>,
    ship_to: Option<ShipToRequest>,
    shipping: Option<String>,
    complete: Option<bool>,
    reservation: Option<String>,
    positions: Vec<Asked>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Calculation {
    positions: Vec<CalculatedPosition>,
    #[serde(flatten)]
    totals: Totals,
    currency: &'static str,
    valid_to: Timestamp,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct CalculatedPosition {
    pos: String,
    article: String,
    text: String,
    qty: Decimal,
    uom: &'static str,
    net: Decimal,
    per: Decimal,
    value: Decimal,
    promised: Vec<Promised>,
}

/// A price that was given and is kept until its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Promise {
    pub(crate) customer: String,
    pub(crate) article: String,
    pub(crate) qty: Decimal,
    pub(crate) net: Decimal,
    pub(crate) until: Timestamp,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Totals {
    pub(crate) goods: Decimal,
    pub(crate) freight: Decimal,
    pub(crate) vat: Vec<Vat>,
    pub(crate) total: Decimal,
}

/// What is to be worked out.
pub(crate) struct Basket<'a> {
    pub(crate) customer: &'a Customer,
    pub(crate) wanted: Vec<Wanted>,
    pub(crate) shipping: Shipping,
    pub(crate) ship_to: ShipTo,
    pub(crate) delivery: Delivery,
    pub(crate) wanted_on: Option<Date>,
    pub(crate) own: Own,
    pub(crate) prices: Prices,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    AsReady,
    Complete,
}

impl Delivery {
    pub(crate) fn when_complete(complete: Option<bool>) -> Self {
        if complete.unwrap_or_default() { Self::Complete } else { Self::AsReady }
    }
}

/// Where the prices come from.
pub(crate) enum Prices {
    /// The back end's own, of the moment.
    Current,
    /// What the caller names, if a calculation gave it; otherwise the current one.
    Promised,
    /// Exactly what the positions name: the offer of the sales desk.
    Offered,
}

pub(crate) struct Worked {
    pub(crate) lines: Vec<Line>,
    pub(crate) totals: Totals,
    pub(crate) notes: Vec<String>,
}

pub(crate) struct Line {
    pub(crate) wanted: Wanted,
    pub(crate) net: Decimal,
    pub(crate) value: Decimal,
    pub(crate) allocations: Vec<Allocation>,
    pub(crate) promised: Vec<Promised>,
}

/// Prices and promises a basket, and keeps to the prices for half an hour.
pub(crate) fn calculate(books: &mut Books, request: &CalculationRequest, now: Timestamp) -> Result<Calculation, Refusal> {
    positions::check_currency(request.currency.as_deref())?;
    let customer = books.customer(&request.customer)?;
    let basket = Basket {
        customer,
        wanted: positions::check_all(books, &request.positions)?,
        shipping: Shipping::from_code(request.shipping.as_deref())?,
        ship_to: delivery::ship_to(customer, request.ship_to.as_ref())?,
        delivery: Delivery::when_complete(request.complete),
        wanted_on: None,
        own: Own { reservation: request.reservation.clone(), customer: Some(request.customer.clone()) },
        prices: Prices::Current,
    };
    let worked = work_out(books, &basket, now);
    let valid_to = calendar::to_the_millisecond(now.saturating_add(VALID_MINUTES.minutes()).unwrap_or(now));
    remember_prices(books, &request.customer, &worked.lines, valid_to);
    let positions = worked.lines.into_iter().map(calculated).collect();
    Ok(Calculation { positions, totals: worked.totals, currency: "EUR", valid_to, notes: worked.notes })
}

/// Prices and promises a basket. Positions take their goods one after the other.
pub(crate) fn work_out(books: &Books, basket: &Basket<'_>, now: Timestamp) -> Worked {
    let mut pool = Pool::open(books, basket.wanted.iter().map(|wanted| &wanted.article), &basket.own, now);
    let mut lines: Vec<Line> = basket.wanted.iter().map(|wanted| line(books, basket, wanted, &mut pool, now)).collect();
    if basket.delivery == Delivery::Complete {
        promise_all_together(&mut lines);
    }
    let goods: Decimal = lines.iter().map(|line| line.value).sum();
    let long = lines.iter().any(|line| line.wanted.article.long);
    let freight = delivery::freight(basket.shipping, goods, long);
    let taxable = lines.iter().map(|line| (line.wanted.article.vat_rate, line.value));
    let vat = vat::vat(taxable, freight, &basket.ship_to);
    let total = goods + freight + vat.iter().map(|vat| vat.amount).sum::<Decimal>();
    let notes = notes(basket, &lines, goods, now);
    Worked { lines, totals: Totals { goods: amount::money(goods), freight, vat, total: amount::money(total) }, notes }
}

fn line(books: &Books, basket: &Basket<'_>, wanted: &Wanted, pool: &mut Pool, now: Timestamp) -> Line {
    let net = net(books, basket, wanted, now);
    let (allocations, mut promised) = pool.promise(&wanted.article, wanted.site, wanted.qty);
    for part in &mut promised {
        part.date = basket.wanted_on.map_or(part.date, |wanted_on| part.date.max(wanted_on));
    }
    Line { value: amount::line_value(net, wanted.qty, wanted.article.per), net, allocations, promised, wanted: wanted.clone() }
}

fn net(books: &Books, basket: &Basket<'_>, wanted: &Wanted, now: Timestamp) -> Decimal {
    let named = match basket.prices {
        Prices::Current => None,
        Prices::Promised => wanted.net.filter(|net| was_promised(books, basket.customer, wanted, *net, now)),
        Prices::Offered => wanted.net,
    };
    named.map_or_else(|| pricing::price(basket.customer, &wanted.article, wanted.qty).net, amount::price)
}

fn was_promised(books: &Books, customer: &Customer, wanted: &Wanted, net: Decimal, now: Timestamp) -> bool {
    books.promises.iter().any(|promise| {
        promise.net == net
            && promise.qty == wanted.qty
            && promise.article == wanted.article.no
            && promise.customer == customer.no
            && promise.until > now
    })
}

fn remember_prices(books: &mut Books, customer: &str, lines: &[Line], until: Timestamp) {
    for line in lines {
        let (article, qty, net) = (&line.wanted.article.no, line.wanted.qty, line.net);
        books.promises.retain(|old| (&old.article, old.qty, old.net) != (article, qty, net) || old.customer != customer);
        books.promises.push(Promise { customer: customer.to_owned(), article: article.clone(), qty, net, until });
    }
}

fn promise_all_together(lines: &mut [Line]) {
    let last = lines.iter().flat_map(|line| &line.promised).map(|part| part.date).max();
    for part in lines.iter_mut().flat_map(|line| &mut line.promised) {
        part.date = last.unwrap_or(part.date);
    }
}

fn notes(basket: &Basket<'_>, lines: &[Line], goods: Decimal, now: Timestamp) -> Vec<String> {
    let ready = calendar::working_days_after(calendar::day_of(now), 1);
    let mut notes: Vec<String> =
        lines.iter().flat_map(|line| late_notes(&line.wanted.article, line, basket.wanted_on.unwrap_or(ready))).collect();
    if basket.shipping == Shipping::Standard && goods < FREIGHT_FREE_FROM {
        notes.push(format!("Standard freight is free from {FREIGHT_FREE_FROM}.00 EUR of goods."));
    }
    if !delivery::is_domestic(&basket.ship_to) {
        notes.push("Delivery abroad: no German VAT.".to_owned());
    }
    notes
}

fn late_notes(article: &Article, line: &Line, ready: Date) -> Vec<String> {
    let late = line.promised.iter().filter(|part| part.date > ready);
    late.map(|part| {
        let (pos, qty, uom, no) = (&line.wanted.pos, part.qty, article.uom.code(), &article.no);
        format!("Position {pos}: {qty} {uom} of {no} from {} on {}.", part.site.code(), part.date)
    })
    .collect()
}

fn calculated(line: Line) -> CalculatedPosition {
    let article = line.wanted.article;
    CalculatedPosition {
        pos: line.wanted.pos,
        article: article.no,
        text: article.text,
        qty: line.wanted.qty,
        uom: article.uom.code(),
        net: line.net,
        per: article.per,
        value: line.value,
        promised: line.promised,
    }
}
