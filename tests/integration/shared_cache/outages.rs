//! The server is killed, restarted, slow or full.

use ordergate_tests::{PLIERS, eventually, text};
use redis::cmd;
use serde_json::json;

use super::{Pair, hansen, invalidate, shown, stock, until_metric, until_written};

#[tokio::test]
async fn f11_when_the_server_dies_hosts_go_on_and_what_they_hold_is_soon_asked_again() {
    let mut pair = Pair::with(|config| config.set("cache.shared.detached_secs", "1")).await;
    for host in [&pair.one, &pair.two] {
        assert_eq!(shown(host, PLIERS).await.1, "307");
        until_written(&pair.one, 1.0).await;
    }
    pair.cache.kill_9();
    for host in [&pair.one, &pair.two] {
        until_metric(host, "ordergate_shared_cache_connections_total", &["lost"], 1.0).await;
        let ready = host.ops().get("/readyz").await;
        assert_eq!(ready.status, 200, "{}", ready.text());
        assert_eq!(shown(host, "NW-1017").await.0, "live", "asked without it");
    }
    // Both memories count it as fresh for 300 s; another host's invalidation would not be heard.
    pair.backend.set_stock(PLIERS, "BER", "100").await;
    let told = invalidate(&pair.one, PLIERS, json!({})).await;
    assert_eq!(text(&told, "/other_hosts"), "later");
    for host in [&pair.one, &pair.two] {
        eventually("the new stock is shown", async || (shown(host, PLIERS).await.1 == "267").then_some(())).await;
    }
    let by_hand = pair.one.operate(&["cache", "invalidate", PLIERS, "--actor", "anna", "--reason", "counted"]).await;
    assert!(by_hand.stdout.contains("other hosts are told when it is back"), "{}{}", by_hand.stdout, by_hand.stderr);
}

#[tokio::test]
async fn f11_an_invalidation_during_an_outage_reaches_everyone_after_it() {
    // Nothing is doubted before the server is back: what is right afterwards is right by the return.
    let mut pair = Pair::with(|config| config.set("cache.shared.detached_secs", "3600")).await;
    for host in [&pair.one, &pair.two] {
        assert_eq!(shown(host, PLIERS).await.1, "307");
        until_written(&pair.one, 1.0).await;
    }
    pair.cache.kill_9();
    for host in [&pair.one, &pair.two] {
        until_metric(host, "ordergate_shared_cache_connections_total", &["lost"], 1.0).await;
    }
    pair.backend.set_stock(PLIERS, "BER", "100").await;
    assert_eq!(text(&invalidate(&pair.one, PLIERS, json!({})).await, "/other_hosts"), "later");
    assert_eq!(shown(&pair.two, PLIERS).await, ("cached".into(), "307".into()), "nobody could tell it");
    pair.cache.start_again().await;
    pair.attached(2.0).await;
    assert_eq!(shown(&pair.two, PLIERS).await.1, "267");
    assert_eq!(shown(&pair.one, PLIERS).await.1, "267");
}

#[tokio::test]
async fn f11_what_was_doubted_is_still_shown_while_the_back_end_is_down_too() {
    let mut pair = Pair::with(|config| config.set("cache.shared.detached_secs", "1")).await;
    stock(&pair.one, PLIERS).await;
    until_written(&pair.one, 1.0).await;
    pair.cache.kill_9();
    pair.backend.stop().await;
    eventually("it is doubted", async || (shown(&pair.one, PLIERS).await == ("stale".into(), "307".into())).then_some(())).await;
}

#[tokio::test]
async fn f11_a_server_that_answers_nothing_costs_a_few_look_ups_and_no_answer() {
    let mut pair = Pair::with(|config| config.set("cache.shared.lookup_ms", "200").set("cache.shared.rest_ms", "60000")).await;
    pair.cache.pause();
    for number in 1001..1021 {
        assert_eq!(shown(&pair.one, &format!("NW-{number}")).await.0, "live");
    }
    let reads = async |outcome: &str| pair.one.metric("ordergate_shared_cache_reads_total", &[outcome]).await;
    assert_eq!((reads("timeout").await, reads("resting").await), (1.0, 19.0), "one waited, the others did not");
    assert_eq!(pair.one.metric("ordergate_shared_cache_rests_total", &[]).await, 1.0);
    assert_eq!(pair.one.ops().get("/readyz").await.status, 200);
    pair.cache.resume();
}

#[tokio::test]
async fn f11_a_server_that_is_silent_for_too_long_is_as_good_as_gone() {
    let mut pair = Pair::with(|config| {
        config.set("cache.shared.detached_secs", "1").set("cache.shared.connect_ms", "1000").set("cache.shared.lookup_ms", "200")
    })
    .await;
    for host in [&pair.one, &pair.two] {
        assert_eq!(shown(host, PLIERS).await.1, "307");
        until_written(&pair.one, 1.0).await;
    }
    pair.cache.pause();
    pair.backend.set_stock(PLIERS, "BER", "100").await;
    assert_eq!(text(&invalidate(&pair.one, PLIERS, json!({})).await, "/other_hosts"), "later");
    eventually("the new stock is shown", async || (shown(&pair.two, PLIERS).await.1 == "267").then_some(())).await;
    for host in [&pair.one, &pair.two] {
        until_metric(host, "ordergate_shared_cache_connections_total", &["lost"], 1.0).await;
    }
    pair.cache.resume();
    pair.attached(2.0).await;
    until_metric(&pair.one, "ordergate_shared_cache_attached", &[], 1.0).await;
    invalidate(&pair.two, PLIERS, json!({})).await;
    assert_eq!(shown(&pair.one, PLIERS).await.1, "267");
}

#[tokio::test]
async fn f11_a_server_that_answers_again_is_used_again() {
    let mut pair = Pair::with(|config| config.set("cache.shared.lookup_ms", "500")).await;
    pair.cache.pause();
    assert_eq!(shown(&pair.one, PLIERS).await, ("live".into(), "307".into()));
    pair.cache.resume();
    let mut number = 1001;
    eventually("an answer is shared again", async || {
        // Another item each time, asked of one host and then of the other.
        number += 1;
        stock(&pair.one, &format!("NW-{number}")).await;
        eventually("it was written or left out", async || {
            let outcomes = pair.one.metric("ordergate_shared_cache_writes_total", &[]).await;
            let without = pair.one.metric("ordergate_shared_cache_reads_total", &["timeout"]).await
                + pair.one.metric("ordergate_shared_cache_reads_total", &["resting"]).await
                + pair.one.metric("ordergate_shared_cache_reads_total", &["detached"]).await
                + pair.one.metric("ordergate_shared_cache_reads_total", &["gone"]).await;
            (outcomes + without >= f64::from(number - 1000)).then_some(())
        })
        .await;
        (shown(&pair.two, &format!("NW-{number}")).await.0 == "cached").then_some(())
    })
    .await;
}

#[tokio::test]
async fn f11_a_full_server_keeps_nothing_new_and_invalidations_still_arrive() {
    let pair = Pair::start().await;
    for host in [&pair.one, &pair.two] {
        assert_eq!(shown(host, PLIERS).await.1, "307");
        until_written(&pair.one, 1.0).await;
    }
    let mut connection = pair.cache.connection();
    cmd("CONFIG").arg("SET").arg("maxmemory-policy").arg("noeviction").exec(&mut connection).unwrap();
    cmd("CONFIG").arg("SET").arg("maxmemory").arg("1").exec(&mut connection).unwrap();
    for host in [&pair.one, &pair.two] {
        assert_eq!(shown(host, "NW-1017").await.0, "live", "it cannot be shared");
    }
    pair.backend.set_stock(PLIERS, "BER", "100").await;
    assert_eq!(text(&invalidate(&pair.one, PLIERS, json!({})).await, "/other_hosts"), "everyone");
    until_metric(&pair.two, "ordergate_shared_cache_invalidations_heard_total", &["availability"], 1.0).await;
    assert_eq!(shown(&pair.two, PLIERS).await, ("live".into(), "267".into()));
    // An item that the server has versions of, in no room for its values.
    let price = format!("/v1/offer-prices/{PLIERS}");
    hansen(&pair.one).get(&price).await.expect(200);
    assert!(pair.cache.values().len() <= 2);
}
