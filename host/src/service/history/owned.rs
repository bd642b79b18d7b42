//! Authorization of what adapters return (rule H3): every document is checked against the account that was asked for.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::adapter::Adapter;
use crate::domain::{AccountNumber, AdapterName, BackendNumber, Failure, FailureCode, OrderDocument, QuoteDocument, Reference};

/// What orders and quotes of a back end have in common.
pub(super) trait BackendDocument: Serialize + DeserializeOwned + Clone {
    fn account(&self) -> &AccountNumber;
    fn reference(&self) -> Option<&Reference>;
    fn placed_at(&self) -> Timestamp;
    fn number(&self) -> &BackendNumber;
    fn purchase_order(&self) -> Option<&str>;
    /// Business status at an instant: an offer may have expired since the back end said it.
    fn status_at(&self, now: Timestamp, seller_zone: &TimeZone) -> &'static str;
}

impl BackendDocument for OrderDocument {
    fn account(&self) -> &AccountNumber {
        &self.account
    }

    fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    fn placed_at(&self) -> Timestamp {
        self.placed_at
    }

    fn number(&self) -> &BackendNumber {
        &self.number
    }

    fn purchase_order(&self) -> Option<&str> {
        self.purchase_order.as_deref()
    }

    fn status_at(&self, _: Timestamp, _: &TimeZone) -> &'static str {
        self.status.as_str()
    }
}

impl BackendDocument for QuoteDocument {
    fn account(&self) -> &AccountNumber {
        &self.account
    }

    fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    fn placed_at(&self) -> Timestamp {
        self.placed_at
    }

    fn number(&self) -> &BackendNumber {
        &self.number
    }

    fn purchase_order(&self) -> Option<&str> {
        self.purchase_order.as_deref()
    }

    fn status_at(&self, now: Timestamp, seller_zone: &TimeZone) -> &'static str {
        Self::status_at(self, now, seller_zone).as_str()
    }
}

/// Only documents of the account: whatever else an adapter returns is dropped and counted (rule H3).
pub(super) fn only_of<T: BackendDocument>(adapter: &AdapterName, account: &AccountNumber, documents: Vec<T>) -> Vec<T> {
    let (own, foreign): (Vec<_>, Vec<_>) = documents.into_iter().partition(|document| document.account() == account);
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
    if document.account() == account {
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
