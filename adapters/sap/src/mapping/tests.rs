//! Pure mappings, on recorded documents and by property.

mod received;
mod sent;

use super::units::{Ratio, to_sap, to_un};
use super::{plain, prices, same_number};
use crate::tests::settings;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

#[test]
fn pitfall_10_units_of_the_settings_come_before_the_usual_ones() {
    let usual = settings(json!({}));
    assert_eq!((to_un(&usual, "PC").unwrap(), to_sap(&usual, "C62").unwrap()), ("C62".to_owned(), "PC".to_owned()));
    assert!(to_un(&usual, "ST").unwrap_err().contains("unit ST is not known: add it under units"));
    let german = settings(json!({"units": {"ST": "C62", "CT": "XCT"}}));
    assert_eq!((to_sap(&german, "C62").unwrap(), to_un(&german, "PC").unwrap()), ("ST".to_owned(), "C62".to_owned()));
    assert!(to_sap(&german, "CT").is_err(), "CT means something else here");
}

#[test]
fn b4_a_ratio_is_exact_and_rounds_down_what_can_be_promised() {
    let dozen = Ratio::parse("12/1").unwrap();
    assert_eq!(plain(dozen.units_of(Decimal::from(25)).unwrap()), "2.083");
    assert_eq!(plain(dozen.base_units_of(Decimal::from(2)).unwrap()), "24");
    for wrong in ["", "12", "1/0", "0/1", "a/b", "-1/2", "1.5/2"] {
        assert_eq!(Ratio::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn leading_zeros_of_a_number_mean_nothing() {
    assert!(same_number("0010100001", "10100001") && !same_number("10100001", "1010000"));
}

#[test]
fn pitfall_4_a_price_per_hundred_is_the_same_money() {
    let unit_price = prices::unit_price("1680".parse().unwrap(), Decimal::from(120), Decimal::ONE_HUNDRED).unwrap();
    assert_eq!(plain(unit_price), "1400");
    assert_eq!(plain(prices::unit_price("10".parse().unwrap(), Decimal::from(3), Decimal::ONE).unwrap()), "3.333333333");
    assert!(prices::unit_price(Decimal::ONE, Decimal::ZERO, Decimal::ONE).is_err());
}

proptest! {
    /// Whole units go into base units and back without loss (rule B4).
    #[test]
    fn b4_there_and_back_is_the_same_quantity(units in 1u32..100_000, numerator in 1u32..500) {
        let ratio = Ratio::parse(&format!("{numerator}/1")).unwrap();
        let units = Decimal::from(units);
        prop_assert_eq!(ratio.units_of(ratio.base_units_of(units).unwrap()).unwrap(), units);
    }

    /// The rounded unit price gives the line's amount again, to the cent.
    #[test]
    fn a_unit_price_gives_the_net_amount_again(cents in 1i64..100_000_000, quantity in 1u32..100_000, per in prop::sample::select(vec![1u32, 10, 100, 1_000])) {
        let (net, quantity, per) = (Decimal::new(cents, 2), Decimal::from(quantity), Decimal::from(per));
        let price = prices::unit_price(net, quantity, per).unwrap();
        let again = (price * quantity / per).round_dp(2);
        prop_assert_eq!(again, net);
    }
}
