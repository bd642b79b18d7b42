//! Cache keys that cannot be built without the dimensions that the adapter declared (rule F6).
//!
//! The same projection decides what goes into the key and what the adapter is told. What an adapter is not told, its answer cannot depend
//! on: so an answer can never be shared wider than declared.

use rust_decimal::Decimal;

use super::scope::{AvailabilityScope, PriceScope, ScopeParts, Scopes};
use super::{Dimensions, Keyed};
use crate::domain::{AdapterName, AvailabilityItem, Buyer, Description, Dimension, Location, PriceItem, Sku, StoreName, Unit};

/// Reduces a buyer to the declared dimensions. The currency always stays.
pub fn project_buyer(dimensions: &std::collections::BTreeSet<Dimension>, buyer: &Buyer) -> Buyer {
    let keep = |dimension| dimensions.contains(&dimension);
    Buyer {
        account: buyer.account.clone().filter(|_| keep(Dimension::Account)),
        ship_to: buyer.ship_to.clone().filter(|_| keep(Dimension::ShipTo)),
        contract: buyer.contract.clone().filter(|_| keep(Dimension::Contract)),
        currency: buyer.currency,
        sales_area: buyer.sales_area.clone().filter(|_| keep(Dimension::SalesArea)),
        ext: buyer.ext.clone(),
    }
}

/// Reduces a priced item to the declared dimensions. Quantity and unit always stay: they are part of the question.
pub fn project_price_item(description: &Description, item: &PriceItem) -> PriceItem {
    let keep = |dimension| description.price_dimensions.contains(&dimension);
    PriceItem {
        sku: item.sku.clone(),
        quantity: item.quantity.clone(),
        location: item.location.clone().filter(|_| keep(Dimension::Location)),
        date: item.date.filter(|_| keep(Dimension::Date)),
    }
}

/// Which dimensions were declared, as bits. Part of every key: what was cached under one declaration is not found under another, so a new
/// generation of an adapter that declares others begins with an empty cache, and one that declares the same keeps it.
fn declared(dimensions: &std::collections::BTreeSet<Dimension>) -> u16 {
    dimensions.iter().fold(0, |bits, dimension| bits | (1 << (*dimension as u16)))
}

impl Scopes<Buyer> {
    /// For prices: the buyer, reduced to what the adapter declared.
    pub fn of_prices(&self, adapter: &AdapterName, store: &StoreName, description: &Description, buyer: &Buyer) -> PriceScope {
        let dimensions = &description.price_dimensions;
        let (adapter, store) = (adapter.clone(), store.clone());
        self.share(ScopeParts { adapter, store, buyer: project_buyer(dimensions, buyer), declared: declared(dimensions) })
    }
}

impl Scopes<Option<Buyer>> {
    /// For availability: the buyer only when the adapter declared dimensions.
    pub fn of_availability(
        &self,
        adapter: &AdapterName,
        store: &StoreName,
        description: &Description,
        buyer: &Buyer,
    ) -> AvailabilityScope {
        let dimensions = &description.availability_dimensions;
        let buyer = (!dimensions.is_empty()).then(|| project_buyer(dimensions, buyer));
        self.share(ScopeParts { adapter: adapter.clone(), store: store.clone(), buyer, declared: declared(dimensions) })
    }
}

/// Whether those who ask together accept cached answers. A live question must not travel in a call that tells the adapter otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// Browsing, filling a cart.
    Browsing,
    /// About to bill.
    Live,
}

/// Key of one cached offer price. The buyer is inside, reduced to what the adapter declared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PriceKey {
    scope: PriceScope,
    sku: Sku,
    unit: Unit,
    location: Option<Location>,
    date: Option<jiff::civil::Date>,
    /// Absent for a price that answers every quantity, or every quantity that its breaks cover (rule F7).
    quantity: Option<Decimal>,
}

impl PriceKey {
    /// The key for this very quantity. `item` must be projected.
    pub fn exact(scope: &PriceScope, item: &PriceItem) -> Self {
        Self { quantity: Some(item.quantity.value.normalize()), ..Self::any_quantity(scope, item) }
    }

    /// The key of an entry that answers many quantities. `item` must be projected.
    pub fn any_quantity(scope: &PriceScope, item: &PriceItem) -> Self {
        Self {
            scope: scope.clone(),
            sku: item.sku.clone(),
            unit: item.quantity.unit.clone(),
            location: item.location.clone(),
            date: item.date,
            quantity: None,
        }
    }
}

impl Keyed for PriceKey {
    fn dimensions(&self) -> Dimensions<'_> {
        let Self { scope, sku, unit, location, date, quantity } = self;
        let ScopeParts { adapter, store, buyer, declared } = &**scope;
        let (location, unit, buyer, declared) = (location.as_ref(), Some(unit), Some(buyer), *declared);
        Dimensions { adapter, store, sku, location, unit, date: *date, quantity: *quantity, buyer, declared }
    }
}

/// Key of one cached availability. Most ask about an item and nothing else: the rest has a place of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AvailabilityKey {
    scope: AvailabilityScope,
    sku: Sku,
    rest: Option<Box<AvailabilityRest>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct AvailabilityRest {
    location: Option<Location>,
    unit: Option<Unit>,
    quantity: Option<Decimal>,
    date: Option<jiff::civil::Date>,
}

impl Keyed for AvailabilityKey {
    fn dimensions(&self) -> Dimensions<'_> {
        let Self { scope, sku, rest } = self;
        let ScopeParts { adapter, store, buyer, declared } = &**scope;
        let rest = rest.as_deref();
        Dimensions {
            adapter,
            store,
            sku,
            location: rest.and_then(|rest| rest.location.as_ref()),
            unit: rest.and_then(|rest| rest.unit.as_ref()),
            date: rest.and_then(|rest| rest.date),
            quantity: rest.and_then(|rest| rest.quantity),
            buyer: buyer.as_ref(),
            declared: *declared,
        }
    }
}

impl AvailabilityKey {
    /// `item` must be projected.
    pub fn new(scope: &AvailabilityScope, item: AvailabilityItem) -> Self {
        let AvailabilityItem { sku, location, unit, quantity, requested_date: date } = item;
        let rest = AvailabilityRest { location, unit, quantity, date };
        let is_alone = matches!(rest, AvailabilityRest { location: None, unit: None, quantity: None, date: None });
        Self { scope: scope.clone(), sku, rest: (!is_alone).then(|| Box::new(rest)) }
    }

    /// What it takes besides its own size and texts, in bytes.
    pub(super) fn bytes_of_rest(&self) -> usize {
        self.rest.as_ref().map_or(0, |_| size_of::<AvailabilityRest>())
    }
}

/// Reduces an item whose availability is asked to the declared dimensions.
pub fn project_availability_item(description: &Description, item: AvailabilityItem) -> AvailabilityItem {
    let keeps_date = description.availability_dimensions.contains(&Dimension::Date);
    AvailabilityItem { requested_date: item.requested_date.filter(|_| keeps_date), ..item }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Currency, Deduplication, Extensions, Quantity};
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    pub(super) fn description(price_dimensions: &[Dimension]) -> Description {
        Description {
            name: "a".into(),
            version: "1".into(),
            vendor: "v".into(),
            capabilities: BTreeSet::new(),
            endpoints: vec![],
            settings_schema: String::new(),
            batch_caps: BTreeMap::new(),
            price_dimensions: price_dimensions.iter().copied().collect(),
            availability_dimensions: BTreeSet::new(),
            deduplication: Deduplication::Queryable,
            propagation_delay: Duration::ZERO,
            combined_price_and_availability: false,
            memory_bytes: None,
        }
    }

    prop_compose! {
        fn any_buyer()(account in "[AB]", ship_to in prop::option::of("[XY]"), contract in prop::option::of("[PQ]"), euro in any::<bool>()) -> Buyer {
            Buyer {
                account: Some(account.into()),
                ship_to,
                contract,
                currency: Currency::parse(if euro { "EUR" } else { "USD" }).unwrap(),
                sales_area: None,
                ext: Extensions::new(),
            }
        }
    }

    prop_compose! {
        fn any_item()(sku in "[ST]", quantity in 1i64..4, location in prop::option::of("[LM]")) -> PriceItem {
            PriceItem { sku: sku.into(), quantity: Quantity::new(quantity.into(), Unit::one()), location: location.map(Into::into), date: None }
        }
    }

    proptest! {
        #[test]
        fn f6_equal_keys_mean_equal_declared_dimensions(
            buyers in (any_buyer(), any_buyer()), items in (any_item(), any_item()), with_ship_to in any::<bool>(), with_location in any::<bool>()
        ) {
            let mut dimensions = vec![Dimension::Account];
            if with_ship_to { dimensions.push(Dimension::ShipTo) }
            if with_location { dimensions.push(Dimension::Location) }
            let description = description(&dimensions);
            let scopes = Scopes::default();
            let key = |buyer: &Buyer, item: &PriceItem| {
                let scope = scopes.of_prices(&"erp".into(), &"main".into(), &description, buyer);
                PriceKey::exact(&scope, &project_price_item(&description, item))
            };
            if key(&buyers.0, &items.0) == key(&buyers.1, &items.1) {
                prop_assert_eq!(&buyers.0.account, &buyers.1.account);
                prop_assert_eq!(buyers.0.currency, buyers.1.currency);
                prop_assert_eq!(&items.0.sku, &items.1.sku);
                prop_assert_eq!(&items.0.quantity, &items.1.quantity);
                prop_assert!(!with_ship_to || buyers.0.ship_to == buyers.1.ship_to);
                prop_assert!(!with_location || items.0.location == items.1.location);
            }
        }

        #[test]
        fn f6_what_was_cached_under_another_declaration_is_not_found(buyer in any_buyer(), item in any_item()) {
            let scopes = Scopes::default();
            let key = |dimensions: &[Dimension]| {
                let description = description(dimensions);
                PriceKey::any_quantity(&scopes.of_prices(&"erp".into(), &"main".into(), &description, &buyer), &project_price_item(&description, &item))
            };
            prop_assert_ne!(key(&[Dimension::Account]), key(&[Dimension::Account, Dimension::Unit]));
            prop_assert_eq!(key(&[Dimension::Account]), key(&[Dimension::Account]));
        }

        #[test]
        fn f6_an_adapter_is_never_told_what_it_did_not_declare(buyer in any_buyer()) {
            let told = project_buyer(&BTreeSet::from([Dimension::Account]), &buyer);
            prop_assert_eq!(told.account, buyer.account);
            prop_assert_eq!((told.ship_to, told.contract, told.sales_area), (None, None, None));
        }
    }
}
