//! The database server goes down while hosts are at work.

use futures::future::join_all;

use super::*;

#[tokio::test]
async fn t1_every_order_acknowledged_while_the_server_crashes_is_in_the_back_end_once() {
    const CLIENTS: usize = 4;
    const ORDERS: usize = 6;
    let world = Hosts::start(2, |config| {
        // What a crash interrupts waits for its lease.
        let config = config.set("transfer.deadline_ms", "1000").set("transfer.lease_secs", "12");
        config.set("database.acquire_timeout_ms", "2000")
    })
    .await;
    let mut lists = Vec::new();
    for client in 0..CLIENTS {
        let customer = world.shop(client % 2, ["C-1001", "C-1002", "C-1003"][client % 3]);
        let mut checkouts = Vec::new();
        for _ in 0..ORDERS {
            checkouts.push(seal(&customer, "NW-1017", "1").await);
        }
        lists.push((client, customer, checkouts));
    }
    let clients = lists.into_iter().map(|(client, customer, checkouts)| submit_all(client, customer, checkouts));
    let server = Arc::clone(&world.server);
    let crashes = tokio::task::spawn_blocking(move || {
        for _ in 0..3 {
            server.crash();
            server.start_again();
        }
    });
    let (acknowledged, crashed) = tokio::join!(join_all(clients), crashes);
    crashed.unwrap();
    let mut references: Vec<_> = acknowledged.into_iter().flatten().collect();
    for (customer, reference) in &references {
        world.confirmed_once(customer, reference).await;
    }
    references.sort_by(|(_, one), (_, other)| one.cmp(other));
    references.dedup_by(|(_, one), (_, other)| one == other);
    assert_eq!(references.len(), CLIENTS * ORDERS, "each key has an order of its own");
    assert_eq!(world.backend.stats().await["orders_taken"], (CLIENTS * ORDERS) as u64);
    world.backend.assert_nothing_doubled().await;
}

/// Submits each order until it is acknowledged, always with the same key, as docs/api.md tells storefronts to.
async fn submit_all(client: usize, customer: Client, checkouts: Vec<Value>) -> Vec<(Client, String)> {
    let mut references = Vec::new();
    for (number, checkout) in checkouts.iter().enumerate() {
        let key = format!("client-{client}-order-{number}");
        let submit = async || {
            let reply = order(&customer, checkout, &key).await;
            match reply.status.as_u16() {
                202 => Some(text(&reply.json(), "/reference").to_owned()),
                503 => {
                    assert_eq!(reply.expect_problem(503, "store_unavailable")["retryable"], true, "{reply}");
                    None
                }
                _ => {
                    reply.expect_problem(409, "idempotency_key_in_use");
                    None
                }
            }
        };
        references.push((customer.clone(), eventually("the order is acknowledged", submit).await));
    }
    references
}

#[tokio::test]
async fn while_the_server_is_down_the_catalog_is_read_and_nothing_is_acknowledged() {
    let world = Hosts::start(1, |config| config.set("database.acquire_timeout_ms", "500")).await;
    let customer = world.hansen(0);
    let checkout = seal(&customer, PLIERS, "1").await;
    world.server.crash();
    let refused = order(&customer, &checkout, "one").await;
    assert_eq!(refused.expect_problem(503, "store_unavailable")["retryable"], true);
    assert!(refused.header("retry-after").is_some(), "{refused}");
    customer.get(&format!("/v1/availability/{PLIERS}")).await.expect(200);
    customer.get(&format!("/v1/offer-prices/{PLIERS}?quantity=1")).await.expect(200);
    let ops = world.hosts[0].ops();
    assert_eq!(ops.get("/readyz").await.status, 503, "no order can be taken");
    assert_eq!(ops.get("/readyz/catalog").await.status, 200, "but the catalog is there");
    assert_eq!(ops.get("/livez").await.status, 200);
    world.server.start_again();
    eventually("/readyz says ready", async || ops.get("/readyz").await.status.is_success().then_some(())).await;
    let captured = order(&customer, &checkout, "one").await.expect(202);
    world.confirmed_once(&customer, text(&captured, "/reference")).await;
    assert_eq!(world.backend.stats().await["orders_taken"], 1);
}
