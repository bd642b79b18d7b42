//! What marks reach, and that they are bounded.

use super::*;

fn at(secs: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs)
}

fn everything(sku: &str) -> Reach {
    Reach { sku: sku.into(), adapter: None, store: None, location: None }
}

fn latest(marks: &Marks, sku: &str, location: Option<&str>) -> Option<Timestamp> {
    let (adapter, store, sku, location) = ("erp".into(), "main".into(), sku.into(), location.map(Location::from));
    marks.latest(&Dimensions::of(&adapter, &store, &sku, location.as_ref()))
}

#[test]
fn a_mark_reaches_what_it_names_and_answers_about_no_location() {
    let marks = Marks::default();
    assert_eq!(latest(&marks, "A", None), None);
    marks.put(Reach { location: Some("BER".into()), ..everything("A") }, at(1));
    assert_eq!(latest(&marks, "A", Some("BER")), Some(at(1)));
    assert_eq!(latest(&marks, "A", None), Some(at(1)), "it may count Berlin's stock");
    assert_eq!((latest(&marks, "A", Some("HAM")), latest(&marks, "B", Some("BER"))), (None, None));
    marks.put(Reach { adapter: Some("another".into()), ..everything("B") }, at(2));
    marks.put(Reach { store: Some("another".into()), ..everything("B") }, at(2));
    assert_eq!(latest(&marks, "B", None), None);
    marks.put(Reach { adapter: Some("erp".into()), store: Some("main".into()), ..everything("B") }, at(3));
    assert_eq!(latest(&marks, "B", Some("HAM")), Some(at(3)));
}

#[test]
fn the_newest_mark_counts_and_a_wider_one_takes_the_place_of_narrower_ones() {
    let marks = Marks::default();
    marks.put(Reach { location: Some("BER".into()), ..everything("A") }, at(1));
    marks.put(everything("A"), at(2));
    assert_eq!(marks.made.read().by_item[&Sku::from("A")].len(), 1);
    marks.put(Reach { location: Some("BER".into()), ..everything("A") }, at(3));
    assert_eq!((latest(&marks, "A", Some("BER")), latest(&marks, "A", Some("HAM"))), (Some(at(3)), Some(at(2))));
}

#[test]
fn too_many_marks_of_one_item_become_one_that_reaches_more_never_less() {
    let marks = Marks::default();
    for number in 0..=MAX_PER_ITEM {
        marks.put(Reach { location: Some(format!("W{number}").into()), ..everything("A") }, at(1));
    }
    assert_eq!(marks.made.read().by_item[&Sku::from("A")].len(), 1);
    assert_eq!(latest(&marks, "A", Some("W0")), Some(at(1)));
}

#[test]
fn when_there_are_too_many_marks_the_oldest_gives_way_to_one_for_everything() {
    let mut made = Made::default();
    for (secs, sku) in [(1, "A"), (2, "B"), (3, "C")] {
        made.put(everything(sku), at(secs), 2);
    }
    assert_eq!(made.floor, Some(at(1)));
    assert_eq!((made.by_item.len(), made.oldest_first.len()), (2, 2));
}

#[test]
fn a_mark_is_forgotten_when_no_answer_can_be_older() {
    let marks = Marks::default();
    marks.note_kept(Duration::from_secs(100));
    marks.put(everything("A"), at(0));
    let end = i64::try_from(100 + MARGIN.as_secs()).unwrap();
    marks.put(everything("B"), at(end));
    assert_eq!(latest(&marks, "A", None), Some(at(0)), "an answer as old may still be there");
    marks.put(everything("C"), at(end + 1));
    assert_eq!((latest(&marks, "A", None), latest(&marks, "B", None)), (None, Some(at(end))));
}
