//! What an item costs this buyer: cache first, the adapter for what is missing (rules F6, F7).

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::catalog::{Answers, Asking, Catalog, Question, asker, by_policy, demand, read_each, urgency};
use super::policies::InForce;
use super::{Caller, Commerce, ItemAnswer, ServiceError, Shown};
use crate::adapter::Reader;
use crate::adapter::operation::OfferPrices;
use crate::cache::{
    Answer, Demand, Entry, Fetch, Lifetime, PriceKey, PriceScope, Subject, Urgency, Wanted, failure_lifetime,
    offer_price_lifetime, project_price_item,
};
use crate::config::PriceFreshness;
use crate::domain::{
    Currency, Description, Dimension, Failure, FailureCode, Fresh, OfferPrice, PriceItem, PriceQuery, Purpose, Quantity,
    StoreName,
};

/// What is asked.
#[derive(Clone, Debug)]
pub struct OfferPriceRequest {
    pub items: Vec<PriceItem>,
    pub purpose: Purpose,
    pub ship_to: Option<String>,
    pub contract: Option<String>,
    pub currency: Option<Currency>,
    /// How long the caller waits for prices that are not cached; zero: they are reported as pending.
    pub wait: Option<Duration>,
}

impl Commerce {
    /// The caller's price of each item, in the order asked.
    pub async fn offer_prices(
        &self,
        caller: &Caller,
        request: OfferPriceRequest,
    ) -> Result<Vec<ItemAnswer<OfferPrice>>, ServiceError> {
        let demand = match request.wait {
            Some(Duration::ZERO) if demand(request.purpose) == Demand::Cached => Demand::CachedOnly,
            _ => demand(request.purpose),
        };
        self.offer_prices_by(caller, request, demand).await
    }

    /// The same by another demand than the purpose's.
    pub(super) async fn offer_prices_by(
        &self,
        caller: &Caller,
        request: OfferPriceRequest,
        demand: Demand,
    ) -> Result<Vec<ItemAnswer<OfferPrice>>, ServiceError> {
        let shop = &caller.shop;
        let name = shop.config.pricing_adapter();
        let reader = self.reader(name)?;
        let description = reader.adapter().description();
        if description.price_dimensions.contains(&Dimension::Account) {
            caller.account()?;
        }
        let buyer = caller.buyer(request.ship_to, request.contract, request.currency);
        let scope = self.inner.price_scopes.of_prices(name, &shop.name, description, &buyer);
        let wait = request
            .wait
            .filter(|wait| !wait.is_zero())
            .unwrap_or_else(|| shop.config.read_deadline())
            .min(shop.config.read_deadline());
        let by_quantity = depends_on_quantity(description);
        let items: Vec<_> = request.items.iter().map(|item| project_price_item(description, item)).collect();
        let policies = self.inner.policies.offer_prices.load();
        let by_item = |item| {
            let call_on_miss = policies.of(subject(&shop.name, item)).call_on_miss;
            let withheld = self.is_withheld(name, &shop.name, &item.sku, item.location.as_ref());
            by_policy(demand, withheld && call_on_miss, call_on_miss)
        };
        let questions = items.iter().map(|item: &PriceItem| (by_item(item), item)).collect();
        drop(policies);
        let is_usable =
            |price: &OfferPrice, question: &Question<PriceItem>| answers_quantity(price, &question.item.quantity, by_quantity);
        let answers = read_each(questions, async |demand, items: Vec<&PriceItem>| {
            let asker = asker(caller, request.purpose, demand);
            let wanted = items.into_iter().map(|item| wanted(&scope, item, &asker)).collect();
            let ask = PriceAsk { scope: scope.clone(), reader: reader.clone(), urgency: urgency(demand) };
            self.inner.offer_prices.read(&ask, demand, wanted, wait, is_usable).await
        })
        .await;
        Ok(answers.into_iter().zip(&items).map(|(answer, item)| item_answer(answer, &item.quantity, by_quantity)).collect())
    }
}

fn subject<'a>(store: &'a StoreName, item: &'a PriceItem) -> Subject<'a> {
    Subject { store, sku: &item.sku, location: item.location.as_ref() }
}

fn wanted(scope: &PriceScope, item: &PriceItem, asker: &Arc<crate::domain::CallContext>) -> Wanted<PriceFetch> {
    Wanted {
        wider: Some(PriceKey::any_quantity(scope, item)),
        key: PriceKey::exact(scope, item),
        item: Question { item: item.clone(), asker: Arc::clone(asker) },
    }
}

/// Whether a price holds for its own quantity only, unless it has breaks.
pub(super) fn depends_on_quantity(description: &Description) -> bool {
    description.price_dimensions.contains(&Dimension::Quantity)
}

/// Whether a known price answers a quantity (rule F7). Never one in another unit.
fn answers_quantity(price: &OfferPrice, quantity: &Quantity, by_quantity: bool) -> bool {
    let same = price.quantity.value == quantity.value;
    let by_breaks = || if price.breaks.is_empty() { !by_quantity } else { price.covers(quantity.value) };
    price.quantity.unit == quantity.unit && (same || by_breaks())
}

/// The price for a quantity, when a known one answers it.
fn for_quantity(price: OfferPrice, quantity: &Quantity, by_quantity: bool) -> Option<OfferPrice> {
    if !answers_quantity(&price, quantity, by_quantity) {
        None
    } else if price.quantity.value == quantity.value {
        Some(price)
    } else if price.breaks.is_empty() {
        Some(OfferPrice { quantity: quantity.clone(), ..price })
    } else {
        price.for_quantity(quantity.value)
    }
}

fn item_answer(answer: Answer<OfferPrice>, quantity: &Quantity, by_quantity: bool) -> ItemAnswer<OfferPrice> {
    let known = match answer {
        Answer::Known(entry, source) if is_about(&entry, quantity) => Shown::kept(entry, source),
        Answer::Known(entry, source) => entry.to_fresh(source).and_then(|fresh| {
            let value = for_quantity(fresh.value, quantity, by_quantity).ok_or_else(priced_something_else)?;
            Ok(Shown::Own(Fresh { value, ..fresh }))
        }),
        Answer::Pending => return ItemAnswer::Pending,
        Answer::NotAsked => return ItemAnswer::NotAsked,
        Answer::Failed(failure) => Err(failure),
    };
    known.map_or_else(ItemAnswer::Failed, ItemAnswer::Known)
}

/// Whether it is the price of this very quantity, to be shown as it is.
fn is_about(entry: &Entry<OfferPrice>, quantity: &Quantity) -> bool {
    entry.answer.as_ref().is_ok_and(|price| price.quantity == *quantity)
}

fn priced_something_else() -> Failure {
    Failure::new(FailureCode::InvalidResponse, "the back end priced something else than was asked")
}

/// What one adapter call has in common. The generation that made the keys answers them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct PriceAsk {
    scope: PriceScope,
    reader: Reader,
    urgency: Urgency,
}

impl PriceAsk {
    fn asking(&self) -> Asking<'_> {
        Asking { reader: &self.reader, store: &self.scope.store, urgency: self.urgency }
    }
}

/// Asks the adapter and remembers the answers.
pub(super) struct PriceFetch {
    pub(super) catalog: Catalog<PriceKey, OfferPrice>,
    pub(super) policies: InForce<PriceFreshness>,
}

impl PriceFetch {
    fn answers<'a>(&'a self, ask: &'a PriceAsk) -> PriceAnswers<'a> {
        let by_quantity = depends_on_quantity(ask.reader.adapter().description());
        PriceAnswers { scope: &ask.scope, policies: &self.policies, by_quantity }
    }
}

/// What is said of the answers of one call.
struct PriceAnswers<'a> {
    scope: &'a PriceScope,
    policies: &'a InForce<PriceFreshness>,
    by_quantity: bool,
}

impl Answers for PriceAnswers<'_> {
    type Key = PriceKey;
    type Item = PriceItem;
    type Value = OfferPrice;

    fn keys(&self, key: &PriceKey, item: &PriceItem) -> Vec<PriceKey> {
        vec![PriceKey::any_quantity(self.scope, item), key.clone()]
    }

    /// Under which key an answer is remembered: one for all quantities where it answers them, else for the priced quantity.
    fn key_for(&self, key: PriceKey, item: &PriceItem, answer: &Result<OfferPrice, Failure>) -> PriceKey {
        let answers_many = answer.as_ref().is_ok_and(|price| answers_many(price, item, self.by_quantity));
        if answers_many { PriceKey::any_quantity(self.scope, item) } else { key }
    }

    fn fits(&self, price: &OfferPrice, item: &PriceItem) -> bool {
        answers(price, item, self.scope, self.by_quantity)
    }

    fn refused(&self) -> Failure {
        metrics::counter!("ordergate_contract_violations_total", "adapter" => self.scope.adapter.to_string(), "kind" => "price")
            .increment(1);
        priced_something_else()
    }

    fn as_of(&self, price: &OfferPrice) -> Option<Timestamp> {
        price.as_of
    }

    /// Not fresh for longer than the price is good.
    fn lifetime(&self, item: &PriceItem, answer: &Result<OfferPrice, Failure>, asked_at: Timestamp) -> Option<Lifetime> {
        let policies = self.policies.load();
        let policy = policies.of(subject(&self.scope.store, item));
        let lifetime = match answer {
            Ok(price) => Some(price_lifetime(policy, price, asked_at)),
            Err(failure) => failure_lifetime(policy.negative_secs, failure),
        };
        lifetime.filter(|_| policy.write_back)
    }
}

/// Whether a price is good for more than the quantity that was priced (rule F7).
pub(super) fn answers_many(price: &OfferPrice, item: &PriceItem, by_quantity: bool) -> bool {
    price.covers(item.quantity.value) || (price.breaks.is_empty() && !by_quantity)
}

/// Not fresh for longer than the price is good.
pub(super) fn price_lifetime(policy: &PriceFreshness, price: &OfferPrice, from: Timestamp) -> Lifetime {
    let lifetime = offer_price_lifetime(policy);
    price.valid_until.map_or(lifetime, |end| lifetime.at_most(end.duration_since(from)))
}

/// A price for another item, unit or quantity, or in another currency than asked is not believed: it must never reach a customer.
fn answers(price: &OfferPrice, item: &PriceItem, scope: &PriceScope, by_quantity: bool) -> bool {
    let currency = scope.buyer.currency;
    let in_currency = price.unit_price.currency == currency
        && price.list_price.is_none_or(|list| list.currency == currency)
        && price.breaks.iter().all(|step| step.unit_price.currency == currency);
    price.sku == item.sku && in_currency && price.per > Decimal::ZERO && answers_quantity(price, &item.quantity, by_quantity)
}

impl Fetch for PriceFetch {
    type Scope = PriceAsk;
    type Key = PriceKey;
    type Item = Question<PriceItem>;
    type Value = OfferPrice;

    fn cap(&self, ask: &Self::Scope) -> usize {
        ask.reader.batch_cap("pricing.offer-prices")
    }

    fn calls(&self, ask: &Self::Scope) -> usize {
        ask.reader.adapter().reads_per_buyer()
    }

    async fn fetch(self: Arc<Self>, ask: Self::Scope, items: Vec<(Self::Key, Self::Item)>) -> Vec<Arc<Entry<OfferPrice>>> {
        let buyer = ask.scope.buyer.clone();
        let price = |items| OfferPrices { query: PriceQuery { buyer, items } };
        self.catalog.fetch(ask.asking(), items, &self.answers(&ask), price).await
    }

    async fn known_elsewhere(&self, ask: &Self::Scope, items: &[(Self::Key, Self::Item)]) -> Vec<Option<Arc<Entry<OfferPrice>>>> {
        self.catalog.known_elsewhere(ask.asking(), items, &self.answers(ask)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{ScopeParts, Scopes};
    use crate::domain::{Buyer, Extensions, Money, QuantityBreak, Unit};

    fn euro(amount: i64) -> Money {
        Money::new(Decimal::from(amount), Currency::parse("EUR").unwrap())
    }

    fn price(quantity: i64, unit: &str, breaks: &[i64]) -> OfferPrice {
        OfferPrice {
            sku: "A".into(),
            quantity: Quantity::new(quantity.into(), Unit::new(unit)),
            unit_price: euro(10),
            list_price: None,
            per: Decimal::ONE,
            breaks: breaks.iter().map(|from| QuantityBreak { from: Decimal::from(*from), unit_price: euro(9) }).collect(),
            components: vec![],
            valid_until: None,
            as_of: None,
            ext: Extensions::new(),
        }
    }

    /// Whether a price is believed as the answer for ten pieces.
    fn believed(price: OfferPrice, by_quantity: bool) -> bool {
        let item = PriceItem { sku: "A".into(), quantity: Quantity::pieces(10), location: None, date: None };
        let currency = Currency::parse("EUR").unwrap();
        let (account, ship_to, contract, sales_area, ext) = (None, None, None, None, Extensions::new());
        let buyer = Buyer { account, ship_to, contract, currency, sales_area, ext };
        let scope = Scopes::default().share(ScopeParts { adapter: "erp".into(), store: "main".into(), buyer, declared: 0 });
        answers(&price, &item, &scope, by_quantity)
    }

    #[test]
    fn a_price_in_another_unit_than_asked_is_not_believed() {
        assert!(believed(price(10, "C62", &[]), true));
        assert!(!believed(price(10, "KGM", &[]), true));
        assert!(!believed(price(10, "KGM", &[]), false));
        assert!(!believed(price(1, "KGM", &[1, 5]), true));
    }

    #[test]
    fn f7_a_price_for_another_quantity_is_believed_only_where_it_covers_the_asked_one() {
        assert!(believed(price(1, "C62", &[]), false), "the quantity does not matter to this adapter");
        assert!(!believed(price(1, "C62", &[]), true));
        assert!(believed(price(1, "C62", &[1, 10]), true));
        assert!(!believed(price(100, "C62", &[50, 100]), true));
    }

    #[test]
    fn a_price_with_a_break_in_another_currency_or_per_nothing_is_not_believed() {
        let mut foreign = price(1, "C62", &[1]);
        foreign.breaks[0].unit_price.currency = Currency::parse("USD").unwrap();
        assert!(!believed(foreign, true));
        assert!(!believed(OfferPrice { per: Decimal::ZERO, ..price(10, "C62", &[]) }, true));
        assert!(!believed(OfferPrice { per: Decimal::NEGATIVE_ONE, ..price(10, "C62", &[]) }, true));
    }

    proptest::proptest! {
        /// Breaks at multiples of ten; quantities on, just below and just above them.
        #[test]
        fn f7_one_entry_answers_exactly_the_quantities_that_its_breaks_cover(
            starts in proptest::collection::btree_set(1i64..8, 1..6), at in 1i64..9, aside in -1i64..=1, per in 1i64..3, kilograms in proptest::bool::ANY
        ) {
            let starts: Vec<i64> = starts.into_iter().map(|start| start * 10).collect();
            let mut offer = price(1_000, "C62", &starts);
            offer.per = Decimal::from(per);
            for step in &mut offer.breaks {
                step.unit_price = Money::new(Decimal::ONE_THOUSAND - step.from, step.unit_price.currency);
            }
            let unit = if kilograms { Unit::new("KGM") } else { Unit::one() };
            let asked = Quantity::new(Decimal::from(at * 10) + Decimal::new(aside, 3), unit);
            let covering = starts.iter().filter(|start| Decimal::from(**start) <= asked.value).max().copied();
            let answer = for_quantity(offer.clone(), &asked, true);
            proptest::prop_assert_eq!(answers_quantity(&offer, &asked, true), answer.is_some());
            proptest::prop_assert_eq!(answer.is_some(), covering.is_some() && !kilograms, "{:?} {}", starts, asked.value);
            if let (Some(answer), Some(start)) = (answer, covering) {
                proptest::prop_assert_eq!((answer.unit_price.amount, answer.per), (Decimal::from(1_000 - start), offer.per));
                proptest::prop_assert_eq!((answer.quantity, answer.unit_price.currency), (asked, offer.unit_price.currency));
            }
        }
    }
}
