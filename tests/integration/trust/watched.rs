//! A watched adapter whose signature or pin comes later than its component.

use ordergate_tests::{DemoBackend, Host, text, within};
use serde_json::Value;

use super::{Desk, served};

async fn watched(desk: &mut Desk) -> (Host, DemoBackend) {
    desk.config = desk.config.clone().set("adapters.nordwind.watch", "true");
    served(desk).await
}

/// What came last of the file that lies there now.
async fn comes_to(host: &Host, result: &str, words: &str) -> Value {
    within(std::time::Duration::from_secs(60), &format!("it is {result}: {words}"), async || {
        let report = host.operator().get("/ops/v1/adapters/nordwind").await.expect(200);
        let last = &report["last_swap"];
        (last["result"] == result && text(last, "/detail").contains(words)).then_some(report)
    })
    .await
}

#[tokio::test]
async fn a_watched_component_that_rests_before_its_signature_comes_is_loaded_once_it_has_come() {
    let mut desk = Desk::signed().await;
    let (host, _backend) = watched(&mut desk).await;
    desk.upgrade("rest.wasm");
    comes_to(&host, "refused", "was changed after acme signed it").await;
    std::fs::remove_file(desk.path("rest.wasm.minisig")).unwrap();
    comes_to(&host, "refused", "is not signed").await;
    desk.sign("rest.wasm", "acme").await;
    comes_to(&host, "promoted", "").await;
}

#[tokio::test]
async fn a_watched_component_that_rests_before_it_is_pinned_is_loaded_once_it_is() {
    let mut desk = Desk::signed().await;
    let (host, _backend) = watched(&mut desk).await;
    let (config, lock) = (host.folder().join("ordergate.toml"), host.folder().join("ordergate.lock"));
    let file = desk.text("rest.wasm");
    let added = desk.adapter(&["add", "nordwind", &file, "--config", config.to_str().unwrap()]).await;
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    desk.sign("rest.wasm", "acme").await;
    desk.upgrade("next.wasm");
    desk.sign("next.wasm", "acme").await;
    for name in ["rest.wasm.minisig", "rest.wasm"] {
        std::fs::rename(desk.path(&name.replace("rest", "next")), desk.path(name)).unwrap();
    }
    let refused = comes_to(&host, "refused", "ordergate adapter add nordwind").await;
    let pinned = text(&refused, "/digest");
    let detail = text(&refused, "/last_swap/detail");
    let found = detail.split_once("has the SHA-256 ").unwrap().1.split(',').next().unwrap();
    // Only the pin: `adapter add` puts the component in its place again as well.
    let text = std::fs::read_to_string(&lock).unwrap();
    assert!(text.contains(pinned), "{text}");
    std::fs::write(lock, text.replace(pinned, found)).unwrap();
    comes_to(&host, "promoted", "").await;
}
