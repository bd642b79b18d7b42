//! One transfer, step by step.

use std::time::Duration;

use jiff::SignedDuration;

use super::scripted::{Act, Look, Rig, lost};
use crate::domain::{Deduplication, Failure, FailureCode, Reference, TransferOperation, TransferState};
use crate::pipeline::Backends;
use crate::store::fixtures::{capture_order, later, operation, start};
use crate::store::{AttemptKind, Deed, LeftOut};

fn failed(code: FailureCode) -> Failure {
    Failure::new(code, "it went wrong")
}

#[tokio::test]
async fn order_is_sent_once_when_the_reply_is_lost() {
    for class in [Deduplication::NativeKey, Deduplication::UniqueReference, Deduplication::Queryable] {
        let rig = Rig::new(class).await;
        rig.script([Act::TakeSilently]);
        let order = rig.capture("A").await;
        rig.step().await;
        assert_eq!(rig.state(&order).await, TransferState::Unknown);
        rig.step().await;
        assert_eq!(rig.state(&order).await, TransferState::Confirmed);
        assert_eq!((rig.sends(), rig.backend.copies(&order)), (1, 1), "{class:?}");
        let document = rig.temp.store.document(&order).await.unwrap().unwrap();
        assert_eq!(document.backend_number, Some("0".into()));
    }
}

#[tokio::test]
async fn t4_an_order_that_is_confirmed_as_another_one_is_looked_for_and_has_its_own_number() {
    for class in [Deduplication::NativeKey, Deduplication::UniqueReference, Deduplication::Queryable] {
        let rig = Rig::new(class).await;
        let first = rig.capture("A").await;
        rig.step().await;
        rig.script([Act::TakeAs(0)]);
        let second = rig.capture("B").await;
        rig.step().await;
        assert_eq!((rig.state(&first).await, rig.state(&second).await), (TransferState::Confirmed, TransferState::Unknown));
        rig.step().await;
        let document = rig.temp.store.document(&second).await.unwrap().unwrap();
        assert_eq!((document.transfer, document.backend_number), (TransferState::Confirmed, Some("1".into())), "{class:?}");
        assert_eq!((rig.sends(), rig.backend.copies(&second)), (2, 1), "{class:?}");
        let attempts = rig.temp.store.attempts_of(&second).await.unwrap();
        let failure = attempts[0].failure.as_ref().unwrap();
        assert!(failure.message.contains(&format!("0 is the number of {first}")), "{}", failure.message);
    }
}

#[tokio::test]
async fn t4_an_order_that_is_confirmed_as_another_one_and_is_not_there_is_sent_again_or_parked() {
    for (class, state, copies) in [
        (Deduplication::Queryable, TransferState::Confirmed, 1),
        (Deduplication::NativeKey, TransferState::Confirmed, 1),
        (Deduplication::None, TransferState::Parked, 0),
    ] {
        let rig = Rig::new(class).await;
        rig.capture("A").await;
        rig.step().await;
        rig.script([Act::ClaimAs(0)]);
        let second = rig.capture("B").await;
        rig.run(20).await;
        assert_eq!((rig.state(&second).await, rig.backend.copies(&second)), (state, copies), "{class:?}");
    }
}

#[tokio::test]
async fn t4_class_none_is_parked_after_a_lost_reply_and_never_resent() {
    let rig = Rig::new(Deduplication::None).await;
    rig.script([Act::TakeSilently]);
    let order = rig.capture("A").await;
    rig.run(20).await;
    assert_eq!(rig.state(&order).await, TransferState::Parked);
    assert_eq!((rig.sends(), rig.backend.world.lock().look_ups), (1, 0));
}

#[tokio::test]
async fn t4_class_none_is_sent_again_when_a_person_says_so() {
    let rig = Rig::new(Deduplication::None).await;
    rig.script([Act::Lose]);
    let order = rig.capture("A").await;
    rig.run(20).await;
    assert_eq!((rig.state(&order).await, rig.sends()), (TransferState::Parked, 1));
    resend(&rig, &order).await;
    rig.run(5).await;
    assert_eq!((rig.state(&order).await, rig.sends(), rig.backend.copies(&order)), (TransferState::Confirmed, 2, 1));
}

#[tokio::test]
async fn t4_a_resent_order_that_may_be_there_is_looked_up_before_it_is_sent() {
    for (act, sends) in [(Act::TakeSilently, 1), (Act::Lose, 2)] {
        let rig = Rig::new(Deduplication::Queryable).await;
        rig.script([act]);
        rig.script_look_ups(std::iter::repeat_n(Look::Fail(failed(FailureCode::InvalidResponse)), 50));
        let order = rig.capture("A").await;
        rig.run(100).await;
        assert_eq!((rig.state(&order).await, rig.sends()), (TransferState::Parked, 1));
        rig.backend.world.lock().looks.clear();
        resend(&rig, &order).await;
        assert_eq!(rig.state(&order).await, TransferState::Unknown);
        rig.run(5).await;
        assert_eq!((rig.state(&order).await, rig.sends(), rig.backend.copies(&order)), (TransferState::Confirmed, sends, 1));
    }
}

#[tokio::test]
async fn t4_an_order_that_cannot_be_asked_about_is_sent_again_when_a_person_says_so() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.script([Act::Lose]);
    rig.script_look_ups([Look::Fail(failed(FailureCode::Unsupported)), Look::Fail(failed(FailureCode::Unsupported))]);
    let order = rig.capture("A").await;
    rig.run(20).await;
    assert_eq!((rig.state(&order).await, rig.sends()), (TransferState::Parked, 1));
    resend(&rig, &order).await;
    rig.run(5).await;
    assert_eq!((rig.state(&order).await, rig.sends(), rig.backend.copies(&order)), (TransferState::Confirmed, 2, 1));
}

async fn resend(rig: &Rig, order: &Reference) {
    rig.clock.advance(SignedDuration::from_secs(60));
    let deed = Deed { actor: "csr".into(), reason: "it is not there".into(), adapter_digest: None, at: rig.clock.now() };
    rig.temp.store.resend(order, deed).await.unwrap();
}

#[tokio::test]
async fn t4_class_none_is_parked_when_the_host_died_while_sending() {
    let rig = Rig::new(Deduplication::None).await;
    rig.script([Act::DieBefore]);
    let order = rig.capture("A").await;
    rig.run(20).await;
    let transfer = rig.transfer(&order).await;
    assert_eq!((transfer.state, rig.sends()), (TransferState::Parked, 1));
    assert_eq!(transfer.last_failure.unwrap().code, FailureCode::OutcomeUnknown);
}

#[tokio::test]
async fn t3_a_host_that_dies_while_sending_looks_up_before_it_sends_again() {
    for (act, sends) in [(Act::DieAfter, 1), (Act::DieBefore, 2)] {
        let rig = Rig::new(Deduplication::Queryable).await;
        rig.script([act]);
        let order = rig.capture("A").await;
        rig.step().await;
        assert_eq!(rig.state(&order).await, TransferState::Unknown);
        rig.run(20).await;
        assert_eq!(rig.state(&order).await, TransferState::Confirmed);
        assert_eq!((rig.sends(), rig.backend.copies(&order)), (sends, 1));
    }
}

#[tokio::test]
async fn t4_absence_is_proven_only_after_the_propagation_delay() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.backend.world.lock().delay = Duration::from_secs(10);
    rig.script([Act::TakeLate(Duration::from_secs(9))]);
    let order = rig.capture("A").await;
    rig.step().await;
    rig.step().await;
    let transfer = rig.transfer(&order).await;
    assert_eq!((transfer.state, transfer.lookups, transfer.due_at), (TransferState::Unknown, 1, later(10)));
    rig.clock.advance(SignedDuration::from_secs(10));
    rig.step().await;
    assert_eq!(rig.state(&order).await, TransferState::Confirmed);
    assert_eq!((rig.sends(), rig.backend.copies(&order)), (1, 1));
}

#[tokio::test]
async fn t4_a_submit_that_goes_on_working_after_its_reply_was_lost_is_not_sent_again() {
    let mut rig = Rig::new(Deduplication::Queryable).await;
    rig.settle_after(Duration::from_secs(60));
    rig.script([Act::TakeLate(Duration::from_secs(59))]);
    let order = rig.capture("A").await;
    rig.run(50).await;
    assert_eq!(rig.state(&order).await, TransferState::Confirmed);
    assert_eq!((rig.sends(), rig.backend.copies(&order)), (1, 1));
}

#[tokio::test]
async fn t4_an_expired_password_parks_no_order() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.script(std::iter::repeat_n(Act::Fail(failed(FailureCode::Auth)), 30));
    let order = rig.capture("A").await;
    rig.run(100).await;
    assert_eq!((rig.state(&order).await, rig.backend.copies(&order)), (TransferState::Confirmed, 1));
}

#[tokio::test]
async fn t4_what_is_proved_absent_is_sent_again() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.script([Act::Lose]);
    let order = rig.capture("A").await;
    rig.run(20).await;
    assert_eq!(rig.state(&order).await, TransferState::Confirmed);
    assert_eq!((rig.sends(), rig.backend.copies(&order)), (2, 1));
    let timeline = rig.temp.store.attempts_of(&order).await.unwrap();
    let kinds: Vec<_> = timeline.iter().map(|attempt| attempt.kind).collect();
    assert_eq!(kinds, [AttemptKind::Send, AttemptKind::LookUp, AttemptKind::Send]);
}

#[tokio::test]
async fn t4_a_back_end_that_cannot_be_asked_and_takes_duplicates_is_parked() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.script([Act::Lose]);
    rig.script_look_ups([Look::Fail(failed(FailureCode::Unsupported))]);
    let order = rig.capture("A").await;
    rig.run(20).await;
    assert_eq!((rig.state(&order).await, rig.sends()), (TransferState::Parked, 1));
}

#[tokio::test]
async fn t4_with_a_unique_reference_a_resend_is_safe_even_without_a_look_up() {
    let rig = Rig::new(Deduplication::UniqueReference).await;
    rig.script([Act::TakeSilently]);
    let unsupported = || Look::Fail(failed(FailureCode::Unsupported));
    rig.script_look_ups([unsupported(), unsupported()]);
    let order = rig.capture("A").await;
    rig.run(20).await;
    // The second submit was refused with the number of the first.
    assert_eq!((rig.state(&order).await, rig.sends(), rig.backend.copies(&order)), (TransferState::Confirmed, 2, 1));
    assert_eq!(rig.temp.store.document(&order).await.unwrap().unwrap().backend_number, Some("0".into()));
}

#[tokio::test]
async fn a_business_refusal_is_final_and_kept_with_its_reason() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.script([Act::Fail(Failure::new(FailureCode::Rejected, "the credit limit is exceeded"))]);
    let order = rig.capture("A").await;
    rig.run(20).await;
    let transfer = rig.transfer(&order).await;
    assert_eq!((transfer.state, rig.sends()), (TransferState::Rejected, 1));
    assert_eq!(transfer.last_failure.unwrap().message, "the credit limit is exceeded");
}

#[tokio::test]
async fn t7_retry_after_is_honored_and_survives_a_restart() {
    let mut rig = Rig::new(Deduplication::Queryable).await;
    rig.script([Act::Fail(failed(FailureCode::Throttled).with_retry_after(Duration::from_secs(120)))]);
    let order = rig.capture("A").await;
    rig.step().await;
    rig.temp.reopen().await;
    rig.engine.store = rig.temp.store.clone();
    rig.temp.store.recover(rig.clock.now()).await.unwrap();
    let transfer = rig.transfer(&order).await;
    assert_eq!(transfer.state, TransferState::Queued);
    assert!(transfer.due_at >= later(120), "{}", transfer.due_at);
    rig.clock.advance(SignedDuration::from_secs(119));
    rig.step().await;
    assert_eq!(rig.sends(), 1);
    rig.run(5).await;
    assert_eq!((rig.state(&order).await, rig.sends()), (TransferState::Confirmed, 2));
}

#[tokio::test]
async fn a_transfer_is_parked_after_its_attempts() {
    let rig = Rig::new(Deduplication::Queryable).await;
    // An adapter that breaks over this very order.
    let mut broken = failed(FailureCode::Unavailable);
    broken.ext.insert(crate::adapter::error::TRAP.to_owned(), "cpu".to_owned());
    rig.script(std::iter::repeat_n(Act::Fail(broken), 50));
    let order = rig.capture("A").await;
    rig.run(100).await;
    let transfer = rig.transfer(&order).await;
    assert_eq!((transfer.state, transfer.attempts), (TransferState::Parked, 10));
    let deed = Deed { actor: "csr".into(), reason: "the adapter was mended".into(), adapter_digest: None, at: rig.clock.now() };
    rig.backend.world.lock().acts.clear();
    rig.temp.store.resend(&order, deed).await.unwrap();
    rig.run(5).await;
    assert_eq!((rig.state(&order).await, rig.backend.copies(&order)), (TransferState::Confirmed, 1));
}

#[tokio::test]
async fn an_outage_does_not_park_orders_before_their_age_does() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.script(std::iter::repeat_n(Act::Fail(failed(FailureCode::Unavailable)), 60));
    let order = rig.capture("A").await;
    rig.run(61).await;
    assert_eq!((rig.state(&order).await, rig.sends()), (TransferState::Confirmed, 61));
    let stuck = rig.capture("A").await;
    rig.script(std::iter::repeat_n(Act::Fail(failed(FailureCode::Unavailable)), 60));
    rig.step().await;
    rig.clock.advance(SignedDuration::from_secs(rig.engine.config.max_age_secs as i64 + 1));
    rig.step().await;
    assert_eq!(rig.state(&stuck).await, TransferState::Parked);
}

#[tokio::test]
async fn t11_a_resent_order_has_its_whole_time_again() {
    let rig = Rig::new(Deduplication::Queryable).await;
    let max_age = SignedDuration::from_secs(rig.engine.config.max_age_secs as i64);
    rig.script(std::iter::repeat_n(Act::Fail(failed(FailureCode::Unavailable)), 60));
    let order = rig.capture("A").await;
    rig.clock.advance(max_age + SignedDuration::from_secs(1));
    rig.step().await;
    assert_eq!(rig.state(&order).await, TransferState::Parked);
    let deed =
        Deed { actor: "csr".into(), reason: "the back end is there again".into(), adapter_digest: None, at: rig.clock.now() };
    rig.temp.store.resend(&order, deed).await.unwrap();
    rig.step().await;
    assert_eq!(rig.state(&order).await, TransferState::Queued, "one hiccup does not park it");
    rig.clock.advance(max_age);
    rig.step().await;
    assert_eq!(rig.state(&order).await, TransferState::Queued);
    rig.run(5).await;
    assert_eq!(rig.state(&order).await, TransferState::Parked, "its time is over");
}

#[tokio::test]
async fn a_look_up_that_never_answers_is_parked_at_last() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.script([Act::TakeSilently]);
    rig.script_look_ups(std::iter::repeat_n(Look::Fail(failed(FailureCode::InvalidResponse)), 50));
    let order = rig.capture("A").await;
    rig.run(100).await;
    let transfer = rig.transfer(&order).await;
    assert_eq!((transfer.state, rig.sends()), (TransferState::Parked, 1));
    assert_eq!(transfer.unknown_since, Some(start()));
}

#[tokio::test]
async fn an_adapter_that_is_not_loaded_keeps_orders_waiting() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.backend.world.lock().loaded = false;
    let order = rig.capture("A").await;
    rig.run(20).await;
    let transfer = rig.transfer(&order).await;
    assert_eq!((transfer.state, transfer.attempts, rig.sends()), (TransferState::Queued, 0, 0));
    assert!(transfer.last_failure.unwrap().message.contains("no adapter \"demo\" is loaded"));
    rig.backend.world.lock().loaded = true;
    rig.run(5).await;
    assert_eq!(rig.state(&order).await, TransferState::Confirmed);
}

#[tokio::test]
async fn a_lost_cancellation_is_looked_up_even_with_class_none() {
    let rig = Rig::new(Deduplication::None).await;
    let capture = capture_order("A");
    let cancel = operation(&capture.document, TransferOperation::CancelOrder, None);
    let order = capture.document.reference.clone();
    rig.temp.store.capture(capture).await.unwrap();
    rig.step().await;
    rig.temp.store.enqueue(cancel).await.unwrap();
    rig.script([Act::Fail(lost())]);
    rig.run(5).await;
    assert_eq!((rig.state(&order).await, rig.backend.world.lock().look_ups), (TransferState::Confirmed, 1));
}

#[tokio::test]
async fn an_open_write_breaker_spends_no_attempt_and_recovery_drains_in_order() {
    let rig = Rig::new(Deduplication::Queryable).await;
    let orders = [rig.capture("A").await, rig.capture("A").await, rig.capture("B").await];
    rig.pause_sending();
    for _ in 0..100 {
        rig.step().await;
        rig.clock.advance(SignedDuration::from_secs(30));
    }
    assert_eq!(rig.temp.store.next_due(&rig.engine.backends.paused()).await.unwrap(), None, "nothing to wake up for");
    for order in &orders {
        let transfer = rig.transfer(order).await;
        assert_eq!((transfer.state, transfer.attempts, transfer.spent), (TransferState::Queued, 0, 0));
        assert!(rig.temp.store.attempts_of(order).await.unwrap().is_empty());
    }
    rig.backend.world.lock().paused = LeftOut::default();
    rig.run(5).await;
    let sends = rig.backend.world.lock().sends.clone();
    assert_eq!(sends, [orders[0].clone(), orders[2].clone(), orders[1].clone()], "per account the oldest first");
}

#[tokio::test]
async fn a_breaker_that_opens_between_claim_and_send_leaves_no_trace() {
    let rig = Rig::new(Deduplication::Queryable).await;
    let order = rig.capture("A").await;
    let claimed = rig.engine.claim(64, vec![]).await.unwrap().pop().unwrap();
    rig.pause_sending();
    rig.engine.work(claimed).await;
    let transfer = rig.transfer(&order).await;
    assert_eq!((transfer.state, transfer.attempts, transfer.last_failure), (TransferState::Queued, 0, None));
    assert!(rig.temp.store.attempts_of(&order).await.unwrap().is_empty());
    rig.backend.world.lock().paused = LeftOut::default();
    rig.step().await;
    assert_eq!(rig.state(&order).await, TransferState::Confirmed);
}

#[tokio::test]
async fn scenario_11_orders_are_sent_while_only_reads_are_turned_away_and_look_ups_wait() {
    let rig = Rig::new(Deduplication::Queryable).await;
    let paused = LeftOut { looking_up: vec!["demo".into()], ..LeftOut::default() };
    rig.backend.world.lock().paused = paused;
    rig.script([Act::Take, Act::TakeSilently]);
    let (taken, lost) = (rig.capture("A").await, rig.capture("B").await);
    rig.run(5).await;
    assert_eq!((rig.state(&taken).await, rig.state(&lost).await), (TransferState::Confirmed, TransferState::Unknown));
    assert_eq!(rig.backend.world.lock().look_ups, 0);
    rig.backend.world.lock().paused = LeftOut::default();
    rig.run(5).await;
    assert_eq!((rig.state(&lost).await, rig.copies(&lost)), (TransferState::Confirmed, 1));
}
