//! Authorization of what adapters return (rule H3): every document is checked against the account and the number that were asked for.

use std::collections::HashSet;

use crate::adapter::Adapter;
use crate::domain::{AccountNumber, AdapterName, BackendNumber, Deduplication, Failure, FailureCode};
use crate::service::BackendDocument;
use crate::store::Document;

/// Only documents of the account, each once: whatever else an adapter returns is dropped and counted (rules H1, H3).
pub(super) fn only_of<T: BackendDocument>(adapter: &AdapterName, account: &AccountNumber, documents: Vec<T>) -> Vec<T> {
    let (own, foreign): (Vec<_>, Vec<_>) = documents.into_iter().partition(|document| document.head().account == account);
    if !foreign.is_empty() {
        count_foreign(adapter, foreign.len() as u64);
    }
    let mut numbers = HashSet::new();
    let (once, again): (Vec<_>, Vec<_>) = own.into_iter().partition(|document| numbers.insert(document.head().number.clone()));
    if !again.is_empty() {
        count(adapter, "doubled-document", again.len() as u64);
    }
    once
}

/// What cannot be read is left out of a list. Why, an adapter's author sees (`adapter test`, `adapter map`): it may repeat what a customer wrote.
pub(super) fn note_unreadable(adapter: &AdapterName, documents: usize) {
    if documents > 0 {
        count(adapter, "unreadable-document", documents as u64);
        tracing::warn!(adapter.name = %adapter, documents, "adapter returned documents that cannot be read: dropped");
    }
}

/// Which document was asked for.
#[derive(Clone, Copy)]
pub(in crate::service) enum Asked<'a> {
    /// By what somebody has typed.
    Number(&'a BackendNumber),
    /// One of ours.
    Ours(&'a Document),
}

impl Asked<'_> {
    fn is<T: BackendDocument>(self, shown: &T, class: Deduplication) -> bool {
        let head = shown.head();
        match self {
            Self::Number(number) => is_written_as(head.number.as_str(), number.as_str()),
            Self::Ours(document) => document.may_be(head.number, head.reference, class),
        }
    }
}

/// Upper and lower case, and zeros in front, are not told apart by every back end, nor by people.
fn is_written_as(number: &str, typed: &str) -> bool {
    let bare = |text: &str| text.trim().trim_start_matches('0').to_ascii_lowercase();
    bare(number) == bare(typed)
}

/// A foreign document, and any other than was asked for, is as if it were not there, and counted (rule H3).
pub(in crate::service) fn owned<T: BackendDocument>(
    adapter: &Adapter,
    account: &AccountNumber,
    asked: Asked<'_>,
    answer: Result<T, Failure>,
) -> Result<T, Failure> {
    let document = answer?;
    if document.head().account != account {
        count_foreign(adapter.name(), 1);
    } else if asked.is(&document, adapter.description().deduplication) {
        return Ok(document);
    } else {
        count(adapter.name(), "other-document", 1);
        tracing::warn!(adapter.name = %adapter.name(), "adapter returned another document than was asked for: dropped");
    }
    Err(Failure::new(FailureCode::NotFound, "there is no such document"))
}

fn count_foreign(adapter: &AdapterName, documents: u64) {
    count(adapter, "foreign-document", documents);
    tracing::warn!(adapter.name = %adapter, documents, "adapter returned documents of another account: dropped");
}

fn count(adapter: &AdapterName, kind: &'static str, documents: u64) {
    metrics::counter!("ordergate_contract_violations_total", "adapter" => adapter.to_string(), "kind" => kind)
        .increment(documents);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::OrderDocument;

    #[test]
    fn h1_a_document_that_stands_on_a_page_twice_is_shown_once_and_anothers_not_at_all() {
        let shown = |number: &str, account: &str| -> OrderDocument {
            let at = "2026-11-27T09:00:00Z";
            serde_json::from_value(
                serde_json::json!({"number": number, "account": account, "placed_at": at, "status": "open", "currency": "EUR"}),
            )
            .unwrap()
        };
        let page = vec![shown("1", "A"), shown("2", "A"), shown("1", "A"), shown("3", "B")];
        let left = only_of(&"erp".into(), &"A".into(), page);
        assert_eq!(left.iter().map(|order| order.number.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn a_typed_number_is_the_same_in_another_case_and_with_zeros_in_front() {
        assert!(is_written_as("SO-100020", "so-100020") && is_written_as("0000004711", " 4711"));
        assert!(!is_written_as("SO-100020", "SO-10002") && !is_written_as("4711", "47110"));
    }
}
