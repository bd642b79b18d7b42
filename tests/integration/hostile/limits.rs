//! Every limit is the operator's to set; those that other tests here do not set.

use ordergate_tests::{Zoo, text};

use super::{NONSENSE, UNAVAILABLE, ends, says_only};

/// What the host keeps of its guests' memory, and what its allocator keeps.
const MARGIN: u64 = 64 * 1024 * 1024;

async fn zoo_with(limits: &[(&str, u64)]) -> Zoo {
    Zoo::with(|config| {
        let config = config.set("adapters.zoo.limits.cpu_ms", "10000");
        limits
            .iter()
            .fold(config, |config, (limit, value)| config.set(&format!("adapters.zoo.limits.{limit}"), &value.to_string()))
    })
    .await
}

#[tokio::test]
async fn hostile_requests_and_replies_are_bounded_as_the_operator_says() {
    let zoo =
        zoo_with(&[("egress_requests", 3), ("egress_concurrency", 1), ("reply_bytes", 100), ("reply_total_bytes", 5)]).await;
    // Two replies of two bytes, the third does not fit any more.
    assert_eq!(zoo.told("requests-at-once").await, "200 2, invalid-response 1, throttled 9997");
    assert!(zoo.bad.connections() <= 2, "one request at a time; the third closed its connection");
    says_only(&zoo.act("get-large").await, NONSENSE.0, NONSENSE.1);
    for limit in ["egress_requests", "reply_bytes", "reply_total_bytes"] {
        assert_eq!(zoo.limit_hits(limit).await, 1.0, "{limit}");
    }
    zoo.is_well().await;
}

#[tokio::test]
async fn hostile_memory_and_handles_are_bounded_as_the_operator_says() {
    let zoo = zoo_with(&[("memory_bytes", 16 * 1024 * 1024), ("handles", 16)]).await;
    ends(&zoo, "fill", UNAVAILABLE, "memory", Some("memory_bytes")).await;
    ends(&zoo, "handles", UNAVAILABLE, "handles", Some("handles")).await;
    zoo.act("tame").await.expect(200);
}

#[tokio::test]
async fn hostile_log_is_bounded_as_the_operator_says() {
    let zoo = zoo_with(&[("log_bytes", 1_000), ("log_line_bytes", 50)]).await;
    let reply = zoo.act("log-flood").await.expect(200);
    zoo.is_well().await;
    let (log, sku) = (zoo.host.log(), text(&reply, "/sku").to_owned());
    let lines: Vec<_> = log.lines().filter(|line| line.contains(&format!("flood {sku} "))).collect();
    // Each costs 50 bytes and 256 for the line.
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!((zoo.limit_hits("log_bytes").await, zoo.limit_hits("log_line_bytes").await), (1.0, 1.0));
}

#[tokio::test]
async fn hostile_requests_and_results_each_have_a_limit_of_their_own() {
    const LARGE: u64 = 64 * 1024 * 1024;
    let zoo = zoo_with(&[("memory_bytes", 4 * LARGE), ("hostcall_bytes", LARGE)]).await;
    assert_eq!(zoo.told("huge-request").await, "Ok(200)");
    ends(&zoo, "huge-result", UNAVAILABLE, "result", Some("result_bytes")).await;
    assert_eq!(zoo.limit_hits("hostcall_bytes").await, 0.0);
    let zoo = zoo_with(&[("memory_bytes", 4 * LARGE), ("hostcall_bytes", 1024), ("result_bytes", LARGE)]).await;
    ends(&zoo, "huge-request", UNAVAILABLE, "data", Some("hostcall_bytes")).await;
    // Read as a whole; that no extension is so long is another rule.
    let traps = zoo.traps("result").await;
    zoo.act("huge-result").await;
    assert_eq!((zoo.traps("result").await, zoo.limit_hits("result_bytes").await), (traps, 0.0));
}

#[tokio::test]
async fn hostile_randomness_and_session_are_bounded_as_the_operator_says() {
    let zoo = zoo_with(&[]).await;
    ends(&zoo, "random-100000", UNAVAILABLE, "random", Some("random_bytes")).await;
    let zoo = zoo_with(&[("random_bytes", 100_000), ("session_values", 2_001), ("session_value_bytes", 1024 * 1024)]).await;
    assert_eq!(zoo.told("random-100000").await, "100000");
    assert_eq!(zoo.told("session").await, "kept 2000, large true");
    assert_eq!((zoo.limit_hits("session_values").await, zoo.limit_hits("session_value_bytes").await), (0.0, 0.0));
    let zoo = zoo_with(&[("session_values", 0)]).await;
    assert_eq!(zoo.told("session").await, "kept 0, large false");
}

#[tokio::test]
async fn hostile_stack_is_bounded_as_the_operator_says() {
    let zoo = zoo_with(&[]).await;
    ends(&zoo, "recurse-100000", UNAVAILABLE, "stack", Some("guest_stack_bytes")).await;
    let zoo = Zoo::with(|config| config.set("runtime.guest_stack_bytes", "16777216")).await;
    assert_eq!(zoo.told("recurse-100000").await, "100002");
    zoo.is_well().await;
}

#[tokio::test]
async fn hostile_calls_together_hold_no_more_memory_than_the_operator_says() {
    const TOTAL: u64 = 96 * 1024 * 1024;
    let zoo = zoo_with(&[("memory_total_bytes", TOTAL)]).await;
    zoo.act("tame").await.expect(200);
    let before = zoo.host.resident_bytes();
    let replies = futures::future::join_all((0..8).map(|number| zoo.act_by(number, "memory"))).await;
    // Each would have had 64 MiB.
    assert!(zoo.host.most_resident_bytes() < before + TOTAL + MARGIN, "{} {before}", zoo.host.most_resident_bytes());
    let crowded = replies.iter().filter(|reply| reply.status == 503 && reply.text().contains("overloaded")).count();
    assert!(crowded > 0 && crowded as f64 == zoo.limit_hits("memory_total_bytes").await, "{replies:?}");
    assert_eq!(zoo.traps("memory").await as usize, replies.len() - crowded, "the others had all that one call may have");
    zoo.is_well().await;
    zoo.act("tame").await.expect(200);
}

#[tokio::test]
async fn hostile_replies_count_as_memory_that_calls_hold() {
    let zoo = zoo_with(&[("memory_bytes", 8 * 1024 * 1024), ("memory_total_bytes", 9 * 1024 * 1024)]).await;
    // Reads have three quarters of it, and such a reply has 7 MB.
    says_only(&zoo.act("get-large").await, 503, "overloaded");
    assert_eq!(zoo.limit_hits("memory_total_bytes").await, 1.0);
    assert_eq!(zoo.told("get-ok").await, "200 with 2 bytes");
    zoo.is_well().await;
}

#[tokio::test]
async fn hostile_flood_of_calls_logs_no_more_than_a_minute_has_room_for() {
    let zoo = zoo_with(&[("log_minute_bytes", 100_000)]).await;
    // Each call may log 64 KiB, and tries to log more.
    for _ in 0..4 {
        zoo.act("log-flood").await.expect(200);
    }
    zoo.is_well().await;
    let log = zoo.host.log();
    let lines = log.lines().filter(|line| line.contains("flood log-flood")).count();
    // The test may begin in one minute and end in the next. Each line is of some 500 bytes.
    assert!((150..=450).contains(&lines), "{lines}");
    assert!(log.contains("the adapter's log of this minute is full (limits.log_minute_bytes)"));
    assert!(zoo.limit_hits("log_minute_bytes").await >= 2.0);
}
