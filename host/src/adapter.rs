//! The adapters: loading components, running one operation in a fresh sandboxed instance, and telling what went wrong. Called by the
//! service and the pipeline; reaches back ends only through `egress`; what follows a failure is decided in [`error`] and nowhere else.

mod admission;
mod anatomy;
pub mod ask;
pub mod bench;
mod bindings;
mod breaker;
mod build;
mod bulkhead;
mod canary;
mod classify;
mod coarse_clock;
mod compiled;
pub mod compiler;
pub mod contract;
mod convert;
pub mod describe;
mod engine;
pub mod error;
mod exchanges;
mod exports;
mod given;
mod heartbeat;
mod imports;
pub mod inspect;
mod instance;
mod journal;
mod leave;
mod limits;
mod live_call;
mod load;
mod meant;
#[doc(hidden)]
pub mod measure;
mod meter;
pub mod metrics;
pub mod operation;
mod probation;
mod reader;
mod record;
mod schema;
mod session;
mod shadow;
mod slot;
mod snapshot;
pub mod soundness;
mod stage;
mod swap;
mod tape;
#[cfg(test)]
mod tests;
mod threads;
mod ticker;
pub mod trust;
pub mod tryout;

use std::collections::BTreeMap;
use std::future::ready;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

pub use anatomy::Anatomy;
pub use breaker::{BreakerReport, BreakerSetting, Breakers, BreakersReport, Hand};
pub use build::Cost;
pub use exchanges::Exchanges;
pub use leave::Leave;
pub use load::{LoadCause, LoadError, LoadProblem};
pub use meant::Meant;
pub use operation::{Lane, Operation};
pub use reader::Reader;
pub use shadow::{ComparedOperation, DifferenceReport, MappedWrite, ShadowReport, WithheldRequest};
pub use slot::{GenerationReport, GenerationState, SlotReport, SwapReport, SwapResult};
pub use snapshot::Snapshot;
pub use swap::{Loading, Prepared, SwapError};
pub use tape::Tape;
pub use threads::ReadThreads;

use crate::clock::Clock;
use crate::config::{AdapterConfig, RuntimeConfig};
use crate::domain::{AdapterName, CallContext, Description, Failure, FailureCode, Side, Standing};
use crate::egress::Trace;
use bulkhead::Bulkhead;
use classify::{Cause, Classified, classify};
use given::Given;
use instance::Instances;
use live_call::LiveCall;
use load::Workshop;
use record::Record;
use shadow::Shadow;
use slot::Slot;
use trust::Signer;

/// All configured adapters, by name. Each name is a slot, in which generations follow each other.
pub struct Adapters {
    slots: BTreeMap<AdapterName, Arc<Slot>>,
    workshop: Workshop,
    /// One load at a time: compiling uses every core by itself.
    loading: tokio::sync::Mutex<()>,
    resumed: Arc<Notify>,
}

impl Adapters {
    /// Loads every adapter. Relative paths start at `base_dir`; compiled components are kept in `cache_dir`. All problems of all adapters
    /// are reported together. Shadows run on `threads`.
    pub async fn load(
        configs: &BTreeMap<AdapterName, AdapterConfig>,
        base_dir: &Path,
        cache_dir: &Path,
        runtime: &RuntimeConfig,
        clock: &Clock,
        threads: Handle,
    ) -> Result<Self, LoadError> {
        let resumed = Arc::<Notify>::default();
        let (base_dir, cache_dir) = (base_dir.to_owned(), cache_dir.to_owned());
        let (runtime, clock) = (*runtime, clock.clone());
        let workshop = Workshop { base_dir, cache_dir, runtime, clock: clock.clone(), threads, resumed: Arc::clone(&resumed) };
        let loaded = load::all(configs, &workshop).await?;
        let slots: BTreeMap<_, _> =
            loaded.into_iter().map(|(name, adapter)| (name, Arc::new(Slot::new(adapter, clock.clone())))).collect();
        slots.values().for_each(heartbeat::start);
        let adapters = Self { slots, workshop, loading: tokio::sync::Mutex::default(), resumed };
        adapters.iter().for_each(|adapter| adapters.attach_shadow(&adapter));
        Ok(adapters)
    }

    /// Lets the configured shadow follow a generation, before it serves.
    fn attach_shadow(&self, adapter: &Adapter) {
        let Some(config) = &adapter.config.shadow else { return };
        if let Some(slot) = self.slots.get(&config.adapter) {
            adapter.shadow.get_or_init(|| Arc::new(Shadow::new(config, slot, &self.workshop.clock, &self.workshop.threads)));
        }
    }

    /// Resolves when calls that a breaker turned away may go again. For one listener.
    pub async fn resumed(&self) {
        self.resumed.notified().await;
    }

    /// The live generation. Whoever holds it finishes on it, whatever is loaded meanwhile (rule T12).
    pub fn get(&self, name: &AdapterName) -> Option<Arc<Adapter>> {
        self.slots.get(name).map(|slot| slot.live())
    }

    /// The generation that serves the next read of the catalog: the live one, or for its share the one on trial.
    pub fn reader(&self, name: &AdapterName) -> Option<Reader> {
        self.slots.get(name).map(|slot| slot.reader())
    }

    /// The live generations, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = Arc<Adapter>> {
        self.slots.values().map(|slot| slot.live())
    }
}

/// One loaded generation of an adapter: a component, what it is given, and places for its calls.
pub struct Adapter {
    generation: u64,
    digest: String,
    signer: Signer,
    description: Description,
    bulkhead: Bulkhead,
    breakers: Arc<Breakers>,
    instances: Instances,
    given: Arc<Given>,
    facts: String,
    /// What it was loaded from.
    config: AdapterConfig,
    loaded_at: jiff::Timestamp,
    record: Record,
    /// Withdrawn when it is found to be bad: what it said is not used any more.
    standing: Standing,
    shadow: OnceLock<Arc<Shadow>>,
}

impl Adapter {
    /// As the operator named it.
    pub fn name(&self) -> &AdapterName {
        &self.given.name
    }

    /// What the adapter says that it is and can do.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Rises with every load of the adapter, from 1 at the host's start.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// SHA-256 of the component, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What makes its answers those of this component, set up this way, and of its back end, as a digest.
    pub fn facts(&self) -> &str {
        &self.facts
    }

    /// The breakers of both sides of its back end.
    pub fn breakers(&self) -> &Arc<Breakers> {
        &self.breakers
    }

    /// Whether a call of this side would be turned away now, because its breaker is open.
    pub fn turns_away(&self, side: Side) -> bool {
        self.breakers.turns_away(side)
    }

    /// Whether what it says is believed.
    pub fn standing(&self) -> Standing {
        self.standing.clone()
    }

    /// Whose signature the component has.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Whether its instances start configured, and if not, why.
    pub fn snapshot(&self) -> &Snapshot {
        self.instances.snapshot()
    }

    /// How the answers of the adapter that follows this one compare, when one does.
    pub fn shadow_report(&self) -> Option<ShadowReport> {
        self.shadow.get().map(|shadow| shadow.report())
    }

    /// Most reads in flight for one buyer.
    pub fn reads_per_buyer(&self) -> usize {
        self.given.limits.reads_per_buyer()
    }

    /// Runs one operation in a fresh instance, within the context's deadline and the adapter's limits. An operation that the adapter
    /// does not list is refused without running it.
    pub async fn call<O: Operation>(&self, context: &CallContext, operation: &O) -> Result<O::Reply, Failure> {
        let answer = self.call_alone(context, operation).await;
        self.follow(context, operation, &answer);
        answer
    }

    /// The same with leave that was taken before, see [`Adapter::enter`].
    pub async fn call_with<O: Operation>(&self, leave: Leave, context: &CallContext, operation: &O) -> Result<O::Reply, Failure> {
        let answer = self.recorded(context, operation, ready(Ok(leave))).await;
        self.follow(context, operation, &answer);
        answer
    }

    /// Without a shadow: what follows is not followed in its turn.
    async fn call_alone<O: Operation>(&self, context: &CallContext, operation: &O) -> Result<O::Reply, Failure> {
        self.recorded(context, operation, self.enter(O::LANE, O::SIDE, context.deadline)).await
    }

    fn follow<O: Operation>(&self, context: &CallContext, operation: &O, answer: &Result<O::Reply, Failure>) {
        if let Some(shadow) = self.shadow.get() {
            shadow.follow(self.name(), context, operation, answer);
        }
    }

    async fn recorded<O: Operation>(
        &self,
        context: &CallContext,
        operation: &O,
        leave: impl Future<Output = Result<Leave, Failure>>,
    ) -> Result<O::Reply, Failure> {
        if !self.description.supports(O::NAME) {
            return Err(Failure::new(FailureCode::Unsupported, format!("adapter {} has no {}", self.name(), O::NAME)));
        }
        let _running = self.record.enter();
        let began = Instant::now();
        let outcome = match leave.await {
            Ok(leave) => self.with(leave, context, operation).await,
            Err(failure) => Err(Classified::host(failure)),
        };
        self.record.ended(&outcome);
        metrics::called(self.name(), O::NAME, outcome.as_ref().err().map(|failed| failed.failure.as_ref()), began.elapsed());
        outcome.map_err(|failed| self.report(context, operation, failed))
    }

    async fn with<O: Operation>(&self, leave: Leave, context: &CallContext, operation: &O) -> Result<O::Reply, Classified> {
        let call = LiveCall::with(&self.given, trace(context), &leave);
        let outcome = self.run(context, operation, &call).await;
        self.record.ran(leave.lane, &outcome);
        leave.pass.record(&outcome);
        outcome
    }

    /// One run, whether or not there is leave for it.
    async fn run<O: Operation>(
        &self,
        context: &CallContext,
        operation: &O,
        call: &Arc<LiveCall>,
    ) -> Result<O::Reply, Classified> {
        let _live = metrics::Live::enter(self.name());
        call.journal.hide(operation.personal());
        let ran = timeout_at(call.ends, call.meter.drive(self.guest_run(context, operation, call))).await;
        let observed = call.observed();
        metrics::guest(self.name(), O::NAME, call.meter.spent(), observed.memory_bytes);
        self.judge(ran.ok(), O::SIDE, call, context)
    }

    /// What a run came to; every limit that was in its way is counted.
    fn judge<T>(
        &self,
        ran: Option<instance::Ran<T>>,
        side: Side,
        call: &LiveCall,
        context: &CallContext,
    ) -> Result<T, Classified> {
        let outcome = classify(ran, side, call);
        if let Some(Cause::Trap(kind)) = outcome.as_ref().err().map(|failed| failed.cause)
            && let Some(limit) = kind.limit(&self.given.limits, context.deadline)
        {
            call.ran_into(limit);
        }
        for limit in call.limits_hit() {
            metrics::limit_hit(self.name(), limit);
        }
        outcome
    }

    async fn guest_run<O: Operation>(
        &self,
        context: &CallContext,
        operation: &O,
        call: &Arc<LiveCall>,
    ) -> instance::Ran<O::Reply> {
        let mut guest = self.instances.start(Arc::clone(call)).await?;
        operation.run(&mut guest, context).await
    }

    /// One line per failed call: a warning when something is wrong with the adapter or the back end, not for an answer of the business, nor
    /// for a call that the host did not run.
    fn report<O: Operation>(&self, context: &CallContext, operation: &O, failed: Classified) -> Failure {
        let Classified { failure, cause } = failed;
        let (adapter, code, personal) = (self.name().as_str(), failure.code.as_str(), operation.personal());
        // A back end repeats what it was sent.
        let (operation, request_id) = (O::NAME, context.request_id.as_str());
        let said = personal.conceal(&failure.message);
        let detail = personal.conceal(failure.detail.as_deref().unwrap_or_default());
        if let Cause::Trap(kind) = cause {
            metrics::trapped(self.name(), kind.as_str());
        }
        match (cause, failure.code) {
            // The breaker's opening was told once; of these there may be thousands.
            (Cause::Host, FailureCode::Unavailable)
            | (_, FailureCode::Rejected | FailureCode::NotFound | FailureCode::Conflict | FailureCode::Unsupported) => {
                tracing::debug!(adapter, operation, code, request_id, cause = &*said, "adapter call refused");
            }
            _ => tracing::warn!(adapter, operation, code, request_id, cause = &*said, detail = &*detail, "adapter call failed"),
        }
        *failure
    }
}

fn trace(context: &CallContext) -> Trace {
    Trace { request_id: context.request_id.clone(), trace_parent: context.trace_parent.clone() }
}
