//! Webhooks: every event of the log is sent to those outside who want it, at least once, within a document in order. One task for each; of
//! several hosts one has the lease and delivers. What is to be sent is committed before it is sent, what came of it after.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::courier::Courier;
use super::feed::Feed;
use super::metrics;
use super::receiver::{Receiver, ReceiverError};
use crate::clock::Clock;
use crate::config::WebhookConfig;
use crate::domain::{Dice, WebhookName};
use crate::store::{Store, StoreError};

/// How often the gauges are brought up to date.
const FIGURES: Duration = Duration::from_secs(5);

/// A webhook that cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("webhooks.{name}.{}: {cause}", .cause.option())]
    Receiver { name: WebhookName, cause: ReceiverError },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WebhookError {
    /// Its place in the configuration, and what is wrong there.
    pub fn problem(&self) -> Option<(String, String)> {
        match self {
            Self::Receiver { name, cause } => Some((format!("webhooks.{name}.{}", cause.option()), cause.to_string())),
            Self::Store(_) => None,
        }
    }
}

fn receiver(name: &WebhookName, config: &WebhookConfig, folder: &Path, clock: &Clock) -> Result<Receiver, WebhookError> {
    Receiver::new(config, folder, clock).map_err(|cause| WebhookError::Receiver { name: name.clone(), cause })
}

/// The webhooks of this host. Cheap to clone; they run until [`Webhooks::drain`].
#[derive(Clone)]
pub struct Webhooks {
    couriers: Arc<Mutex<Option<JoinSet<()>>>>,
    stop: CancellationToken,
}

impl Webhooks {
    /// Starts to deliver what happens from now on, and what waits from before. Files start at `folder`; `seed` makes the jitter repeatable.
    pub async fn start(
        configs: &BTreeMap<WebhookName, WebhookConfig>,
        feed: &Feed,
        store: &Store,
        folder: &Path,
        clock: &Clock,
        seed: u64,
    ) -> Result<Self, WebhookError> {
        let (stop, dice) = (CancellationToken::new(), Arc::new(Dice::seeded(seed)));
        let mut couriers = JoinSet::new();
        metrics::describe_webhooks(configs.keys());
        for (name, config) in configs {
            let receiver = receiver(name, config, folder, clock)?;
            store.know_webhook(name).await?;
            let courier = Courier {
                name: name.clone(),
                config: config.clone(),
                receiver: Arc::new(receiver),
                store: store.clone(),
                clock: clock.clone(),
                dice: Arc::clone(&dice),
                source: feed.source().to_owned(),
                log: feed.log().to_owned(),
                head: feed.head(),
                stop: stop.clone(),
            };
            couriers.spawn(courier.run());
        }
        if !configs.is_empty() {
            let (stop, keep) = (stop.clone(), figures(store.clone(), clock.clone()));
            couriers.spawn(async move {
                stop.run_until_cancelled(keep).await;
            });
        }
        Ok(Self { couriers: Arc::new(Mutex::new(Some(couriers))), stop })
    }

    /// What keeps these from being started.
    pub fn check(configs: &BTreeMap<WebhookName, WebhookConfig>, folder: &Path, clock: &Clock) -> Vec<WebhookError> {
        configs.iter().filter_map(|(name, config)| receiver(name, config, folder, clock).err()).collect()
    }

    /// Begins nothing more.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Begins nothing more and waits for what is under way, at most so long. What is cut off is delivered again at the next start.
    pub async fn drain(&self, deadline: Duration) {
        self.stop();
        let Some(mut couriers) = self.couriers.lock().take() else { return };
        let all = async { while couriers.join_next().await.is_some() {} };
        if timeout(deadline, all).await.is_err() {
            tracing::warn!("events were still being delivered: they are delivered again at the next start");
        }
    }
}

/// Keeps the gauges up to date, until it is dropped.
async fn figures(store: Store, clock: Clock) {
    loop {
        match store.webhooks().await {
            Ok(standings) => {
                let now = clock.now();
                standings.iter().for_each(|standing| metrics::standing(standing, age(standing.oldest_waiting, now)));
            }
            Err(cause) => tracing::warn!(error = %cause, "how webhooks stand could not be read"),
        }
        sleep(FIGURES).await;
    }
}

/// Seconds.
fn age(oldest: Option<Timestamp>, now: Timestamp) -> f64 {
    oldest.map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64().max(0.0))
}
