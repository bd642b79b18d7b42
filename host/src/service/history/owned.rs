//! Authorization of what adapters return (rule H3): every document is checked against the account that was asked for.

use crate::adapter::Adapter;
use crate::domain::{AccountNumber, AdapterName, Failure, FailureCode};
use crate::service::BackendDocument;

/// Only documents of the account: whatever else an adapter returns is dropped and counted (rule H3).
pub(super) fn only_of<T: BackendDocument>(adapter: &AdapterName, account: &AccountNumber, documents: Vec<T>) -> Vec<T> {
    let (own, foreign): (Vec<_>, Vec<_>) = documents.into_iter().partition(|document| document.head().account == account);
    if !foreign.is_empty() {
        count_foreign(adapter, foreign.len() as u64);
    }
    own
}

/// A foreign document is as if it were not there, and counted (rule H3).
pub(super) fn owned<T: BackendDocument>(
    adapter: &Adapter,
    account: &AccountNumber,
    answer: Result<T, Failure>,
) -> Result<T, Failure> {
    let document = answer?;
    if document.head().account == account {
        return Ok(document);
    }
    count_foreign(adapter.name(), 1);
    Err(Failure::new(FailureCode::NotFound, "there is no such document"))
}

fn count_foreign(adapter: &AdapterName, documents: u64) {
    metrics::counter!("ordergate_contract_violations_total", "adapter" => adapter.to_string(), "kind" => "foreign-document")
        .increment(documents);
    tracing::warn!(adapter.name = %adapter, documents, "adapter returned documents of another account: dropped");
}
