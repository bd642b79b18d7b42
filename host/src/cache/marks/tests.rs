//! What marks reach, and that they are bounded.

use super::*;

fn at(secs: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs)
}

fn everything(sku: &str) -> Reach {
    Reach::everything(sku.into())
}

fn put(marks: &Marks, reach: Reach, at: Timestamp) {
    marks.put(reach, Outdated::until(at), at);
}

fn latest(marks: &Marks, sku: &str, location: Option<&str>) -> Option<Timestamp> {
    let (adapter, store, sku, location) = ("erp".into(), "main".into(), sku.into(), location.map(Location::from));
    marks.latest(&Dimensions::of(&adapter, &store, &sku, location.as_ref())).map(|outdated| outdated.asked_until)
}

#[test]
fn a_mark_reaches_what_it_names_and_answers_about_no_location() {
    let marks = Marks::default();
    assert_eq!(latest(&marks, "A", None), None);
    put(&marks, Reach { location: Some("BER".into()), ..everything("A") }, at(1));
    assert_eq!(latest(&marks, "A", Some("BER")), Some(at(1)));
    assert_eq!(latest(&marks, "A", None), Some(at(1)), "it may count Berlin's stock");
    assert_eq!((latest(&marks, "A", Some("HAM")), latest(&marks, "B", Some("BER"))), (None, None));
    put(&marks, Reach { adapter: Some("another".into()), ..everything("B") }, at(2));
    put(&marks, Reach { store: Some("another".into()), ..everything("B") }, at(2));
    assert_eq!(latest(&marks, "B", None), None);
    put(&marks, Reach { adapter: Some("erp".into()), store: Some("main".into()), ..everything("B") }, at(3));
    assert_eq!(latest(&marks, "B", Some("HAM")), Some(at(3)));
}

#[test]
fn the_newest_mark_counts_and_a_wider_one_takes_the_place_of_narrower_ones() {
    let marks = Marks::default();
    put(&marks, Reach { location: Some("BER".into()), ..everything("A") }, at(1));
    put(&marks, everything("A"), at(2));
    assert_eq!(marks.made.read().by_item[&Sku::from("A")].len(), 1);
    put(&marks, Reach { location: Some("BER".into()), ..everything("A") }, at(3));
    assert_eq!((latest(&marks, "A", Some("BER")), latest(&marks, "A", Some("HAM"))), (Some(at(3)), Some(at(2))));
}

#[test]
fn too_many_marks_of_one_item_become_one_that_reaches_more_never_less() {
    let marks = Marks::default();
    for number in 0..=MAX_PER_ITEM {
        put(&marks, Reach { location: Some(format!("W{number}").into()), ..everything("A") }, at(1));
    }
    assert_eq!(marks.made.read().by_item[&Sku::from("A")].len(), 1);
    assert_eq!(latest(&marks, "A", Some("W0")), Some(at(1)));
}

#[test]
fn when_there_are_too_many_marks_the_oldest_gives_way_to_one_for_everything() {
    let mut made = Made::default();
    for (secs, sku) in [(1, "A"), (2, "B"), (3, "C")] {
        made.put(Mark { reach: everything(sku), outdated: Outdated::until(at(secs)), made_at: at(secs) }, 2);
    }
    assert_eq!(made.floor, Some(Outdated::until(at(1))));
    assert_eq!((made.by_item.len(), made.oldest_first.len()), (2, 2));
}

#[test]
fn a_mark_is_forgotten_when_no_answer_can_be_older() {
    let marks = Marks::default();
    marks.note_kept(Duration::from_secs(100));
    put(&marks, everything("A"), at(0));
    let end = i64::try_from(100 + MARGIN.as_secs()).unwrap();
    put(&marks, everything("B"), at(end));
    assert_eq!(latest(&marks, "A", None), Some(at(0)), "an answer as old may still be there");
    put(&marks, everything("C"), at(end + 1));
    assert_eq!((latest(&marks, "A", None), latest(&marks, "B", None)), (None, Some(at(end))));
}

#[test]
fn an_accounts_mark_leaves_the_others_and_reaches_what_all_of_them_share() {
    let reach = Reach { account: Some("C-1".into()), ..everything("A") };
    let (adapter, store, sku) = ("erp".into(), "main".into(), Sku::from("A"));
    let of = |account: Option<&str>| crate::domain::Buyer {
        account: account.map(Into::into),
        ship_to: None,
        contract: None,
        currency: crate::domain::Currency::parse("EUR").unwrap(),
        sales_area: None,
        ext: crate::domain::Extensions::new(),
    };
    let includes =
        |account| reach.includes(&Dimensions { buyer: Some(&of(account)), ..Dimensions::of(&adapter, &store, &sku, None) });
    assert!(includes(Some("C-1")) && includes(None) && !includes(Some("C-2")));
}

#[test]
fn f12_what_the_back_end_told_is_remembered_through_marks_of_other_kinds() {
    let marks = Marks::default();
    let said = |marks: &Marks| {
        let (adapter, store, sku) = ("erp".into(), "main".into(), Sku::from("A"));
        marks.latest(&Dimensions::of(&adapter, &store, &sku, None)).unwrap()
    };
    marks.put(everything("A"), Outdated::changed(at(50), at(60)), at(60));
    put(&marks, everything("A"), at(70));
    assert_eq!(said(&marks), Outdated { asked_until: at(70), arrived_until: at(70), told_before: at(50) });
    for number in 0..2 * MAX_PER_ITEM {
        marks.put(Reach { location: Some(format!("W{number}").into()), ..everything("A") }, Outdated::asked(at(80)), at(80));
    }
    assert_eq!(said(&marks), Outdated { asked_until: at(80), arrived_until: at(70), told_before: at(50) });
}
