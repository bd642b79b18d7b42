//! What a compiling process is asked and what it answers: a line of JSON, then bytes, in both directions.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::engine;
use super::super::schema;
use super::super::snapshot::{self, Inputs, LogLine};
use super::Refusal;
use crate::config::LimitsConfig;

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
            Self::Compile => "compile",
            Self::Snapshot(_) => "snapshot",
            Self::Examine => "examine",
            Self::Settings { .. } => "settings",
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
    /// Native code, or a component.
    pub bytes: Vec<u8>,
    /// What the adapter logged.
    pub log: Vec<LogLine>,
}

impl Made {
    fn silent(bytes: Vec<u8>) -> Self {
        Self { bytes, log: Vec::new() }
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
        Work::Compile => engine::compile(component).map(Made::silent).map_err(Refusal::for_now),
        Work::Snapshot(inputs) => snapshot::take(component, inputs).await,
        Work::Examine => snapshot::examine(component).map(|()| Made::silent(Vec::new())).map_err(Refusal::for_good),
        Work::Settings { schema, settings } => {
            let found = schema::violations(schema, settings).map_err(Refusal::for_good)?;
            serde_json::to_vec(&found).map(Made::silent).map_err(|cause| Refusal::for_now(cause.to_string()))
        }
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
