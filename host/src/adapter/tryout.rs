//! One operation of an adapter tried out for `ordergate adapter map`: in the production runtime and its sandbox, with a script in place of the
//! network. Needs no secret and no back end; what it shows is what the host would send and get.

mod input;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::build::Build;
use super::classify::classify;
use super::compiled::CompileCache;
use super::compiler::{self, Bounds};
use super::convert;
use super::engine::{EngineError, engine};
use super::given::{Given, SettingsError, settings};
use super::instance::Instances;
use super::live_call::LiveCall;
use super::operation::{
    AcceptQuote, Calculate, CancelOrder, CheckAvailability, DeclineQuote, FindOrder, FindQuote, GetOrder, GetQuote, ListOrders,
    ListQuotes, OfferPrices, Operation, Probe, Release, Reserve, SubmitOrder, SubmitQuote, WithdrawQuote,
};
use super::snapshot::{Inputs, LogLine};
use crate::clock::Clock;
use crate::config::{AdapterConfig, RuntimeConfig};
use crate::domain::{AdapterName, CallContext, Failure, Purpose, Side};
pub use crate::egress::{Asked, Reply};
use crate::egress::{BindError, Egress, Script, Trace};
use input::Input;

/// How long configuring, and then the operation, may take.
const TIME: Duration = Duration::from_secs(30);

/// What is tried out.
#[derive(Debug)]
pub struct Trial {
    pub name: AdapterName,
    /// Its credentials may be anything: they are never sent.
    pub config: AdapterConfig,
    /// Relative paths of the configuration start there.
    pub folder: PathBuf,
    /// Compiled components are kept there, when there is such a folder.
    pub cache: Option<PathBuf>,
    /// The component, and its SHA-256 in hexadecimal.
    pub file: Bytes,
    pub digest: String,
    /// Such as `orders.submit`.
    pub operation: String,
    /// The canonical request.
    pub input: Value,
    pub replies: Vec<Reply>,
}

/// What came of it.
#[derive(Debug)]
pub struct Tried {
    /// In the order in which they would have been sent.
    pub requests: Vec<Asked>,
    /// What the host would go on with.
    pub answer: Result<Value, Failure>,
    /// Replies that were not asked for.
    pub unused_replies: usize,
    /// What the adapter logged while it was configured.
    pub log: Vec<String>,
}

/// Why nothing could be tried.
#[derive(Debug, thiserror::Error)]
pub enum TryError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("endpoints.{0}: {1}")]
    Endpoint(String, BindError),
    #[error("it does not compile: {0}")]
    Compile(String),
    #[error("it refuses its settings: {}{}", .0.message, .0.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default())]
    Configure(Failure),
    #[error("it cannot describe itself: {0}")]
    Describe(Failure),
    #[error("there is no operation {asked}; this adapter has {known}")]
    Operation { asked: String, known: String },
    #[error("the input of {operation}: {problem}; it is {shape}")]
    Input { operation: &'static str, problem: String, shape: &'static str },
}

/// Tries one operation out.
pub async fn try_out(trial: Trial) -> Result<Tried, TryError> {
    let script = Script::new(trial.replies.clone());
    let given = Arc::new(given(&trial, &script)?);
    let runtime = RuntimeConfig::default();
    let engine = engine(&runtime)?;
    let cache = trial.cache.as_deref().and_then(CompileCache::open).map(Arc::new);
    let (digest, file, bounds) = (trial.digest.clone(), trial.file.clone(), Bounds::of(&given.limits));
    let build = Build { engine: engine.clone(), cache, digest, file, bounds };
    let inputs = Inputs::of(&given, &runtime);
    let built = match trial.config.snapshot {
        true => build.configured(inputs).await,
        false => build.unconfigured("the configuration forbids it (snapshot = false)").await,
    };
    let built = built.map_err(|cause| TryError::Compile(cause.to_string()))?;
    let instances = Instances::new(&engine, &built.component, Arc::clone(&given), built.snapshot.clone())
        .map_err(|cause| TryError::Compile(compiler::plain(&format!("{cause:#}"))))?;
    let rehearsal = Rehearsal { given, instances };
    rehearsal.knows(&trial.operation).await?;
    let answer = rehearsal.run(&trial.operation, Input(&trial.input)).await?;
    Ok(Tried { requests: script.asked(), answer, unused_replies: script.left(), log: built.log.iter().map(told).collect() })
}

fn given(trial: &Trial, script: &Script) -> Result<Given, TryError> {
    let Trial { name, config, folder, .. } = trial;
    let clock = Clock::system();
    let settings = settings(config, folder)?;
    let egress = Egress::bind(&config.endpoints, folder, &clock).map_err(|problems| {
        let mut problems = problems.into_iter();
        problems.next().map_or_else(
            || TryError::Compile("an endpoint cannot be bound".into()),
            |(endpoint, cause)| TryError::Endpoint(endpoint.to_string(), cause),
        )
    })?;
    Ok(Given::new(name.clone(), config, settings, egress.scripted(script), clock))
}

/// An adapter that is ready, and the script before which it plays.
struct Rehearsal {
    given: Arc<Given>,
    instances: Instances,
}

impl Rehearsal {
    /// Whether the adapter says that it can do it. Its settings are checked on the way: without a snapshot, only now.
    async fn knows(&self, operation: &str) -> Result<(), TryError> {
        let ends = Instant::now() + TIME;
        let call = LiveCall::offline(&self.given, ends);
        let started = timeout_at(ends, call.meter.drive(self.instances.start(Arc::clone(&call)))).await.ok();
        let mut guest = classify(started, Side::Read, &call).map_err(|failed| TryError::Configure(*failed.failure))?;
        let described = timeout_at(ends, call.meter.drive(convert::description::describe(&mut guest))).await.ok();
        let description = classify(described, Side::Read, &call).map_err(|failed| TryError::Describe(*failed.failure))?;
        match description.supports(operation) {
            true => Ok(()),
            false => Err(TryError::Operation {
                asked: operation.to_owned(),
                known: description.capabilities.iter().cloned().collect::<Vec<_>>().join(", "),
            }),
        }
    }

    async fn run(&self, operation: &str, input: Input<'_>) -> Result<Result<Value, Failure>, TryError> {
        Ok(match operation {
            CheckAvailability::NAME => self.call(input.availability()?, items).await,
            OfferPrices::NAME => self.call(input.prices()?, items).await,
            Reserve::NAME => self.call(input.reserve()?, json).await,
            Release::NAME => self.call(input.release()?, json).await,
            Calculate::NAME => self.call(input.calculate()?, json).await,
            SubmitOrder::NAME => self.call(input.submit_order()?, json).await,
            FindOrder::NAME => self.call(input.find_order()?, json).await,
            GetOrder::NAME => self.call(input.get_order()?, json).await,
            ListOrders::NAME => self.call(input.list_orders()?, json).await,
            CancelOrder::NAME => self.call(input.cancel_order()?, json).await,
            SubmitQuote::NAME => self.call(input.submit_quote()?, json).await,
            FindQuote::NAME => self.call(input.find_quote()?, json).await,
            GetQuote::NAME => self.call(input.get_quote()?, json).await,
            ListQuotes::NAME => self.call(input.list_quotes()?, json).await,
            AcceptQuote::NAME => self.call(input.accept_quote()?, json).await,
            DeclineQuote::NAME => self.call(input.decline_quote()?, json).await,
            WithdrawQuote::NAME => self.call(input.withdraw_quote()?, json).await,
            Probe::NAME => self.call(input.probe()?, json).await,
            other => {
                let known = "those that send requests; what is pushed (inbound.translate) is not tried out this way".to_owned();
                return Err(TryError::Operation { asked: other.to_owned(), known });
            }
        })
    }

    /// One call on a fresh instance, as the host makes it.
    async fn call<O: Operation>(&self, operation: O, shown: impl FnOnce(O::Reply) -> Value) -> Result<Value, Failure> {
        let ends = Instant::now() + TIME;
        let context = context();
        let trace = Trace { request_id: context.request_id.clone(), trace_parent: None };
        let call = LiveCall::new(&self.given, O::LANE, trace, ends);
        let ran = async {
            let mut guest = self.instances.start(Arc::clone(&call)).await?;
            operation.run(&mut guest, &context).await
        };
        let ran = timeout_at(ends, call.meter.drive(ran)).await.ok();
        classify(ran, O::SIDE, &call).map(shown).map_err(|failed| *failed.failure)
    }
}

fn told(line: &LogLine) -> String {
    let fields: String = line.fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    format!("{}: {}{fields}", line.level, line.message)
}

fn context() -> CallContext {
    CallContext {
        store: "main".into(),
        channel: "web".into(),
        locale: "en".into(),
        request_id: "adapter-map".into(),
        trace_parent: None,
        purpose: Purpose::Cart,
        deadline: TIME,
    }
}

fn json<T: serde::Serialize>(reply: T) -> Value {
    serde_json::to_value(reply).unwrap_or_default()
}

/// Item by item: a failed one is an object with its `failure`.
fn items<T: serde::Serialize>(items: Vec<Result<T, Failure>>) -> Value {
    let item = |item| match item {
        Ok(value) => json(value),
        Err(failure) => serde_json::json!({ "failure": json::<Failure>(failure) }),
    };
    items.into_iter().map(item).collect()
}
