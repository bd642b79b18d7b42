//! What a compiling process is asked and what it answers: a line of JSON, then bytes, in both directions.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::engine;
use super::super::snapshot::{self, Inputs, LogLine};

/// What one piece of work may take.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(in super::super) struct Bounds {
    /// Wall time, and CPU time of each core.
    pub secs: u64,
    /// Memory.
    pub bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum Work {
    /// From a component to native code.
    Compile,
    /// From a component to the same component after its `configure`.
    Snapshot(Inputs),
}

impl Work {
    /// As in metrics.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Compile => "compile",
            Self::Snapshot(_) => "snapshot",
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

/// The line before what was made.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Report {
    Made { sha256: String, log: Vec<LogLine> },
    Refused(String),
}

/// Does the work in this process, without bounds.
pub(super) async fn perform(work: &Work, component: &[u8]) -> Result<Made, String> {
    match work {
        Work::Compile => engine::compile(component).map(|bytes| Made { bytes, log: Vec::new() }),
        Work::Snapshot(inputs) => snapshot::take(component, inputs).await,
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
