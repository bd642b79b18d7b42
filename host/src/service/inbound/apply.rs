//! Applies events to what is known, one after the other. Everything that a push does to cached answers goes through `Receiving::change`.

use std::hash::Hash;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use metrics::{Unit, describe_counter, describe_histogram};

use super::news::{News, Told};
use crate::adapter::operation::PushedEvent;
use crate::cache::{Keyed, Memory, Outdated, Reach, TooMany, Verdict, Weigh};
use crate::config::{InboundConfig, StoreConfig};
use crate::domain::{
    About, AdapterName, Change, Description, Event, EventKind, OrderDocument, QuoteDocument, Standing, Withheld,
};
use crate::service::{Commerce, Shop};
use crate::store::StoreError;

pub(super) const MESSAGES: &str = "ordergate_inbound_messages_total";
const EVENTS: &str = "ordergate_inbound_events_total";
const LAG: &str = "ordergate_inbound_lag_seconds";

/// A value that comes so long after its change is asked instead of kept, however well clocks agree.
const LATE: SignedDuration = SignedDuration::from_secs(60);

/// Called once at start.
pub(in crate::service) fn describe_metrics() {
    describe_counter!(
        MESSAGES,
        "Pushed messages by adapter and outcome (taken, replayed, shed, unreadable, failed, not_stored, unsigned, malformed_signature, wrong_signature, wrong_time)"
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
    /// Of the version of the adapter that read the message.
    pub standing: Standing,
}

impl Receiving<'_> {
    /// An error: it could not be stored, so the message has to come again.
    pub(super) async fn apply(&self, pushed: PushedEvent) -> Result<Effect, StoreError> {
        // Only known names become labels.
        let kind = EventKind::parse(&pushed.kind);
        let outcome = match pushed.event {
            Ok(event) => self.apply_event(event).await,
            Err(_) if kind.is_none() => Ok(Err("unknown_kind")),
            Err(failure) => {
                tracing::debug!(adapter = %self.adapter, kind = pushed.kind, cause = failure.message, "a pushed event cannot be used");
                Ok(Err("invalid"))
            }
        };
        let word = match &outcome {
            Ok(Ok(word) | Err(word)) => *word,
            Err(_) => "not_stored",
        };
        let kind = kind.map_or("unknown", EventKind::as_str);
        metrics::counter!(EVENTS, "adapter" => self.adapter.to_string(), "kind" => kind, "outcome" => word).increment(1);
        Ok(outcome?.map_or_else(Effect::Ignored, |_| Effect::Applied))
    }

    async fn apply_event(&self, event: Event) -> Result<Outcome, StoreError> {
        let (now, skew) = (self.commerce.inner.clock.now(), self.skew());
        if event.as_of.saturating_sub(skew).unwrap_or(Timestamp::MIN) > now {
            return Ok(Err("in_the_future"));
        }
        let lag = now.duration_since(event.as_of).as_secs_f64().max(0.0);
        metrics::histogram!(LAG, "adapter" => self.adapter.to_string()).record(lag);
        let (outcome, about) = match &event.change {
            Change::Order(hint) => return Ok(self.changed::<OrderDocument>(event.store.as_ref(), hint).await),
            Change::Quote(hint) => return Ok(self.changed::<QuoteDocument>(event.store.as_ref(), hint).await),
            Change::Availability(about, value) => {
                self.lift(&event, about, value.is_some()).await?;
                let outcome = self.in_each_shop(&event, about, StoreConfig::availability_adapter, |told, description| {
                    let news = value.as_ref().and_then(|value| told.stock(value, description));
                    self.change(self.commerce.inner.availability.memory(), &told, news)
                });
                (outcome, about)
            }
            Change::Price(about, value) => {
                self.lift(&event, about, value.is_some()).await?;
                let outcome = self.in_each_shop(&event, about, StoreConfig::pricing_adapter, |told, description| {
                    let news = value.as_ref().and_then(|value| told.price(value, description));
                    self.change(self.commerce.inner.offer_prices.memory(), &told, news)
                });
                (outcome, about)
            }
            Change::Uncacheable(about, until) => (self.uncacheable(&event, about, *until, now).await?, about),
        };
        if outcome.is_ok() {
            self.tell_others(&event, about).await;
        }
        Ok(outcome)
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

    /// A value that came later says that it may be cached again.
    async fn lift(&self, event: &Event, about: &About, has_value: bool) -> Result<(), StoreError> {
        match has_value {
            true => self.commerce.lift(&self.reach(event, about), Some(event.as_of)).await,
            false => Ok(()),
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
    /// One event at a time: what is newest is judged and kept in one go.
    fn in_each_shop(
        &self,
        event: &Event,
        about: &About,
        adapter_of: impl Fn(&StoreConfig) -> &AdapterName,
        apply: impl Fn(Told<'_>, &Description) -> Outcome,
    ) -> Outcome {
        let inner = &self.commerce.inner;
        let live = inner.adapters.get(self.adapter).ok_or("not_loaded")?;
        let shops: Vec<_> = inner.shops.values().filter(|shop| adapter_of(&shop.config) == self.adapter).collect();
        let (alone, named) = (shops.len() == 1 || event.store.is_some(), event.store.as_ref());
        let wanted = shops.into_iter().filter(|shop| named.is_none_or(|store| *store == shop.name));
        let _alone = inner.pushing.lock();
        // Not before what the event has lifted: that ended then.
        let now = inner.clock.now();
        let told = |shop: &'_ Arc<Shop>| Told { receiving: self, event, about, shop: Arc::clone(shop), alone, now };
        let outcomes = wanted.map(|shop| apply(told(shop), live.description())).collect::<Vec<_>>();
        outcomes.iter().copied().find(Result::is_ok).or_else(|| outcomes.first().copied()).unwrap_or(Err("no_such_store"))
    }

    async fn uncacheable(
        &self,
        event: &Event,
        about: &About,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Outcome, StoreError> {
        // An account's price cannot be told apart from the item here: rather too little is cached.
        let reach = Reach { account: None, ..self.reach(event, about) };
        if until.is_some_and(|end| end <= now) {
            self.commerce.lift(&reach, Some(event.as_of)).await?;
            return Ok(Ok("lifted"));
        }
        let Reach { sku, adapter, store, location, .. } = reach.clone();
        let withheld = Withheld { sku, adapter, store, location, as_of: event.as_of, until };
        let outcome = match self.commerce.withhold(withheld).await {
            Ok(Ok(false)) => return Ok(Err("older")),
            Ok(Ok(true)) => {
                tracing::info!(adapter = %self.adapter, sku = %about.sku, "the back end does not want the item to be cached");
                Ok(Ok("uncacheable"))
            }
            Ok(Err(TooMany)) => {
                tracing::error!(adapter = %self.adapter, sku = %about.sku, "an item is cached although the back end does not want it: there are too many of them (cache.max_uncacheable)");
                return Ok(Err("too_many"));
            }
            Err(error) => Err(error),
        };
        self.commerce.outdate_all(&reach, Outdated::changed(event.as_of, self.asked_until(event.as_of, now)));
        outcome
    }

    /// Keeps a value when it is the newest; else, or without one, has whatever it reaches asked again. `news` that must not be kept is none.
    fn change<K, V>(&self, memory: &Memory<K, V>, told: &Told<'_>, news: Option<News<K, V>>) -> Outcome
    where
        K: Clone + Hash + Eq + Weigh + Keyed,
        V: Weigh,
    {
        let (as_of, now) = (told.event.as_of, told.now);
        let reach = Reach { store: Some(told.shop.name.clone()), ..self.reach(told.event, told.about) };
        let asked_until = self.asked_until(as_of, now);
        let is_kept = |key: &K| !self.commerce.inner.uncacheable.includes(&key.dimensions(), now);
        let news = news.filter(|news| now < news.entry.kept_until() && news.keys.iter().all(is_kept));
        if let Some(news) = news {
            let judged = news.keys.iter().chain(&news.judged).map(|key| memory.judge(key, as_of, self.skew()));
            match judged.max() {
                Some(Verdict::Older) => return Err("older"),
                // What came between, another host may have been told, or this one before it was started.
                Some(Verdict::Newest) if now.duration_since(as_of) > self.skew().max(LATE) => {}
                Some(Verdict::Newest) => {
                    memory.outdate(reach, Outdated::asked(asked_until));
                    news.superseded.iter().for_each(|key| memory.drop_pushed_before(key, as_of));
                    let entry = Arc::new(news.entry.said_by(self.standing.clone()));
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
