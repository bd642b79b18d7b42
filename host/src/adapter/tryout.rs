//! One operation of an adapter tried out for `ordergate adapter map`: in the production runtime and its sandbox, with a script in place of the
//! network. Needs no secret and no back end; what it shows is what the host would send and get.

mod input;

use std::time::Duration;

use serde_json::Value;

use super::bench::{Bench, Staged};
pub use super::bench::{BenchError, Subject};
use crate::domain::{CallContext, Failure, Purpose};
pub use crate::egress::{Asked, Reply};
use crate::egress::{Script, Watch};
use input::Input;

/// How long the operation may take.
const TIME: Duration = Duration::from_secs(30);

/// What is tried out.
#[derive(Debug)]
pub struct Trial {
    /// Its credentials may be anything: they are never sent.
    pub subject: Subject,
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
    Bench(#[from] BenchError),
    #[error("there is no operation {asked}; this adapter has {known}")]
    Operation { asked: String, known: String },
    #[error("the input of {operation}: {problem}; it is {shape}")]
    Input { operation: &'static str, problem: String, shape: &'static str },
}

/// Tries one operation out.
pub async fn try_out(trial: Trial) -> Result<Tried, TryError> {
    let script = Script::new(trial.replies.clone());
    let bench = Bench::set_up(&trial.subject, Watch::default(), |egress| egress.scripted(&script)).await?;
    let (description, _) = bench.describe().await?;
    if !description.supports(&trial.operation) {
        let known = description.capabilities.iter().cloned().collect::<Vec<_>>().join(", ");
        return Err(TryError::Operation { asked: trial.operation, known });
    }
    let asked = Input(&trial.input).ask(&trial.operation)?;
    let staged =
        Staged { context: context(), tap: None, scratch: bench.scratch(), ahead: Duration::ZERO, seed: 0, readings: None };
    let called = bench.call(asked, staged).await;
    Ok(Tried { requests: script.asked(), answer: called.outcome, unused_replies: script.left(), log: bench.log })
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
