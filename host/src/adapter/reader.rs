//! Reads of the catalog, by the generation whose turn it is. While a generation is on trial, the old one is asked whatever the new one does not
//! answer whole, and the better answer of the two is given: customers never pay for a trial.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::canary::{Told, Trial};
use super::record::is_suspect;
use super::{Adapter, Operation, metrics};
use crate::domain::{CallContext, Description, Failure, FailureCode, Standing};

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
    /// The generation on trial, and the old one.
    OnTrial(Arc<Trial>, Arc<Adapter>),
}

impl Reader {
    pub(super) fn usual(adapter: Arc<Adapter>) -> Self {
        Self { adapter, turn: Turn::Usual }
    }

    pub(super) fn compared(adapter: Arc<Adapter>, trial: Arc<Trial>) -> Self {
        Self { adapter, turn: Turn::Compared(trial) }
    }

    /// Only where the old one [can step in](can_step_in).
    pub(super) fn on_trial(trial: Arc<Trial>, old: Arc<Adapter>) -> Self {
        Self { adapter: Arc::clone(&trial.canary), turn: Turn::OnTrial(trial, old) }
    }

    /// The generation whose description decides what it is told.
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// Of the generation whose description decides what it is told.
    pub fn standing(&self) -> Standing {
        self.adapter.standing.clone()
    }

    /// Most items in one call of an operation, whichever generation is asked in the end.
    pub fn batch_cap(&self, operation: &str) -> usize {
        let cap = self.adapter.description().batch_cap(operation);
        match &self.turn {
            Turn::OnTrial(_, old) => cap.min(old.description().batch_cap(operation)),
            Turn::Usual | Turn::Compared(_) => cap,
        }
    }

    /// As [`Adapter::call`]; what `believe` makes of a reply counts as the reply. A generation on trial gets half of the time, so that the old
    /// one can still answer. With the standing of the generation whose answer it is.
    pub async fn call<O: Operation>(
        &self,
        context: &CallContext,
        operation: &O,
        believe: impl Fn(O::Reply) -> O::Reply + Send + Sync,
    ) -> (Result<O::Reply, Failure>, Standing) {
        let standing = || self.adapter.standing.clone();
        match &self.turn {
            Turn::Usual => (self.adapter.call(context, operation).await.map(believe), standing()),
            Turn::Compared(trial) => {
                let began = Instant::now();
                let outcome = self.adapter.call(context, operation).await.map(believe);
                trial.count_old(is_in_trouble::<O>(&outcome), began.elapsed());
                (outcome, standing())
            }
            Turn::OnTrial(trial, old) => self.try_out(trial, old, context, operation, believe).await,
        }
    }

    /// What neither generation answers is no verdict on the new one and costs two calls, which ends with the trial.
    async fn try_out<O: Operation>(
        &self,
        trial: &Trial,
        old: &Adapter,
        context: &CallContext,
        operation: &O,
        believe: impl Fn(O::Reply) -> O::Reply + Send + Sync,
    ) -> (Result<O::Reply, Failure>, Standing) {
        // Its breaker may be open because the back end was down for both: that it is turned away says nothing of it.
        if self.adapter.turns_away(O::SIDE) {
            self.count(trial, Told::Nothing, Duration::ZERO);
            return (old.call(context, operation).await.map(believe), old.standing.clone());
        }
        let began = Instant::now();
        let first = self.adapter.call(&within(context, context.deadline / 2), operation).await.map(&believe);
        let took = began.elapsed();
        if missing::<O>(&first) == 0 {
            self.count(trial, Told::Answered, took);
            return (first, self.adapter.standing.clone());
        }
        let second = old.call(&within(context, context.deadline.saturating_sub(took)), operation).await.map(&believe);
        let better = missing::<O>(&first).cmp(&missing::<O>(&second));
        let timed_out = first.as_ref().is_err_and(|failure| failure.code == FailureCode::Timeout);
        self.count(trial, told(better, is_unanswered::<O>(&first), timed_out), took);
        if better == Ordering::Less { (first, self.adapter.standing.clone()) } else { (second, old.standing.clone()) }
    }

    fn count(&self, trial: &Trial, told: Told, took: Duration) {
        trial.count_new(told, took);
        metrics::canary_called(self.adapter.name(), told.as_str());
    }
}

/// Whether a generation may be asked what another was asked: it must have been told all that the first one wants to know.
pub(super) fn can_step_in(old: &Description, new: &Description) -> bool {
    old.price_dimensions.is_subset(&new.price_dimensions) && old.availability_dimensions.is_subset(&new.availability_dimensions)
}

/// How much of what was asked has no answer.
fn missing<O: Operation>(outcome: &Result<O::Reply, Failure>) -> usize {
    outcome.as_ref().map_or(usize::MAX, |reply| O::failures(reply).count())
}

/// Whether asking again might have come to something else: the old generation's share of such reads is what the new one may fail as well.
fn is_in_trouble<O: Operation>(outcome: &Result<O::Reply, Failure>) -> bool {
    let may_pass = |failure: &Failure| is_suspect(failure) || failure.code == FailureCode::Throttled;
    match outcome {
        Ok(reply) => O::failures(reply).any(may_pass),
        Err(failure) => may_pass(failure),
    }
}

/// Whether the back end, or the adapter, has no word on something: not "there is none", "no", or "I cannot do that".
fn is_unanswered<O: Operation>(outcome: &Result<O::Reply, Failure>) -> bool {
    let is_word = |failure: &Failure| {
        use FailureCode::{Conflict, InvalidRequest, NotFound, Rejected, Unsupported};
        matches!(failure.code, Rejected | NotFound | Conflict | InvalidRequest | Unsupported)
    };
    match outcome {
        Ok(reply) => O::failures(reply).any(|failure| !is_word(failure)),
        Err(failure) => !is_word(failure),
    }
}

/// What a read says of the new generation, by how much it misses compared with the old one. Where both miss the same, and asking again would
/// not change it, they agree. Where neither answers there is nothing to tell; but one that ran out of its time has left the old one too little.
fn told(missing: Ordering, unanswered: bool, timed_out: bool) -> Told {
    match missing {
        Ordering::Less => Told::Answered,
        Ordering::Equal if timed_out => Told::Late,
        Ordering::Equal if unanswered => Told::Nothing,
        Ordering::Equal => Told::Answered,
        Ordering::Greater => Told::Failed,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_speaks_against_the_new_version_where_the_old_one_does_better_or_was_left_no_time() {
        assert_eq!(told(Ordering::Greater, true, false), Told::Failed);
        assert_eq!(told(Ordering::Equal, true, true), Told::Late, "the old one might have answered in the whole time");
        assert_eq!(told(Ordering::Equal, true, false), Told::Nothing, "both fail alike");
        assert_eq!(told(Ordering::Equal, false, false), Told::Answered, "both say that there is no such item");
        assert_eq!(told(Ordering::Less, true, true), Told::Answered);
    }
}
