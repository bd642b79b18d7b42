//! Transfers drained per second (P8): orders of many accounts wait, and the back end answers each in 20 ms; 64 may be on their way at once, so
//! no host can do more than 3,200 a second. On SQLite and on PostgreSQL, with 1,000 and more orders already stored (growth).
//!
//! `cargo build --workspace --bins --release && cargo build -p ordergate-adapter-rest --target wasm32-wasip2 --profile adapter`
//! `cargo bench -p ordergate-tests --bench transfers`
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement fails by panicking")]

#[path = "../orders/growth.rs"]
mod growth;
mod slow;

use std::time::Instant;

use futures::future::join_all;
use growth::Place;
use ordergate_tests::{Client, Host, HostConfig, eventually, seal, text};
use scratch_postgres::Server;
use serde_json::json;
use slow::SlowBackend;

const PAIRS: usize = 5;
/// Orders that wait in one phase; of so many accounts, because those of one go one after another.
const ORDERS: usize = 2_000;
const ACCOUNTS: usize = 1_000;
const CLIENTS: usize = 32;
const CONCURRENCY: usize = 64;
const ANSWER_MS: u64 = 20;
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
    let backend = SlowBackend::start(ANSWER_MS).await;
    let config = HostConfig::for_backend(&backend.url(), "key")
        .at_full_speed()
        .set("stores.main.reserve", "false")
        .set("transfer.concurrency", &CONCURRENCY.to_string())
        // An eighth of an adapter's places is for transfers.
        .set("adapters.nordwind.limits.concurrency", &(8 * CONCURRENCY).to_string())
        .set("transfer.deadline_ms", "110000")
        .set("transfer.lease_secs", "120")
        .set("adapters.nordwind.endpoints.api.first_byte_timeout_ms", "110000")
        .set("adapters.nordwind.endpoints.api.total_timeout_ms", "110000")
        .set("adapters.nordwind.limits.wall_ms", "110000");
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let database = server.create_database();
    let on_postgres = config.clone().unset("database.path").set("database.url", &format!("{:?}", server.url(&database)));
    println!("| stored orders | figure | transfers/s | of {:.0} (the pairs) | goal |\n|---|---|---|---|---|", limit());
    let sqlite = Host::start(config).await;
    let place = Place::File(sqlite.folder().join("ordergate.db"));
    grow("SQLite", sqlite, place, &backend).await;
    grow("PostgreSQL", Host::start(on_postgres).await, Place::Server(&server, database), &backend).await;
}

async fn grow(name: &str, mut host: Host, place: Place<'_>, backend: &SlowBackend) {
    drain(&host, backend, "warm-up").await;
    for orders in GROWTH {
        host.stop().await;
        place.grow_to(orders).await;
        host.start_again().await;
        let mut rates = Vec::new();
        for pair in 0..PAIRS {
            rates.push(drain(&host, backend, &format!("{orders}-{pair}")).await);
        }
        let ratios = rates.iter().map(|rate| format!("{:.2}", rate / limit())).collect::<Vec<_>>().join(" ");
        let median = median(&rates);
        println!("| {orders} | P8 {name} | {median:.0} | **{:.2}** ({ratios}) | 0.85 |", median / limit());
    }
}

/// Has orders wait, then lets the back end answer; gives how many a second are done.
async fn drain(host: &Host, backend: &SlowBackend, phase: &str) -> f64 {
    backend.hold();
    let clients = (0..CLIENTS).map(|client| place(host.caller("shop"), format!("{phase}-{client}"), client));
    join_all(clients).await;
    let before = backend.answered();
    let began = Instant::now();
    backend.go_on();
    let all = before + ORDERS / CLIENTS * CLIENTS;
    eventually("all are sent", async || (backend.answered() == all).then_some(())).await;
    let operator = host.operator();
    eventually("all are recorded", async || {
        let backlog = operator.get("/ops/v1/transfers").await.expect(200);
        let waiting: u64 = backlog["by_state"].as_object()?.values().filter_map(serde_json::Value::as_u64).sum();
        (waiting == 0).then_some(())
    })
    .await;
    let took = began.elapsed();
    assert_eq!(backend.answered(), all, "each was sent once");
    (ORDERS / CLIENTS * CLIENTS) as f64 / took.as_secs_f64()
}

async fn place(storefront: Client, name: String, client: usize) {
    for number in 0..ORDERS / CLIENTS {
        let account = format!("A-{}", (client + number * CLIENTS) % ACCOUNTS);
        let storefront = storefront.with("x-account", &account);
        let checkout = seal(&storefront, "NW-1017", "1").await;
        let body = json!({"checkout": text(&checkout, "/id"), "purchase_order": "PO-4711"});
        storefront.capture("/v1/orders", &format!("{name}-{number}"), &body).await.expect(202);
    }
}

/// What nobody can do better.
fn limit() -> f64 {
    CONCURRENCY as f64 * 1_000.0 / ANSWER_MS as f64
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
