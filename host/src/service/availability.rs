//! How many can be had: cache first, the adapter for what is missing.

use std::sync::Arc;

use super::catalog::{Catalog, Question, demand, urgency};
use super::{Caller, Commerce, ItemAnswer, ServiceError};
use crate::adapter::Reader;
use crate::adapter::operation::CheckAvailability;
use crate::cache::{
    Answer, AvailabilityKey, AvailabilityScope, Entry, Fetch, Urgency, Wanted, availability_lifetime, failure_lifetime,
    project_availability_item,
};
use crate::config::AvailabilityFreshness;
use crate::domain::{Availability, AvailabilityItem, AvailabilityQuery, Failure, FailureCode, Purpose};

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
        let description = reader.adapter().description();
        let scope = self.inner.availability_scopes.of_availability(name, &shop.name, description, &buyer);
        let demand = demand(request.purpose);
        let asker = Arc::new(caller.read_context(request.purpose));
        let wanted = |item| {
            let item = project_availability_item(description, item);
            let key = AvailabilityKey::new(&scope, item.clone());
            Wanted { wider: None, key, item: Question { item, asker: Arc::clone(&asker) } }
        };
        let wanted = request.items.into_iter().map(wanted).collect();
        let ask = AvailabilityAsk { scope: scope.clone(), reader: reader.clone(), urgency: urgency(demand) };
        let answers = self.inner.availability.read(&ask, demand, wanted, shop.config.read_deadline(), |_, _| true).await;
        Ok(answers.into_iter().map(item_answer).collect())
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
pub(super) struct AvailabilityAsk {
    scope: AvailabilityScope,
    reader: Reader,
    urgency: Urgency,
}

/// Asks the adapter and remembers the answers.
pub(super) struct AvailabilityFetch {
    pub(super) catalog: Catalog<AvailabilityKey, Availability>,
    pub(super) policy: AvailabilityFreshness,
}

/// An answer about another item, location or unit than asked is not believed.
fn believe(availability: Availability, item: &AvailabilityItem, scope: &AvailabilityScope) -> Result<Availability, Failure> {
    if answers(&availability, item) {
        return Ok(availability);
    }
    metrics::counter!("ordergate_contract_violations_total", "adapter" => scope.adapter.to_string(), "kind" => "availability")
        .increment(1);
    Err(Failure::new(FailureCode::InvalidResponse, "the back end answered something else than was asked"))
}

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
        ask.reader.adapter().description().batch_cap("availability.check")
    }

    fn calls(&self, ask: &Self::Scope) -> usize {
        ask.reader.adapter().reads_per_buyer()
    }

    async fn fetch(self: Arc<Self>, ask: Self::Scope, items: Vec<(Self::Key, Self::Item)>) -> Vec<Arc<Entry<Availability>>> {
        let asked_at = self.catalog.clock.now();
        let scope = &ask.scope;
        let check = |items| CheckAvailability { query: AvailabilityQuery { buyer: scope.buyer.clone(), items } };
        let answers = self.catalog.ask(&ask.reader, &scope.store, &items, check).await;
        let keep = |((key, question), answer): ((_, Question<_>), Result<_, _>)| {
            let answer = answer.and_then(|availability| believe(availability, &question.item, scope));
            let (as_of, lifetime) = match &answer {
                Ok(value) => (value.as_of, Some(availability_lifetime(&self.policy, value))),
                Err(failure) => (None, failure_lifetime(self.policy.negative_secs, failure)),
            };
            self.catalog.keep(key, answer, asked_at, as_of, lifetime)
        };
        items.into_iter().zip(answers).map(keep).collect()
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
