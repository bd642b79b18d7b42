//! A back end that does what its script says, keeps what it took, and would take a document twice if its class lets it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::sync::{Notify, broadcast};

use crate::adapter::Exchanges;
use crate::clock::Clock;
use crate::config::TransferConfig;
use crate::domain::{
    Accepted, AdapterName, BusinessStatus, Calculation, Deduplication, Dice, Failure, FailureCode, Order, Reference, Side,
    TransferOperation, TransferState,
};
use crate::pipeline::backend::Keeps;
use crate::pipeline::work::Engine;
use crate::pipeline::{Backend, BackendTraits, Backends};
use crate::store::fixtures::{TempStore, capture_order, start};
use crate::store::{Capture, Claimed, Document, LeftOut, Taken, Transfer};

/// What happens to one submit.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Take,
    /// Taken, but the reply is lost.
    TakeSilently,
    /// Taken, and said to be this document.
    TakeAs(usize),
    /// Said to be this document, and not taken.
    ClaimAs(usize),
    /// Taken so much later than the reply was given up.
    TakeLate(Duration),
    /// Lost on the way: not taken, and nobody can tell.
    Lose,
    Fail(Failure),
    /// The host dies before, or after, the back end takes it.
    DieBefore,
    DieAfter,
}

/// What happens to one look-up, when it is not answered truthfully.
#[derive(Clone, Debug)]
pub(super) enum Look {
    Truth,
    Fail(Failure),
}

pub(super) struct World {
    pub(super) class: Deduplication,
    pub(super) delay: Duration,
    /// Submits beyond the script are taken.
    pub(super) acts: VecDeque<Act>,
    /// Look-ups beyond the script are answered truthfully.
    pub(super) looks: VecDeque<Look>,
    /// Every document that was made, and when it can be found.
    pub(super) made: Vec<(Reference, Timestamp)>,
    pub(super) sends: Vec<Reference>,
    pub(super) look_ups: usize,
    /// What orders cost when they are priced; beyond the script, the last of it.
    pub(super) prices: VecDeque<Result<Calculation, Failure>>,
    /// The orders as they were sent.
    pub(super) sent: Vec<Order>,
    /// Reservations that were given back.
    pub(super) released: Vec<String>,
    pub(super) loaded: bool,
    pub(super) paused: LeftOut,
}

/// Scripted; also the only one there is.
#[derive(Clone)]
pub(super) struct Scripted {
    pub(super) world: Arc<Mutex<World>>,
    clock: Clock,
    died: Arc<Notify>,
}

impl Scripted {
    pub(super) fn new(class: Deduplication, clock: Clock) -> Self {
        let world = World {
            class,
            delay: Duration::ZERO,
            acts: VecDeque::new(),
            looks: VecDeque::new(),
            made: vec![],
            sends: vec![],
            look_ups: 0,
            prices: VecDeque::new(),
            sent: vec![],
            released: vec![],
            loaded: true,
            paused: LeftOut::default(),
        };
        Self { world: Arc::new(Mutex::new(world)), clock, died: Arc::new(Notify::new()) }
    }

    pub(super) fn copies(&self, reference: &Reference) -> usize {
        self.world.lock().made.iter().filter(|(made, _)| made == reference).count()
    }

    /// Takes a document the way its class does.
    fn take(&self, reference: &Reference, visible_at: Timestamp) -> Result<Taken, Failure> {
        let mut world = self.world.lock();
        let first = world.made.iter().position(|(made, _)| made == reference);
        match (first, world.class) {
            (Some(first), Deduplication::NativeKey) => Ok(accepted(first)),
            (Some(first), Deduplication::UniqueReference) => {
                Err(Failure::new(FailureCode::Conflict, "it exists").with_detail(first.to_string()))
            }
            _ => {
                world.made.push((reference.clone(), visible_at));
                Ok(accepted(world.made.len() - 1))
            }
        }
    }

    async fn die(&self) -> Result<Taken, Failure> {
        self.died.notify_one();
        std::future::pending().await
    }
}

fn accepted(number: usize) -> Taken {
    let number = number.to_string().into();
    Taken::Order(Accepted { number, status: BusinessStatus::Open, raw_status: None, amendments: vec![] })
}

pub(super) fn lost() -> Failure {
    Failure::new(FailureCode::OutcomeUnknown, "no reply")
}

impl Backends for Scripted {
    type One = Self;

    fn get(&self, _adapter: &AdapterName) -> Option<Self> {
        self.world.lock().loaded.then(|| self.clone())
    }

    fn paused(&self) -> LeftOut {
        self.world.lock().paused.clone()
    }

    async fn resumed(&self) {
        std::future::pending().await
    }
}

/// Nothing goes over a wire.
impl Keeps for () {
    fn exchanges(&mut self) -> Exchanges {
        Exchanges::default()
    }
}

impl Backend for Scripted {
    type Leave = ();

    /// As breakers do: what is paused gets no leave.
    async fn enter(&self, side: Side, _deadline: Duration) -> Result<(), Failure> {
        let world = self.world.lock();
        let paused = if side == Side::Write { &world.paused.sending } else { &world.paused.looking_up };
        if paused.is_empty() { Ok(()) } else { Err(Failure::new(FailureCode::Unavailable, "the breaker is open")) }
    }

    fn traits(&self) -> BackendTraits {
        let world = self.world.lock();
        BackendTraits { deduplication: world.class, propagation_delay: world.delay, digest: "scripted".into() }
    }

    async fn attempt(&self, (): (), claimed: &Claimed, _deadline: Duration) -> Result<Taken, Failure> {
        let reference = &claimed.transfer.reference;
        let act = {
            let mut world = self.world.lock();
            world.sends.push(reference.clone());
            world.sent.extend(claimed.document.as_ref().and_then(Document::order).cloned());
            world.acts.pop_front().unwrap_or(Act::Take)
        };
        let now = self.clock.now();
        match act {
            Act::Take if claimed.transfer.operation == TransferOperation::ReleaseReservation => {
                let held = claimed.transfer.instruction.held.clone().unwrap();
                self.world.lock().released.push(held.reservation.id);
                Ok(Taken::Released)
            }
            Act::Take => self.take(reference, now),
            Act::TakeSilently => self.take(reference, now).and(Err(lost())),
            Act::TakeAs(number) => self.take(reference, now).map(|_| accepted(number)),
            Act::ClaimAs(number) => Ok(accepted(number)),
            Act::TakeLate(wait) => self.take(reference, now + SignedDuration::try_from(wait).unwrap()).and(Err(lost())),
            Act::Lose => Err(lost()),
            Act::Fail(failure) => Err(failure),
            Act::DieBefore => self.die().await,
            Act::DieAfter => {
                self.take(reference, now)?;
                self.die().await
            }
        }
    }

    async fn price(&self, (): (), _claimed: &Claimed, _deadline: Duration) -> Result<Calculation, Failure> {
        let mut world = self.world.lock();
        let price = world.prices.pop_front().expect("a price is scripted");
        if world.prices.is_empty() {
            world.prices.push_back(price.clone());
        }
        price
    }

    async fn identify(&self, (): (), _claimed: &Claimed, _deadline: Duration) -> Result<(), Failure> {
        Ok(())
    }

    async fn look_up(&self, (): (), claimed: &Claimed, _deadline: Duration) -> Result<Option<Taken>, Failure> {
        let mut world = self.world.lock();
        world.look_ups += 1;
        if let Some(Look::Fail(failure)) = world.looks.pop_front() {
            return Err(failure);
        }
        let now = self.clock.now();
        let found = world.made.iter().position(|(made, visible_at)| made == &claimed.transfer.reference && *visible_at <= now);
        Ok(found.map(accepted))
    }
}

/// A store, a clock, a back end, and the engine without its loop: the test takes every step.
pub(super) struct Rig {
    pub(super) temp: TempStore,
    pub(super) clock: Clock,
    pub(super) backend: Scripted,
    pub(super) engine: Engine<Scripted>,
}

impl Rig {
    pub(super) async fn new(class: Deduplication) -> Self {
        let temp = TempStore::open().await;
        let clock = Clock::manual(start());
        let backend = Scripted::new(class, clock.clone());
        let engine = Engine {
            store: temp.store.clone(),
            backends: backend.clone(),
            config: TransferConfig { settle_ms: 0, ..TransferConfig::default() },
            amendments: BTreeMap::new(),
            clock: clock.clone(),
            dice: Dice::seeded(1),
            changed: broadcast::channel(16).0,
            wake: Arc::new(Notify::new()),
        };
        Self { temp, clock, backend, engine }
    }

    /// How long a lost submit may go on working; none unless a test says so.
    pub(super) fn settle_after(&mut self, settle: Duration) {
        self.engine.config.settle_ms = settle.as_millis().try_into().unwrap();
    }

    pub(super) fn script(&self, acts: impl IntoIterator<Item = Act>) {
        self.backend.world.lock().acts.extend(acts);
    }

    pub(super) fn script_look_ups(&self, looks: impl IntoIterator<Item = Look>) {
        self.backend.world.lock().looks.extend(looks);
    }

    /// As an open breaker of the write side does.
    pub(super) fn pause_sending(&self) {
        self.backend.world.lock().paused = LeftOut { sending: vec!["demo".into()], ..LeftOut::default() };
    }

    pub(super) fn copies(&self, reference: &Reference) -> usize {
        self.backend.copies(reference)
    }

    pub(super) async fn capture(&self, account: &str) -> Reference {
        self.capture_this(capture_order(account)).await
    }

    pub(super) async fn capture_this(&self, capture: Capture) -> Reference {
        let capture = Capture { at: self.clock.now(), ..capture };
        let reference = capture.document.reference.clone();
        self.temp.store.capture(capture).await.unwrap();
        reference
    }

    /// Works once on everything that is due, in turn. A death of the host ends the step, and the host starts again.
    pub(super) async fn step(&self) {
        for claimed in self.engine.claim(64, vec![]).await.unwrap() {
            tokio::select! {
                biased;
                () = self.backend.died.notified() => {
                    self.temp.store.recover(self.clock.now()).await.unwrap();
                    return;
                }
                () = self.engine.work(claimed) => {}
            }
        }
    }

    /// Steps from due time to due time until nothing is open or so many steps were taken.
    pub(super) async fn run(&self, steps: usize) {
        for _ in 0..steps {
            self.step().await;
            let Some(due) = self.temp.store.next_due(&self.engine.backends.paused()).await.unwrap() else { return };
            let wait = due.duration_since(self.clock.now());
            self.clock.advance(wait.max(SignedDuration::ZERO));
        }
    }

    pub(super) async fn transfer(&self, reference: &Reference) -> Transfer {
        self.temp.store.transfers_of(reference).await.unwrap().pop().unwrap()
    }

    pub(super) async fn state(&self, reference: &Reference) -> TransferState {
        self.transfer(reference).await.state
    }

    pub(super) fn sends(&self) -> usize {
        self.backend.world.lock().sends.len()
    }
}
