//! Why a component could not be compiled or snapshotted.

use std::io;

#[derive(Debug, thiserror::Error)]
pub(in super::super) enum CompileError {
    #[error("it took longer than {secs} s (limits.compile_secs)")]
    TooLong { secs: u64 },
    #[error("it needs more than {} MiB of memory (limits.compile_bytes)", .bytes / (1024 * 1024))]
    TooLarge { bytes: u64 },
    /// In the compiler's own words.
    #[error("{0}")]
    Refused(String),
    #[error("the compiling process cannot be started: {0}")]
    Start(io::Error),
    #[error("the compiling process broke down ({how}): {said}")]
    Ended { how: String, said: String },
    /// What arrived is not what the child made.
    #[error("what the compiling process made arrived damaged")]
    Damaged,
}

impl CompileError {
    /// The limit that was in the way, by its option.
    pub(in super::super) fn limit(&self) -> Option<&'static str> {
        match self {
            Self::TooLong { .. } => Some("compile_secs"),
            Self::TooLarge { .. } => Some("compile_bytes"),
            _ => None,
        }
    }
}
