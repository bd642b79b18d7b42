//! The connection to the shared cache's server: one for everything, made again and again in the background, watched with pings.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, ProtocolVersion};
use tokio::time::{sleep, timeout};

use crate::config::SharedCacheConfig;

const PING_INTERVAL: Duration = Duration::from_secs(2);
/// After a failed attempt, doubled up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The configured server cannot be one.
#[derive(Debug, thiserror::Error)]
#[error("{0}; it is redis://HOST:PORT/DATABASE, or rediss:// for TLS")]
pub struct LinkError(String);

/// The connection, when there is one.
pub(super) struct Link {
    connection: ArcSwapOption<MultiplexedConnection>,
    client: Client,
    connect_timeout: Duration,
}

type OnAttached = Box<dyn Fn() + Send + Sync>;

impl Link {
    pub(super) fn start(config: &SharedCacheConfig, on_attached: OnAttached) -> Result<Arc<Self>, LinkError> {
        let client = client(config)?;
        let link = Arc::new(Self { connection: ArcSwapOption::empty(), client, connect_timeout: config.connect_timeout() });
        tokio::spawn(keep(Arc::clone(&link), on_attached));
        Ok(link)
    }

    pub(super) fn connection(&self) -> Option<MultiplexedConnection> {
        self.connection.load().as_deref().cloned()
    }

    async fn connect(&self) -> redis::RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_timeout))
            // Each command has its own, shorter one.
            .set_response_timeout(Some(self.connect_timeout));
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// Returns when the server does not answer any more.
    async fn watch(&self, mut connection: MultiplexedConnection) {
        loop {
            sleep(PING_INTERVAL).await;
            let ping = redis::cmd("PING");
            let answered = timeout(self.connect_timeout, ping.query_async::<()>(&mut connection)).await;
            if !matches!(answered, Ok(Ok(()))) {
                return;
            }
        }
    }
}

fn client(config: &SharedCacheConfig) -> Result<Client, LinkError> {
    let unusable = |cause: redis::RedisError| LinkError(cause.to_string());
    let info = config.url.as_str().into_connection_info().map_err(unusable)?;
    let mut settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    if let Some(user) = &config.user {
        settings = settings.set_username(user);
    }
    if let Some(password) = &config.password {
        settings = settings.set_password(password.expose());
    }
    Client::open(info.set_redis_settings(settings)).map_err(unusable)
}

async fn keep(link: Arc<Link>, on_attached: OnAttached) {
    let attached = metrics::gauge!("ordergate_shared_cache_attached");
    let mut wait = FIRST_WAIT;
    loop {
        attached.set(0.0);
        match link.connect().await {
            Ok(connection) => {
                tracing::info!("the shared cache is attached");
                on_attached();
                link.connection.store(Some(Arc::new(connection.clone())));
                attached.set(1.0);
                wait = FIRST_WAIT;
                link.watch(connection).await;
                link.connection.store(None);
                tracing::warn!("the shared cache does not answer: going on without it");
            }
            Err(cause) => tracing::warn!(error = %cause, "the shared cache cannot be reached: going on without it"),
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}
