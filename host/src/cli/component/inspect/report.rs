//! What `ordergate adapter inspect` found, as text and as JSON.

use std::path::Path;

use serde_json::{Value, json};

use crate::adapter::contract::Examined;
use crate::adapter::describe::{DescribeError, Described};
use crate::adapter::inspect::{InspectError, Inspection};
use crate::adapter::trust::{SignatureError, Signer};
use crate::adapter::{Anatomy, Snapshot};
use crate::domain::Description;

pub(super) struct Report<'a> {
    pub path: &'a Path,
    pub bytes: usize,
    pub digest: &'a str,
    pub signer: Result<Signer, SignatureError>,
    pub inspection: Result<Inspection, InspectError>,
    /// Absent unless the component was run.
    pub description: Option<Result<Described, DescribeError>>,
}

impl Report<'_> {
    /// Why a host would not load it.
    pub(super) fn refusals(&self) -> Vec<String> {
        let contract = match &self.inspection {
            Ok(inspection) => inspection.refusal(),
            Err(error) => Some(error.to_string()),
        };
        let described = self.description.as_ref().and_then(|described| described.as_ref().err());
        let signature = self.signer.as_ref().err().map(ToString::to_string);
        contract.into_iter().chain(signature).chain(described.map(ToString::to_string)).collect()
    }

    fn examined(&self) -> Option<&Examined> {
        self.inspection.as_ref().ok().and_then(|inspection| inspection.examined.as_ref().ok())
    }

    fn anatomy(&self) -> Option<Anatomy> {
        self.inspection.as_ref().ok().and_then(|inspection| inspection.anatomy)
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| text.push_str(&format!("{name:<11} {value}\n"));
        line("file", &self.path.display().to_string());
        line("bytes", &self.bytes.to_string());
        line("sha256", self.digest);
        line("signer", &self.signer_text());
        if let Some(examined) = self.examined() {
            let fits = if examined.fit.is_ok() { "fits this host" } else { "refused by this host" };
            match examined.version {
                Some(version) => line("contract", &format!("ordergate:adapter@{version}, {fits}")),
                None => line("contract", "none: this is no adapter"),
            }
            line("world", world(examined).as_deref().unwrap_or("unknown"));
        }
        if let Some(anatomy) = self.anatomy() {
            line("modules", &anatomy.core_modules.to_string());
            line("memory", &format!("{} bytes at first", anatomy.memory_bytes));
            line("tables", &format!("{} with {} elements at first", anatomy.tables, anatomy.table_elements));
        }
        if let Some(examined) = self.examined() {
            for import in &examined.imports {
                line(if import.allowed { "  import" } else { "  REFUSED" }, &import.name);
            }
            for export in &examined.exports {
                line("  export", &format!("{}: {}", export.name, export.operations.join(", ")));
            }
        }
        if let Some(Ok(described)) = &self.description {
            describe(described, &mut line);
        }
        text
    }

    fn signer_text(&self) -> String {
        match &self.signer {
            Ok(Signer::Unknown(id)) => {
                format!("unknown key ID {id}: the signature was not checked (--config names the trusted keys)")
            }
            Ok(signer) => signer.to_string(),
            Err(_) => "BROKEN: see below".into(),
        }
    }

    pub(super) fn to_json(&self) -> String {
        let refusals = self.refusals();
        let (examined, anatomy) = (self.examined(), self.anatomy());
        let imports = examined.iter().flat_map(|examined| &examined.imports);
        let exports = examined.iter().flat_map(|examined| &examined.exports);
        let mut shown = json!({
            "file": self.path,
            "bytes": self.bytes,
            "sha256": self.digest,
            "signer": self.signer_json(),
            "fits": refusals.is_empty(),
            "refusal": (!refusals.is_empty()).then(|| refusals.join("; ")),
            "contract": examined.and_then(|examined| examined.version).map(|version| version.to_string()),
            "world": examined.and_then(world),
            "imports": imports.map(|import| json!({"name": import.name, "allowed": import.allowed})).collect::<Vec<_>>(),
            "exports": exports.map(|export| json!({"name": export.name, "operations": export.operations})).collect::<Vec<_>>(),
            "core_modules": anatomy.map(|anatomy| anatomy.core_modules),
            "initial_memory_bytes": anatomy.map(|anatomy| anatomy.memory_bytes),
            "initial_tables": anatomy.map(|anatomy| anatomy.tables),
            "initial_table_elements": anatomy.map(|anatomy| anatomy.table_elements),
        });
        if let (Some(Ok(described)), Some(shown)) = (&self.description, shown.as_object_mut()) {
            shown.insert("description".into(), description_json(&described.description));
            shown.insert("snapshot".into(), json!(described.snapshot));
        }
        shown.to_string()
    }

    fn signer_json(&self) -> Value {
        match &self.signer {
            Ok(Signer::Unsigned) => json!({"status": "unsigned"}),
            Ok(Signer::Unknown(id)) => json!({"status": "unknown", "key_id": id.to_string()}),
            Ok(Signer::Expired(name, id)) => json!({"status": "expired", "name": name, "key_id": id.to_string()}),
            Ok(Signer::Trusted(name, id)) => json!({"status": "trusted", "name": name, "key_id": id.to_string()}),
            Err(error) => json!({"status": "broken", "reason": error.to_string()}),
        }
    }
}

/// Components do not keep the name of their world; one that fits is of the contract's.
fn world(examined: &Examined) -> Option<String> {
    let version = examined.fit.as_ref().ok()?;
    Some(format!("ordergate:adapter/adapter@{version}"))
}

fn describe(described: &Described, line: &mut impl FnMut(&str, &str)) {
    let description = &described.description;
    line("name", &description.name);
    line("version", &description.version);
    line("vendor", &description.vendor);
    for capability in &description.capabilities {
        line("  can", capability);
    }
    for endpoint in &description.endpoints {
        let needed = if endpoint.required { "needed" } else { "optional" };
        line("  endpoint", &format!("{} ({needed}): {}", endpoint.name, endpoint.description));
    }
    match &described.snapshot {
        Snapshot::Taken => line("snapshot", "instances start configured"),
        Snapshot::Not(reason) => line("snapshot", &format!("none, every call configures: {reason}")),
    }
    line("settings", if description.settings_schema.is_empty() { "none" } else { description.settings_schema.as_str() });
}

fn description_json(description: &Description) -> Value {
    let endpoint = |need: &crate::domain::EndpointNeed| json!({"name": need.name, "description": need.description, "required": need.required});
    let schema = serde_json::from_str::<Value>(&description.settings_schema).unwrap_or(Value::Null);
    json!({
        "name": description.name,
        "version": description.version,
        "vendor": description.vendor,
        "capabilities": description.capabilities,
        "endpoints": description.endpoints.iter().map(endpoint).collect::<Vec<_>>(),
        "settings_schema": schema,
        "memory_bytes": description.memory_bytes,
    })
}
