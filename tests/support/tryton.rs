//! Tryton, a real ERP, as a process with a database of its own, and a host before it with the REST adapter and Tryton's profile.

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::losing_network::LosingNetwork;
use crate::{Client, Host, HostConfig, Process, eventually, lasting_port, programs};

/// A running Tryton. Its queue is not worked on: confirmed orders are processed when a test says so.
pub struct TrytonBackend {
    process: Process,
    facts: Value,
    port: u16,
    _folder: TempDir,
}

/// Tryton and a host before it, with a network between them: `adler` is 10100001 and has a contract, `bert` 10100002, `cara` 10100003 and is
/// taxed otherwise.
pub struct TrytonWorld {
    pub host: Host,
    pub backend: TrytonBackend,
    pub network: LosingNetwork,
}

impl TrytonBackend {
    pub async fn start() -> Self {
        let installed = programs::tryton();
        let facts = std::fs::read_to_string(installed.join("facts.json")).expect("what the seeded company is");
        let folder = tempfile::Builder::new().prefix("tryton-").tempdir().unwrap();
        std::fs::copy(installed.join("seed.sqlite"), folder.path().join("erp.sqlite")).unwrap();
        let port = lasting_port();
        let configuration = folder.path().join("trytond.conf");
        let path = folder.path().display();
        std::fs::write(
            &configuration,
            format!("[database]\nuri = sqlite://\npath = {path}\n[web]\nlisten = 127.0.0.1:{port}\n[queue]\nworker = True\n"),
        )
        .unwrap();
        // By the interpreter, so that the folder may have been moved.
        let mut command = Command::new(installed.join("venv/bin/python"));
        command.arg(installed.join("venv/bin/trytond")).arg("-c").arg(&configuration).args(["-d", "erp"]);
        let process = Process::start("Tryton", &mut command);
        let facts = serde_json::from_str(&facts).expect("JSON");
        let mut backend = Self { process, facts, port, _folder: folder };
        backend.until_it_answers().await;
        backend
    }

    async fn until_it_answers(&mut self) {
        let desk = self.desk();
        eventually("Tryton answers", async || {
            assert!(self.process.is_running(), "Tryton has ended");
            let answer = desk.try_send(http::Method::GET, "/model/res.user?s=1", Default::default()).await;
            answer.is_ok_and(|answer| answer.status.is_success()).then_some(())
        })
        .await;
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The key with which the host comes.
    pub fn shop_key(&self) -> &str {
        self.facts["shop_key"].as_str().expect("a key")
    }

    /// The sales desk, which works in Tryton directly.
    pub fn desk(&self) -> Client {
        let key = self.facts["desk_key"].as_str().expect("a key");
        Client::new(&format!("http://127.0.0.1:{}/erp/rest", self.port)).with("authorization", &format!("Bearer {key}"))
    }

    /// A fact about the seeded company, by its JSON pointer.
    pub fn fact(&self, pointer: &str) -> &Value {
        self.facts.pointer(pointer).unwrap_or_else(|| panic!("there is no fact at {pointer} in {:#}", self.facts))
    }

    /// All sales with our reference; more than one is a doubled order.
    pub async fn sales_with_reference(&self, reference: &str) -> Vec<Value> {
        let fields = "f=number&f=state&f=description&f=total_amount&f=lines.quantity&f=lines.unit_price&f=lines.product.code";
        let domain = base64url(&json!([["reference", "=", reference]]));
        let found = self.desk().get(&format!("/model/sale.sale?{fields}&d={domain}")).await.expect(200);
        found.as_array().expect("a list").clone()
    }

    /// Somebody at the desk enters an order and confirms it; gives its number.
    pub async fn enter_order(&self, customer: &str, product: &str, quantity: f64, unit_price: &str) -> String {
        let sale = self.enter_sale(customer, product, quantity, unit_price).await;
        self.press(&sale, "quote").await;
        let confirmed = self.press(&sale, "confirm").await;
        confirmed["number"].as_str().expect("a number").to_owned()
    }

    /// A draft that nobody has done anything with; gives its id.
    pub async fn enter_sale(&self, customer: &str, product: &str, quantity: f64, unit_price: &str) -> String {
        let line = json!({
            "type": "line", "product": self.fact(&format!("/products/{product}")), "quantity": quantity, "unit": self.fact("/unit"),
            "unit_price": {"__class__": "Decimal", "decimal": unit_price}, "taxes": [["add", [self.fact("/tax")]]],
        });
        let address = self.fact(&format!("/parties/{customer}/address"));
        let sale = json!({
            "company": self.fact("/company"), "party": self.fact(&format!("/parties/{customer}/id")), "currency": self.fact("/currency"),
            "invoice_address": address, "shipment_address": address, "lines": [["create", [line]]],
        });
        let entered = self.in_company().post("/model/sale.sale", &sale).await.expect(200);
        entered["id"].to_string()
    }

    /// Presses a button of a sale: `quote`, `confirm`, `process`, `draft`, `cancel`.
    pub async fn press(&self, sale: &str, button: &str) -> Value {
        let path = format!("/model/sale.sale/{sale}/{button}?f=number&f=state");
        self.in_company().post(&path, &json!({})).await.expect(200)
    }

    /// Changes fields of a record.
    pub async fn write(&self, model: &str, id: &str, change: &Value) {
        self.in_company().put(&format!("/model/{model}/{id}"), change).await.expect(200);
    }

    /// The id of the sale with a number, or of the one that has our reference.
    pub async fn sale(&self, field: &str, text: &str) -> String {
        let domain = base64url(&json!([[field, "=", text]]));
        let found = self.desk().get(&format!("/model/sale.sale?f=id&d={domain}")).await.expect(200);
        found[0]["id"].to_string()
    }

    fn in_company(&self) -> Client {
        self.desk().with("x-tryton-context", &base64url(&json!({"company": self.fact("/company")})))
    }
}

impl TrytonWorld {
    pub async fn start() -> Self {
        let backend = TrytonBackend::start().await;
        let network = LosingNetwork::before(backend.port()).await;
        let config = HostConfig::for_tryton(&format!("{}/erp/rest", network.url()), backend.shop_key());
        Self { host: Host::start(config).await, backend, network }
    }

    pub fn adler(&self) -> Client {
        self.host.caller("adler")
    }

    pub fn bert(&self) -> Client {
        self.host.caller("bert")
    }

    pub fn cara(&self) -> Client {
        self.host.caller("cara")
    }
}

fn base64url(value: &Value) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE.encode(value.to_string())
}
