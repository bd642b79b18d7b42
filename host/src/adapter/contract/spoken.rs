//! The versions of the contract that this host speaks: the current minor and the one before it. A component built for either fits; what it
//! differs in is told in words.

use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use wit_parser::{Resolve, SourceMap};

use super::difference;
use super::shape::{Face, Interfaces, is_ours};
use super::{ContractError, WIT, listed};
use crate::adapter::imports;

/// The texts of each version, newest first. When `wit/` moves to a new minor, the kept copy of the one before it
/// (`contract/released/`) comes second, and the one before that goes.
const SPOKEN: [&[(&str, &str)]; 1] = [&WIT];

/// A version of `ordergate:adapter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ContractVersion {
    pub major: u64,
    pub minor: u64,
    pub patch: u64,
}

impl ContractVersion {
    /// Of an interface name such as `ordergate:adapter/orders@1.0.0`.
    fn of(full_name: &str) -> Option<Self> {
        let (_, version) = full_name.rsplit_once('@')?;
        let mut parts = version.splitn(3, '.').map(|part| part.split(['-', '+']).next().unwrap_or_default().parse().ok());
        Some(Self { major: parts.next()??, minor: parts.next()??, patch: parts.next()?? })
    }

    /// Within a minor version nothing is added or changed.
    fn is_same_minor(self, other: Self) -> bool {
        (self.major, self.minor) == (other.major, other.minor)
    }
}

impl fmt::Display for ContractVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// One version of the contract.
#[derive(Debug)]
pub(super) struct Contract {
    version: ContractVersion,
    /// The world `adapter`: what every component must export and may import.
    face: Face,
    /// What a component may export besides: interfaces of the package's other worlds.
    optional: Interfaces,
}

impl Contract {
    fn read(texts: &[(&str, &str)]) -> Result<Self, String> {
        let mut sources = SourceMap::new();
        for (path, text) in texts {
            sources.push_str(path, *text);
        }
        let group = sources.parse().map_err(|(_, error)| error.to_string())?;
        let mut resolve = Resolve::default();
        let package = resolve.push_group(group).map_err(|error| error.to_string())?;
        let world = resolve.select_world(&[package], Some("adapter")).map_err(|error| error.to_string())?;
        let face = Face::of(&resolve, world);
        let others = resolve.worlds.iter().map(|(id, _)| id).filter(|id| *id != world);
        let mut optional: Interfaces = others.flat_map(|id| Face::of(&resolve, id).exports).collect();
        optional.retain(|name, _| !face.exports.contains_key(name));
        let version = built_for(&face).ok_or("the world has no version")?;
        Ok(Self { version, face, optional })
    }

    /// Whether a component may import this interface.
    pub(super) fn gives(&self, name: &str) -> bool {
        self.face.imports.contains_key(name) || is_given_wasi(name)
    }

    /// All that an adapter's author has to mend.
    pub(super) fn differences(&self, adapter: &Face) -> Vec<String> {
        let mut found: Vec<String> = adapter.others.iter().map(|name| not_given(name)).collect();
        for (name, theirs) in &adapter.imports {
            match self.face.imports.get(name) {
                Some(ours) => difference::import(short(name), ours, theirs, &mut found),
                None if is_given_wasi(name) => {}
                None => found.push(not_given(name)),
            }
        }
        for (name, ours) in &self.face.exports {
            match adapter.exports.get(name) {
                Some(theirs) => difference::export(short(name), ours, theirs, &mut found),
                None => found.push(format!("it does not export {}", short(name))),
            }
        }
        let extra = adapter.exports.iter().filter(|(name, _)| is_ours(name) && !self.face.exports.contains_key(*name));
        for (name, theirs) in extra {
            match self.optional.get(name) {
                Some(ours) => difference::export(short(name), ours, theirs, &mut found),
                None => found.push(format!("it exports {}, which ordergate:adapter@{} does not have", short(name), self.version)),
            }
        }
        found
    }
}

/// The versions that a host speaks, newest first.
#[derive(Debug)]
pub(super) struct Contracts(Vec<Contract>);

impl Contracts {
    /// Those of this host.
    pub(super) fn of_host() -> Result<&'static Self, ContractError> {
        static CONTRACTS: OnceLock<Result<Contracts, String>> = OnceLock::new();
        CONTRACTS.get_or_init(|| Contracts::read(&SPOKEN)).as_ref().map_err(|cause| ContractError::Host(cause.clone()))
    }

    /// From the texts of each version, newest first.
    pub(super) fn read(texts: &[&[(&str, &str)]]) -> Result<Self, String> {
        texts.iter().map(|texts| Contract::read(texts)).collect::<Result<_, _>>().map(Self)
    }

    /// The version that a component was built for, when it fits.
    pub(super) fn check(&self, adapter: &Face) -> Result<ContractVersion, ContractError> {
        let Some(built_for) = built_for(adapter) else { return Err(foreign(adapter)) };
        let Some(contract) = self.spoken(built_for) else { return Err(self.unknown(built_for, adapter)) };
        let differences = contract.differences(adapter);
        if differences.is_empty() { Ok(built_for) } else { Err(ContractError::Differs(differences)) }
    }

    /// The contract that a component is measured by: that of its own version, or else the newest.
    pub(super) fn measure(&self, adapter: &Face) -> Option<&Contract> {
        built_for(adapter).and_then(|version| self.spoken(version)).or(self.0.first())
    }

    fn spoken(&self, version: ContractVersion) -> Option<&Contract> {
        self.0.iter().find(|contract| contract.version.is_same_minor(version))
    }

    fn unknown(&self, built_for: ContractVersion, adapter: &Face) -> ContractError {
        let known = self.0.iter().map(|contract| contract.version.to_string()).collect::<Vec<_>>().join(" and ");
        let newest = self.0.first();
        let differences = newest.map(|contract| contract.differences(adapter)).unwrap_or_default();
        let difference = match newest.filter(|newest| built_for > newest.version) {
            Some(newest) if differences.is_empty() => {
                format!("it uses nothing that {} lacks, so build it for that version, or use a newer host", newest.version)
            }
            Some(_) => format!("{}. Use a newer host, or an adapter built for {known}", listed(&differences)),
            None => "it is too old. Build it anew with a current SDK".into(),
        };
        ContractError::Version { built_for, known, difference }
    }
}

/// The newest version among the contract's interfaces that are exported or imported. A component that exports none is no adapter.
pub(super) fn built_for(face: &Face) -> Option<ContractVersion> {
    let newest = |interfaces: &Interfaces| {
        let ours = interfaces.values().filter(|interface| is_ours(&interface.full_name));
        ours.filter_map(|interface| ContractVersion::of(&interface.full_name)).max()
    };
    let exported = newest(&face.exports)?;
    Some(newest(&face.imports).map_or(exported, |imported| imported.max(exported)))
}

fn foreign(adapter: &Face) -> ContractError {
    let exports = adapter.exports.keys().take(5).cloned().collect::<Vec<_>>().join(", ");
    ContractError::Foreign { exports: if exports.is_empty() { "no interface".into() } else { exports } }
}

pub(super) fn is_given_wasi(name: &str) -> bool {
    let is_version = name.rsplit_once('@').is_some_and(|(_, version)| version.starts_with("0.2."));
    let plain = name.split('@').next().unwrap_or_default();
    is_version && imports::WASI.iter().any(|given| if given.ends_with('/') { plain.starts_with(given) } else { plain == *given })
}

/// `ordergate:adapter/orders` is `orders` in messages.
pub(super) fn short(name: &str) -> &str {
    name.strip_prefix("ordergate:adapter/").unwrap_or(name)
}

fn not_given(name: &str) -> String {
    format!("it imports {}, which adapters are not given", short(name))
}
