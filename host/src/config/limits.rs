//! `[adapters.NAME.limits]` and `[runtime]`: what one adapter may cost, and what holds for all of them.

use std::time::Duration;

use serde::Deserialize;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const GIB: usize = 1024 * MIB;

/// Limits of one adapter. Defaults are those of a Rust adapter; a JavaScript or Python adapter needs more memory.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Guest CPU time of one call, in milliseconds.
    pub cpu_ms: u64,
    /// Wall time of one call, in milliseconds; a shorter deadline of the request wins.
    pub wall_ms: u64,
    /// Linear memory and tables of one instance, in bytes.
    pub memory_bytes: usize,
    /// Memory of all calls of the adapter at once: their instances, and the replies kept for them, in bytes.
    pub memory_total_bytes: usize,
    /// Elements of one table.
    pub table_elements: usize,
    /// Outbound requests in one call.
    pub egress_requests: u32,
    /// Outbound requests of one call at the same time.
    pub egress_concurrency: usize,
    /// Bytes of one reply's body.
    pub reply_bytes: usize,
    /// Bytes of all replies' bodies in one call.
    pub reply_total_bytes: usize,
    /// Bytes of the result of one call.
    pub result_bytes: usize,
    /// Bytes that one call into the host may carry.
    pub hostcall_bytes: usize,
    /// Bytes that the guest may ask of the random source at once.
    pub random_bytes: usize,
    /// Bytes of log in one call.
    pub log_bytes: usize,
    /// Bytes of log in one minute, of all calls of the adapter.
    pub log_minute_bytes: usize,
    /// Bytes of one log line.
    pub log_line_bytes: usize,
    /// Bytes that the desk keeps of each request's and each reply's body while an order or quote is transferred; none at 0.
    pub exchange_bytes: usize,
    /// Host handles of one instance.
    pub handles: usize,
    /// Values that the session keeps for all of the adapter's calls.
    pub session_values: usize,
    /// Bytes of one value of the session.
    pub session_value_bytes: usize,
    /// Live calls of this adapter.
    pub concurrency: usize,
    /// Calls that may wait for a free place.
    pub queue: usize,
    /// How long a call waits for a free place before it is shed, in milliseconds.
    pub queue_wait_ms: u64,
    /// Size of the component's file, in bytes.
    pub component_bytes: usize,
    /// How long compiling the component may take, and checking its settings, in seconds.
    pub compile_secs: u64,
    /// Memory that compiling the component may take, in bytes.
    pub compile_bytes: u64,
    /// How long `configure` may take when its result is frozen, in seconds.
    pub configure_secs: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            cpu_ms: 250,
            wall_ms: 30_000,
            memory_bytes: 64 * MIB,
            memory_total_bytes: GIB,
            table_elements: Self::MAX_TABLE_ELEMENTS,
            egress_requests: 32,
            egress_concurrency: 8,
            reply_bytes: 8 * MIB,
            reply_total_bytes: 32 * MIB,
            result_bytes: 8 * MIB,
            hostcall_bytes: 16 * MIB,
            random_bytes: 64 * KIB,
            log_bytes: 64 * KIB,
            log_minute_bytes: 16 * MIB,
            log_line_bytes: 8 * KIB,
            exchange_bytes: 8 * KIB,
            handles: 1024,
            session_values: 256,
            session_value_bytes: 4 * KIB,
            concurrency: 64,
            queue: 256,
            queue_wait_ms: 1_000,
            component_bytes: Self::COMPONENT_BYTES,
            compile_secs: Self::COMPILE_SECS,
            compile_bytes: 2 * GIB as u64,
            configure_secs: 10,
        }
    }
}

/// One option with its value, and what values make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub option: &'static str,
    pub value: u64,
    pub least: u64,
    pub most: u64,
}

impl Limit {
    pub(super) const fn new(option: &'static str, value: u64, least: u64, most: u64) -> Self {
        Self { option, value, least, most }
    }

    /// What the value must be, when it is something else.
    pub fn problem(&self) -> Option<String> {
        let Self { value, least, most, .. } = *self;
        (!(least..=most).contains(&value)).then(|| format!("must be {least} to {most}"))
    }
}

impl LimitsConfig {
    /// The instance pool's number, which is one for all adapters: a component with a larger table cannot be started at all.
    pub const MAX_TABLE_ELEMENTS: usize = 100_000;
    /// Places of the instance pool, for all adapters together.
    pub const MAX_CONCURRENCY: usize = 2_000;
    /// Default size of a component's file: a Python component has about 36 MB.
    pub const COMPONENT_BYTES: usize = 40 * MIB;
    /// Default time for compiling a component, in seconds.
    pub const COMPILE_SECS: u64 = 60;
    /// A larger file is no adapter; it would be read into memory as a whole.
    pub const MAX_COMPONENT_BYTES: usize = 256 * MIB;

    /// Every option. Zero is allowed where "nothing" makes sense; the upper ends keep slips of the pen away from the machine.
    pub fn all(&self) -> [Limit; 26] {
        const HOUR_SECS: u64 = 60 * 60;
        let limit = |option, value: usize, least, most: usize| Limit::new(option, value as u64, least, most as u64);
        [
            Limit::new("cpu_ms", self.cpu_ms, 1, HOUR_SECS * 1_000),
            Limit::new("wall_ms", self.wall_ms, 1, HOUR_SECS * 1_000),
            // 32-bit memories end there.
            limit("memory_bytes", self.memory_bytes, 64 * KIB as u64, 4 * GIB),
            limit("memory_total_bytes", self.memory_total_bytes, 64 * KIB as u64, 1024 * GIB),
            limit("table_elements", self.table_elements, 1, Self::MAX_TABLE_ELEMENTS),
            limit("egress_requests", self.egress_requests as usize, 0, 100_000),
            limit("egress_concurrency", self.egress_concurrency, 1, 1_000),
            limit("reply_bytes", self.reply_bytes, 1, GIB),
            limit("reply_total_bytes", self.reply_total_bytes, 1, 4 * GIB),
            limit("result_bytes", self.result_bytes, 1, GIB),
            limit("hostcall_bytes", self.hostcall_bytes, 1, GIB),
            limit("random_bytes", self.random_bytes, 0, 16 * MIB),
            limit("log_bytes", self.log_bytes, 0, 64 * MIB),
            limit("log_minute_bytes", self.log_minute_bytes, 0, 4 * GIB),
            limit("log_line_bytes", self.log_line_bytes, 1, MIB),
            limit("exchange_bytes", self.exchange_bytes, 0, MIB),
            limit("handles", self.handles, 1, 1_000_000),
            limit("session_values", self.session_values, 0, 65_536),
            limit("session_value_bytes", self.session_value_bytes, 1, MIB),
            limit("concurrency", self.concurrency, 1, Self::MAX_CONCURRENCY),
            limit("queue", self.queue, 0, 100_000),
            Limit::new("queue_wait_ms", self.queue_wait_ms, 0, HOUR_SECS * 1_000),
            limit("component_bytes", self.component_bytes, 1, Self::MAX_COMPONENT_BYTES),
            Limit::new("compile_secs", self.compile_secs, 1, HOUR_SECS),
            Limit::new("compile_bytes", self.compile_bytes, MIB as u64, 1024 * GIB as u64),
            Limit::new("configure_secs", self.configure_secs, 1, HOUR_SECS),
        ]
    }

    pub fn cpu(&self) -> Duration {
        Duration::from_millis(self.cpu_ms)
    }

    pub fn wall(&self) -> Duration {
        Duration::from_millis(self.wall_ms)
    }

    /// Most reads in flight for one store and buyer: about a quarter of the places for reads, so that nobody takes them all.
    pub fn reads_per_buyer(&self) -> usize {
        (self.concurrency / 6).max(1)
    }

    pub fn queue_wait(&self) -> Duration {
        Duration::from_millis(self.queue_wait_ms)
    }

    pub fn configure(&self) -> Duration {
        Duration::from_secs(self.configure_secs)
    }
}

/// `[runtime]`: the Wasm engine, which is one for all adapters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuntimeConfig {
    /// Stack of a guest, in bytes.
    pub guest_stack_bytes: usize,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self { guest_stack_bytes: 512 * KIB }
    }
}

impl RuntimeConfig {
    /// Every option.
    pub fn all(&self) -> [Limit; 1] {
        [Limit::new("guest_stack_bytes", self.guest_stack_bytes as u64, 64 * KIB as u64, 16 * MIB as u64)]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/adapter-runtime.md");

    #[test]
    fn the_defaults_are_within_their_bounds() {
        let (limits, runtime) = (LimitsConfig::default().all(), RuntimeConfig::default().all());
        for limit in limits.iter().chain(&runtime) {
            assert_eq!(limit.problem(), None, "{limit:?}");
        }
    }

    /// The rows `| option | default … |` of the document's table of limits.
    fn documented() -> BTreeMap<String, u64> {
        let table = DOCUMENT.split("\n## Limits\n").nth(1).unwrap().split("\nFixed, ").next().unwrap();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        rows.map(|(option, rest)| (option.trim_start_matches("runtime.").to_owned(), number(rest))).collect()
    }

    /// The number that a text begins with, in its unit.
    fn number(text: &str) -> u64 {
        let (number, rest) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit() && letter != ',').unwrap());
        let units = [(" KiB", KIB), (" MiB", MIB), (" GiB", GIB)];
        let factor = units.into_iter().find(|(unit, _)| rest.starts_with(unit)).map_or(1, |(_, factor)| factor);
        number.replace(',', "").parse::<u64>().unwrap_or_else(|_| panic!("{text:?} begins with no number")) * factor as u64
    }

    #[test]
    fn the_document_lists_every_limit_with_its_default() {
        let (limits, runtime) = (LimitsConfig::default().all(), RuntimeConfig::default().all());
        let real: BTreeMap<_, _> = limits.iter().chain(&runtime).map(|limit| (limit.option.to_owned(), limit.value)).collect();
        assert_eq!(documented(), real);
    }
}
