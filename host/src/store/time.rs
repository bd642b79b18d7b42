//! What depends on the time when the time itself jumps: somebody sets the clock, or the machine stood still (rules T4, T7).

use std::time::Duration;

use futures::future::FutureExt;
use jiff::Timestamp;

use super::instant::after;
use super::sql::{Connection, query};
use super::{Store, StoreError};
use crate::config::WebhookConfig;

/// The time was not what it should have been.
#[derive(Clone, Copy, Debug)]
pub struct Jump {
    /// What the time was taken for.
    pub was: Timestamp,
    pub now: Timestamp,
}

impl Store {
    /// Makes what waits right for a time that has jumped: nothing waits for an instant that an earlier clock meant, how long something has been
    /// uncertain counts from now, so that no jump forward proves an absence, and whoever held a lease holds it for one more (rule T5): a jump
    /// forward must not take work from a host that is at it, one back must not keep the work of a dead host for longer.
    pub async fn put_right(&self, jump: Jump, lease: Duration) -> Result<(), StoreError> {
        self.write(move |connection| {
            async move {
                let Jump { was, now } = jump;
                put_right(connection, now).await?;
                let lease_until = after(now, lease);
                query("UPDATE transfers SET lease_until = $1, due_at = $1 WHERE turn IS NOT NULL AND lease_until > $2")
                    .bind(lease_until)
                    .bind(lease_until.min(was))
                    .execute(connection)
                    .await?;
                Ok(())
            }
            .boxed()
        })
        .await
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
    // No back-off of a webhook and no lease of one is so long.
    let far = after(now, 2 * Duration::from_millis(WebhookConfig::MAX_BACKOFF_MS));
    for statement in [
        "UPDATE deliveries SET due_at = $1 WHERE due_at > $2 AND parked_at IS NULL",
        "UPDATE webhooks SET rests_until = $1 WHERE rests_until > $2",
        "UPDATE webhooks SET lease_until = $1 WHERE lease_until > $2",
    ] {
        query(statement).bind(now).bind(far).execute(connection).await?;
    }
    Ok(())
}
