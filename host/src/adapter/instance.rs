//! One fresh instance per call: its store, limits and WASI context with nothing in it. Never reused; dropped with all that it holds when the
//! call ends, traps or runs out of time.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use wasmtime::component::{Component, Instance, InstancePre, Linker, ResourceTable};
use wasmtime::{CallHook, Engine, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::coarse_clock::{CoarseMonotonicClock, CoarseWallClock};
use super::convert;
use super::engine::Demand;
use super::exports::Exports;
use super::given::Given;
use super::imports;
use super::journal::{Severity, Stdio};
use super::limits::Limiter;
use super::live_call::{LiveCall, Observed};
use super::session::Sessions;
use super::snapshot::Snapshot;
use crate::domain::Failure;

/// How long a guest computes before others on its thread have their turn. Longer than most calls take: giving way costs a wake-up of another
/// thread, which then goes on with the call.
const TURN: Duration = Duration::from_millis(1);

/// What a guest's run came to.
pub(super) type Ran<T> = Result<T, Broke>;

/// A run without a value.
#[derive(Debug)]
pub enum Broke {
    /// The adapter said so, or its answer cannot be used.
    Failed(Failure),
    /// The guest trapped, or the host ended it.
    Crashed(wasmtime::Error),
}

impl From<wasmtime::Error> for Broke {
    fn from(error: wasmtime::Error) -> Self {
        Self::Crashed(error)
    }
}

/// A running instance.
pub struct Guest {
    pub(super) store: Store<State>,
    pub(super) instance: Instance,
    pub(super) exports: Arc<Exports>,
}

impl Guest {
    /// Time until the host gives up on the call.
    pub(super) fn remaining(&self) -> Duration {
        let call = &self.store.data().call;
        let left = call.ends.saturating_duration_since(Instant::now());
        match &call.stage {
            None => left,
            Some(stage) => Duration::from_millis(stage.readings.read(u64::try_from(left.as_millis()).unwrap_or(u64::MAX))),
        }
    }
}

/// Makes instances of one component.
pub(super) struct Instances {
    engine: Engine,
    pre: InstancePre<State>,
    exports: Arc<Exports>,
    given: Arc<Given>,
    snapshot: Snapshot,
}

impl Instances {
    /// Links the component once; an instance is then made in microseconds.
    pub(super) fn new(engine: &Engine, component: &Component, given: Arc<Given>, snapshot: Snapshot) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(engine);
        imports::link(&mut linker)?;
        let pre = linker.instantiate_pre(component)?;
        let exports = Arc::new(Exports::of(&pre)?);
        Ok(Self { engine: engine.clone(), pre, exports, given, snapshot })
    }

    /// Whether instances start configured.
    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What its adapter takes of the engine's pool at most. A component that does not say is counted as a small one.
    pub(super) fn demand(&self) -> Demand {
        let required = self.pre.component().resources_required();
        let (memories, tables) = required.map_or((1, 1), |required| (required.num_memories, required.num_tables));
        Demand { instances: self.given.limits.concurrency, memories, tables }
    }

    /// A fresh instance, configured and ready for one operation.
    pub(super) async fn start(&self, call: Arc<LiveCall>) -> Ran<Guest> {
        let mut guest = self.start_unconfigured(call).await?;
        if self.snapshot != Snapshot::Taken {
            convert::configure(&mut guest).await?;
        }
        Ok(guest)
    }

    /// A fresh instance in the state that the component is in: before `configure`, when there is no snapshot.
    pub(super) async fn start_unconfigured(&self, call: Arc<LiveCall>) -> Ran<Guest> {
        let mut store = self.store(call);
        let instance = self.pre.instantiate_async(&mut store).await?;
        Ok(Guest { store, instance, exports: Arc::clone(&self.exports) })
    }

    fn store(&self, call: Arc<LiveCall>) -> Store<State> {
        let limits = &self.given.limits;
        let mut store = Store::new(&self.engine, State::new(Arc::clone(&self.given), call));
        store.limiter(|state| &mut state.limiter);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            let meter = &context.data().call.meter;
            Ok(match meter.is_spent() {
                true => UpdateDeadline::Interrupt,
                false if meter.turn() < TURN => UpdateDeadline::Continue(1),
                false => UpdateDeadline::Yield(1),
            })
        });
        let (argument_bytes, result_bytes) = (limits.hostcall_bytes, limits.result_bytes);
        // Wasmtime takes what a guest hands to the host off the budget that it finds when it begins to read: arguments after a guest has
        // called, results after it has returned.
        store.call_hook(move |mut context, hook| {
            match hook {
                CallHook::CallingHost => context.set_hostcall_fuel(argument_bytes),
                CallHook::ReturningFromWasm => context.set_hostcall_fuel(result_bytes),
                CallHook::CallingWasm | CallHook::ReturningFromHost => {}
            }
            Ok(())
        });
        store.set_max_component_handles(limits.handles);
        store
    }
}

/// What a store holds for its guest.
pub(super) struct State {
    pub(super) given: Arc<Given>,
    pub(super) call: Arc<LiveCall>,
    limiter: Limiter,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl State {
    fn new(given: Arc<Given>, call: Arc<LiveCall>) -> Self {
        let limits = &given.limits;
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(Stdio::new(Arc::clone(&call.journal), Severity::Info))
            .stderr(Stdio::new(Arc::clone(&call.journal), Severity::Warn))
            .max_random_size(limits.random_bytes as u64)
            .wall_clock(CoarseWallClock)
            .monotonic_clock(CoarseMonotonicClock::start())
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false);
        if let Some(stage) = &call.stage {
            stage.set(&mut wasi);
        }
        let wasi = wasi.build();
        let limiter = Limiter::new(limits.memory_bytes, limits.table_elements, Arc::clone(&call.held));
        Self { given, call, limiter, wasi, table }
    }

    /// The adapter's scratch memory.
    pub(super) fn sessions(&self) -> &Sessions {
        self.call.stage.as_ref().map_or(&self.given.sessions, |stage| &stage.sessions)
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Leaves behind what the runtime needs to tell a trap from a limit, however the instance ended.
impl Drop for State {
    fn drop(&mut self) {
        self.call.observe(Observed { memory_bytes: self.limiter.memory_bytes(), refused: self.limiter.refused() });
    }
}
