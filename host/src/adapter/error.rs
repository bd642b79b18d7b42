//! What happens after a failure (rules T2 to T4). The only place that decides it, from (code, operation, de-duplication class); adapters and
//! the runtime only report. Called by the pipeline.

use crate::domain::{Deduplication, Failure, FailureCode, TransferOperation, Verdict};

/// Name in a failure's `ext` that tells that the guest itself broke, and how: only the host sets it.
pub const TRAP: &str = "ordergate.trap";

/// Name in a failure's `ext` that tells that the adapter's answer could not be read, and how: `answer`, `another` (it is about something else)
/// or `number` (it has more or fewer items than asked). Only the host sets it.
pub const UNUSABLE: &str = "ordergate.unusable";

/// Whether a failed call tells of a back end that is down, as breakers see it: a store may then go by its degraded mode (rule C6). An adapter
/// that broke over this very call is no outage, nor is one that is only busy.
pub fn is_outage(failure: &Failure) -> bool {
    let is_down =
        matches!(failure.code, FailureCode::Unavailable | FailureCode::Timeout | FailureCode::OutcomeUnknown | FailureCode::Auth);
    is_down && !failure.ext.contains_key(TRAP)
}

/// What follows a failed attempt to send. Never [`Verdict::SendAgain`] when the back end may have taken it.
pub fn verdict(failure: &Failure, operation: TransferOperation, class: Deduplication) -> Verdict {
    match failure.code {
        _ if operation.is_best_effort() => best_effort(failure),
        FailureCode::Rejected => Verdict::Reject,
        // Turned away before anything was done: 429, 401 or no connection.
        FailureCode::Unavailable | FailureCode::Throttled | FailureCode::Auth => Verdict::SendAgain,
        FailureCode::OutcomeUnknown | FailureCode::Timeout | FailureCode::InvalidResponse => lost(operation, class),
        FailureCode::Conflict => conflict(failure, operation, class),
        FailureCode::NotFound | FailureCode::InvalidRequest | FailureCode::Unsupported => Verdict::Park,
    }
}

/// What follows a failed look-up of a transfer whose outcome is unknown. Resent only where a second submit cannot make a second
/// document.
pub fn look_up_verdict(failure: &Failure, operation: TransferOperation, class: Deduplication) -> Verdict {
    match failure.code {
        _ if operation.is_best_effort() => Verdict::SendAgain,
        FailureCode::Unavailable
        | FailureCode::Throttled
        | FailureCode::Auth
        | FailureCode::Timeout
        | FailureCode::OutcomeUnknown
        | FailureCode::InvalidResponse => Verdict::LookUp,
        FailureCode::Unsupported | FailureCode::InvalidRequest if resend_is_safe(operation, class) => Verdict::SendAgain,
        FailureCode::Unsupported
        | FailureCode::InvalidRequest
        | FailureCode::Rejected
        | FailureCode::NotFound
        | FailureCode::Conflict => Verdict::Park,
    }
}

/// Whether the operation carries our reference, so that the de-duplication class speaks of it. The others change the state of a numbered
/// document, which can always be read back by its number.
pub fn carries_reference(operation: TransferOperation) -> bool {
    match operation {
        TransferOperation::SubmitOrder
        | TransferOperation::SubmitQuote
        | TransferOperation::CounterQuote
        | TransferOperation::AcceptQuote => true,
        TransferOperation::CancelOrder
        | TransferOperation::DeclineQuote
        | TransferOperation::WithdrawQuote
        | TransferOperation::ReleaseReservation => false,
    }
}

/// Tried again while that can help.
fn best_effort(failure: &Failure) -> Verdict {
    match failure.code {
        FailureCode::Unavailable
        | FailureCode::Throttled
        | FailureCode::Auth
        | FailureCode::Timeout
        | FailureCode::OutcomeUnknown
        | FailureCode::InvalidResponse => Verdict::SendAgain,
        FailureCode::Rejected
        | FailureCode::NotFound
        | FailureCode::Conflict
        | FailureCode::InvalidRequest
        | FailureCode::Unsupported => Verdict::Reject,
    }
}

fn resend_is_safe(operation: TransferOperation, class: Deduplication) -> bool {
    carries_reference(operation) && matches!(class, Deduplication::NativeKey | Deduplication::UniqueReference)
}

fn lost(operation: TransferOperation, class: Deduplication) -> Verdict {
    match class {
        Deduplication::None if carries_reference(operation) => Verdict::Park,
        _ => Verdict::LookUp,
    }
}

fn conflict(failure: &Failure, operation: TransferOperation, class: Deduplication) -> Verdict {
    let names_the_document = failure.detail.as_deref().is_some_and(|number| !number.trim().is_empty());
    if carries_reference(operation) && names_the_document { Verdict::AlreadyThere } else { lost(operation, class) }
}

#[cfg(test)]
mod tests;
