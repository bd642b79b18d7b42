//! What the operator configured for this adapter, and the operator's value maps. Never secrets: those stay in the host.

use crate::host;
use crate::types::Failure;
use serde::de::DeserializeOwned;

/// The settings, as the JSON object that the host gave.
#[derive(Debug, Clone)]
pub struct Settings {
    json: String,
}

impl Settings {
    /// The settings of this adapter. Inside an adapter they come with `Adapter::configure`.
    pub fn load() -> Self {
        Settings { json: host::settings() }
    }

    /// For tests of `Adapter::configure`.
    pub fn from_json(json: impl Into<String>) -> Self {
        Settings { json: json.into() }
    }

    /// The JSON text. The field `$source` names the operator's file, when there is one.
    pub fn text(&self) -> &str {
        &self.json
    }

    /// The settings as `T`. Put `#[serde(deny_unknown_fields)]` on it, with a field for `$source`, and typing errors are found.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.json).map_err(|error| Failure::invalid_request(format!("settings: {error}")))
    }
}

/// Looks `key` up in the operator's value map `map` (units, carriers, status codes).
pub fn lookup(map: &str, key: &str) -> Option<String> {
    host::lookup(map, key)
}
