//! What an order that was taken without the back end's word is sent at.

use proptest::prelude::*;

use super::*;
use crate::domain::Totals;
use crate::domain::fixtures::{calculated_line, calculation, cart, euro, order};

fn provisional(mode: DegradedMode, max_rise_percent: &str) -> Provisional {
    Provisional {
        mode,
        basis: PriceBasis::Cached,
        reason: "unavailable".into(),
        as_of: None,
        max_rise_percent: max_rise_percent.parse().unwrap(),
        unpriced: vec![],
        is_complete: false,
    }
}

/// Ten pieces of A, at that price, with freight and tax that only the back end knows.
fn live(unit_price: &str) -> Calculation {
    let mut live = calculation(vec![calculated_line("1", "A", "10", unit_price)]);
    let freight = live.totals.payable.plus(euro("25.00")).unwrap();
    live.totals = Totals { payable: freight, ..live.totals };
    live
}

/// An order of ten pieces that were agreed to at 10.00.
fn ordered(mode: DegradedMode, max_rise_percent: &str) -> Order {
    let cart = cart(&[("1", "A", "10")]);
    let agreed = calculation(vec![calculated_line("1", "A", "10", "10.00")]);
    let terms = Terms {
        provisional: provisional(mode, max_rise_percent),
        adapter: "erp".into(),
        agreed: Some(euro("100.00")),
        asked: None,
        asked_payable: None,
        accepted: None,
        is_settled: false,
    };
    Order { provisional: Some(terms), ..order(&cart, &agreed) }
}

fn settled(priced: Option<Priced>) -> Order {
    match priced {
        Some(Priced::Settled(order)) => order,
        other => panic!("not settled, but {other:?}"),
    }
}

fn too_dear(priced: Option<Priced>) -> (Order, String) {
    match priced {
        Some(Priced::TooDear(order, sentence)) => (order, sentence),
        other => panic!("not too dear, but {other:?}"),
    }
}

#[test]
fn c6_within_the_limit_a_repriced_order_is_sent_at_the_live_price_and_a_cached_one_as_agreed() {
    for (mode, unit_price) in
        [(DegradedMode::AcceptReprice, "10.50"), (DegradedMode::ListPrice, "10.50"), (DegradedMode::AcceptCached, "10.00")]
    {
        let order = settled(ordered(mode, "5").priced(&live("10.50")));
        assert_eq!(order.lines[0].unit_price, Some(euro(unit_price)), "{mode:?}");
        let terms = order.provisional.unwrap();
        assert_eq!((terms.agreed, terms.asked), (Some(euro("100.00")), Some(euro("105.00"))));
        assert_eq!(terms.asked_payable, Some(euro("130.00")));
        assert!(terms.is_settled);
    }
}

#[test]
fn c6_a_price_that_fell_is_passed_on_where_the_live_price_counts() {
    let order = settled(ordered(DegradedMode::AcceptReprice, "0").priced(&live("9.00")));
    assert_eq!((order.lines[0].amount, order.totals.unwrap().payable), (Some(euro("90.00")), euro("115.00")));
    let order = settled(ordered(DegradedMode::AcceptCached, "0").priced(&live("9.00")));
    assert_eq!((order.lines[0].amount, order.totals), (Some(euro("100.00")), None), "sealed is sealed");
}

#[test]
fn c6_beyond_the_limit_a_person_decides_and_what_is_accepted_holds_for_that_amount_only() {
    let (order, sentence) = too_dear(ordered(DegradedMode::AcceptReprice, "5").priced(&live("10.51")));
    assert!(sentence.contains("100.00 EUR") && sentence.contains("105.10 EUR") && sentence.contains("5 %"), "{sentence}");
    assert_eq!(order.lines[0].unit_price, Some(euro("10.00")), "nothing is changed before somebody agrees");
    let accepted = order.accepted().unwrap();
    assert_eq!(settled(accepted.priced(&live("10.51"))).lines[0].unit_price, Some(euro("10.51")));
    let (_, sentence) = too_dear(accepted.priced(&live("10.52")));
    assert!(sentence.contains("105.10 EUR that were accepted"), "{sentence}");
}

#[test]
fn c6_an_order_whose_price_nobody_saw_goes_to_a_person() {
    let mut order = ordered(DegradedMode::AcceptReprice, "1000");
    let terms = order.provisional.as_mut().unwrap();
    (terms.agreed, terms.provisional.unpriced) = (None, vec!["1".into()]);
    let (order, sentence) = too_dear(order.priced(&live("0.01")));
    assert!(sentence.contains("without a price"), "{sentence}");
    assert_eq!(settled(order.accepted().unwrap().priced(&live("0.01"))).lines[0].unit_price, Some(euro("0.01")));
}

#[test]
fn c6_with_taxes_and_charges_known_all_of_it_is_compared() {
    let mut order = ordered(DegradedMode::AcceptReprice, "0");
    let terms = order.provisional.as_mut().unwrap();
    (terms.provisional.is_complete, terms.agreed) = (true, Some(euro("125.00")));
    settled(order.priced(&live("10.00")));
    too_dear(order.priced(&live("10.01")));
}

#[test]
fn c6_a_settled_order_is_not_priced_again_and_nothing_is_accepted_before_it_was_asked() {
    let order = ordered(DegradedMode::AcceptReprice, "0");
    assert!(order.accepted().is_none());
    let order = settled(order.priced(&live("10.00")));
    assert!(order.priced(&live("99.00")).is_none() && order.accepted().is_none());
}

#[test]
fn c6_a_price_that_cannot_be_compared_goes_to_a_person() {
    let mut order = ordered(DegradedMode::AcceptReprice, "1000");
    order.lines[0].id = "another".into();
    too_dear(order.priced(&live("0.01")));
}

#[test]
fn an_order_becomes_the_cart_that_it_came_from() {
    let asked = cart(&[("1", "A", "10"), ("2", "B", "3")]);
    assert_eq!(order(&asked, &calculation(vec![])).cart(), asked);
}

proptest! {
    #[test]
    fn c6_no_order_is_sent_above_what_was_agreed_to_plus_the_limit(
        agreed in 1_i64..1_000_000, asked in 1_i64..2_000_000, percent in 0_i64..60, accepted in prop::option::of(1_i64..2_000_000),
        mode in prop::sample::select(vec![DegradedMode::AcceptCached, DegradedMode::AcceptReprice, DegradedMode::ListPrice])
    ) {
        let cents = |cents: i64| Money::new(Decimal::new(cents, 2), euro("0").currency);
        let mut order = ordered(mode, &percent.to_string());
        order.lines[0].amount = Some(cents(agreed));
        let terms = order.provisional.as_mut().unwrap();
        (terms.agreed, terms.accepted) = (Some(cents(agreed)), accepted.map(cents));
        let mut live = live("1.00");
        (live.lines[0].amount, live.totals.lines) = (cents(asked), cents(asked));
        let limit = (i128::from(agreed) * i128::from(100 + percent)).max(i128::from(accepted.unwrap_or(0)) * 100);
        match order.priced(&live).unwrap() {
            Priced::Settled(sent) => {
                prop_assert!(i128::from(asked) * 100 <= limit);
                let amount = sent.lines[0].amount.unwrap();
                prop_assert_eq!(amount, if mode == DegradedMode::AcceptCached { cents(agreed) } else { cents(asked) });
            }
            Priced::TooDear(kept, _) => {
                prop_assert!(i128::from(asked) * 100 > limit);
                prop_assert_eq!(&kept.lines, &order.lines);
            }
        }
    }
}
