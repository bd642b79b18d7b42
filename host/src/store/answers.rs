//! First answers to requests with an Idempotency-Key (rule A2): read before, and written with, what they captured.

use data_encoding::HEXLOWER;
use futures::FutureExt;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::lock::{Lock, lock};
use super::sql::{Connection, query};
use super::{CaptureOutcome, Store, StoreError};
use crate::domain::Reference;

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

    /// Replaces the answer of a key that is known: the caller has waited, and was told more than at the capture.
    pub async fn replace_answer(&self, principal: &str, key: &str, status: u16, body: String) -> Result<(), StoreError> {
        let (principal, key) = (principal.to_owned(), key.to_owned());
        self.write(move |connection| {
            async move {
                let update = query("UPDATE answers SET status = $1, body = $2 WHERE principal = $3 AND key = $4");
                update.bind(status).bind(body).bind(scope(&principal)).bind(key).execute(connection).await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }
}

/// What is answered when the key was seen before.
pub(super) async fn replay(connection: &mut Connection, answer: Option<&Answer>) -> Result<Option<CaptureOutcome>, StoreError> {
    let Some(answer) = answer else { return Ok(None) };
    lock(connection, Lock::Key { principal: &answer.principal, key: &answer.key }).await?;
    let stored = find_answer(connection, &answer.principal, &answer.key).await?;
    Ok(stored.map(|first| {
        if first.body_sha256 == answer.body_sha256 {
            CaptureOutcome::Replayed { reference: first.reference, status: first.status, body: first.body }
        } else {
            CaptureOutcome::KeyReused
        }
    }))
}

async fn find_answer(connection: &mut Connection, principal: &str, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
    let row = query("SELECT reference, body_sha256, status, body FROM answers WHERE principal = $1 AND key = $2")
        .bind(scope(principal))
        .bind(key)
        .optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let digest = row.bytes("body_sha256")?.try_into();
    let body_sha256 = digest.map_err(|_| StoreError::Corrupt { what: "digest", reason: "not 32 bytes".to_owned() })?;
    Ok(Some(StoredAnswer {
        reference: row.text("reference")?.into(),
        body_sha256,
        status: row.number("status")?,
        body: row.text("body")?,
    }))
}

pub(super) async fn keep_answer(
    connection: &mut Connection,
    answer: Option<Answer>,
    reference: &Reference,
    at: Timestamp,
) -> Result<(), StoreError> {
    let Some(answer) = answer else { return Ok(()) };
    query(
        "INSERT INTO answers (principal, key, operation, body_sha256, reference, status, body, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(scope(&answer.principal))
    .bind(answer.key)
    .bind(answer.operation)
    .bind(answer.body_sha256.to_vec())
    .bind(reference.to_string())
    .bind(answer.status)
    .bind(answer.body)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whose keys they are, as it is stored: nobody reads it, and a customer's name is personal.
fn scope(principal: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(principal))
}
