//! Reading documents, and the last-known lists of the back end (rules H1, H2).

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Attempt, Document, DocumentKind, Store, StoreError, Transfer};
use crate::domain::{AccountGrant, AccountNumber, AdapterName, BackendNumber, Reference, StoreName};

/// Which documents to list.
#[derive(Clone, Debug)]
pub struct DocumentQuery {
    pub store: StoreName,
    pub accounts: AccountGrant,
    pub kind: DocumentKind,
    /// Business statuses by name; empty for all.
    pub statuses: Vec<String>,
    /// Captured at or after.
    pub from: Option<Timestamp>,
    /// Captured before.
    pub until: Option<Timestamp>,
    /// The last document of the page before.
    pub after: Option<(Timestamp, Reference)>,
    pub limit: u32,
}

/// Whose list is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListKey {
    pub store: StoreName,
    pub adapter: AdapterName,
    pub account: AccountNumber,
    pub kind: DocumentKind,
}

impl Store {
    pub async fn document(&self, reference: &Reference) -> Result<Option<Document>, StoreError> {
        todo!()
    }

    /// Our document with the back end's number, when it came through us.
    pub async fn document_by_number(
        &self,
        store: &StoreName,
        adapter: &AdapterName,
        kind: DocumentKind,
        number: &BackendNumber,
    ) -> Result<Option<Document>, StoreError> {
        todo!()
    }

    /// Documents, newest first.
    pub async fn documents_of(&self, query: DocumentQuery) -> Result<Vec<Document>, StoreError> {
        todo!()
    }

    /// Everything that was or is to be sent for a reference, oldest first.
    pub async fn transfers_of(&self, reference: &Reference) -> Result<Vec<Transfer>, StoreError> {
        todo!()
    }

    /// All attempts and look-ups for a reference, oldest first.
    pub async fn attempts_of(&self, reference: &Reference) -> Result<Vec<Attempt>, StoreError> {
        todo!()
    }

    /// Keeps the back end's newest list for the time when it is down (rule H2). A list with an older `as_of` changes nothing.
    pub async fn remember_list<T: Serialize>(&self, key: ListKey, items: &[T], as_of: Timestamp) -> Result<(), StoreError> {
        todo!()
    }

    /// The list remembered last and its time.
    pub async fn last_known_list<T: DeserializeOwned>(&self, key: &ListKey) -> Result<Option<(Vec<T>, Timestamp)>, StoreError> {
        todo!()
    }
}
