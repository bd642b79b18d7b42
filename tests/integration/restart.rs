//! What outlives the host process.

use ordergate_tests::{HostConfig, PLIERS, World, Zoo, order, run_host, seal, text, until_order};

#[tokio::test]
async fn a_component_that_cannot_be_frozen_is_not_tried_again_at_the_next_start() {
    // A cache of its own, which holds nothing of another run.
    let cache = tempfile::tempdir().unwrap();
    let mut zoo = Zoo::with(|config| {
        let config = config.set("adapters.zoo.settings.configure", "\"random\"");
        config.env("ORDERGATE_CACHE_DIR", cache.path().to_str().unwrap())
    })
    .await;
    let tried = async |zoo: &Zoo| {
        zoo.host.metric("ordergate_adapter_compile_seconds_count", &["work=\"snapshot\"", "outcome=\"failed\""]).await
    };
    let reason = async |zoo: &Zoo| {
        let report = zoo.host.operator().get("/ops/v1/adapters/zoo").await.expect(200);
        assert_eq!(report["snapshot"]["state"], "not", "{report:#}");
        text(&report, "/snapshot/reason").to_owned()
    };
    assert_eq!(tried(&zoo).await, 1.0);
    let said = reason(&zoo).await;
    assert!(said.contains("wasi:random/random") && said.contains("must not be frozen"), "{said}");
    zoo.host.kill_9();
    zoo.host.start_again().await;
    assert_eq!(tried(&zoo).await, 0.0, "it was remembered");
    assert_eq!(reason(&zoo).await, said);
    zoo.act("tame").await.expect(200);
}

#[tokio::test]
async fn a_seal_made_before_a_restart_can_be_ordered_after_it() {
    let mut world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "2").await;
    assert_eq!(world.host.stop().await.code, Some(0));
    world.host.start_again().await;
    let again = world.hansen().get(&format!("/v1/checkouts/{}", text(&checkout, "/id"))).await.expect(200);
    assert_eq!(again["totals"], checkout["totals"]);
    order(&world.hansen(), &checkout, "one").await.expect(202);
}

#[tokio::test]
async fn a2_a_key_used_before_a_crash_gives_the_first_answer_after_it() {
    let mut world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let first = order(&world.hansen(), &checkout, "one").await.expect(202);
    world.host.kill_9();
    world.host.start_again().await;
    let again = order(&world.hansen(), &checkout, "one").await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(202), first);
    until_order(&world.hansen(), text(&first, "/reference"), "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(world.backend.stats().await["orders_taken"], 1);
}

#[tokio::test]
async fn a_used_seal_is_still_used_after_a_crash() {
    let mut world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    order(&world.hansen(), &checkout, "one").await.expect(202);
    world.host.kill_9();
    world.host.start_again().await;
    order(&world.hansen(), &checkout, "two").await.expect_problem(409, "checkout_used");
}

#[tokio::test]
async fn the_second_start_does_not_compile_the_adapter_again() {
    let mut world = World::start().await;
    world.host.stop().await;
    let start = std::time::Instant::now();
    world.host.start_again().await;
    // Compiling takes seconds; loading what is compiled takes milliseconds. The margin is for a busy machine.
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "took {:?}:\n{}", start.elapsed(), world.host.log());
}

#[tokio::test]
async fn a_second_host_on_the_same_database_is_refused() {
    let world = World::start().await;
    let database = world.host.folder().join("ordergate.db");
    let config =
        HostConfig::for_backend(&world.backend.url(), world.backend.key()).set("database.path", &format!("{database:?}"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ordergate.toml");
    std::fs::write(&file, config.toml()).unwrap();
    let ended = run_host(&config, &["serve", "--config", file.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(69), "{}", ended.stderr);
    assert!(ended.stderr.contains("ordergate.db"), "{}", ended.stderr);
    world.hansen().get("/v1/orders").await.expect(200);
}
