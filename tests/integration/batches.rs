//! Scenario 13: 250 items, at most 100 in a call, one that fails, one that nobody knows, and a line that nobody asked for (rule F9).

use std::path::Path;
use std::str::FromStr;

use ordergate_tests::{S4World, World, demo_profile, items, text};
use rust_decimal::Decimal;
use serde_json::{Value, json};

const MOST: usize = 250;
/// Of the items below.
const UNKNOWN: usize = 57;
const FAILING: usize = 123;

/// The demo profile, with 100 items in a call.
fn profile(folder: &Path) -> String {
    let text = std::fs::read_to_string(demo_profile()).unwrap();
    let capped = text.replace("_per_request = 200\nmax_items = 200", "_per_request = 100\nmax_items = 100");
    assert_ne!(text, capped);
    let file = folder.join("profile.toml");
    std::fs::write(&file, capped).unwrap();
    format!("{:?}", file.to_str().unwrap())
}

async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let profile = profile(folder.path());
    World::with(|config| config.set("adapters.nordwind.settings_file", &profile)).await
}

/// An article of the demo back end; there are 72.
fn article(number: usize) -> String {
    format!("NW-{}", 1001 + number % 72)
}

fn decimal(value: &Value) -> Option<Decimal> {
    value.as_str().and_then(|text| Decimal::from_str(text).ok())
}

fn code(item: &Value) -> &str {
    text(item, "/problem/code")
}

#[tokio::test]
async fn scenario_13_a_line_that_nobody_asked_for_shifts_no_price() {
    let world = world().await;
    world.backend.disturb("POST", "/api/price-inquiries", "freight-line", Some(3)).await;
    let asked = |number: usize| match number {
        UNKNOWN => ("NW-9999".to_owned(), "1".to_owned()),
        FAILING => (article(number), "0.5".to_owned()),
        number => (article(number), (1 + number / 72 * 400).to_string()),
    };
    let asked: Vec<_> = (0..MOST).map(asked).collect();
    let query: Vec<_> = asked.iter().map(|(sku, quantity)| json!({"sku": sku, "quantity": {"value": quantity}})).collect();
    let answer = world.hansen().post("/v1/offer-prices:query", &json!({"items": query})).await.expect(200);
    assert_eq!(world.backend.requests("POST /api/price-inquiries").await, 3, "100, 100 and 50");
    assert_eq!(items(&answer).len(), MOST);
    let mut truth = Vec::new();
    for part in asked.chunks(100) {
        let position = |(sku, quantity): &(String, String)| json!({"article": sku, "qty": quantity, "uom": "PCE"});
        let inquiry = json!({"customer": "C-1001", "positions": part.iter().map(position).collect::<Vec<_>>()});
        let told = world.backend.client().post("/api/price-inquiries", &inquiry).await.expect(200);
        truth.extend(told["positions"].as_array().unwrap().clone());
    }
    for (number, ((sku, _), (item, truth))) in asked.iter().zip(items(&answer).iter().zip(&truth)).enumerate() {
        assert_eq!(text(item, "/sku"), sku);
        match number {
            UNKNOWN => assert_eq!(code(item), "sku_unknown"),
            FAILING => assert!(item["price"].is_null() && code(item) != "sku_unknown", "{item:#}"),
            _ if truth.get("error").is_some() => assert!(item["problem"].is_object(), "not sold in pieces: {item:#} {truth:#}"),
            _ => assert_eq!(
                decimal(&item["price"]["unit_price"]["amount"]),
                decimal(&truth["net"]),
                "{number}: {item:#} {truth:#}"
            ),
        }
    }
    let counted = world.host.metric("ordergate_adapter_log_lines_total", &["warn"]).await;
    assert_eq!(counted, 3.0, "{}", world.host.log());
}

#[tokio::test]
async fn scenario_13_a_line_that_nobody_asked_for_shifts_no_stock() {
    let world = world().await;
    world.backend.disturb("GET", "/api/stock", "freight-line", None).await;
    let sites = [None, Some("BER"), Some("HAM"), Some("MUC")];
    let asked = |number: usize| match number {
        UNKNOWN => ("NW-9999".to_owned(), None),
        FAILING => (article(number), Some("nowhere")),
        number => (article(number), sites[number / 72]),
    };
    let asked: Vec<_> = (0..MOST).map(asked).collect();
    let query: Vec<_> = asked.iter().map(|(sku, site)| json!({"sku": sku, "location": site})).collect();
    let answer = world.hansen().post("/v1/availability:query", &json!({"items": query})).await.expect(200);
    assert_eq!(items(&answer).len(), MOST);
    for (number, ((sku, site), item)) in asked.iter().zip(items(&answer)).enumerate() {
        assert_eq!(text(item, "/sku"), sku);
        match number {
            UNKNOWN => assert_eq!(code(item), "sku_unknown"),
            FAILING => assert!(item["availability"].is_null() && code(item) != "sku_unknown", "{item:#}"),
            _ => {
                let site = site.map(|site| format!("&site={site}")).unwrap_or_default();
                let told = world.backend.client().get(&format!("/api/stock?sku={sku}{site}")).await.expect(200);
                let line = told["stock"].as_array().unwrap().iter().find(|line| line["article"] == json!(sku)).unwrap();
                let shown = &item["availability"];
                assert_eq!(shown["unlimited"] == json!(true), line["made_to_order"] == json!(true), "{item:#}");
                let free = decimal(&line["free"]).unwrap_or_default();
                assert_eq!(decimal(&shown["available"]).unwrap_or_default(), free, "{number}: {item:#} {line:#}");
            }
        }
    }
    assert!(world.host.metric("ordergate_adapter_log_lines_total", &["warn"]).await >= 3.0, "{}", world.host.log());
}

#[tokio::test]
async fn scenario_13_an_item_that_nobody_asked_for_shifts_no_simulated_price() {
    let world = S4World::start().await;
    world.backend.control().put("/control/system", &json!({"freight": true})).await.expect(204);
    // A price of each, in euros for one: 10.50, and 7.
    let asked = |number: usize| match number {
        UNKNOWN => ("NOPE", None),
        FAILING => ("TG20", None),
        number if number % 2 == 0 => ("TG12", Some("10.50")),
        _ => ("TG13", Some("7")),
    };
    let asked: Vec<_> = (0..MOST).map(asked).collect();
    let item = |(number, (sku, _)): (usize, &(&str, _))| json!({"sku": sku, "quantity": {"value": (1 + number).to_string()}});
    let query: Vec<_> = asked.iter().enumerate().map(item).collect();
    let answer = world.bert().post("/v1/offer-prices:query", &json!({"items": query})).await.expect(200);
    assert_eq!(items(&answer).len(), MOST);
    for (number, ((sku, price), item)) in asked.iter().zip(items(&answer)).enumerate() {
        assert_eq!(text(item, "/sku"), *sku);
        match price {
            None => assert!(item["problem"].is_object() && item["price"].is_null(), "{item:#}"),
            Some(price) => {
                assert_eq!(decimal(&item["price"]["unit_price"]["amount"]), Decimal::from_str(price).ok(), "{number}: {item:#}");
            }
        }
    }
    assert!(world.host.metric("ordergate_adapter_log_lines_total", &["debug"]).await >= 3.0);
}
