//! One receiver of webhooks over the host's egress: addresses are checked as dialed, no redirect is followed, everything is bounded.

use std::collections::BTreeMap;
use std::path::Path;

use http::header::RETRY_AFTER;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use tokio::time::Instant;
use url::{Position, Url};

use super::signature::Keys;
use crate::clock::Clock;
use crate::config::{LimitsConfig, WebhookConfig};
use crate::egress::{BindError, Budget, Egress, EgressError, EgressRequest, Trace, Traffic};
use crate::store::Delivery;

/// Bytes of an answer. What a receiver says is not read; this is only so that it does not say too much.
const REPLY_BYTES: usize = 256 * 1024;

/// Where the messages of one webhook go.
pub(super) struct Receiver {
    egress: Egress,
    path: String,
    query: Vec<(String, String)>,
    keys: Keys,
    config: WebhookConfig,
    clock: Clock,
}

/// What a receiver answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Seconds that it asks to be left alone for.
    pub(super) retry_after_secs: Option<u64>,
}

/// A webhook that cannot be delivered to as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum ReceiverError {
    #[error("is no URL")]
    Url,
    #[error("are no webhook secrets")]
    Secrets,
    #[error("{}", told(.0))]
    Bind(BindError),
}

/// By the option's name in `[webhooks.NAME]`.
fn told(cause: &BindError) -> String {
    match cause {
        BindError::BaseUrl(cause) => cause.to_string(),
        cause => cause.to_string(),
    }
}

impl ReceiverError {
    /// The option of the webhook that is wrong.
    pub(super) fn option(&self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Bind(BindError::Tls(_)) => "tls",
            Self::Url | Self::Bind(_) => "url",
        }
    }
}

/// The only endpoint.
const NAME: &str = "webhook";

impl Receiver {
    /// Files start at `folder`.
    pub(super) fn new(config: &WebhookConfig, folder: &Path, clock: &Clock) -> Result<Self, ReceiverError> {
        let url = Url::parse(&config.url).map_err(|_| ReceiverError::Url)?;
        let endpoints = BTreeMap::from([(NAME.into(), config.endpoint(url[..Position::BeforePath].to_owned()))]);
        let egress = Egress::bind(&endpoints, folder, clock)
            .map_err(|failed| failed.into_iter().next().map_or(ReceiverError::Url, |(_, cause)| ReceiverError::Bind(cause)))?;
        Ok(Self {
            egress,
            path: url.path().to_owned(),
            query: url.query_pairs().into_owned().collect(),
            keys: Keys::new(&config.secrets).ok_or(ReceiverError::Secrets)?,
            config: config.clone(),
            clock: clock.clone(),
        })
    }

    /// Sends a message once.
    pub(super) async fn send(&self, delivery: &Delivery) -> Result<Answer, EgressError> {
        let now = self.clock.now();
        let timestamp = now.as_second();
        let header = |name: &str, value: String| (name.to_owned(), value);
        let request = EgressRequest {
            method: "POST".to_owned(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: vec![
                header("content-type", "application/cloudevents+json".to_owned()),
                header("user-agent", concat!("ordergate/", env!("CARGO_PKG_VERSION")).to_owned()),
                header("webhook-id", delivery.id.clone()),
                header("webhook-timestamp", timestamp.to_string()),
                header("webhook-signature", self.keys.sign(&delivery.id, timestamp, &delivery.body)),
            ],
            body: Some(delivery.body.clone().into_bytes()),
            timeout: None,
        };
        let limits = LimitsConfig {
            egress_requests: 1,
            reply_bytes: REPLY_BYTES,
            reply_total_bytes: REPLY_BYTES,
            ..LimitsConfig::default()
        };
        let budget = Budget::new(&limits, Instant::now() + self.config.timeout(), Traffic::Transfer);
        let trace = Trace { request_id: uuid::Uuid::now_v7().to_string(), trace_parent: None };
        let reply = self.egress.send(NAME, request, &trace, &budget).await?;
        let retry_after = reply.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        Ok(Answer { status: reply.status.as_u16(), retry_after_secs: retry_after.and_then(|text| seconds(text, now)) })
    }
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
fn seconds(text: &str, now: Timestamp) -> Option<u64> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let at = rfc2822::DateTimeParser::new().parse_zoned(text).ok()?.timestamp();
        u64::try_from(at.duration_since(now).as_secs()).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_asks_to_be_left_alone_by_seconds_or_by_a_date() {
        let now: Timestamp = "2026-11-26T10:00:00Z".parse().unwrap();
        assert_eq!(seconds(" 120", now), Some(120));
        assert_eq!(seconds("Thu, 26 Nov 2026 10:01:00 GMT", now), Some(60));
        assert_eq!(seconds("Thu, 26 Nov 2026 09:00:00 GMT", now), None, "that is over");
        assert_eq!(seconds("soon", now), None);
    }
}
