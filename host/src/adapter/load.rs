//! From a configured file to a running adapter: read, digest, contract, compile, configure, describe, endpoints. Reports all problems of all
//! adapters at once, each with its place in the configuration and how to mend it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::Adapter;
use super::admission::{Admission, Admitted};
use super::bulkhead::Bulkhead;
use super::classify::classify;
use super::compiled::{self, CompileCache};
use super::contract::ContractError;
use super::convert;
use super::engine::{EngineError, engine};
use super::given::{Given, SettingsError, settings};
use super::instance::Instances;
use super::live_call::LiveCall;
use super::trust::lock::LockError;
use super::trust::Distrust;
use crate::clock::Clock;
use crate::config::AdapterConfig;
use crate::domain::{AdapterName, Description, EndpointNeed, Failure, Side};
use crate::egress::{BindError, Egress};

/// How long configuring and describing an adapter may take at load.
const PREPARE_TIME: Duration = Duration::from_secs(10);

/// All that keeps adapters from being loaded.
#[derive(Debug, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadError {
    pub problems: Vec<LoadProblem>,
}

/// One problem, with its place in the configuration, such as `adapters.sap.component`.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {cause}")]
pub struct LoadProblem {
    pub place: String,
    pub cause: LoadCause,
}

#[derive(Debug, thiserror::Error)]
pub enum LoadCause {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("cannot read {path}: {cause}")]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error(
        "the configuration pins another file: {path} has the SHA-256 {found}. Restore the pinned file, or review this one and pin its digest"
    )]
    Digest { path: PathBuf, found: String },
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Trust(#[from] Distrust),
    #[error("{path}: {cause}")]
    Contract { path: PathBuf, cause: ContractError },
    #[error("{path} does not compile: {cause}")]
    Compile { path: PathBuf, cause: String },
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("the adapter refuses its settings: {}{}", .0.message, .0.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default())]
    Configure(Failure),
    #[error("the adapter cannot describe itself: {0}")]
    Describe(Failure),
    #[error(transparent)]
    Endpoint(#[from] BindError),
    #[error("the adapter needs this endpoint ({0}): bind it with `base_url`")]
    EndpointUnbound(String),
    #[error("the adapter has no such endpoint; it has {0}")]
    EndpointUnknown(String),
}

/// Loads all adapters, one after another: compiling uses every core by itself.
pub(super) async fn all(
    configs: &BTreeMap<AdapterName, AdapterConfig>,
    base_dir: &Path,
    cache_dir: &Path,
    clock: &Clock,
) -> Result<BTreeMap<AdapterName, Arc<Adapter>>, LoadError> {
    let engine = engine().map_err(|cause| LoadError { problems: vec![problem("adapters", cause)] })?;
    let cache = CompileCache::open(cache_dir).map(Arc::new);
    let mut loaded = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, config) in configs {
        let source = Source { name, config, base_dir, clock };
        match source.load(&engine, cache.clone()).await {
            Ok(adapter) => drop(loaded.insert(name.clone(), Arc::new(adapter))),
            Err(mut found) => problems.append(&mut found),
        }
    }
    if problems.is_empty() { Ok(loaded) } else { Err(LoadError { problems }) }
}

fn problem(place: impl Into<String>, cause: impl Into<LoadCause>) -> LoadProblem {
    LoadProblem { place: place.into(), cause: cause.into() }
}

/// One adapter to load.
struct Source<'a> {
    name: &'a AdapterName,
    config: &'a AdapterConfig,
    base_dir: &'a Path,
    clock: &'a Clock,
}

impl Source<'_> {
    async fn load(&self, engine: &Engine, cache: Option<Arc<CompileCache>>) -> Result<Adapter, Vec<LoadProblem>> {
        let began = Instant::now();
        let given = self.given();
        let component = self.component(engine, cache).await;
        // Both are tried, so that both are reported.
        let (given, (admitted, component)) = match (given, component) {
            (Ok(given), Ok(component)) => (given, component),
            (given, component) => {
                return Err(given.err().into_iter().flatten().chain(component.err()).collect());
            }
        };
        let given = Arc::new(given);
        let instances = Instances::new(engine, &component, Arc::clone(&given)).map_err(|cause| vec![self.unfit(&cause)])?;
        let description = self.describe(&instances, &given).await.map_err(|cause| vec![cause])?;
        self.check_endpoints(&description.endpoints)?;
        self.log(&admitted, &description, began);
        Ok(Adapter { digest: admitted.digest, signer: admitted.signer, description, bulkhead: Bulkhead::new(&given.limits), instances, given })
    }

    fn place(&self, field: &str) -> String {
        format!("adapters.{}.{field}", self.name)
    }

    /// The option that the settings come from.
    fn settings_place(&self) -> String {
        self.place(if self.config.settings_file.is_some() { "settings_file" } else { "settings" })
    }

    fn path(&self) -> PathBuf {
        self.base_dir.join(&self.config.component)
    }

    fn given(&self) -> Result<Given, Vec<LoadProblem>> {
        let settings = settings(self.config, self.base_dir);
        let egress = Egress::bind(&self.config.endpoints, self.base_dir, self.clock);
        match (settings, egress) {
            (Ok(settings), Ok(egress)) => Ok(Given::new(self.name.clone(), self.config, settings, egress, self.clock.clone())),
            (settings, egress) => {
                let settings = settings.err().map(|cause| LoadProblem { place: self.settings_place(), cause: cause.into() });
                let endpoints = egress.err().into_iter().flatten();
                let endpoints = endpoints.map(|(endpoint, cause)| problem(self.place(&format!("endpoints.{endpoint}")), cause));
                Err(settings.into_iter().chain(endpoints).collect())
            }
        }
    }

    /// Reads, checks and compiles the file; compiling is seconds of CPU, so it has a thread of its own.
    async fn component(&self, engine: &Engine, cache: Option<Arc<CompileCache>>) -> Result<(Admitted, Component), LoadProblem> {
        let (admission, engine) = (self.admission(), engine.clone());
        let compiling = tokio::task::spawn_blocking(move || admit_and_compile(&admission, &engine, cache.as_deref()));
        let place = self.place("component");
        match compiling.await {
            Ok(result) => result.map_err(|cause| match cause {
                LoadCause::Digest { .. } => LoadProblem { place: self.place("sha256"), cause },
                LoadCause::Trust(Distrust::UnknownKey { .. } | Distrust::Expired { .. }) => {
                    LoadProblem { place: "trust.keys".into(), cause }
                }
                cause => LoadProblem { place, cause },
            }),
            Err(cause) => Err(LoadProblem { place, cause: LoadCause::Compile { path: self.path(), cause: cause.to_string() } }),
        }
    }

    fn admission(&self) -> Admission {
        Admission {
            name: self.name.clone(),
            path: self.path(),
            pinned: self.config.sha256.clone(),
            folder: self.base_dir.to_owned(),
            trust: Arc::clone(&self.config.trust),
            now: self.clock.now(),
        }
    }

    /// The contract check should have found it; the runtime's words are better than none.
    fn unfit(&self, cause: &wasmtime::Error) -> LoadProblem {
        let differs = ContractError::Differs(vec![format!("{cause:#}")]);
        problem(self.place("component"), LoadCause::Contract { path: self.path(), cause: differs })
    }

    async fn describe(&self, instances: &Instances, given: &Given) -> Result<Description, LoadProblem> {
        let ends = Instant::now() + PREPARE_TIME;
        let call = LiveCall::offline(given, ends);
        let started = timeout_at(ends, instances.start(Arc::clone(&call))).await.ok();
        let mut guest = classify(started, Side::Read, &call)
            .map_err(|failed| problem(self.settings_place(), LoadCause::Configure(*failed.failure)))?;
        let described = timeout_at(ends, convert::description::describe(&mut guest)).await.ok();
        classify(described, Side::Read, &call)
            .map_err(|failed| problem(self.place("component"), LoadCause::Describe(*failed.failure)))
    }

    /// Every endpoint that the adapter needs is bound, and every bound one is known to it.
    fn check_endpoints(&self, needed: &[EndpointNeed]) -> Result<(), Vec<LoadProblem>> {
        let place = |name: &str| self.place(&format!("endpoints.{name}"));
        let bound = &self.config.endpoints;
        let missing = needed.iter().filter(|need| need.required && !bound.contains_key(need.name.as_str()));
        let missing = missing.map(|need| problem(place(&need.name), LoadCause::EndpointUnbound(need.description.clone())));
        let unknown = bound.keys().filter(|name| !needed.iter().any(|need| need.name == name.as_str()));
        let known = needed.iter().map(|need| need.name.as_str()).collect::<Vec<_>>().join(", ");
        let unknown = unknown.map(|name| problem(place(name.as_str()), LoadCause::EndpointUnknown(known.clone())));
        let problems: Vec<_> = missing.chain(unknown).collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn log(&self, admitted: &Admitted, description: &Description, began: Instant) {
        let limit = self.config.limits.memory_bytes as u64;
        if let Some(wanted) = description.memory_bytes.filter(|wanted| *wanted > limit) {
            tracing::warn!(adapter = %self.name, wanted, limit, "the adapter asks for more memory than it is given (limits.memory_bytes)");
        }
        let (version, took_ms) = (&description.version, began.elapsed().as_millis());
        let Admitted { digest, signer, .. } = admitted;
        tracing::info!(adapter = %self.name, component = description.name, version, digest, %signer, took_ms, "adapter loaded");
    }
}

fn admit_and_compile(
    admission: &Admission,
    engine: &Engine,
    cache: Option<&CompileCache>,
) -> Result<(Admitted, Component), LoadCause> {
    let mut admitted = admission.admit()?;
    let file = std::mem::take(&mut admitted.file);
    match compiled::compile(engine, &admitted.digest, &file, cache) {
        Ok(component) => Ok((admitted, component)),
        Err(cause) => Err(LoadCause::Compile { path: admission.path.clone(), cause: format!("{cause:#}") }),
    }
}
