//! First answers to requests with an Idempotency-Key (rule A2): read before, and written with, what they captured.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use futures::FutureExt;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::lock::{Lock, lock_all};
use super::sql::{Connection, Row, query};
use super::{CaptureOutcome, Store, StoreError};
use crate::domain::Reference;

/// An answer that was erased, as its status (410 Gone, RFC 9110).
pub(super) const GONE: u16 = 410;

/// The first answer to a request with an Idempotency-Key, committed with what it captured (rule A2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Scope of the key.
    pub principal: String,
    pub key: String,
    /// Route or operation, for operators.
    pub operation: String,
    /// SHA-256 of the request as it was understood.
    pub body_sha256: [u8; 32],
    pub status: u16,
    pub body: String,
}

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    pub reference: Reference,
    pub body_sha256: [u8; 32],
    pub status: u16,
    pub body: String,
}

impl Store {
    /// The answer stored for a key, for a look before expensive work. [`Store::capture`] decides.
    pub async fn answer(&self, principal: &str, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        let mut connection = self.read().await?;
        find_answer(&mut connection, principal, key).await
    }

    /// Replaces the answer of a key that is known: the caller has waited, and was told more than at the capture. What was erased meanwhile
    /// stays erased (rule A3).
    pub async fn replace_answer(&self, principal: &str, key: &str, status: u16, body: String) -> Result<(), StoreError> {
        let (principal, key) = (principal.to_owned(), key.to_owned());
        self.write(move |connection| {
            async move {
                let update =
                    query("UPDATE answers SET status = $1, body = $2 WHERE principal = $3 AND key = $4 AND status <> $5");
                update.bind(status).bind(body).bind(scope(&principal)).bind(key).bind(GONE).execute(connection).await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }
}

/// Waits until nobody else decides about these keys.
pub(super) async fn lock_keys(connection: &mut Connection, answers: &[&Answer]) -> Result<(), StoreError> {
    lock_all(connection, answers.iter().map(|Answer { principal, key, .. }| Lock::Key { principal, key })).await
}

/// What is answered where the key was seen before, in order.
pub(super) async fn replay(connection: &mut Connection, answers: &[&Answer]) -> Result<Vec<Option<CaptureOutcome>>, StoreError> {
    if answers.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<_> = answers.iter().map(|answer| (scope(&answer.principal), answer.key.clone())).collect();
    let rows = query("SELECT principal, key, reference, body_sha256, status, body FROM (VALUES ")
        .push_rows(keys.iter().map(|(scope, key)| vec![scope.as_str().into(), key.as_str().into()]))
        .push(") AS wanted JOIN answers ON principal = wanted.column1 AND key = wanted.column2")
        .all(connection)
        .await?;
    let mut known = HashMap::new();
    for row in &rows {
        known.insert((row.text("principal")?, row.text("key")?), stored(row)?);
    }
    Ok(keys.iter().zip(answers).map(|(key, answer)| known.get(key).map(|first| again(first, answer))).collect())
}

fn again(first: &StoredAnswer, answer: &Answer) -> CaptureOutcome {
    if first.body_sha256 == answer.body_sha256 {
        CaptureOutcome::Replayed { reference: first.reference.clone(), status: first.status, body: first.body.clone() }
    } else {
        CaptureOutcome::KeyReused
    }
}

async fn find_answer(connection: &mut Connection, principal: &str, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
    let row = query("SELECT reference, body_sha256, status, body FROM answers WHERE principal = $1 AND key = $2")
        .bind(scope(principal))
        .bind(key)
        .optional(connection)
        .await?;
    row.as_ref().map(stored).transpose()
}

fn stored(row: &Row) -> Result<StoredAnswer, StoreError> {
    let digest = row.bytes("body_sha256")?.try_into();
    let body_sha256 = digest.map_err(|_| StoreError::Corrupt { what: "digest", reason: "not 32 bytes".to_owned() })?;
    let (reference, status) = (row.text("reference")?.into(), row.number("status")?);
    Ok(StoredAnswer { reference, body_sha256, status, body: row.text("body")? })
}

/// Keeps what requests were answered, each about a document.
pub(super) async fn keep_answers<'a>(
    connection: &mut Connection,
    answers: impl Iterator<Item = (&'a Answer, &'a Reference, Timestamp)>,
) -> Result<(), StoreError> {
    let rows: Vec<_> = answers
        .map(|(answer, reference, at)| {
            vec![
                scope(&answer.principal).into(),
                answer.key.as_str().into(),
                answer.operation.as_str().into(),
                answer.body_sha256.to_vec().into(),
                reference.to_string().into(),
                answer.status.into(),
                answer.body.as_str().into(),
                at.into(),
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let insert =
        query("INSERT INTO answers (principal, key, operation, body_sha256, reference, status, body, created_at) VALUES ");
    insert.push_rows(rows).execute(connection).await.map(drop)
}

/// Whose keys they are, as it is stored: nobody reads it, and a customer's name is personal.
fn scope(principal: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(principal))
}
