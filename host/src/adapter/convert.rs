//! The border between the contract's records and the domain: the only place that names both. Strict on the way in: a decimal, date or
//! currency that does not parse is a failure that names record and field; text that stands for a choice and is not known becomes the most
//! careful choice.

pub(super) mod availability;
mod bounded;
pub(super) mod checkout;
pub(super) mod description;
pub(super) mod inbound;
mod order_document;
pub(super) mod orders;
pub(super) mod pricing;
mod quote_document;
pub(super) mod quotes;
mod records;
mod strict;

use std::time::Duration;

use super::bindings::shared::types as wit;
use super::error::{TRAP, UNUSABLE};
use super::instance::{Broke, Guest, Ran};
use crate::domain::{CallContext, Failure, FailureCode, Side};

/// The longest wait that a back end can ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Asks whether a side of the back end is there.
pub(super) async fn probe(guest: &mut Guest, context: &CallContext, side: Side) -> Ran<()> {
    let context = to_context(guest, context);
    let side = match side {
        Side::Read => "read",
        Side::Write => "write",
    };
    let reply = guest.health()?.call_probe(&mut guest.store, &context, side).await?;
    accept(reply, Side::Read, Ok)
}

/// Prepares a fresh instance. A failure names the setting that it cannot use.
pub(super) async fn configure(guest: &mut Guest) -> Ran<()> {
    let reply = guest.lifecycle()?.call_configure(&mut guest.store).await?;
    accept(reply, Side::Read, Ok)
}

pub(super) fn to_failure(failure: &Failure) -> wit::Failure {
    wit::Failure {
        code: failure.code.as_str().to_owned(),
        message: failure.message.clone(),
        detail: failure.detail.clone(),
        line: failure.line.clone(),
        retry_after_ms: failure.retry_after.map(to_millis),
        ext: records::to_extensions(&failure.ext),
    }
}

/// A failure is kept with its transfer and logged, so its texts are cut. That the guest broke is the host's word alone.
fn from_failure(failure: wit::Failure, side: Side) -> Failure {
    let code = FailureCode::parse(&failure.code, side);
    let is_known = code.as_str() == failure.code;
    let unknown = (!is_known).then(|| format!("the adapter's code was {:?}", bounded::word(failure.code)));
    Failure {
        code,
        message: bounded::sentence(failure.message),
        detail: failure.detail.map(bounded::detail).or(unknown),
        line: failure.line.map(bounded::word),
        retry_after: failure.retry_after_ms.map(|wait| Duration::from_millis(wait).min(LONGEST_WAIT)),
        ext: bounded::extensions(failure.ext.into_iter().filter(|(name, _)| name != TRAP && name != UNUSABLE).collect()),
    }
}

/// A guest's result as the domain's: its failure read for that side, its value converted strictly.
fn accept<T, U>(reply: Result<T, wit::Failure>, side: Side, convert: impl FnOnce(T) -> Result<U, Failure>) -> Ran<U> {
    let value = reply.map_err(|failure| from_failure(failure, side))?;
    Ok(convert(value)?)
}

/// One result per item, in the order asked. An adapter that answers another number of items has mixed them up, so no answer is used. When
/// the back end could not be asked at all, every item says so, and the call as a whole has failed.
fn accept_items<I, T, U>(
    asked: &[I],
    replies: Vec<Result<T, wit::Failure>>,
    convert: impl Fn(&I, T) -> Result<U, Failure>,
) -> Ran<Vec<Result<U, Failure>>> {
    if replies.len() != asked.len() {
        let message = format!("the adapter answered {} items of {}", replies.len(), asked.len());
        return Ok(asked.iter().map(|_| Err(strict::unusable("number", message.clone()))).collect());
    }
    let convert =
        |(item, reply): (&I, Result<T, wit::Failure>)| convert(item, reply.map_err(|failure| from_failure(failure, Side::Read))?);
    let results: Vec<_> = asked.iter().zip(replies).map(convert).collect();
    match common_outage(&results) {
        Some(outage) => Err(outage.into()),
        None => Ok(results),
    }
}

/// The failure that every item shares, when it is about the back end and not about the items.
fn common_outage<U>(results: &[Result<U, Failure>]) -> Option<Failure> {
    let first = results.first()?.as_ref().err()?;
    let is_outage =
        matches!(first.code, FailureCode::Unavailable | FailureCode::Timeout | FailureCode::Throttled | FailureCode::Auth);
    let is_shared = results.iter().all(|result| result.as_ref().is_err_and(|failure| failure.code == first.code));
    (is_outage && is_shared).then(|| first.clone())
}

fn to_context(guest: &Guest, context: &CallContext) -> wit::Context {
    wit::Context {
        store: context.store.as_str().to_owned(),
        channel: context.channel.clone(),
        locale: context.locale.clone(),
        request_id: context.request_id.clone(),
        trace_parent: context.trace_parent.clone(),
        remaining_ms: u32::try_from(guest.remaining().as_millis()).unwrap_or(u32::MAX),
        purpose: context.purpose.as_str().to_owned(),
        ext: Vec::new(),
    }
}

fn to_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl From<Failure> for Broke {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: &str) -> wit::Failure {
        wit::Failure { code: code.into(), message: "m".into(), detail: None, line: None, retry_after_ms: Some(1500), ext: vec![] }
    }

    #[test]
    fn f9_an_answer_with_another_number_of_items_is_no_answer_for_any() {
        let results = accept_items(&["a", "b"], vec![Ok(1)], |_, value| Ok(value)).unwrap();
        assert_eq!(results.len(), 2);
        assert!(results.iter().all(|result| result.as_ref().unwrap_err().code == FailureCode::InvalidResponse));
    }

    #[test]
    fn f9_one_bad_item_leaves_the_others_alone() {
        let results = accept_items(&["a", "b"], vec![Ok(1), Err(failure("not-found"))], |_, value| Ok(value)).unwrap();
        assert_eq!(results.first(), Some(&Ok(1)));
        assert_eq!(results.last().unwrap().as_ref().unwrap_err().code, FailureCode::NotFound);
    }

    #[test]
    fn a_call_whose_items_all_met_the_same_outage_has_failed_as_a_whole() {
        let ask = |first: &str, second: &str| {
            let replies: Vec<Result<u8, _>> = vec![Err(failure(first)), Err(failure(second))];
            accept_items(&["a", "b"], replies, |_, value| Ok(value))
        };
        assert!(matches!(ask("auth", "auth"), Err(Broke::Failed(failure)) if failure.code == FailureCode::Auth));
        assert!(ask("unavailable", "timeout").is_ok());
        assert!(ask("not-found", "not-found").is_ok());
    }

    #[test]
    fn the_texts_of_a_failure_are_cut_and_cleaned() {
        let long = || "x\n".repeat(4_000_000);
        let told = wit::Failure {
            code: long(),
            message: long(),
            detail: Some(long()),
            line: Some(long()),
            retry_after_ms: Some(u64::MAX),
            ext: vec![(String::new(), long()); 100],
        };
        let read = from_failure(told, Side::Write);
        assert_eq!((read.message.len(), read.detail.unwrap().len(), read.line.unwrap().len()), (1024, 2048, 256));
        assert_eq!(read.ext.values().map(String::len).collect::<Vec<_>>(), [256]);
        assert_eq!(read.retry_after, Some(LONGEST_WAIT));
        assert!(!read.message.contains('\n'));
    }

    #[test]
    fn an_adapter_cannot_say_that_its_guest_broke() {
        let ext = vec![(TRAP.to_owned(), "cpu".to_owned()), ("erp.note".to_owned(), "x".to_owned())];
        let read = from_failure(wit::Failure { ext, ..failure("unavailable") }, Side::Read);
        assert_eq!(read.ext.keys().collect::<Vec<_>>(), ["erp.note"]);
        assert!(super::super::error::is_outage(&read));
    }

    #[test]
    fn a_code_from_the_future_is_read_with_care_and_kept_for_operators() {
        let read = from_failure(failure("gone-fishing"), Side::Write);
        assert_eq!(read.code, FailureCode::OutcomeUnknown);
        assert!(read.detail.unwrap().contains("gone-fishing"));
        assert_eq!(read.retry_after, Some(Duration::from_millis(1500)));
    }
}
