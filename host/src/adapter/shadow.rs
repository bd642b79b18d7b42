//! A second adapter that follows an adapter before it takes its place. Reads and checkouts are asked of it again, after the customer has the
//! live answer, and both answers are compared field by field. Orders and quotes are mapped by it, and nothing that it would send leaves the
//! host. Its answers are never shown to a customer.

mod difference;
mod ledger;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

pub use ledger::{ComparedOperation, DifferenceReport, MappedWrite, ShadowReport, WithheldRequest};

use super::live_call::LiveCall;
use super::operation::Lane;
use super::slot::Slot;
use super::{Adapter, Operation, metrics, trace};
use crate::clock::Clock;
use crate::config::ShadowConfig;
use crate::domain::{AdapterName, CallContext, Failure, Side};
use difference::differences;
use ledger::Ledger;

/// What follows one generation of an adapter.
pub(super) struct Shadow {
    config: ShadowConfig,
    slot: Arc<Slot>,
    places: Arc<Semaphore>,
    turn: AtomicU32,
    ledger: Ledger,
    clock: Clock,
    threads: Handle,
}

impl Shadow {
    pub(super) fn new(config: &ShadowConfig, slot: &Arc<Slot>, clock: &Clock, threads: &Handle) -> Self {
        Self {
            config: config.clone(),
            slot: Arc::clone(slot),
            places: Arc::new(Semaphore::new(config.concurrency)),
            turn: AtomicU32::new(0),
            ledger: Ledger::default(),
            clock: clock.clone(),
            threads: threads.clone(),
        }
    }

    pub(super) fn report(&self) -> ShadowReport {
        self.ledger.report(self.config.adapter.to_string(), self.slot.live().generation())
    }

    /// Copies a call that has its live answer, when the operation is one that is copied and a place is free. Never waits.
    pub(super) fn follow<O: Operation>(
        self: &Arc<Self>,
        of: &AdapterName,
        context: &CallContext,
        operation: &O,
        answer: &Result<O::Reply, Failure>,
    ) {
        let is_copied = match O::SIDE {
            Side::Write => self.config.writes,
            Side::Read => O::COMPARED.is_some() && self.is_its_turn(),
        };
        if !is_copied {
            return;
        }
        let adapter = self.slot.live();
        let copy = Copy { of: of.clone(), shadow: Arc::clone(self), context: context.clone(), operation: operation.clone() };
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            self.ledger.skipped(adapter.generation(), O::NAME);
            copy.count("skipped");
            return;
        };
        // Only now: it is made while the customer waits.
        let live = comparable::<O>(answer);
        self.threads.spawn(async move {
            match (O::SIDE, live) {
                (Side::Read, Some(live)) => copy.compare(&adapter, &live).await,
                (Side::Read, None) => {}
                (Side::Write, _) => copy.rehearse(&adapter).await,
            }
            drop(place);
        });
    }

    fn is_its_turn(&self) -> bool {
        let percent = u32::from(self.config.share_percent);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed).wrapping_mul(percent) % 100;
        turn < percent
    }
}

/// One copied call.
struct Copy<O> {
    of: AdapterName,
    shadow: Arc<Shadow>,
    context: CallContext,
    operation: O,
}

impl<O: Operation> Copy<O> {
    async fn compare(self, adapter: &Adapter, live: &Value) {
        let answer = adapter.call_alone(&self.context, &self.operation).await;
        let Some(shadow) = comparable::<O>(&answer) else { return };
        let found = differences(live, &shadow);
        self.count(if found.is_empty() { "same" } else { "different" });
        for difference in &found {
            metrics::shadow_differs(&self.of, O::NAME, &difference.field);
        }
        let read = (self.shadow.clock.now(), self.context.request_id.as_str(), O::NAME);
        self.shadow.ledger.compared(adapter.generation(), read, found);
    }

    async fn rehearse(self, adapter: &Adapter) {
        let (request, failure) = match adapter.rehearse(&self.context, &self.operation).await {
            Rehearsed { request: Some(request), .. } => (Some(request), None),
            Rehearsed { failure, .. } => (None, Some(failure.unwrap_or_else(|| "it sends nothing".to_owned()))),
        };
        self.count(if request.is_some() { "mapped" } else { "unmapped" });
        let write = MappedWrite {
            at: self.shadow.clock.now(),
            request_id: self.context.request_id.clone(),
            operation: O::NAME,
            request,
            failure,
        };
        self.shadow.ledger.mapped(adapter.generation(), write);
    }

    fn count(&self, outcome: &'static str) {
        metrics::shadowed(&self.of, O::NAME, outcome);
    }
}

/// What a write came to whose requests were withheld.
struct Rehearsed {
    request: Option<WithheldRequest>,
    failure: Option<String>,
}

impl Adapter {
    /// Runs a write whose requests are withheld, to see what it would send. It counts for nothing else.
    async fn rehearse<O: Operation>(&self, context: &CallContext, operation: &O) -> Rehearsed {
        if !self.description.supports(O::NAME) {
            return Rehearsed { request: None, failure: Some(format!("adapter {} has no {}", self.name(), O::NAME)) };
        }
        let ends = Instant::now() + context.deadline.min(self.given.limits.wall());
        // Its places are those of reads: a rehearsal must not take an order's.
        let _slot = match self.bulkhead.enter(Lane::Read, ends).await {
            Ok(slot) => slot,
            Err(shed) => return Rehearsed { request: None, failure: Some(shed.failure.to_string()) },
        };
        let call = LiveCall::rehearsal(&self.given, Lane::Read, trace(context), ends);
        let personal = operation.personal();
        call.journal.hide(personal.clone());
        let ran = timeout_at(ends, call.meter.drive(self.guest_run(context, operation, &call))).await;
        let failure = self.judge(ran.ok(), O::SIDE, &call, context).err();
        let failure = failure.map(|failed| personal.conceal(&failed.failure.to_string()).into_owned());
        Rehearsed { request: call.withheld.as_ref().and_then(|kept| kept.lock().take()), failure }
    }
}

/// An answer as it is compared, a failure by its code; `None` when its operation is not compared.
fn comparable<O: Operation>(answer: &Result<O::Reply, Failure>) -> Option<Value> {
    let compared = O::COMPARED?;
    match answer {
        Ok(reply) => compared(reply),
        Err(failure) => Some(json!({ "failure": failure.code })),
    }
}
