//! What operators see of pushes, and what they are told before anyone pushes in vain.

use super::*;
use ordergate_tests::{demo_profile, run_host};

#[tokio::test]
async fn f12_operators_see_what_was_pushed_lately_and_what_was_turned_away() {
    let world = world().await;
    let now = Timestamp::now();
    send(&world, NEXT_SECRET, "one", now, &stock_message(now, None, "50").to_string()).await.expect(200);
    send(&world, NEXT_SECRET, "one", now, &stock_message(now, None, "50").to_string()).await.expect(200);
    assert_eq!(receipt(&world, stock_message(ago(3_600), None, "7")).await, (0, json!({"older": 1})));
    send(&world, PUSH_SECRET, "no-json", now, "<xml/>").await.expect_problem(422, "message_unreadable");
    world.host.anonymous().post(DOOR, &json!({})).await.expect_problem(401, "sender_unproven");
    let log = world.host.operator().get("/ops/v1/adapters/nordwind/pushes").await.expect(200);
    let told: Vec<_> =
        log["messages"].as_array().unwrap().iter().map(|message| (text(message, "/outcome"), &message["secret"])).collect();
    assert_eq!(told, [("taken", &json!(2)), ("replayed", &json!(2)), ("taken", &json!(1)), ("unreadable", &json!(1))]);
    assert_eq!(log["messages"][2]["ignored"], json!({"older": 1}));
    assert_eq!(log["messages"][0]["events"], json!({"availability-changed": 1}));
    assert_eq!(log["turned_away"]["unsigned"]["messages"], 1);
    assert!(!log.to_string().contains(PLIERS), "no content: {log:#}");
    let shown = world.host.operate(&["adapter", "pushes", "nordwind"]).await.stdout;
    assert!(shown.contains("standard_webhooks secret 2  availability-changed 1  applied 1"), "{shown}");
    assert!(shown.contains("turned away  unsigned  1 messages"), "{shown}");
    let closed = World::start().await;
    closed.host.operator().get("/ops/v1/adapters/nordwind/pushes").await.expect_problem(409, "conflict");
}

/// The demo profile without what reads pushed messages.
fn profile_without_pushes(folder: &std::path::Path) -> String {
    let text = std::fs::read_to_string(demo_profile()).unwrap();
    let (before, _) = text.split_once("[operations.\"inbound.translate\"]").expect("the profile reads pushes");
    let file = folder.join("profile.toml");
    std::fs::write(&file, before).unwrap();
    format!("{:?}", file.to_str().unwrap())
}

#[tokio::test]
async fn f12_an_adapter_that_reads_no_pushes_is_found_out_before_anyone_pushes() {
    let folder = tempfile::tempdir().unwrap();
    let profile = profile_without_pushes(folder.path());
    let config = HostConfig::for_backend("http://127.0.0.1:9", "back-end-key-of-this-test");
    let config = pushing(config).set("adapters.nordwind.settings_file", &profile);
    let file = folder.path().join("ordergate.toml");
    std::fs::write(&file, config.toml()).unwrap();
    for verb in ["check", "serve"] {
        let refused = run_host(&config, &[verb, "--config", file.to_str().unwrap()]).await;
        assert_eq!(refused.code, Some(64), "{verb}: {refused:?}");
        assert!(refused.stderr.contains("adapters.nordwind.inbound: who may push is configured, but"), "{verb}: {refused:?}");
    }
}

#[tokio::test]
async fn f12_a_version_that_reads_no_pushes_is_not_brought_in_where_some_may_come() {
    let mut world = world().await;
    let profile = profile_without_pushes(world.host.folder());
    world.host.rewrite(|config| config.set("adapters.nordwind.settings_file", &profile));
    let deed = json!({"actor": "anna", "reason": "a test"});
    for path in ["/ops/v1/adapters/nordwind/load", "/ops/v1/config/reload"] {
        let refused = world.host.operator().post(path, &deed).await.expect_problem(422, "adapter_refused");
        assert!(refused.to_string().contains("adapters.nordwind.inbound"), "{path}: {refused:#}");
    }
    assert_eq!(receipt(&world, stock_message(Timestamp::now(), None, "50")).await, (1, json!({})), "the old one serves on");
}
