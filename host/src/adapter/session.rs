//! The small memory of an adapter that outlives its calls (interface `session`). Bounded and best effort: never shared between adapters,
//! emptied by a restart.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::clock::Clock;

const MAX_KEYS: usize = 256;
const MAX_KEY_BYTES: usize = 256;
const MAX_VALUE_BYTES: usize = 4 * 1024;

/// Values until they expire.
#[derive(Debug)]
pub(super) struct Sessions {
    kept: Mutex<BTreeMap<String, Kept>>,
    clock: Clock,
}

#[derive(Debug)]
struct Kept {
    value: String,
    until: Timestamp,
}

impl Sessions {
    pub(super) fn new(clock: Clock) -> Self {
        Self { kept: Mutex::default(), clock }
    }

    pub(super) fn get(&self, key: &str) -> Option<String> {
        let now = self.clock.now();
        let mut kept = self.kept.lock();
        let found = kept.get(key)?;
        if found.until > now {
            return Some(found.value.clone());
        }
        kept.remove(key);
        None
    }

    /// Keeps nothing when the share is full or the value too large.
    pub(super) fn put(&self, key: String, value: String, ttl: Duration) {
        if key.len() > MAX_KEY_BYTES || value.len() > MAX_VALUE_BYTES {
            return;
        }
        let now = self.clock.now();
        let ttl = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::ZERO);
        let until = now.saturating_add(ttl).unwrap_or(now);
        let mut kept = self.kept.lock();
        if kept.len() >= MAX_KEYS && !kept.contains_key(&key) {
            kept.retain(|_, entry| entry.until > now);
        }
        if kept.len() < MAX_KEYS || kept.contains_key(&key) {
            kept.insert(key, Kept { value, until });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn sessions() -> (Sessions, Clock) {
        let clock = Clock::manual("2026-11-22T12:00:00Z".parse().unwrap());
        (Sessions::new(clock.clone()), clock)
    }

    #[test]
    fn a_value_is_kept_until_it_expires() {
        let (sessions, clock) = sessions();
        sessions.put("csrf".into(), "token".into(), MINUTE);
        assert_eq!(sessions.get("csrf").as_deref(), Some("token"));
        clock.advance(SignedDuration::from_secs(60));
        assert_eq!(sessions.get("csrf"), None);
    }

    #[test]
    fn a_full_share_keeps_nothing_more_until_something_expires() {
        let (sessions, clock) = sessions();
        for number in 0..MAX_KEYS {
            sessions.put(number.to_string(), "x".into(), MINUTE);
        }
        sessions.put("more".into(), "x".into(), MINUTE);
        assert_eq!(sessions.get("more"), None);
        sessions.put("0".into(), "changed".into(), MINUTE);
        assert_eq!(sessions.get("0").as_deref(), Some("changed"));
        clock.advance(SignedDuration::from_secs(61));
        sessions.put("more".into(), "x".into(), MINUTE);
        assert_eq!(sessions.get("more").as_deref(), Some("x"));
    }

    #[test]
    fn a_large_value_is_not_kept() {
        let (sessions, _) = sessions();
        sessions.put("large".into(), "x".repeat(MAX_VALUE_BYTES + 1), MINUTE);
        assert_eq!(sessions.get("large"), None);
    }
}
