//! Orders accepted per second (committed and synced to disk before the answer), 64 clients: on SQLite against bare inserts of the same text,
//! committed in groups to the same disk (P6); on PostgreSQL against pgbench inserting one row of the same text per transaction into the same
//! server (P7). With 1,000 and more orders already stored (growth). Both sides are measured in turns in one run; the raw numbers are printed
//! beside the ratios.
//!
//! `cargo build --workspace --bins --release && cargo build -p ordergate-adapter-rest --target wasm32-wasip2 --profile adapter`
//! `cargo bench -p ordergate-tests --bench orders`
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement fails by panicking")]

mod bare;
mod growth;
mod storefronts;
#[path = "../reads/wire.rs"]
#[expect(dead_code, reason = "every order is another request")]
mod wire;

use growth::Place;
use ordergate_tests::{DemoBackend, Host, HostConfig};
use scratch_postgres::Server;
use storefronts::{CLIENTS, ORDERS, accept, cells};

const PAIRS: usize = 5;
/// Orders that are stored before: once, ten times, a hundred times as many.
const GROWTH: [usize; 3] = [1_000, 10_000, 100_000];

#[tokio::main]
async fn main() {
    // `cargo test --all-targets` runs benchmarks as well, without this.
    if std::env::args().any(|argument| argument == "--bench") {
        measure().await;
    }
}

async fn measure() {
    let backend = DemoBackend::in_memory(&[]).await;
    backend.set_stock("NW-1017", "BER", "10000000").await;
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let database = server.create_database();
    // Accepting is measured: transfers go one at a time, and each waits for half a minute.
    backend.disturb("POST", "/api/orders", "late-reply", None).await;
    // Goods are not held: the demo back end looks through all that is held for each cart.
    let config = HostConfig::for_backend(&backend.url(), backend.key()).at_full_speed().set("transfer.concurrency", "1");
    let config = config.set("stores.main.reserve", "false");
    let url = format!("{:?}", server.url(&database));
    let on_postgres = config.clone().unset("database.path").set("database.url", &url).set("database.max_connections", "64");
    let (mut sqlite, mut postgres) = (Host::start(config).await, Host::start(on_postgres).await);
    accept(&[&postgres], "warm-up").await;
    accept(&[&sqlite], "warm-up").await;
    let an_order = text_of_an_order(&server, &database);
    println!(
        "{CLIENTS} clients, {} bytes an order\n\n| stored orders | | orders/s | against | ratio (the pairs) | goal |\n|---|---|---|---|---|---|",
        an_order.len()
    );
    for orders in GROWTH {
        grow(&mut sqlite, &Place::File, orders).await;
        p6(&sqlite, orders, &an_order).await;
        grow(&mut postgres, &|_| Place::Server(&server, database.clone()), orders).await;
        p7(&postgres, &server, &database, orders, &an_order).await;
    }
}

async fn grow<'a>(host: &mut Host, place: &dyn Fn(std::path::PathBuf) -> Place<'a>, orders: usize) {
    host.stop().await;
    place(host.folder().join("ordergate.db")).grow_to(orders).await;
    host.start_again().await;
}

async fn p6(host: &Host, stored: usize, text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut pairs = Vec::new();
    for pair in 0..PAIRS {
        let orders = accept(&[host], &format!("p6-{stored}-{pair}")).await;
        let inserts = bare::grouped_inserts(&folder.path().join(format!("{pair}.db")), CLIENTS, CLIENTS * ORDERS, text).await;
        pairs.push((orders, inserts));
    }
    println!("| {stored} | P6 SQLite | {} | 0.7 |", cells(&pairs));
}

async fn p7(host: &Host, server: &Server, database: &str, stored: usize, text: &str) {
    let mut pairs = Vec::new();
    for pair in 0..PAIRS {
        let orders = accept(&[host], &format!("p7-{stored}-{pair}")).await;
        let inserts = tokio::task::block_in_place(|| bare::pgbench(server, database, CLIENTS, text));
        pairs.push((orders, inserts));
    }
    println!("| {stored} | P7 PostgreSQL | {} | 0.6 |", cells(&pairs));
}

/// What one order adds to the tables, without what the database needs for itself: the other sides write the same, which is as good to compress.
fn text_of_an_order(server: &Server, database: &str) -> String {
    let row = "SELECT d::text || a::text || t::text FROM documents d JOIN answers a ON a.reference = d.reference \
         JOIN transfers t ON t.id = d.transfer LIMIT 1";
    server.sql(database, row)
}
