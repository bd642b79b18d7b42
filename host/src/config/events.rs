//! `[events]`: what the outside is told of orders and quotes, and how many may listen at once.

use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

use super::Limit;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventsConfig {
    /// `source` of every event (CloudEvents 1.0: a URI reference). With several systems before one receiver: which one it is.
    pub source: String,
    /// How long events are kept: so far back can a listener that was away resume.
    pub keep_days: u32,
    /// How often a stream says that it is alive when nothing happens.
    pub heartbeat_secs: u64,
    /// Longest life of a stream; the listener connects again and resumes, and is authorized again.
    pub stream_secs: u64,
    /// Streams of this host; more are answered with 503.
    pub max_streams: usize,
    /// Streams of one caller for one account; more are answered with 429.
    pub max_streams_per_account: usize,
    /// Events that wait for a slow listener before its stream is ended.
    pub stream_buffer: usize,
}

impl Default for EventsConfig {
    fn default() -> Self {
        Self {
            source: "/ordergate".to_owned(),
            keep_days: 7,
            heartbeat_secs: 15,
            stream_secs: 3_600,
            max_streams: 1_000,
            max_streams_per_account: 20,
            stream_buffer: 64,
        }
    }
}

impl EventsConfig {
    /// Every number with its bounds.
    pub fn limits(&self) -> [Limit; 6] {
        [
            Limit::new("keep_days", self.keep_days.into(), 1, 3_650),
            Limit::new("heartbeat_secs", self.heartbeat_secs, 1, 3_600),
            Limit::new("stream_secs", self.stream_secs, 1, 24 * 3_600),
            Limit::new("max_streams", self.max_streams as u64, 0, 1_000_000),
            Limit::new("max_streams_per_account", self.max_streams_per_account as u64, 1, 1_000_000),
            Limit::new("stream_buffer", self.stream_buffer as u64, 1, 100_000),
        ]
    }

    pub fn keep(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(self.keep_days))
    }

    pub fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_secs)
    }

    pub fn stream(&self) -> Duration {
        Duration::from_secs(self.stream_secs)
    }
}
