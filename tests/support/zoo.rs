//! A host with a good adapter before the demo back end and a hostile one before a hostile back end: prices come from the good one,
//! availability from the hostile one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::programs::zoo_file;
use crate::{Client, DemoBackend, Host, HostConfig, HostileBackend, PLIERS, Reply, eventually, text};

/// Longest time for the good adapter's read beside anything that the hostile one does. Some ten milliseconds on a quiet machine; the tests
/// share theirs with each other.
const USUAL: Duration = Duration::from_secs(3);

/// The operator's secret that the host sends to the hostile back end.
pub const ZOO_KEY: &str = "key-of-the-hostile-back-end";

pub struct Zoo {
    pub host: Host,
    pub good: DemoBackend,
    pub bad: HostileBackend,
    acts: AtomicUsize,
}

impl Zoo {
    pub async fn open() -> Self {
        Self::with(|config| config).await
    }

    /// With a changed configuration.
    pub async fn with(change: impl FnOnce(HostConfig) -> HostConfig) -> Self {
        Self::with_backend(|config, _| change(config)).await
    }

    /// With a configuration that depends on the hostile back end.
    pub async fn with_backend(change: impl FnOnce(HostConfig, &HostileBackend) -> HostConfig) -> Self {
        let (good, bad) = (DemoBackend::start().await, HostileBackend::start().await);
        let config = Self::config(&good, &bad.url(), &zoo_component());
        Self { host: Host::start(change(config, &bad)).await, good, bad, acts: AtomicUsize::new(0) }
    }

    /// `component`: the hostile adapter's file, as TOML.
    pub fn config(good: &DemoBackend, bad: &str, component: &str) -> HostConfig {
        HostConfig::for_backend(&good.url(), good.key())
            .set("stores.main.availability", "\"zoo\"")
            .set("adapters.zoo.component", component)
            // Each act is to reach its guest, however many there were before.
            .set("adapters.zoo.breaker.consecutive_failures", "1000000")
            .set("adapters.zoo.breaker.min_calls", "1000000")
            .set("adapters.zoo.endpoints.api.base_url", &format!("\"{bad}/base\""))
            .set("adapters.zoo.endpoints.api.allow", r#"["loopback"]"#)
            .set("adapters.zoo.endpoints.api.first_byte_timeout_ms", "1000")
            .set("adapters.zoo.endpoints.api.between_bytes_timeout_ms", "1500")
            .set("adapters.zoo.endpoints.api.total_timeout_ms", "2500")
            .set(
                "adapters.zoo.endpoints.api.credential",
                r#"{ type = "header", name = "x-api-key", value = { env = "TEST_ZOO_KEY" } }"#,
            )
            .env("TEST_ZOO_KEY", ZOO_KEY)
    }

    /// Has the hostile adapter do something, as the item that is asked. Each time another item, so that nothing comes from the cache.
    pub async fn act(&self, act: &str) -> Reply {
        self.act_by(1001, act).await
    }

    /// The same for another customer: one customer's reads have only some of the places.
    pub async fn act_by(&self, customer: usize, act: &str) -> Reply {
        let number = self.acts.fetch_add(1, Ordering::Relaxed);
        self.host
            .caller("shop")
            .with("x-account", &format!("C-{customer}"))
            .get(&format!("/v1/availability/{act}~{number}?purpose=checkout"))
            .await
    }

    /// What the adapter tells about an act.
    pub async fn told(&self, act: &str) -> String {
        text(&self.act(act).await.expect_problem(422, "backend_rejected"), "/detail").to_owned()
    }

    /// The good adapter answers, live and in its usual time; the host is alive.
    pub async fn others_are_served(&self) {
        let began = Instant::now();
        good_read(&self.host.caller("hansen")).await;
        let took = began.elapsed();
        assert!(took < USUAL, "the good adapter's read took {took:?}");
        assert_eq!(self.host.ops().get("/livez").await.status, 200);
    }

    /// Nothing of the hostile adapter is left: no call in flight, and others are served.
    pub async fn is_well(&self) {
        eventually("no call of the hostile adapter is left", async || {
            (self.host.metric("ordergate_adapter_live_calls", &["adapter=\"zoo\""]).await == 0.0).then_some(())
        })
        .await;
        self.others_are_served().await;
    }

    /// How many calls and loads of the hostile adapter have run into a limit.
    pub async fn limit_hits(&self, limit: &str) -> f64 {
        let labels = ["adapter=\"zoo\"".to_owned(), format!("limit=\"{limit}\"")];
        self.host.metric("ordergate_adapter_limit_hits_total", &[&labels[0], &labels[1]]).await
    }

    /// How many of the hostile adapter's guests ended in such a way.
    pub async fn traps(&self, kind: &str) -> f64 {
        let labels = ["adapter=\"zoo\"".to_owned(), format!("kind=\"{kind}\"")];
        self.host.metric("ordergate_adapter_traps_total", &[&labels[0], &labels[1]]).await
    }

    /// How many of its requests the host refused to send.
    pub async fn denied(&self, reason: &str) -> f64 {
        let labels = ["adapter=\"zoo\"".to_owned(), format!("reason=\"{reason}\"")];
        self.host.metric("ordergate_egress_denied_total", &[&labels[0], &labels[1]]).await
    }
}

/// The hostile adapter's file, as TOML.
pub fn zoo_component() -> String {
    format!("{:?}", zoo_file().to_str().unwrap())
}

/// A price that is asked of the good back end each time.
pub async fn good_read(customer: &Client) -> Value {
    customer.get(&format!("/v1/offer-prices/{PLIERS}?quantity=1&purpose=checkout")).await.expect(200)
}
