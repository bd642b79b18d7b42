//! The one Wasm engine of the process: how components are compiled, where their memory comes from, and the clock that interrupts them. Every
//! knob is explained where it is set. Used by `load` and `instance` only.

use std::sync::OnceLock;

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy};

use super::ticker::TICKER;
use crate::config::{LimitsConfig, RuntimeConfig};

/// For host functions, on each guest's stack.
const HOST_STACK_BYTES: usize = 1536 * 1024;

/// The process's engine, built at first use. One engine only: types and code of several engines must never meet
/// (GHSA-hgjw-h833-99q9), and its pool reserves terabytes of address space.
///
/// The first caller decides on `[runtime]`, which is read once: a change needs a restart.
pub(super) fn engine(runtime: &RuntimeConfig) -> Result<Engine, EngineError> {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    ENGINE.get_or_init(|| start(runtime)).clone().map_err(EngineError)
}

/// Native code of a component for [`engine`], in the words of `Component::serialize`. Called in the compiling process, which has no pool: how
/// instances are allocated, and how large their stacks are, does not shape the code.
pub(super) fn compile(component: &[u8]) -> Result<Vec<u8>, String> {
    let compiled =
        Engine::new(&configuration(&RuntimeConfig::default())).and_then(|engine| engine.precompile_component(component));
    compiled.map_err(|cause| format!("{cause:#}"))
}

/// An engine that compiles fast, for code that runs once: `configure` in the compiling process. Without images of memory: they are files,
/// and that process may not write any.
pub(super) fn rehearsal(runtime: &RuntimeConfig) -> wasmtime::Result<Engine> {
    Engine::new(configuration(runtime).cranelift_opt_level(OptLevel::None).memory_init_cow(false))
}

/// The engine cannot be built on this machine.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the Wasm engine cannot start on this machine: {0}")]
pub struct EngineError(String);

fn start(runtime: &RuntimeConfig) -> Result<Engine, String> {
    let engine = match Engine::new(configuration(runtime).allocation_strategy(InstanceAllocationStrategy::Pooling(pool()))) {
        Ok(engine) => {
            tracing::info!(allocator = "pooling", "wasm engine ready");
            engine
        }
        // Containers and ulimits may forbid reserving terabytes of address space, though none of it is memory.
        Err(cause) => {
            tracing::info!(allocator = "on-demand", cause = %cause, "wasm engine ready; the instance pool's address space could not be reserved");
            Engine::new(&configuration(runtime)).map_err(|cause| format!("{cause:#}"))?
        }
    };
    start_ticker(&engine)?;
    Ok(engine)
}

fn configuration(runtime: &RuntimeConfig) -> Config {
    let mut config = Config::new();
    // Winch had several sandbox escapes in 2026; Cranelift is the compiler that is fuzzed around the clock.
    config.strategy(Strategy::Cranelift);
    config.wasm_component_model(true);
    // Guests are interrupted by epochs: cheaper than fuel, and a spinning guest yields its thread.
    config.epoch_interruption(true);
    // What no adapter toolchain needs is not there to be attacked.
    config.wasm_memory64(false);
    // Instances start from a copy-on-write image of their initial memory.
    config.memory_init_cow(true);
    // Guests' stacks are separate from the host's: the guest's share, and room for host functions.
    config.max_wasm_stack(runtime.guest_stack_bytes);
    config.async_stack_size(runtime.guest_stack_bytes + HOST_STACK_BYTES);
    // One line is logged per trap; symbol lookup for it would cost more than the call.
    config.wasm_backtrace_max_frames(std::num::NonZeroUsize::new(8));
    config
}

/// Places in the pool for all adapters together: live instances, their memories and their tables.
const INSTANCES: u32 = LimitsConfig::MAX_CONCURRENCY as u32;
const MEMORIES: u32 = 2_000;
const TABLES: u32 = 8_000;

/// Most core instances, memories and tables of one component.
pub(super) const MAX_CORE_INSTANCES: u32 = 200;
pub(super) const MAX_MEMORIES: u32 = 32;
pub(super) const MAX_TABLES: u32 = 64;

/// What one adapter takes of the pool when all its places are in use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand {
    pub instances: usize,
    /// For each instance.
    pub memories: u32,
    pub tables: u32,
}

/// What these adapters want of the pool together, by kind, and what is there.
fn wanted(demands: impl Iterator<Item = Demand> + Clone) -> [(&'static str, u64, u32); 3] {
    let sum = |each: fn(&Demand) -> u64| demands.clone().map(|demand| demand.instances as u64 * each(&demand)).sum();
    [
        ("instances", sum(|_| 1), INSTANCES),
        ("memories", sum(|demand| demand.memories.into()), MEMORIES),
        ("tables", sum(|demand| demand.tables.into()), TABLES),
    ]
}

/// What of the pool one adapter wants beyond the half that it may take, in words; nothing when it is content with less: else one adapter's
/// calls, all asleep, would leave no place for any other's.
pub(super) fn excess(demand: Demand) -> Option<String> {
    let (kind, wanted, there) =
        wanted(std::iter::once(demand)).into_iter().find(|(_, wanted, there)| *wanted > u64::from(*there / 2))?;
    Some(format!("its calls would take {wanted} {kind} of the instance pool, one adapter may take {}", there / 2))
}

/// What all adapters together want of the pool beyond what it has, in words for the log; nothing when it is enough.
pub(super) fn shortage(demands: impl Iterator<Item = Demand> + Clone) -> Option<String> {
    let short = wanted(demands).into_iter().filter(|(_, wanted, there)| *wanted > u64::from(*there));
    let short: Vec<_> = short.map(|(kind, wanted, there)| format!("{wanted} {kind} of {there}")).collect();
    (!short.is_empty()).then(|| short.join(", "))
}

/// Python and JavaScript components hold dozens of core instances and large tables, so the numbers per component are far above what a Rust
/// adapter needs. Slots are address space, not memory; core instances are only counted.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(INSTANCES);
    pool.total_core_instances(40_000);
    pool.total_memories(MEMORIES);
    pool.total_tables(TABLES);
    pool.total_stacks(INSTANCES);
    pool.max_component_instance_size(10 * 1024 * 1024);
    pool.max_core_instance_size(10 * 1024 * 1024);
    pool.max_core_instances_per_component(MAX_CORE_INSTANCES);
    pool.max_memories_per_component(MAX_MEMORIES);
    pool.max_tables_per_component(MAX_TABLES);
    pool.max_memories_per_module(2);
    pool.max_tables_per_module(4);
    pool.table_elements(LimitsConfig::MAX_TABLE_ELEMENTS);
    // Keeping a little of a slot resident saves page faults in the next call. Where the kernel tells which pages were written (Linux 6.7), only
    // those are written back to what they were; elsewhere the whole of it is.
    pool.pagemap_scan(Enabled::Auto);
    pool.linear_memory_keep_resident(1024 * 1024);
    pool.table_keep_resident(64 * 1024);
    pool
}

fn start_ticker(engine: &Engine) -> Result<(), String> {
    let engine = engine.weak();
    let tick = move || engine.upgrade().map(|engine| engine.increment_epoch()).is_some();
    TICKER.start(tick).map_err(|cause| cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_adapter_may_take_more_than_half_of_the_pool() {
        let many = Demand { instances: 64, memories: 32, tables: 1 };
        assert!(excess(many).is_some_and(|words| words.contains("2048 memories")));
        assert_eq!(excess(Demand { instances: 64, memories: 15, tables: 60 }), None);
    }

    #[test]
    fn a_pool_that_is_too_small_for_all_places_of_all_adapters_is_told() {
        let lean = Demand { instances: 64, memories: 1, tables: 1 };
        let heavy = Demand { instances: 1_000, memories: 2, tables: 7 };
        assert_eq!(shortage([lean; 10].into_iter()), None);
        assert_eq!(shortage([lean, heavy].into_iter()).as_deref(), Some("2064 memories of 2000"));
    }
}
