//! Why adapters cannot be loaded, each problem with its place in the configuration and its mend.

use std::fmt;
use std::path::PathBuf;

use super::super::contract::{ContractError, ReadError};
use super::super::engine::EngineError;
use super::super::given::SettingsError;
use super::super::inspect::InspectError;
use super::super::trust::Distrust;
use super::super::trust::lock::LockError;
use crate::domain::Failure;
use crate::egress::BindError;

/// All that keeps adapters from being loaded.
#[derive(Debug, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadError {
    pub problems: Vec<LoadProblem>,
}

/// One problem, with its place in the configuration, such as `adapters.sap.component`.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {cause}")]
pub struct LoadProblem {
    pub place: String,
    pub cause: LoadCause,
}

#[derive(Debug, thiserror::Error)]
pub enum LoadCause {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("cannot read {path}: {cause}")]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error("{path} has more than {most} bytes (limits.component_bytes): raise the limit if that is the file that you mean")]
    TooLarge { path: PathBuf, most: usize },
    #[error(
        "the configuration pins another file: {path} has the SHA-256 {found}. Restore the pinned file, or review this one and pin its digest"
    )]
    Digest { path: PathBuf, found: String },
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Trust(#[from] Distrust),
    /// Decoding the file broke down, or ran into a limit.
    #[error("{path}: {cause}")]
    Inspect { path: PathBuf, cause: InspectError },
    #[error("{path}: {cause}")]
    Contract { path: PathBuf, cause: ContractError },
    #[error("{path} does not compile: {cause}")]
    Compile { path: PathBuf, cause: String },
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("the adapter refuses its settings: {}{}", .0.message, .0.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default())]
    Configure(Failure),
    #[error(transparent)]
    Setting(SettingProblem),
    #[error("the adapter's own schema of its settings cannot be used: {0}. Tell its author; older versions of it may be loaded")]
    Schema(String),
    #[error("the adapter cannot describe itself: {0}")]
    Describe(Failure),
    #[error(transparent)]
    Endpoint(#[from] BindError),
    #[error("the adapter needs this endpoint ({0}): bind it with `base_url`")]
    EndpointUnbound(String),
    #[error("{0}: lower limits.concurrency")]
    TooMuchOfThePool(String),
    #[error(
        "who may push is configured, but {name} {version} does not read pushed messages: map `inbound.translate` in its settings when it is a generic adapter, take a version that has it, or leave this section out"
    )]
    ReadsNoPushes { name: String, version: String },
    #[error("the adapter has no such endpoint; it has {0}")]
    EndpointUnknown(String),
}

/// A setting that does not fit the adapter's schema.
#[derive(Debug, thiserror::Error)]
#[error("{}{reason}{}", .file.as_ref().map(ToString::to_string).unwrap_or_default(), pointed(.pointer))]
pub struct SettingProblem {
    /// Where it stands when that is not the configuration itself.
    pub file: Option<SettingPlace>,
    pub reason: String,
    /// JSON pointer (RFC 6901) in the settings; empty for all of them.
    pub pointer: String,
}

/// A place in a file with settings.
#[derive(Debug)]
pub struct SettingPlace {
    pub file: PathBuf,
    /// 1-based; zeros when nothing of it is written there.
    pub line: usize,
    pub column: usize,
    /// As in TOML; empty for the file as a whole.
    pub key: String,
}

impl fmt::Display for SettingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if self.line > 0 {
            write!(f, "{}:{}:", self.line, self.column)?;
        }
        if self.key.is_empty() { f.write_str(" ") } else { write!(f, " {}: ", self.key) }
    }
}

fn pointed(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" (at {pointer})") }
}

impl From<ReadError> for LoadCause {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unreadable { path, cause } => Self::Unreadable { path, cause },
            ReadError::TooLarge { path, most } => Self::TooLarge { path, most },
        }
    }
}

pub(super) fn problem(place: impl Into<String>, cause: impl Into<LoadCause>) -> LoadProblem {
    LoadProblem { place: place.into(), cause: cause.into() }
}
