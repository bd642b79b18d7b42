//! Why a component could not be compiled or snapshotted.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

/// Why a piece of work cannot be done, in the compiler's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Refusal {
    pub reason: String,
    /// The same work on the same component with the same inputs would be refused again, at any time.
    pub lasts: bool,
}

impl Refusal {
    pub(in super::super) fn for_good(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), lasts: true }
    }

    pub(in super::super) fn for_now(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), lasts: false }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

#[derive(Debug, thiserror::Error)]
pub(in super::super) enum CompileError {
    #[error("it took longer than {secs} s (limits.compile_secs)")]
    TooLong { secs: u64 },
    #[error("it needs more than {} MiB of memory (limits.compile_bytes)", .bytes / (1024 * 1024))]
    TooLarge { bytes: u64 },
    #[error("{0}")]
    Refused(Refusal),
    #[error("the compiling process cannot be started: {0}")]
    Start(io::Error),
    #[error("the compiling process broke down ({how}): {said}")]
    Ended { how: String, said: String },
    /// What arrived is not what the child made.
    #[error("what the compiling process made arrived damaged")]
    Damaged,
}

impl CompileError {
    /// A refusal that is worth remembering.
    pub(in super::super) fn lasting(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) if refusal.lasts => Some(&refusal.reason),
            _ => None,
        }
    }

    /// The limit that was in the way, by its option.
    pub(in super::super) fn limit(&self) -> Option<&'static str> {
        match self {
            Self::TooLong { .. } => Some("compile_secs"),
            Self::TooLarge { .. } => Some("compile_bytes"),
            _ => None,
        }
    }
}
