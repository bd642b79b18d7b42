//! What a compiling process is asked and what it answers: a line of JSON, then bytes, in both directions.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::engine;
use super::super::inspect::Inspection;
use super::super::schema;
use super::super::snapshot::{self, Inputs, LogLine};
use super::Refusal;
use crate::config::LimitsConfig;

const MIB: u64 = 1024 * 1024;
/// Most that a child may answer when it tells something.
const MAX_TOLD_BYTES: u64 = 4 * MIB;
/// For what it makes: what it logged, and images of memory, which are in the native code.
const SPARE_BYTES: u64 = 64 * MIB;
/// Native code has some four times the bytes of its WebAssembly.
const MAX_GROWTH: u64 = 16;

/// What one piece of work may take.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(in super::super) struct Bounds {
    /// Wall time, and CPU time of each core.
    pub secs: u64,
    /// Memory.
    pub bytes: u64,
}

impl Bounds {
    pub(in super::super) fn of(limits: &LimitsConfig) -> Self {
        Self { secs: limits.compile_secs, bytes: limits.compile_bytes }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum Work {
    /// What a file is, as JSON: an [`Inspection`]. Nothing of it runs and nothing is compiled.
    Inspect,
    /// From a component to native code.
    Compile,
    /// From a component to the same component after its `configure`.
    Snapshot(Inputs),
    /// Whether its structure allows a snapshot; nothing of it runs and nothing is made.
    Examine,
    /// What of the settings, a JSON object, does not fit the adapter's schema: a list of violations as JSON. There is no component.
    Settings { schema: String, settings: String },
}

impl Work {
    /// As in metrics.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Inspect => "inspect",
            Self::Compile => "compile",
            Self::Snapshot(_) => "snapshot",
            Self::Examine => "examine",
            Self::Settings { .. } => "settings",
        }
    }

    /// Most bytes that may come of it, for a component of so many bytes.
    pub(super) fn most_bytes(&self, component: u64) -> u64 {
        match self {
            Self::Compile => component.saturating_mul(MAX_GROWTH).saturating_add(SPARE_BYTES),
            // The component, and its memory as it is then, in segments.
            Self::Snapshot(inputs) => {
                let frozen = component.saturating_add(inputs.memory_bytes as u64);
                frozen.saturating_mul(2).saturating_add(SPARE_BYTES)
            }
            Self::Inspect | Self::Examine | Self::Settings { .. } => MAX_TOLD_BYTES,
        }
    }
}

/// The line before the component.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    pub bounds: Bounds,
    pub work: Work,
}

/// What came of it.
#[derive(Debug)]
pub(in super::super) struct Made {
    /// Native code, a component, or JSON.
    pub bytes: Bytes,
    /// What the adapter logged.
    pub log: Vec<LogLine>,
}

impl Made {
    fn silent(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into(), log: Vec::new() }
    }
}

/// The line before what was made.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Report {
    Made { sha256: String, log: Vec<LogLine> },
    Refused(Refusal),
}

/// Does the work in this process, without bounds.
pub(super) async fn perform(work: &Work, component: &[u8]) -> Result<Made, Refusal> {
    match work {
        Work::Inspect => json(&Inspection::of(component)),
        Work::Compile => engine::compile(component).map(Made::silent).map_err(Refusal::for_now),
        Work::Snapshot(inputs) => snapshot::take(component, inputs).await,
        Work::Examine => snapshot::examine(component).map(|()| Made::silent(Vec::new())).map_err(Refusal::for_good),
        Work::Settings { schema, settings } => {
            let found = schema::violations(schema, settings).map_err(Refusal::for_good)?;
            json(&found)
        }
    }
}

fn json(told: &impl Serialize) -> Result<Made, Refusal> {
    serde_json::to_vec(told).map(Made::silent).map_err(|cause| Refusal::for_now(cause.to_string()))
}

pub(super) fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
