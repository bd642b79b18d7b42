//! Which question a pushed value answers (rule F6). Pure. A value is kept under a key only where the event determines every part of it; what
//! the event leaves open, or names although the adapter's answers are said not to depend on it, makes it a change without a value.

use std::collections::BTreeSet;

use crate::domain::{About, Buyer, Currency, Dimension, Extensions};
use crate::service::Shop;

/// Whether a store's answers can be told apart by what the event says of the buyer and the date.
pub(super) fn determines(dimensions: &BTreeSet<Dimension>, about: &About, store_is_named_or_alone: bool) -> bool {
    let buyer = [
        (Dimension::Account, about.account.is_some()),
        (Dimension::ShipTo, about.ship_to.is_some()),
        (Dimension::Contract, about.contract.is_some()),
        (Dimension::Date, about.date.is_some()),
    ];
    let agree = buyer.into_iter().all(|(dimension, is_named)| dimensions.contains(&dimension) == is_named);
    agree && (store_is_named_or_alone || !dimensions.contains(&Dimension::SalesArea))
}

/// The same for a price: its location counts only where it is declared. Of availability it always does.
pub(super) fn determines_price(dimensions: &BTreeSet<Dimension>, about: &About, store_is_named_or_alone: bool) -> bool {
    let location_agrees = dimensions.contains(&Dimension::Location) == about.location.is_some();
    location_agrees && determines(dimensions, about, store_is_named_or_alone)
}

/// The buyer of the question, as a storefront of the shop would be one.
pub(super) fn buyer(shop: &Shop, about: &About, currency: Option<Currency>) -> Buyer {
    Buyer {
        account: about.account.clone(),
        ship_to: about.ship_to.as_ref().and_then(|named| named.value().cloned()),
        contract: about.contract.as_ref().and_then(|named| named.value().cloned()),
        currency: currency.unwrap_or(shop.config.currency),
        sales_area: shop.config.sales_area.clone(),
        ext: Extensions::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Named;
    use proptest::prelude::*;

    fn about() -> About {
        About { sku: "A".into(), location: None, account: None, ship_to: None, contract: None, date: None }
    }

    #[test]
    fn f6_a_pushed_price_without_an_account_is_nobodys_where_prices_depend_on_it() {
        let of_account = BTreeSet::from([Dimension::Account, Dimension::Currency, Dimension::Unit]);
        assert!(!determines_price(&of_account, &about(), true));
        let named = About { account: Some("C-1".into()), ..about() };
        assert!(determines_price(&of_account, &named, false));
        assert!(
            !determines_price(&BTreeSet::new(), &named, true),
            "one account's price is not everyone's, whatever was declared"
        );
        assert!(determines_price(&BTreeSet::new(), &about(), true));
        assert!(!determines_price(&BTreeSet::from([Dimension::SalesArea]), &about(), false), "which of the stores?");
    }

    proptest! {
        #[test]
        fn f6_an_event_determines_a_key_only_when_it_names_exactly_what_was_declared(
            declared in prop::collection::btree_set(0usize..5, 0..=5), named in prop::collection::btree_set(0usize..5, 0..=5)
        ) {
            let all = [Dimension::Account, Dimension::ShipTo, Dimension::Contract, Dimension::Date, Dimension::Location];
            let dimensions: BTreeSet<_> = declared.iter().map(|index| all[*index]).collect();
            let names = |index: usize| named.contains(&index);
            let about = About {
                sku: "A".into(),
                account: names(0).then(|| "C".into()),
                ship_to: names(1).then(|| Named::Value("S".into())),
                contract: names(2).then_some(Named::Nothing),
                date: names(3).then_some(Named::Nothing),
                location: names(4).then(|| "L".into()),
            };
            prop_assert_eq!(determines_price(&dimensions, &about, true), declared == named);
        }
    }
}
