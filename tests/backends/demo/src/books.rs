//! The books: everything that the back end keeps, as it is written to the data file. Only small look-ups and bookings live here; the
//! rules are in the business modules. `shop` guards it with one lock.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    article::{Article, Site},
    calculation::Promise,
    chance::Chance,
    clerk::Ruling,
    customer::Customer,
    order::Order,
    refusal::{Code, Refusal},
    reservations::Reservation,
    rfq::Rfq,
    stock::{Allocation, Bin, Inbound, Own},
};

/// Documents are shared, so that a copy for the data file costs next to nothing while the lock is held.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Books {
    /// When the books were opened: older orders are history and are not moved on by the clock.
    pub(crate) opened_at: Timestamp,
    pub(crate) articles: BTreeMap<String, Article>,
    pub(crate) customers: BTreeMap<String, Customer>,
    /// By article. A made-to-order article has none.
    pub(crate) bins: BTreeMap<String, BTreeMap<Site, Bin>>,
    pub(crate) reservations: BTreeMap<String, Reservation>,
    /// Prices that calculations gave and that still hold.
    pub(crate) promises: Vec<Promise>,
    pub(crate) orders: BTreeMap<String, Arc<Order>>,
    /// Goods booked for an order that is not done, by order number.
    pub(crate) allocations: BTreeMap<String, Arc<Booked>>,
    pub(crate) rfqs: BTreeMap<String, Arc<Rfq>>,
    /// By article.
    #[serde(default)]
    pub(crate) rulings: BTreeMap<String, Ruling>,
    pub(crate) last_order: u64,
    pub(crate) last_rfq: u64,
    pub(crate) last_reservation: u64,
    pub(crate) chance: Chance,
}

/// Goods by position.
pub(crate) type Booked = BTreeMap<String, Vec<Allocation>>;

impl Books {
    pub(crate) fn article(&self, no: &str) -> Result<&Article, Refusal> {
        self.articles.get(no).ok_or_else(|| Refusal::new(Code::UnknownArticle, format!("article {no:?} is not in the range")))
    }

    pub(crate) fn customer(&self, no: &str) -> Result<&Customer, Refusal> {
        self.customers.get(no).ok_or_else(|| Refusal::new(Code::UnknownCustomer, format!("there is no customer {no:?}")))
    }

    /// The customer, who must be allowed to order.
    pub(crate) fn buying_customer(&self, no: &str) -> Result<&Customer, Refusal> {
        let customer = self.customer(no)?;
        if customer.blocked {
            let text = format!("customer {no} is blocked for orders, please call accounts receivable");
            return Err(Refusal::new(Code::CustomerBlocked, text));
        }
        Ok(customer)
    }

    pub(crate) fn order(&self, no: &str) -> Result<&Order, Refusal> {
        self.orders.get(no).map(Arc::as_ref).ok_or_else(|| Refusal::new(Code::UnknownOrder, format!("there is no order {no:?}")))
    }

    pub(crate) fn rfq(&self, no: &str) -> Result<&Rfq, Refusal> {
        self.rfqs.get(no).map(Arc::as_ref).ok_or_else(|| Refusal::new(Code::UnknownRfq, format!("there is no rfq {no:?}")))
    }

    /// How much of an article is held at a site at `now` by reservations that are not the asker's own.
    pub(crate) fn held(&self, article: &str, site: Site, own: &Own, now: Timestamp) -> Decimal {
        let others = self.reservations.values().filter(|held| held.until > now && !held.belongs_to(own));
        let parts = others.flat_map(|held| &held.allocations);
        parts.filter(|part| part.article == article && part.site == site).map(|part| part.qty).sum()
    }

    /// Takes goods out of the bins, or out of what is coming.
    pub(crate) fn book_out(&mut self, parts: &[Allocation]) {
        for part in parts {
            let Some(bin) = self.bin_mut(&part.article, part.site) else { continue };
            match part.eta {
                None => bin.on_hand -= part.qty,
                Some(eta) => {
                    if let Some(inbound) = bin.inbound.iter_mut().find(|inbound| inbound.eta == eta && inbound.qty >= part.qty) {
                        inbound.qty -= part.qty;
                    }
                }
            }
        }
    }

    /// Gives goods back that were booked out.
    pub(crate) fn book_in(&mut self, parts: &[Allocation]) {
        for part in parts {
            let Some(bin) = self.bin_mut(&part.article, part.site) else { continue };
            match part.eta {
                None => bin.on_hand += part.qty,
                Some(eta) => {
                    bin.inbound.push(Inbound { qty: part.qty, eta });
                    bin.inbound.sort_by_key(|inbound| inbound.eta);
                }
            }
        }
    }

    pub(crate) fn bin_mut(&mut self, article: &str, site: Site) -> Option<&mut Bin> {
        self.bins.get_mut(article)?.get_mut(&site)
    }
}
