//! What is said of ten pieces, by when and how many of them are promised.

use super::*;
use crate::domain::fixtures::{calculated_line, calculation, cart};
use crate::domain::{ScheduleLine, Unit};

fn part(quantity: i64, date: &str) -> ScheduleLine {
    let quantity = Quantity::new(quantity.into(), Unit::one());
    ScheduleLine { quantity, date: Some(date.parse().unwrap()), location: None }
}

/// What is said of ten pieces that are promised so, wanted on that day.
fn said(schedule: Vec<ScheduleLine>, wanted: Option<&str>) -> Vec<PromiseDifference> {
    let mut cart = cart(&[("1", "A", "10")]);
    cart.requested_date = wanted.map(|date| date.parse().unwrap());
    let line = CalculatedLine { schedule, ..calculated_line("1", "A", "10", "2.00") };
    calculation(vec![line]).promise_differences(&cart)
}

#[test]
fn c1_fewer_than_asked_are_told_with_how_many_there_are() {
    let told = said(vec![part(4, "2026-12-01")], None);
    assert_eq!((told[0].promised, told[0].in_time), (4.into(), 4.into()));
    assert_eq!(told[0].last_on, Some("2026-12-01".parse().unwrap()));
    assert_eq!(said(vec![part(4, "2026-12-01"), part(6, "2026-12-09")], None), vec![]);
}

#[test]
fn c1_later_than_asked_is_told_with_how_many_come_in_time() {
    let schedule = vec![part(4, "2026-12-01"), part(6, "2026-12-09")];
    let told = said(schedule.clone(), Some("2026-12-02"));
    assert_eq!((told[0].promised, told[0].in_time), (10.into(), 4.into()));
    assert_eq!(told[0].requested_date, Some("2026-12-02".parse().unwrap()));
    assert_eq!(said(schedule, Some("2026-12-09")), vec![]);
}

#[test]
fn c1_a_back_end_that_promises_nothing_is_not_taken_to_be_short() {
    assert_eq!(said(vec![], Some("2026-12-02")), vec![]);
}
