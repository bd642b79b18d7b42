//! The pipeline with its loop: many at once, accounts in order, waking, waiting and draining.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};

use crate::clock::Clock;
use crate::config::TransferConfig;
use crate::domain::{
    Accepted, AdapterName, BusinessStatus, Calculation, Deduplication, Failure, FailureCode, Reference, Side, TransferState,
};
use crate::pipeline::{Backend, BackendTraits, Backends, Pipeline};
use crate::store::fixtures::{TempStore, capture_order};
use crate::store::{Capture, Claimed, LeftOut, Taken};

/// Takes everything, when the gate lets it.
#[derive(Clone)]
struct Gated {
    gate: Arc<Semaphore>,
    log: Arc<Mutex<Log>>,
    resumed: Arc<Notify>,
}

#[derive(Default)]
struct Log {
    sent: Vec<Reference>,
    under_way: BTreeMap<String, usize>,
    most_at_once: usize,
    most_of_one_account: usize,
    paused: LeftOut,
    look_ups: usize,
}

impl Gated {
    fn new(permits: usize) -> Self {
        Self { gate: Arc::new(Semaphore::new(permits)), log: Arc::default(), resumed: Arc::default() }
    }
}

impl Backends for Gated {
    type One = Self;

    fn get(&self, _adapter: &AdapterName) -> Option<Self> {
        Some(self.clone())
    }

    fn paused(&self) -> LeftOut {
        self.log.lock().paused.clone()
    }

    async fn resumed(&self) {
        self.resumed.notified().await;
    }
}

impl Backend for Gated {
    type Leave = ();

    async fn enter(&self, _side: Side, _deadline: Duration) -> Result<(), Failure> {
        Ok(())
    }

    fn traits(&self) -> BackendTraits {
        BackendTraits { deduplication: Deduplication::Queryable, propagation_delay: Duration::ZERO, digest: "gated".into() }
    }

    async fn attempt(&self, (): (), claimed: &Claimed, _deadline: Duration) -> Result<Taken, Failure> {
        let account = claimed.transfer.account.to_string();
        {
            let mut log = self.log.lock();
            log.sent.push(claimed.transfer.reference.clone());
            *log.under_way.entry(account.clone()).or_default() += 1;
            log.most_of_one_account = log.most_of_one_account.max(log.under_way[&account]);
            log.most_at_once = log.most_at_once.max(log.under_way.values().sum());
        }
        self.gate.acquire().await.unwrap().forget();
        *self.log.lock().under_way.get_mut(&account).unwrap() -= 1;
        let number = claimed.transfer.reference.as_str().into();
        Ok(Taken::Order(Accepted { number, status: BusinessStatus::Open, raw_status: None, amendments: vec![] }))
    }

    async fn price(&self, (): (), _claimed: &Claimed, _deadline: Duration) -> Result<Calculation, Failure> {
        Err(Failure::new(FailureCode::Unsupported, "it has no prices"))
    }

    async fn identify(&self, (): (), _claimed: &Claimed, _deadline: Duration) -> Result<(), Failure> {
        Ok(())
    }

    async fn look_up(&self, (): (), _claimed: &Claimed, _deadline: Duration) -> Result<Option<Taken>, Failure> {
        self.log.lock().look_ups += 1;
        Ok(None)
    }
}

async fn capture(temp: &TempStore, account: &str) -> Reference {
    let capture = Capture { at: jiff::Timestamp::now(), ..capture_order(account) };
    let reference = capture.document.reference.clone();
    temp.store.capture(capture).await.unwrap();
    reference
}

async fn running(temp: &TempStore, backend: &Gated, concurrency: usize) -> Pipeline {
    running_by(&Clock::system(), temp, backend, concurrency).await
}

async fn running_by(clock: &Clock, temp: &TempStore, backend: &Gated, concurrency: usize) -> Pipeline {
    let config = TransferConfig { concurrency, ..TransferConfig::default() };
    Pipeline::start(temp.store.clone(), backend.clone(), config, BTreeMap::new(), clock.clone(), 1).await.unwrap()
}

const OPEN: usize = 1_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t6_each_account_goes_in_order_and_all_accounts_at_once() {
    let temp = TempStore::open().await;
    let backend = Gated::new(OPEN);
    let mut orders = Vec::new();
    for number in 0..120 {
        orders.push(capture(&temp, &format!("A{}", number % 12)).await);
    }
    let pipeline = running(&temp, &backend, 8).await;
    let states = join_all(orders.iter().map(|order| pipeline.settled(order))).await;
    assert!(states.into_iter().all(|state| state.unwrap() == TransferState::Confirmed));
    let log = backend.log.lock();
    assert_eq!((log.sent.len(), log.most_of_one_account), (120, 1));
    assert!(log.most_at_once <= 8);
    for lane in 0..12 {
        let wanted: Vec<_> = orders.iter().skip(lane).step_by(12).collect();
        let sent: Vec<_> = log.sent.iter().filter(|sent| wanted.contains(sent)).collect();
        assert_eq!(sent, wanted);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t6_an_account_whose_order_hangs_blocks_no_other() {
    let temp = TempStore::open().await;
    let backend = Gated::new(0);
    let pipeline = running(&temp, &backend, 8).await;
    let mut changes = pipeline.subscribe();
    let stuck = capture(&temp, "A").await;
    pipeline.wake();
    until(|| backend.log.lock().sent.contains(&stuck)).await;
    let behind = capture(&temp, "A").await;
    let other = capture(&temp, "B").await;
    pipeline.wake();
    until(|| backend.log.lock().sent.contains(&other)).await;
    assert!(!backend.log.lock().sent.contains(&behind));
    backend.gate.add_permits(OPEN);
    assert_eq!(pipeline.settled(&behind).await.unwrap(), TransferState::Confirmed);
    let mut changed = Vec::new();
    while let Ok(reference) = changes.try_recv() {
        changed.push(reference);
    }
    assert!([stuck, behind, other].iter().all(|reference| changed.contains(reference)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_paused_back_end_goes_as_soon_as_that_is_back() {
    let temp = TempStore::open().await;
    let backend = Gated::new(OPEN);
    backend.log.lock().paused = LeftOut { sending: vec!["demo".into()], ..LeftOut::default() };
    let config = TransferConfig { poll_ms: 3_600_000, ..TransferConfig::default() };
    let pipeline =
        Pipeline::start(temp.store.clone(), backend.clone(), config, BTreeMap::new(), Clock::system(), 1).await.unwrap();
    let order = capture(&temp, "A").await;
    pipeline.wake();
    backend.log.lock().paused = LeftOut::default();
    backend.resumed.notify_one();
    assert_eq!(pipeline.settled(&order).await.unwrap(), TransferState::Confirmed);
}

#[tokio::test]
async fn t5_what_is_under_way_is_not_claimed_again_when_the_clock_jumps_beyond_its_lease() {
    let temp = TempStore::open().await;
    let backend = Gated::new(0);
    // Ahead of what is captured, which is due at once.
    let clock = Clock::manual(jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1));
    let pipeline = running_by(&clock, &temp, &backend, 8).await;
    let under_way = capture(&temp, "A").await;
    pipeline.wake();
    until(|| backend.log.lock().sent.contains(&under_way)).await;
    clock.advance(jiff::SignedDuration::from_hours(1));
    // Another order shows that the pipeline has claimed since.
    let other = capture(&temp, "B").await;
    pipeline.wake();
    until(|| backend.log.lock().sent.contains(&other)).await;
    assert_eq!(temp.store.document(&under_way).await.unwrap().unwrap().transfer, TransferState::Sending);
    backend.gate.add_permits(OPEN);
    assert_eq!(pipeline.settled(&under_way).await.unwrap(), TransferState::Confirmed);
    let log = backend.log.lock();
    assert_eq!((log.look_ups, log.sent.len()), (0, 2), "sent once each, and never looked up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn draining_finishes_what_is_under_way_and_claims_nothing_more() {
    let temp = TempStore::open().await;
    let backend = Gated::new(0);
    let pipeline = running(&temp, &backend, 8).await;
    let under_way = capture(&temp, "A").await;
    pipeline.wake();
    until(|| backend.log.lock().sent.contains(&under_way)).await;
    let draining = pipeline.clone();
    let drained = tokio::spawn(async move { draining.drain(Duration::from_secs(30)).await });
    until(|| pipeline.stop.is_cancelled()).await;
    // Of the same account: a claim that is being made just now cannot have it yet.
    let late = capture(&temp, "A").await;
    pipeline.wake();
    backend.gate.add_permits(OPEN);
    assert_eq!(drained.await.unwrap(), 0);
    assert_eq!(pipeline.settled(&under_way).await.unwrap(), TransferState::Confirmed);
    assert_eq!(temp.store.document(&late).await.unwrap().unwrap().transfer, TransferState::Queued);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t3_what_is_still_under_way_at_the_end_of_a_drain_is_unknown_at_the_next_start() {
    let temp = TempStore::open().await;
    let backend = Gated::new(0);
    let pipeline = running(&temp, &backend, 8).await;
    let order = capture(&temp, "A").await;
    pipeline.wake();
    until(|| backend.log.lock().sent.contains(&order)).await;
    assert_eq!(pipeline.drain(Duration::ZERO).await, 1);
    assert_eq!(temp.store.document(&order).await.unwrap().unwrap().transfer, TransferState::Sending);
    assert_eq!(temp.store.recover(jiff::Timestamp::now()).await.unwrap(), 1);
    assert_eq!(temp.store.document(&order).await.unwrap().unwrap().transfer, TransferState::Unknown);
}

/// Yields until it holds; the test runner's time limit is the only other end.
async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::task::yield_now().await;
    }
}
