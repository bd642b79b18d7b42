//! The keys that an issuer publishes, as they were fetched last. Fetched in the background, and when a token names a key that is not known; the
//! last good ones stay in force while no newer ones can be had.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::fetch::{Fetch, FetchError};
use super::key_set::KeySet;
use super::tokens::SetupError;
use crate::clock::Clock;
use crate::config::{JwksConfig, JwtConfig};

/// Keeps an issuer's keys.
pub(super) struct Issuer {
    fetch: Fetch,
    config: JwksConfig,
    clock: Clock,
    known: ArcSwapOption<Known>,
    /// When a fetch began last. Held while one is under way: one at a time, whoever waits for it.
    began: Mutex<Option<Timestamp>>,
}

/// Keys, and when they were fetched.
pub(super) struct Known {
    pub(super) keys: KeySet,
    at: Timestamp,
}

impl Issuer {
    pub(super) fn new(url: &str, config: &JwtConfig, folder: &Path, clock: &Clock) -> Result<Self, SetupError> {
        describe();
        let fetch = Fetch::new(url, &config.jwks, config.algorithm, folder, clock)?;
        let (known, began) = (ArcSwapOption::empty(), Mutex::default());
        Ok(Self { fetch, config: config.jwks.clone(), clock: clock.clone(), known, began })
    }

    /// Fetches now, and again and again. Never returns.
    pub(super) async fn keep(&self) {
        loop {
            let wait = if self.refresh().await { self.config.refresh() } else { self.config.retry() };
            self.clock.sleep(wait).await;
        }
    }

    /// The keys in force, unless they are too old.
    pub(super) fn known(&self) -> Option<Arc<Known>> {
        let known = self.known.load_full()?;
        (self.age(known.at) <= SignedDuration::try_from(self.config.keep()).unwrap_or(SignedDuration::MAX)).then_some(known)
    }

    /// The keys in force, fetched again unless that was done within `retry_secs`: a flood of tokens with made-up keys must not become a flood
    /// of fetches.
    pub(super) async fn newer(&self) -> Option<Arc<Known>> {
        let mut began = self.began.lock().await;
        let rests = |at: Timestamp| self.age(at) < SignedDuration::try_from(self.config.retry()).unwrap_or(SignedDuration::MAX);
        if !began.is_some_and(rests) {
            *began = Some(self.clock.now());
            self.take().await;
        }
        self.known()
    }

    /// Whether keys were ever fetched.
    pub(super) fn has_keys(&self) -> bool {
        self.known.load().is_some()
    }

    async fn refresh(&self) -> bool {
        let mut began = self.began.lock().await;
        *began = Some(self.clock.now());
        self.take().await
    }

    /// A failure leaves what is known in force.
    async fn take(&self) -> bool {
        let fetched = self.fetch.run().await;
        let outcome = fetched.as_ref().map_or_else(FetchError::outcome, |_| "ok");
        metrics::counter!("ordergate_jwks_fetches_total", "outcome" => outcome).increment(1);
        match fetched {
            Ok(keys) => {
                let at = self.clock.now();
                metrics::gauge!("ordergate_jwks_keys").set(u32::try_from(keys.len()).map_or(f64::MAX, f64::from));
                metrics::gauge!("ordergate_jwks_fetched_timestamp_seconds").set(at.as_duration().as_secs_f64());
                if self.known.swap(Some(Arc::new(Known { keys, at }))).is_none() {
                    tracing::info!("the issuer's keys are there");
                }
                true
            }
            Err(cause) => {
                tracing::warn!(error = %cause, "the keys of access.jwt.jwks_url are as they were");
                false
            }
        }
    }

    /// A clock that was set back makes nothing younger than it is.
    fn age(&self, at: Timestamp) -> SignedDuration {
        self.clock.now().duration_since(at).abs()
    }
}

/// Fetches an issuer's keys once, for `ordergate check`; how many fit, or nothing when keys are configured.
pub async fn try_issuer(config: &JwtConfig, folder: &Path) -> Option<Result<usize, FetchError>> {
    let url = config.jwks_url.as_ref()?;
    let fetch = Fetch::new(url, &config.jwks, config.algorithm, folder, &Clock::system()).ok()?;
    Some(fetch.run().await.map(|keys| keys.len()))
}

fn describe() {
    metrics::describe_counter!("ordergate_jwks_fetches_total", "Fetches of the issuer's keys, by outcome");
    metrics::describe_gauge!("ordergate_jwks_keys", "Keys of the issuer that fit access.jwt.algorithm");
    metrics::describe_gauge!("ordergate_jwks_fetched_timestamp_seconds", "When the issuer's keys were fetched last");
    for outcome in ["ok", "unreachable", "refused"] {
        metrics::counter!("ordergate_jwks_fetches_total", "outcome" => outcome).increment(0);
    }
}
