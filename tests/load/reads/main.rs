//! What a cached read costs: one item against a bare hyper server (P1) and nginx's cache (P2) answering the same bytes, fifty items against
//! serde_json alone (P3), each with 1,000 and more cached items (growth). Both sides are measured in turns in one run, by a client that costs
//! next to nothing; the raw numbers are printed beside the ratios.
//!
//! `cargo build --workspace --bins --release && cargo build -p ordergate-adapter-rest --target wasm32-wasip2 --profile adapter`
//! `cargo bench -p ordergate-tests --bench reads`
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement fails by panicking")]

mod sides;
#[path = "../runtime/stock.rs"]
mod stock;
mod wire;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ordergate_tests::{Host, HostConfig};
use serde_json::{Value, json};

const PAIRS: usize = 5;
const CONNECTIONS: usize = 32;
const PHASE: Duration = Duration::from_secs(2);
/// Cached items: once, ten times, a hundred times.
const GROWTH: [usize; 3] = [1_000, 10_000, 100_000];
const PAGE: usize = 50;

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == sides::BARE) {
        return sides::serve_bare(&arguments[at + 1]).await;
    }
    // `cargo test --all-targets` runs benchmarks as well, without this.
    if arguments.iter().any(|argument| argument == "--bench") {
        measure().await;
    }
}

async fn measure() {
    let backend = stock::start().await;
    // Nothing that was cached ends while it is measured.
    let long =
        |config: HostConfig| config.set("freshness.availability.fresh_above_secs", "86400").set("ops.max_connections", "64");
    let host = Host::start(long(HostConfig::for_backend(&backend, "key").at_full_speed())).await;
    let address: SocketAddr = host.api().trim_start_matches("http://").parse().unwrap();
    println!("| cached items | figure | Ordergate | against | ratio (the pairs) | goal |\n|---|---|---|---|---|---|");
    let mut filled = 0;
    for items in GROWTH {
        fill(&host, filled..items).await;
        filled = items;
        one_item(&host, address, items).await;
        a_page(&host, address, items).await;
    }
}

/// Asks for items by the page, so that they are cached.
async fn fill(host: &Host, items: std::ops::Range<usize>) {
    let customer = host.caller("hansen");
    for from in items.clone().step_by(500) {
        customer.post("/v1/availability:query", &question(from..(from + 500).min(items.end))).await.expect(200);
    }
}

fn question(items: std::ops::Range<usize>) -> Value {
    json!({"items": items.map(|item| json!({"sku": sku(item)})).collect::<Vec<_>>()})
}

fn sku(item: usize) -> String {
    format!("NW-{item:07}")
}

/// P1 and P2.
async fn one_item(host: &Host, address: SocketAddr, items: usize) {
    let key = ordergate_tests::key_of("hansen");
    let request = format!("GET /v1/availability/{} HTTP/1.1\r\nhost: {address}\r\nx-api-key: {key}\r\n\r\n", sku(items / 2));
    let reply = wire::once(address, &request).await;
    assert!(wire::body(&reply).contains(r#""source":"cached""#), "{reply}");
    let (bare_process, bare) = sides::start_bare(host.folder(), wire::body(&reply)).await;
    let nginx = sides::start_nginx(host.folder(), bare).await;
    let mut rates = [const { Vec::new() }; 3];
    let mut per_processor = [const { Vec::new() }; 2];
    for pair in 0..=PAIRS {
        let before = (host.cpu_of(""), bare_process.cpu_of(""));
        let ours = wire::load(address, &request, CONNECTIONS, PHASE).await;
        let hyper = wire::load(bare, &request, CONNECTIONS, PHASE).await;
        let spent = (host.cpu_of("") - before.0, bare_process.cpu_of("") - before.1);
        let cache = match &nginx {
            Some((_, nginx)) => wire::load(*nginx, &request, CONNECTIONS, PHASE).await,
            None => f64::NAN,
        };
        // The first warms up.
        if pair > 0 {
            [ours, hyper, cache].into_iter().zip(&mut rates).for_each(|(rate, rates)| rates.push(rate));
            let each = [(ours, spent.0), (hyper, spent.1)].map(|(rate, spent)| rate * PHASE.as_secs_f64() / spent.as_secs_f64());
            each.into_iter().zip(&mut per_processor).for_each(|(rate, rates)| rates.push(rate));
        }
    }
    let [ours, hyper, cache] = rates;
    row(items, "P1: one item, requests/s", &ours, "bare hyper", &hyper, "≥ 0.75");
    let [ours_alone, hyper_alone] = per_processor;
    row(items, "the same, per second of the server's processor time", &ours_alone, "bare hyper", &hyper_alone, "");
    match nginx {
        Some((mut nginx, _)) => {
            row(items, "P2: one item, requests/s", &ours, "nginx, cache hit", &cache, "≥ 1.0");
            // Asked to end, it takes its workers with it.
            nginx.terminate();
            nginx.ended().await;
        }
        None => println!("| {items} | P2 | | nginx is not installed | | ≥ 1.0 |"),
    }
}

/// P3: the processor's time of the host for a page, against that of writing the page's answer as JSON.
async fn a_page(host: &Host, address: SocketAddr, items: usize) {
    let body = question(items / 2..items / 2 + PAGE).to_string();
    let key = ordergate_tests::key_of("hansen");
    let length = body.len();
    let request = format!(
        "POST /v1/availability:query HTTP/1.1\r\nhost: {address}\r\nx-api-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let reply = wire::once(address, &request).await;
    assert_eq!(wire::body(&reply).matches(r#""source":"cached""#).count(), PAGE, "{reply}");
    let answer: Value = serde_json::from_str(wire::body(&reply)).unwrap();
    let (mut ours, mut alone) = (Vec::new(), Vec::new());
    for pair in 0..=PAIRS {
        let before = host.cpu_of("");
        let rate = wire::load(address, &request, CONNECTIONS, PHASE).await;
        let spent = (host.cpu_of("") - before).as_secs_f64();
        let each = spent / (rate * PHASE.as_secs_f64());
        let written = serializing(&answer);
        if pair > 0 {
            ours.push(1.0 / each);
            alone.push(1.0 / written);
        }
    }
    row(items, "P3: 50 items, requests per second of one processor", &ours, "serde_json alone", &alone, "≥ 0.6");
}

/// Seconds to write the answer once.
fn serializing(answer: &Value) -> f64 {
    const TIMES: u32 = 2_000;
    let began = Instant::now();
    for _ in 0..TIMES {
        std::hint::black_box(serde_json::to_vec(std::hint::black_box(answer)).unwrap());
    }
    began.elapsed().as_secs_f64() / f64::from(TIMES)
}

fn row(items: usize, figure: &str, ours: &[f64], side: &str, theirs: &[f64], goal: &str) {
    let ratios: Vec<_> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    let pairs: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
    println!(
        "| {items} | {figure} | {:.0} | {:.0}, {side} | **{:.2}** ({}) | {goal} |",
        median(ours),
        median(theirs),
        median(&ratios),
        pairs.join(" ")
    );
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
