//! Captures of one account that come together.

use futures::future::join_all;

use super::*;
use crate::domain::CheckoutId;

/// So many captures at once, of which the one in the middle quotes a seal that is not there.
async fn captured(store: &Store, number: usize) -> Vec<Result<CaptureOutcome, StoreError>> {
    let captures = (0..number).map(|place| {
        let mut capture = capture_order("A");
        if place == number / 2 {
            capture.document.seal = Some(CheckoutId::new("C-nobody-made"));
        }
        store.capture(capture)
    });
    join_all(captures).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t6_captures_of_one_account_that_come_together_share_transactions_and_one_is_in_turn() {
    let temp = TempStore::on_postgres().await;
    let captures = (0..40).map(|_| temp.store.capture(capture_order("A")));
    let outcomes = join_all(captures).await;
    assert!(outcomes.iter().all(|outcome| *outcome.as_ref().unwrap() == CaptureOutcome::Captured));
    assert!(temp.store.commits() < 20, "{} transactions", temp.store.commits());
    assert_eq!(temp.store.claim_due(start(), 100, LEASE, &nothing()).await.unwrap().len(), 1);
    assert_eq!(temp.store.backlog().await.unwrap().by_state.values().sum::<u64>(), 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_capture_that_is_refused_spoils_none_of_those_that_came_with_it() {
    let temp = TempStore::on_postgres().await;
    let outcomes = captured(&temp.store, 21).await;
    for (place, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Ok(CaptureOutcome::Captured) => assert_ne!(place, 10),
            Err(StoreError::NotFound(_)) => assert_eq!(place, 10),
            other => panic!("{place}: {other:?}"),
        }
    }
    assert_eq!(temp.store.backlog().await.unwrap().by_state.values().sum::<u64>(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a2_the_same_key_among_captures_that_come_together_captures_once() {
    let temp = TempStore::on_postgres().await;
    let captures = (0..12).map(|number| temp.store.capture(if number % 2 == 0 { with_key("k") } else { capture_order("A") }));
    let outcomes = join_all(captures).await;
    let captured = outcomes.iter().filter(|outcome| matches!(outcome, Ok(CaptureOutcome::Captured))).count();
    let replayed = outcomes.iter().filter(|outcome| matches!(outcome, Ok(CaptureOutcome::Replayed { .. }))).count();
    assert_eq!((captured, replayed), (7, 5), "{outcomes:?}");
}
