//! An adapter that is well until it is live.

use ordergate_tests::{Zoo, eventually, text, zoo_file};
use serde_json::json;

use super::{UNAVAILABLE, says_only};

#[tokio::test]
async fn hostile_version_that_begins_to_break_down_after_its_promotion_is_backed_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zoo.wasm");
    std::fs::copy(zoo_file(), &file).unwrap();
    let zoo = Zoo::with(|config| {
        let component = format!("{:?}", file.to_str().unwrap());
        config.set("adapters.zoo.component", &component).set("adapters.zoo.canary.share_percent", "0")
    })
    .await;
    zoo.act("tame").await.expect(200);
    // The same with an empty custom section at its end.
    let mut bytes = std::fs::read(zoo_file()).unwrap();
    bytes.extend([0, 2, 1, b'v']);
    std::fs::write(&file, bytes).unwrap();
    let deed = json!({"actor": "anna", "reason": "a test"});
    let loaded = zoo.host.operator().post("/ops/v1/adapters/zoo/load", &deed).await.expect(200);
    assert_eq!(text(&loaded, "/generations/0/state"), "live", "{loaded:#}");
    zoo.act("tame").await.expect(200);
    for _ in 0..3 {
        says_only(&zoo.act("panic").await, UNAVAILABLE.0, UNAVAILABLE.1);
    }
    let report = eventually("it is backed out", async || {
        let report = zoo.host.operator().get("/ops/v1/adapters/zoo").await.expect(200);
        (text(&report, "/last_swap/result") == "backed_out").then_some(report)
    })
    .await;
    let detail = text(&report, "/last_swap/detail");
    assert!(detail.starts_with("3 of 4 read calls failed by the adapter's own fault"), "{detail}");
    zoo.is_well().await;
    zoo.act("tame").await.expect(200);
}
