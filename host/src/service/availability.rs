//! How many can be had: cache first, the adapter for what is missing.

use std::sync::Arc;

use jiff::Timestamp;

use super::catalog::{Answers, Asking, Catalog, Question, asker, by_policy, demand, read_each, urgency};
use super::policies::InForce;
use super::{Caller, Commerce, ItemAnswer, ServiceError, Shown};
use crate::adapter::Reader;
use crate::adapter::operation::CheckAvailability;
use crate::cache::{
    Answer, AvailabilityKey, AvailabilityScope, Demand, Dimensions, Entry, Fetch, Lifetime, Subject, Urgency, Wanted,
    availability_lifetime, failure_lifetime, project_availability_item,
};
use crate::config::AvailabilityFreshness;
use crate::domain::{
    AdapterName, Availability, AvailabilityItem, AvailabilityQuery, Failure, FailureCode, Fresh, Location, Purpose, Sku, Source,
    StoreName,
};

/// What is asked.
#[derive(Clone, Debug)]
pub struct AvailabilityRequest {
    pub items: Vec<AvailabilityItem>,
    pub purpose: Purpose,
    pub ship_to: Option<String>,
    pub contract: Option<String>,
    /// How the goods are to get to the customer: some methods are always asked live.
    pub delivery_method: Option<String>,
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
        let description = reader.adapter().description();
        let scope = self.inner.availability_scopes.of_availability(name, &shop.name, description, &buyer);
        let (purpose, method) = (request.purpose, request.delivery_method);
        let policies = self.inner.policies.availability.load();
        let by_item = |item: &AvailabilityItem| {
            let policy = policies.of(subject(&shop.name, item));
            let bypass = method.as_ref().is_some_and(|method| policy.bypass.contains(method));
            let withheld = self.is_withheld(name, &shop.name, &item.sku, item.location.as_ref());
            by_policy(demand(purpose), bypass || (withheld && policy.call_on_miss), policy.call_on_miss)
        };
        let items = request.items.into_iter().map(|item| project_availability_item(description, item));
        let items = items.map(|item| (by_item(&item), item)).collect();
        drop(policies);
        let answers = read_each(items, async |demand, items: Vec<AvailabilityItem>| {
            let ask = AvailabilityAsk { scope: scope.clone(), reader: reader.clone(), urgency: urgency(demand) };
            let asker = asker(caller, purpose, demand);
            let lowers = demand != Demand::Live && !self.inner.decrements.is_empty();
            let lowered: Vec<_> = items.iter().filter(|_| lowers).cloned().collect();
            let wanted = |item: AvailabilityItem| {
                let key = AvailabilityKey::new(&scope, item.clone());
                Wanted { wider: None, key, item: Question { item, asker: Arc::clone(&asker) } }
            };
            let wanted = items.into_iter().map(wanted).collect();
            let answers = self.inner.availability.read(&ask, demand, wanted, shop.config.read_deadline(), |_, _| true).await;
            let now = self.inner.clock.now();
            let mut asked_again = Vec::new();
            let mut lowered = lowered.into_iter();
            let show = |answer| {
                let item = lowered.next();
                let mut shown = self.item_answer(&shop.name, answer, item.as_ref());
                if let (ItemAnswer::Known(Shown::Own(fresh)), Some(item)) = (&mut shown, item)
                    && is_over(fresh, now)
                {
                    fresh.source = Source::Stale;
                    asked_again.push((AvailabilityKey::new(&scope, item.clone()), Question { item, asker: Arc::clone(&asker) }));
                }
                shown
            };
            let answers = answers.into_iter().map(show).collect();
            if !asked_again.is_empty() {
                self.inner.availability.refresh(&ask, asked_again);
            }
            answers
        })
        .await;
        Ok(answers)
    }

    /// Whether the back end does not want answers about an item to be cached.
    pub(super) fn is_withheld(&self, adapter: &AdapterName, store: &StoreName, sku: &Sku, location: Option<&Location>) -> bool {
        let about =
            Dimensions { adapter, store, sku, location, unit: None, date: None, quantity: None, buyer: None, declared: 0 };
        self.inner.uncacheable.includes(&about, self.inner.clock.now())
    }

    /// `item`: what was asked, where orders lower the answer.
    fn item_answer(
        &self,
        store: &StoreName,
        answer: Answer<Availability>,
        item: Option<&AvailabilityItem>,
    ) -> ItemAnswer<Availability> {
        let known = match answer {
            Answer::Known(entry, source) => match item {
                Some(item) => entry.to_fresh(source).map(|mut fresh| {
                    self.lower_shown(store, item, entry.knows_until(), &mut fresh);
                    Shown::Own(fresh)
                }),
                None => Shown::kept(entry, source),
            },
            Answer::Pending => return ItemAnswer::Pending,
            Answer::NotAsked => return ItemAnswer::NotAsked,
            Answer::Failed(failure) => Err(failure),
        };
        known.map_or_else(ItemAnswer::Failed, ItemAnswer::Known)
    }
}

/// What orders made scarce is not fresh for as long as its entry is (rule F3).
fn is_over(shown: &Fresh<Availability>, now: Timestamp) -> bool {
    shown.fresh_until <= now && matches!(shown.source, Source::Cached | Source::Pushed)
}

pub(super) fn subject<'a>(store: &'a StoreName, item: &'a AvailabilityItem) -> Subject<'a> {
    Subject { store, sku: &item.sku, location: item.location.as_ref() }
}

/// What one adapter call has in common. The generation that made the keys answers them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct AvailabilityAsk {
    scope: AvailabilityScope,
    reader: Reader,
    urgency: Urgency,
}

impl AvailabilityAsk {
    fn asking(&self) -> Asking<'_> {
        Asking { reader: &self.reader, store: &self.scope.store, urgency: self.urgency }
    }
}

/// Asks the adapter and remembers the answers.
pub(super) struct AvailabilityFetch {
    pub(super) catalog: Catalog<AvailabilityKey, Availability>,
    pub(super) policies: InForce<AvailabilityFreshness>,
}

impl AvailabilityFetch {
    fn answers<'a>(&'a self, ask: &'a AvailabilityAsk) -> StockAnswers<'a> {
        StockAnswers { scope: &ask.scope, policies: &self.policies }
    }
}

/// What is said of the answers of one call.
struct StockAnswers<'a> {
    scope: &'a AvailabilityScope,
    policies: &'a InForce<AvailabilityFreshness>,
}

impl Answers for StockAnswers<'_> {
    type Key = AvailabilityKey;
    type Item = AvailabilityItem;
    type Value = Availability;

    fn keys(&self, key: &AvailabilityKey, _: &AvailabilityItem) -> Vec<AvailabilityKey> {
        vec![key.clone()]
    }

    fn key_for(&self, key: AvailabilityKey, _: &AvailabilityItem, _: &Result<Availability, Failure>) -> AvailabilityKey {
        key
    }

    fn fits(&self, value: &Availability, item: &AvailabilityItem) -> bool {
        answers(value, item)
    }

    fn refused(&self) -> Failure {
        metrics::counter!("ordergate_contract_violations_total", "adapter" => self.scope.adapter.to_string(), "kind" => "availability")
            .increment(1);
        Failure::new(FailureCode::InvalidResponse, "the back end answered something else than was asked")
    }

    fn as_of(&self, value: &Availability) -> Option<Timestamp> {
        value.as_of
    }

    fn lifetime(&self, item: &AvailabilityItem, answer: &Result<Availability, Failure>, _: Timestamp) -> Option<Lifetime> {
        let policies = self.policies.load();
        let policy = policies.of(subject(&self.scope.store, item));
        let lifetime = match answer {
            Ok(value) => Some(availability_lifetime(policy, value)),
            Err(failure) => failure_lifetime(policy.negative_secs, failure),
        };
        lifetime.filter(|_| policy.write_back)
    }
}

/// An answer about another item, location or unit than asked is not believed.
fn answers(availability: &Availability, item: &AvailabilityItem) -> bool {
    let elsewhere = || item.location.is_some() && availability.location.is_some() && availability.location != item.location;
    let in_another_unit = || item.unit.as_ref().is_some_and(|unit| *unit != availability.unit);
    availability.sku == item.sku && !availability.available.is_sign_negative() && !elsewhere() && !in_another_unit()
}

impl Fetch for AvailabilityFetch {
    type Scope = AvailabilityAsk;
    type Key = AvailabilityKey;
    type Item = Question<AvailabilityItem>;
    type Value = Availability;

    fn cap(&self, ask: &Self::Scope) -> usize {
        ask.reader.batch_cap("availability.check")
    }

    fn calls(&self, ask: &Self::Scope) -> usize {
        ask.reader.adapter().reads_per_buyer()
    }

    async fn fetch(self: Arc<Self>, ask: Self::Scope, items: Vec<(Self::Key, Self::Item)>) -> Vec<Arc<Entry<Availability>>> {
        let buyer = ask.scope.buyer.clone();
        let check = |items| CheckAvailability { query: AvailabilityQuery { buyer, items } };
        self.catalog.fetch(ask.asking(), items, &self.answers(&ask), check).await
    }

    async fn known_elsewhere(
        &self,
        ask: &Self::Scope,
        items: &[(Self::Key, Self::Item)],
    ) -> Vec<Option<Arc<Entry<Availability>>>> {
        self.catalog.known_elsewhere(ask.asking(), items, &self.answers(ask)).await
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
