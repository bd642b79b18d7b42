//! What is cached of an item, under which policy, and how a read of it would be answered now and why.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{AuditReport, Commerce, ServiceError};
use crate::cache::{Choice, Dimensions, Entry, Keyed, Memory, Origin, Shared, SharedStatus, ShownStock, Subject, Weigh};
use crate::domain::{
    AccountNumber, AdapterName, Availability, Currency, FailureCode, Location, OfferPrice, Purpose, Reference, Sku, StoreName,
    Unit, Withheld,
};
use reading::{Known, Reading, Switches, readings};

mod reading;

/// Most entries that are shown of one kind.
const MAX_ENTRIES: usize = 100;

/// Most orders that are named for one entry.
const MAX_LOWERING: usize = 20;

/// Which entries are looked for. An absent part means all of them.
#[derive(Clone, Debug)]
pub struct CacheFilter {
    pub store: Option<StoreName>,
    pub location: Option<Location>,
    pub account: Option<AccountNumber>,
}

/// Everything that is cached of an item.
#[derive(Clone, Debug, Serialize)]
pub struct CacheReport {
    pub sku: Sku,
    pub at: Timestamp,
    /// How the cache stands that hosts share; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<SharedStatus>,
    pub availability: Vec<EntryReport<Availability>>,
    pub offer_prices: Vec<EntryReport<OfferPrice>>,
    /// What the back end does not want to be cached of it, until a later push or an invalidation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uncacheable: Vec<Withheld>,
    /// There are more than are shown: narrow the search.
    pub more: bool,
    /// How a question is answered that nothing cached answers.
    pub otherwise: Vec<OtherwiseReport>,
    /// What people did with what is cached of it.
    pub audit: Vec<AuditReport>,
}

/// One cached answer.
#[derive(Clone, Debug, Serialize)]
pub struct EntryReport<V> {
    pub store: StoreName,
    pub adapter: AdapterName,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// Absent where the answer is good for many quantities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// Absent where the answer does not depend on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<V>,
    /// The failure that is remembered instead of a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureCode>,
    /// How many are shown as available, where orders lower the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Decimal>,
    /// The orders that the back end did not count yet when it was asked; the first 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lowered_by: Vec<Lowering>,
    /// Another host was given it, and this one found it in the shared cache.
    pub from_shared: bool,
    /// The back end pushed it; `asked_at` is when that arrived.
    pub pushed: bool,
    pub as_of: Timestamp,
    pub asked_at: Timestamp,
    pub age_secs: i64,
    pub fresh_until: Timestamp,
    pub kept_until: Timestamp,
    #[serde(flatten)]
    pub policy: PolicyReport,
}

/// An order that lowers a cached value.
#[derive(Clone, Debug, Serialize)]
pub struct Lowering {
    pub reference: Reference,
    pub quantity: Decimal,
}

/// Which policy holds for a question, and what it makes of a read now.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyReport {
    /// The rule that decides; none: the base policy.
    pub rule: Option<String>,
    /// Rules that fit as well and have lost, best first.
    pub beaten_rules: Vec<String>,
    pub reads: Vec<Reading>,
}

/// How a question is answered that nothing cached answers.
#[derive(Clone, Debug, Serialize)]
pub struct OtherwiseReport {
    pub store: StoreName,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    pub availability: PolicyReport,
    pub offer_prices: PolicyReport,
}

impl Commerce {
    /// What is cached of an item. Looks at every entry: for people, not for programs.
    pub async fn cache_report(&self, sku: &Sku, filter: CacheFilter) -> Result<CacheReport, ServiceError> {
        if let Some(store) = &filter.store {
            self.shop(Some(store.as_str()))?;
        }
        let audit = self.cache_audit(sku).await?;
        Ok(tokio::task::block_in_place(|| self.search_cache(sku, &filter, audit)))
    }

    fn search_cache(&self, sku: &Sku, filter: &CacheFilter, audit: Vec<AuditReport>) -> CacheReport {
        let now = self.inner.clock.now();
        let (stock, prices) = (self.inner.policies.availability.load(), self.inner.policies.offer_prices.load());
        let of_stock = |subject: Subject<'_>, known: Known| report(stock.choice(subject), stock.of(subject).into(), &known);
        let of_prices = |subject: Subject<'_>, known: Known| report(prices.choice(subject), prices.of(subject).into(), &known);
        let withheld = |about: &Dimensions<'_>| self.inner.uncacheable.includes(about, now);
        let (mut availability, more_stock) = entries(self.inner.availability.memory(), sku, filter, now, withheld, of_stock);
        let (offer_prices, more_prices) = entries(self.inner.offer_prices.memory(), sku, filter, now, withheld, of_prices);
        availability.iter_mut().for_each(|entry| self.show_lowered(sku, entry));
        let is_wanted = |store: &&StoreName| filter.store.as_ref().is_none_or(|wanted| wanted == *store);
        let otherwise = |store: &StoreName| {
            let subject = Subject { store, sku, location: filter.location.as_ref() };
            let known = |adapter| {
                let is_withheld = self.is_withheld(adapter, store, sku, filter.location.as_ref());
                if is_withheld { Known::Withheld } else { Known::Nothing }
            };
            let config = self.inner.shops.get(store).map(|shop| &shop.config);
            let (of_availability, of_pricing) =
                (config.map(|config| config.availability_adapter()), config.map(|config| config.pricing_adapter()));
            let availability = of_stock(subject, of_availability.map_or(Known::Nothing, known));
            let offer_prices = of_prices(subject, of_pricing.map_or(Known::Nothing, known));
            OtherwiseReport { store: store.clone(), location: filter.location.clone(), availability, offer_prices }
        };
        let otherwise = self.inner.shops.keys().filter(is_wanted).map(otherwise).collect();
        let (uncacheable, more) = (self.inner.uncacheable.of(sku, now), more_stock || more_prices);
        let (sku, shared) = (sku.clone(), self.inner.shared.as_ref().map(Shared::status));
        CacheReport { sku, at: now, shared, availability, offer_prices, uncacheable, more, otherwise, audit }
    }

    /// Adds what is shown instead of the cached value.
    fn show_lowered(&self, sku: &Sku, entry: &mut EntryReport<Availability>) {
        let Some(value) = entry.value.as_ref().filter(|value| !value.unlimited) else { return };
        let (asked_for, answered_for) = (entry.location.as_ref(), value.location.as_ref());
        let (store, unit, asked_at) =
            (&entry.store, &value.unit, if entry.pushed { entry.as_of.min(entry.asked_at) } else { entry.asked_at });
        let lowering = self.inner.decrements.lowering(&ShownStock { store, sku, asked_for, answered_for, unit, asked_at });
        if lowering.is_empty() {
            return;
        }
        let by: Decimal = lowering.iter().map(|(_, quantity)| quantity).sum();
        entry.shown = Some((value.available - by).max(Decimal::ZERO));
        let lowering = lowering.into_iter().take(MAX_LOWERING);
        entry.lowered_by = lowering.map(|(reference, quantity)| Lowering { reference, quantity }).collect();
    }
}

fn report(choice: Choice, switches: Switches, known: &Known) -> PolicyReport {
    PolicyReport { rule: choice.rule, beaten_rules: choice.lost, reads: readings(known, &switches) }
}

impl CacheFilter {
    fn fits(&self, sku: &Sku, about: &Dimensions<'_>) -> bool {
        let account = about.buyer.and_then(|buyer| buyer.account.as_ref());
        about.sku == sku
            && self.store.as_ref().is_none_or(|store| store == about.store)
            && self.location.as_ref().is_none_or(|location| Some(location) == about.location)
            && self.account.as_ref().is_none_or(|wanted| account.is_none_or(|account| account == wanted))
    }
}

/// The entries of an item, in the order of what they are about.
fn entries<K, V>(
    memory: &Memory<K, V>,
    sku: &Sku,
    filter: &CacheFilter,
    now: Timestamp,
    withheld: impl Fn(&Dimensions<'_>) -> bool,
    policy: impl Fn(Subject<'_>, Known) -> PolicyReport,
) -> (Vec<EntryReport<V>>, bool)
where
    K: Clone + std::hash::Hash + Eq + Weigh + Keyed,
    V: Clone + Weigh,
{
    let mut found = memory.search(MAX_ENTRIES + 1, |about| filter.fits(sku, about));
    let more = found.len() > MAX_ENTRIES;
    found.truncate(MAX_ENTRIES);
    let show = |(key, entry): &(K, std::sync::Arc<Entry<V>>)| {
        let about = key.dimensions();
        let of = || Known::of(entry, memory.outdated(&about), memory.doubted(entry), now);
        let known = if withheld(&about) { Known::Withheld } else { of() };
        let subject = Subject { store: about.store, sku: about.sku, location: about.location };
        entry_report(&about, entry, now, policy(subject, known))
    };
    let mut reports: Vec<_> = found.iter().map(show).collect();
    reports.sort_by_cached_key(|report| {
        (report.store.clone(), report.location.clone(), report.account.clone(), report.quantity, report.asked_at)
    });
    (reports, more)
}

fn entry_report<V: Clone>(about: &Dimensions<'_>, entry: &Entry<V>, now: Timestamp, policy: PolicyReport) -> EntryReport<V> {
    EntryReport {
        store: about.store.clone(),
        adapter: about.adapter.clone(),
        location: about.location.cloned(),
        unit: about.unit.cloned(),
        quantity: about.quantity,
        date: about.date,
        account: about.buyer.and_then(|buyer| buyer.account.clone()),
        ship_to: about.buyer.and_then(|buyer| buyer.ship_to.clone()),
        contract: about.buyer.and_then(|buyer| buyer.contract.clone()),
        currency: about.buyer.map(|buyer| buyer.currency),
        value: entry.answer.as_ref().ok().cloned(),
        failure: entry.answer.as_ref().err().map(|failure| failure.code),
        shown: None,
        lowered_by: Vec::new(),
        from_shared: entry.is_shared,
        pushed: entry.origin == Origin::Pushed,
        as_of: entry.as_of(),
        asked_at: entry.asked_at(),
        age_secs: now.duration_since(entry.as_of()).as_secs().max(0),
        fresh_until: entry.fresh_until(),
        kept_until: entry.kept_until(),
        policy,
    }
}

/// The purposes that a storefront may name.
const PURPOSES: [Purpose; 3] = [Purpose::Browse, Purpose::Cart, Purpose::Checkout];

#[cfg(test)]
mod tests;
