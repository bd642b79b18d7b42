//! Orders accepted per second (committed and synced to disk before the answer), 64 clients: on SQLite against bare inserts of as many bytes,
//! committed in groups to the same disk (P6); on PostgreSQL against pgbench inserting one row of as many bytes per transaction into the same
//! server (P7). Both sides are measured in turns in one run; the raw numbers are printed beside the ratios.
//!
//! `cargo build --workspace --bins --release && cargo build -p ordergate-adapter-rest --target wasm32-wasip2 --profile adapter`
//! `cargo bench -p ordergate-tests --bench orders`
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement fails by panicking")]

mod bare;

use std::time::Instant;

use futures::future::join_all;
use ordergate_tests::{Client, DemoBackend, Host, HostConfig, seal, text};
use scratch_postgres::Server;
use serde_json::json;

const PAIRS: usize = 5;
const CLIENTS: usize = 64;
/// Of one client in one phase.
const ORDERS: usize = 20;
const ACCOUNTS: [&str; 3] = ["C-1001", "C-1002", "C-1003"];

#[tokio::main]
async fn main() {
    // `cargo test --all-targets` runs benchmarks as well, without this.
    if std::env::args().any(|argument| argument == "--bench") {
        measure().await;
    }
}

async fn measure() {
    let backend = DemoBackend::start().await;
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let database = server.create_database();
    // Accepting is measured: what is accepted is hardly moved on meanwhile.
    let config = HostConfig::for_backend(&backend.url(), backend.key()).set("transfer.concurrency", "1");
    let url = format!("{:?}", server.url(&database));
    let on_postgres = config.clone().unset("database.path").set("database.url", &url).set("database.max_connections", "64");
    let (sqlite, postgres) = (Host::start(config).await, Host::start(on_postgres).await);
    accept(&postgres, "warm-up").await;
    let bytes = bytes_of_an_order(&server, &database);
    println!(
        "{CLIENTS} clients, {bytes} bytes an order\n\n| | orders/s | against | ratio (the pairs) | goal |\n|---|---|---|---|---|"
    );
    let folder = tempfile::tempdir().unwrap();
    let mut pairs = Vec::new();
    for pair in 0..PAIRS {
        let orders = accept(&sqlite, &format!("p6-{pair}")).await;
        let inserts = bare::grouped_inserts(&folder.path().join(format!("{pair}.db")), CLIENTS, CLIENTS * ORDERS, bytes).await;
        pairs.push((orders, inserts));
    }
    show("P6 SQLite", &pairs, "0.7");
    let mut pairs = Vec::new();
    for pair in 0..PAIRS {
        let orders = accept(&postgres, &format!("p7-{pair}")).await;
        pairs.push((orders, bare::pgbench(&server, &database, CLIENTS, bytes)));
    }
    show("P7 PostgreSQL", &pairs, "0.6");
}

/// Has every client place its orders, one after another; gives the orders per second. Carts are sealed before.
async fn accept(host: &Host, phase: &str) -> f64 {
    let clients = (0..CLIENTS).map(|client| host.caller("shop").with("x-account", ACCOUNTS[client % ACCOUNTS.len()]));
    let sealed = join_all(clients.map(async |client| {
        let mut checkouts = Vec::with_capacity(ORDERS);
        for _ in 0..ORDERS {
            checkouts.push(text(&seal(&client, "NW-1017", "1").await, "/id").to_owned());
        }
        (client, checkouts)
    }))
    .await;
    let began = Instant::now();
    join_all(sealed.into_iter().enumerate().map(|(client, (storefront, checkouts))| {
        let phase = phase.to_owned();
        place(storefront, format!("{phase}-{client}"), checkouts)
    }))
    .await;
    (CLIENTS * ORDERS) as f64 / began.elapsed().as_secs_f64()
}

async fn place(storefront: Client, name: String, checkouts: Vec<String>) {
    for (number, checkout) in checkouts.iter().enumerate() {
        let body = json!({"checkout": checkout, "purchase_order": "PO-4711"});
        storefront.capture("/v1/orders", &format!("{name}-{number}"), &body).await.expect(202);
    }
}

/// What one order adds to the tables, without what the database needs for itself.
fn bytes_of_an_order(server: &Server, database: &str) -> usize {
    let rows = "SELECT (avg(length(d::text)) + avg(length(a::text)) + avg(length(t::text)))::bigint FROM documents d \
         JOIN answers a ON a.reference = d.reference JOIN transfers t ON t.id = d.transfer";
    server.sql(database, rows).parse().unwrap()
}

fn show(what: &str, pairs: &[(f64, f64)], goal: &str) {
    let ratios: Vec<_> = pairs.iter().map(|(orders, against)| orders / against).collect();
    let all = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect::<Vec<_>>().join(" ");
    let (orders, against): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
    println!("| {what} | {:.0} | {:.0} | **{:.2}** ({all}) | {goal} |", median(&orders), median(&against), median(&ratios));
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
