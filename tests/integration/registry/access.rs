//! Which registries are spoken to, and as whom.

use ordergate_tests::{DemoBackend, REGISTRY_PASSWORD, REGISTRY_USER, Registry, TokenGate, lasting_port};

use super::Desk;

#[tokio::test]
async fn a_registry_with_a_password_lets_in_who_knows_it() {
    let registry = Registry::with_password().await;
    let desk = Desk::new().known_as(REGISTRY_USER, REGISTRY_PASSWORD);
    let pushed = desk.push(&registry.named("adapters/erp:1")).await;
    assert_eq!(desk.pull(&pushed, &[]).await.code, Some(0));
    assert_eq!(desk.read("into/erp.wasm"), desk.read("rest.wasm"));
    let wrong = Desk::new().known_as(REGISTRY_USER, "a-guess-0123456");
    wrong.pulls_nothing(&pushed, &[], 1, &["does not let shop in", "ORDERGATE_REGISTRY_PASSWORD"]).await;
    let refused = wrong.adapter(&["push", &registry.named("adapters/erp:2"), &wrong.text("rest.wasm")]).await;
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("does not let shop in") && !refused.stderr.contains("a-guess"), "{}", refused.stderr);
    Desk::new().pulls_nothing(&pushed, &[], 1, &["wants to know who asks", "ORDERGATE_REGISTRY_USER"]).await;
}

#[tokio::test]
async fn a_token_is_fetched_with_the_password_and_what_is_large_comes_from_where_the_registry_leads() {
    let registry = Registry::start().await;
    let gate = TokenGate::before(&registry).await;
    let desk = Desk::signed().await.known_as(REGISTRY_USER, REGISTRY_PASSWORD);
    let pushed = desk.push(&registry.named("erp:1")).await;
    let pulled = desk.pull(&gate.named("erp:1"), &["--verify-with", &desk.text("acme.pub")]).await;
    assert_eq!(pulled.code, Some(0), "{}", pulled.stderr);
    assert!(pulled.stdout.contains(pushed.split_once('@').unwrap().1), "{}", pulled.stdout);
    assert_eq!(desk.read("into/erp.wasm"), desk.read("rest.wasm"));
    assert_eq!(gate.asked(), ["service=gate&scope=repository%3Aerp%3Apull"]);
    let wrong = Desk::new().known_as(REGISTRY_USER, "a-guess-0123456");
    wrong.pulls_nothing(&gate.named("erp:1"), &[], 1, &["does not let shop in"]).await;
    Desk::new().pulls_nothing(&gate.named("erp:1"), &[], 1, &["wants to know who asks"]).await;
}

#[tokio::test]
async fn half_a_login_is_a_mistake() {
    let mut desk = Desk::new();
    desk.config = desk.config.env("ORDERGATE_REGISTRY_USER", "shop");
    desk.pulls_nothing("127.0.0.1:9/erp:1", &[], 1, &["are set together, or neither"]).await;
}

#[tokio::test]
async fn what_is_not_there_is_told_with_what_to_do() {
    let (registry, desk) = (Registry::start().await, Desk::new());
    let nothing = registry.named("adapters/erp:9");
    desk.pulls_nothing(&nothing, &[], 1, &[&format!("there is no {nothing}"), "ordergate adapter push"]).await;
    let pushed = desk.push(&registry.named("adapters/erp:1")).await;
    let elsewhere = format!("{}{}", &pushed[..pushed.len() - 4], "0000");
    desk.pulls_nothing(&elsewhere, &[], 1, &["there is no"]).await;
}

#[tokio::test]
async fn what_is_no_registry_is_told_so() {
    let (backend, desk) = (DemoBackend::start().await, Desk::new());
    let named = format!("{}/adapters/erp:1", backend.url().trim_start_matches("http://"));
    desk.pulls_nothing(&named, &[], 1, &["is no registry"]).await;
    let nobody = format!("127.0.0.1:{}/adapters/erp:1", lasting_port());
    desk.pulls_nothing(&nobody, &[], 69, &["cannot be reached"]).await;
    for (name, word) in
        [("erp:1", "names no registry"), ("r.example/erp", "names no version"), ("r.example/erp@sha256:12", "a digest is")]
    {
        desk.pulls_nothing(name, &[], 64, &[word]).await;
    }
    let by_digest = format!("r.example/erp@sha256:{}", "0".repeat(64));
    let refused = desk.adapter(&["push", &by_digest, &desk.text("rest.wasm")]).await;
    assert_eq!(refused.code, Some(64), "{}", refused.stderr);
    assert!(refused.stderr.contains("gets a tag"), "{}", refused.stderr);
}
