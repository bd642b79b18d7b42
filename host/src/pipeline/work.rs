//! One claimed transfer: send it or look it up, then record what came of it (rules T3, T5, T8). A failure of the store leaves the claim to
//! its lease: whatever was sent is then looked up, never sent again blindly.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Notify, broadcast};
use tokio::time::timeout;

use super::backend::{Backend, BackendTraits, Backends, Keeps};
use super::decide::{Case, after};
use super::failpoint::{self, Failpoint};
use super::figures;
use super::pricing::Pricing;
use crate::clock::Clock;
use crate::config::TransferConfig;
use crate::domain::{
    AmendmentPolicy, Dice, Evidence, Failure, FailureCode, Finding, FindingReason, Reference, Side, StoreName, TransferState,
};
use crate::store::{Claimed, Conflict, LeftOut, Outcome, Store, StoreError, Taken, TransferId};

/// What every worker shares.
pub(super) struct Engine<B> {
    pub(super) store: Store,
    pub(super) backends: B,
    pub(super) config: TransferConfig,
    /// What each store lets its back end change.
    pub(super) amendments: BTreeMap<StoreName, AmendmentPolicy>,
    pub(super) clock: Clock,
    pub(super) dice: Dice,
    pub(super) changed: broadcast::Sender<Reference>,
    pub(super) wake: Arc<Notify>,
}

impl<B: Backends> Engine<B> {
    /// What is not to be claimed: what this process has in hand, and what waits for a back end that is down.
    pub(super) fn left_out(&self, in_hand: Vec<TransferId>) -> LeftOut {
        LeftOut { in_hand, ..self.backends.paused() }
    }

    /// Claims what is due, at most so many, and nothing that this process has in hand.
    pub(super) async fn claim(&self, limit: usize, in_hand: Vec<TransferId>) -> Result<Vec<Claimed>, StoreError> {
        self.store.claim_due(self.clock.now(), limit, self.config.lease(), &self.left_out(in_hand)).await
    }

    /// Makes the one call that a claim is for.
    pub(super) async fn work(&self, claimed: Claimed) {
        let taken_up = Instant::now();
        match self.call(&claimed, taken_up).await {
            Ok(outcome) => self.record(&claimed, outcome).await,
            Err(error) => report(&claimed, "the attempt was not begun", &error),
        }
    }

    async fn call(&self, claimed: &Claimed, taken_up: Instant) -> Result<Outcome, StoreError> {
        let Some(backend) = self.backends.get(&claimed.transfer.adapter) else {
            return Ok(self.case(claimed, None).without_adapter());
        };
        let traits = backend.traits();
        let mut case = self.case(claimed, Some(&traits));
        if case.is_hopeless() {
            return Ok(case.give_up());
        }
        let priced = match self.price(claimed).await? {
            Pricing::NotNeeded => None,
            Pricing::Settled(priced) => Some(priced),
            Pricing::Ended(outcome) => return Ok(outcome),
        };
        let claimed = priced.as_ref().unwrap_or(claimed);
        if let Err(outcome) = self.identify(claimed, &backend).await {
            return Ok(outcome);
        }
        let looks_up = claimed.transfer.state == TransferState::Unknown;
        let side = if looks_up { Side::Read } else { Side::Write };
        // Before the attempt is begun: one that its back end's breaker turns away, or that finds no place, costs the transfer nothing.
        let mut leave = match backend.enter(side, self.config.deadline()).await {
            Ok(leave) => leave,
            Err(failure) => return Ok(self.case(claimed, None).put_back(&failure)),
        };
        let exchanges = leave.exchanges();
        case.started_at = self.clock.now();
        if looks_up {
            // By the time of the claim, as is since when it is uncertain: a clock that jumps in between must not prove an absence.
            case.started_at = after(claimed.claimed_at, taken_up.elapsed()).min(case.started_at);
            let found = self.in_time(backend.look_up(leave, claimed, self.config.deadline())).await;
            case.ended_at = self.clock.now();
            return Ok(Outcome { exchanges: exchanges.taken(), ..case.after_look_up(found) });
        }
        let (id, fence) = (claimed.transfer.id, claimed.fence);
        self.store.begin_attempt(id, fence, self.clock.now(), self.config.lease(), traits.digest.clone()).await?;
        failpoint::pass(Failpoint::AfterBegin);
        let taken = self.in_time(backend.attempt(leave, claimed, self.config.deadline())).await;
        failpoint::pass(Failpoint::AfterSend);
        case.ended_at = self.clock.now();
        Ok(Outcome { exchanges: exchanges.taken(), ..case.after_attempt(taken) })
    }

    /// The adapter keeps the deadline itself; this holds it to it, so that no call outlives its lease.
    pub(super) async fn in_time<T>(&self, call: impl Future<Output = Result<T, Failure>> + Send) -> Result<T, Failure> {
        let late = || Failure::new(FailureCode::OutcomeUnknown, "the back end did not answer within the deadline");
        timeout(self.config.deadline(), call).await.unwrap_or_else(|_| Err(late()))
    }

    async fn record(&self, claimed: &Claimed, outcome: Outcome) {
        failpoint::pass(Failpoint::BeforeRecord);
        let mut outcome = Outcome { finding: self.finding(claimed, &outcome), ..outcome };
        let (id, fence) = (claimed.transfer.id, claimed.fence);
        let mut recorded = self.store.record_outcome(id, fence, outcome.clone()).await;
        if let Err(StoreError::Conflict(conflict @ Conflict::NumberTaken { .. })) = &recorded {
            outcome = self.doubted(claimed, outcome, conflict);
            recorded = self.store.record_outcome(id, fence, outcome.clone()).await;
        }
        match recorded {
            Ok(state) => {
                figures::settle(&claimed.transfer, state, &outcome);
                log(claimed, state, &outcome);
                // Nobody may be listening.
                let _ = self.changed.send(claimed.transfer.reference.clone());
            }
            Err(error) => report(claimed, "what came of the attempt was not recorded", &error),
        }
    }

    /// An order that the back end says to have taken under another one's number may be there under its own, or not at all: it is looked for.
    fn doubted(&self, claimed: &Claimed, said: Outcome, conflict: &Conflict) -> Outcome {
        let adapter = &claimed.transfer.adapter;
        let labels = [("adapter", adapter.to_string()), ("kind", "number-of-another".to_owned())];
        metrics::counter!("ordergate_contract_violations_total", &labels).increment(1);
        let traits = self.backends.get(adapter).map(|backend| backend.traits());
        let Outcome { started_at, ended_at, exchanges, .. } = said;
        let case = Case { started_at, ended_at, ..self.case(claimed, traits.as_ref()) };
        let failure =
            Failure::new(FailureCode::InvalidResponse, format!("the back end says that it has taken it, and {conflict}"));
        Outcome { exchanges, adapter_digest: said.adapter_digest, ..case.after_attempt(Err(failure)) }
    }

    /// What of an order that was taken must not stand before a person has agreed (rule T9).
    fn finding(&self, claimed: &Claimed, outcome: &Outcome) -> Option<Finding> {
        let Some(Taken::Order(accepted)) = outcome.taken.as_ref().filter(|_| claimed.transfer.operation.carries_order()) else {
            return None;
        };
        let usual = AmendmentPolicy::default();
        let policy = self.amendments.get(&claimed.transfer.store).unwrap_or(&usual);
        let differences: Vec<_> = policy.beyond(&accepted.amendments).into_iter().cloned().collect();
        let numbers = vec![accepted.number.clone()];
        (!differences.is_empty())
            .then_some(Finding { reason: FindingReason::Amended, evidence: Evidence { differences, numbers } })
    }

    pub(super) fn case<'a>(&'a self, claimed: &'a Claimed, traits: Option<&'a BackendTraits>) -> Case<'a> {
        let now = self.clock.now();
        Case { transfer: &claimed.transfer, traits, config: &self.config, started_at: now, ended_at: now, dice: self.dice.roll() }
    }
}

/// One line per milestone, with the reference; the text of a failure may hold what a customer wrote, so only its code.
fn log(claimed: &Claimed, state: TransferState, outcome: &Outcome) {
    let transfer = &claimed.transfer;
    let code = outcome.failure.as_ref().map(|failure| failure.code.as_str());
    tracing::info!(
        reference = %transfer.reference,
        operation = transfer.operation.as_str(),
        adapter = %transfer.adapter,
        from = transfer.state.as_str(),
        state = state.as_str(),
        attempts = transfer.attempts,
        code,
        "transfer"
    );
}

fn report(claimed: &Claimed, what: &'static str, error: &StoreError) {
    let reference = &claimed.transfer.reference;
    match error {
        // Expected when this worker was slow: another has taken over and records.
        StoreError::Conflict(Conflict::StaleFence) => tracing::info!(%reference, "{what}: another worker has taken it over"),
        _ => tracing::error!(%reference, %error, "{what}"),
    }
}
