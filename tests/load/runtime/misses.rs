//! P5: one live availability from end to end (HTTP, host, fresh instance with jq mapping, pooled egress) against the same client asking the
//! back end itself. Goal: 0.6 of its throughput, 250 µs more at the median.

use std::time::{Duration, Instant};

use ordergate_tests::{Client, Host, HostConfig};
use serde_json::json;

use super::{PAIRS, median, quantile, stock};

const CLIENTS: usize = 8;
const PHASE: Duration = Duration::from_secs(3);

/// Requests per second, and the times of single requests in microseconds.
struct Phase {
    rate: f64,
    alone_us: f64,
}

pub(super) async fn measure() {
    let backend = stock::start().await;
    let host = Host::start(HostConfig::for_backend(&backend, "key").at_full_speed().set("ops.max_connections", "64")).await;
    let (through, direct) = (host.caller("hansen"), Client::new(&backend));
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for warm in 0..=PAIRS {
        let ours = phase(&through, live).await;
        let bare = phase(&direct, ask).await;
        if warm > 0 {
            with.push(ours);
            without.push(bare);
        }
    }
    let of = |phases: &[Phase], pick: fn(&Phase) -> f64| phases.iter().map(pick).collect::<Vec<_>>();
    let ratios: Vec<_> = with.iter().zip(&without).map(|(ours, bare)| ours.rate / bare.rate).collect();
    let added: Vec<_> = with.iter().zip(&without).map(|(ours, bare)| ours.alone_us - bare.alone_us).collect();
    println!("P5 | through the host | straight | ratio (goal ≥ 0.6)\n|---|---|---|");
    println!(
        "| requests/s, {CLIENTS} clients | {:.0} | {:.0} | {:.2} |",
        median(&of(&with, |p| p.rate)),
        median(&of(&without, |p| p.rate)),
        median(&ratios)
    );
    println!(
        "| one client, median µs | {:.0} | {:.0} | +{:.0} µs (goal ≤ 250) |\n",
        median(&of(&with, |p| p.alone_us)),
        median(&of(&without, |p| p.alone_us)),
        median(&added)
    );
}

async fn phase(client: &Client, ask: impl AsyncFn(&Client, &str) + Clone + Send + 'static) -> Phase {
    let mut alone = Vec::new();
    for number in 0..200 {
        let began = Instant::now();
        ask(client, &format!("A-{number}")).await;
        alone.push(began.elapsed().as_secs_f64() * 1e6);
    }
    let ends = Instant::now() + PHASE;
    // In this task, not in tasks of their own: the client must cost both sides the same.
    let clients = (0..CLIENTS).map(|place| {
        let ask = ask.clone();
        async move {
            let mut answered = 0_u64;
            while Instant::now() < ends {
                ask(client, &format!("B-{place}-{answered}")).await;
                answered += 1;
            }
            answered
        }
    });
    let began = Instant::now();
    let answered: u64 = futures::future::join_all(clients).await.into_iter().sum();
    Phase { rate: answered as f64 / began.elapsed().as_secs_f64(), alone_us: quantile(&alone, 50) }
}

async fn live(client: &Client, sku: &str) {
    let body = json!({"purpose": "checkout", "items": [{"sku": sku}]});
    client.post("/v1/availability:query", &body).await.expect(200);
}

async fn ask(client: &Client, sku: &str) {
    client.get(&format!("/api/stock?sku={sku}")).await.expect(200);
}
