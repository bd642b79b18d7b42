//! What depends on the time when the time itself jumps: somebody sets the clock, or the machine stood still (rules T4, T7).

use futures::future::FutureExt;
use jiff::Timestamp;

use super::sql::{Connection, query};
use super::{Store, StoreError};

impl Store {
    /// Makes what waits right for a time that has jumped to `now`: nothing waits for an instant that an earlier clock meant, and how long
    /// something has been uncertain counts from now, so that no jump forward proves an absence.
    pub async fn put_right(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| put_right(connection, now).boxed()).await
    }
}

pub(super) async fn put_right(connection: &mut Connection, now: Timestamp) -> Result<(), StoreError> {
    // What was written later than now was written by a clock that was ahead.
    query("UPDATE transfers SET due_at = $1, updated_at = $1 WHERE turn IS NOT NULL AND lease_until IS NULL AND updated_at > $1")
        .bind(now)
        .execute(connection)
        .await?;
    query("UPDATE transfers SET unknown_since = $1 WHERE turn IS NOT NULL AND state = 'unknown'")
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}
