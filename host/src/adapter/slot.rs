//! One adapter's place in the host, and the generations that follow each other in it: live, on trial, previous, draining. Every change is one
//! swap of the routing; whoever already holds a generation finishes on it (rule T12), and it is dropped when the last one lets go.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;

use super::canary::{Trial, Verdict};
use super::reader::{Reader, can_step_in};
use super::{Adapter, metrics};
use crate::clock::Clock;

/// How often a trial is judged.
const LOOK: Duration = Duration::from_millis(100);

/// Where a generation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GenerationState {
    /// On trial: serves a share of the reads.
    Canary,
    Live,
    /// Older than the live one, and ready for a rollback.
    Previous,
    /// Serves nothing new; finishes what it began.
    Draining,
}

/// What came of a load or a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SwapResult {
    Trying,
    Promoted,
    /// By the host: the generation on trial was worse than the old one.
    BackedOut,
    RolledBack,
    /// By an operator: the trial was ended.
    Withdrawn,
    /// A newer one was loaded while it was on trial.
    Superseded,
    Refused,
}

impl SwapResult {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trying => "trying",
            Self::Promoted => "promoted",
            Self::BackedOut => "backed_out",
            Self::RolledBack => "rolled_back",
            Self::Withdrawn => "withdrawn",
            Self::Superseded => "superseded",
            Self::Refused => "refused",
        }
    }
}

/// The latest load or decision.
#[derive(Clone, Debug, Serialize)]
pub struct SwapReport {
    pub at: Timestamp,
    /// The generation that it was about.
    pub generation: u64,
    pub result: SwapResult,
    pub detail: String,
}

/// One generation, for operators.
#[derive(Clone, Debug, Serialize)]
pub struct GenerationReport {
    pub generation: u64,
    pub state: GenerationState,
    /// SHA-256 of the component.
    pub digest: String,
    /// Whose signature the component has, or `unsigned`.
    pub signer: String,
    /// As the adapter describes itself.
    pub version: String,
    pub loaded_at: Timestamp,
    pub calls: u64,
    /// Calls that something was wrong with; answers of the business are none.
    pub failures: u64,
    pub traps: u64,
    pub in_flight: u64,
    /// Of the reads, while on trial.
    pub share_percent: Option<u8>,
}

/// All generations of an adapter, newest first, and what happened last.
#[derive(Clone, Debug, Serialize)]
pub struct SlotReport {
    pub generations: Vec<GenerationReport>,
    pub last_swap: Option<SwapReport>,
}

/// Who serves.
struct Routing {
    live: Arc<Adapter>,
    trial: Option<Arc<Trial>>,
    previous: Option<Arc<Adapter>>,
}

pub(super) struct Slot {
    routing: ArcSwap<Routing>,
    /// Held while the routing is replaced, so that two changes cannot undo each other. Readers never wait for it.
    changing: Mutex<()>,
    reads: AtomicU32,
    latest: AtomicU64,
    draining: Mutex<Vec<Weak<Adapter>>>,
    last_swap: Mutex<Option<SwapReport>>,
    clock: Clock,
}

impl Slot {
    pub(super) fn new(live: Arc<Adapter>, clock: Clock) -> Self {
        metrics::live_digest(live.name(), live.digest(), live.digest());
        let slot = Self {
            latest: AtomicU64::new(live.generation()),
            routing: ArcSwap::from_pointee(Routing { live, trial: None, previous: None }),
            changing: Mutex::default(),
            reads: AtomicU32::new(0),
            draining: Mutex::default(),
            last_swap: Mutex::default(),
            clock,
        };
        slot.publish();
        slot
    }

    pub(super) fn live(&self) -> Arc<Adapter> {
        Arc::clone(&self.routing.load().live)
    }

    /// For one read of the catalog.
    pub(super) fn reader(&self) -> Reader {
        let routing = self.routing.load();
        let live = || Arc::clone(&routing.live);
        match &routing.trial {
            None => Reader::usual(live()),
            Some(trial)
                if trial.takes(self.reads.fetch_add(1, Ordering::Relaxed))
                    && can_step_in(routing.live.description(), trial.canary.description()) =>
            {
                Reader::on_trial(Arc::clone(trial), live())
            }
            Some(trial) => Reader::compared(live(), Arc::clone(trial)),
        }
    }

    /// The generation that was loaded last: on trial, or live.
    pub(super) fn newest(&self) -> Arc<Adapter> {
        let routing = self.routing.load();
        Arc::clone(routing.trial.as_ref().map_or(&routing.live, |trial| &trial.canary))
    }

    /// A number for the next generation. A refused load uses one up.
    pub(super) fn next_generation(&self) -> u64 {
        self.latest.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Puts a loaded generation on trial, or live at once when its share is 0. Replaces another one on trial.
    pub(super) fn install(self: &Arc<Self>, new: Arc<Adapter>) -> GenerationState {
        let _changing = self.changing.lock();
        let routing = self.routing.load_full();
        if let Some(trial) = &routing.trial {
            self.retire(&trial.canary);
            self.note(&trial.canary, SwapResult::Superseded, format!("generation {} was loaded", new.generation()));
        }
        if new.config.canary.share_percent == 0 {
            self.make_live(&routing, new, "without a trial (share_percent is 0)");
            return GenerationState::Live;
        }
        let trial = Arc::new(Trial::new(Arc::clone(&new)));
        self.route(Routing {
            live: Arc::clone(&routing.live),
            trial: Some(Arc::clone(&trial)),
            previous: routing.previous.clone(),
        });
        self.note(&new, SwapResult::Trying, format!("{} % of the reads", new.config.canary.share_percent));
        tokio::spawn(Arc::clone(self).watch_over(Arc::downgrade(&trial)));
        GenerationState::Canary
    }

    /// Makes the generation on trial live. False when there is none, or another than `only`.
    pub(super) fn promote(&self, only: Option<u64>, why: &str) -> bool {
        let _changing = self.changing.lock();
        let routing = self.routing.load_full();
        let Some(trial) = routing.trial_of(only) else { return false };
        self.make_live(&routing, Arc::clone(&trial.canary), why);
        true
    }

    /// Ends a trial, the old generation serving on; what the other one said is not used any more. False when there is none, or another than
    /// `only`.
    pub(super) fn end_trial(&self, only: Option<u64>, result: SwapResult, why: &str) -> bool {
        let _changing = self.changing.lock();
        let routing = self.routing.load_full();
        let Some(trial) = routing.trial_of(only) else { return false };
        trial.canary.standing.withdraw();
        self.route(Routing { live: Arc::clone(&routing.live), trial: None, previous: routing.previous.clone() });
        self.retire(&trial.canary);
        self.note(&trial.canary, result, why.to_owned());
        true
    }

    /// Makes the previous generation live again. False when there is none. The newer one is let go, and what it said is not used any more: it
    /// comes back by a load only, with all checks and a trial, never because somebody goes back twice.
    pub(super) fn roll_back(&self, why: &str) -> bool {
        let _changing = self.changing.lock();
        let routing = self.routing.load_full();
        let Some(previous) = routing.previous.clone() else { return false };
        metrics::live_digest(previous.name(), routing.live.digest(), previous.digest());
        routing.live.standing.withdraw();
        self.route(Routing { live: Arc::clone(&previous), trial: None, previous: None });
        self.retire(&routing.live);
        self.note(&previous, SwapResult::RolledBack, why.to_owned());
        true
    }

    /// A load that did not come to a generation.
    pub(super) fn refused(&self, generation: u64, why: &str) {
        let live = self.live();
        metrics::swapped(live.name(), SwapResult::Refused.as_str());
        tracing::error!(adapter = %live.name(), generation, live = live.generation(), error = why, "a new version of the adapter is refused; the old one serves on");
        *self.last_swap.lock() =
            Some(SwapReport { at: self.clock.now(), generation, result: SwapResult::Refused, detail: why.to_owned() });
    }

    pub(super) fn report(&self) -> SlotReport {
        let routing = self.routing.load_full();
        let trial = routing.trial.as_ref().map(|trial| report(&trial.canary, GenerationState::Canary));
        let previous = routing.previous.as_ref().map(|previous| report(previous, GenerationState::Previous));
        let draining = self.still_draining(&routing).into_iter().map(|adapter| report(&adapter, GenerationState::Draining));
        let mut generations: Vec<_> =
            trial.into_iter().chain([report(&routing.live, GenerationState::Live)]).chain(previous).chain(draining).collect();
        generations.sort_by_key(|report| std::cmp::Reverse(report.generation));
        SlotReport { generations, last_swap: self.last_swap.lock().clone() }
    }

    /// Until the trial is over, however it ends. Holds it only while it looks: a generation that is backed out is dropped at once.
    async fn watch_over(self: Arc<Self>, trial: Weak<Trial>) {
        let mut looks = tokio::time::interval(LOOK);
        let mut is_told = false;
        loop {
            looks.tick().await;
            let Some(trial) = trial.upgrade() else { return };
            let number = Some(trial.canary.generation());
            let routing = self.routing.load_full();
            if routing.trial_of(number).is_none() {
                return;
            }
            // Another one than it was compared with may have become live since: somebody rolled back while it was loaded.
            let verdict = match can_step_in(routing.live.description(), trial.canary.description()) {
                true => trial.verdict(),
                false => Verdict::BackOut(format!(
                    "generation {}, which is live, needs to be told more than it, so it cannot be tried: load it again",
                    routing.live.generation()
                )),
            };
            match verdict {
                Verdict::GoOn => {}
                Verdict::Extend(why) if !is_told => {
                    self.extended(number, why);
                    is_told = true;
                }
                Verdict::Extend(_) => {}
                Verdict::Promote(why) => drop(self.promote(number, &why)),
                Verdict::BackOut(why) => drop(self.end_trial(number, SwapResult::BackedOut, &why)),
            }
        }
    }

    /// Says why a trial goes on although its time is over.
    fn extended(&self, only: Option<u64>, why: String) {
        let _changing = self.changing.lock();
        if let Some(trial) = self.routing.load().trial_of(only) {
            let (name, generation) = (trial.canary.name(), trial.canary.generation());
            tracing::warn!(adapter = %name, generation, detail = why, "the trial of a new version goes on");
            *self.last_swap.lock() =
                Some(SwapReport { at: self.clock.now(), generation, result: SwapResult::Trying, detail: why });
        }
    }

    fn make_live(&self, routing: &Routing, new: Arc<Adapter>, why: &str) {
        if let Some(previous) = &routing.previous {
            self.retire(previous);
        }
        metrics::live_digest(new.name(), routing.live.digest(), new.digest());
        self.route(Routing { live: Arc::clone(&new), trial: None, previous: Some(Arc::clone(&routing.live)) });
        self.note(&new, SwapResult::Promoted, why.to_owned());
    }

    fn route(&self, routing: Routing) {
        let before = self.live();
        for after in [Some(&routing.live), routing.trial.as_ref().map(|trial| &trial.canary)].into_iter().flatten() {
            after.breakers().take_over(before.breakers());
        }
        self.routing.store(Arc::new(routing));
        self.publish();
    }

    fn publish(&self) {
        let routing = self.routing.load();
        let name = routing.live.name();
        let number = |adapter: Option<&Arc<Adapter>>| adapter.map_or(0, |adapter| adapter.generation());
        metrics::generation(name, "live", routing.live.generation());
        metrics::generation(name, "canary", number(routing.trial.as_ref().map(|trial| &trial.canary)));
        metrics::generation(name, "previous", number(routing.previous.as_ref()));
    }

    /// Nothing keeps it but the calls that it serves.
    fn retire(&self, adapter: &Arc<Adapter>) {
        let mut draining = self.draining.lock();
        draining.retain(|adapter| adapter.strong_count() > 0);
        draining.push(Arc::downgrade(adapter));
    }

    fn still_draining(&self, routing: &Routing) -> Vec<Arc<Adapter>> {
        let serves = |adapter: &Arc<Adapter>| {
            adapter.generation() == routing.live.generation()
                || routing.previous.as_ref().is_some_and(|previous| previous.generation() == adapter.generation())
        };
        self.draining.lock().iter().filter_map(Weak::upgrade).filter(|adapter| !serves(adapter)).collect()
    }

    fn note(&self, adapter: &Arc<Adapter>, result: SwapResult, detail: String) {
        let (name, generation, digest) = (adapter.name(), adapter.generation(), adapter.digest());
        metrics::swapped(name, result.as_str());
        match result {
            SwapResult::BackedOut => {
                tracing::error!(adapter = %name, generation, digest, detail, "a new version of the adapter is backed out; the old one serves on");
            }
            _ => tracing::info!(adapter = %name, generation, digest, result = result.as_str(), detail, "adapter swap"),
        }
        *self.last_swap.lock() = Some(SwapReport { at: self.clock.now(), generation, result, detail });
    }
}

impl Routing {
    /// The trial, when there is one and it is of the generation that is meant.
    fn trial_of(&self, only: Option<u64>) -> Option<&Arc<Trial>> {
        self.trial.as_ref().filter(|trial| only.is_none_or(|number| number == trial.canary.generation()))
    }
}

fn report(adapter: &Arc<Adapter>, state: GenerationState) -> GenerationReport {
    let record = &adapter.record;
    GenerationReport {
        generation: adapter.generation(),
        state,
        digest: adapter.digest().to_owned(),
        signer: adapter.signer().to_string(),
        version: adapter.description().version.clone(),
        loaded_at: adapter.loaded_at,
        calls: record.calls(),
        failures: record.failures(),
        traps: record.traps(),
        in_flight: record.in_flight(),
        share_percent: (state == GenerationState::Canary).then_some(adapter.config.canary.share_percent),
    }
}
