//! One adapter's place in the host, and the generations that follow each other in it: live, on trial, previous, draining. Every change is one
//! swap of the routing; whoever already holds a generation finishes on it (rule T12), and it is dropped when the last one lets go.

mod report;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::Mutex;

pub use report::{GenerationReport, GenerationState, SlotReport, SwapReport, SwapResult};

use super::canary::{Trial, Verdict};
use super::meant::Meant;
use super::probation::{Finding, Probation};
use super::reader::{Reader, can_step_in};
use super::swap::SwapError;
use super::{Adapter, metrics};
use crate::clock::Clock;

/// How often a trial is judged, and a generation that is watched.
const LOOK: Duration = Duration::from_millis(100);

/// Who serves.
#[derive(Clone)]
struct Routing {
    live: Arc<Adapter>,
    /// While the live one is watched.
    probation: Option<Arc<Probation>>,
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
            routing: ArcSwap::from_pointee(Routing { live, probation: None, trial: None, previous: None }),
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
        self.route(Routing { trial: Some(Arc::clone(&trial)), ..Routing::clone(&routing) });
        self.note(&new, SwapResult::Trying, format!("{} % of the reads", new.config.canary.share_percent));
        tokio::spawn(Arc::clone(self).watch_over(Arc::downgrade(&trial)));
        GenerationState::Canary
    }

    /// Makes the generation on trial live, when it is the one that is meant.
    pub(super) fn promote(self: &Arc<Self>, meant: &Meant, why: &str) -> Result<(), SwapError> {
        let _changing = self.changing.lock();
        let routing = self.routing.load_full();
        let trial = routing.trial.as_ref().ok_or_else(|| SwapError::NoTrial(routing.live.name().clone()))?;
        is_meant(meant, &trial.canary, "on trial")?;
        self.make_live(&routing, Arc::clone(&trial.canary), why);
        Ok(())
    }

    /// Ends the trial of the generation that is meant, the old one serving on. False when there is none.
    fn back_out(&self, meant: &Meant, why: &str) -> bool {
        let _changing = self.changing.lock();
        let routing = self.routing.load_full();
        let Some(trial) = routing.trial.as_ref().filter(|trial| meant.is(&trial.canary)) else { return false };
        self.end_trial(&routing, trial, SwapResult::BackedOut, why);
        true
    }

    /// Ends the trial, or, when nothing is on trial, makes the previous generation live again: the newest one goes, when it is the one that is
    /// meant. It comes back by a load only, with all checks and a trial, never because somebody goes back twice.
    pub(super) fn go_back(&self, meant: &Meant, why: &str) -> Result<SwapResult, SwapError> {
        let _changing = self.changing.lock();
        let routing = self.routing.load_full();
        if let Some(trial) = &routing.trial {
            is_meant(meant, &trial.canary, "on trial")?;
            self.end_trial(&routing, trial, SwapResult::Withdrawn, why);
            return Ok(SwapResult::Withdrawn);
        }
        is_meant(meant, &routing.live, "live")?;
        let live = &routing.live;
        let none = || SwapError::NoPrevious { adapter: live.name().clone(), live: live.generation() };
        let previous = Arc::clone(routing.previous.as_ref().ok_or_else(none)?);
        self.make_previous_live(&routing, Arc::clone(&previous));
        self.note(&previous, SwapResult::RolledBack, why.to_owned());
        Ok(SwapResult::RolledBack)
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
        let report = |adapter: &Arc<Adapter>, state| GenerationReport::of(adapter, state);
        let trial = routing.trial.as_ref().map(|trial| report(&trial.canary, GenerationState::Canary));
        let watched_until = routing.probation.as_ref().map(|probation| probation.until);
        let live = GenerationReport { watched_until, ..report(&routing.live, GenerationState::Live) };
        let previous = routing.previous.as_ref().map(|previous| report(previous, GenerationState::Previous));
        let draining = self.still_draining(&routing).into_iter().map(|adapter| report(&adapter, GenerationState::Draining));
        let mut generations: Vec<_> = trial.into_iter().chain([live]).chain(previous).chain(draining).collect();
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
            let meant = Meant::generation(trial.canary.generation());
            let routing = self.routing.load_full();
            if routing.trial_of(&meant).is_none() {
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
                    self.extended(&meant, why);
                    is_told = true;
                }
                Verdict::Extend(_) => {}
                // Somebody may have decided meanwhile.
                Verdict::Promote(why) => drop(self.promote(&meant, &why)),
                Verdict::BackOut(why) => drop(self.back_out(&meant, &why)),
            }
        }
    }

    /// Says why a trial goes on although its time is over.
    fn extended(&self, meant: &Meant, why: String) {
        let _changing = self.changing.lock();
        if let Some(trial) = self.routing.load().trial_of(meant) {
            let (name, generation) = (trial.canary.name(), trial.canary.generation());
            tracing::warn!(adapter = %name, generation, detail = why, "the trial of a new version goes on");
            *self.last_swap.lock() =
                Some(SwapReport { at: self.clock.now(), generation, result: SwapResult::Trying, detail: why });
        }
    }

    fn make_live(self: &Arc<Self>, routing: &Routing, new: Arc<Adapter>, why: &str) {
        if let Some(previous) = &routing.previous {
            self.retire(previous);
        }
        metrics::live_digest(new.name(), routing.live.digest(), new.digest());
        let probation = Probation::begin(&new, &routing.live, self.clock.now()).map(Arc::new);
        let previous = Some(Arc::clone(&routing.live));
        self.route(Routing { live: Arc::clone(&new), probation: probation.clone(), trial: None, previous });
        self.note(&new, SwapResult::Promoted, why.to_owned());
        if let Some(probation) = probation {
            tokio::spawn(look_after(Arc::downgrade(self), new.generation(), probation));
        }
    }

    /// What the one on trial said is not used any more.
    fn end_trial(&self, routing: &Routing, trial: &Trial, result: SwapResult, why: &str) {
        trial.canary.standing.withdraw();
        self.route(Routing { trial: None, ..routing.clone() });
        self.retire(&trial.canary);
        self.note(&trial.canary, result, why.to_owned());
    }

    /// The live one is let go, and what it said is not used any more. What is on trial stays.
    fn make_previous_live(&self, routing: &Routing, previous: Arc<Adapter>) {
        metrics::live_digest(previous.name(), routing.live.digest(), previous.digest());
        routing.live.standing.withdraw();
        self.route(Routing { live: previous, probation: None, trial: routing.trial.clone(), previous: None });
        self.retire(&routing.live);
    }

    /// Looks once at the generation that is watched. False when there is nothing more to look at.
    fn look_at(&self, watched: u64, probation: &Probation) -> bool {
        let routing = self.routing.load_full();
        if routing.live.generation() != watched {
            return false;
        }
        match probation.finding(&routing.live) {
            Finding::GoOn => true,
            Finding::Over => {
                self.end_watch(watched);
                false
            }
            Finding::GoBack(why) => {
                self.back_out_live(watched, &why);
                false
            }
        }
    }

    /// Somebody may have decided meanwhile.
    fn end_watch(&self, watched: u64) {
        let _changing = self.changing.lock();
        let routing = self.routing.load_full();
        if routing.live.generation() == watched {
            tracing::info!(adapter = %routing.live.name(), generation = watched, "the new version is not watched any more");
            self.route(Routing { probation: None, ..Routing::clone(&routing) });
        }
    }

    /// The same.
    fn back_out_live(&self, watched: u64, why: &str) {
        let _changing = self.changing.lock();
        let routing = self.routing.load_full();
        let Some(previous) = routing.previous.as_ref().filter(|_| routing.live.generation() == watched) else { return };
        self.make_previous_live(&routing, Arc::clone(previous));
        self.note(&routing.live, SwapResult::BackedOut, why.to_owned());
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
                tracing::error!(adapter = %name, generation, digest, detail, "a new version of the adapter is backed out; the old one serves");
            }
            _ => tracing::info!(adapter = %name, generation, digest, result = result.as_str(), detail, "adapter swap"),
        }
        *self.last_swap.lock() = Some(SwapReport { at: self.clock.now(), generation, result, detail });
    }
}

impl Routing {
    /// The trial, when there is one and it is of the generation that is meant.
    fn trial_of(&self, meant: &Meant) -> Option<&Arc<Trial>> {
        self.trial.as_ref().filter(|trial| meant.is(&trial.canary))
    }
}

/// Until the generation is not live any more, or its watch is over. Does not keep the adapters from ending.
async fn look_after(slot: Weak<Slot>, watched: u64, probation: Arc<Probation>) {
    let mut looks = tokio::time::interval(LOOK);
    loop {
        looks.tick().await;
        let Some(slot) = slot.upgrade() else { return };
        if !slot.look_at(watched, &probation) {
            return;
        }
    }
}

/// A decision is not carried out on another generation than it was made on.
fn is_meant(meant: &Meant, found: &Adapter, stands: &'static str) -> Result<(), SwapError> {
    let (adapter, generation, digest) = (found.name().clone(), found.generation(), found.digest().to_owned());
    let another = || SwapError::Another { adapter, meant: meant.clone(), generation, digest, stands };
    meant.is(found).then_some(()).ok_or_else(another)
}
