//! The `ordergate adapter` commands that deal with component files: what one is, who signed it, and which one is installed.

mod add;
mod inspect;
mod keygen;
mod secret_key;
mod sign;
mod verify;

use std::path::Path;

use anyhow::Context;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

pub(super) use add::{AddArgs, add};
pub(super) use inspect::{InspectArgs, inspect};
pub(super) use keygen::{KeygenArgs, keygen};
pub(super) use sign::{SignArgs, sign};
pub(super) use verify::{VerifyArgs, verify};

use super::CliError;
use crate::adapter::contract;

fn read(file: &Path) -> Result<Vec<u8>, CliError> {
    Ok(contract::read_file(file).with_context(|| format!("cannot read {}", file.display()))?)
}

fn digest(file: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(file))
}

/// A refusal of a file, which its message may name already.
fn refused(file: &Path, error: &impl std::fmt::Display) -> CliError {
    CliError::Refused(format!("{}: {error}", file.display()))
}
