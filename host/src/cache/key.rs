//! Cache keys that cannot be built without the dimensions that the adapter declared (rule F6).
//!
//! The same projection decides what goes into the key and what the adapter is told. What an adapter is not told, its answer cannot depend
//! on: so an answer can never be shared wider than declared.

use rust_decimal::Decimal;

use super::{Dimensions, Keyed};
use crate::domain::{
    AdapterName, AvailabilityItem, AvailabilityQuery, Buyer, Description, Dimension, Location, PriceItem, Sku, StoreName, Unit,
};

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

/// Who is asked, for whom: what one adapter call for prices has in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PriceScope {
    pub adapter: AdapterName,
    pub store: StoreName,
    pub buyer: Buyer,
    /// The dimensions that the adapter declared, as bits.
    pub declared: u16,
}

impl PriceScope {
    pub fn new(adapter: &AdapterName, store: &StoreName, description: &Description, buyer: &Buyer) -> Self {
        let buyer = project_buyer(&description.price_dimensions, buyer);
        Self { adapter: adapter.clone(), store: store.clone(), buyer, declared: declared(&description.price_dimensions) }
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

impl PriceKey {
    /// What of it varies in size.
    pub(super) fn parts(&self) -> (&Buyer, &Sku, &Unit, Option<&Location>) {
        (&self.scope.buyer, &self.sku, &self.unit, self.location.as_ref())
    }
}

impl Keyed for PriceKey {
    fn dimensions(&self) -> Dimensions<'_> {
        let Self { scope, sku, unit, location, date, quantity } = self;
        let PriceScope { adapter, store, buyer, .. } = scope;
        let (location, unit, buyer) = (location.as_ref(), Some(unit), Some(buyer));
        Dimensions { adapter, store, sku, location, unit, date: *date, quantity: *quantity, buyer }
    }
}

/// Key of one cached availability.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AvailabilityKey {
    adapter: AdapterName,
    store: StoreName,
    buyer: Option<Buyer>,
    item: AvailabilityItem,
    declared: u16,
}

impl Keyed for AvailabilityKey {
    fn dimensions(&self) -> Dimensions<'_> {
        let Self { adapter, store, buyer, item, .. } = self;
        let (location, unit, buyer) = (item.location.as_ref(), item.unit.as_ref(), buyer.as_ref());
        Dimensions { adapter, store, sku: &item.sku, location, unit, date: item.requested_date, quantity: item.quantity, buyer }
    }
}

impl AvailabilityKey {
    /// What of it varies in size.
    pub(super) fn parts(&self) -> (Option<&Buyer>, &AvailabilityItem) {
        (self.buyer.as_ref(), &self.item)
    }

    /// Reduces a question to what the adapter declared and gives the key of each of its items, in order, with the reduced question.
    pub fn project(
        adapter: &AdapterName,
        store: &StoreName,
        description: &Description,
        query: AvailabilityQuery,
    ) -> (Vec<Self>, AvailabilityQuery) {
        let dimensions = &description.availability_dimensions;
        let buyer = query.buyer.filter(|_| !dimensions.is_empty()).map(|buyer| project_buyer(dimensions, &buyer));
        let items: Vec<_> = query
            .items
            .into_iter()
            .map(|item| AvailabilityItem {
                requested_date: item.requested_date.filter(|_| dimensions.contains(&Dimension::Date)),
                ..item
            })
            .collect();
        let keys = items
            .iter()
            .map(|item| Self {
                adapter: adapter.clone(),
                store: store.clone(),
                buyer: buyer.clone(),
                item: item.clone(),
                declared: declared(dimensions),
            })
            .collect();
        (keys, AvailabilityQuery { buyer, items })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Currency, Deduplication, Extensions, Quantity};
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    fn description(price_dimensions: &[Dimension]) -> Description {
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
            let key = |buyer: &Buyer, item: &PriceItem| {
                let scope = PriceScope::new(&"erp".into(), &"main".into(), &description, buyer);
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
            let key = |dimensions: &[Dimension]| {
                let description = description(dimensions);
                PriceKey::any_quantity(&PriceScope::new(&"erp".into(), &"main".into(), &description, &buyer), &project_price_item(&description, &item))
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
