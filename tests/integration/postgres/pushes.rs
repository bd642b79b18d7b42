//! What is pushed to one host holds on all of them, as far as the database carries it (rule F12).

use jiff::Timestamp;
use ordergate_tests::{not_to_cache, push, pushing, stock_message};

use super::*;

async fn source(world: &Hosts, host: usize) -> String {
    let answer = world.hansen(host).get(&format!("/v1/availability/{PLIERS}")).await.expect(200);
    text(&answer, "/source").to_owned()
}

#[tokio::test]
async fn f12_what_must_not_be_cached_is_asked_on_every_host_whichever_was_told() {
    let mut world = Hosts::start(2, pushing).await;
    for host in [0, 1] {
        assert_eq!((source(&world, host).await.as_str(), source(&world, host).await.as_str()), ("live", "cached"));
    }
    push(&world.hosts[0], &not_to_cache(Timestamp::now())).await.expect(200);
    eventually("the other host has learned it", async || (source(&world, 1).await == "live").then_some(())).await;
    for host in [0, 1] {
        assert_eq!((source(&world, host).await.as_str(), source(&world, host).await.as_str()), ("live", "live"));
    }
    world.start_another(|config| config).await;
    assert_eq!((source(&world, 2).await.as_str(), source(&world, 2).await.as_str()), ("live", "live"), "one that starts later");
    // Lifted at another host than the one that was told first.
    push(&world.hosts[1], &stock_message(Timestamp::now(), None, "60")).await.expect(200);
    assert_eq!(source(&world, 1).await, "pushed");
    eventually("the others have learned it", async || (source(&world, 0).await == "cached").then_some(())).await;
    eventually("the others have learned it", async || (source(&world, 2).await == "cached").then_some(())).await;
}

#[tokio::test]
async fn f12_what_could_not_be_stored_is_not_acknowledged_so_that_it_comes_again() {
    let world = Hosts::start(1, |config| pushing(config).set("database.acquire_timeout_ms", "500")).await;
    assert_eq!((source(&world, 0).await.as_str(), source(&world, 0).await.as_str()), ("live", "cached"));
    world.server.crash();
    push(&world.hosts[0], &not_to_cache(Timestamp::now())).await.expect_problem(503, "store_unavailable");
    assert_eq!((source(&world, 0).await.as_str(), source(&world, 0).await.as_str()), ("live", "live"), "it holds here meanwhile");
}
