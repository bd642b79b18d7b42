//! What two hosts must not decide at the same time. A lock is held to the end of the transaction; it is a number in PostgreSQL's memory, no
//! row, and costs no write. SQLite has one writer, so nothing needs a lock there.
//!
//! A transaction takes them in the order in which they are listed. Who holds the lock of a line waits for no row that another who wants the
//! same line may hold: so nobody waits in a circle.

use sha2::{Digest, Sha256};

use super::StoreError;
use super::sql::{Connection, Dialect, query};
use crate::domain::{AccountNumber, AdapterName, StoreName};

pub(super) enum Lock<'a> {
    /// An Idempotency-Key: whether it was answered (rule A2).
    Key { principal: &'a str, key: &'a str },
    /// A document at its back end: which order of ours accepts it, or is it.
    Number { adapter: &'a AdapterName, number: &'a str },
    /// Transfers of an account to an adapter: which of them is in turn (rule T6).
    Line { store: &'a StoreName, account: &'a AccountNumber, adapter: &'a AdapterName },
    /// Deleting what is no longer needed.
    Pruning,
}

/// Waits until nobody else holds it.
pub(super) async fn lock(connection: &mut Connection, lock: Lock<'_>) -> Result<(), StoreError> {
    match connection.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => query("SELECT pg_advisory_xact_lock($1)").bind(lock.number()).execute(connection).await.map(drop),
    }
}

/// The same for several of one kind, in an order that is the same for everyone.
pub(super) async fn lock_all<'a>(connection: &mut Connection, locks: impl Iterator<Item = Lock<'a>>) -> Result<(), StoreError> {
    if connection.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let mut numbers: Vec<_> = locks.map(|lock| lock.number()).collect();
    if numbers.is_empty() {
        return Ok(());
    }
    numbers.sort_unstable();
    let wanted = query("SELECT pg_advisory_xact_lock(number) FROM (VALUES ");
    let wanted = wanted.push_rows(numbers.into_iter().map(|number| vec![number.into()])).push(") AS wanted (number)");
    wanted.execute(connection).await.map(drop)
}

/// Takes it if nobody holds it; tells whether it did.
pub(super) async fn try_lock(connection: &mut Connection, lock: Lock<'_>) -> Result<bool, StoreError> {
    match connection.dialect() {
        Dialect::Sqlite => Ok(true),
        Dialect::Postgres => {
            let taken = query("SELECT pg_try_advisory_xact_lock($1)::int::bigint AS taken").bind(lock.number());
            Ok(taken.one(connection).await?.number::<i64>("taken")? == 1)
        }
    }
}

impl Lock<'_> {
    /// Tells lines apart within this process as well.
    pub(super) fn of_line(store: &StoreName, account: &AccountNumber, adapter: &AdapterName) -> i64 {
        Lock::Line { store, account, adapter }.number()
    }

    /// The same on every host. Two locks with the same number only wait for each other needlessly.
    fn number(&self) -> i64 {
        match self {
            Self::Key { principal, key } => number("key", &[principal, key]),
            Self::Number { adapter, number: of } => number("number", &[adapter.as_str(), of]),
            Self::Line { store, account, adapter } => number("line", &[store.as_str(), account.as_str(), adapter.as_str()]),
            Self::Pruning => number("pruning", &[]),
        }
    }
}

/// A lock's number from what it is about.
pub(super) fn number(kind: &str, parts: &[&str]) -> i64 {
    let mut hash = Sha256::new_with_prefix(format!("ordergate {kind}"));
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = hash.finalize().into();
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_anywhere_has_another_number() {
        let key = |principal, key| Lock::Key { principal, key }.number();
        assert_eq!(key("a", "b"), key("a", "b"));
        assert_ne!(key("ab", "c"), key("a", "bc"));
        assert_ne!(number("key", &["a"]), number("line", &["a"]));
    }
}
