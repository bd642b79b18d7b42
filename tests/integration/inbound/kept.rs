//! What outlives a restart, a rollback and a message that comes again (rule F12).

use super::*;

/// Twice, so that it is cached when it may be.
async fn sources(world: &World) -> [String; 2] {
    [available(world, "").await.0, available(world, "").await.0]
}

#[tokio::test]
async fn f12_what_must_not_be_cached_is_remembered_over_a_restart_and_so_is_that_it_was_lifted() {
    let mut world = world().await;
    let told_at = ago(20);
    push(&world, not_to_cache(told_at)).await.expect(200);
    world.host.stop().await;
    world.host.start_again().await;
    assert_eq!(sources(&world).await, ["live", "live"]);
    let shown = world.host.operate(&["cache", "show", PLIERS]).await.stdout;
    assert!(shown.contains("not to be cached  adapter nordwind  until it is lifted"), "{shown}");
    assert_eq!(receipt(&world, stock_message(Timestamp::now(), None, "60")).await, (1, json!({})));
    assert_eq!(available(&world, "").await, is("pushed", "60"));
    world.host.stop().await;
    world.host.start_again().await;
    assert_eq!(sources(&world).await, ["live", "cached"]);
    // The same message, from somebody who listened or from a sender that missed the answer.
    assert_eq!(receipt(&world, not_to_cache(told_at)).await, (0, json!({"older": 1})));
    assert_eq!(available(&world, "").await.0, "cached");
}

#[tokio::test]
async fn f12_what_a_person_lifted_stays_lifted_over_a_restart() {
    let mut world = world().await;
    let told_at = ago(20);
    push(&world, not_to_cache(told_at)).await.expect(200);
    let done = world.host.operate(&["cache", "invalidate", PLIERS, "--actor", "anna", "--reason", "it may be cached"]).await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    world.host.stop().await;
    world.host.start_again().await;
    assert_eq!(receipt(&world, not_to_cache(told_at)).await, (0, json!({"older": 1})));
    assert_eq!(sources(&world).await, ["live", "cached"]);
}

#[tokio::test]
async fn f12_there_is_a_most_of_items_that_must_not_be_cached_and_more_are_told() {
    let world = World::with(|config| pushing(config).set("cache.max_uncacheable", "1")).await;
    let withhold = async |sku: &str| receipt(&world, json!({"at": Timestamp::now(), "not_to_cache": [{"article": sku}]})).await;
    assert_eq!(withhold(PLIERS).await, (1, json!({})));
    assert_eq!(withhold("NW-1001").await, (0, json!({"too_many": 1})));
    world.host.logged("cache.max_uncacheable").await;
}

#[tokio::test]
async fn f12_a_value_that_comes_again_after_a_restart_is_asked_and_not_shown() {
    let mut world = world().await;
    let (message, id, sent_at) = (stock_message(ago(70), None, "99").to_string(), "msg_old", ago(70));
    send(&world, PUSH_SECRET, id, sent_at, &message).await.expect(200);
    world.host.stop().await;
    world.host.start_again().await;
    // Its signature is good, and nobody knows that it came before, nor what came after it.
    send(&world, PUSH_SECRET, id, sent_at, &message).await.expect(200);
    assert_eq!(available(&world, "").await, is("live", "307"));
}

#[tokio::test]
async fn f12_what_a_rolled_back_version_made_of_a_push_is_not_believed_any_more() {
    let world = World::with(|config| pushing(config).set("adapters.nordwind.canary.share_percent", "0")).await;
    let act = async |action: &str| {
        let deed = json!({"actor": "anna", "reason": "a test"});
        world.host.operator().post(&format!("/ops/v1/adapters/nordwind/{action}"), &deed).await.expect(200)
    };
    act("load").await;
    assert_eq!(receipt(&world, stock_message(Timestamp::now(), None, "424242")).await, (1, json!({})));
    assert_eq!(available(&world, "").await, is("pushed", "424242"));
    act("rollback").await;
    assert_eq!(available(&world, "").await, is("live", "307"));
}
