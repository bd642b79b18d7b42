//! Whether a component fits the contract, told before anything is compiled and in words that its author can act on. Never runs or compiles
//! anything. Called at load and by `ordergate adapter inspect` and `check`.

mod difference;
mod shape;

use std::sync::OnceLock;

use wit_component::DecodedWasm;
use wit_parser::{Resolve, SourceMap};

use super::imports;
use shape::{Face, InterfaceShape};

/// Largest component file, in bytes: a Python component has about 36 MB.
const MAX_FILE_BYTES: usize = 40 * 1024 * 1024;

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
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    #[error("the file has {bytes} bytes; an adapter has at most {MAX_FILE_BYTES}")]
    TooLarge { bytes: usize },
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
    #[error("this adapter was built for another contract: {}", .0.join("; "))]
    Differs(Vec<String>),
    /// A fault of this build of the host.
    #[error("the host's own contract cannot be read: {0}")]
    Host(String),
}

/// Checks a component file against the contract.
pub fn check(file: &[u8]) -> Result<(), ContractError> {
    check_header(file)?;
    let (resolve, world) = match wit_component::decode(file).map_err(|cause| ContractError::Malformed(format!("{cause:#}")))? {
        DecodedWasm::Component(resolve, world) => (resolve, world),
        DecodedWasm::WitPackage(..) => return Err(ContractError::DefinitionsOnly),
    };
    let differences = differences(host_face()?, &Face::of(&resolve, world));
    if differences.is_empty() { Ok(()) } else { Err(ContractError::Differs(differences)) }
}

fn check_header(file: &[u8]) -> Result<(), ContractError> {
    if file.len() > MAX_FILE_BYTES {
        return Err(ContractError::TooLarge { bytes: file.len() });
    }
    let Some(version) = file.strip_prefix(MAGIC).and_then(|rest| rest.get(..4)) else { return Err(ContractError::NotWasm) };
    match version {
        MODULE_VERSION => Err(ContractError::CoreModule),
        COMPONENT_VERSION => Ok(()),
        _ => Err(ContractError::UnknownFormat),
    }
}

fn host_face() -> Result<&'static Face, ContractError> {
    static FACE: OnceLock<Result<Face, String>> = OnceLock::new();
    FACE.get_or_init(read_host_face).as_ref().map_err(|cause| ContractError::Host(cause.clone()))
}

fn read_host_face() -> Result<Face, String> {
    let mut sources = SourceMap::new();
    for (path, text) in WIT {
        sources.push_str(path, text);
    }
    let group = sources.parse().map_err(|(_, error)| error.to_string())?;
    let mut resolve = Resolve::default();
    let package = resolve.push_group(group).map_err(|error| error.to_string())?;
    let world = resolve.select_world(&[package], Some("adapter")).map_err(|error| error.to_string())?;
    Ok(Face::of(&resolve, world))
}

/// All that an adapter's author has to mend.
fn differences(host: &Face, adapter: &Face) -> Vec<String> {
    let mut found: Vec<String> =
        adapter.others.iter().map(|name| format!("it imports {name}, which adapters are not given")).collect();
    for (name, theirs) in &adapter.imports {
        match host.imports.get(name) {
            Some(ours) => difference::import(short(name), ours, theirs, &mut found),
            None if is_given_wasi(name) => {}
            None => found.push(unknown_import(name, &host.imports)),
        }
    }
    for (name, ours) in &host.exports {
        match adapter.exports.get(name) {
            Some(theirs) => difference::export(short(name), ours, theirs, &mut found),
            None => found.push(missing_export(name, &adapter.exports)),
        }
    }
    let extra = adapter.exports.keys().filter(|name| is_ours(name) && !host.exports.contains_key(*name));
    let extra = extra.filter(|name| same_interface(name, &host.exports).is_none());
    found.extend(extra.map(|name| format!("it exports {name}, which this host's contract does not have")));
    found
}

type Interfaces = std::collections::BTreeMap<String, InterfaceShape>;

fn is_ours(name: &str) -> bool {
    name.starts_with("ordergate:adapter/")
}

fn is_given_wasi(name: &str) -> bool {
    let is_version = name.rsplit_once('@').is_some_and(|(_, version)| version.starts_with("0.2."));
    let plain = name.split('@').next().unwrap_or_default();
    is_version && imports::WASI.iter().any(|given| if given.ends_with('/') { plain.starts_with(given) } else { plain == *given })
}

/// `ordergate:adapter/orders@1.0.0` is `orders` in messages.
fn short(name: &str) -> &str {
    let plain = name.split('@').next().unwrap_or(name);
    plain.strip_prefix("ordergate:adapter/").unwrap_or(plain)
}

/// The same interface in another version.
fn same_interface<'a>(name: &str, among: &'a Interfaces) -> Option<&'a str> {
    among.keys().map(String::as_str).find(|other| *other != name && is_ours(other) && short(other) == short(name))
}

fn version(name: &str) -> &str {
    name.rsplit_once('@').map_or("no version", |(_, version)| version)
}

fn unknown_import(name: &str, host: &Interfaces) -> String {
    match same_interface(name, host) {
        Some(ours) if is_ours(name) => {
            format!("it imports {} in version {}, this host has version {}", short(name), version(name), version(ours))
        }
        _ => format!("it imports {name}, which adapters are not given"),
    }
}

fn missing_export(name: &str, adapter: &Interfaces) -> String {
    match same_interface(name, adapter) {
        Some(theirs) => {
            format!("it exports {} in version {}, this host needs version {}", short(name), version(theirs), version(name))
        }
        None => format!("it does not export {}", short(name)),
    }
}

#[cfg(test)]
mod tests;
