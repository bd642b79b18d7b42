//! From a configured file to a running adapter: read, digest, contract, compile, configure, describe, endpoints. Reports all problems of all
//! adapters at once, each with its place in the configuration and how to mend it.

mod description;
pub(super) mod endpoints;
mod error;
mod pushes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;
use wasmtime::Engine;

use super::Adapter;
use super::admission::{Admission, Admitted};
use super::breaker::Breakers;
use super::build::{Build, Built};
use super::bulkhead::Bulkhead;
use super::compiled::CompileCache;
use super::compiler::{self, Bounds};
use super::contract::{self, ContractError};
use super::engine::{self, engine};
use super::given::{Given, settings};
use super::inspect::inspect_within;
use super::instance::Instances;
use super::journal::{Journal, Severity};
use super::metrics;
use super::record::Record;
use super::snapshot::{Inputs, LogLine, Snapshot};
use super::trust::Distrust;
use crate::clock::Clock;
use crate::config::{AdapterConfig, RuntimeConfig};
use crate::domain::{AdapterName, Description, EndpointNeed, Standing};
use crate::egress::Egress;

use endpoints::mismatches;
use error::problem;
pub use error::{LoadCause, LoadError, LoadProblem};

/// What a host starts with.
const FIRST_GENERATION: u64 = 1;

/// Where adapters are loaded from and what for.
#[derive(Clone, Debug)]
pub(super) struct Workshop {
    /// Relative paths of the configuration start there.
    pub base_dir: PathBuf,
    /// Compiled components are kept there.
    pub cache_dir: PathBuf,
    pub runtime: RuntimeConfig,
    pub clock: Clock,
    /// Shadows run on these.
    pub threads: Handle,
    /// Rung when calls that a breaker turned away may go again.
    pub resumed: Arc<Notify>,
}

/// Loads all adapters in their first generation, one after another: compiling uses every core by itself.
pub(super) async fn all(
    configs: &BTreeMap<AdapterName, AdapterConfig>,
    workshop: &Workshop,
) -> Result<BTreeMap<AdapterName, Arc<Adapter>>, LoadError> {
    let mut loaded = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, config) in configs {
        match one(name, config, FIRST_GENERATION, workshop).await {
            Ok(adapter) => drop(loaded.insert(name.clone(), adapter)),
            Err(mut found) => problems.append(&mut found.problems),
        }
    }
    tell_shortage(loaded.values().cloned());
    if problems.is_empty() { Ok(loaded) } else { Err(LoadError { problems }) }
}

/// Loads one adapter as the generation with that number.
pub(super) async fn one(
    name: &AdapterName,
    config: &AdapterConfig,
    generation: u64,
    workshop: &Workshop,
) -> Result<Arc<Adapter>, LoadError> {
    let engine = engine(&workshop.runtime).map_err(|cause| LoadError { problems: vec![problem("adapters", cause)] })?;
    let cache = CompileCache::open(&workshop.cache_dir).map(Arc::new);
    let source = Source { name, config, generation, workshop };
    source.load(&engine, cache).await.map(Arc::new).map_err(|problems| LoadError { problems })
}

/// What would change if the adapter were loaded now: whether its file, its settings, a certificate or its part of the configuration is another one than
/// that of a loaded generation. What cannot be read has changed: loading it says why.
pub(super) async fn differs(adapter: &Adapter, config: &AdapterConfig, base_dir: &Path) -> bool {
    if adapter.config != *config {
        return true;
    }
    let Ok(settings) = settings(config, base_dir) else { return true };
    if !adapter.given.egress.has_certificates(&config.endpoints, base_dir) {
        return true;
    }
    let (path, most) = (base_dir.join(&config.component), config.limits.component_bytes);
    let digest = move || contract::read_file(&path, most).map(|file| HEXLOWER.encode(&Sha256::digest(&file)));
    let digest = tokio::task::spawn_blocking(digest).await;
    settings != adapter.given.settings || !digest.is_ok_and(|digest| digest.is_ok_and(|digest| digest == adapter.digest))
}

/// Tells when all adapters together may want more than there is.
pub(super) fn tell_shortage(adapters: impl Iterator<Item = Arc<Adapter>>) {
    let demands: Vec<_> = adapters.map(|adapter| adapter.instances.demand()).collect();
    if let Some(shortage) = engine::shortage(demands.into_iter()) {
        tracing::warn!(
            shortage,
            "the adapters' places together are more than the instance pool holds, so calls may be throttled: lower limits.concurrency"
        );
    }
}

/// One adapter to load.
struct Source<'a> {
    name: &'a AdapterName,
    config: &'a AdapterConfig,
    generation: u64,
    workshop: &'a Workshop,
}

impl Source<'_> {
    async fn load(&self, engine: &Engine, cache: Option<Arc<CompileCache>>) -> Result<Adapter, Vec<LoadProblem>> {
        let began = Instant::now();
        let given = self.given();
        let built = self.built(engine, cache, given.as_ref().ok().map(|given| Inputs::of(given, &self.workshop.runtime))).await;
        // Both are tried, so that both are reported.
        let (given, (admitted, built)) = match (given, built) {
            (Ok(given), Ok(built)) => (given, built),
            (given, built) => {
                return Err(given.err().into_iter().flatten().chain(built.err()).collect());
            }
        };
        let given = Arc::new(given);
        self.tell(&built, &given);
        let instances = Instances::new(engine, &built.component, Arc::clone(&given), built.snapshot);
        let instances = instances.map_err(|cause| vec![self.unfit(&cause)])?;
        if let Some(excess) = engine::excess(instances.demand()) {
            return Err(vec![problem(self.place("limits.concurrency"), LoadCause::TooMuchOfThePool(excess))]);
        }
        let description = self.describe(&instances, &given).await?;
        let mut problems = self.check_settings(&description.settings_schema, &given).await;
        problems.extend(self.check_endpoints(&description.endpoints));
        if !problems.is_empty() {
            return Err(problems);
        }
        self.log(&admitted, &description, began);
        let bulkhead = Bulkhead::new(&given.limits);
        let Workshop { clock, resumed, .. } = self.workshop;
        let breakers = Breakers::new(self.name.clone(), &self.config.breaker, clock.clone(), Arc::clone(resumed));
        let (breakers, generation, config, loaded_at) = (Arc::new(breakers), self.generation, self.config.clone(), clock.now());
        let (digest, signer, record) = (admitted.digest, admitted.signer, Record::default());
        let (standing, shadow) = (Standing::default(), OnceLock::new());
        let facts = given.facts_of(&digest);
        Ok(Adapter {
            generation,
            digest,
            signer,
            description,
            bulkhead,
            breakers,
            instances,
            facts,
            given,
            config,
            loaded_at,
            record,
            standing,
            shadow,
        })
    }

    fn place(&self, field: &str) -> String {
        format!("adapters.{}.{field}", self.name)
    }

    /// The option that the settings come from.
    fn settings_place(&self) -> String {
        self.place(if self.config.settings_file.is_some() { "settings_file" } else { "settings" })
    }

    fn path(&self) -> PathBuf {
        self.workshop.base_dir.join(&self.config.component)
    }

    fn given(&self) -> Result<Given, Vec<LoadProblem>> {
        let settings = settings(self.config, &self.workshop.base_dir);
        let egress = Egress::bind(&self.config.endpoints, &self.workshop.base_dir, &self.workshop.clock);
        match (settings, egress) {
            (Ok(settings), Ok(egress)) => {
                Ok(Given::new(self.name.clone(), self.config, settings, egress, self.workshop.clock.clone()))
            }
            (settings, egress) => {
                let settings = settings.err().map(|cause| LoadProblem { place: self.settings_place(), cause: cause.into() });
                let endpoints = egress.err().into_iter().flatten();
                let endpoints = endpoints.map(|(endpoint, cause)| problem(self.place(&format!("endpoints.{endpoint}")), cause));
                Err(settings.into_iter().chain(endpoints).collect())
            }
        }
    }

    /// Reads, checks and compiles the file: configured when there are inputs, else to find its problems.
    async fn built(
        &self,
        engine: &Engine,
        cache: Option<Arc<CompileCache>>,
        inputs: Option<Inputs>,
    ) -> Result<(Admitted, Built), LoadProblem> {
        let place = || self.place("component");
        let (admitted, file) = self.file().await?;
        let bounds = Bounds::of(&self.config.limits);
        self.check_contract(bounds, &admitted.digest, file.clone()).await?;
        let build = Build { engine: engine.clone(), cache, digest: admitted.digest.clone(), file, bounds };
        let built = match inputs {
            Some(inputs) if self.config.snapshot => build.configured(inputs).await,
            Some(_) => build.unconfigured("the configuration forbids it (snapshot = false)").await,
            None => build.unconfigured("there are no settings to configure it with").await,
        };
        let built = built.map_err(|cause| {
            self.hit(cause.limit());
            problem(place(), LoadCause::Compile { path: self.path(), cause: cause.to_string() })
        })?;
        Ok((admitted, built))
    }

    /// Before anything of the file is compiled.
    async fn check_contract(&self, bounds: Bounds, digest: &str, file: Bytes) -> Result<(), LoadProblem> {
        let inspection = inspect_within(bounds, file, digest).await.map_err(|cause| {
            self.hit(cause.limit);
            problem(self.place("component"), LoadCause::Inspect { path: self.path(), cause })
        })?;
        let differs = |cause| problem(self.place("component"), LoadCause::Contract { path: self.path(), cause });
        inspection.fit().map(drop).map_err(differs)
    }

    /// A limit was in the way.
    fn hit(&self, limit: Option<&'static str>) {
        if let Some(limit) = limit {
            metrics::limit_hit(self.name, limit);
        }
    }

    /// The trusted file, with its digest and signer. Tens of megabytes: read and hashed aside.
    async fn file(&self) -> Result<(Admitted, Bytes), LoadProblem> {
        let admission = self.admission();
        let place = self.place("component");
        match tokio::task::spawn_blocking(move || admit(&admission)).await {
            Ok(result) => result.map_err(|cause| match cause {
                LoadCause::TooLarge { .. } => {
                    metrics::limit_hit(self.name, "component_bytes");
                    LoadProblem { place, cause }
                }
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
            most_bytes: self.config.limits.component_bytes,
            pinned: self.config.sha256.clone(),
            folder: self.workshop.base_dir.to_owned(),
            trust: Arc::clone(&self.config.trust),
            now: self.workshop.clock.now(),
        }
    }

    /// How the adapter will start, and what it logged while it was configured.
    fn tell(&self, built: &Built, given: &Given) {
        metrics::snapshotted(self.name, built.snapshot == Snapshot::Taken);
        if let Snapshot::Not(reason) = &built.snapshot {
            tracing::warn!(adapter = %self.name, reason, "no snapshot: every call configures the adapter again");
        }
        self.hit(built.limit);
        let journal = Journal::new(self.name.clone(), "load".into(), &self.config.limits, Arc::clone(&given.log));
        for LogLine { level, message, fields } in &built.log {
            let severity = match level.as_str() {
                "debug" => Severity::Debug,
                "info" => Severity::Info,
                "warn" => Severity::Warn,
                _ => Severity::Error,
            };
            journal.write(severity, message, fields);
        }
    }

    /// The contract check should have found it; the runtime's words are better than none.
    fn unfit(&self, cause: &wasmtime::Error) -> LoadProblem {
        let differs = ContractError::Differs(vec![compiler::plain(&format!("{cause:#}"))]);
        problem(self.place("component"), LoadCause::Contract { path: self.path(), cause: differs })
    }

    /// Every endpoint that the adapter needs is bound, and every bound one is known to it.
    fn check_endpoints(&self, needed: &[EndpointNeed]) -> Vec<LoadProblem> {
        let found = mismatches(needed, &self.config.endpoints).into_iter();
        found.map(|(name, cause)| problem(self.place(&format!("endpoints.{name}")), cause)).collect()
    }

    fn log(&self, admitted: &Admitted, description: &Description, began: Instant) {
        let limit = self.config.limits.memory_bytes as u64;
        if let Some(wanted) = description.memory_bytes.filter(|wanted| *wanted > limit) {
            tracing::warn!(adapter = %self.name, wanted, limit, "the adapter asks for more memory than it is given (limits.memory_bytes)");
        }
        let (version, took_ms) = (&description.version, began.elapsed().as_millis());
        let Admitted { digest, signer, .. } = admitted;
        let generation = self.generation;
        tracing::info!(adapter = %self.name, generation, component = description.name, version, digest, %signer, took_ms, "adapter loaded");
    }
}

fn admit(admission: &Admission) -> Result<(Admitted, Bytes), LoadCause> {
    let mut admitted = admission.admit()?;
    let file = std::mem::take(&mut admitted.file).into();
    Ok((admitted, file))
}
