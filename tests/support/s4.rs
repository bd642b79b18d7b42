//! The S/4-shaped back end as a process, and a host before it with the SAP adapter.

use std::process::Command;

use serde_json::{Value, json};

use crate::{Client, Host, HostConfig, Process, lasting_port, programs};

const USER: &str = "SHOP";
const PASSWORD: &str = "back-end-password-of-this-test";

/// A running S/4-shaped back end. It keeps its port over a restart, and loses its data.
pub struct S4Backend {
    port: u16,
    process: Option<Process>,
}

impl S4Backend {
    pub async fn start() -> Self {
        let mut backend = Self { port: lasting_port(), process: None };
        backend.start_again().await;
        backend
    }

    pub async fn start_again(&mut self) {
        assert!(self.process.is_none(), "the back end runs already");
        let mut command = Command::new(programs::s4_program());
        command.arg("--listen").arg(format!("127.0.0.1:{}", self.port)).args(["--user", USER, "--password", PASSWORD]);
        let mut process = Process::start("S/4 back end", &mut command);
        process.wait_for("the back end listens", |process| process.stdout().contains("listening on").then_some(())).await;
        self.process = Some(process);
    }

    pub async fn stop(&mut self) {
        let mut process = self.process.take().expect("the back end runs");
        process.terminate();
        process.ended().await;
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Password of its user.
    pub fn password(&self) -> &str {
        PASSWORD
    }

    /// Speaks to the back end's `/control`.
    pub fn control(&self) -> Client {
        Client::new(&self.url())
    }

    /// Disturbs requests of a service's path, such as `API_SALES_ORDER_SRV/A_SalesOrder`, `times` times.
    pub async fn disturb(&self, method: &str, path: &str, fault: &str, times: u32) {
        let rule = json!({"method": method, "path_prefix": path, "fault": fault, "times": times, "retry_after_secs": 1});
        self.control().put("/control/faults", &json!({"rules": [rule]})).await.expect(204);
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

    /// A clerk takes an order by telephone; gives its number.
    pub async fn telephone_order(&self, customer: &str, material: &str) -> String {
        let body = json!({"SalesOrderType": "TA", "SalesOrganization": "1010", "DistributionChannel": "10", "OrganizationDivision": "00", "SoldToParty": customer,
            "PurchaseOrderByCustomer": "4500001", "CustomerPurchaseOrderType": "TELE", "to_Item": [{"Material": material, "RequestedQuantity": "4"}]});
        let entered = self.control().post("/control/orders", &body).await.expect(201);
        entered["d"]["SalesOrder"].as_str().expect("a number").to_owned()
    }

    /// The sales desk answers every quote request that waits.
    pub async fn answer_quotes(&self) {
        self.control().post("/control/answer", &json!({})).await.expect(204);
    }

    async fn stats(&self) -> Value {
        self.control().get("/control/stats").await.expect(200)
    }
}

/// An S/4-shaped back end and a host before it.
pub struct S4World {
    pub host: Host,
    pub backend: S4Backend,
}

impl S4World {
    pub async fn start() -> Self {
        Self::with(|config| config).await
    }

    /// With a changed configuration.
    pub async fn with(change: impl FnOnce(HostConfig) -> HostConfig) -> Self {
        let backend = S4Backend::start().await;
        let config = change(HostConfig::for_s4(&backend.url(), backend.password()));
        Self { host: Host::start(config).await, backend }
    }

    /// The customer 10100001, with a discount.
    pub fn adler(&self) -> Client {
        self.host.caller("adler")
    }

    /// The customer 10100002, without one.
    pub fn bert(&self) -> Client {
        self.host.caller("bert")
    }

    /// The customer 10100003, beyond the credit limit.
    pub fn cara(&self) -> Client {
        self.host.caller("cara")
    }
}
