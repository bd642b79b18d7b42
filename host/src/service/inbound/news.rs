//! What a pushed value is in one store: the questions that it answers, and how long. What its event does not determine answers none (rule F6).

use std::sync::Arc;

use jiff::Timestamp;

use super::apply::Receiving;
use super::determined::{buyer, determines, determines_price};
use crate::cache::{
    AvailabilityKey, Entry, PriceKey, Subject, availability_lifetime, project_availability_item, project_price_item,
};
use crate::domain::{About, Availability, AvailabilityItem, Description, Event, OfferPrice, PriceItem};
use crate::service::Shop;
use crate::service::offer_prices::{answers_many, depends_on_quantity, price_lifetime};

/// A pushed value and the questions that it answers.
pub(super) struct News<K, V> {
    pub keys: Vec<K>,
    /// Answers to these must not be newer either.
    pub judged: Vec<K>,
    /// Older pushed answers to these are wrong now.
    pub superseded: Vec<K>,
    pub entry: Entry<V>,
}

/// An event as one store hears of it.
pub(super) struct Told<'a> {
    pub receiving: &'a Receiving<'a>,
    pub event: &'a Event,
    pub about: &'a About,
    pub shop: Arc<Shop>,
    /// The event names the store, or there is no other that asks this adapter.
    pub alone: bool,
    pub now: Timestamp,
}

impl Told<'_> {
    pub(super) fn stock(&self, value: &Availability, description: &Description) -> Option<News<AvailabilityKey, Availability>> {
        let (about, inner) = (self.about, &self.receiving.commerce.inner);
        let policies = inner.policies.availability.load();
        let policy = policies.of(self.subject());
        if !policy.write_back || !determines(&description.availability_dimensions, about, self.alone) {
            return None;
        }
        let buyer = buyer(&self.shop, about, None);
        let scope = inner.availability_scopes.of_availability(self.receiving.adapter, &self.shop.name, description, &buyer);
        let key = |location, unit| {
            let requested_date = about.date.as_ref().and_then(|named| named.value().copied());
            let item = AvailabilityItem { sku: about.sku.clone(), location, unit, quantity: None, requested_date };
            AvailabilityKey::new(&scope, project_availability_item(description, item))
        };
        let units = [None, Some(value.unit.clone())];
        let keys = units.clone().map(|unit| key(about.location.clone(), unit)).into();
        // What is known of no location in particular may count this one's stock.
        let superseded = if about.location.is_some() { units.map(|unit| key(None, unit)).into() } else { Vec::new() };
        let entry = Entry::pushed(value.clone(), self.now, self.event.as_of, availability_lifetime(policy, value));
        Some(News { keys, judged: Vec::new(), superseded, entry })
    }

    pub(super) fn price(&self, value: &OfferPrice, description: &Description) -> Option<News<PriceKey, OfferPrice>> {
        let (about, as_of, inner) = (self.about, self.event.as_of, &self.receiving.commerce.inner);
        let policies = inner.policies.offer_prices.load();
        let policy = policies.of(self.subject());
        if !policy.write_back || !determines_price(&description.price_dimensions, about, self.alone) {
            return None;
        }
        let buyer = buyer(&self.shop, about, Some(value.unit_price.currency));
        let scope = inner.price_scopes.of_prices(self.receiving.adapter, &self.shop.name, description, &buyer);
        let date = about.date.as_ref().and_then(|named| named.value().copied());
        let item = PriceItem { sku: about.sku.clone(), quantity: value.quantity.clone(), location: about.location.clone(), date };
        let item = project_price_item(description, &item);
        let (exact, wider) = (PriceKey::exact(&scope, &item), PriceKey::any_quantity(&scope, &item));
        let is_wide = answers_many(value, &item, depends_on_quantity(description));
        let (key, other) = if is_wide { (wider, exact) } else { (exact, wider) };
        let entry = Entry::pushed(value.clone(), self.now, as_of, price_lifetime(policy, value, as_of.min(self.now)));
        Some(News { keys: vec![key], judged: vec![other.clone()], superseded: vec![other], entry })
    }

    fn subject(&self) -> Subject<'_> {
        Subject { store: &self.shop.name, sku: &self.about.sku, location: self.about.location.as_ref() }
    }
}
