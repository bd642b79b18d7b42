//! What an answer is worth, given what was done on the wire. Pure: the expectations of the contract as functions of what came.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::fault::{Fault, RETRY_AFTER_SECS};
use super::finding::Kind;
use crate::domain::{Failure, FailureCode};

/// A kind of finding, and what came.
pub(super) type Broken = (Kind, String);

/// What a read may answer under a fault: the true answer all the same, or a failure that says nothing about what was asked.
pub(super) fn read_under(fault: Fault, operation: &str, clean: &Value, now: &Result<Value, Failure>) -> Option<Broken> {
    match now {
        Err(failure) => failed(fault, failure.code, failure.retry_after.is_some_and(waits_enough)),
        Ok(Value::Array(items)) if is_by_item(operation) => {
            let clean = clean.as_array().map(Vec::as_slice).unwrap_or_default();
            items.iter().zip(clean).find_map(|(item, clean)| item_under(fault, clean, item))
        }
        Ok(Value::Null) if operation.ends_with(".find-by-reference") && !clean.is_null() => {
            Some((Kind::NotFoundAfterCommit, "the answer was none while the document is there; expected a failure".into()))
        }
        Ok(_) if operation == "health.probe" && fault.is_an_outage() => {
            Some((Kind::BelievesBrokenReply, "the probe found the back end well; expected a failure".into()))
        }
        Ok(now) if is_same(clean, now) => None,
        Ok(now) => {
            Some((Kind::BelievesBrokenReply, format!("the answer was {}; expected a failure, or {}", shown(now), shown(clean))))
        }
    }
}

fn item_under(fault: Fault, clean: &Value, item: &Value) -> Option<Broken> {
    let Some(failure) = item.get("failure") else {
        let wrong = || format!("an item was answered {}; expected a failure, or {}", shown(item), shown(clean));
        return (!is_same(clean, item)).then(|| (Kind::BelievesBrokenReply, wrong()));
    };
    let failure: Failure = serde_json::from_value(failure.clone()).ok()?;
    failed(fault, failure.code, failure.retry_after.is_some_and(waits_enough))
}

fn waits_enough(wait: std::time::Duration) -> bool {
    wait.as_secs() >= RETRY_AFTER_SECS
}

fn failed(fault: Fault, code: FailureCode, waits: bool) -> Option<Broken> {
    use FailureCode::{Conflict, NotFound, Rejected};
    match code {
        NotFound | Rejected | Conflict => {
            let said =
                format!("the failure was {}, which speaks of what was asked; the back end said no such thing", code.as_str());
            Some((Kind::WrongFailureCode, said))
        }
        _ => slow_down(fault, code, waits),
    }
}

/// A 429 must make the host wait as long as it asks for.
fn slow_down(fault: Fault, code: FailureCode, waits: bool) -> Option<Broken> {
    let makes_wait = matches!(code, FailureCode::Throttled | FailureCode::Unavailable);
    (fault == Fault::Throttled && makes_wait && !waits).then(|| {
        let said = format!("429 with Retry-After: {RETRY_AFTER_SECS} became {} without that wait", code.as_str());
        (Kind::DoesNotHonorRetryAfter, said)
    })
}

/// What a change may say that met a fault. `said` is the adapter's own word; `is_there`: the back end has taken it, whatever was said.
pub(super) fn change_said(fault: Fault, said: &Failure, code: FailureCode, is_there: bool) -> Option<Broken> {
    use FailureCode::{
        Auth, Conflict, InvalidRequest, InvalidResponse, NotFound, OutcomeUnknown, Rejected, Throttled, Timeout, Unavailable,
        Unsupported,
    };
    match code {
        Rejected | NotFound | InvalidRequest | Unsupported if is_there => Some((
            Kind::HidesUnknownOutcome,
            format!("the back end took it and the adapter said {}; expected outcome-unknown", code.as_str()),
        )),
        Rejected | NotFound | InvalidRequest | Unsupported => Some((
            Kind::WrongFailureCode,
            format!("the failure was {}, which ends it for good; the back end said no such thing", code.as_str()),
        )),
        Unavailable | Throttled | Auth if is_there => {
            let said = format!(
                "the back end took it and the adapter said {}, which means that it did not; expected outcome-unknown",
                code.as_str()
            );
            Some((Kind::HidesUnknownOutcome, said))
        }
        Unavailable | Throttled => slow_down(fault, code, said.retry_after.is_some_and(waits_enough)),
        Auth | OutcomeUnknown | Timeout | InvalidResponse | Conflict => None,
    }
}

/// Orders under one reference after everything that the host does.
pub(super) fn count(found: usize, may_be_parked: bool) -> Option<Broken> {
    match found {
        0 if may_be_parked => None,
        0 => Some((Kind::LosesOrder, "the back end has no order with the reference; expected exactly one".into())),
        1 => None,
        more => {
            Some((Kind::DuplicatesOnRetry, format!("the back end has {more} orders with the reference; expected exactly one")))
        }
    }
}

/// Documents of the account that were not there before: no more than were handed over, under whatever reference.
pub(super) fn new_documents(new: &[&String], placed: usize) -> Option<Broken> {
    (new.len() > placed).then(|| {
        let said = format!("the account has {} new documents ({new:?}) after {placed} was handed over", new.len());
        (Kind::DuplicatesOnRetry, said)
    })
}

fn is_by_item(operation: &str) -> bool {
    matches!(operation, "availability.check" | "pricing.offer-prices")
}

/// Whether two answers say the same: 1.50 is 1.5, what is left out is null, and instants are not compared.
pub(super) fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let names = one.keys().chain(other.keys());
            names.into_iter().all(|name| is_same(one.get(name).unwrap_or(&Value::Null), other.get(name).unwrap_or(&Value::Null)))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::String(one), Value::String(other)) => one == other || is_same_number(one, other) || are_instants(one, other),
        (one, other) => one == other,
    }
}

/// The same, dates aside.
pub(super) fn is_same_but_dates(one: &Value, other: &Value) -> bool {
    is_same(&without_dates(one), &without_dates(other))
}

fn without_dates(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), without_dates(value))).collect(),
        Value::Array(items) => items.iter().map(without_dates).collect(),
        Value::String(text) if text.parse::<jiff::civil::Date>().is_ok() => Value::Null,
        other => other.clone(),
    }
}

fn is_same_number(one: &str, other: &str) -> bool {
    let number = |text: &str| Decimal::from_str_exact(text).ok();
    matches!((number(one), number(other)), (Some(one), Some(other)) if one == other)
}

fn are_instants(one: &str, other: &str) -> bool {
    one.parse::<Timestamp>().is_ok() && other.parse::<Timestamp>().is_ok()
}

/// A value in a message.
pub(super) fn shown(value: &Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(240).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn failure(code: FailureCode) -> Failure {
        Failure::new(code, "m")
    }

    fn kind(broken: Option<Broken>) -> Option<Kind> {
        broken.map(|(kind, _)| kind)
    }

    #[test]
    fn t4_a_document_that_was_sent_again_under_another_reference_is_a_duplicate() {
        let numbers = ["1".to_owned(), "2".to_owned()];
        assert_eq!(kind(new_documents(&[&numbers[0], &numbers[1]], 1)), Some(Kind::DuplicatesOnRetry));
        assert_eq!(new_documents(&[&numbers[0], &numbers[1]], 2), None);
        assert_eq!(new_documents(&[], 1), None);
    }

    #[test]
    fn a_read_fails_or_tells_the_truth() {
        let clean = json!([{"sku": "A", "available": "5"}]);
        let judged = |now| kind(read_under(Fault::HtmlPage, "availability.check", &clean, &now));
        assert_eq!(judged(Err(failure(FailureCode::InvalidResponse))), None);
        assert_eq!(judged(Ok(json!([{"sku": "A", "available": "5.0"}]))), None);
        assert_eq!(judged(Ok(json!([{"sku": "A", "available": "0"}]))), Some(Kind::BelievesBrokenReply));
        assert_eq!(judged(Ok(json!([{"failure": failure(FailureCode::NotFound)}]))), Some(Kind::WrongFailureCode));
        assert_eq!(judged(Ok(json!([{"failure": failure(FailureCode::Unavailable)}]))), None);
        assert_eq!(judged(Err(failure(FailureCode::Rejected))), Some(Kind::WrongFailureCode));
    }

    #[test]
    fn t4_a_look_up_that_cannot_tell_never_says_none() {
        let clean = json!({"number": "1"});
        let judged = kind(read_under(Fault::Broken, "orders.find-by-reference", &clean, &Ok(Value::Null)));
        assert_eq!(judged, Some(Kind::NotFoundAfterCommit));
        let list = kind(read_under(Fault::Broken, "orders.list", &json!({"items": [clean]}), &Ok(json!({"items": []}))));
        assert_eq!(list, Some(Kind::BelievesBrokenReply));
    }

    #[test]
    fn t7_a_429_makes_the_host_wait() {
        let waiting = |secs| failure(FailureCode::Throttled).with_retry_after(std::time::Duration::from_secs(secs));
        let read = |failure| kind(read_under(Fault::Throttled, "orders.get", &json!({}), &Err(failure)));
        assert_eq!(read(waiting(7)), None);
        assert_eq!(read(waiting(1)), Some(Kind::DoesNotHonorRetryAfter));
        assert_eq!(read(failure(FailureCode::Throttled)), Some(Kind::DoesNotHonorRetryAfter));
        let change = |failure: Failure| kind(change_said(Fault::Throttled, &failure, failure.code, false));
        assert_eq!(change(failure(FailureCode::Unavailable)), Some(Kind::DoesNotHonorRetryAfter));
        assert_eq!(change(failure(FailureCode::OutcomeUnknown)), None);
    }

    #[test]
    fn t4_what_was_taken_is_never_said_to_be_refused_or_undelivered() {
        let said = |code, is_there| kind(change_said(Fault::ReplyLost, &failure(code), code, is_there));
        for code in [FailureCode::Unavailable, FailureCode::Auth, FailureCode::Rejected, FailureCode::NotFound] {
            assert_eq!(said(code, true), Some(Kind::HidesUnknownOutcome), "{code:?}");
        }
        for code in [FailureCode::OutcomeUnknown, FailureCode::Timeout, FailureCode::InvalidResponse] {
            assert_eq!((said(code, true), said(code, false)), (None, None));
        }
        assert_eq!(said(FailureCode::Unavailable, false), None);
        assert_eq!(said(FailureCode::Rejected, false), Some(Kind::WrongFailureCode));
    }

    #[test]
    fn t4_exactly_one_order_is_there_in_the_end() {
        assert_eq!(kind(count(1, false)), None);
        assert_eq!(kind(count(0, false)), Some(Kind::LosesOrder));
        assert_eq!(kind(count(0, true)), None, "a person decides about it");
        assert_eq!(kind(count(2, true)), Some(Kind::DuplicatesOnRetry));
    }

    #[test]
    fn instants_and_ways_to_write_a_number_are_no_difference() {
        assert!(is_same(
            &json!({"at": "2026-11-22T10:00:00Z", "n": "1.50"}),
            &json!({"at": "2026-11-22T10:00:01Z", "n": "1.5", "x": null})
        ));
        assert!(!is_same(&json!({"date": "2026-11-22"}), &json!({"date": "2026-11-23"})));
        assert!(is_same_but_dates(&json!({"date": "2026-11-22"}), &json!({"date": "2026-11-23"})));
    }
}
