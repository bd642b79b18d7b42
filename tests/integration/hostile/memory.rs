//! Guests that take and keep.

use std::time::Duration;

use futures::future::join_all;
use ordergate_tests::{Zoo, within};

use super::{UNAVAILABLE, ends};

const MIB: u64 = 1024 * 1024;

/// What the host may keep of the memory of its guests: 1 MiB for each of the 40 places for reads, and what its allocator keeps.
const MARGIN: u64 = 64 * MIB;

#[tokio::test]
async fn hostile_memory_bomb_is_refused_beyond_its_limit() {
    let zoo = Zoo::with(|config| config.set("adapters.zoo.limits.cpu_ms", "2000")).await;
    ends(&zoo, "memory", UNAVAILABLE, "memory", Some("memory_bytes")).await;
}

#[tokio::test]
async fn hostile_allocation_of_more_than_there_is_fails_in_the_guest() {
    let zoo = Zoo::open().await;
    ends(&zoo, "large-allocation", UNAVAILABLE, "memory", Some("memory_bytes")).await;
}

#[tokio::test]
async fn hostile_memory_is_given_back_when_the_guests_are_gone() {
    let zoo = Zoo::with(|config| config.set("adapters.zoo.limits.cpu_ms", "5000")).await;
    // Both adapters have run once, so that what they need for good is there.
    zoo.act("tame").await.expect(200);
    zoo.is_well().await;
    let before = zoo.host.resident_bytes();
    for _ in 0..3 {
        for act in ["memory", "fill"] {
            join_all((0..8).map(|number| zoo.act_by(number, act))).await;
        }
    }
    zoo.is_well().await;
    assert_eq!(zoo.traps("memory").await, 24.0);
    within(Duration::from_secs(20), "the memory is given back", async || {
        (zoo.host.resident_bytes() < before + MARGIN).then_some(())
    })
    .await;
    eprintln!("resident: {} MiB before, {} MiB after", before / MIB, zoo.host.resident_bytes() / MIB);
}

#[tokio::test]
async fn hostile_guest_that_holds_too_many_of_the_hosts_resources_is_ended() {
    let zoo = Zoo::open().await;
    ends(&zoo, "handles", UNAVAILABLE, "handles", Some("handles")).await;
}

#[tokio::test]
async fn hostile_guest_keeps_between_calls_no_more_than_the_session_holds() {
    let zoo = Zoo::with(|config| config.set("adapters.zoo.limits.cpu_ms", "2000")).await;
    assert_eq!(zoo.told("session").await, "kept 256, large false");
    for limit in ["session_values", "session_value_bytes"] {
        assert_eq!(zoo.limit_hits(limit).await, 1.0, "{limit}");
    }
    zoo.is_well().await;
}
