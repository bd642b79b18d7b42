//! The small memory of an adapter that outlives its calls (interface `session`). Bounded and best effort: never shared between adapters,
//! emptied by a restart.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::clock::Clock;
use crate::config::LimitsConfig;

/// A key is a name.
const MAX_KEY_BYTES: usize = 256;

/// Values until they expire.
#[derive(Debug)]
pub(super) struct Sessions {
    kept: Mutex<BTreeMap<String, Kept>>,
    most: usize,
    value_bytes: usize,
    clock: Clock,
}

#[derive(Debug)]
struct Kept {
    value: String,
    until: Timestamp,
}

impl Sessions {
    pub(super) fn new(limits: &LimitsConfig, clock: Clock) -> Self {
        Self { kept: Mutex::default(), most: limits.session_values, value_bytes: limits.session_value_bytes, clock }
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

    /// Keeps nothing when the share is full or the value too large: the limit that was in the way.
    pub(super) fn put(&self, key: String, value: String, ttl: Duration) -> Result<(), &'static str> {
        if value.len() > self.value_bytes {
            return Err("session_value_bytes");
        }
        if key.len() > MAX_KEY_BYTES {
            return Ok(());
        }
        let now = self.clock.now();
        let ttl = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::ZERO);
        let until = now.saturating_add(ttl).unwrap_or(now);
        let mut kept = self.kept.lock();
        if kept.len() >= self.most && !kept.contains_key(&key) {
            kept.retain(|_, entry| entry.until > now);
        }
        if kept.len() >= self.most && !kept.contains_key(&key) {
            return Err("session_values");
        }
        kept.insert(key, Kept { value, until });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn sessions() -> (Sessions, Clock) {
        let clock = Clock::manual("2026-11-22T12:00:00Z".parse().unwrap());
        let limits = LimitsConfig { session_values: 3, session_value_bytes: 10, ..LimitsConfig::default() };
        (Sessions::new(&limits, clock.clone()), clock)
    }

    #[test]
    fn a_value_is_kept_until_it_expires() {
        let (sessions, clock) = sessions();
        assert_eq!(sessions.put("csrf".into(), "token".into(), MINUTE), Ok(()));
        assert_eq!(sessions.get("csrf").as_deref(), Some("token"));
        clock.advance(SignedDuration::from_secs(60));
        assert_eq!(sessions.get("csrf"), None);
    }

    #[test]
    fn a_full_share_keeps_nothing_more_until_something_expires() {
        let (sessions, clock) = sessions();
        for number in 0..3 {
            assert_eq!(sessions.put(number.to_string(), "x".into(), MINUTE), Ok(()));
        }
        assert_eq!(sessions.put("more".into(), "x".into(), MINUTE), Err("session_values"));
        assert_eq!(sessions.get("more"), None);
        assert_eq!(sessions.put("0".into(), "changed".into(), MINUTE), Ok(()));
        assert_eq!(sessions.get("0").as_deref(), Some("changed"));
        clock.advance(SignedDuration::from_secs(61));
        assert_eq!(sessions.put("more".into(), "x".into(), MINUTE), Ok(()));
        assert_eq!(sessions.get("more").as_deref(), Some("x"));
    }

    #[test]
    fn a_large_value_is_not_kept() {
        let (sessions, _) = sessions();
        assert_eq!(sessions.put("large".into(), "x".repeat(11), MINUTE), Err("session_value_bytes"));
        assert_eq!(sessions.get("large"), None);
    }
}
