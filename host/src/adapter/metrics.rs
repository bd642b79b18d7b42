//! Numbers of the adapter runtime. Described here, all of them, so that this file is their reference.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::domain::{AdapterName, Failure};

const CALLS: &str = "ordergate_adapter_calls_total";
const CALL_SECONDS: &str = "ordergate_adapter_call_seconds";
const QUEUE_SECONDS: &str = "ordergate_adapter_queue_seconds";
const GUEST_CPU_SECONDS: &str = "ordergate_adapter_guest_cpu_seconds";
const MEMORY_BYTES: &str = "ordergate_adapter_memory_bytes";
const TRAPS: &str = "ordergate_adapter_traps_total";
const LIMIT_HITS: &str = "ordergate_adapter_limit_hits_total";
const LOG_LINES: &str = "ordergate_adapter_log_lines_total";
const LIVE: &str = "ordergate_adapter_live_calls";
const EGRESS_REQUESTS: &str = "ordergate_egress_requests_total";
const EGRESS_DENIED: &str = "ordergate_egress_denied_total";
const BREAKER_STATE: &str = "ordergate_breaker_state";
const BREAKER_TRANSITIONS: &str = "ordergate_breaker_transitions_total";
const BREAKER_REFUSED: &str = "ordergate_breaker_refused_total";
const GENERATION: &str = "ordergate_adapter_generation";
const GENERATION_INFO: &str = "ordergate_adapter_generation_info";
const CANARY_CALLS: &str = "ordergate_adapter_canary_calls_total";
const SWAPS: &str = "ordergate_adapter_swaps_total";
const COMPILES: &str = "ordergate_adapter_compiles_total";
const COMPILE_SECONDS: &str = "ordergate_adapter_compile_seconds";
const SHADOW_CALLS: &str = "ordergate_shadow_calls_total";
const SHADOW_DIFFERENCES: &str = "ordergate_shadow_differences_total";
const SNAPSHOTTED: &str = "ordergate_adapter_snapshotted";

/// Tells the recorder what the numbers mean. Called once by telemetry.
pub fn describe() {
    describe_counter!(CALLS, "Adapter calls by adapter, operation and outcome (`ok` or the failure's code)");
    describe_histogram!(CALL_SECONDS, Unit::Seconds, "Adapter calls from request to answer, by adapter and operation");
    describe_histogram!(QUEUE_SECONDS, Unit::Seconds, "Wait for a free place, by adapter and lane");
    describe_histogram!(
        GUEST_CPU_SECONDS,
        Unit::Seconds,
        "CPU time per call, in the guest and in the host for it, by adapter and operation"
    );
    describe_histogram!(MEMORY_BYTES, Unit::Bytes, "Largest linear memory of the instance per call, by adapter");
    describe_counter!(
        TRAPS,
        "Guests that were ended, by adapter and kind (cpu, memory, stack, data, handles, abort, wall, other)"
    );
    describe_counter!(
        LIMIT_HITS,
        "Calls and loads that ran into a limit, by adapter and limit (the option's name in `[adapters.NAME.limits]`)"
    );
    describe_counter!(LOG_LINES, "Lines that adapters logged, written or dropped, by adapter and level");
    describe_gauge!(LIVE, "Calls in flight, by adapter");
    describe_counter!(EGRESS_REQUESTS, "Requests to back ends by adapter, endpoint and outcome (status class or failure code)");
    describe_counter!(EGRESS_DENIED, "Requests that the host refused to send, by adapter and reason");
    describe_gauge!(BREAKER_STATE, "Breaker of the live generation by adapter and side: 0 closed, 1 half-open, 2 open");
    describe_counter!(BREAKER_TRANSITIONS, "Changes of a breaker's state, by adapter, side and new state");
    describe_counter!(BREAKER_REFUSED, "Calls that a breaker turned away, by adapter and side");
    describe_gauge!(GENERATION, "Number of the generation by adapter and state (live, canary, previous); 0 when there is none");
    describe_gauge!(GENERATION_INFO, "1 for the digest that is live, by adapter and digest");
    describe_counter!(
        CANARY_CALLS,
        "Reads by generations on trial, by adapter and outcome (ok, failed, unanswered: by the old one neither)"
    );
    describe_counter!(
        SWAPS,
        "Loads and decisions, by adapter and result (trying, promoted, backed_out, rolled_back, withdrawn, superseded, refused)"
    );
    describe_counter!(COMPILES, "Loaded components by source (compiled, cache)");
    describe_histogram!(
        COMPILE_SECONDS,
        Unit::Seconds,
        "Compiling processes by work (compile, snapshot, examine) and outcome (ok, failed)"
    );
    describe_counter!(
        SHADOW_CALLS,
        "Calls copied to a shadow by adapter, operation and outcome (same, different, skipped, mapped, unmapped)"
    );
    describe_counter!(SHADOW_DIFFERENCES, "Fields in which a shadow answered otherwise, by adapter, operation and field");
    describe_gauge!(SNAPSHOTTED, "1 when the adapter's instances start configured, 0 when each runs `configure`, by adapter");
}

pub(super) fn called(adapter: &AdapterName, operation: &'static str, outcome: Option<&Failure>, took: Duration) {
    let outcome = outcome.map_or("ok", |failure| failure.code.as_str());
    counter!(CALLS, "adapter" => adapter.to_string(), "operation" => operation, "outcome" => outcome).increment(1);
    histogram!(CALL_SECONDS, "adapter" => adapter.to_string(), "operation" => operation).record(took.as_secs_f64());
}

pub(super) fn queued(adapter: &AdapterName, lane: &'static str, wait: Duration) {
    histogram!(QUEUE_SECONDS, "adapter" => adapter.to_string(), "lane" => lane).record(wait.as_secs_f64());
}

pub(super) fn guest(adapter: &AdapterName, operation: &'static str, cpu: Duration, memory_bytes: usize) {
    histogram!(GUEST_CPU_SECONDS, "adapter" => adapter.to_string(), "operation" => operation).record(cpu.as_secs_f64());
    // Below 2^53, so no digit is lost.
    histogram!(MEMORY_BYTES, "adapter" => adapter.to_string()).record(memory_bytes as f64);
}

pub(super) fn trapped(adapter: &AdapterName, kind: &'static str) {
    counter!(TRAPS, "adapter" => adapter.to_string(), "kind" => kind).increment(1);
}

/// `limit`: the option that was in the way; once for each call, however often the call ran into it.
pub(super) fn logged(adapter: &AdapterName, level: &'static str) {
    counter!(LOG_LINES, "adapter" => adapter.to_string(), "level" => level).increment(1);
}

pub(super) fn limit_hit(adapter: &AdapterName, limit: &'static str) {
    counter!(LIMIT_HITS, "adapter" => adapter.to_string(), "limit" => limit).increment(1);
}

pub(super) fn egress_request(adapter: &AdapterName, endpoint: &str, outcome: &'static str) {
    counter!(EGRESS_REQUESTS, "adapter" => adapter.to_string(), "endpoint" => endpoint.to_owned(), "outcome" => outcome)
        .increment(1);
}

pub(super) fn egress_denied(adapter: &AdapterName, reason: &'static str, requests: u64) {
    counter!(EGRESS_DENIED, "adapter" => adapter.to_string(), "reason" => reason).increment(requests);
}

pub(super) fn loaded(source: &'static str) {
    counter!(COMPILES, "source" => source).increment(1);
}

pub(super) fn breaker_state(adapter: &AdapterName, side: &'static str, state: f64) {
    gauge!(BREAKER_STATE, "adapter" => adapter.to_string(), "side" => side).set(state);
}

pub(super) fn breaker_moved(adapter: &AdapterName, side: &'static str, to: &'static str) {
    counter!(BREAKER_TRANSITIONS, "adapter" => adapter.to_string(), "side" => side, "to" => to).increment(1);
}

pub(super) fn breaker_refused(adapter: &AdapterName, side: &'static str) {
    counter!(BREAKER_REFUSED, "adapter" => adapter.to_string(), "side" => side).increment(1);
}

pub(super) fn canary_called(adapter: &AdapterName, outcome: &'static str) {
    counter!(CANARY_CALLS, "adapter" => adapter.to_string(), "outcome" => outcome).increment(1);
}

pub(super) fn shadowed(adapter: &AdapterName, operation: &'static str, outcome: &'static str) {
    counter!(SHADOW_CALLS, "adapter" => adapter.to_string(), "operation" => operation, "outcome" => outcome).increment(1);
}

/// Fields are those of the contract: extensions of any name are one.
pub(super) fn shadow_differs(adapter: &AdapterName, operation: &'static str, field: &str) {
    counter!(SHADOW_DIFFERENCES, "adapter" => adapter.to_string(), "operation" => operation, "field" => field.to_owned())
        .increment(1);
}

pub(super) fn swapped(adapter: &AdapterName, result: &'static str) {
    counter!(SWAPS, "adapter" => adapter.to_string(), "result" => result).increment(1);
}

pub(super) fn generation(adapter: &AdapterName, state: &'static str, number: u64) {
    // Below 2^53, so no digit is lost.
    gauge!(GENERATION, "adapter" => adapter.to_string(), "state" => state).set(number as f64);
}

/// Says which digest serves; another one that served before no longer does.
pub(super) fn live_digest(adapter: &AdapterName, before: &str, now: &str) {
    gauge!(GENERATION_INFO, "adapter" => adapter.to_string(), "digest" => before.to_owned()).set(0.0);
    gauge!(GENERATION_INFO, "adapter" => adapter.to_string(), "digest" => now.to_owned()).set(1.0);
}

pub(super) fn compiled(work: &'static str, made: bool, took: Duration) {
    let outcome = if made { "ok" } else { "failed" };
    histogram!(COMPILE_SECONDS, "work" => work, "outcome" => outcome).record(took.as_secs_f64());
}

pub(super) fn snapshotted(adapter: &AdapterName, taken: bool) {
    gauge!(SNAPSHOTTED, "adapter" => adapter.to_string()).set(f64::from(u8::from(taken)));
}

pub(super) fn status_class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// Counts a call as live until dropped, however it ends.
pub(super) struct Live(AdapterName);

impl Live {
    pub(super) fn enter(adapter: &AdapterName) -> Self {
        gauge!(LIVE, "adapter" => adapter.to_string()).increment(1);
        Self(adapter.clone())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        gauge!(LIVE, "adapter" => self.0.to_string()).decrement(1);
    }
}
