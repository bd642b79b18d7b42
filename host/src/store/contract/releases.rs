//! Stock that was held for an order which came to nothing (rule C4).

use super::*;

/// Releases that were queued for an order.
async fn releases(store: &Store, order: &NewDocument) -> Vec<Transfer> {
    let transfers = store.transfers_of(&order.reference).await.unwrap();
    transfers.into_iter().filter(|transfer| transfer.operation == TransferOperation::ReleaseReservation).collect()
}

/// Has the one due transfer refused.
async fn refuse(store: &Store, now: Timestamp) {
    let claimed = claim_one(store, now).await;
    begin(store, &claimed, now).await;
    store.record_outcome(claimed.transfer.id, claimed.fence, outcome(&[TransferEvent::Refused], now)).await.unwrap();
}

pub(super) async fn c4_what_is_held_for_a_refused_order_is_released_where_it_is_held(store: &Store) {
    let order = captured(store, capture_holding_order("A")).await;
    refuse(store, start()).await;
    let releases = releases(store, &order).await;
    assert_eq!(releases.len(), 1);
    let release = &releases[0];
    assert_eq!((release.state, &release.account), (TransferState::Queued, &order.account));
    assert_eq!((release.adapter.as_str(), order.adapter.as_str()), ("stock", "demo"));
    assert_eq!(release.instruction.held.as_ref().unwrap().reservation.id, "RS-1");
    confirm(store, Taken::Released, later(1)).await;
    let kept = store.document(&order.reference).await.unwrap().unwrap();
    assert_eq!((kept.transfer, kept.backend_number), (TransferState::Rejected, None), "the order itself is as it was");
}

pub(super) async fn c4_what_is_held_for_an_abandoned_order_is_released(store: &Store) {
    let order = captured(store, capture_holding_order("A")).await;
    park(store, start()).await;
    assert_eq!(releases(store, &order).await, vec![]);
    store.abandon(&order.reference, deed()).await.unwrap();
    assert_eq!(releases(store, &order).await.len(), 1);
}

pub(super) async fn c4_what_is_held_for_a_cancelled_order_is_released_once_it_is_cancelled(store: &Store) {
    let status = |status| Taken::Order(Accepted { number: "1".into(), status, raw_status: None, amendments: vec![] });
    let order = captured(store, capture_holding_order("A")).await;
    confirm(store, status(BusinessStatus::Open), start()).await;
    let cancel = || operation(&order, TransferOperation::CancelOrder, None);
    store.enqueue(cancel()).await.unwrap();
    confirm(store, status(BusinessStatus::InProcess), later(1)).await;
    assert_eq!(releases(store, &order).await, vec![], "it was only asked for, or confirmed");
    for again in 2..4 {
        store.enqueue(cancel()).await.unwrap();
        let claimed = store.claim_due(later(again), 10, LEASE, &LeftOut::default()).await.unwrap();
        let claimed = claimed.into_iter().find(|claimed| claimed.transfer.operation == TransferOperation::CancelOrder).unwrap();
        begin(store, &claimed, later(again)).await;
        let taken = Outcome { taken: Some(status(BusinessStatus::Cancelled)), ..outcome(&[TransferEvent::Taken], later(again)) };
        store.record_outcome(claimed.transfer.id, claimed.fence, taken).await.unwrap();
        assert_eq!(releases(store, &order).await.len(), 1, "once");
    }
}

pub(super) async fn c4_what_is_held_for_an_order_that_another_store_cancelled_is_released_by_its_own(store: &Store) {
    let status = |status| Taken::Order(Accepted { number: "1".into(), status, raw_status: None, amendments: vec![] });
    let order = captured(store, capture_holding_order("A")).await;
    confirm(store, status(BusinessStatus::Open), start()).await;
    let mut elsewhere = operation(&capture_order("A").document, TransferOperation::CancelOrder, Some("1"));
    elsewhere.store = "other".into();
    store.enqueue(elsewhere).await.unwrap();
    confirm(store, status(BusinessStatus::Cancelled), later(1)).await;
    let releases = releases(store, &order).await;
    assert_eq!(releases.iter().map(|release| &release.store).collect::<Vec<_>>(), [&order.store]);
}

pub(super) async fn c4_where_nothing_is_held_or_an_operation_is_given_up_nothing_is_released(store: &Store) {
    let bare = captured(store, capture_order("A")).await;
    refuse(store, start()).await;
    assert_eq!(releases(store, &bare).await, vec![]);
    let order = captured(store, capture_holding_order("A")).await;
    confirm(store, accepted("1"), start()).await;
    store.enqueue(operation(&order, TransferOperation::CancelOrder, None)).await.unwrap();
    park(store, later(1)).await;
    store.abandon(&order.reference, deed()).await.unwrap();
    assert_eq!(releases(store, &order).await, vec![], "the order lives on");
    store.enqueue(operation(&order, TransferOperation::CancelOrder, None)).await.unwrap();
    refuse(store, later(100)).await;
    assert_eq!(releases(store, &order).await, vec![]);
}

pub(super) async fn t6_a_release_lines_up_with_nobody(store: &Store) {
    let holding = || {
        let mut capture = capture_holding_order("A");
        capture.document.adapter = "stock".into();
        capture
    };
    for _ in 0..2 {
        captured(store, holding()).await;
    }
    refuse(store, start()).await;
    let claims = store.claim_due(start(), 10, LEASE, &LeftOut::default()).await.unwrap();
    let claimed: Vec<_> = claims.iter().map(|claimed| claimed.transfer.operation).collect();
    assert_eq!(claimed, [TransferOperation::SubmitOrder, TransferOperation::ReleaseReservation], "order and release at once");
    let behind = captured(store, holding()).await;
    let settle = async |claimed: &Claimed, event| {
        begin(store, claimed, later(1)).await;
        let settled = outcome(&[event], later(1));
        store.record_outcome(claimed.transfer.id, claimed.fence, settled).await.unwrap();
    };
    settle(&claims[1], TransferEvent::Taken).await;
    assert!(store.claim_due(later(2), 10, LEASE, &LeftOut::default()).await.unwrap().is_empty(), "a release gives no turn on");
    settle(&claims[0], TransferEvent::Refused).await;
    let next = store.claim_due(later(2), 10, LEASE, &LeftOut::default()).await.unwrap();
    let next: Vec<_> = next.iter().map(|claimed| (claimed.transfer.operation, &claimed.transfer.reference)).collect();
    let released = &claims[0].transfer.reference;
    let expected = [(TransferOperation::SubmitOrder, &behind.reference), (TransferOperation::ReleaseReservation, released)];
    assert_eq!(next, expected);
}
