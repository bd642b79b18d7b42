//! What a browsing flood does to orders: the same orders are placed without and with 64 clients that ask live prices of 50 items without
//! pause, in turns, before one host and one back end on this machine.
//!
//! `cargo build --workspace --bins --release && cargo build -p ordergate-adapter-rest --target wasm32-wasip2 --profile adapter`
//! `cargo bench -p ordergate-tests --bench lanes`
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::Method;
use ordergate_tests::{Client, HostConfig, PLIERS, World, eventually, seal, text};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

const PAIRS: usize = 5;
const ORDERS: usize = 20;
const READERS: usize = 64;
const ITEMS: usize = 50;
const ACCOUNTS: [&str; 3] = ["C-1001", "C-1002", "C-1003"];

/// Times of the orders of one phase, in milliseconds.
#[derive(Default)]
struct Times {
    /// Sealing the cart, over HTTP.
    checkout: Vec<f64>,
    /// From `POST /v1/orders` to the confirmation.
    order: Vec<f64>,
    /// The call of `orders.submit` alone, as the timeline of the transfer has it.
    transfer: Vec<f64>,
    /// The back end's own answer to its simplest request, past the host: what the machine does to every process.
    control: Vec<f64>,
}

#[tokio::main]
async fn main() {
    // `cargo test --all-targets` runs benchmarks as well, without this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let world = World::with(HostConfig::at_full_speed).await;
    place(&world, 3).await;
    let (mut quiet, mut flooded, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 1..=PAIRS {
        quiet.push(place(&world, ORDERS).await);
        let flood = Flood::start(&world).await;
        let (began, before) = (Instant::now(), flood.answered.load(Ordering::Relaxed));
        flooded.push(place(&world, ORDERS).await);
        reads.push((flood.answered.load(Ordering::Relaxed) - before) as f64 / began.elapsed().as_secs_f64());
        flood.stop().await;
        eprintln!("pair {pair} of {PAIRS}: {:.0} reads/s", reads.last().unwrap());
    }
    println!("| time | quiet 50 % | 95 % | flooded 50 % | 95 % | times at 50 % | at 95 % |\n|---|---|---|---|---|---|---|");
    show("checkout", &quiet, &flooded, |times| &times.checkout);
    show("order until confirmed", &quiet, &flooded, |times| &times.order);
    show("transfer (`orders.submit`)", &quiet, &flooded, |times| &times.transfer);
    show("the back end alone (`GET /api/ping`)", &quiet, &flooded, |times| &times.control);
    println!("\nreads of {ITEMS} live prices during the flood: {:.0}/s", quantile(&reads, 50));
}

/// One row: medians of the phases' quantiles, and the median of their ratios, pair by pair.
fn show(what: &str, quiet: &[Times], flooded: &[Times], pick: fn(&Times) -> &Vec<f64>) {
    let of = |phases: &[Times], percent| phases.iter().map(|times| quantile(pick(times), percent)).collect::<Vec<_>>();
    let mut cells = Vec::new();
    for phases in [quiet, flooded] {
        cells.extend([50, 95].map(|percent| format!("{:.1} ms", quantile(&of(phases, percent), 50))));
    }
    for percent in [50, 95] {
        let pairs: Vec<_> = of(quiet, percent).iter().zip(of(flooded, percent)).map(|(quiet, flooded)| flooded / quiet).collect();
        let all = pairs.iter().map(|ratio| format!("{ratio:.2}")).collect::<Vec<_>>().join(" ");
        cells.push(format!("**{:.2}** ({all})", quantile(&pairs, 50)));
    }
    println!("| {what} | {} |", cells.join(" | "));
}

fn quantile(values: &[f64], percent: usize) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) * percent / 100]
}

/// Places orders one after another and waits for each.
async fn place(world: &World, orders: usize) -> Times {
    let mut times = Times::default();
    let customer = world.hansen().with("prefer", "wait=30");
    for _ in 0..orders {
        let began = Instant::now();
        let checkout = seal(&customer, PLIERS, "1").await;
        times.checkout.push(millis(began.elapsed()));
        let began = Instant::now();
        let key = text(&checkout, "/id").to_owned();
        let body = json!({"checkout": key, "purchase_order": "PO-4711"});
        let confirmed = customer.capture("/v1/orders", &key, &body).await.expect(201);
        times.order.push(millis(began.elapsed()));
        times.transfer.push(transfer_time(world, text(&confirmed, "/reference")).await);
        let began = Instant::now();
        world.backend.client().get("/api/ping").await.expect(200);
        times.control.push(millis(began.elapsed()));
    }
    times
}

async fn transfer_time(world: &World, reference: &str) -> f64 {
    let dossier = world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
    let instant = |field: &str| text(&dossier, &format!("/attempts/0/{field}")).parse::<jiff::Timestamp>().unwrap();
    millis(Duration::try_from(instant("ended_at").duration_since(instant("started_at"))).unwrap())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Clients that browse without pause.
struct Flood {
    answered: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    readers: Vec<tokio::task::JoinHandle<()>>,
    /// Of their own, so that the customer who orders does not wait for them here.
    threads: Runtime,
}

impl Flood {
    /// Started when every client has had an answer.
    async fn start(world: &World) -> Self {
        let (answered, stop) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let threads = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let reader = |number: usize| {
            let client = world.host.caller("shop").with("x-account", ACCOUNTS[number % ACCOUNTS.len()]);
            threads.spawn(browse(client, number, Arc::clone(&answered), Arc::clone(&stop)))
        };
        let readers = (0..READERS).map(reader).collect();
        eventually("the flood runs", async || (answered.load(Ordering::Relaxed) > READERS as u64).then_some(())).await;
        Self { answered, stop, readers, threads }
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for reader in self.readers {
            reader.await.unwrap();
        }
        self.threads.shutdown_background();
    }
}

/// Asks live, each time for another quantity, so that no two questions are the same.
async fn browse(client: Client, number: usize, answered: Arc<AtomicU64>, stop: Arc<AtomicBool>) {
    let client = client.with("content-type", "application/json");
    let item = |sku: usize| json!({"sku": format!("NW-{}", 1001 + sku), "quantity": {"value": "QUANTITY"}});
    let items: Vec<Value> = (0..ITEMS).map(item).collect();
    let body = json!({"items": items, "purpose": "checkout"}).to_string();
    for round in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let quantity = (1 + number + round * READERS).to_string();
        let body = body.replace("QUANTITY", &quantity).into();
        let reply = client.send(Method::POST, "/v1/offer-prices:query", body).await;
        assert!(matches!(reply.status.as_u16(), 200 | 503), "{reply}");
        answered.fetch_add(1, Ordering::Relaxed);
    }
}
