//! Reads of the catalog, by the generation whose turn it is. A read that fails on a generation on trial is asked of the old one: customers
//! never pay for a trial.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::canary::{Arm, Trial};
use super::record::is_suspect;
use super::{Adapter, Operation, metrics};
use crate::domain::{CallContext, Failure};

/// The generation that serves a read. It makes the cache key and the call alike, so that the two always fit each other (rule F6).
#[derive(Clone)]
pub struct Reader {
    adapter: Arc<Adapter>,
    turn: Turn,
}

#[derive(Clone)]
enum Turn {
    /// Nothing is on trial.
    Usual,
    /// The old generation, while another is on trial.
    Compared(Arc<Trial>),
    /// The generation on trial, and the old one unless that would need to be told more.
    OnTrial(Arc<Trial>, Option<Arc<Adapter>>),
}

impl Reader {
    pub(super) fn usual(adapter: Arc<Adapter>) -> Self {
        Self { adapter, turn: Turn::Usual }
    }

    pub(super) fn compared(adapter: Arc<Adapter>, trial: Arc<Trial>) -> Self {
        Self { adapter, turn: Turn::Compared(trial) }
    }

    pub(super) fn on_trial(trial: Arc<Trial>, old: &Arc<Adapter>) -> Self {
        let (new, known) = (trial.canary.description(), old.description());
        let told_enough = known.price_dimensions.is_subset(&new.price_dimensions)
            && known.availability_dimensions.is_subset(&new.availability_dimensions);
        let old = told_enough.then(|| Arc::clone(old));
        Self { adapter: Arc::clone(&trial.canary), turn: Turn::OnTrial(trial, old) }
    }

    /// The generation whose description decides what it is told.
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// As [`Adapter::call`]. A generation on trial gets half of the time, so that the old one can still answer.
    pub async fn call<O: Operation>(&self, context: &CallContext, operation: &O) -> Result<O::Reply, Failure> {
        let (trial, old) = match &self.turn {
            Turn::Usual => return self.adapter.call(context, operation).await,
            Turn::Compared(trial) => return self.counted(trial, Arm::Old, context, operation).await.0,
            Turn::OnTrial(trial, None) => return self.counted(trial, Arm::New, context, operation).await.0,
            Turn::OnTrial(trial, Some(old)) => (trial, old),
        };
        let began = Instant::now();
        let half = within(context, context.deadline / 2);
        let (outcome, failed) = self.counted(trial, Arm::New, &half, operation).await;
        if !failed {
            return outcome;
        }
        old.call(&within(context, context.deadline.saturating_sub(began.elapsed())), operation).await
    }

    /// The outcome, and whether it speaks against the generation.
    async fn counted<O: Operation>(
        &self,
        trial: &Trial,
        arm: Arm,
        context: &CallContext,
        operation: &O,
    ) -> (Result<O::Reply, Failure>, bool) {
        let began = Instant::now();
        let outcome = self.adapter.call(context, operation).await;
        let failed = match &outcome {
            Ok(reply) => O::is_suspect(reply),
            Err(failure) => is_suspect(failure),
        };
        trial.count(arm, failed, began.elapsed());
        if arm == Arm::New {
            metrics::canary_called(self.adapter.name(), if failed { "failed" } else { "ok" });
        }
        (outcome, failed)
    }
}

fn within(context: &CallContext, deadline: Duration) -> CallContext {
    CallContext { deadline, ..context.clone() }
}

/// Reads of one generation may share a call; reads of two must not.
impl PartialEq for Reader {
    fn eq(&self, other: &Self) -> bool {
        self.adapter.generation == other.adapter.generation && self.adapter.name() == other.adapter.name()
    }
}

impl Eq for Reader {}

impl Hash for Reader {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.adapter.name(), self.adapter.generation).hash(state);
    }
}
