//! What a component says of itself, each import marked. Decoded only; for `ordergate adapter inspect`.

use serde::{Deserialize, Serialize};

use super::shape::{Face, is_ours};
use super::spoken::{Contracts, built_for, short};
use super::{ContractError, ContractVersion};

/// A decoded component.
#[derive(Debug, Serialize, Deserialize)]
pub struct Examined {
    /// The version of the contract that it was built for; none when it is no adapter.
    pub version: Option<ContractVersion>,
    pub imports: Vec<ImportedInterface>,
    pub exports: Vec<ExportedInterface>,
    /// The same version when this host loads it, or why it does not.
    pub fit: Result<ContractVersion, ContractError>,
}

/// Something that the component wants to use.
#[derive(Debug, Serialize, Deserialize)]
pub struct ImportedInterface {
    pub name: String,
    /// Whether adapters are given it.
    pub allowed: bool,
}

/// Something that the component can be asked.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExportedInterface {
    pub name: String,
    /// As `orders.submit`.
    pub operations: Vec<String>,
}

impl Examined {
    pub(super) fn of(contracts: &Contracts, face: &Face) -> Self {
        let measure = contracts.measure(face);
        let import = |(name, shape): (&String, &super::shape::InterfaceShape)| ImportedInterface {
            name: shape.full_name.clone(),
            allowed: measure.is_some_and(|contract| contract.gives(name)),
        };
        let others = face.others.iter().map(|name| ImportedInterface { name: name.clone(), allowed: false });
        let export = |(name, shape): (&String, &super::shape::InterfaceShape)| ExportedInterface {
            name: shape.full_name.clone(),
            operations: shape.functions.keys().map(|function| operation(name, function)).collect(),
        };
        Self {
            version: built_for(face),
            imports: face.imports.iter().map(import).chain(others).collect(),
            exports: face.exports.iter().map(export).collect(),
            fit: contracts.check(face),
        }
    }
}

fn operation(interface: &str, function: &str) -> String {
    if is_ours(interface) { format!("{}.{function}", short(interface)) } else { format!("{interface}#{function}") }
}
