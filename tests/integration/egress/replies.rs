//! Replies that no honest back end gives.

use std::time::{Duration, Instant};

use ordergate_tests::{Reply, Zoo, eventually};

const UNAVAILABLE: (u16, &str) = (503, "backend_unavailable");
const TIMEOUT: (u16, &str) = (504, "backend_timeout");
const NONSENSE: (u16, &str) = (502, "backend_invalid");

/// Longer than any request may take here: the endpoint's `total_timeout_ms` is 2.5 s.
const LONG: Duration = Duration::from_secs(10);

async fn ends(zoo: &Zoo, act: &str, (status, code): (u16, &str)) -> Reply {
    let began = Instant::now();
    let reply = zoo.act(act).await;
    let problem = reply.expect_problem(status, code);
    assert!(problem["detail"].is_null() && !reply.text().contains("127.0.0.1"), "the inside shows: {reply}");
    assert!(began.elapsed() < LONG, "{act} took {:?}", began.elapsed());
    zoo.is_well().await;
    reply
}

/// A connection with half a reply on it is of no use to anybody.
async fn nothing_stays_open(zoo: &Zoo) {
    eventually("no connection is open", async || (zoo.bad.open_connections() == 0).then_some(())).await;
}

async fn outcomes(zoo: &Zoo, outcome: &str) -> f64 {
    let label = format!("outcome=\"{outcome}\"");
    zoo.host.metric("ordergate_egress_requests_total", &["adapter=\"zoo\"", &label]).await
}

#[tokio::test]
async fn egress_reply_that_drips_is_given_up_when_its_time_is_over() {
    let zoo = Zoo::open().await;
    ends(&zoo, "get-drip", TIMEOUT).await;
    ends(&zoo, "get-slow-head", TIMEOUT).await;
    ends(&zoo, "get-silent", TIMEOUT).await;
    assert_eq!(outcomes(&zoo, "timeout").await, 3.0);
}

#[tokio::test]
async fn egress_reply_of_a_gigabyte_is_cut_off_announced_or_not() {
    let zoo = Zoo::open().await;
    zoo.act("tame").await.expect(200);
    let before = zoo.host.resident_bytes();
    for (count, act) in [(1.0, "get-announced-gigabyte"), (2.0, "get-endless")] {
        ends(&zoo, act, NONSENSE).await;
        assert_eq!(zoo.limit_hits("reply_bytes").await, count);
        nothing_stays_open(&zoo).await;
    }
    assert_eq!(outcomes(&zoo, "invalid-response").await, 2.0);
    // One reply may have 8 MiB.
    let grown = zoo.host.resident_bytes().saturating_sub(before);
    assert!(grown < 64 * 1024 * 1024, "{grown} bytes more than before");
}

#[tokio::test]
async fn egress_replies_of_one_call_are_bounded_together() {
    let zoo = Zoo::with(|config| config.set("adapters.zoo.limits.cpu_ms", "10000")).await;
    assert_eq!(zoo.told("large-replies").await, "200 4, invalid-response 4");
    assert_eq!(zoo.limit_hits("reply_total_bytes").await, 1.0);
    zoo.is_well().await;
}

#[tokio::test]
async fn egress_reply_with_endless_headers_is_cut_off() {
    let zoo = Zoo::open().await;
    let before = zoo.host.resident_bytes();
    ends(&zoo, "get-many-headers", UNAVAILABLE).await;
    ends(&zoo, "get-endless-header", UNAVAILABLE).await;
    let grown = zoo.host.resident_bytes().saturating_sub(before);
    assert!(grown < 64 * 1024 * 1024, "{grown} bytes more than before");
    nothing_stays_open(&zoo).await;
}

#[tokio::test]
async fn egress_reply_that_breaks_off_or_is_no_http_is_no_reply() {
    let zoo = Zoo::open().await;
    for act in ["get-cut", "get-closed", "get-garbage", "get-two-lengths"] {
        ends(&zoo, act, UNAVAILABLE).await;
    }
    // Each was asked once more, on another connection: they were reads.
    assert_eq!((outcomes(&zoo, "unavailable").await, zoo.bad.requests()), (4.0, 8));
}

#[tokio::test]
async fn egress_redirect_to_the_metadata_service_is_returned_and_never_followed() {
    let zoo = Zoo::open().await;
    assert_eq!(zoo.told("redirect").await, "302 to http://169.254.169.254/latest/meta-data/");
    assert_eq!(zoo.bad.requests(), 1);
    assert_eq!(outcomes(&zoo, "3xx").await, 1.0);
    assert!(!zoo.host.log().contains("169.254"), "nobody dialed it");
    zoo.is_well().await;
}
