//! More is asked of the database than it has connections for.

use futures::future::join_all;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Executor};

use super::*;

#[tokio::test]
async fn t1_what_finds_no_connection_is_told_to_come_again_and_nothing_gets_lost() {
    const ORDERS: usize = 8;
    let world = Hosts::start(1, |config| {
        let config = config.set("database.max_connections", "2").set("database.acquire_timeout_ms", "500");
        config.set("database.lock_timeout_ms", "2000")
    })
    .await;
    let customer = world.hansen(0);
    let mut checkouts = Vec::new();
    for _ in 0..ORDERS {
        checkouts.push(seal(&customer, "NW-1017", "1").await);
    }
    // Whoever wants to write an order keeps its connection, and waits.
    let database = world.config.get("database.url").split(['/', '?']).nth(3).unwrap();
    let other = PgConnectOptions::new_without_pgpass().socket(world.server.folder()).username("postgres").database(database);
    let mut other = other.connect().await.unwrap();
    other.execute("BEGIN; LOCK TABLE documents IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let keys: Vec<_> = (0..ORDERS).map(|number| format!("order-{number}")).collect();
    let place_all = async || join_all(checkouts.iter().zip(&keys).map(|(checkout, key)| order(&customer, checkout, key))).await;
    for refused in place_all().await {
        assert_eq!(refused.expect_problem(503, "store_unavailable")["retryable"], true);
        assert!(refused.header("retry-after").is_some(), "{refused}");
    }
    other.execute("ROLLBACK").await.unwrap();
    let mut references = Vec::new();
    for (checkout, key) in checkouts.iter().zip(&keys) {
        // One whose wait for the lock is not over yet may still have its key.
        let placed = async || Some(order(&customer, checkout, key).await).filter(|reply| reply.status == 202);
        references.push(text(&eventually("it is taken", placed).await.json(), "/reference").to_owned());
    }
    for reference in &references {
        world.confirmed_once(&customer, reference).await;
    }
    assert_eq!(world.backend.stats().await["orders_taken"], ORDERS as u64);
}
