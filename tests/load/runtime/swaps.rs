//! P10: live reads while a new version is compiled, tried and promoted. Goal: none fails, and the 99 % time is at most twice the usual one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ordergate_tests::{Client, Host, HostConfig, adapter_file, within};
use serde_json::json;

use super::{median, quantile, stock};

const READERS: usize = 4;
const SWAPS: u8 = 5;
const USUAL: Duration = Duration::from_secs(4);

pub(super) async fn measure() {
    let backend = stock::start().await;
    let folder = tempfile::tempdir().unwrap();
    let component = folder.path().join("adapter.wasm");
    std::fs::copy(adapter_file(), &component).unwrap();
    let config = HostConfig::for_backend(&backend, "key")
        .at_full_speed()
        .set("adapters.nordwind.component", &format!("{component:?}"))
        .set("adapters.nordwind.canary.trial_calls", "50");
    let host = Host::start(config).await;
    read_for(&host.caller("hansen"), USUAL).await;
    let (mut usual, mut swapping, mut failed, mut reads) = (Vec::new(), Vec::new(), 0, 0);
    for version in 2..2 + SWAPS {
        let before = read_for(&host.caller("hansen"), USUAL).await;
        usual.push(quantile(&before.times, 99));
        let during = swap(&host, &component, version).await;
        swapping.push(quantile(&during.times, 99));
        failed += before.failed + during.failed;
        reads += before.times.len() + during.times.len();
    }
    let ratios: Vec<_> = swapping.iter().zip(&usual).map(|(swap, usual)| swap / usual).collect();
    println!("P10 | usual 99 % | while swapping 99 % | ratio (goal ≤ 2) | failed (goal 0)\n|---|---|---|---|");
    println!("| {:.1} ms | {:.1} ms | {:.2} | {failed} of {reads} |\n", median(&usual), median(&swapping), median(&ratios));
}

/// Milliseconds of each read, and how many failed.
#[derive(Default)]
struct Reads {
    times: Vec<f64>,
    failed: usize,
}

async fn read_for(customer: &Client, time: Duration) -> Reads {
    let ends = Instant::now() + time;
    read_until(customer, || Instant::now() >= ends).await
}

async fn read_until(customer: &Client, over: impl Fn() -> bool) -> Reads {
    let over = &over;
    let reader = |place: usize| async move {
        let mut reads = Reads::default();
        while !over() {
            let items: Vec<_> = (0..10).map(|item| json!({"sku": format!("S-{place}-{}-{item}", reads.times.len())})).collect();
            let began = Instant::now();
            let reply = customer.post("/v1/availability:query", &json!({"purpose": "checkout", "items": items})).await;
            reads.times.push(began.elapsed().as_secs_f64() * 1e3);
            let good = reply.status == 200
                && reply.json()["items"].as_array().unwrap().iter().all(|item| item["availability"].is_object());
            reads.failed += usize::from(!good);
        }
        reads
    };
    let all = futures::future::join_all((0..READERS).map(reader)).await;
    all.into_iter().fold(Reads::default(), |mut sum, reads| {
        sum.times.extend(reads.times);
        sum.failed += reads.failed;
        sum
    })
}

/// From the moment that the file is replaced until the new version is live.
async fn swap(host: &Host, component: &std::path::Path, version: u8) -> Reads {
    let mut file = std::fs::read(adapter_file()).unwrap();
    // A custom section (id 0): its size, the length of its name, its name and one byte.
    file.extend([0, 9, 7]);
    file.extend(b"version");
    file.push(version);
    std::fs::write(component, file).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let customer = host.caller("hansen");
    let readers = {
        let over = Arc::clone(&over);
        tokio::spawn(async move { read_until(&customer, || over.load(Ordering::Relaxed)).await })
    };
    let operator = host.operator();
    operator.post("/ops/v1/adapters/nordwind/load", &json!({"actor": "bench", "reason": "P10"})).await.expect(200);
    within(Duration::from_secs(120), "the new version is live", async || {
        let report = operator.get("/ops/v1/adapters/nordwind").await.json();
        let newest = &report["generations"][0];
        assert_ne!(report["last_swap"]["result"], "backed_out", "{report}");
        (newest["generation"] == u64::from(version) && newest["state"] == "live").then_some(())
    })
    .await;
    over.store(true, Ordering::Relaxed);
    readers.await.unwrap()
}
