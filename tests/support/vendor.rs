//! Vendor-shaped back ends as processes, and a host before one. What they have in common is the control of tests; what they are, they say themselves.

use std::ops::DerefMut;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::backend_process::BackendProcess;
use crate::{Client, Host, HostConfig};

const USER: &str = "SHOP";
const PASSWORD: &str = "back-end-password-of-this-test";

/// A running vendor-shaped back end. It loses its data over a restart.
pub struct VendorBackend {
    process: BackendProcess,
}

/// One of the vendors.
pub trait Vendor: DerefMut<Target = VendorBackend> {
    /// Not started yet.
    fn stopped() -> Self;

    /// A host before it.
    fn config(&self) -> HostConfig;
}

impl VendorBackend {
    pub(crate) fn new(name: &'static str, program: PathBuf) -> Self {
        Self { process: BackendProcess::new(name, program, ["--user", USER, "--password", PASSWORD]) }
    }

    pub async fn start_again(&mut self) {
        self.process.start_again().await;
    }

    pub async fn stop(&mut self) {
        self.process.stop().await;
    }

    pub fn url(&self) -> String {
        self.process.url()
    }

    /// Password of its user.
    pub fn password(&self) -> &str {
        PASSWORD
    }

    /// Speaks to the back end's `/control`.
    pub fn control(&self) -> Client {
        self.process.client()
    }

    /// Disturbs requests of a resource `times` times.
    pub async fn disturb(&self, method: &str, path: &str, fault: &str, times: u32) {
        let rule = json!({"method": method, "path_prefix": path, "fault": fault, "times": times, "retry_after_secs": 1});
        self.control().put("/control/faults", &json!({"rules": [rule]})).await.expect(204);
    }

    /// How the whole system behaves from now on.
    pub async fn behave(&self, behavior: &Value) {
        self.control().put("/control/system", behavior).await.expect(204);
    }

    /// All orders there with our reference; more than one is a doubled order.
    pub async fn orders_with_reference(&self, reference: &str) -> Vec<Value> {
        let found = self.control().get(&format!("/control/orders?reference={reference}")).await.expect(200);
        found.as_array().expect("a list").clone()
    }

    /// How many requests of a resource came, such as `POST API_SALES_ORDER_SRV/A_SalesOrder`.
    pub async fn requests(&self, resource: &str) -> u64 {
        self.stats().await["requests"][resource].as_u64().unwrap_or(0)
    }

    /// How often a fault was met.
    pub async fn faults(&self, fault: &str) -> u64 {
        self.stats().await["faults"][fault].as_u64().unwrap_or(0)
    }

    pub async fn count_from_zero(&self) {
        self.control().delete("/control/stats").await.expect(204);
    }

    /// Changes fields of an order's header, or with `items` of each of its items.
    pub async fn change_order(&self, number: &str, change: &Value) {
        self.control().put(&format!("/control/orders/{number}"), change).await.expect(204);
    }

    /// The sales desk answers every quote request that waits.
    pub async fn answer_quotes(&self) {
        self.control().post("/control/answer", &json!({})).await.expect(204);
    }

    async fn stats(&self) -> Value {
        self.control().get("/control/stats").await.expect(200)
    }
}

/// A back end of a vendor, started.
pub async fn started<B: Vendor>() -> B {
    let mut backend = B::stopped();
    backend.start_again().await;
    backend
}

/// A vendor-shaped back end and a host before it.
pub struct VendorWorld<B> {
    pub host: Host,
    pub backend: B,
}

impl<B: Vendor> VendorWorld<B> {
    pub async fn start() -> Self {
        Self::with(|config| config).await
    }

    /// With a changed configuration.
    pub async fn with(change: impl FnOnce(HostConfig) -> HostConfig) -> Self {
        let backend = started::<B>().await;
        let config = change(backend.config());
        Self { host: Host::start(config).await, backend }
    }

    /// A customer with a discount.
    pub fn adler(&self) -> Client {
        self.host.caller("adler")
    }

    /// A customer without one.
    pub fn bert(&self) -> Client {
        self.host.caller("bert")
    }

    /// A customer beyond the credit limit.
    pub fn cara(&self) -> Client {
        self.host.caller("cara")
    }
}
