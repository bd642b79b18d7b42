//! Checkouts and orders without the back end's word (rule C6): on what their amounts rest, how far a price may rise until an order is sent,
//! and what a live price makes of it. Pure; asked at submit by `service` and before the transfer by `pipeline`.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AdapterName, Agreed, Calculation, Cart, CartLine, Extensions, Money, Order, OrderLine, Seal};

/// What a store does while the back end of its checkouts is down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DegradedMode {
    /// Nothing is sealed and no order is taken without the back end's word.
    #[default]
    Block,
    /// Sealed at cached prices. The order is sent at these, unless the live price is beyond the limit.
    AcceptCached,
    /// Sealed at cached prices where there are any. The order is sent at the live price, unless that is beyond the limit.
    AcceptReprice,
    /// Sealed at list prices. The order is sent at the live price, unless that is beyond the limit.
    ListPrice,
}

impl DegradedMode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::AcceptCached => "accept-cached",
            Self::AcceptReprice => "accept-reprice",
            Self::ListPrice => "list-price",
        }
    }

    /// Whether an order keeps the amounts that the customer saw when the live ones differ within the limit.
    fn keeps_amounts(self) -> bool {
        matches!(self, Self::AcceptCached)
    }
}

/// On what the amounts of a provisional checkout rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PriceBasis {
    /// The last known prices of this customer.
    Cached,
    ListPrice,
    /// A live checkout that has expired.
    Sealed,
    /// No price is known.
    None,
}

/// Amounts without the back end's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisional {
    pub mode: DegradedMode,
    pub basis: PriceBasis,
    /// Code of the failure that the back end's check ended with.
    pub reason: String,
    /// How old the oldest of the prices is; none without prices.
    pub as_of: Option<Timestamp>,
    /// How far the live amount may be above the agreed one for the order to be sent without a person, in percent.
    pub max_rise_percent: Decimal,
    /// Lines whose price is not known.
    pub unpriced: Vec<String>,
    /// Charges and taxes are in the amounts.
    pub is_complete: bool,
}

/// What an order was taken at without the back end's word, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub provisional: Provisional,
    /// The checkout's adapter: it prices the order.
    pub adapter: AdapterName,
    /// What the customer agreed to: all of it when it is complete, the goods otherwise; none when a price was not known.
    pub agreed: Option<Money>,
    /// What the back end asked for the same when it was asked last.
    pub asked: Option<Money>,
    /// What the back end asked with charges and taxes.
    pub asked_payable: Option<Money>,
    /// Up to where a person has accepted it.
    pub accepted: Option<Money>,
    /// The order's amounts are final: it is sent with them.
    pub is_settled: bool,
}

impl Terms {
    pub fn new(seal: &Seal, provisional: Provisional, adapter: AdapterName) -> Self {
        // What is quoted is what was agreed to, whatever the checkout came to before.
        let quoted = Agreed { calculation: seal.calculation.clone(), provisional: Some(provisional.clone()) };
        let agreed = comparable(&quoted, &seal.cart).filter(|_| provisional.unpriced.is_empty());
        Self { provisional, adapter, agreed, asked: None, asked_payable: None, accepted: None, is_settled: false }
    }

    /// The most for which the order is sent without a person.
    fn most(&self) -> Option<Decimal> {
        let within = |agreed: Money| {
            let factor =
                Decimal::ONE_HUNDRED.checked_add(self.provisional.max_rise_percent)?.checked_div(Decimal::ONE_HUNDRED)?;
            agreed.amount.checked_mul(factor)
        };
        self.agreed.and_then(within).max(self.accepted.map(|accepted| accepted.amount))
    }
}

/// What a live price makes of an order that was taken without one.
#[derive(Debug)]
pub enum Priced {
    /// To be sent as it is now.
    Settled(Order),
    /// Beyond what anybody agreed to: a person decides. With what was asked, and a sentence for that person.
    TooDear(Order, String),
}

impl Order {
    /// Settles the amounts by a live calculation of the order's cart, which must have been checked. None when the order needs no price.
    pub fn priced(&self, live: &Calculation) -> Option<Priced> {
        let terms = self.unsettled()?;
        let goods = || sum_of(live, self.lines.iter().map(|line| line.id.as_str()));
        let now = if terms.provisional.is_complete { Some(live.totals.payable) } else { goods() };
        let Some(now) = now else {
            return Some(Priced::TooDear(self.clone(), "its live price cannot be compared with what was agreed".to_owned()));
        };
        let asked = Terms { asked: Some(now), asked_payable: Some(live.totals.payable), ..terms.clone() };
        if terms.most().is_some_and(|most| now.amount <= most) {
            let settled = Terms { is_settled: true, ..asked };
            let keeps = settled.provisional.mode.keeps_amounts();
            let order = Self { provisional: Some(settled), ..self.clone() };
            return Some(Priced::Settled(if keeps { order } else { order.at(live) }));
        }
        let sentence = too_dear(&asked, now);
        Some(Priced::TooDear(Self { provisional: Some(asked), ..self.clone() }, sentence))
    }

    /// The terms of an order whose amounts are not final yet.
    pub fn unsettled(&self) -> Option<&Terms> {
        self.provisional.as_ref().filter(|terms| !terms.is_settled)
    }

    /// A person accepts what the back end asked last. None when it has asked nothing that needs it.
    #[must_use]
    pub fn accepted(&self) -> Option<Self> {
        let terms = self.unsettled()?;
        let accepted = Terms { accepted: Some(terms.asked?), ..terms.clone() };
        Some(Self { provisional: Some(accepted), ..self.clone() })
    }

    fn at(self, live: &Calculation) -> Self {
        let price = |line: OrderLine| match live.lines.iter().find(|priced| priced.id == line.id) {
            Some(priced) => OrderLine {
                unit_price: Some(priced.unit_price),
                per: Some(priced.per),
                amount: Some(priced.amount),
                description: line.description.or_else(|| priced.description.clone()),
                ..line
            },
            None => line,
        };
        Self { lines: self.lines.into_iter().map(price).collect(), totals: Some(live.totals.clone()), ..self }
    }

    /// The cart that the order came from, to be calculated.
    pub fn cart(&self) -> Cart {
        let line = |line: &OrderLine| {
            let (id, quantity) = (line.id.clone(), line.quantity.clone());
            let (location, requested_date) = (line.location.clone(), line.requested_date);
            Some(CartLine { id, sku: line.sku.clone()?, quantity, location, requested_date })
        };
        let ship_to = self.parties.iter().find(|party| party.role == "ship-to").and_then(|party| party.number.clone());
        Cart {
            buyer: super::Buyer {
                account: Some(self.account.clone()),
                ship_to,
                contract: self.contract.clone(),
                currency: self.currency,
                sales_area: self.sales_area.clone(),
                ext: Extensions::new(),
            },
            parties: self.parties.clone(),
            delivery_method: self.delivery_method.clone(),
            payment_terms: self.payment_terms.clone(),
            requested_date: self.requested_date,
            lines: self.lines.iter().filter_map(line).collect(),
            ext: Extensions::new(),
        }
    }
}

impl Seal {
    /// What the customer agreed to and what the checkout comes to now, of what both know: without charges and taxes when what was agreed to
    /// did not have them. Nothing was agreed to when a price was not known.
    pub fn before_and_now(&self) -> (Option<Money>, Money) {
        let agreed = self.agreed();
        let payable = self.calculation.totals.payable;
        let goods = || sum_of(&self.calculation, self.cart.lines.iter().map(|line| line.id.as_str()));
        let now = if agreed.is_complete() { payable } else { goods().unwrap_or(payable) };
        let is_priced = agreed.provisional.as_ref().is_none_or(|provisional| provisional.unpriced.is_empty());
        (comparable(&agreed, &self.cart).filter(|_| is_priced), now)
    }
}

impl Agreed {
    fn is_complete(&self) -> bool {
        self.provisional.as_ref().is_none_or(|provisional| provisional.is_complete)
    }
}

fn comparable(agreed: &Agreed, cart: &Cart) -> Option<Money> {
    let goods = || sum_of(&agreed.calculation, cart.lines.iter().map(|line| line.id.as_str()));
    if agreed.is_complete() { Some(agreed.calculation.totals.payable) } else { goods() }
}

/// What these lines come to; what the back end adds by itself is left out.
fn sum_of<'a>(calculation: &Calculation, mut lines: impl Iterator<Item = &'a str>) -> Option<Money> {
    let zero = Money::zero(calculation.totals.payable.currency);
    lines.try_fold(zero, |sum, id| sum.plus(calculation.lines.iter().find(|line| line.id == id)?.amount))
}

fn too_dear(terms: &Terms, now: Money) -> String {
    let what = if terms.provisional.is_complete { "the order" } else { "the goods" };
    let (limit, decide) = (terms.provisional.max_rise_percent, "resend it with the price accepted, or abandon it");
    match (terms.agreed, terms.accepted) {
        (_, Some(accepted)) => format!("{what} cost {now} now, more than the {accepted} that were accepted: {decide}"),
        (Some(agreed), None) => {
            format!("{what} were ordered for {agreed} and cost {now} now, which is beyond the limit of {limit} %: {decide}")
        }
        (None, None) => format!("{what} cost {now}, and the customer ordered without a price: {decide}"),
    }
}

#[cfg(test)]
mod tests;
