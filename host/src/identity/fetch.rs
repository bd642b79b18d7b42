//! One fetch of an issuer's keys: bounded in time and size, over the host's own egress (addresses checked as dialed, no redirect followed).

use std::collections::BTreeMap;
use std::path::Path;

use http::StatusCode;
use tokio::time::Instant;
use url::{Position, Url};

use super::key_set::{KeySet, KeySetError};
use super::tokens::SetupError;
use crate::clock::Clock;
use crate::config::{JwksConfig, JwtAlgorithm, LimitsConfig};
use crate::egress::{Budget, Egress, EgressError, EgressRequest, Trace, Traffic};

/// Why there are no newer keys.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("the issuer's keys cannot be fetched: {0}")]
    Unreachable(#[from] EgressError),
    #[error("the issuer answered {0} when it was asked for its keys")]
    Status(StatusCode),
    #[error("the issuer's keys are refused: {0}")]
    Refused(#[from] KeySetError),
}

impl FetchError {
    /// As a metric label.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Unreachable(EgressError::TooLarge { .. }) | Self::Refused(_) => "refused",
            Self::Unreachable(_) | Self::Status(_) => "unreachable",
        }
    }
}

/// What is asked, and how it is read.
pub(super) struct Fetch {
    egress: Egress,
    request: EgressRequest,
    algorithm: JwtAlgorithm,
    config: JwksConfig,
}

/// The only endpoint.
const NAME: &str = "jwks";

impl Fetch {
    /// Files start at `folder`.
    pub(super) fn new(
        url: &str,
        config: &JwksConfig,
        algorithm: JwtAlgorithm,
        folder: &Path,
        clock: &Clock,
    ) -> Result<Self, SetupError> {
        let url = Url::parse(url).map_err(|_| SetupError::Url)?;
        let endpoints = BTreeMap::from([(NAME.into(), config.endpoint(url[..Position::BeforePath].to_owned()))]);
        let egress = Egress::bind(&endpoints, folder, clock)
            .map_err(|failed| failed.into_iter().next().map_or(SetupError::Url, |(_, cause)| SetupError::Bind(cause)))?;
        let request = EgressRequest {
            method: "GET".to_owned(),
            path: url.path().to_owned(),
            query: url.query_pairs().into_owned().collect(),
            headers: vec![("accept".to_owned(), "application/jwk-set+json, application/json".to_owned())],
            body: None,
            timeout: None,
        };
        Ok(Self { egress, request, algorithm, config: config.clone() })
    }

    pub(super) async fn run(&self) -> Result<KeySet, FetchError> {
        let bytes = self.config.max_bytes;
        let limits = LimitsConfig {
            egress_requests: 2,
            reply_bytes: bytes,
            reply_total_bytes: bytes.saturating_mul(2),
            ..LimitsConfig::default()
        };
        let budget = Budget::new(&limits, Instant::now() + self.config.timeout(), Traffic::Read);
        let trace = Trace { request_id: uuid::Uuid::now_v7().to_string(), trace_parent: None };
        let reply = self.egress.send(NAME, self.request.clone(), &trace, &budget).await?;
        if reply.status != StatusCode::OK {
            return Err(FetchError::Status(reply.status));
        }
        Ok(KeySet::read(&reply.body, self.algorithm, self.config.max_keys)?)
    }
}
