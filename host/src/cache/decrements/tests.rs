//! Which answers an order lowers, by how much, and until when.

use super::*;
use jiff::SignedDuration;

fn at(secs: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs)
}

fn line(sku: &str, location: Option<&str>, unit: &str, quantity: i64) -> OrderedLine {
    OrderedLine { sku: sku.into(), location: location.map(Into::into), unit: Unit::new(unit), quantity: quantity.into() }
}

fn order(reference: &str, held: Option<(i64, i64)>, lines: Vec<OrderedLine>) -> Ordered {
    Ordered { reference: reference.into(), store: "main".into(), held: held.map(|(from, until)| (at(from), at(until))), lines }
}

/// By how much an answer about A in pieces is lowered that was asked then.
fn lowered(decrements: &Decrements, asked_for: Option<&str>, answered_for: Option<&str>, asked_at: i64) -> i64 {
    let (store, sku, unit) = ("main".into(), "A".into(), Unit::one());
    let (asked_for, answered_for) = (asked_for.map(Location::from), answered_for.map(Location::from));
    let shown = ShownStock {
        store: &store,
        sku: &sku,
        asked_for: asked_for.as_ref(),
        answered_for: answered_for.as_ref(),
        unit: &unit,
        asked_at: at(asked_at),
    };
    i64::try_from(decrements.lower(&shown)).unwrap()
}

#[test]
fn f5_an_order_lowers_its_location_and_the_sum_in_its_own_unit_and_store() {
    let decrements = Decrements::default();
    let lines = vec![line("A", Some("BER"), "C62", 2), line("A", Some("BER"), "KGM", 50), line("B", None, "C62", 7)];
    decrements.put(order("O1", None, lines));
    let by = |asked, answered| lowered(&decrements, asked, answered, 0);
    assert_eq!((by(None, None), by(Some("BER"), None), by(Some("HAM"), None)), (2, 2, 0));
    assert_eq!((by(None, Some("BER")), by(None, Some("HAM"))), (2, 0), "the back end told which location it picked");
    decrements.put(Ordered { store: "other".into(), ..order("O2", None, vec![line("A", None, "C62", 100)]) });
    assert_eq!(by(None, None), 2);
}

#[test]
fn f5_an_order_without_a_location_lowers_only_answers_about_none() {
    let decrements = Decrements::default();
    decrements.put(order("O1", None, vec![line("A", None, "C62", 3)]));
    let by = |asked, answered| lowered(&decrements, asked, answered, 0);
    assert_eq!((by(None, None), by(None, Some("BER")), by(Some("BER"), Some("BER"))), (3, 3, 0));
}

#[test]
fn f5_a_confirmed_order_lowers_what_was_asked_before_it_was_confirmed() {
    let decrements = Decrements::default();
    decrements.put(order("O1", None, vec![line("A", None, "C62", 3)]));
    assert_eq!(lowered(&decrements, None, None, 50), 3, "not confirmed: the back end does not know it");
    decrements.confirm(&"O1".into(), at(100), at(0));
    assert_eq!((lowered(&decrements, None, None, 99), lowered(&decrements, None, None, 100)), (3, 0));
    decrements.confirm(&"O1".into(), at(200), at(0));
    assert_eq!(lowered(&decrements, None, None, 150), 0, "confirmed is confirmed");
}

#[test]
fn f5_while_the_back_end_holds_the_stock_its_answers_count_the_order() {
    let decrements = Decrements::default();
    decrements.put(order("O1", Some((10, 20)), vec![line("A", None, "C62", 3)]));
    let by = |asked_at| lowered(&decrements, None, None, asked_at);
    assert_eq!((by(9), by(10), by(19), by(20)), (3, 0, 0, 3));
}

#[test]
fn f5_an_order_counts_once_however_often_it_is_put_and_not_at_all_once_it_is_taken_back() {
    let decrements = Decrements::default();
    for _ in 0..2 {
        decrements.put(order("O1", None, vec![line("A", None, "C62", 3)]));
    }
    assert_eq!((lowered(&decrements, None, None, 0), decrements.open()), (3, vec!["O1".into()]));
    decrements.take_back(&"O1".into());
    decrements.take_back(&"O1".into());
    assert_eq!(lowered(&decrements, None, None, 0), 0);
    assert!(decrements.is_empty() && !decrements.contains(&"O1".into()));
}

#[test]
fn f5_a_confirmed_order_is_forgotten_when_no_answer_is_older() {
    let decrements = Decrements::default();
    for reference in ["O1", "O2"] {
        decrements.put(order(reference, None, vec![line("A", None, "C62", 3)]));
    }
    decrements.confirm(&"O1".into(), at(100), at(99));
    assert!(decrements.contains(&"O1".into()));
    decrements.confirm(&"O2".into(), at(200), at(100));
    assert!(!decrements.contains(&"O1".into()) && decrements.contains(&"O2".into()));
}

#[test]
fn when_there_are_too_many_lines_confirmed_orders_give_way_first() {
    let mut ledger = Ledger::default();
    for reference in ["O1", "O2", "O3"] {
        ledger.put(order(reference, None, vec![line("A", None, "C62", 1)]), 2);
        ledger.confirm(&"O2".into(), at(1), at(0));
    }
    assert!(!ledger.orders.contains_key("O2") && ledger.orders.contains_key("O3"));
}

#[test]
fn when_there_are_too_many_lines_of_open_orders_the_oldest_gives_way() {
    let mut ledger = Ledger::default();
    for number in 0..200 {
        ledger.put(order(&format!("O{number}"), None, vec![line("A", None, "C62", 1), line("B", None, "C62", 1)]), 5);
    }
    assert_eq!((ledger.orders.len(), ledger.lines), (2, 4));
    assert!(ledger.orders.contains_key("O199") && ledger.oldest_first.len() < 100);
}
