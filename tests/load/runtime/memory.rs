//! P12: resident memory of an idle host with four adapters (goal: 80 MiB), and what one cached availability takes (goal: 400 bytes).

use ordergate_tests::{Host, HostConfig, adapter_file, demo_profile};
use serde_json::json;

use super::stock;

const BATCHES: u32 = 400;
const ITEMS: u32 = 250;

pub(super) async fn measure() {
    let backend = stock::start().await;
    let config = ["second", "third", "fourth"].into_iter().fold(
        HostConfig::for_backend(&backend, "key").at_full_speed(),
        |config, name| {
            config
                .set(&format!("adapters.{name}.component"), &format!("{:?}", adapter_file()))
                .set(&format!("adapters.{name}.settings_file"), &format!("{:?}", demo_profile()))
                .set(&format!("adapters.{name}.endpoints.api.base_url"), &format!("{backend:?}"))
                .set(&format!("adapters.{name}.endpoints.api.allow"), r#"["loopback"]"#)
        },
    );
    let host = Host::start(config).await;
    let idle = host.resident_bytes();
    let customer = host.caller("hansen");
    // The buffers of connections and instances are there before anything is counted.
    for batch in 0..20 {
        fill(&customer, "W", batch).await;
    }
    let before = host.resident_bytes();
    for batch in 0..BATCHES {
        fill(&customer, "M", batch).await;
    }
    let entries = f64::from(BATCHES * ITEMS);
    let each = (host.resident_bytes() as f64 - before as f64) / entries;
    println!("P12 | idle, four adapters (goal ≤ 80 MiB) | per cached availability (goal ≤ 400 bytes)\n|---|---|");
    println!("| {:.1} MiB | {each:.0} bytes ({entries} entries) |\n", idle as f64 / (1024.0 * 1024.0));
}

async fn fill(customer: &ordergate_tests::Client, prefix: &str, batch: u32) {
    let items: Vec<_> = (0..ITEMS).map(|item| json!({"sku": format!("{prefix}-{batch:04}-{item:04}")})).collect();
    customer.post("/v1/availability:query", &json!({"items": items})).await.expect(200);
}
