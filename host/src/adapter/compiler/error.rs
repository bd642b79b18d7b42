//! Why a component could not be compiled or snapshotted.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

/// Why a piece of work cannot be done, in the compiler's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Refusal {
    pub reason: String,
    pub term: Term,
}

/// For how long a refusal holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum Term {
    /// The same work on the same component with the same inputs would be refused again, at any time.
    Good,
    /// Another time it may succeed.
    Now,
    /// `configure` took too long, this time.
    Late,
}

impl Refusal {
    pub(in super::super) fn for_good(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), term: Term::Good }
    }

    pub(in super::super) fn for_now(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), term: Term::Now }
    }

    /// `configure` took longer than it may.
    pub(in super::super) fn late(secs: u64) -> Self {
        Self { reason: format!("configure takes longer than {secs} s (limits.configure_secs)"), term: Term::Late }
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
    /// What the child made of it was not read to its end.
    #[error("what it becomes has more than {} MiB, which no component of its size needs", .bytes / (1024 * 1024))]
    TooMuch { bytes: u64 },
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
            Self::Refused(Refusal { reason, term: Term::Good }) => Some(reason),
            _ => None,
        }
    }

    /// The limit that was in the way, by its option.
    pub(in super::super) fn limit(&self) -> Option<&'static str> {
        match self {
            Self::TooLong { .. } => Some("compile_secs"),
            Self::TooLarge { .. } => Some("compile_bytes"),
            Self::Refused(Refusal { term: Term::Late, .. }) => Some("configure_secs"),
            _ => None,
        }
    }
}
