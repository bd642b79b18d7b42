//! Orders in PostgreSQL: one host's whole story, several hosts on one database, a host that is killed, a server that goes down.

mod events;
mod hosts;
mod outage;
mod pool;
mod pushes;
mod tls;

use std::sync::Arc;

use ordergate_tests::{
    Client, DemoBackend, Host, HostConfig, PLIERS, eventually, items, order, run_host, seal, text, until_order,
};
use scratch_postgres::Server;
use serde_json::{Value, json};

/// Hosts before one back end, on one database.
struct Hosts {
    backend: DemoBackend,
    hosts: Vec<Host>,
    server: Arc<Server>,
    config: HostConfig,
}

impl Hosts {
    /// So many hosts, on a database server of their own.
    async fn start(number: usize, change: impl FnOnce(HostConfig) -> HostConfig) -> Self {
        let server = Arc::new(tokio::task::spawn_blocking(Server::start).await.unwrap());
        let backend = DemoBackend::start().await;
        let config = HostConfig::for_backend(&backend.url(), backend.key());
        let url = format!("{:?}", server.url(&server.create_database()));
        let config = change(config.unset("database.path").set("database.url", &url));
        let mut all = Self { backend, hosts: Vec::new(), server, config };
        for _ in 0..number {
            all.start_another(|config| config).await;
        }
        all
    }

    /// One more host, with a changed configuration.
    async fn start_another(&mut self, change: impl FnOnce(HostConfig) -> HostConfig) {
        self.hosts.push(Host::start(change(self.config.clone())).await);
    }

    fn hansen(&self, host: usize) -> Client {
        self.hosts[host].caller("hansen")
    }

    /// A storefront that orders for an account.
    fn shop(&self, host: usize, account: &str) -> Client {
        self.hosts[host].caller("shop").with("x-account", account)
    }

    /// Waits until an order is confirmed, and checks that it is there once.
    async fn confirmed_once(&self, customer: &Client, reference: &str) {
        until_order(customer, reference, "confirmed", |order| order["number"].is_string()).await;
        let there = self.backend.orders_with_reference(reference).await;
        assert_eq!(there.len(), 1, "{reference}: {there:#?}");
    }
}

#[tokio::test]
async fn an_order_goes_its_whole_way_and_survives_a_restart() {
    let mut world = Hosts::start(1, |config| config).await;
    let checkout = seal(&world.hansen(0), PLIERS, "2").await;
    let captured = order(&world.hansen(0), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference").to_owned();
    world.confirmed_once(&world.hansen(0), &reference).await;
    order(&world.hansen(0), &checkout, "two").await.expect_problem(409, "checkout_used");
    let path = format!("/v1/orders/{reference}/cancel");
    world.hansen(0).capture(&path, "cancel", &json!({"reason": "ordered twice"})).await.expect(202);
    until_order(&world.hansen(0), &reference, "cancelled", |order| order["status"] == "cancelled").await;
    world.hosts[0].stop().await;
    world.hosts[0].start_again().await;
    let listed = world.hansen(0).get("/v1/orders").await.expect(200);
    assert_eq!(items(&listed).iter().filter(|order| order["reference"] == json!(reference)).count(), 1, "{listed:#}");
    assert_eq!(order(&world.hansen(0), &checkout, "one").await.expect(202), captured, "a2: the first answer, again");
    let dossier = world.hosts[0].operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
    let operations: Vec<_> = dossier["transfers"].as_array().unwrap().iter().map(|transfer| &transfer["operation"]).collect();
    assert_eq!(operations, ["submit-order", "cancel-order", "release-reservation"], "{dossier:#}");
}

#[tokio::test]
async fn a_quote_becomes_one_order() {
    let world = Hosts::start(1, |config| config).await;
    let body = json!({"lines": [{"id": "1", "sku": PLIERS, "quantity": {"value": "100"}}]});
    let requested = world.hansen(0).capture("/v1/quotes", "quote", &body).await.expect(202);
    let reference = text(&requested, "/reference").to_owned();
    let path = format!("/v1/quotes/{reference}");
    let in_review = async || world.hansen(0).get(&path).await.expect(200)["number"].is_string().then_some(());
    eventually("the back end has the request", in_review).await;
    world.backend.answer_quotes().await;
    let offered =
        ordergate_tests::until_quote(&world.hansen(0), &reference, "offered", |quote| quote["status"] == "offered").await;
    let accept = json!({"revision": offered["revision"]});
    let accepted = world.hansen(0).capture(&format!("{path}/accept"), "accept", &accept).await.expect(202);
    world.confirmed_once(&world.hansen(0), text(&accepted, "/reference")).await;
    world.hansen(0).capture(&format!("{path}/accept"), "again", &accept).await.expect_problem(409, "action_not_allowed");
}

#[tokio::test]
async fn the_command_line_tells_where_the_schema_stands() {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let database = server.create_database();
    let config = HostConfig::for_backend("http://127.0.0.1:9", "back-end-key-of-this-test").unset("database.path");
    let config = config.set("database.url", &format!("{:?}", server.url(&database)));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ordergate.toml");
    std::fs::write(&file, config.toml()).unwrap();
    let run = async |arguments: &[&str]| run_host(&config, &[arguments, &["--config", file.to_str().unwrap()]].concat()).await;
    let pending = run(&["migrate", "--check"]).await;
    assert_eq!((pending.code, pending.stdout.contains("has version 0")), (Some(1), true), "{pending:?}");
    let made = run(&["migrate"]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let told = run(&["migrate", "--check"]).await;
    assert_eq!((told.code, told.stdout.contains("up to date")), (Some(0), true), "{told:?}");
    let checked = run(&["check"]).await;
    assert!(checked.stderr.contains("schema is up to date"), "{checked:?}");
    server.sql(&database, "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 3");
    for verb in ["check", "migrate", "serve"] {
        let refused = run(&[verb]).await;
        assert_eq!(refused.code, Some(69), "{verb}: {refused:?}");
        assert!(refused.stderr.contains("schema version 9999, this build knows up to"), "{verb}: {refused:?}");
    }
    server.crash();
    for arguments in [&["check"][..], &["migrate", "--check"], &["serve"]] {
        let refused = run(arguments).await;
        assert_eq!(refused.code, Some(69), "{arguments:?}: {refused:?}");
        assert!(refused.stderr.contains("Check that the server runs"), "{arguments:?}: {refused:?}");
    }
}

#[tokio::test]
async fn a_number_that_no_text_can_hold_is_not_found() {
    let world = Hosts::start(1, |config| config).await;
    world.hansen(0).get("/v1/orders/a%00b").await.expect_problem(404, "not_found");
}
