//! What an adapter is given: settings, value maps, endpoints, memory that outlives a call, and limits. Built from the configuration at load,
//! shared by all instances of one generation.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::journal::Minute;
use super::session::Sessions;
use crate::clock::Clock;
use crate::config::regular_file::{self, WRITTEN_BYTES};
use crate::config::{AdapterConfig, LimitsConfig};
use crate::domain::AdapterName;
use crate::egress::{Egress, Holdings};

pub(super) struct Given {
    pub name: AdapterName,
    pub limits: LimitsConfig,
    /// The settings as a JSON object.
    pub settings: String,
    /// What makes its answers those of its back end and no other, as a digest: settings, value maps and where its endpoints lead.
    pub facts: String,
    pub maps: BTreeMap<String, BTreeMap<String, String>>,
    pub egress: Egress,
    pub sessions: Sessions,
    /// Memory of all calls together.
    pub holdings: Arc<Holdings>,
    /// What all calls together may log.
    pub log: Arc<Minute>,
}

impl Given {
    pub(super) fn new(name: AdapterName, config: &AdapterConfig, settings: String, egress: Egress, clock: Clock) -> Self {
        Self {
            facts: facts(config, &settings),
            name,
            limits: config.limits.clone(),
            settings,
            maps: config.maps.clone(),
            egress,
            sessions: Sessions::new(&config.limits, clock),
            holdings: Arc::new(Holdings::new(config.limits.memory_total_bytes)),
            log: Arc::new(Minute::new(config.limits.log_minute_bytes)),
        }
    }
}

impl Given {
    /// The facts of a component that is given this. Its own digest is one of them: what a version said that is rolled back, another must not find.
    pub(super) fn facts_of(&self, component: &str) -> String {
        HEXLOWER.encode(&Sha256::digest(format!("{} {component}", self.facts)))
    }
}

/// Credentials are left aside: a renewed password leads to the same back end.
fn facts(config: &AdapterConfig, settings: &str) -> String {
    let endpoints: Vec<_> = config.endpoints.iter().map(|(name, endpoint)| (name, &endpoint.base_url)).collect();
    // A list in JSON is unambiguous. It cannot fail: texts only.
    let facts = serde_json::to_vec(&(settings, &config.maps, endpoints)).unwrap_or_default();
    HEXLOWER.encode(&Sha256::digest(facts))
}

/// Why settings cannot be given to an adapter.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("cannot read {path}: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error("{path}: {cause}")]
    Syntax { path: String, cause: toml::de::Error },
    #[error("settings: {key} is a number that JSON cannot hold")]
    Number { key: String },
}

/// The adapter's settings as JSON: those of the file, its name under `$source`, and over them the inline ones.
pub(super) fn settings(config: &AdapterConfig, base_dir: &Path) -> Result<String, SettingsError> {
    let mut merged = serde_json::Map::new();
    if let Some(file) = &config.settings_file {
        let path = base_dir.join(file);
        let shown = path.display().to_string();
        let text = regular_file::read_text(&path, WRITTEN_BYTES)
            .map_err(|cause| SettingsError::Unreadable { path: shown.clone(), cause })?;
        let table: toml::Table = toml::from_str(&text).map_err(|cause| SettingsError::Syntax { path: shown, cause })?;
        merged = to_object(table)?;
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        merged.insert("$source".into(), name.into());
    }
    merged.extend(to_object(config.settings.clone())?);
    Ok(serde_json::Value::Object(merged).to_string())
}

fn to_object(table: toml::Table) -> Result<serde_json::Map<String, serde_json::Value>, SettingsError> {
    table.into_iter().map(|(key, value)| to_json(&key, value).map(|value| (key, value))).collect()
}

/// Dates and times become text, as TOML writes them.
fn to_json(key: &str, value: toml::Value) -> Result<serde_json::Value, SettingsError> {
    Ok(match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => {
            serde_json::Number::from_f64(number).map(Into::into).ok_or_else(|| SettingsError::Number { key: key.to_owned() })?
        }
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(|item| to_json(key, item)).collect::<Result<Vec<_>, _>>()?.into(),
        toml::Value::Table(table) => to_object(table)?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> AdapterConfig {
        toml::from_str(&format!("component = 'a.wasm'\n{text}")).unwrap()
    }

    #[test]
    fn inline_settings_win_over_the_file_key_by_key() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("demo.toml"), "a = 1\nb = 2026-11-22\n[c]\nd = ['x']\n").unwrap();
        let config = config("settings_file = 'demo.toml'\n[settings]\na = 2\n");
        let settings: serde_json::Value = serde_json::from_str(&settings(&config, folder.path()).unwrap()).unwrap();
        assert_eq!(settings, serde_json::json!({"$source": "demo.toml", "a": 2, "b": "2026-11-22", "c": {"d": ["x"]}}));
    }

    #[test]
    fn adapters_that_lead_elsewhere_or_are_set_otherwise_have_other_facts() {
        let of = |text: &str| facts(&config(text), "{}");
        let endpoint = |url: &str| format!("[endpoints.api]\nbase_url = '{url}'");
        let one = of(&endpoint("https://erp.example.com"));
        assert_eq!(one, of(&endpoint("https://erp.example.com")));
        assert_ne!(one, of(&endpoint("https://test.erp.example.com")));
        assert_ne!(one, of(&format!("[maps.units]\na = 'b'\n{}", endpoint("https://erp.example.com"))));
        assert_ne!(one, facts(&config(&endpoint("https://erp.example.com")), "{\"a\":1}"));
    }

    #[test]
    fn a_broken_settings_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("demo.toml"), "a = ").unwrap();
        let error = settings(&config("settings_file = 'demo.toml'"), folder.path()).unwrap_err().to_string();
        assert!(error.contains("demo.toml"), "{error}");
        let error = settings(&config("[settings]\na = nan"), folder.path()).unwrap_err().to_string();
        assert_eq!(error, "settings: a is a number that JSON cannot hold");
    }
}
