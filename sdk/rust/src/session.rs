//! A small memory that outlives the call: a CSRF token, a page cursor. May be emptied at any time. Never a customer's data.

use crate::host;
use std::time::Duration;

pub fn get(key: &str) -> Option<String> {
    host::session_get(key)
}

/// Keeps `value` for at most `ttl`; silently keeps nothing when the adapter's share is full.
pub fn put(key: &str, value: &str, ttl: Duration) {
    host::session_put(key, value, u32::try_from(ttl.as_millis()).unwrap_or(u32::MAX));
}
