//! The configured snapshot: a component after its `configure`, so that a fresh instance starts with settings parsed and mappings compiled.
//! Taken in the compiling process, where the guest reaches its settings and its log and nothing else: what is random, timed or received
//! cannot be frozen, because there is none. Called by `compiler`.

mod reading;
mod rehearsal;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wasmtime_wizer::Wizer;

use super::compiler::{Made, Refusal};
use reading::Reading;
use rehearsal::Rehearsal;

/// Whether the instances of an adapter start configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "reason")]
pub enum Snapshot {
    Taken,
    /// Every instance runs `configure`; in words for its author, why.
    Not(String),
}

/// All that a snapshot depends on besides the component.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Inputs {
    /// The settings as a JSON object.
    pub settings: String,
    pub maps: BTreeMap<String, BTreeMap<String, String>>,
    pub memory_bytes: usize,
    pub table_elements: usize,
    pub guest_stack_bytes: usize,
    pub log_bytes: usize,
    pub configure_secs: u64,
}

/// What the adapter logged while it was configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LogLine {
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    pub message: String,
    pub fields: Vec<(String, String)>,
}

/// Whether a component is built in a way that can be frozen, without running anything of it. Err: what is in the way.
pub(super) fn examine(component: &[u8]) -> Result<(), String> {
    wizer().instrument_component(component).map(drop).map_err(|cause| unfit(&cause))
}

/// Runs `configure` and freezes what it left. Err: why that cannot be done.
pub(super) async fn take(component: &[u8], inputs: &Inputs) -> Result<Made, Refusal> {
    let wizer = wizer();
    let (context, instrumented) = wizer.instrument_component(component).map_err(|cause| Refusal::for_good(unfit(&cause)))?;
    let mut rehearsal = Rehearsal::start(&instrumented, inputs).await?;
    rehearsal.configure().await?;
    let mut reading = Reading::of(&mut rehearsal);
    let frozen = wizer.snapshot_component(&context, &mut reading).await;
    let unreadable = |cause| Refusal::for_good(format!("its memory cannot be read: {cause:#}"));
    let frozen = reading.finish().and(frozen).map_err(unreadable)?;
    Ok(Made { bytes: frozen.into(), log: rehearsal.into_log() })
}

fn wizer() -> Wizer {
    let mut wizer = Wizer::new();
    // The world needs `configure`, and it may be called again in a component that was frozen.
    wizer.keep_init_func(true);
    wizer
}

fn unfit(cause: &wasmtime::Error) -> String {
    format!("the component is built in a way that cannot be frozen: {cause:#}")
}
