//! Documents that people hold, edit and list (rules T6, T11).

use super::*;
use crate::domain::{HoldCode, OrderEdit};

async fn hold(store: &Store, reference: &Reference, code: &str) -> Result<Transfer, StoreError> {
    store.hold(reference, HoldCode::from(code), Some("We look at it.".into()), deed()).await
}

pub(super) async fn t6_what_is_held_is_not_sent_by_whoever_had_claimed_it_and_lines_up_again_where_it_was(store: &Store) {
    let first = captured(store, capture_order("A")).await.reference;
    let second = captured(store, capture_order("A")).await.reference;
    let third = captured(store, capture_order("A")).await.reference;
    let claimed = claim_one(store, start()).await;
    hold(store, &first, "fraud").await.unwrap();
    let begun = store.begin_attempt(claimed.transfer.id, claimed.fence, start(), LEASE, "digest".into()).await;
    assert!(matches!(begun, Err(StoreError::Conflict(Conflict::StaleFence))), "{begun:?}");
    let under_way = claim_one(store, later(1)).await;
    assert_eq!(under_way.transfer.reference, second, "the next one goes");
    store.release_hold(&first, None, deed()).await.unwrap();
    assert!(
        store
            .claim_due(later(200), 10, LEASE, &LeftOut { in_hand: vec![under_way.transfer.id], ..LeftOut::default() })
            .await
            .unwrap()
            .is_empty()
    );
    begin(store, &under_way, later(201)).await;
    store.record_outcome(under_way.transfer.id, under_way.fence, outcome(&[TransferEvent::Refused], later(202))).await.unwrap();
    assert_eq!(claim_one(store, later(203)).await.transfer.reference, first, "before the third");
    assert_eq!(store.document(&third).await.unwrap().unwrap().transfer, TransferState::Queued);
}

pub(super) async fn t6_one_that_is_held_behind_another_leaves_the_other_its_turn(store: &Store) {
    captured(store, capture_order("A")).await;
    let second = captured(store, capture_order("A")).await.reference;
    hold(store, &second, "credit").await.unwrap();
    let first = claim_one(store, start()).await;
    begin(store, &first, start()).await;
    store.record_outcome(first.transfer.id, first.fence, outcome(&[TransferEvent::Refused], start())).await.unwrap();
    assert!(store.claim_due(later(1_000), 10, LEASE, &LeftOut::default()).await.unwrap().is_empty());
    assert_eq!(store.next_due(&LeftOut::default()).await.unwrap(), None);
    store.release_hold(&second, Some("credit".into()), deed()).await.unwrap();
    assert_eq!(claim_one(store, later(100)).await.transfer.reference, second);
}

pub(super) async fn t11_holds_are_listed_counted_and_refused_where_they_make_no_sense(store: &Store) {
    let order = captured(store, capture_order("A")).await.reference;
    hold(store, &order, "credit").await.unwrap();
    hold(store, &order, "fraud").await.unwrap();
    assert!(matches!(hold(store, &order, "fraud").await, Err(StoreError::Conflict(Conflict::HeldAlready { .. }))));
    let held = store.document(&order).await.unwrap().unwrap();
    assert_eq!((held.on_hold, held.next_attempt_at), (Some(OnHold { shown: Some("We look at it.".into()) }), None));
    let listed = async |code: Option<&str>| {
        let filter = DeskFilter { code: code.map(str::to_owned), ..DeskFilter::all(Waiting::Held, 10) };
        store.waiting(filter).await.unwrap().len()
    };
    assert_eq!((listed(None).await, listed(Some("fraud")).await, listed(Some("address")).await), (1, 1, 0));
    assert_eq!(store.backlog().await.unwrap().by_state.get("held"), Some(&1));
    assert_eq!(store.open_orders(10).await.unwrap().len(), 1, "it will still take stock");
    let unknown = store.release_hold(&order, Some("address".into()), deed()).await;
    assert!(matches!(unknown, Err(StoreError::Conflict(Conflict::NotHeld { .. }))), "{unknown:?}");
    store.release_hold(&order, Some("credit".into()), deed()).await.unwrap();
    assert!(store.claim_due(later(1_000), 10, LEASE, &LeftOut::default()).await.unwrap().is_empty(), "one is left");
    store.abandon(&order, deed()).await.unwrap();
    assert_eq!(store.holds_of(&order).await.unwrap(), []);
    assert_eq!(store.document(&order).await.unwrap().unwrap().transfer, TransferState::Abandoned);
    let late = hold(store, &order, "fraud").await;
    assert!(matches!(late, Err(StoreError::Conflict(Conflict::NotWaiting { state: TransferState::Abandoned, .. }))), "{late:?}");
}

pub(super) async fn t11_a_parked_order_is_edited_unless_the_back_end_may_have_it(store: &Store) {
    let order = captured(store, capture_order("A")).await.reference;
    let edit = || OrderEdit { purchase_order: Some("PO-2".into()), ..OrderEdit::default() };
    let early = store.edit(&order, edit(), deed()).await;
    assert!(matches!(early, Err(StoreError::Conflict(Conflict::NotParked { .. }))), "{early:?}");
    let claimed = claim_one(store, start()).await;
    begin(store, &claimed, start()).await;
    let failure = Some(Failure::new(FailureCode::Unavailable, "no connection"));
    let parked = Outcome { failure, ..outcome(&[TransferEvent::NotDelivered, TransferEvent::GaveUp], start()) };
    store.record_outcome(claimed.transfer.id, claimed.fence, parked).await.unwrap();
    store.edit(&order, edit(), deed()).await.unwrap();
    let kept = store.document(&order).await.unwrap().unwrap();
    assert_eq!(kept.order().unwrap().purchase_order.as_deref(), Some("PO-2"));
    let audit = store.audit_of(&order).await.unwrap();
    assert_eq!((audit[0].action.as_str(), audit[0].detail.as_deref()), ("edit", Some("purchase_order: nothing → PO-2")));
    assert!(matches!(store.edit(&order, edit(), deed()).await, Err(StoreError::Conflict(Conflict::NothingChanged { .. }))));
    store.resend(&order, deed()).await.unwrap();
    let claimed = claim_one(store, later(100)).await;
    begin(store, &claimed, later(100)).await;
    let failure = Some(Failure::new(FailureCode::OutcomeUnknown, "no reply"));
    let lost = Outcome { failure, ..outcome(&[TransferEvent::OutcomeLost, TransferEvent::GaveUp], later(101)) };
    store.record_outcome(claimed.transfer.id, claimed.fence, lost).await.unwrap();
    let doubtful = store.edit(&order, OrderEdit { ship_complete: Some(true), ..OrderEdit::default() }, deed()).await;
    assert!(matches!(doubtful, Err(StoreError::Conflict(Conflict::NotEditable { .. }))), "{doubtful:?}");
}

pub(super) async fn t11_what_waits_to_be_tried_again_is_tried_at_once(store: &Store) {
    let order = captured(store, capture_order("A")).await.reference;
    let claimed = claim_one(store, start()).await;
    let at_work = store.resend(&order, deed()).await;
    assert!(matches!(at_work, Err(StoreError::Conflict(Conflict::AtWork { .. }))), "{at_work:?}");
    begin(store, &claimed, start()).await;
    let failed = Outcome { due_at: later(10_000), ..outcome(&[TransferEvent::NotDelivered], start()) };
    store.record_outcome(claimed.transfer.id, claimed.fence, failed).await.unwrap();
    assert_eq!(store.waiting(DeskFilter::all(Waiting::UnderWay, 10)).await.unwrap()[0].due_at, later(10_000));
    assert!(store.claim_due(later(200), 10, LEASE, &LeftOut::default()).await.unwrap().is_empty());
    let hurried = store.resend(&order, deed()).await.unwrap();
    assert_eq!((hurried.state, hurried.attempts, hurried.spent, hurried.due_at), (TransferState::Queued, 1, 1, later(100)));
    let audit = store.audit_of(&order).await.unwrap();
    assert_eq!((audit[0].action.as_str(), audit[0].detail.as_deref()), ("resend", Some("at once")));
    hold(store, &order, "fraud").await.unwrap();
    assert!(store.waiting(DeskFilter::all(Waiting::UnderWay, 10)).await.unwrap().is_empty());
    let held = store.resend(&order, deed()).await;
    assert!(matches!(held, Err(StoreError::Conflict(Conflict::Held { .. }))), "{held:?}");
    store.release_hold(&order, None, deed()).await.unwrap();
    let again = claim_one(store, later(200)).await;
    begin(store, &again, later(200)).await;
    let lost = Outcome { due_at: later(10_000), ..outcome(&[TransferEvent::OutcomeLost], later(201)) };
    store.record_outcome(again.transfer.id, again.fence, lost).await.unwrap();
    store.resend(&order, deed()).await.unwrap();
    let looked_up = claim_one(store, later(300)).await;
    assert_eq!((looked_up.transfer.reference, looked_up.transfer.state), (order, TransferState::Unknown), "never sent blindly");
}

pub(super) async fn t11_a_number_is_linked_to_one_order_of_ours(store: &Store) {
    let first = captured(store, capture_order("A")).await.reference;
    park(store, start()).await;
    let second = captured(store, capture_order("B")).await.reference;
    park(store, start()).await;
    store.link(&first, "4711".into(), true, deed()).await.unwrap();
    let audit = store.audit_of(&first).await.unwrap();
    assert_eq!(audit[0].detail.as_deref(), Some("number 4711, unchecked"));
    let again = store.link(&second, "4711".into(), false, deed()).await;
    let Err(StoreError::Conflict(Conflict::NumberTaken { by, .. })) = again else { panic!("{again:?}") };
    assert_eq!(by, first.as_str());
    assert_eq!(store.document(&second).await.unwrap().unwrap().transfer, TransferState::Parked);
    let mut elsewhere = capture_order("C");
    elsewhere.document.store = "another".into();
    let elsewhere = captured(store, elsewhere).await.reference;
    park(store, start()).await;
    let again = store.link(&elsewhere, "4711".into(), true, deed()).await;
    assert!(matches!(again, Err(StoreError::Conflict(Conflict::NumberTaken { .. }))), "in another store: {again:?}");
    store.link(&second, "4712".into(), false, deed()).await.unwrap();
}

pub(super) async fn t11_what_is_not_in_turn_is_not_hurried(store: &Store) {
    captured(store, capture_order("A")).await;
    let second = captured(store, capture_order("A")).await.reference;
    let early = store.resend(&second, deed()).await;
    assert!(matches!(early, Err(StoreError::Conflict(Conflict::NotInTurn { .. }))), "{early:?}");
    assert_eq!(store.audit_of(&second).await.unwrap(), []);
}
