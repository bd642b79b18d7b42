//! How many connections it takes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use ordergate_tests::Zoo;

const CALLS: usize = 10_000;

/// Calls at the same time, by so many customers: one customer's reads have only some of the places.
const AT_ONCE: usize = 64;
const CUSTOMERS: usize = 16;

/// `idle_connections` of the endpoint, the size of its pool.
const POOL: usize = 96;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn egress_ten_thousand_calls_open_no_more_connections_than_the_pool() {
    let zoo = Zoo::with(|config| {
        let config = config.set("adapters.zoo.limits.concurrency", "128");
        // They queue up, for as long as a busy machine needs.
        let config = config.set("stores.main.read_deadline_ms", "30000");
        config.set("adapters.zoo.endpoints.api.idle_connections", &POOL.to_string())
    })
    .await;
    let (began, left) = (Instant::now(), AtomicUsize::new(CALLS));
    let take = || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
    let zoo_ref = &zoo;
    let take_ref = &take;
    let caller = |number: usize| async move {
        while take_ref() {
            zoo_ref.act_by(number % CUSTOMERS, "ask").await.expect(200);
        }
    };
    join_all((0..AT_ONCE).map(caller)).await;
    let took = began.elapsed();
    eprintln!("{CALLS} calls in {took:?}, {} connections", zoo.bad.connections());
    assert_eq!(zoo.bad.requests(), CALLS);
    // A call that opens a connection takes one that becomes free meanwhile, and its own is there for the next.
    assert!(zoo.bad.connections() <= POOL + AT_ONCE, "{} connections", zoo.bad.connections());
    assert!(took < Duration::from_secs(300), "took {took:?}");
    zoo.is_well().await;
}
