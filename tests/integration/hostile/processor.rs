//! Guests that spend time.

use std::time::{Duration, Instant};

use futures::future::join_all;
use ordergate_tests::Zoo;

use super::{TIMEOUT, UNAVAILABLE, ends, says_only};

/// Far more than any act is given; only a guest that nobody ends takes as long.
const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn hostile_endless_loop_is_ended_when_its_cpu_time_is_spent() {
    let zoo = Zoo::open().await;
    ends(&zoo, "loop", UNAVAILABLE, "cpu", Some("cpu_ms")).await;
}

#[tokio::test]
async fn hostile_recursion_is_ended_on_either_stack() {
    let zoo = Zoo::open().await;
    ends(&zoo, "recurse", UNAVAILABLE, "stack", Some("guest_stack_bytes")).await;
    // The stack that Rust keeps in linear memory lies at its beginning: below it there is nothing.
    ends(&zoo, "deep-frames", UNAVAILABLE, "other", None).await;
}

#[tokio::test]
async fn hostile_flood_of_host_calls_is_paid_with_the_guests_cpu_time() {
    let zoo = Zoo::open().await;
    ends(&zoo, "host-calls", UNAVAILABLE, "cpu", Some("cpu_ms")).await;
}

#[tokio::test]
async fn hostile_guest_that_waits_is_ended_when_the_calls_time_is_over() {
    let zoo = Zoo::with(|config| config.set("adapters.zoo.limits.wall_ms", "500")).await;
    ends(&zoo, "wait", TIMEOUT, "wall", Some("wall_ms")).await;
    ends(&zoo, "wait-forever", TIMEOUT, "wall", Some("wall_ms")).await;
}

#[tokio::test]
async fn hostile_guests_that_spin_on_every_worker_do_not_stop_the_hosts_timers() {
    let zoo =
        Zoo::with(|config| config.set("adapters.zoo.limits.cpu_ms", "1000").set("adapters.zoo.limits.wall_ms", "2000")).await;
    let began = Instant::now();
    let spinning = join_all((0..16).map(|number| zoo.act_by(number, "loop")));
    // This one ends by a timer and by nothing else, and the good adapter's back end answers by the network's events.
    let waiting = zoo.act_by(99, "wait");
    let (spun, waited, ()) = tokio::join!(spinning, waiting, zoo.others_are_served());
    let took = began.elapsed();
    assert!(took < LONG, "took {took:?}");
    says_only(&waited, 504, "backend_timeout");
    for reply in &spun {
        assert!(matches!(reply.status.as_u16(), 503 | 504), "{reply}");
    }
    assert_eq!(zoo.traps("cpu").await + zoo.traps("wall").await, 17.0);
    zoo.is_well().await;
}

#[tokio::test]
async fn hostile_calls_that_take_every_place_are_shed_and_leave_other_adapters_alone() {
    let zoo = Zoo::with(|config| {
        config
            .set("adapters.zoo.limits.concurrency", "8")
            .set("adapters.zoo.limits.queue", "2")
            .set("adapters.zoo.limits.queue_wait_ms", "100")
            .set("adapters.zoo.limits.wall_ms", "3000")
    })
    .await;
    let calls = join_all((0..20).map(|number| zoo.act_by(number, "wait")));
    let (replies, ()) = tokio::join!(calls, zoo.others_are_served());
    let (shed, held): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 503);
    assert_eq!((held.len(), shed.len()), (4, 16), "four places of eight are for reads");
    held.iter().for_each(|reply| says_only(reply, 504, "backend_timeout"));
    for reply in shed {
        says_only(reply, 503, "overloaded");
        assert!(reply.header("retry-after").is_some(), "{reply}");
    }
    assert_eq!((zoo.limit_hits("queue").await, zoo.limit_hits("queue_wait_ms").await), (14.0, 2.0));
    zoo.is_well().await;
}
