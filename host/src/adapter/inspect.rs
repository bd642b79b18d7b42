//! What a component file is: whether it fits the contract, and what it consists of. Decoding hostile bytes can exhaust a stack or take for ever,
//! so it happens in a compiling process; the process that serves only hashes them and checks their signature. Called by `load` and by
//! `ordergate adapter inspect`, `sign` and `add`.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::anatomy::{self, Anatomy};
use super::compiler::{self, Bounds};
use super::contract::{self, ContractError, ContractVersion, Examined};
use crate::config::LimitsConfig;

/// What a decoded component is.
#[derive(Debug, Serialize, Deserialize)]
pub struct Inspection {
    pub examined: Result<Examined, ContractError>,
    /// None when its sections cannot be read.
    pub anatomy: Option<Anatomy>,
}

/// Decoding broke down, or ran into a limit.
#[derive(Debug, thiserror::Error)]
#[error("the component cannot be read: {reason} (SHA-256 {digest})")]
pub struct InspectError {
    reason: String,
    /// Of the file, in hexadecimal.
    digest: String,
    /// The limit that was in the way, by its option.
    pub limit: Option<&'static str>,
}

impl Inspection {
    /// Decodes the file in this process.
    pub(super) fn of(file: &[u8]) -> Self {
        Self { examined: contract::examine(file), anatomy: anatomy::anatomy(file).ok() }
    }

    /// Why this host does not load it.
    pub fn refusal(&self) -> Option<String> {
        match &self.examined {
            Ok(examined) => examined.fit.as_ref().err().map(ToString::to_string),
            Err(error) => Some(error.to_string()),
        }
    }

    /// For which version of the contract it was built, when this host loads that.
    pub fn fit(self) -> Result<ContractVersion, ContractError> {
        self.examined?.fit
    }
}

/// Decodes a file with that SHA-256 within the usual bounds. Runs and compiles nothing of it.
pub async fn inspect_component(file: Bytes, digest: &str) -> Result<Inspection, InspectError> {
    inspect_within(Bounds::of(&LimitsConfig::default()), file, digest).await
}

pub(super) async fn inspect_within(bounds: Bounds, file: Bytes, digest: &str) -> Result<Inspection, InspectError> {
    compiler::inspect(bounds, file).await.map_err(|cause| InspectError {
        reason: cause.to_string(),
        digest: digest.to_owned(),
        limit: cause.limit(),
    })
}
