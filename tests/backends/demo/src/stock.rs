//! What lies where, what is coming, what is held. `Pool` is a working copy in which positions take their goods one after the other;
//! nothing is changed in the books until its allocations are booked.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    article::{Article, Site},
    books::Books,
    calendar,
};

/// One article at one site.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Bin {
    pub(crate) on_hand: Decimal,
    /// Ascending by `eta`.
    pub(crate) inbound: Vec<Inbound>,
    pub(crate) counted_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inbound {
    pub(crate) qty: Decimal,
    pub(crate) eta: Date,
}

/// Goods that a position gets: from the shelf, or from what arrives on `eta`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Allocation {
    pub(crate) article: String,
    pub(crate) site: Site,
    pub(crate) qty: Decimal,
    pub(crate) eta: Option<Date>,
}

/// How many by when from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Promised {
    pub(crate) qty: Decimal,
    pub(crate) date: Date,
    pub(crate) site: Site,
}

/// Whose reservations do not stand in the way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Own {
    pub(crate) reservation: Option<String>,
    pub(crate) customer: Option<String>,
}

struct Shelf {
    free: Decimal,
    inbound: Vec<Inbound>,
}

pub(crate) struct Pool {
    shelves: BTreeMap<(String, Site), Shelf>,
    today: Date,
}

impl Pool {
    /// The shelves of `articles` as they are at `now`, less what is held for others.
    pub(crate) fn open<'a>(books: &Books, articles: impl Iterator<Item = &'a Article>, own: &Own, now: Timestamp) -> Self {
        let mut shelves = BTreeMap::new();
        for article in articles {
            for (site, bin) in books.bins.get(&article.no).into_iter().flatten() {
                let held = books.held(&article.no, *site, own, now);
                let free = (bin.on_hand - held).max(Decimal::ZERO);
                shelves.insert((article.no.clone(), *site), Shelf { free, inbound: bin.inbound.clone() });
            }
        }
        Self { shelves, today: calendar::day_of(now) }
    }

    /// Takes up to `qty` from the shelf: of `site`, or of all sites, the fullest first.
    pub(crate) fn take(&mut self, article: &Article, site: Option<Site>, qty: Decimal) -> Vec<Allocation> {
        let mut left = qty;
        let mut taken = Vec::new();
        for site in self.sites(article, site) {
            let Some(shelf) = self.shelves.get_mut(&(article.no.clone(), site)) else { continue };
            let part = left.min(shelf.free);
            if part > Decimal::ZERO {
                shelf.free -= part;
                left -= part;
                taken.push(Allocation { article: article.no.clone(), site, qty: part, eta: None });
            }
        }
        taken
    }

    /// Takes from the shelf, then from what arrives, and promises the rest after the article's lead time.
    pub(crate) fn promise(&mut self, article: &Article, site: Option<Site>, qty: Decimal) -> (Vec<Allocation>, Vec<Promised>) {
        let mut taken = self.take(article, site, qty);
        let left = qty - sum(&taken);
        taken.extend(self.claim_inbound(article, site, left));
        let ready = calendar::working_days_after(self.today, 1);
        let mut promised: Vec<Promised> = taken
            .iter()
            .map(|part| Promised { qty: part.qty, date: part.eta.map_or(ready, |eta| eta.max(ready)), site: part.site })
            .collect();
        let rest = qty - sum(&taken);
        if rest > Decimal::ZERO {
            let date = calendar::working_days_after(self.today, article.lead_days);
            promised.push(Promised { qty: rest, date, site: site.unwrap_or(Site::Ber) });
        }
        (taken, promised)
    }

    fn claim_inbound(&mut self, article: &Article, site: Option<Site>, qty: Decimal) -> Vec<Allocation> {
        let mut left = qty;
        let mut claimed = Vec::new();
        for site in self.sites(article, site) {
            let Some(shelf) = self.shelves.get_mut(&(article.no.clone(), site)) else { continue };
            for inbound in &mut shelf.inbound {
                let part = left.min(inbound.qty);
                if part > Decimal::ZERO {
                    inbound.qty -= part;
                    left -= part;
                    claimed.push(Allocation { article: article.no.clone(), site, qty: part, eta: Some(inbound.eta) });
                }
            }
        }
        claimed
    }

    fn sites(&self, article: &Article, site: Option<Site>) -> Vec<Site> {
        let free = |site: &Site| self.shelves.get(&(article.no.clone(), *site)).map_or(Decimal::ZERO, |shelf| shelf.free);
        let mut sites: Vec<Site> = site.map_or_else(|| Site::ALL.to_vec(), |site| vec![site]);
        sites.sort_by_key(|site| std::cmp::Reverse(free(site)));
        sites
    }
}

/// How much `allocations` come to.
pub(crate) fn sum(allocations: &[Allocation]) -> Decimal {
    allocations.iter().map(|part| part.qty).sum()
}

/// What `GET /api/stock` says of one article.
#[derive(Debug, Serialize)]
pub(crate) struct StockLine {
    article: String,
    site: Option<Site>,
    /// Null when made to order.
    free: Option<Decimal>,
    uom: &'static str,
    made_to_order: bool,
    lead_days: u32,
    inbound: Vec<Inbound>,
    counted_at: Timestamp,
}

/// The stock of `article` at `site`, or summed over all sites.
pub(crate) fn stock_line(books: &Books, article: &Article, site: Option<Site>, now: Timestamp) -> StockLine {
    let mut line = StockLine {
        article: article.no.clone(),
        site,
        free: (!article.made_to_order).then_some(Decimal::ZERO),
        uom: article.uom.code(),
        made_to_order: article.made_to_order,
        lead_days: article.lead_days,
        inbound: Vec::new(),
        counted_at: now,
    };
    let bins = books.bins.get(&article.no).into_iter().flatten();
    for (at, bin) in bins.filter(|(at, _)| site.is_none_or(|site| site == **at)) {
        let held = books.held(&article.no, *at, &Own::default(), now);
        line.free = line.free.map(|free| (free + (bin.on_hand - held).max(Decimal::ZERO)).normalize());
        line.inbound.extend(bin.inbound.iter().filter(|inbound| inbound.qty > Decimal::ZERO).cloned());
        line.counted_at = line.counted_at.min(bin.counted_at);
    }
    line.inbound.sort_by_key(|inbound| inbound.eta);
    line
}
