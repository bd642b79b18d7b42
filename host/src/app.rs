//! The composition root: configuration in, running host out. Start order and stop order are here and nowhere else.
//!
//! Start: store, adapters, pipeline, ports. Stop: readiness, ports, pipeline, webhooks, store.

mod activity;
mod listen;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::adapter::{self, Adapters, ReadThreads};
use crate::api::{ApiState, Authenticator, OpsState, operators_api, storefront_api};
use crate::cache::Shared;
use crate::clock::Clock;
use crate::config::{Config, Place};
use crate::events::{Feed, Webhooks};
use crate::pipeline::{AdapterBackend, Pipeline};
use crate::service::Commerce;
use crate::store::Store;
use crate::telemetry;
use listen::{Bounds, Listener};
use tokio_util::task::AbortOnDropHandle;

/// A running host.
pub struct App {
    pub api: SocketAddr,
    pub ops: SocketAddr,
    commerce: Commerce,
    storefronts: Listener,
    operators: Listener,
    pipeline: Pipeline,
    events: Feed,
    webhooks: Webhooks,
    store: Store,
    draining: Arc<AtomicBool>,
    drain: Duration,
    drain_notice: Duration,
    /// Ends with the host.
    _upkeep: AbortOnDropHandle<()>,
    _watch: AbortOnDropHandle<()>,
    _follow: AbortOnDropHandle<()>,
    _learn: AbortOnDropHandle<()>,
    _shared: Option<AbortOnDropHandle<()>>,
    _degraded: AbortOnDropHandle<()>,
    _reconcile: AbortOnDropHandle<()>,
    _feed: AbortOnDropHandle<()>,
    _keys: AbortOnDropHandle<()>,
    _reads: ReadThreads,
}

/// Where compiled adapters are kept: `ORDERGATE_CACHE_DIR`, or `cache` beside the database's file, or beside the configuration.
pub fn cache_folder(config: &Config) -> PathBuf {
    let beside = || match config.database.place() {
        Place::File(path) => path.parent().map(|folder| folder.join("cache")).unwrap_or_else(|| "cache".into()),
        Place::Server(_) => config.folder().join("cache"),
    };
    std::env::var_os("ORDERGATE_CACHE_DIR").map_or_else(beside, PathBuf::from)
}

impl App {
    /// Starts everything, or nothing: an error leaves no port open.
    pub async fn start(config: &Config, metrics: PrometheusHandle) -> anyhow::Result<Self> {
        adapter::metrics::describe();
        // Nobody can set this clock: how old published keys are is counted by time that passes.
        let authenticator = Arc::new(Authenticator::new(config, &Clock::followed(Timestamp::now()))?);
        // Ports first: an address in use is found out before a minute is spent compiling adapters.
        let api = listen::bind(config.server.listen, "server.listen").await?;
        let ops = listen::bind(config.ops.listen, "ops.listen").await?;
        let store = Store::open(&config.database).await?;
        let clock = store.clock().clone();
        let reads = ReadThreads::start().context("the threads for reads could not be started")?;
        let (folder, cache) = (config.folder(), cache_folder(config));
        let adapters =
            Arc::new(Adapters::load(&config.adapters, &folder, &cache, &config.runtime, &clock, reads.handle()).await?);
        adapters.check_pushes(config.inbound.keys())?;
        let backend = AdapterBackend::new(Arc::clone(&adapters), clock.clone());
        let amendments = config.stores.iter().map(|(name, store)| (name.clone(), store.amendments.clone())).collect();
        let pipeline = Pipeline::start(store.clone(), backend, config.transfer.clone(), amendments, clock.clone(), jitter_seed())
            .await
            .context("the transfer pipeline could not start")?;
        let events = Feed::open(store.clone(), &config.events, clock.clone()).await?;
        let webhooks = Webhooks::start(&config.webhooks, &events, &store, &folder, &clock, jitter_seed()).await?;
        let shared = config.cache.shared.as_ref().map(|shared| Shared::new(shared, &folder, &clock)).transpose()?;
        let keep = shared.clone().map(|shared| AbortOnDropHandle::new(tokio::spawn(shared.keep())));
        let reading = reads.handle();
        let commerce = Commerce::new(config, adapters, store.clone(), pipeline.clone(), events.clone(), shared, reading);
        commerce.learn_uncacheable().await?;
        let known_keys = Arc::clone(&authenticator);
        let keys = AbortOnDropHandle::new(tokio::spawn(async move { known_keys.keep().await }));
        let draining = Arc::new(AtomicBool::new(false));
        let upkeep = AbortOnDropHandle::new(tokio::spawn(telemetry::keep_up(metrics.clone())));
        let ops_state = OpsState::new(commerce.clone(), Arc::clone(&authenticator), metrics, config, Arc::clone(&draining));
        let (max_body_bytes, request_timeout) = (config.server.max_body_bytes, config.server.request_timeout());
        let api_state = ApiState { commerce: commerce.clone(), authenticator, max_body_bytes, request_timeout };
        let (api_front, ops_front) = (storefront_api(api_state, &config.server), operators_api(ops_state));
        let (api_address, ops_address) = (api.local_addr()?, ops.local_addr()?);
        let watch = AbortOnDropHandle::new(tokio::spawn(commerce.clone().watch_adapters()));
        let follow = AbortOnDropHandle::new(tokio::spawn(commerce.clone().follow_transfers()));
        let learn = AbortOnDropHandle::new(tokio::spawn(commerce.clone().follow_uncacheable()));
        let reconcile = AbortOnDropHandle::new(tokio::spawn(commerce.clone().reconcile()));
        let feed = AbortOnDropHandle::new(tokio::spawn(events.clone().keep()));
        let degraded = AbortOnDropHandle::new(tokio::spawn(commerce.clone().watch_degraded()));
        tracing::info!(api.address = %api_address, ops.address = %ops_address, "ordergate is ready");
        Ok(Self {
            api: api_address,
            ops: ops_address,
            commerce,
            storefronts: Listener::serve("api", api, api_front, bounds(config, config.server.max_connections), &clock),
            operators: Listener::serve("ops", ops, ops_front, bounds(config, config.ops.max_connections), &clock),
            pipeline,
            events,
            webhooks,
            store,
            draining,
            drain: config.server.drain(),
            drain_notice: config.server.drain_notice(),
            _upkeep: upkeep,
            _watch: watch,
            _follow: follow,
            _learn: learn,
            _shared: keep,
            _degraded: degraded,
            _reconcile: reconcile,
            _feed: feed,
            _keys: keys,
            _reads: reads,
        })
    }

    /// Reads the configuration again in the background; what comes of it is logged.
    pub fn reload(&self) {
        let commerce = self.commerce.clone();
        tokio::spawn(async move { drop(commerce.reload().await) });
    }

    /// Stops without losing anything: readiness ends, requests in flight end, transfers under way end, the store closes. The operators'
    /// port stays open to the last, so that a load balancer sees why.
    pub async fn stop(self) {
        tracing::info!("stopping: requests and transfers under way are finished");
        self.draining.store(true, Ordering::Relaxed);
        tokio::time::sleep(self.drain_notice).await;
        let ends = Instant::now() + self.drain;
        let left = || ends.saturating_duration_since(Instant::now());
        // Who listens connects to another host, and goes on there; so does what is to be delivered.
        self.events.stop();
        self.webhooks.stop();
        self.storefronts.stop(left()).await;
        let left_over = self.pipeline.drain(left()).await;
        if left_over > 0 {
            tracing::warn!(transfers = left_over, "transfers were still under way: they are looked up at the next start");
        }
        self.webhooks.drain(left()).await;
        self.operators.stop(left().max(Duration::from_secs(1))).await;
        self.store.close().await;
        tracing::info!("stopped");
    }
}

fn bounds(config: &Config, connections: usize) -> Bounds {
    Bounds { connections, headers: config.server.header_read_timeout(), idle: config.server.idle_timeout() }
}

/// Two hosts must not back off in step.
fn jitter_seed() -> u64 {
    uuid::Uuid::now_v7().as_u64_pair().1
}
