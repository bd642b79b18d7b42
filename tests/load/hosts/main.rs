//! What sharing costs (P13): two hosts on one PostgreSQL and one Valkey or Redis, each with one processor, against one host on its own with
//! two. Cached reads, and orders accepted. Both sides are measured in turns in one run.
//!
//! `cargo build --workspace --bins --release && cargo build -p ordergate-adapter-rest --target wasm32-wasip2 --profile adapter`
//! `cargo bench -p ordergate-tests --bench hosts`
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement fails by panicking")]

#[path = "../transfers/slow.rs"]
#[expect(dead_code, reason = "nothing is held back here")]
mod slow;
#[path = "../orders/storefronts.rs"]
mod storefronts;
#[path = "../reads/wire.rs"]
#[expect(dead_code, reason = "replies are only counted here")]
mod wire;

use std::net::SocketAddr;
use std::time::Duration;

use futures::future::join_all;
use ordergate_tests::{CacheServer, Host, HostConfig};
use scratch_postgres::Server;
use slow::SlowBackend;
use storefronts::{accept, cells};

const PAIRS: usize = 5;
const CONNECTIONS: usize = 32;
const PHASE: Duration = Duration::from_secs(2);
const ITEM: &str = "NW-0000001";

#[tokio::main]
async fn main() {
    // `cargo test --all-targets` runs benchmarks as well, without this.
    if std::env::args().any(|argument| argument == "--bench") {
        measure().await;
    }
}

async fn measure() {
    let backend = SlowBackend::start(0).await;
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let (cache, other_cache) = (CacheServer::start().await, CacheServer::start().await);
    let config = |cache: &CacheServer, database: &str| {
        let config = HostConfig::for_backend(&backend.url(), "key")
            .at_full_speed()
            .set("stores.main.reserve", "false")
            .set("transfer.concurrency", "1")
            .set("freshness.availability.fresh_above_secs", "86400");
        cache.shared_by(config.unset("database.path").set("database.url", &format!("{:?}", server.url(database))))
    };
    let (alone, shared) = (config(&cache, &server.create_database()), config(&other_cache, &server.create_database()));
    let on = |config: &HostConfig, processors: &str| Host::start(config.clone().launched_by(&["taskset", "-c", processors]));
    let one = [on(&alone, "0,1").await];
    let two = [on(&shared, "0").await, on(&shared, "1").await];
    let (one, two): (Vec<_>, Vec<_>) = (one.iter().collect(), two.iter().collect());
    println!("| figure | two hosts | one host | ratio (the pairs) | goal |\n|---|---|---|---|---|");
    let (mut reads, mut orders) = (Vec::new(), Vec::new());
    for pair in 0..=PAIRS {
        let figures = (read(&two).await, read(&one).await);
        let accepted = (accept(&two, &format!("two-{pair}")).await, accept(&one, &format!("one-{pair}")).await);
        // The first warms up.
        if pair > 0 {
            reads.push(figures);
            orders.push(accepted);
        }
    }
    println!("| P13: cached availability of one item, requests/s | {} | 0.9 |", cells(&reads));
    println!("| P13: orders accepted, orders/s | {} | 0.9 |", cells(&orders));
}

/// Requests per second of all hosts together.
async fn read(hosts: &[&Host]) -> f64 {
    let key = ordergate_tests::key_of("hansen");
    let loads = hosts.iter().map(async |host| {
        let address: SocketAddr = host.api().trim_start_matches("http://").parse().unwrap();
        let request = format!("GET /v1/availability/{ITEM} HTTP/1.1\r\nhost: {address}\r\nx-api-key: {key}\r\n\r\n");
        wire::load(address, &request, CONNECTIONS / hosts.len(), PHASE).await
    });
    join_all(loads).await.into_iter().sum()
}
