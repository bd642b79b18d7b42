//! Several hosts share the work.

use futures::future::join_all;

use super::*;

/// Accounts that may order.
const ACCOUNTS: [&str; 3] = ["C-1001", "C-1002", "C-1003"];

#[tokio::test]
async fn two_hosts_share_the_work_and_each_order_is_sent_once() {
    let world = Hosts::start(2, |config| config.set("transfer.concurrency", "1")).await;
    let mut checkouts = Vec::new();
    for number in 0..12 {
        let account = ACCOUNTS[number % ACCOUNTS.len()];
        checkouts.push((account, seal(&world.shop(0, account), "NW-1017", "1").await));
    }
    // Each host can send one at a time, so what one host takes is too much for it.
    world.backend.slow_down(300).await;
    let mut references = Vec::new();
    for (number, (account, checkout)) in checkouts.iter().enumerate() {
        let captured = order(&world.shop(0, account), checkout, &format!("order-{number}")).await.expect(202);
        references.push((*account, text(&captured, "/reference").to_owned()));
    }
    for (account, reference) in &references {
        world.confirmed_once(&world.shop(1, account), reference).await;
    }
    world.backend.assert_nothing_doubled().await;
    for host in &world.hosts {
        let sent = host.metric("ordergate_transfers_total", &["outcome=\"confirmed\""]).await;
        assert!(sent >= 1.0, "each host has sent some:\n{}", host.log());
    }
}

#[tokio::test]
async fn t6_orders_of_an_account_arrive_in_order_whichever_host_took_them() {
    let world = Hosts::start(2, |config| config).await;
    let mut checkouts = Vec::new();
    for _ in 0..8 {
        checkouts.push(seal(&world.hansen(0), "NW-1017", "1").await);
    }
    let mut references = Vec::new();
    for (number, checkout) in checkouts.iter().enumerate() {
        let captured = order(&world.hansen(number % 2), checkout, &format!("order-{number}")).await.expect(202);
        references.push(text(&captured, "/reference").to_owned());
    }
    let mut numbers = Vec::new();
    for reference in &references {
        world.confirmed_once(&world.hansen(0), reference).await;
        numbers.push(text(&world.backend.orders_with_reference(reference).await[0], "/no").to_owned());
    }
    assert!(numbers.is_sorted(), "{numbers:?}");
}

#[tokio::test]
async fn a2_the_same_key_on_two_hosts_at_once_makes_one_order() {
    let world = Hosts::start(2, |config| config).await;
    let customers = [world.hansen(0), world.hansen(1)];
    let checkout = seal(&customers[0], PLIERS, "1").await;
    let replies = join_all((0..20).map(|number| order(&customers[number % 2], &checkout, "the-same"))).await;
    let mut references: Vec<Value> = Vec::new();
    for reply in &replies {
        match reply.status.as_u16() {
            409 => drop(reply.expect_problem(409, "idempotency_key_in_use")),
            _ => references.push(reply.expect(202)["reference"].clone()),
        }
    }
    references.dedup();
    assert_eq!(references.len(), 1, "{references:?}");
    world.confirmed_once(&customers[1], references[0].as_str().unwrap()).await;
    assert_eq!(world.backend.stats().await["orders_taken"], 1);
    let again = order(&customers[1], &checkout, "the-same").await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"), "{again}");
}

#[tokio::test]
async fn a2_a_key_is_in_use_while_another_host_works_on_it() {
    let world = Hosts::start(2, |config| config.set("stores.main.seal_secs", "1")).await;
    let checkout = seal(&world.hansen(0), PLIERS, "1").await;
    let order_on = |host: usize| {
        let (customer, checkout) = (world.hansen(host), checkout.clone());
        tokio::spawn(async move { order(&customer, &checkout, "the-same").await })
    };
    // An expired seal is checked again, so the request takes as long as the back end does.
    eventually("the seal has expired", async || {
        let sealed = world.hansen(0).get(&format!("/v1/checkouts/{}", text(&checkout, "/id"))).await.expect(200);
        let expires: jiff::Timestamp = text(&sealed, "/expires_at").parse().unwrap();
        (jiff::Timestamp::now() > expires).then_some(())
    })
    .await;
    world.backend.slow_down(2_000).await;
    world.backend.count_from_zero().await;
    let first = order_on(0);
    eventually("the first request is at work", async || {
        let stats = world.backend.stats().await;
        stats["requests"].as_object().is_some_and(|requests| !requests.is_empty()).then_some(())
    })
    .await;
    order_on(1).await.unwrap().expect_problem(409, "idempotency_key_in_use");
    world.backend.no_faults().await;
    let captured = first.await.unwrap().expect(202);
    // The first host tells the database after its answer that it is done with the key.
    let again =
        eventually("the key is free", async || Some(order_on(1).await.unwrap()).filter(|reply| reply.status == 202)).await;
    assert_eq!(captured["reference"], again.json()["reference"]);
}

#[tokio::test]
async fn a_caller_who_waits_is_told_what_another_host_has_confirmed() {
    let busy_for_long = |config: HostConfig| {
        config.set("transfer.concurrency", "1").set("transfer.deadline_ms", "55000").set("transfer.lease_secs", "70")
    };
    let mut world = Hosts::start(1, busy_for_long).await;
    let busy = seal(&world.shop(0, "C-1002"), "NW-1017", "1").await;
    let checkout = seal(&world.hansen(0), PLIERS, "1").await;
    // The first host has its only hand full for longer than the caller waits.
    let late = json!({"method": "POST", "path_prefix": "/api/orders", "fault": "late-reply", "times": 1, "pause_ms": 50_000});
    world.backend.faults(&json!({"rules": [late]})).await;
    order(&world.shop(0, "C-1002"), &busy, "busy").await.expect(202);
    let is_sending = async || (world.backend.requests("POST /api/orders").await == 1).then_some(());
    eventually("the first host sends", is_sending).await;
    world.start_another(|config| config).await;
    let confirmed = order(&world.hansen(0).with("prefer", "wait=20"), &checkout, "waits").await.expect(201);
    assert!(confirmed["number"].is_string(), "{confirmed:#}");
    let sent = world.hosts[1].metric("ordergate_transfers_total", &["outcome=\"confirmed\""]).await;
    assert!(sent >= 1.0, "the second host sent it");
}

#[tokio::test]
async fn t5_the_work_of_a_host_that_dies_is_taken_over_after_its_lease() {
    let mut world = Hosts::start(0, |config| config.set("transfer.deadline_ms", "1000").set("transfer.lease_secs", "12")).await;
    world.start_another(|config| config.env("ORDERGATE_FAILPOINT", "after-send")).await;
    world.start_another(|config| config).await;
    let mut checkouts = Vec::new();
    for number in 0..9 {
        let account = ACCOUNTS[number % ACCOUNTS.len()];
        checkouts.push((account, seal(&world.shop(1, account), "NW-1017", "1").await));
    }
    // The first host dies over the first order that it sends. A storefront then repeats its request at the other one, with the same key.
    let mut references = Vec::new();
    for (number, (account, checkout)) in checkouts.iter().enumerate() {
        let body = json!({"checkout": text(checkout, "/id")});
        let key = format!("order-{number}");
        let post = |host: usize| {
            let customer = world.shop(host, account).with("idempotency-key", &key).with("content-type", "application/json");
            let body = body.to_string();
            async move { customer.try_send(http::Method::POST, "/v1/orders", body.into()).await }
        };
        let reply = match post(0).await {
            Ok(reply) if reply.status == 202 => reply,
            _ => eventually("the other host answers", async || post(1).await.ok().filter(|reply| reply.status == 202)).await,
        };
        references.push((*account, text(&reply.json(), "/reference").to_owned()));
    }
    let died = world.hosts[0].ended().await;
    assert_eq!(died.code, None, "it was ended by a signal: {}", died.stderr);
    for (account, reference) in &references {
        world.confirmed_once(&world.shop(1, account), reference).await;
    }
    assert_eq!(world.backend.stats().await["orders_taken"], 9);
    world.backend.assert_nothing_doubled().await;
}

#[tokio::test]
async fn f5_an_order_taken_by_one_host_lowers_what_another_shows() {
    let world = Hosts::start(2, |config| {
        config
            .set("freshness.availability.decrement_on_submit", "true")
            .set("freshness.availability.fresh_below_secs", "600")
            .set("stores.main.reserve", "false")
    })
    .await;
    let shown = async || {
        let availability = world.hansen(1).get(&format!("/v1/availability/{PLIERS}")).await.expect(200);
        text(&availability, "/available").to_owned()
    };
    let before = shown().await;
    let checkout = seal(&world.hansen(0), PLIERS, "7").await;
    world.backend.disturb("POST", "/api/orders", "refuse-503", None).await;
    let captured = order(&world.hansen(0), &checkout, "waits").await.expect(202);
    let lowered = (before.parse::<u32>().unwrap() - 7).to_string();
    eventually("the other host shows less", async || (shown().await == lowered).then_some(())).await;
    world.backend.no_faults().await;
    world.confirmed_once(&world.hansen(1), text(&captured, "/reference")).await;
}

#[tokio::test]
async fn t5_a_host_that_stood_still_beyond_its_lease_sends_nothing_when_it_goes_on() {
    let short = |config: HostConfig| config.set("transfer.lease_secs", "11").set("transfer.deadline_ms", "1000");
    let mut world = Hosts::start(1, |config| short(config).env("ORDERGATE_FAILPOINT", "stop-after-begin")).await;
    let checkout = seal(&world.hansen(0), PLIERS, "1").await;
    // The first host stops between the commit of `sending` and the first byte: its answer may not come.
    let (customer, sealed) = (world.hansen(0), checkout.clone());
    let ordering = tokio::spawn(async move { order(&customer, &sealed, "one").await });
    world.start_another(|config| config.without_env("ORDERGATE_FAILPOINT")).await;
    let there = async || world.backend.stats().await["orders_taken"].as_u64().filter(|taken| *taken == 1);
    eventually("the other host has sent it", there).await;
    world.hosts[0].resume();
    let captured = ordering.await.unwrap().expect(202);
    let reference = text(&captured, "/reference");
    eventually("the first host has found that it is too late", async || {
        world.hosts[0].log().contains("another worker has taken it over").then_some(())
    })
    .await;
    world.confirmed_once(&world.hansen(1), reference).await;
    assert_eq!(world.backend.requests("POST /api/orders").await, 1, "nothing was sent a second time");
}

#[tokio::test]
async fn t10_two_hosts_that_compare_at_the_same_time_find_the_same_once() {
    let compare = |config: HostConfig| config.set("transfer.reconcile_secs", "1").set("transfer.reconcile_batch", "2");
    let world = Hosts::start(2, compare).await;
    let mut references = vec![];
    for number in 0..6 {
        let customer = world.hansen(number % 2);
        let captured = order(&customer, &seal(&customer, PLIERS, "1").await, &format!("key-{number}")).await.expect(202);
        let reference = text(&captured, "/reference").to_owned();
        let confirmed = until_order(&customer, &reference, "confirmed", |order| order["number"].is_string()).await;
        world.backend.delete_order(text(&confirmed, "/number")).await;
        references.push(reference);
    }
    // One comparison takes longer than the time between two looks of a host, and one host takes two at most: the other one must take some.
    world.backend.slow_down(600).await;
    let found = eventually("all are found", async || {
        let found = world.hosts[0].findings("?reason=missing").await;
        (found.len() >= references.len()).then_some(found)
    })
    .await;
    let of_both = async |metric: &str| world.hosts[0].metric(metric, &[]).await + world.hosts[1].metric(metric, &[]).await;
    eventually("each has been compared again", async || {
        (of_both("ordergate_reconciled_total").await >= 2.0 * references.len() as f64).then_some(())
    })
    .await;
    for host in &world.hosts {
        assert!(host.metric("ordergate_reconciled_total", &[]).await > 0.0, "both take part");
        assert_eq!(host.findings("?state=all").await.len(), references.len(), "{found:#?}");
    }
    assert_eq!(of_both("ordergate_findings_total").await, references.len() as f64, "it is news once");
}
