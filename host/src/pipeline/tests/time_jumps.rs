//! Somebody sets the clock, or the machine stands still, while transfers wait (rules T4, T7).

use std::time::Duration;

use jiff::SignedDuration;

use super::scripted::{Act, Rig};
use crate::domain::{Deduplication, Failure, FailureCode, TransferState};
use crate::store::Jump;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Sets the clock and has the store put right what depends on it, as the loop does before every claim.
async fn jump(rig: &Rig, by: SignedDuration) {
    let was = rig.clock.now();
    rig.clock.advance(by);
    rig.temp.store.put_right(Jump { was, now: rig.clock.now() }, rig.engine.config.lease()).await.unwrap();
}

async fn settling() -> Rig {
    let mut rig = Rig::new(Deduplication::Queryable).await;
    rig.settle_after(Duration::from_secs(60));
    rig
}

#[tokio::test]
async fn t7_nothing_waits_for_an_hour_that_comes_twice() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.clock.advance(HOUR);
    rig.script([Act::Fail(Failure::new(FailureCode::Unavailable, "not now"))]);
    let order = rig.capture("A").await;
    let behind = rig.capture("A").await;
    rig.step().await;
    assert_eq!(rig.state(&order).await, TransferState::Queued);
    jump(&rig, -HOUR).await;
    rig.step().await;
    rig.step().await;
    assert_eq!((rig.state(&order).await, rig.state(&behind).await), (TransferState::Confirmed, TransferState::Confirmed));
    assert_eq!((rig.copies(&order), rig.copies(&behind)), (1, 1));
}

#[tokio::test]
async fn t4_a_clock_that_is_set_forward_proves_no_absence() {
    let rig = settling().await;
    rig.script([Act::Lose]);
    let order = rig.capture("A").await;
    rig.step().await;
    rig.step().await;
    jump(&rig, HOUR).await;
    rig.step().await;
    assert_eq!((rig.state(&order).await, rig.sends()), (TransferState::Unknown, 1), "it may still be at work");
    rig.run(50).await;
    assert_eq!((rig.state(&order).await, rig.sends(), rig.copies(&order)), (TransferState::Confirmed, 2, 1));
}

#[tokio::test]
async fn t4_nor_does_one_that_is_set_forward_between_claim_and_look_up() {
    let rig = settling().await;
    rig.script([Act::Lose]);
    let order = rig.capture("A").await;
    rig.step().await;
    let claimed = rig.engine.claim(64, vec![]).await.unwrap().pop().unwrap();
    rig.clock.advance(HOUR);
    rig.engine.work(claimed).await;
    assert_eq!((rig.state(&order).await, rig.sends()), (TransferState::Unknown, 1));
}

#[tokio::test]
async fn t4_how_long_it_was_uncertain_counts_from_the_start_of_the_host() {
    let rig = settling().await;
    rig.script([Act::Lose]);
    let order = rig.capture("A").await;
    rig.step().await;
    rig.clock.advance(HOUR);
    rig.temp.store.recover(rig.clock.now()).await.unwrap();
    rig.step().await;
    assert_eq!((rig.state(&order).await, rig.sends()), (TransferState::Unknown, 1), "nobody knows what the clock did meanwhile");
}

#[tokio::test]
async fn t5_a_clock_that_is_set_forward_takes_no_work_from_another_host() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.capture("A").await;
    assert_eq!(rig.engine.claim(64, vec![]).await.unwrap().len(), 1);
    jump(&rig, HOUR).await;
    assert_eq!(rig.engine.claim(64, vec![]).await.unwrap().len(), 0, "it is at work on it");
    rig.clock.advance(rig.engine.config.lease().try_into().unwrap());
    assert_eq!(rig.engine.claim(64, vec![]).await.unwrap().len(), 1, "it has had its time");
}

#[tokio::test]
async fn t5_nor_from_one_that_has_not_noticed_it_and_begins_to_send() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.capture("A").await;
    let claimed = rig.engine.claim(64, vec![]).await.unwrap().pop().unwrap();
    let (before, lease) = (rig.clock.now(), rig.engine.config.lease());
    jump(&rig, HOUR).await;
    rig.temp.store.begin_attempt(claimed.transfer.id, claimed.fence, before, lease, "digest".into()).await.unwrap();
    assert_eq!(rig.engine.claim(64, vec![]).await.unwrap().len(), 0, "it is sending");
}

#[tokio::test]
async fn t5_a_clock_that_is_set_back_does_not_keep_the_work_of_a_dead_host() {
    let rig = Rig::new(Deduplication::Queryable).await;
    rig.capture("A").await;
    assert_eq!(rig.engine.claim(64, vec![]).await.unwrap().len(), 1);
    jump(&rig, -HOUR).await;
    assert_eq!(rig.engine.claim(64, vec![]).await.unwrap().len(), 0, "it may be at work on it");
    rig.clock.advance(rig.engine.config.lease().try_into().unwrap());
    assert_eq!(rig.engine.claim(64, vec![]).await.unwrap().len(), 1, "it has had its time");
}
