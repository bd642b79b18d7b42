//! What an adapter says of itself, for `ordergate adapter inspect --describe`: the component is compiled and run once, in the sandbox, without any
//! endpoint. Not used by a serving host, which describes adapters when it loads them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::build::Build;
use super::classify::classify;
use super::compiler::{self, Bounds};
use super::convert;
use super::engine::{EngineError, engine};
use super::given::{Given, SettingsError, settings};
use super::instance::Instances;
use super::live_call::LiveCall;
use super::schema::Violation;
use super::snapshot::{Inputs, Snapshot};
use crate::clock::Clock;
use crate::config::{AdapterConfig, RuntimeConfig};
use crate::domain::{AdapterName, Description, Failure, Side};
use crate::egress::Egress;

/// How long configuring and describing may take.
const TIME: Duration = Duration::from_secs(10);

/// Enough for a JavaScript or Python adapter.
const MEMORY_BYTES: usize = 256 * 1024 * 1024;

/// Why a component cannot tell what it is.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("the sandbox cannot be prepared: {0}")]
    Sandbox(String),
    #[error("it does not compile: {0}")]
    Compile(String),
    #[error("it refuses its settings: {}{}. Name a file with settings that fit: --settings FILE", .0.message, .0.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default())]
    Configure(Failure),
    #[error("its settings do not fit its own schema: {}", .0.join("; "))]
    Unfit(Vec<String>),
    #[error("its own schema of its settings cannot be used: {0}")]
    Schema(String),
    #[error("it cannot describe itself: {0}")]
    Describe(Failure),
}

/// What an adapter says, and how it would start.
#[derive(Debug)]
pub struct Described {
    pub description: Description,
    pub snapshot: Snapshot,
}

/// Configures the component with the settings of a TOML file, or with none, and asks what it can do.
pub async fn describe(file: Bytes, digest: &str, settings_file: Option<&Path>) -> Result<Described, DescribeError> {
    let given = Arc::new(given(settings_file)?);
    let runtime = RuntimeConfig::default();
    let engine = engine(&runtime)?;
    let bounds = Bounds::of(&given.limits);
    let build = Build { engine: engine.clone(), cache: None, digest: digest.to_owned(), file, bounds };
    let built =
        build.configured(Inputs::of(&given, &runtime)).await.map_err(|cause| DescribeError::Compile(cause.to_string()))?;
    let instances = Instances::new(&engine, &built.component, Arc::clone(&given), built.snapshot.clone())
        .map_err(|cause| DescribeError::Compile(compiler::plain(&format!("{cause:#}"))))?;
    let description = run(&instances, &given).await?;
    if settings_file.is_some() {
        let found = compiler::check_settings(bounds, &description.settings_schema, &given.settings).await;
        let found = found.map_err(|cause| DescribeError::Schema(cause.to_string()))?;
        if !found.is_empty() {
            return Err(DescribeError::Unfit(found.iter().map(told).collect()));
        }
    }
    Ok(Described { description, snapshot: built.snapshot })
}

fn told(violation: &Violation) -> String {
    let key = violation.key();
    if key.is_empty() { violation.reason.clone() } else { format!("{key}: {}", violation.reason) }
}

async fn run(instances: &Instances, given: &Given) -> Result<Description, DescribeError> {
    let ends = Instant::now() + TIME;
    let call = LiveCall::offline(given, ends);
    let started = timeout_at(ends, call.meter.drive(instances.start(Arc::clone(&call)))).await.ok();
    let mut guest = classify(started, Side::Read, &call).map_err(|failed| DescribeError::Configure(*failed.failure))?;
    let described = timeout_at(ends, call.meter.drive(convert::description::describe(&mut guest))).await.ok();
    classify(described, Side::Read, &call).map_err(|failed| DescribeError::Describe(*failed.failure))
}

/// Default limits and nothing that could be reached.
fn given(settings_file: Option<&Path>) -> Result<Given, DescribeError> {
    let mut config = bare_config().map_err(|cause| DescribeError::Sandbox(cause.to_string()))?;
    config.settings_file = settings_file.map(Path::to_owned);
    config.limits.memory_bytes = MEMORY_BYTES;
    let (folder, clock) = (Path::new(""), Clock::system());
    let settings = settings(&config, folder)?;
    let none = BTreeMap::new();
    let egress =
        Egress::bind(&none, folder, &clock).map_err(|_| DescribeError::Sandbox("no endpoint, yet one does not bind".into()))?;
    Ok(Given::new(AdapterName::new("inspected"), &config, settings, egress, clock))
}

/// An adapter's configuration with every option at its default.
fn bare_config() -> Result<AdapterConfig, toml::de::Error> {
    AdapterConfig::deserialize(toml::Table::from_iter([("component".to_owned(), toml::Value::String(String::new()))]))
}
