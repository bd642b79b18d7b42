//! The demo back end as a process: a company that does nothing by itself, so that tests decide what happens when.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::backend_process::BackendProcess;
use crate::{Client, DOOR, Host, eventually, programs};

const KEY: &str = "back-end-key-of-this-test";

/// A running or stopped back end. It keeps its port over a restart, and its data unless it was started in memory.
pub struct DemoBackend {
    process: BackendProcess,
    /// Its data.
    _folder: TempDir,
}

impl DemoBackend {
    pub async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("nordwind-test-").tempdir().unwrap();
        let data = folder.path().join("nordwind.json").to_str().unwrap().to_owned();
        Self::start_in(folder, &["--data", &data]).await
    }

    /// Without a data file, which is written whole after every change, and with more arguments.
    pub async fn in_memory(arguments: &[&str]) -> Self {
        Self::start_in(tempfile::Builder::new().prefix("nordwind-test-").tempdir().unwrap(), arguments).await
    }

    async fn start_in(folder: TempDir, arguments: &[&str]) -> Self {
        let quiet = ["--answer-after-secs", "86400", "--advance-every-secs", "0", "--stock-moves-every-secs", "0"];
        let arguments = ["--api-key", KEY].iter().chain(&quiet).chain(arguments).copied();
        let process = BackendProcess::new("back end", programs::backend_program(), arguments);
        let mut backend = Self { process, _folder: folder };
        backend.start_again().await;
        backend
    }

    /// Starts the stopped back end on its port, with its data.
    pub async fn start_again(&mut self) {
        self.process.start_again().await;
    }

    /// Stops it: nothing listens on its port.
    pub async fn stop(&mut self) {
        self.process.stop().await;
    }

    pub fn url(&self) -> String {
        self.process.url()
    }

    pub fn key(&self) -> &str {
        KEY
    }

    /// Speaks to the back end itself, past the host.
    pub fn client(&self) -> Client {
        self.process.client().with("x-api-key", KEY)
    }

    /// All orders there with our reference; more than one is a doubled order.
    pub async fn orders_with_reference(&self, reference: &str) -> Vec<Value> {
        let found = self.client().get(&format!("/control/orders?your_ref={reference}")).await.expect(200);
        found["items"].as_array().expect("a list").clone()
    }

    /// How many requests of a route came, such as `GET /api/stock`, since [`DemoBackend::count_from_zero`].
    pub async fn requests(&self, route: &str) -> u64 {
        self.stats().await["requests"][route].as_u64().unwrap_or(0)
    }

    pub async fn stats(&self) -> Value {
        self.client().get("/control/stats").await.expect(200)
    }

    pub async fn count_from_zero(&self) {
        self.client().delete("/control/stats").await.expect(204);
    }

    /// No reference was taken twice.
    pub async fn assert_nothing_doubled(&self) {
        let stats = self.stats().await;
        assert_eq!(stats["duplicates"], json!([]), "the back end took a reference twice");
    }

    /// Disturbs requests of a route `times` times: `reply-lost`, `late-reply`, `cut-before`, `cut-mid-body`, `drip`, `garbage-json`,
    /// `html-error`, `error-500`, `refuse-503` or `throttle-429`. Always, when `times` is nothing.
    pub async fn disturb(&self, method: &str, path: &str, fault: &str, times: Option<u32>) {
        self.faults(&json!({"rules": [{"method": method, "path_prefix": path, "fault": fault, "times": times}]})).await;
    }

    /// Every request waits so long before it is handled.
    pub async fn slow_down(&self, latency_ms: u64) {
        self.faults(&json!({"latency_ms": latency_ms})).await;
    }

    /// Replaces the fault plan.
    pub async fn faults(&self, plan: &Value) {
        self.client().put("/control/faults", plan).await.expect(200);
    }

    pub async fn no_faults(&self) {
        self.client().delete("/control/faults").await.expect(204);
    }

    /// Lists add, and details show, a document of another customer.
    pub async fn leak_foreign_documents(&self) {
        self.client().put("/control/foreign", &json!({"enabled": true})).await.expect(200);
    }

    /// A clerk takes an order by telephone; gives its number.
    pub async fn telephone_order(&self, customer: &str, article: &str) -> String {
        let body = json!({"customer": customer, "channel": "TEL", "positions": [{"article": article, "qty": "4"}]});
        self.client().post("/control/orders", &body).await.expect(201)["no"].as_str().expect("a number").to_owned()
    }

    /// From now on orders for an article are taken with `at_most` so many, or with another one `instead`.
    pub async fn rule(&self, article: &str, ruling: &Value) {
        self.client().put(&format!("/control/rulings/{article}"), ruling).await.expect(200);
    }

    /// A clerk deletes an order as if it had never been.
    pub async fn delete_order(&self, number: &str) {
        self.client().delete(&format!("/control/orders/{number}")).await.expect(204);
    }

    /// Books an order over: `customer` or `your_ref` is another one, as if its number had been given out twice.
    pub async fn rebook_order(&self, number: &str, to: &Value) {
        self.client().put(&format!("/control/orders/{number}/owner"), to).await.expect(200);
    }

    /// A clerk enters an order once more, with the same reference; gives its number.
    pub async fn copy_order(&self, number: &str) -> String {
        let copy = self.client().post(&format!("/control/orders/{number}/copy"), &json!({})).await.expect(201);
        copy["no"].as_str().expect("a number").to_owned()
    }

    /// A clerk changes `qty` or `net` of a position.
    pub async fn change_order(&self, number: &str, position: &str, change: &Value) {
        self.client().put(&format!("/control/orders/{number}/positions/{position}"), change).await.expect(200);
    }

    /// The sales desk answers every quote request that waits.
    pub async fn answer_quotes(&self) {
        self.client().post("/control/answer", &json!({})).await.expect(200);
    }

    /// From now on it tells a host what changes.
    pub async fn push_to(&self, host: &Host) {
        let door = format!("{}{DOOR}", host.api());
        self.client().put("/control/push", &json!({"to": door})).await.expect(200);
    }

    /// Waits until so many messages were taken by whom they were pushed to. A message is applied part by part: who reads before its end may see
    /// one part already and ask for the other.
    pub async fn pushed(&self, messages: u64) {
        let taken = async || self.client().get("/control/push").await.expect(200)["outcome"]["taken"].as_u64();
        eventually("what was pushed is taken", async || taken().await.filter(|taken| *taken >= messages)).await;
    }

    /// So many are free at a site from now on.
    pub async fn set_stock(&self, article: &str, site: &str, free: &str) {
        self.client().put(&format!("/control/stock/{article}"), &json!({"site": site, "free": free})).await.expect(200);
    }

    /// Another list price from now on; prices already promised are broken too.
    pub async fn set_price(&self, article: &str, list: &str) {
        let body = json!({"list": list, "keep_promises": false});
        self.client().put(&format!("/control/prices/{article}"), &body).await.expect(200);
    }
}
