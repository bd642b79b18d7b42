//! Two hosts on one database.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{FutureExt, join_all};
use parking_lot::Mutex;

use super::*;
use crate::domain::TransferOperation;
use crate::store::DocumentEvent;
use crate::store::capture::capture_document;
use crate::store::fixtures::{capture_quote, operation, seal};
use crate::store::lock::{Lock, lock};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t6_two_hosts_share_the_work_and_an_account_never_has_two_under_way() {
    const ACCOUNTS: usize = 5;
    const ORDERS: usize = 60;
    let temp = TempStore::on_postgres().await;
    let hosts = [temp.store.clone(), temp.another().await];
    let under_way = Mutex::new(BTreeSet::new());
    let sent = Mutex::new(BTreeMap::<String, Vec<i64>>::new());
    // Captures come in while others are sent, on both hosts.
    let capture = async |host: usize| {
        for number in 0..ORDERS / 2 {
            let account = format!("A{}", number % ACCOUNTS);
            assert_eq!(hosts[host].capture(capture_order(&account)).await.unwrap(), CaptureOutcome::Captured);
        }
    };
    let work = async |host: usize| {
        while sent.lock().values().map(Vec::len).sum::<usize>() < ORDERS {
            let claims = hosts[host].claim_due(start(), 3, LEASE, &nothing()).await.unwrap();
            for claimed in &claims {
                let account = claimed.transfer.account.to_string();
                assert!(under_way.lock().insert(account.clone()), "two of {account} are under way");
                tokio::task::yield_now().await;
                // As long as the store does not know that it has ended, nobody else may begin.
                sent.lock().entry(account.clone()).or_default().push(claimed.transfer.id.0);
                assert!(under_way.lock().remove(&account));
                assert_eq!(confirm(&hosts[host], claimed).await.unwrap(), TransferState::Confirmed);
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(capture(0), capture(1), work(0), work(1));
    for (account, ids) in sent.lock().iter() {
        assert!(ids.is_sorted_by(|first, second| first < second), "{account}: each once, oldest first: {ids:?}");
    }
    assert_eq!(hosts[1].backlog().await.unwrap().by_state.values().sum::<u64>(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a2_the_same_key_on_two_hosts_captures_once() {
    let temp = TempStore::on_postgres().await;
    let hosts = [temp.store.clone(), temp.another().await];
    let captures = (0..20).map(|number| hosts[number % 2].capture(with_key("k")));
    let outcomes = join_all(captures).await;
    let captured = outcomes.iter().filter(|outcome| matches!(outcome, Ok(CaptureOutcome::Captured))).count();
    let replayed = outcomes.iter().filter(|outcome| matches!(outcome, Ok(CaptureOutcome::Replayed { .. }))).count();
    assert_eq!((captured, replayed), (1, 19), "{outcomes:?}");
    assert_eq!(hosts[0].backlog().await.unwrap().by_state["queued"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c2_one_seal_and_one_quote_make_one_order_on_whichever_host() {
    let temp = TempStore::on_postgres().await;
    let hosts = [temp.store.clone(), temp.another().await];
    hosts[0].put_seal(seal("C1")).await.unwrap();
    let sealed = |number: usize| {
        let mut capture = with_key(&format!("k{number}"));
        capture.document.seal = Some("C1".into());
        hosts[number % 2].capture(capture)
    };
    let outcomes = join_all((0..10).map(sealed)).await;
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(CaptureOutcome::Captured))).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(CaptureOutcome::SealUsed { .. }))).count(), 9);
    let quote = capture_quote("B").document;
    let accepting = |number: usize| {
        let instruction = operation(&quote, TransferOperation::AcceptQuote, Some("Q1")).instruction;
        hosts[number % 2].capture(Capture { operation: TransferOperation::AcceptQuote, instruction, ..capture_order("B") })
    };
    let outcomes = join_all((0..10).map(accepting)).await;
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(CaptureOutcome::Captured))).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(CaptureOutcome::QuoteAccepted { .. }))).count(), 9);
}

#[tokio::test]
async fn a2_a_key_that_runs_on_one_host_is_in_use_on_the_other_until_it_is_done_or_dead() {
    let temp = TempStore::on_postgres().await;
    let (one, other) = (temp.store.clone(), temp.another().await);
    let held = one.hold_key("customer-1", "k").await.unwrap().unwrap();
    assert!(other.hold_key("customer-1", "k").await.unwrap().is_none());
    assert!(other.hold_key("customer-2", "k").await.unwrap().is_some(), "another principal's key is another key");
    drop(held);
    // What is dropped is let go of before anything that this host asks for later.
    drop(one.hold_key("customer-1", "later").await.unwrap());
    let held = other.hold_key("customer-1", "k").await.unwrap();
    assert!(held.is_some());
    // The other host ends with the key in its hand.
    other.close().await;
    // The server hears of that in its own time.
    while one.hold_key("customer-1", "k").await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn t3_a_start_leaves_the_claims_of_other_hosts_to_their_leases() {
    let temp = TempStore::on_postgres().await;
    let order = capture_order("A");
    temp.store.capture(order.clone()).await.unwrap();
    let claimed = temp.store.claim_due(start(), 1, LEASE, &nothing()).await.unwrap().remove(0);
    temp.store.begin_attempt(claimed.transfer.id, claimed.fence, start(), LEASE, "digest".into()).await.unwrap();
    let other = temp.another().await;
    assert_eq!(other.recover(later(1)).await.unwrap(), 0);
    assert!(other.claim_due(later(59), 1, LEASE, &nothing()).await.unwrap().is_empty());
    let taken_over = other.claim_due(later(60), 1, LEASE, &nothing()).await.unwrap().remove(0);
    assert_eq!((taken_over.transfer.id, taken_over.transfer.state), (claimed.transfer.id, TransferState::Unknown));
    assert!(confirm(&temp.store, &claimed).await.is_err(), "the slow host's fence is stale");
    assert_eq!(transfer(&other, &order.document).await.state, TransferState::Unknown);
}

#[tokio::test]
async fn one_host_at_a_time_deletes_what_is_no_longer_needed() {
    let temp = TempStore::on_postgres().await;
    let other = temp.another().await;
    temp.store.capture(with_key("k")).await.unwrap();
    let much_later = later(1_000_000);
    let prunes_meanwhile = temp.store.write(move |connection| {
        async move {
            lock(connection, Lock::Pruning).await?;
            other.prune(much_later).await
        }
        .boxed()
    });
    assert_eq!(prunes_meanwhile.await.unwrap(), 0);
    assert_eq!(temp.store.prune(much_later).await.unwrap(), 1);
}

#[tokio::test]
async fn t5_hosts_go_by_the_database_s_time() {
    let temp = TempStore::on_postgres().await;
    let clock = temp.store.clock();
    clock.follow(start());
    assert!(clock.now() < later(3_600), "whatever this machine's own time is");
    while clock.is_followed_closely() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    temp.store.keep_time(LEASE).await.unwrap();
    let difference = jiff::Timestamp::now().duration_since(clock.now()).abs();
    assert!(difference < jiff::SignedDuration::from_secs(30), "the server runs on this machine: {difference:?}");
}

#[tokio::test]
async fn an_event_that_is_committed_late_is_not_passed_over_by_who_has_read_later_ones() {
    let temp = TempStore::on_postgres().await;
    let other = temp.another().await;
    let (early, late) = (capture_order("A"), capture_order("B"));
    let (first, second) = (early.document.reference.clone(), late.document.reference.clone());
    let read = async || {
        while temp.store.number_events(100).await.unwrap() != Some(0) {}
        temp.store.events_after(0, 100).await.unwrap()
    };
    let order_of = |log: &[DocumentEvent]| log.iter().map(|event| event.reference.clone()).collect::<Vec<_>>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (end, may_end) = tokio::sync::oneshot::channel::<()>();
    let store = temp.store.clone();
    let slow = tokio::spawn(async move {
        let capture = store.write(move |connection| {
            async move {
                let outcome = capture_document(connection, early).await?;
                begun.send(()).unwrap();
                may_end.await.unwrap();
                Ok(outcome)
            }
            .boxed()
        });
        capture.await
    });
    has_begun.await.unwrap();
    // It draws the higher id and is committed first.
    other.capture(late).await.unwrap();
    let seen = read().await;
    assert_eq!(order_of(&seen), std::slice::from_ref(&second));
    let cursor = seen.last().unwrap().number;
    end.send(()).unwrap();
    assert_eq!(slow.await.unwrap().unwrap(), CaptureOutcome::Captured);
    read().await;
    assert_eq!(order_of(&temp.store.events_after(cursor, 100).await.unwrap()), std::slice::from_ref(&first));
    assert_eq!(order_of(&read().await), [second, first]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hosts_that_write_number_and_read_at_once_each_see_every_event_once_and_in_order() {
    const ORDERS: usize = 120;
    let temp = TempStore::on_postgres().await;
    let hosts = [temp.store.clone(), temp.another().await];
    let write = async |host: usize| {
        for number in 0..ORDERS / 2 {
            hosts[host].capture(capture_order(&format!("A{}", number % 7))).await.unwrap();
        }
    };
    let follow = async |host: usize| {
        let mut seen = Vec::new();
        while seen.len() < ORDERS {
            hosts[host].number_events(3).await.unwrap();
            let cursor = seen.last().map_or(0, |event: &DocumentEvent| event.number);
            seen.extend(hosts[host].events_after(cursor, 5).await.unwrap());
        }
        seen
    };
    let (_, _, one, other) = tokio::join!(write(0), write(1), follow(0), follow(1));
    assert_eq!(one, other);
    let numbers: Vec<_> = one.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=ORDERS as i64).collect::<Vec<_>>());
    assert_eq!(one.iter().map(|event| event.reference.to_string()).collect::<BTreeSet<_>>().len(), ORDERS);
}
