//! From what a back end answered to the moves of a transfer (rules T3, T4, T7). Pure. What a failure means comes from
//! `adapter::error`; which move is legal from `domain::TransferState`.

use jiff::{SignedDuration, Timestamp};

use super::backend::BackendTraits;
use crate::adapter::error::{TRAP, carries_reference, is_outage, look_up_verdict, verdict};
use crate::config::TransferConfig;
use crate::domain::TransferEvent::{Found, GaveUp, NotDelivered, OutcomeLost, ProvedAbsent, Refused, Taken as WasTaken};
use crate::domain::{
    Accepted, BusinessStatus, Deduplication, Failure, FailureCode, QuoteReceived, QuoteStatus, TransferEvent, TransferOperation,
    TransferState, Verdict, backoff,
};
use crate::store::{Counts, Outcome, Taken, Transfer};

/// A call that has ended, or was not made.
pub(super) struct Case<'a> {
    pub(super) transfer: &'a Transfer,
    /// None when no such adapter is loaded.
    pub(super) traits: Option<&'a BackendTraits>,
    pub(super) config: &'a TransferConfig,
    pub(super) started_at: Timestamp,
    pub(super) ended_at: Timestamp,
    pub(super) dice: u64,
}

impl Case<'_> {
    /// Whether there is no point in calling: it may have been taken, and this back end can neither be asked nor be trusted with a second
    /// submit (rule T4, class `none`).
    pub(super) fn is_hopeless(&self) -> bool {
        self.transfer.state == TransferState::Unknown
            && self.class() == Deduplication::None
            && carries_reference(self.transfer.operation)
    }

    /// A hopeless case goes to a person, whose word that it is not there counts as a proof.
    pub(super) fn give_up(&self) -> Outcome {
        if self.transfer.is_resent_in_doubt() {
            return self.outcome(vec![ProvedAbsent], None, Counts::Free);
        }
        let lost = "it may have been taken, and this back end cannot be asked; a person must look";
        let failure = self.transfer.last_failure.clone().unwrap_or_else(|| Failure::new(FailureCode::OutcomeUnknown, lost));
        self.outcome(vec![GaveUp], Some(failure), Counts::Free)
    }

    /// No adapter to call: wait for one, but not forever.
    pub(super) fn without_adapter(&self) -> Outcome {
        let name = &self.transfer.adapter;
        let failure = Failure::new(FailureCode::Unavailable, format!("no adapter {name:?} is loaded"));
        let events = if self.is_spent(Counts::Free) { vec![GaveUp] } else { vec![] };
        self.later(events, failure, Counts::Free)
    }

    /// The adapter took no call: nothing happened to the transfer. Behind an open breaker it is due at once, because it is not claimed before
    /// that lets calls go.
    pub(super) fn put_back(&self, failure: &Failure) -> Outcome {
        let wait = failure.retry_after.filter(|_| failure.code != FailureCode::Unavailable).unwrap_or_default();
        Outcome { due_at: after(self.ended_at, wait), ..self.outcome(vec![], None, Counts::Free) }
    }

    /// What must be known before it could not be asked, so nothing was sent: the price of a provisional order, or whose document it changes. It waits
    /// out an outage; what no further try can help goes to a person.
    pub(super) fn not_begun(&self, failure: Failure) -> Outcome {
        let counts = if is_outage(&failure) { Counts::Free } else { counts(&failure) };
        let may_help = is_outage(&failure) || matches!(failure.code, FailureCode::Throttled | FailureCode::InvalidResponse);
        if !may_help || self.is_spent(counts) {
            return self.outcome(vec![GaveUp], Some(failure), counts);
        }
        // At the longest pace at once: unlike an attempt it leaves no count behind that could grow.
        let wait = backoff(
            self.config.backoff_initial_ms,
            self.config.backoff_max_ms,
            u32::BITS,
            failure.retry_after.filter(|_| failure.code == FailureCode::Throttled),
            self.dice,
        );
        Outcome { due_at: after(self.ended_at, wait), ..self.outcome(vec![], Some(failure), counts) }
    }

    /// It was seen that it cannot be done any more.
    pub(super) fn overtaken(&self, failure: Failure) -> Outcome {
        self.outcome(vec![Refused], Some(failure), Counts::Free)
    }

    /// A provisional order costs more than anybody agreed to.
    pub(super) fn too_dear(&self, sentence: String) -> Outcome {
        self.outcome(vec![GaveUp], Some(Failure::new(FailureCode::Rejected, sentence)), Counts::Free)
    }

    pub(super) fn after_attempt(&self, result: Result<Taken, Failure>) -> Outcome {
        let failure = match result {
            Ok(taken) => return self.confirmed(WasTaken, taken),
            Err(failure) => failure,
        };
        let counts = counts(&failure);
        match verdict(&failure, self.transfer.operation, self.class()) {
            Verdict::Reject => self.outcome(vec![Refused], Some(failure), counts),
            Verdict::SendAgain if self.is_spent(counts) => {
                let events = if self.is_best_effort() { vec![Refused] } else { vec![NotDelivered, GaveUp] };
                self.outcome(events, Some(failure), counts)
            }
            Verdict::SendAgain => self.later(vec![NotDelivered], failure, counts),
            // The first look is at once; only a later one can prove that it is absent.
            Verdict::LookUp | Verdict::AlreadyThere => self.outcome(vec![OutcomeLost], Some(failure), counts),
            Verdict::Park => self.outcome(vec![OutcomeLost, GaveUp], Some(failure), counts),
        }
    }

    pub(super) fn after_look_up(&self, result: Result<Option<Taken>, Failure>) -> Outcome {
        let failure = match result {
            Ok(Some(taken)) => return self.confirmed(Found, taken),
            Ok(None) if self.started_at >= self.provable_from() => return self.absent(None),
            Ok(None) => return Outcome { due_at: self.next_look(), ..self.outcome(vec![], None, Counts::Free) },
            Err(failure) => failure,
        };
        let verdict = look_up_verdict(&failure, self.transfer.operation, self.class());
        if failure.code == FailureCode::Unsupported
            && let Some(taken) = self.named_by_conflict()
        {
            return self.confirmed(Found, taken);
        }
        let counts = counts(&failure);
        match verdict {
            Verdict::SendAgain => self.absent(Some(failure)),
            Verdict::LookUp if !self.is_spent(counts) => self.later(vec![], failure, counts),
            // It cannot be asked about; a person has looked.
            Verdict::Park if self.transfer.is_resent_in_doubt() => self.absent(Some(failure)),
            _ => self.outcome(vec![GaveUp], Some(failure), counts),
        }
    }

    fn absent(&self, failure: Option<Failure>) -> Outcome {
        if self.is_spent(Counts::Free) && !self.is_best_effort() {
            return self.outcome(vec![ProvedAbsent, GaveUp], failure, Counts::Free);
        }
        let mut outcome = self.outcome(vec![ProvedAbsent], failure, Counts::Free);
        outcome.due_at = self.after_backoff(None);
        outcome
    }

    /// It may still come: look when it can be found at all, then at growing intervals, and once more when absence proves something.
    fn next_look(&self) -> Timestamp {
        let findable = self.since_lost(std::time::Duration::ZERO);
        if self.started_at < findable { findable } else { self.after_backoff(None).min(self.provable_from()) }
    }

    /// A look-up that began before this instant proves nothing by finding nothing (rule T4). Counted from the moment at which the outcome
    /// was lost: from then on the back end may still be at work for `settle_ms`, and what it commits at the end of that may take the
    /// propagation delay to become findable.
    fn provable_from(&self) -> Timestamp {
        self.since_lost(self.config.settle())
    }

    /// So long, and the propagation delay, after the outcome was lost.
    fn since_lost(&self, wait: std::time::Duration) -> Timestamp {
        let since = self.transfer.unknown_since.unwrap_or(self.started_at);
        let delay = self.traits.map(|traits| traits.propagation_delay).unwrap_or_default();
        after(since, wait.saturating_add(delay))
    }

    /// A conflict named the existing document, and the back end cannot be asked about it: that number is the document.
    fn named_by_conflict(&self) -> Option<Taken> {
        let transfer = self.transfer;
        let conflict = transfer.last_failure.as_ref().filter(|failure| failure.code == FailureCode::Conflict)?;
        let number = conflict.detail.as_deref().map(str::trim).filter(|number| !number.is_empty())?.into();
        match transfer.operation {
            TransferOperation::SubmitOrder | TransferOperation::AcceptQuote => {
                Some(Taken::Order(Accepted { number, status: BusinessStatus::Unknown, raw_status: None, amendments: Vec::new() }))
            }
            TransferOperation::SubmitQuote | TransferOperation::CounterQuote => {
                Some(Taken::Quote(QuoteReceived { number, revision: None, status: QuoteStatus::Requested, raw_status: None }))
            }
            TransferOperation::CancelOrder
            | TransferOperation::DeclineQuote
            | TransferOperation::WithdrawQuote
            | TransferOperation::ReleaseReservation => None,
        }
    }

    fn class(&self) -> Deduplication {
        self.traits.map_or(Deduplication::None, |traits| traits.deduplication)
    }

    fn is_best_effort(&self) -> bool {
        self.transfer.operation.is_best_effort()
    }

    /// Whether a person must decide now, or a release has lost its point: the reservation has ended by itself.
    fn is_spent(&self, counts: Counts) -> bool {
        let spent = self.transfer.spent.saturating_add(u32::from(counts == Counts::Counted));
        let held = self.transfer.instruction.held.as_ref().filter(|_| self.is_best_effort());
        let too_old = i64::try_from(self.config.max_age_secs).unwrap_or(i64::MAX);
        spent >= self.config.max_attempts
            || held.is_some_and(|held| self.ended_at >= held.reservation.expires_at)
            || self.ended_at.duration_since(self.transfer.under_way_since()) > SignedDuration::from_secs(too_old)
    }

    fn confirmed(&self, event: TransferEvent, taken: Taken) -> Outcome {
        Outcome { taken: Some(taken), ..self.outcome(vec![event], None, Counts::Free) }
    }

    fn later(&self, events: Vec<TransferEvent>, failure: Failure, counts: Counts) -> Outcome {
        let due_at = self.after_backoff(failure.retry_after);
        Outcome { due_at, ..self.outcome(events, Some(failure), counts) }
    }

    fn after_backoff(&self, asked: Option<std::time::Duration>) -> Timestamp {
        let failures = self.transfer.attempts.saturating_add(self.transfer.lookups);
        after(self.ended_at, backoff(self.config.backoff_initial_ms, self.config.backoff_max_ms, failures, asked, self.dice))
    }

    fn outcome(&self, events: Vec<TransferEvent>, failure: Option<Failure>, counts: Counts) -> Outcome {
        Outcome {
            events,
            taken: None,
            finding: None,
            failure,
            due_at: self.ended_at,
            counts,
            adapter_digest: self.traits.map(|traits| traits.digest.clone()),
            exchanges: vec![],
            started_at: self.started_at,
            ended_at: self.ended_at,
        }
    }
}

/// What could not reach the back end, or was not let in, says nothing about the transfer: an outage or an expired password must not park
/// every order of the weekend. An adapter that broke over this very document is another matter.
fn counts(failure: &Failure) -> Counts {
    match failure.code {
        _ if failure.ext.contains_key(TRAP) => Counts::Counted,
        FailureCode::Unavailable | FailureCode::Throttled | FailureCode::Auth => Counts::Free,
        _ => Counts::Counted,
    }
}

pub(super) fn after(instant: Timestamp, by: std::time::Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    instant.saturating_add(by).unwrap_or(Timestamp::MAX)
}
