//! The `ordergate adapter` commands that deal with component files: how one is begun, what one is, who signed it, and which one is installed.

mod add;
mod build;
mod check;
mod inspect;
mod keygen;
mod map;
mod new;
mod pull;
mod push;
mod registry;
mod secret_key;
mod sign;
mod test;
mod verify;

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

pub(super) use add::{AddArgs, add};
pub(super) use build::{BuildArgs, build};
pub(super) use check::{CheckArgs, check};
pub(super) use inspect::{InspectArgs, inspect};
pub(super) use keygen::{KeygenArgs, keygen};
pub(super) use map::{MapArgs, map};
pub(super) use new::{NewArgs, new};
pub(super) use pull::{PullArgs, pull};
pub(super) use push::{PushArgs, push};
pub(super) use registry::RegistryError;
pub(super) use sign::{SignArgs, sign};
pub(super) use test::{TestArgs, test};
pub(super) use verify::{VerifyArgs, verify};

use super::CliError;
use crate::adapter::contract::{self, ContractVersion, ReadError};
use crate::adapter::inspect::inspect_component;
use crate::config::LimitsConfig;

/// A component that is named on the command line.
#[derive(Debug, clap::Args)]
pub(super) struct ComponentFile {
    /// The component; its signature is FILE.minisig.
    #[arg(value_name = "FILE", id = "component")]
    path: PathBuf,
    /// Largest file that is read; a host has `limits.component_bytes`.
    #[arg(long, value_name = "BYTES", default_value_t = LimitsConfig::COMPONENT_BYTES)]
    max_bytes: usize,
}

impl ComponentFile {
    fn read(&self) -> Result<Bytes, CliError> {
        read(&self.path, self.max_bytes, "--max-bytes reads a larger one; a host needs limits.component_bytes for it")
    }
}

/// `mend`: what to do about a file that is too large.
fn read(file: &Path, most: usize, mend: &str) -> Result<Bytes, CliError> {
    contract::read_file(file, most).map(Bytes::from).map_err(|error| match error {
        ReadError::Unreadable { .. } => CliError::Failed(anyhow!("{error}")),
        ReadError::TooLarge { .. } => CliError::Refused(format!("{error}: {mend}")),
    })
}

fn digest(file: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(file))
}

/// The version of the contract that the component was built for, when it fits.
async fn fit(path: &Path, file: Bytes, digest: &str) -> Result<ContractVersion, CliError> {
    let inspection = inspect_component(file, digest).await.map_err(|error| refused(path, &error))?;
    inspection.fit().map_err(|error| refused(path, &error))
}

/// A refusal of a file, which its message may name already.
fn refused(file: &Path, error: &impl std::fmt::Display) -> CliError {
    CliError::Refused(format!("{}: {error}", file.display()))
}
