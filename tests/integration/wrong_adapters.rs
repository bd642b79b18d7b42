//! The adapters that are wrong on purpose (`tests/wrong`), in each language: without a mistake they sell as the template does, and each mistake is
//! truly made. What the conformance kit says of them is proved where the kit is.

use ordergate_tests::{HostConfig, PLIERS, World, eventually, run_host, text, wrong_file};
use serde_json::{Value, json};

/// A host's configuration with the adapter and one mistake. Without snapshots: every mistake would be compiled by itself.
fn configured(config: HostConfig, language: &str, deed: &str) -> HostConfig {
    config
        .set("adapters.nordwind.component", &format!("{:?}", wrong_file(language).to_str().unwrap()))
        .unset("adapters.nordwind.settings_file")
        .set("adapters.nordwind.settings.wrong", &format!("{deed:?}"))
        .set("adapters.nordwind.snapshot", "false")
        .set("adapters.nordwind.limits.compile_secs", "300")
}

/// Requests and answer of one operation, before these replies: a text is a whole reply, anything else the body of a 200.
async fn mapped(language: &str, deed: &str, operation: &str, input: &Value, replies: &[Value]) -> Value {
    let config = configured(HostConfig::for_backend("http://127.0.0.1:9", "never-sent"), language, deed);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: String, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (config_file, input) = (file("ordergate.toml".into(), config.toml()), file("input.json".into(), input.to_string()));
    let mut arguments = vec!["adapter", "map", "--json", "--adapter", "nordwind", "--config", &config_file];
    arguments.extend(["--operation", operation, "--input", &input]);
    let reply = |(index, reply): (usize, &Value)| match reply.as_str() {
        Some(whole) => file(format!("{index}.http"), whole.to_owned()),
        None => file(format!("{index}.json"), reply.to_string()),
    };
    let replies: Vec<_> = replies.iter().enumerate().map(reply).collect();
    arguments.extend(replies.iter().flat_map(|reply| ["--reply", reply.as_str()]));
    let ended = run_host(&config, &arguments).await;
    assert!(ended.stdout.starts_with('{'), "no report: {}{}", ended.stdout, ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

/// As the back end sends it: of the customer C-2, with more digits than a float keeps.
fn their_order(number: &str) -> Value {
    json!({
        "no": number, "your_ref": "O1", "customer": "C-2", "channel": "WEB", "po": null, "entered_at": "2026-01-02T03:04:05Z",
        "changed_at": "2026-01-02T03:04:05Z", "state": "OPN", "currency": "EUR", "goods": "10.00", "freight": "0.00", "vat": [],
        "total": "10.000000000000000001", "wanted_on": null, "remarks": null, "positions": [],
    })
}

fn our_order() -> Value {
    let line = json!({"id": "1", "kind": "product", "sku": PLIERS, "quantity": {"value": "3.000000000000000001", "unit": "C62"}});
    json!({"reference": "O0123456789ABCDEFGHJKMNPQRS", "order": {
        "account": "C-1", "currency": "EUR", "placed_at": "2026-11-26T10:00:00Z", "lines": [line],
    }})
}

async fn got(language: &str, deed: &str) -> Value {
    mapped(language, deed, "orders.get", &json!({"account": "C-1", "number": "SO-7"}), &[their_order("SO-7")]).await
}

/// A page of three, of which two were wanted.
async fn listed(language: &str, deed: &str) -> Value {
    let page = json!({"items": [their_order("SO-3"), their_order("SO-2"), their_order("SO-1")], "page": 1, "pages": 2});
    mapped(language, deed, "orders.list", &json!({"account": "C-1", "page": {"limit": 2}}), &[page]).await
}

/// Its first reply says nothing.
async fn submitted(language: &str, deed: &str) -> Vec<String> {
    let lost = json!("HTTP/1.1 500 Internal Server Error\n\n{}");
    let mapped = mapped(language, deed, "orders.submit", &our_order(), &[lost, their_order("SO-7")]).await;
    mapped["requests"].as_array().unwrap().iter().map(|request| text(request, "/body").to_owned()).collect()
}

async fn makes_no_mistake_unless_it_is_told_to(language: &str) {
    let got = got(language, "none").await;
    assert_eq!(text(&got, "/answer/account"), "C-2");
    assert_eq!(text(&got, "/answer/totals/payable/amount"), "10.000000000000000001");
    let sent = submitted(language, "none").await;
    assert!(sent.len() == 1 && sent[0].contains("3.000000000000000001"), "{sent:#?}");
    assert!(text(&listed(language, "none").await, "/requests/0/url").contains("size=2"));
}

async fn makes_each_mistake(language: &str) {
    let sent = submitted(language, "duplicates").await;
    assert!(sent.len() == 2 && sent[1] == sent[0], "{sent:#?}");
    assert_eq!(text(&got(language, "leaks").await, "/answer/account"), "C-1");
    let rounded = got(language, "decimals").await;
    assert!(text(&rounded, "/answer/totals/payable/amount").len() < 5, "{rounded:#}");
    assert!(!submitted(language, "decimals").await[0].contains("3.000000000000000001"));
    let listed = listed(language, "pages").await;
    assert!(text(&listed, "/requests/0/url").contains("size=3") && !listed.to_string().contains("SO-1"), "{listed:#}");
    goes_on_until_the_host_ends_it(language).await;
}

async fn goes_on_until_the_host_ends_it(language: &str) {
    let change = |config| configured(config, language, "deadline").set("adapters.nordwind.limits.wall_ms", "1500");
    let world = World::with(change).await;
    world.backend.disturb("GET", "/api/stock", "late-reply", None).await;
    assert!(!world.hansen().get(&format!("/v1/availability/{PLIERS}?location=BER")).await.status.is_success());
    let ended = async || (world.host.metric("ordergate_adapter_traps_total", &[]).await > 0.0).then_some(());
    eventually("the host has ended it", ended).await;
}

#[tokio::test]
async fn a_wrong_adapter_in_rust_makes_each_mistake_and_no_other() {
    makes_no_mistake_unless_it_is_told_to("rust").await;
    makes_each_mistake("rust").await;
}

#[tokio::test]
async fn a_wrong_adapter_in_javascript_makes_each_mistake_and_no_other() {
    makes_no_mistake_unless_it_is_told_to("js").await;
    makes_each_mistake("js").await;
}

#[tokio::test]
async fn a_wrong_adapter_in_python_makes_each_mistake_and_no_other() {
    makes_no_mistake_unless_it_is_told_to("python").await;
    makes_each_mistake("python").await;
}
