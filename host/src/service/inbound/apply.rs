//! Applies events to what is known, one after the other. Everything that a push does to cached answers goes through `Receiving::change`.

use std::hash::Hash;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use metrics::{Unit, describe_counter, describe_histogram};

use super::determined::{buyer, determines, determines_price};
use crate::adapter::operation::PushedEvent;
use crate::cache::{
    AvailabilityKey, Entry, Keyed, Memory, Outdated, PriceKey, Reach, Subject, TooMany, Verdict, Weigh, availability_lifetime,
    project_availability_item, project_price_item,
};
use crate::config::{InboundConfig, StoreConfig};
use crate::domain::{
    About, AdapterName, Availability, AvailabilityItem, Change, Event, EventKind, OfferPrice, OrderDocument, PriceItem,
    QuoteDocument,
};
use crate::service::offer_prices::{answers_many, depends_on_quantity, price_lifetime};
use crate::service::{Commerce, Shop};

pub(super) const MESSAGES: &str = "ordergate_inbound_messages_total";
const EVENTS: &str = "ordergate_inbound_events_total";
const LAG: &str = "ordergate_inbound_lag_seconds";

/// Called once at start.
pub(in crate::service) fn describe_metrics() {
    describe_counter!(
        MESSAGES,
        "Pushed messages by adapter and outcome (taken, replayed, shed, unreadable, failed, unsigned, malformed_signature, wrong_signature, wrong_time)"
    );
    describe_counter!(EVENTS, "Pushed events by adapter, kind and outcome (what was done, or why nothing was)");
    describe_histogram!(LAG, Unit::Seconds, "From the change in the back end to its push being applied, by adapter");
}

/// What an event did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Applied,
    Ignored(&'static str),
}

/// What was done, or why nothing was: words for people and metrics.
pub(super) type Outcome = Result<&'static str, &'static str>;

/// One message's events on their way in.
pub(super) struct Receiving<'a> {
    pub commerce: &'a Commerce,
    pub adapter: &'a AdapterName,
    pub config: &'a InboundConfig,
}

impl Receiving<'_> {
    pub(super) async fn apply(&self, pushed: PushedEvent) -> Effect {
        // Only known names become labels.
        let kind = EventKind::parse(&pushed.kind);
        let outcome = match pushed.event {
            Ok(event) => self.apply_event(event).await,
            Err(_) if kind.is_none() => Err("unknown_kind"),
            Err(failure) => {
                tracing::debug!(adapter = %self.adapter, kind = pushed.kind, cause = failure.message, "a pushed event cannot be used");
                Err("invalid")
            }
        };
        let (Ok(word) | Err(word)) = outcome;
        let kind = kind.map_or("unknown", EventKind::as_str);
        metrics::counter!(EVENTS, "adapter" => self.adapter.to_string(), "kind" => kind, "outcome" => word).increment(1);
        outcome.map_or_else(Effect::Ignored, |_| Effect::Applied)
    }

    async fn apply_event(&self, event: Event) -> Outcome {
        let (now, skew) = (self.commerce.inner.clock.now(), self.skew());
        if event.as_of.saturating_sub(skew).unwrap_or(Timestamp::MIN) > now {
            return Err("in_the_future");
        }
        let lag = now.duration_since(event.as_of).as_secs_f64().max(0.0);
        metrics::histogram!(LAG, "adapter" => self.adapter.to_string()).record(lag);
        match &event.change {
            Change::Order(hint) => self.changed::<OrderDocument>(event.store.as_ref(), hint).await,
            Change::Quote(hint) => self.changed::<QuoteDocument>(event.store.as_ref(), hint).await,
            Change::Availability(about, _) | Change::Price(about, _) | Change::Uncacheable(about, _) => {
                let done = self.apply_to_cache(&event, now)?;
                self.tell_others(&event, about).await;
                Ok(done)
            }
        }
    }

    /// Other hosts ask what is concerned at the next read (rule F11). They are not given the value: each would have to judge it anew.
    async fn tell_others(&self, event: &Event, about: &About) {
        let (reach, inner) = (self.reach(event, about), &self.commerce.inner);
        if event.kind() != EventKind::Price {
            inner.availability.tell_others(&reach).await;
        }
        if event.kind() != EventKind::Availability {
            inner.offer_prices.tell_others(&reach).await;
        }
    }

    /// One event at a time: what is newest is judged and kept in one go.
    fn apply_to_cache(&self, event: &Event, now: Timestamp) -> Outcome {
        let _alone = self.commerce.inner.pushing.lock();
        match &event.change {
            Change::Availability(about, value) => {
                self.lift(event, about, value.is_some());
                self.in_each_shop(event, StoreConfig::availability_adapter, |shop, alone| {
                    self.stock(event, about, value.as_ref(), shop, alone, now)
                })
            }
            Change::Price(about, value) => {
                self.lift(event, about, value.is_some());
                self.in_each_shop(event, StoreConfig::pricing_adapter, |shop, alone| {
                    self.price(event, about, value.as_ref(), shop, alone, now)
                })
            }
            Change::Uncacheable(about, until) => self.uncacheable(event, about, *until, now),
            Change::Order(_) | Change::Quote(_) => Ok("nothing"),
        }
    }

    /// A value that came later says that it may be cached again.
    fn lift(&self, event: &Event, about: &About, has_value: bool) {
        if has_value {
            self.commerce.inner.uncacheable.lift(&self.reach(event, about), event.as_of);
        }
    }

    fn reach(&self, event: &Event, about: &About) -> Reach {
        Reach {
            sku: about.sku.clone(),
            adapter: Some(self.adapter.clone()),
            store: event.store.clone(),
            location: about.location.clone(),
            account: about.account.clone(),
        }
    }

    /// In every store that asks this adapter, or the one that the event names; whether there is only one is told. The best that was done counts.
    fn in_each_shop(
        &self,
        event: &Event,
        adapter_of: impl Fn(&StoreConfig) -> &AdapterName,
        apply: impl Fn(&Arc<Shop>, bool) -> Outcome,
    ) -> Outcome {
        let shops = self.commerce.inner.shops.values();
        let shops: Vec<_> = shops.filter(|shop| adapter_of(&shop.config) == self.adapter).collect();
        let (alone, named) = (shops.len() == 1 || event.store.is_some(), event.store.as_ref());
        let wanted = shops.into_iter().filter(|shop| named.is_none_or(|store| *store == shop.name));
        let outcomes = wanted.map(|shop| apply(shop, alone)).collect::<Vec<_>>();
        outcomes.iter().copied().find(Result::is_ok).or_else(|| outcomes.first().copied()).unwrap_or(Err("no_such_store"))
    }

    fn stock(
        &self,
        event: &Event,
        about: &About,
        value: Option<&Availability>,
        shop: &Arc<Shop>,
        alone: bool,
        now: Timestamp,
    ) -> Outcome {
        let inner = &self.commerce.inner;
        let live = inner.adapters.get(self.adapter).ok_or("not_loaded")?;
        let description = live.description();
        let reach = Reach { store: Some(shop.name.clone()), ..self.reach(event, about) };
        let policies = inner.policies.availability.load();
        let policy = policies.of(Subject { store: &shop.name, sku: &about.sku, location: about.location.as_ref() });
        let usable = value.filter(|_| policy.write_back && determines(&description.availability_dimensions, about, alone));
        let news = usable.map(|value| {
            let scope =
                inner.availability_scopes.of_availability(self.adapter, &shop.name, description, &buyer(shop, about, None));
            let key = |location, unit| {
                let requested_date = about.date.as_ref().and_then(|named| named.value().copied());
                let item = AvailabilityItem { sku: about.sku.clone(), location, unit, quantity: None, requested_date };
                AvailabilityKey::new(&scope, project_availability_item(description, item))
            };
            let units = [None, Some(value.unit.clone())];
            let keys = units.clone().map(|unit| key(about.location.clone(), unit)).into();
            // What is known of no location in particular may count this one's stock.
            let superseded = if about.location.is_some() { units.map(|unit| key(None, unit)).into() } else { Vec::new() };
            News {
                keys,
                judged: Vec::new(),
                superseded,
                entry: Entry::pushed(value.clone(), now, event.as_of, availability_lifetime(policy, value)),
            }
        });
        self.change(inner.availability.memory(), reach, event.as_of, news, now)
    }

    fn price(
        &self,
        event: &Event,
        about: &About,
        value: Option<&OfferPrice>,
        shop: &Arc<Shop>,
        alone: bool,
        now: Timestamp,
    ) -> Outcome {
        let inner = &self.commerce.inner;
        let live = inner.adapters.get(self.adapter).ok_or("not_loaded")?;
        let description = live.description();
        let reach = Reach { store: Some(shop.name.clone()), ..self.reach(event, about) };
        let policies = inner.policies.offer_prices.load();
        let policy = policies.of(Subject { store: &shop.name, sku: &about.sku, location: about.location.as_ref() });
        let usable = value.filter(|_| policy.write_back && determines_price(&description.price_dimensions, about, alone));
        let news = usable.map(|value| {
            let buyer = buyer(shop, about, Some(value.unit_price.currency));
            let scope = inner.price_scopes.of_prices(self.adapter, &shop.name, description, &buyer);
            let date = about.date.as_ref().and_then(|named| named.value().copied());
            let item =
                PriceItem { sku: about.sku.clone(), quantity: value.quantity.clone(), location: about.location.clone(), date };
            let item = project_price_item(description, &item);
            let (exact, wider) = (PriceKey::exact(&scope, &item), PriceKey::any_quantity(&scope, &item));
            let is_wide = answers_many(value, &item, depends_on_quantity(description));
            let (key, other) = if is_wide { (wider, exact) } else { (exact, wider) };
            let entry = Entry::pushed(value.clone(), now, event.as_of, price_lifetime(policy, value, event.as_of.min(now)));
            News { keys: vec![key], judged: vec![other.clone()], superseded: vec![other], entry }
        });
        self.change(inner.offer_prices.memory(), reach, event.as_of, news, now)
    }

    fn uncacheable(&self, event: &Event, about: &About, until: Option<Timestamp>, now: Timestamp) -> Outcome {
        let inner = &self.commerce.inner;
        // An account's price cannot be told apart from the item here: rather too little is cached.
        let reach = Reach { account: None, ..self.reach(event, about) };
        if until.is_some_and(|end| end <= now) {
            inner.uncacheable.lift(&reach, event.as_of);
            return Ok("lifted");
        }
        match inner.uncacheable.put(&reach, event.as_of, until, now) {
            Ok(false) => return Err("older"),
            Ok(true) => {
                tracing::info!(adapter = %self.adapter, sku = %about.sku, "the back end does not want the item to be cached")
            }
            Err(TooMany) => {
                tracing::error!(adapter = %self.adapter, sku = %about.sku, "an item is cached although the back end does not want it: there are too many of them");
                return Err("too_many");
            }
        }
        let outdated = Outdated::changed(event.as_of, self.asked_until(event.as_of, now));
        inner.availability.memory().outdate(reach.clone(), outdated);
        inner.offer_prices.memory().outdate(reach, outdated);
        Ok("uncacheable")
    }

    /// Keeps a value when it is the newest; else, or without one, has whatever it reaches asked again. `news` that must not be kept is none.
    fn change<K, V>(
        &self,
        memory: &Memory<K, V>,
        reach: Reach,
        as_of: Timestamp,
        news: Option<News<K, V>>,
        now: Timestamp,
    ) -> Outcome
    where
        K: Clone + Hash + Eq + Weigh + Keyed,
        V: Weigh,
    {
        let asked_until = self.asked_until(as_of, now);
        let is_kept = |key: &K| !self.commerce.inner.uncacheable.includes(&key.dimensions(), now);
        let news = news.filter(|news| now < news.entry.kept_until() && news.keys.iter().all(is_kept));
        if let Some(news) = news {
            let judged = news.keys.iter().chain(&news.judged).map(|key| memory.judge(key, as_of, self.skew()));
            match judged.max() {
                Some(Verdict::Older) => return Err("older"),
                Some(Verdict::Newest) => {
                    memory.outdate(reach, Outdated::asked(asked_until));
                    news.superseded.iter().for_each(|key| memory.drop_pushed_before(key, as_of));
                    let entry = Arc::new(news.entry);
                    news.keys.iter().for_each(|key| memory.remember(key, Arc::clone(&entry)));
                    return Ok("updated");
                }
                Some(Verdict::Unclear) | None => {}
            }
        }
        memory.outdate(reach, Outdated::changed(as_of, asked_until));
        Ok("invalidated")
    }

    /// What was asked later than that knows of the change for certain.
    fn asked_until(&self, as_of: Timestamp, now: Timestamp) -> Timestamp {
        as_of.saturating_add(self.skew()).unwrap_or(Timestamp::MAX).min(now)
    }

    fn skew(&self) -> SignedDuration {
        SignedDuration::try_from(self.config.clock_skew()).unwrap_or(SignedDuration::MAX)
    }
}

/// A pushed value and the questions that it answers.
struct News<K, V> {
    keys: Vec<K>,
    /// Answers to these must not be newer either.
    judged: Vec<K>,
    /// Older pushed answers to these are wrong now.
    superseded: Vec<K>,
    entry: Entry<V>,
}
