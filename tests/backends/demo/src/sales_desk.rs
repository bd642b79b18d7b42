//! The sales desk: takes waiting rfqs into work and offers a price. Called by the clock (`passing_time`) and by `/control/answer`.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;

use crate::{
    amount,
    books::Books,
    calendar,
    customer::Customer,
    pricing,
    refusal::Refusal,
    rfq::{Rfq, RfqPosition, RfqState},
    vat,
};

/// How many days an offer holds.
const VALID_DAYS: i64 = 14;

/// Offers a price for a waiting rfq, as its next revision.
pub(crate) fn offer(books: &mut Books, no: &str, now: Timestamp) -> Result<(), Refusal> {
    let mut rfq = books.rfq(no)?.clone();
    let customer = books.customer(&rfq.customer)?;
    let generosity = Generosity::toward(&rfq);
    let mut taxable = Vec::new();
    for position in &mut rfq.positions {
        let rate = price_position(books, customer, position, generosity)?;
        taxable.push((rate, position.value.unwrap_or_default()));
    }
    let goods: Decimal = taxable.iter().map(|(_, value)| *value).sum();
    let ship_to = customer.ship_to.first().cloned().unwrap_or_default();
    rfq.vat = vat::vat(taxable.into_iter(), Decimal::ZERO, &ship_to);
    rfq.goods = Some(amount::money(goods));
    rfq.total = Some(amount::money(goods + rfq.vat.iter().map(|vat| vat.amount).sum::<Decimal>()));
    rfq.rev = (rfq.rev.parse::<u32>().unwrap_or_default() + 1).to_string();
    rfq.state = RfqState::Offered;
    rfq.valid_to = Some(calendar::day_of(now).saturating_add(VALID_DAYS.days()));
    rfq.changed_at = calendar::to_the_millisecond(now);
    books.rfqs.insert(rfq.no.clone(), Arc::new(rfq));
    Ok(())
}

/// How far the desk goes below the customer's price, in percent.
#[derive(Debug, Clone, Copy)]
struct Generosity {
    /// Without a wish, or with one that is out of reach.
    off: Decimal,
    /// A wish within this is granted.
    wish_within: Decimal,
}

impl Generosity {
    fn toward(rfq: &Rfq) -> Self {
        let (off, wish_within) = if rfq.rev == "0" { (7, 10) } else { (9, 15) };
        Self { off: Decimal::from(off), wish_within: Decimal::from(wish_within) }
    }

    fn price(self, net: Decimal, wish: Option<Decimal>) -> Decimal {
        let granted = wish.filter(|wish| *wish <= net && *wish >= amount::less(net, self.wish_within));
        granted.map_or_else(|| amount::less(net, self.off), amount::price)
    }
}

/// Prices a position and tells its VAT rate.
fn price_position(
    books: &Books,
    customer: &Customer,
    position: &mut RfqPosition,
    generosity: Generosity,
) -> Result<Decimal, Refusal> {
    let article = books.article(&position.article)?;
    let own = pricing::price(customer, article, position.qty).net;
    let net = generosity.price(own, position.wish);
    position.net = Some(net);
    position.value = Some(amount::line_value(net, position.qty, article.per));
    Ok(article.vat_rate)
}
