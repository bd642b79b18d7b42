//! Envelopes and values of entities.

use super::*;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

#[test]
fn an_entity_and_a_collection_are_told_apart() {
    assert!(entity(&json!({"d": {"SalesOrder": "1"}})).is_ok());
    assert!(entity(&json!({"error": {}})).is_err());
    let whole = json!({"d": {"results": [{"SalesOrder": "1"}], "__next": "https://x/y?$skiptoken=1", "__count": "12"}});
    let page = collection(&whole).unwrap();
    assert_eq!((page.entities.len(), page.next), (1, Some("https://x/y?$skiptoken=1")));
    assert_eq!(collection(&json!({"d": [{}, {}]})).unwrap().entities.len(), 2);
    assert!(collection(&json!({"d": {"SalesOrder": "1"}})).is_err(), "an entity is no empty list");
}

#[test]
fn empty_text_and_null_both_mean_that_it_is_not_set() {
    let value = json!({"a": "", "b": null, "c": " x ", "d": "0", "e": "000010"});
    let entity = Entity::of(&value);
    assert_eq!([entity.text("a"), entity.text("b"), entity.text("z"), entity.text("c")], [None, None, None, Some("x")]);
    assert_eq!((entity.count("d"), entity.count("e")), (None, Some(10)));
}

#[test]
fn pitfall_4_a_decimal_is_text_and_never_a_float() {
    let value = json!({"text": "2389.800", "whole": 7, "float": 0.1, "negative": "12.50-", "none": "", "wrong": "1,5"});
    let entity = Entity::of(&value);
    assert_eq!(entity.amount("text").unwrap(), "2389.8".parse().unwrap());
    assert_eq!(entity.amount("whole").unwrap(), Decimal::from(7));
    assert_eq!(entity.amount("negative").unwrap(), "-12.5".parse().unwrap());
    assert_eq!(entity.decimal("none").unwrap(), None);
    assert!(entity.amount("float").unwrap_err().contains("not decimal text"));
    assert!(entity.amount("wrong").is_err());
}

#[test]
fn pitfall_4_a_number_of_eighteen_digits_keeps_every_digit() {
    let value = json!({"id": "123456789012345678", "n": 123_456_789_012_345_678_i64});
    let entity = Entity::of(&value);
    assert_eq!(entity.text("id"), Some("123456789012345678"));
    assert_eq!(entity.amount("n").unwrap().to_string(), "123456789012345678");
}

#[test]
fn navigations_are_lists_arrays_or_deferred() {
    let value = json!({"a": {"results": [{}, {}]}, "b": [{}], "c": {"__deferred": {"uri": "x"}}, "d": null, "one": {"x": "1"}});
    let entity = Entity::of(&value);
    assert_eq!(["a", "b", "c", "d", "e"].map(|name| entity.many(name).len()), [2, 1, 0, 0, 0]);
    assert!(entity.one("c").is_none() && entity.one("d").is_none() && entity.one("one").is_some());
}

proptest! {
    #[test]
    fn a_decimal_comes_back_as_it_was_sent(mantissa in any::<i64>(), scale in 0u32..10) {
        let sent = Decimal::from_i128_with_scale(mantissa.into(), scale);
        let value = json!({"x": sent.to_string()});
        prop_assert_eq!(Entity::of(&value).amount("x").unwrap(), sent);
        let padded = json!({"x": format!("{sent:.9}")});
        prop_assert_eq!(Entity::of(&padded).amount("x").unwrap(), sent, "trailing zeros mean nothing");
    }

    #[test]
    fn no_text_breaks_the_reading_of_a_decimal(text in ".{0,40}") {
        let value = json!({"x": text});
        let _ = Entity::of(&value).decimal("x");
    }
}
