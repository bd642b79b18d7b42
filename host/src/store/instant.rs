//! How instants are stored: milliseconds since 1970 (UTC), rounded down.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::StoreError;

pub(super) fn to_millis(instant: Timestamp) -> i64 {
    instant.as_millisecond()
}

pub(super) fn from_millis(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(StoreError::corrupt("instant"))
}

/// An instant after another; the end of time when there is none.
pub(super) fn after(instant: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    instant.saturating_add(by).unwrap_or(Timestamp::MAX)
}
