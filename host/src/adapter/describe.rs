//! What an adapter says of itself, for `ordergate adapter inspect --describe` and `check`: the component is compiled and run, in the sandbox, and can
//! send nothing. Not used by a serving host, which describes adapters when it loads them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use wasmtime::component::Component;

use super::build::{Build, Built, Cost};
use super::classify::classify;
use super::compiled::CompileCache;
use super::compiler::{self, Bounds};
use super::convert;
use super::engine::{EngineError, engine};
use super::given::{Given, SettingsError, settings};
use super::instance::{Guest, Instances};
use super::live_call::LiveCall;
use super::schema::Violation;
use super::snapshot::{Inputs, Snapshot};
use crate::clock::Clock;
use crate::config::{AdapterConfig, LimitsConfig, RuntimeConfig};
use crate::domain::{AdapterName, Description, Failure, Side};
use crate::egress::{BindError, Egress};

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
    #[error("endpoints.{0}: {1}")]
    Endpoint(String, BindError),
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
    /// None when it was compiled before.
    pub cost: Option<Cost>,
}

/// What a component is run with to be looked at. Nothing is sent.
#[derive(Debug)]
pub struct Sample {
    pub(super) name: AdapterName,
    pub(super) config: AdapterConfig,
    /// Relative paths of the configuration start there.
    pub(super) folder: PathBuf,
    /// Whether somebody has said what the settings are, and which endpoints there are.
    pub(super) is_configured: bool,
    /// Compiled components are kept there, when there is such a folder.
    pub(super) cache: Option<PathBuf>,
}

impl Sample {
    /// The settings of a TOML file, or none; default limits but for the time for compiling, and no endpoints.
    pub fn bare(settings_file: Option<&Path>, compile_secs: u64) -> Result<Self, DescribeError> {
        let mut config = bare_config().map_err(|cause| DescribeError::Sandbox(cause.to_string()))?;
        config.settings_file = settings_file.map(Path::to_owned);
        config.limits.memory_bytes = MEMORY_BYTES;
        config.limits.compile_secs = compile_secs;
        let (name, folder) = (AdapterName::new("inspected"), PathBuf::new());
        Ok(Self { name, config, folder, is_configured: false, cache: None })
    }

    /// As an operator configured it. Its credentials may be anything.
    pub fn configured(name: AdapterName, config: AdapterConfig, folder: PathBuf) -> Self {
        Self { name, config, folder, is_configured: true, cache: None }
    }

    /// With compiled components kept in a folder.
    #[must_use]
    pub fn cached_in(self, cache: Option<PathBuf>) -> Self {
        Self { cache, ..self }
    }

    pub fn limits(&self) -> &LimitsConfig {
        &self.config.limits
    }

    /// Whether its settings are there to be held against the schema.
    pub(super) fn has_settings(&self) -> bool {
        self.is_configured || self.config.settings_file.is_some()
    }

    fn given(&self) -> Result<Given, DescribeError> {
        let clock = Clock::system();
        let settings = settings(&self.config, &self.folder)?;
        let egress = Egress::bind(&self.config.endpoints, &self.folder, &clock).map_err(|problems| {
            let first = problems.into_iter().next();
            first.map_or_else(
                || DescribeError::Sandbox("an endpoint does not bind".into()),
                |(name, cause)| DescribeError::Endpoint(name.to_string(), cause),
            )
        })?;
        Ok(Given::new(self.name.clone(), &self.config, settings, egress, clock))
    }
}

/// Configures the component and asks what it can do.
pub async fn describe(file: Bytes, digest: &str, sample: &Sample) -> Result<Described, DescribeError> {
    let runnable = Runnable::of(file, digest, sample).await?;
    let description = runnable.describe(&runnable.instances).await?;
    if sample.has_settings() {
        let found = runnable.check_settings(&description.settings_schema).await?;
        if !found.is_empty() {
            return Err(DescribeError::Unfit(found));
        }
    }
    Ok(Described { description, snapshot: runnable.instances.snapshot().clone(), cost: runnable.cost })
}

/// A component that is compiled and can be started.
pub(super) struct Runnable {
    build: Build,
    given: Arc<Given>,
    pub(super) instances: Instances,
    pub(super) cost: Option<Cost>,
}

impl Runnable {
    pub(super) async fn of(file: Bytes, digest: &str, sample: &Sample) -> Result<Self, DescribeError> {
        let given = Arc::new(sample.given()?);
        let runtime = RuntimeConfig::default();
        let engine = engine(&runtime)?;
        let cache = sample.cache.as_deref().and_then(CompileCache::open).map(Arc::new);
        let build = Build { engine, cache, digest: digest.to_owned(), file, bounds: Bounds::of(&given.limits) };
        let built = match sample.config.snapshot {
            true => build.configured(Inputs::of(&given, &runtime)).await,
            false => build.unconfigured("the configuration forbids it (snapshot = false)").await,
        };
        let Built { component, snapshot, cost, .. } = built.map_err(|cause| DescribeError::Compile(cause.to_string()))?;
        let instances = instances(&build, &component, &given, snapshot)?;
        Ok(Self { build, given, instances, cost })
    }

    /// What a fresh instance says. Each has random numbers and a time of its own.
    pub(super) async fn describe(&self, instances: &Instances) -> Result<Description, DescribeError> {
        let call = LiveCall::offline(&self.given, Instant::now() + TIME);
        let started = timeout_at(call.ends, call.meter.drive(instances.start(Arc::clone(&call)))).await.ok();
        let mut guest = classify(started, Side::Read, &call).map_err(|failed| DescribeError::Configure(*failed.failure))?;
        guest.check_exports().map_err(|cause| DescribeError::Compile(compiler::plain(&format!("{cause:#}"))))?;
        asked(&mut guest, &call).await
    }

    /// The schema of its settings, from an instance that was not configured: also of an adapter that refuses them. None when it cannot tell.
    pub(super) async fn schema(&self) -> Option<String> {
        let call = LiveCall::offline(&self.given, Instant::now() + TIME);
        let started = timeout_at(call.ends, call.meter.drive(self.instances.start_unconfigured(Arc::clone(&call)))).await.ok();
        let mut guest = classify(started, Side::Read, &call).ok()?;
        asked(&mut guest, &call).await.ok().map(|description| description.settings_schema)
    }

    /// Instances that are configured in each call, as those that cannot be frozen are. Compiles anew when the others are frozen.
    pub(super) async fn configured_in_each_call(&self) -> Result<Instances, DescribeError> {
        let built = self.build.unconfigured("to see that it can be").await;
        let Built { component, snapshot, .. } = built.map_err(|cause| DescribeError::Compile(cause.to_string()))?;
        instances(&self.build, &component, &self.given, snapshot)
    }

    /// What of the settings does not fit the schema, each with its key.
    pub(super) async fn check_settings(&self, schema: &str) -> Result<Vec<String>, DescribeError> {
        let found = compiler::check_settings(self.build.bounds, schema, &self.given.settings).await;
        let found = found.map_err(|cause| DescribeError::Schema(cause.to_string()))?;
        Ok(found.iter().map(told).collect())
    }
}

async fn asked(guest: &mut Guest, call: &LiveCall) -> Result<Description, DescribeError> {
    let described = timeout_at(call.ends, call.meter.drive(convert::description::describe(guest))).await.ok();
    classify(described, Side::Read, call).map_err(|failed| DescribeError::Describe(*failed.failure))
}

fn instances(build: &Build, component: &Component, given: &Arc<Given>, snapshot: Snapshot) -> Result<Instances, DescribeError> {
    Instances::new(&build.engine, component, Arc::clone(given), snapshot)
        .map_err(|cause| DescribeError::Compile(compiler::plain(&format!("{cause:#}"))))
}

fn told(violation: &Violation) -> String {
    let key = violation.key();
    if key.is_empty() { violation.reason.clone() } else { format!("{key}: {}", violation.reason) }
}

/// An adapter's configuration with every option at its default.
fn bare_config() -> Result<AdapterConfig, toml::de::Error> {
    AdapterConfig::deserialize(toml::Table::from_iter([("component".to_owned(), toml::Value::String(String::new()))]))
}
