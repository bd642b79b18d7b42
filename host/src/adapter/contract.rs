//! Whether a component fits the contract, told before anything is compiled and in words that its author can act on. Never runs or compiles
//! anything. Called by `inspect` in a compiling process: what is decoded here is hostile.

mod difference;
mod examine;
mod shape;
mod spoken;

pub use examine::{Examined, ExportedInterface, ImportedInterface};
pub use spoken::ContractVersion;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wit_component::DecodedWasm;

use crate::config::regular_file;
use shape::Face;
use spoken::Contracts;

/// First bytes of every WebAssembly file, and the version fields of a core module and of a component.
const MAGIC: &[u8] = b"\0asm";
const MODULE_VERSION: &[u8] = &[1, 0, 0, 0];
const COMPONENT_VERSION: &[u8] = &[0x0d, 0, 1, 0];

/// The contract's own files.
pub(super) const WIT: [(&str, &str); 15] = [
    ("availability.wit", include_str!("../../../wit/availability.wit")),
    ("checkout.wit", include_str!("../../../wit/checkout.wit")),
    ("descriptor.wit", include_str!("../../../wit/descriptor.wit")),
    ("health.wit", include_str!("../../../wit/health.wit")),
    ("inbound.wit", include_str!("../../../wit/inbound.wit")),
    ("lifecycle.wit", include_str!("../../../wit/lifecycle.wit")),
    ("log.wit", include_str!("../../../wit/log.wit")),
    ("orders.wit", include_str!("../../../wit/orders.wit")),
    ("pricing.wit", include_str!("../../../wit/pricing.wit")),
    ("quotes.wit", include_str!("../../../wit/quotes.wit")),
    ("session.wit", include_str!("../../../wit/session.wit")),
    ("settings.wit", include_str!("../../../wit/settings.wit")),
    ("transport.wit", include_str!("../../../wit/transport.wit")),
    ("types.wit", include_str!("../../../wit/types.wit")),
    ("world.wit", include_str!("../../../wit/world.wit")),
];

/// Why a file is no adapter for this host.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
pub enum ContractError {
    #[error("the file is not WebAssembly")]
    NotWasm,
    #[error(
        "the file is a core module, not a component: build it with --target wasm32-wasip2, or wrap it with `wasm-tools component new`"
    )]
    CoreModule,
    #[error("the file is a component of a format that this host does not know")]
    UnknownFormat,
    #[error("the file holds only interface definitions, no code")]
    DefinitionsOnly,
    #[error("the file cannot be read as a component: {0}")]
    Malformed(String),
    #[error("the file is a component but no adapter: it exports {exports}, and nothing of ordergate:adapter")]
    Foreign { exports: String },
    /// Newer than this host, or so old that it is no longer known.
    #[error("built for ordergate:adapter@{built_for}, this host knows {known}: {difference}")]
    Version { built_for: ContractVersion, known: String, difference: String },
    #[error("this adapter was built for another contract: {}", listed(.0))]
    Differs(Vec<String>),
    /// A fault of this build of the host.
    #[error("the host's own contract cannot be read: {0}")]
    Host(String),
}

/// Somebody reads them.
const MOST_LISTED: usize = 20;

/// The first few differences, on one line.
fn listed(differences: &[String]) -> String {
    let shown = differences.iter().take(MOST_LISTED).map(String::as_str).collect::<Vec<_>>().join("; ");
    match differences.len().saturating_sub(MOST_LISTED) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

/// Checks a component file against the contract, and tells what can be told of it without running or compiling it.
pub(super) fn examine(file: &[u8]) -> Result<Examined, ContractError> {
    let (contracts, face) = (Contracts::of_host()?, decode(file)?);
    Ok(Examined::of(contracts, &face))
}

/// Why a component file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot read {}: {cause}", .path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error("{} has more than {most} bytes", .path.display())]
    TooLarge { path: PathBuf, most: usize },
}

/// Reads a component file of at most so many bytes; one that is larger is not read to its end.
pub fn read_file(path: &Path, most: usize) -> Result<Vec<u8>, ReadError> {
    regular_file::read(path, most).map_err(|cause| match cause.kind() {
        ErrorKind::FileTooLarge => ReadError::TooLarge { path: path.to_owned(), most },
        _ => ReadError::Unreadable { path: path.to_owned(), cause },
    })
}

fn decode(file: &[u8]) -> Result<Face, ContractError> {
    check_header(file)?;
    match wit_component::decode(file).map_err(|cause| ContractError::Malformed(format!("{cause:#}")))? {
        DecodedWasm::Component(resolve, world) => Ok(Face::of(&resolve, world)),
        DecodedWasm::WitPackage(..) => Err(ContractError::DefinitionsOnly),
    }
}

fn check_header(file: &[u8]) -> Result<(), ContractError> {
    let Some(version) = file.strip_prefix(MAGIC).and_then(|rest| rest.get(..4)) else { return Err(ContractError::NotWasm) };
    match version {
        MODULE_VERSION => Err(ContractError::CoreModule),
        COMPONENT_VERSION => Ok(()),
        _ => Err(ContractError::UnknownFormat),
    }
}

#[cfg(test)]
mod tests;
