//! What is withheld, for how long, and how many.

use jiff::SignedDuration;

use super::*;
use crate::domain::Location;

const MOST: usize = 100;

fn at(secs: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs)
}

fn item(sku: &str, location: Option<&str>, as_of: i64, until: Option<i64>) -> Withheld {
    let location = location.map(Into::into);
    Withheld { sku: sku.into(), adapter: None, store: None, location, as_of: at(as_of), until: until.map(at) }
}

fn of(sku: &str, location: Option<&str>) -> Reach {
    Reach { location: location.map(Into::into), ..Reach::everything(sku.into()) }
}

fn includes(uncacheable: &Uncacheable, sku: &str, location: Option<&str>, now: i64) -> bool {
    let (adapter, store, sku, location) = ("erp".into(), "main".into(), sku.into(), location.map(Location::from));
    uncacheable.includes(&Dimensions::of(&adapter, &store, &sku, location.as_ref()), at(now))
}

/// As the host does: what is said is put in the place of what it ends.
fn lift(uncacheable: &Uncacheable, reach: &Reach, as_of: Option<i64>, now: i64) -> usize {
    let ended = uncacheable.ended_by(reach, as_of.map(at), at(now));
    ended.into_iter().filter(|ended| uncacheable.put(ended.clone(), at(now)) == Ok(true)).count()
}

#[test]
fn f12_an_item_is_not_cached_until_its_end_or_until_something_later_lifts_it() {
    let uncacheable = Uncacheable::new(MOST);
    uncacheable.put(item("A", None, 10, Some(100)), at(10)).unwrap();
    uncacheable.put(item("B", Some("BER"), 10, None), at(10)).unwrap();
    assert!(includes(&uncacheable, "A", Some("HAM"), 99) && !includes(&uncacheable, "A", Some("HAM"), 100));
    assert!(includes(&uncacheable, "B", Some("BER"), 500) && !includes(&uncacheable, "B", Some("HAM"), 500));
    assert!(includes(&uncacheable, "B", None, 500), "it may count Berlin's stock");
    assert_eq!(uncacheable.put(item("A", None, 9, None), at(20)), Ok(false));
    assert!(!includes(&uncacheable, "A", None, 100), "what is older changes nothing");
    assert_eq!(lift(&uncacheable, &of("A", Some("BER")), Some(20), 20), 0, "one location says nothing of the others");
    assert_eq!(lift(&uncacheable, &of("A", None), Some(10), 20), 0, "it is not later");
    assert_eq!((lift(&uncacheable, &of("A", None), Some(11), 20), lift(&uncacheable, &of("B", None), Some(11), 20)), (1, 1));
    assert!(!includes(&uncacheable, "A", None, 20) && uncacheable.of(&"A".into(), at(20)).is_empty());
}

#[test]
fn f12_a_message_that_comes_again_does_not_bring_back_what_was_lifted() {
    let uncacheable = Uncacheable::new(MOST);
    let first = item("A", None, 10, None);
    uncacheable.put(first.clone(), at(10)).unwrap();
    assert_eq!(lift(&uncacheable, &of("A", None), Some(20), 21), 1, "by a later value");
    assert_eq!(uncacheable.put(first.clone(), at(30)), Ok(false));
    assert_eq!(uncacheable.put(item("A", None, 20, None), at(30)), Ok(true), "of two at the same time, the one that came last");
    assert_eq!(lift(&uncacheable, &of("A", None), None, 40), 1, "by a person, who does not know the back end's time");
    assert_eq!(uncacheable.put(item("A", None, 20, None), at(50)), Ok(false));
    assert!(!includes(&uncacheable, "A", None, 50));
}

#[test]
fn f12_there_is_a_most_of_them_and_ended_ones_do_not_count() {
    let uncacheable = Uncacheable::new(MOST);
    for number in 0..MOST {
        let end = (number == 0).then_some(50);
        uncacheable.put(item(&format!("S{number}"), None, 1, end), at(1)).unwrap();
    }
    assert_eq!(uncacheable.put(item("more", None, 2, None), at(2)), Err(TooMany));
    assert!(uncacheable.put(item("S1", None, 2, None), at(2)).is_ok(), "one that is there already");
    assert!(uncacheable.put(item("more", None, 51, None), at(51)).is_ok());
    let put_at = |number: usize| uncacheable.put(item("S1", Some(&format!("L{number}")), 3, None), at(51));
    assert!((1..MAX_PER_ITEM).all(|number| put_at(number) == Ok(true)), "one is of all locations");
    assert_eq!(put_at(MAX_PER_ITEM), Err(TooMany));
}

#[test]
fn f12_however_many_come_and_go_the_number_that_is_remembered_is_bounded() {
    let uncacheable = Uncacheable::new(MOST);
    for number in 0..10 * MOST {
        let now = i64::try_from(number).unwrap();
        uncacheable.put(item(&format!("S{number}"), None, now, Some(now + 1)), at(now)).unwrap();
    }
    assert!(uncacheable.by_item.read().len() <= 2 * MOST);
}

#[test]
fn f12_what_is_in_force_elsewhere_takes_the_place_of_what_is_known_and_tells_what_is_new() {
    let uncacheable = Uncacheable::new(MOST);
    let (kept, gone) = (item("A", None, 1, None), item("B", None, 1, None));
    uncacheable.put(kept.clone(), at(1)).unwrap();
    uncacheable.put(gone, at(1)).unwrap();
    let new = uncacheable.replace(vec![kept, item("C", None, 2, None), item("D", None, 2, Some(3))], at(5));
    assert_eq!(new, [of("C", None)]);
    let found = ["A", "B", "C", "D"].map(|sku| includes(&uncacheable, sku, None, 5));
    assert_eq!(found, [true, false, true, false]);
}
