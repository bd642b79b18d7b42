//! An adapter by itself: in the production runtime and its sandbox, but without lanes, breaker or generations, so that one call after the
//! other can be looked at. `ordergate adapter map` and the conformance kit run adapters here.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::ask::{self, Ask};
use super::build::Build;
use super::classify::{Cause, classify};
use super::compiled::CompileCache;
use super::compiler::{self, Bounds};
use super::convert;
use super::engine::{EngineError, engine};
use super::given::{Given, SettingsError, settings};
use super::instance::{Broke, Instances};
use super::live_call::LiveCall;
use super::operation::Operation;
use super::session::Sessions;
use super::snapshot::{Inputs, LogLine};
use super::stage::{Readings, Stage};
use crate::clock::Clock;
use crate::config::{AdapterConfig, LimitsConfig, RuntimeConfig};
use crate::domain::{AdapterName, CallContext, Description, Failure, FailureCode, Side};
use crate::egress::{BindError, Egress, Heard, Tap, Trace, Watch};

/// How long configuring and describing may take.
const TIME: Duration = Duration::from_secs(30);

/// Which adapter.
#[derive(Clone, Debug)]
pub struct Subject {
    pub name: AdapterName,
    pub config: AdapterConfig,
    /// Relative paths of the configuration start there.
    pub folder: PathBuf,
    /// Compiled components are kept there, when there is such a folder.
    pub cache: Option<PathBuf>,
    /// The component, and its SHA-256 in hexadecimal.
    pub file: Bytes,
    pub digest: String,
}

/// Why an adapter cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("endpoints.{0}: {1}")]
    Endpoint(String, BindError),
    #[error("it does not compile: {0}")]
    Compile(String),
    #[error("it refuses its settings: {}{}", .0.message, .0.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default())]
    Configure(Box<Failure>),
    #[error("it cannot describe itself: {0}")]
    Describe(Box<Failure>),
}

/// An adapter that is ready.
pub struct Bench {
    given: Arc<Given>,
    instances: Instances,
    watch: Watch,
    /// What the adapter logged while it was configured.
    pub log: Vec<String>,
}

/// A call that is made on the bench.
pub struct Staged {
    /// Its request id names the call, and must be its own; its deadline ends it.
    pub context: CallContext,
    /// Decides about its requests, and keeps them.
    pub tap: Option<Arc<Tap>>,
    /// Kept between calls that are given the same.
    pub scratch: Scratch,
    /// How far the guest's time of day is ahead.
    pub ahead: Duration,
    /// Of the guest's randomness.
    pub seed: u64,
    /// What clocks said when the call was made before.
    pub readings: Option<Vec<u64>>,
}

/// A scratch memory (interface `session`).
#[derive(Clone)]
pub struct Scratch(Arc<Sessions>);

/// What came of a call.
#[derive(Debug)]
pub struct Called {
    /// What the host goes on with.
    pub outcome: Result<Value, Failure>,
    /// The adapter's own code, before the host read it with care (rule T4).
    pub said: Option<FailureCode>,
    /// How the host ended the guest, when it did not end by itself: `cpu`, `wall`, `abort` and others.
    pub ended: Option<&'static str>,
    /// Limits that were in the way, by their options.
    pub limits_hit: Vec<&'static str>,
    pub heard: Vec<Heard>,
    pub took: Duration,
    pub cpu: Duration,
    pub memory_bytes: usize,
    /// What it read from clocks.
    pub readings: Vec<u64>,
}

impl Bench {
    /// Compiles and links it. `arrange` says what stands between the adapter and the network.
    pub async fn set_up(subject: &Subject, watch: Watch, arrange: impl FnOnce(Egress) -> Egress) -> Result<Self, BenchError> {
        let given = Arc::new(given(subject, arrange)?);
        let runtime = RuntimeConfig::default();
        let engine = engine(&runtime)?;
        let cache = subject.cache.as_deref().and_then(CompileCache::open).map(Arc::new);
        let (digest, file, bounds) = (subject.digest.clone(), subject.file.clone(), Bounds::of(&given.limits));
        let build = Build { engine: engine.clone(), cache, digest, file, bounds };
        let built = match subject.config.snapshot {
            true => build.configured(Inputs::of(&given, &runtime)).await,
            false => build.unconfigured("the configuration forbids it (snapshot = false)").await,
        };
        let built = built.map_err(|cause| BenchError::Compile(cause.to_string()))?;
        let instances = Instances::new(&engine, &built.component, Arc::clone(&given), built.snapshot.clone())
            .map_err(|cause| BenchError::Compile(compiler::plain(&format!("{cause:#}"))))?;
        Ok(Self { given, instances, watch, log: built.log.iter().map(told).collect() })
    }

    /// What it says of itself, and whether it tried to send something meanwhile. Its settings are checked on the way: without a snapshot,
    /// only now.
    pub async fn describe(&self) -> Result<(Description, bool), BenchError> {
        let ends = Instant::now() + TIME;
        let call = LiveCall::offline(&self.given, ends);
        let started = timeout_at(ends, call.meter.drive(self.instances.start(Arc::clone(&call)))).await.ok();
        let mut guest = classify(started, Side::Read, &call).map_err(|failed| BenchError::Configure(failed.failure))?;
        let described = timeout_at(ends, call.meter.drive(convert::description::describe(&mut guest))).await.ok();
        let description = classify(described, Side::Read, &call).map_err(|failed| BenchError::Describe(failed.failure))?;
        Ok((description, call.limits_hit().contains("egress_requests")))
    }

    pub fn limits(&self) -> &LimitsConfig {
        &self.given.limits
    }

    pub fn scratch(&self) -> Scratch {
        Scratch(Arc::new(Sessions::new(&self.given.limits, Clock::system())))
    }

    /// One call on a fresh instance, as the host makes it.
    pub async fn call(&self, asked: Ask, staged: Staged) -> Called {
        ask::each!(
            asked,
            items(operation) => self.run(operation, staged, |_, reply| Ok(ask::items(reply))).await,
            whole(operation) => self.run(operation, staged, ask::whole_of).await
        )
    }

    async fn run<O: Operation>(
        &self,
        operation: O,
        staged: Staged,
        shown: impl FnOnce(&O, O::Reply) -> Result<Value, Failure>,
    ) -> Called {
        let Staged { context, tap, scratch, ahead, seed, readings } = staged;
        let began = Instant::now();
        let ends = began + context.deadline.min(self.given.limits.wall());
        let trace = Trace { request_id: context.request_id.clone(), trace_parent: None };
        let readings = Arc::new(readings.map_or_else(Readings::default, Readings::told));
        let stage = Stage { sessions: scratch.0, readings: Arc::clone(&readings), ahead, seed };
        let call = LiveCall::staged(&self.given, O::LANE, trace, ends, stage);
        if let Some(tap) = &tap {
            self.watch.begin(&context.request_id, tap);
        }
        let ran = async {
            let mut guest = self.instances.start(Arc::clone(&call)).await?;
            operation.run(&mut guest, &context).await
        };
        let ran = timeout_at(ends, call.meter.drive(ran)).await.ok();
        self.watch.end(&context.request_id);
        let said = match &ran {
            Some(Err(Broke::Failed(failure))) => Some(failure.code),
            _ => None,
        };
        let classified = classify(ran, O::SIDE, &call);
        let ended = match &classified {
            Err(failed) => match failed.cause {
                Cause::Trap(kind) => Some(kind.as_str()),
                Cause::Adapter | Cause::Host => None,
            },
            Ok(_) => None,
        };
        Called {
            outcome: classified.map_err(|failed| *failed.failure).and_then(|reply| shown(&operation, reply)),
            said,
            ended,
            limits_hit: call.limits_hit().into_iter().collect(),
            heard: tap.map(|tap| tap.heard()).unwrap_or_default(),
            took: began.elapsed(),
            cpu: call.meter.spent(),
            memory_bytes: call.observed().memory_bytes,
            readings: readings.made(),
        }
    }
}

fn given(subject: &Subject, arrange: impl FnOnce(Egress) -> Egress) -> Result<Given, BenchError> {
    let Subject { name, config, folder, .. } = subject;
    let clock = Clock::system();
    let settings = settings(config, folder)?;
    let egress = Egress::bind(&config.endpoints, folder, &clock).map_err(|problems| {
        let mut problems = problems.into_iter();
        problems.next().map_or_else(
            || BenchError::Compile("an endpoint cannot be bound".into()),
            |(endpoint, cause)| BenchError::Endpoint(endpoint.to_string(), cause),
        )
    })?;
    Ok(Given::new(name.clone(), config, settings, arrange(egress), clock))
}

fn told(line: &LogLine) -> String {
    let fields: String = line.fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    format!("{}: {}{fields}", line.level, line.message)
}
