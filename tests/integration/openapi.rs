//! The service that is described by OpenAPI: `docs/openapi.md` as it stands there, and a host with the finished profile before a server that
//! allows nothing but what the description says.

use std::path::Path;

use ordergate_tests::{Depot, HostConfig, adapter_file, items, line, order, repository, run_host, seal, text, until_order};
use serde_json::json;

/// A fenced block of a page: what is said behind the fence, and the lines in it.
struct Block {
    info: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut is_open = false;
    for text in page.lines() {
        match (text.strip_prefix("```"), is_open) {
            (Some(info), false) => found.push(Block { info: info.to_owned(), text: String::new() }),
            (None, true) => found.last_mut().unwrap().text.push_str(&format!("{text}\n")),
            _ => {}
        }
        is_open ^= text.starts_with("```");
    }
    found
}

/// The page's files, and what it names: the adapter and the finished profile.
fn lay_out(folder: &Path, page: &[Block]) {
    for block in page {
        if let Some((_, name)) = block.info.split_once(" file=") {
            std::fs::write(folder.join(name), &block.text).unwrap();
        }
    }
    std::fs::copy(repository().join("adapters/rest/profiles/depot.toml"), folder.join("depot.toml")).unwrap();
    std::fs::copy(adapter_file(), folder.join("ordergate_adapter_rest.wasm")).unwrap();
}

#[tokio::test]
async fn every_command_of_the_page_does_what_the_page_says() {
    let page = std::fs::read_to_string(repository().join("docs/openapi.md")).unwrap();
    let blocks = blocks(&page);
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), &blocks);
    let environment = HostConfig::for_backend("http://127.0.0.1:9", "never-sent");
    let mut commands = 0;
    for (index, block) in blocks.iter().enumerate().filter(|(_, block)| block.info == "sh") {
        let words = block.text.trim().strip_prefix("ordergate ").unwrap().split(' ');
        let in_folder = |word: &str| match folder.path().join(word) {
            file if file.is_file() => file.to_str().unwrap().to_owned(),
            _ => word.to_owned(),
        };
        let arguments: Vec<_> = words.map(in_folder).collect();
        let ended = run_host(&environment, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let Some(said) = blocks.get(index + 1).filter(|said| said.info == "text" || said.info == "json contains") else {
            continue;
        };
        match said.info.as_str() {
            "text" => assert_eq!(ended.stdout, said.text, "{}", ended.stderr),
            _ => assert!(ended.stdout.contains(said.text.trim()), "{}\n{}", ended.stdout, ended.stderr),
        }
        commands += 1;
    }
    assert_eq!(commands, 5, "commands with an output that the page shows");
}

#[tokio::test]
async fn what_the_page_shows_of_the_profile_is_in_the_profile() {
    let page = std::fs::read_to_string(repository().join("docs/openapi.md")).unwrap();
    let profile = std::fs::read_to_string(repository().join("adapters/rest/profiles/depot.toml")).unwrap();
    let shown: Vec<_> = blocks(&page).into_iter().filter(|block| block.info == "toml").collect();
    assert!(shown.len() >= 2 && shown.iter().all(|block| profile.contains(&block.text)));
}

#[tokio::test]
async fn a_shop_sells_through_the_profile_and_sends_nothing_that_is_not_described() {
    let depot = Depot::start().await;
    let host = ordergate_tests::Host::start(HostConfig::for_depot(depot.url(), depot.key())).await;
    let (dora, emil) = (host.caller("dora"), host.caller("emil"));
    let asked = json!({"items": [{"sku": "BOLT-8"}, {"sku": "NOPE"}, {"sku": "WIRE-2"}]});
    let stock = dora.post("/v1/availability:query", &asked).await.expect(200);
    assert_eq!((text(&stock, "/items/0/availability/available"), text(&stock, "/items/2/availability/unit")), ("480", "MTR"));
    assert_eq!(items(&stock)[1]["problem"]["code"], "sku_unknown");
    let price = async |customer: &ordergate_tests::Client| customer.get("/v1/offer-prices/BOLT-8?quantity=10").await.expect(200);
    assert_eq!(
        (text(&price(&dora).await, "/unit_price/amount"), text(&price(&emil).await, "/unit_price/amount")),
        ("0.378", "0.42")
    );
    let checkout = seal(&dora, "BOLT-8", "100").await;
    depot.lose_next_reply();
    let captured = order(&dora, &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let confirmed = until_order(&dora, reference, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(depot.orders(reference), 1, "T4: the reply to the first attempt was lost");
    let number = text(&confirmed, "/number");
    emil.get(&format!("/v1/orders/{number}")).await.expect_problem(404, "not_found");
    dora.capture(&format!("/v1/orders/{number}/cancel"), "cancel", &json!({"reason": "not needed"})).await.expect(202);
    until_order(&dora, reference, "cancelled", |order| order["status"] == "cancelled").await;
    let list = dora.get("/v1/orders?limit=1").await.expect(200);
    assert_eq!(text(&list, "/items/0/number"), number);
    let too_many = json!({"lines": [line("10", "WIRE-2", "41")]});
    let checkout = dora.post("/v1/checkouts", &too_many).await.expect(201);
    let captured = order(&dora, &checkout, "two").await.expect(202);
    let refused =
        until_order(&dora, text(&captured, "/reference"), "refused", |order| order["transfer"]["state"] == "rejected").await;
    assert_eq!(text(&refused, "/transfer/message"), "There are not so many.");
    assert_eq!(depot.refused(), Vec::<String>::new());
}
