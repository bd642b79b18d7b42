//! `[adapters.NAME.inbound]`: who may push changes to an adapter, how that is proven, and how much of it is taken (rule F12).

use std::time::Duration;

use serde::Deserialize;

use super::{Limit, Secret};

/// Without it, nothing can be pushed to the adapter.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboundConfig {
    /// How the sender proves that it is the back end.
    pub sender: SenderConfig,
    /// Headers that are handed to the adapter, besides `content-type`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// How far a signed timestamp may be from the host's clock, in seconds.
    #[serde(default = "default_tolerance_secs")]
    pub tolerance_secs: u64,
    /// How far the back end's clock may be from the host's, in seconds: changes further in the future are not believed, and what cannot be told
    /// apart within that time is asked instead.
    #[serde(default = "default_clock_skew_secs")]
    pub clock_skew_secs: u64,
    /// Bytes of a message.
    #[serde(default = "default_max_body_bytes")]
    pub max_body_bytes: usize,
    /// Events in a message.
    #[serde(default = "default_max_events")]
    pub max_events: usize,
    /// Messages in a second, after as many at once.
    #[serde(default = "default_max_per_sec")]
    pub max_per_sec: u32,
    /// Messages being received at the same time.
    #[serde(default = "default_max_concurrent")]
    pub max_concurrent: usize,
}

/// How a sender proves who it is. Of two secrets either is good, so that they can be changed one after the other.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum SenderConfig {
    /// A header holds the HMAC-SHA256 of the message.
    HmacSha256 {
        header: String,
        #[serde(default)]
        encoding: Encoding,
        /// What stands before the signature, such as `sha256=`.
        #[serde(default)]
        prefix: String,
        /// Holds Unix seconds or milliseconds, which are signed as well.
        timestamp_header: Option<String>,
        /// What is signed: a text with `{timestamp}` and, at its end, `{body}`. Absent: `{timestamp}.{body}` with a timestamp, else `{body}`.
        signed: Option<String>,
        secrets: Vec<Secret>,
    },
    /// <https://www.standardwebhooks.com>: `webhook-id`, `webhook-timestamp` and `webhook-signature`. Secrets begin with `whsec_`.
    StandardWebhooks { secrets: Vec<Secret> },
    /// A header holds the secret itself; `Bearer ` before it is left out.
    Token {
        #[serde(default = "default_token_header")]
        header: String,
        secrets: Vec<Secret>,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    #[default]
    Hex,
    Base64,
}

fn default_token_header() -> String {
    "authorization".to_owned()
}

fn default_tolerance_secs() -> u64 {
    300
}

fn default_clock_skew_secs() -> u64 {
    60
}

fn default_max_body_bytes() -> usize {
    256 * 1024
}

fn default_max_events() -> usize {
    1_000
}

fn default_max_per_sec() -> u32 {
    100
}

fn default_max_concurrent() -> usize {
    16
}

impl InboundConfig {
    /// Every number with its bounds.
    pub fn limits(&self) -> [Limit; 6] {
        const DAY_SECS: u64 = 24 * 60 * 60;
        [
            Limit::new("tolerance_secs", self.tolerance_secs, 1, DAY_SECS),
            Limit::new("clock_skew_secs", self.clock_skew_secs, 0, DAY_SECS),
            Limit::new("max_body_bytes", self.max_body_bytes as u64, 1, 16 * 1024 * 1024),
            Limit::new("max_events", self.max_events as u64, 1, 100_000),
            Limit::new("max_per_sec", u64::from(self.max_per_sec), 1, 100_000),
            Limit::new("max_concurrent", self.max_concurrent as u64, 1, 1_000),
        ]
    }

    pub fn tolerance(&self) -> Duration {
        Duration::from_secs(self.tolerance_secs)
    }

    pub fn clock_skew(&self) -> Duration {
        Duration::from_secs(self.clock_skew_secs)
    }
}

impl SenderConfig {
    /// As the configuration names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::HmacSha256 { .. } => "hmac_sha256",
            Self::StandardWebhooks { .. } => "standard_webhooks",
            Self::Token { .. } => "token",
        }
    }

    pub fn secrets(&self) -> &[Secret] {
        match self {
            Self::HmacSha256 { secrets, .. } | Self::StandardWebhooks { secrets } | Self::Token { secrets, .. } => secrets,
        }
    }
}
