//! Logs and metrics: how they are started. Names of metrics stand beside the code that counts them.

use std::io::IsTerminal;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Latency buckets in seconds: from a cached read (tens of microseconds) to a back end's time-out.
const SECONDS_BUCKETS: [f64; 14] =
    [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// How often what was measured is put into its buckets.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Starts logging to stderr: readable on a terminal, JSON otherwise. `ORDERGATE_LOG` sets the filter (default `info`).
pub fn start_logging() {
    let filter = EnvFilter::try_from_env("ORDERGATE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = if std::io::stderr().is_terminal() {
        registry.with(layer.with_target(false)).try_init()
    } else {
        registry.with(layer.json().flatten_event(true)).try_init()
    };
    if let Err(cause) = started {
        eprintln!("logging is already started: {cause}");
    }
}

/// Starts collecting metrics; the handle renders them for `/metrics`.
pub fn start_metrics() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS_BUCKETS)?
        .install_recorder()?;
    metrics::gauge!("ordergate_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

/// Puts measured times into their buckets again and again: until then each takes memory, scraped or not. Never returns.
pub async fn keep_up(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP_INTERVAL).await;
        metrics.run_upkeep();
    }
}
