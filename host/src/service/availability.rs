//! How many can be had: cache first, the adapter for what is missing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Caller, Commerce, ItemAnswer, ServiceError, Shop};
use crate::adapter::Reader;
use crate::adapter::operation::CheckAvailability;
use crate::cache::{
    Answer, AvailabilityKey, Demand, Entry, Fetch, Memory, Urgency, Wanted, availability_lifetime, failure_lifetime,
};
use crate::clock::Clock;
use crate::config::{AvailabilityFreshness, FreshnessConfig};
use crate::domain::{
    Availability, AvailabilityItem, AvailabilityQuery, Buyer, CallContext, Failure, FailureCode, Purpose, StoreName,
};

/// What is asked.
#[derive(Clone, Debug)]
pub struct AvailabilityRequest {
    pub items: Vec<AvailabilityItem>,
    pub purpose: Purpose,
    pub ship_to: Option<String>,
    pub contract: Option<String>,
}

impl Commerce {
    /// Availability of each item, in the order asked.
    pub async fn availability(
        &self,
        caller: &Caller,
        request: AvailabilityRequest,
    ) -> Result<Vec<ItemAnswer<Availability>>, ServiceError> {
        let shop = &caller.shop;
        let name = shop.config.availability_adapter();
        let reader = self.reader(name)?;
        let buyer = caller.buyer(request.ship_to, request.contract, None);
        let query = AvailabilityQuery { buyer: Some(buyer), items: request.items };
        let (keys, query) = AvailabilityKey::project(name, &shop.name, reader.adapter().description(), query);
        let demand = demand(request.purpose);
        let (store, urgency) = (shop.name.clone(), urgency(demand));
        let scope = AvailabilityScope { reader, store, buyer: query.buyer, urgency };
        let asker = Arc::new(caller.read_context(request.purpose));
        let wanted = keys
            .into_iter()
            .zip(query.items)
            .map(|(key, item)| Wanted { known_as: vec![key.clone()], key, item: Question { item, asker: Arc::clone(&asker) } })
            .collect();
        let answers = self.inner.availability.read(&scope, demand, wanted, shop.config.read_deadline(), |_, _| true).await;
        Ok(answers.into_iter().map(item_answer).collect())
    }
}

/// Which reads the cache may answer (the table of purposes in the freshness rules).
pub(super) fn demand(purpose: Purpose) -> Demand {
    match purpose {
        Purpose::Browse | Purpose::Cart => Demand::Cached,
        _ => Demand::Live,
    }
}

pub(super) fn urgency(demand: Demand) -> Urgency {
    match demand {
        Demand::Live => Urgency::Live,
        Demand::Cached | Demand::CachedOnly => Urgency::Browsing,
    }
}

fn item_answer(answer: Answer<Availability>) -> ItemAnswer<Availability> {
    match answer {
        Answer::Known(entry, source) => entry.to_fresh(source).map_or_else(ItemAnswer::Failed, ItemAnswer::Known),
        Answer::Pending => ItemAnswer::Pending,
        Answer::Failed(failure) => ItemAnswer::Failed(failure),
    }
}

/// What one adapter call has in common. The generation that made the keys answers them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct AvailabilityScope {
    reader: Reader,
    store: StoreName,
    buyer: Option<Buyer>,
    urgency: Urgency,
}

/// One item, and the request that asked it first.
#[derive(Clone)]
pub(super) struct Question<I> {
    pub(super) item: I,
    pub(super) asker: Arc<CallContext>,
}

/// Asks the adapter and remembers the answers.
pub(super) struct AvailabilityFetch {
    shops: BTreeMap<StoreName, Arc<Shop>>,
    memory: Memory<AvailabilityKey, Availability>,
    policy: AvailabilityFreshness,
    clock: Clock,
}

impl AvailabilityFetch {
    pub(super) fn new(
        shops: BTreeMap<StoreName, Arc<Shop>>,
        memory: Memory<AvailabilityKey, Availability>,
        freshness: &FreshnessConfig,
        clock: Clock,
    ) -> Self {
        Self { shops, memory, policy: freshness.availability.clone(), clock }
    }

    async fn ask(
        &self,
        scope: &AvailabilityScope,
        items: &[(AvailabilityKey, Question<AvailabilityItem>)],
    ) -> Vec<Result<Availability, Failure>> {
        let everything_failed = |failure: Failure| items.iter().map(|_| Err(failure.clone())).collect();
        let Some(context) = call_context(items, &self.shops, &scope.store) else {
            return everything_failed(Failure::new(FailureCode::Unavailable, "there is no such store any more"));
        };
        let questions = items.iter().map(|(_, question)| question.item.clone()).collect();
        let operation = CheckAvailability { query: AvailabilityQuery { buyer: scope.buyer.clone(), items: questions } };
        let answers = scope.reader.call(&context, &operation).await.unwrap_or_else(everything_failed);
        answers.into_iter().zip(items).map(|(answer, (_, question))| believe(answer, &question.item, scope)).collect()
    }
}

/// An answer about another item, location or unit than asked is not believed.
fn believe(
    answer: Result<Availability, Failure>,
    item: &AvailabilityItem,
    scope: &AvailabilityScope,
) -> Result<Availability, Failure> {
    let availability = answer?;
    if answers(&availability, item) {
        return Ok(availability);
    }
    metrics::counter!("ordergate_contract_violations_total", "adapter" => scope.reader.adapter().name().to_string(), "kind" => "availability")
        .increment(1);
    Err(Failure::new(FailureCode::InvalidResponse, "the back end answered something else than was asked"))
}

fn answers(availability: &Availability, item: &AvailabilityItem) -> bool {
    let elsewhere = || item.location.is_some() && availability.location.is_some() && availability.location != item.location;
    let in_another_unit = || item.unit.as_ref().is_some_and(|unit| *unit != availability.unit);
    availability.sku == item.sku && !availability.available.is_sign_negative() && !elsewhere() && !in_another_unit()
}

/// The context of a gathered call: that of its first asker, with the store's whole deadline, because others may have joined.
pub(super) fn call_context<K, I>(
    items: &[(K, Question<I>)],
    shops: &BTreeMap<StoreName, Arc<Shop>>,
    store: &StoreName,
) -> Option<CallContext> {
    let asker = &items.first()?.1.asker;
    Some(CallContext { deadline: shops.get(store)?.config.read_deadline(), ..CallContext::clone(asker) })
}

impl Fetch for AvailabilityFetch {
    type Scope = AvailabilityScope;
    type Key = AvailabilityKey;
    type Item = Question<AvailabilityItem>;
    type Value = Availability;

    fn cap(&self, scope: &Self::Scope) -> usize {
        scope.reader.adapter().description().batch_cap("availability.check")
    }

    fn calls(&self, scope: &Self::Scope) -> usize {
        scope.reader.adapter().reads_per_buyer()
    }

    async fn fetch(self: Arc<Self>, scope: Self::Scope, items: Vec<(Self::Key, Self::Item)>) -> Vec<Arc<Entry<Availability>>> {
        let asked_at = self.clock.now();
        let answers = self.ask(&scope, &items).await;
        items
            .into_iter()
            .zip(answers)
            .map(|((key, _), answer)| {
                let lifetime = match &answer {
                    Ok(value) => Some(availability_lifetime(&self.policy, value)),
                    Err(failure) => failure_lifetime(self.policy.negative_secs, failure),
                };
                let as_of = answer.as_ref().ok().and_then(|value| value.as_of);
                let entry = Arc::new(Entry::new(answer, asked_at, as_of, lifetime.unwrap_or_default()));
                if lifetime.is_some() {
                    self.memory.remember(key, Arc::clone(&entry));
                }
                entry
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Extensions, Unit};
    use rust_decimal::Decimal;

    fn asked(location: Option<&str>, unit: Option<&str>) -> AvailabilityItem {
        AvailabilityItem {
            sku: "A".into(),
            location: location.map(Into::into),
            unit: unit.map(Unit::new),
            quantity: None,
            requested_date: None,
        }
    }

    fn answered(location: Option<&str>, unit: &str) -> Availability {
        Availability {
            sku: "A".into(),
            location: location.map(Into::into),
            available: Decimal::TEN,
            unit: Unit::new(unit),
            unlimited: false,
            schedule: vec![],
            lead_time_days: None,
            as_of: None,
            ext: Extensions::new(),
        }
    }

    #[test]
    fn a_live_question_never_travels_in_a_call_that_browses() {
        let of = |purpose| urgency(demand(purpose));
        assert_eq!(of(Purpose::Browse), of(Purpose::Cart));
        assert_ne!(of(Purpose::Browse), of(Purpose::Checkout));
        assert_eq!(of(Purpose::Checkout), of(Purpose::Commit));
    }

    #[test]
    fn availability_at_another_location_than_asked_is_not_believed() {
        assert!(answers(&answered(Some("W1"), "C62"), &asked(Some("W1"), None)));
        assert!(answers(&answered(None, "C62"), &asked(Some("W1"), None)), "it need not be repeated");
        assert!(answers(&answered(Some("W1"), "C62"), &asked(None, None)), "the back end picks");
        assert!(!answers(&answered(Some("W2"), "C62"), &asked(Some("W1"), None)));
    }

    #[test]
    fn availability_in_another_unit_than_asked_is_not_believed() {
        assert!(answers(&answered(None, "KGM"), &asked(None, Some("KGM"))));
        assert!(answers(&answered(None, "KGM"), &asked(None, None)));
        assert!(!answers(&answered(None, "C62"), &asked(None, Some("KGM"))));
    }
}
