//! Captures of one account, attempts and confirmations that come together.

use futures::future::join_all;

use super::*;
use crate::domain::CheckoutId;
use crate::store::{Conflict, Fence};

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

/// Orders of so many accounts, two of each; those that are in turn.
async fn claimed(store: &Store, accounts: usize) -> Vec<Claimed> {
    for number in 0..2 * accounts {
        store.capture(capture_order(&format!("A{}", number % accounts))).await.unwrap();
    }
    store.claim_due(start(), 100, LEASE, &nothing()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t6_orders_that_are_confirmed_together_share_transactions_and_each_account_goes_on() {
    let temp = TempStore::on_postgres().await;
    let claimed = claimed(&temp.store, 30).await;
    let before = temp.store.commits();
    let states = join_all(claimed.iter().map(|claimed| confirm(&temp.store, claimed))).await;
    assert!(states.iter().all(|state| *state.as_ref().unwrap() == TransferState::Confirmed), "{states:?}");
    let commits = temp.store.commits() - before;
    assert!(commits < 30, "{commits} transactions for 30 beginnings and 30 confirmations");
    for claimed in &claimed {
        let reference = &claimed.transfer.reference;
        let document = temp.store.document(reference).await.unwrap().unwrap();
        assert_eq!(document.backend_number, Some(format!("N{}", claimed.transfer.id.0).into()));
        let attempts = temp.store.attempts_of(reference).await.unwrap();
        assert_eq!(attempts.iter().map(|attempt| attempt.outcome).collect::<Vec<_>>(), [Some(TransferState::Confirmed)]);
    }
    assert_eq!(temp.store.claim_due(start(), 100, LEASE, &nothing()).await.unwrap().len(), 30, "the second of each account");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t5_a_confirmation_that_is_refused_spoils_none_of_those_that_came_with_it() {
    let temp = TempStore::on_postgres().await;
    let mut claimed = claimed(&temp.store, 12).await;
    confirm_as(&temp.store, &claimed.remove(0), "TAKEN").await.unwrap();
    claimed[3].fence = Fence(claimed[3].fence.0 + 1);
    let numbers = ["N0", "N1", "TAKEN", "N3", "SAME", "SAME", "N6", "N7", "N8", "N9", "N10"];
    let states = join_all(claimed.iter().zip(numbers).map(|(claimed, number)| confirm_as(&temp.store, claimed, number))).await;
    let (mut confirmed, mut taken) = (0, 0);
    for (place, state) in states.iter().enumerate() {
        match state {
            Ok(TransferState::Confirmed) => confirmed += 1,
            Err(StoreError::Conflict(Conflict::StaleFence)) => assert_eq!(place, 3),
            Err(StoreError::Conflict(Conflict::NumberTaken { .. })) => {
                assert!([2, 4, 5].contains(&place), "{place}");
                taken += 1;
            }
            other => panic!("{place}: {other:?}"),
        }
    }
    assert_eq!((confirmed, taken), (8, 2), "{states:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_number_is_given_once_however_many_hosts_are_told_it_at_the_same_time() {
    let temp = TempStore::on_postgres().await;
    let (one, two) = (claimed(&temp.store, 10).await, temp.another().await);
    let told = one.iter().enumerate().map(|(place, claimed)| {
        let store = if place % 2 == 0 { &temp.store } else { &two };
        confirm_as(store, claimed, "SAME")
    });
    let states = join_all(told).await;
    let confirmed = states.iter().filter(|state| matches!(state, Ok(TransferState::Confirmed))).count();
    let refused = states.iter().filter(|state| matches!(state, Err(StoreError::Conflict(Conflict::NumberTaken { .. })))).count();
    assert_eq!((confirmed, refused), (1, 9), "{states:?}");
}
