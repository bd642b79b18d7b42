//! Requests that never leave the host.

use ordergate_tests::{ZOO_KEY, Zoo};

/// What is told of as many refusals.
fn refused(count: u32) -> String {
    format!("invalid-request {count}")
}

#[tokio::test]
async fn egress_to_an_unknown_endpoint_never_leaves() {
    let zoo = Zoo::open().await;
    assert_eq!(zoo.told("bad-endpoints").await, refused(7));
    assert_eq!(zoo.denied("endpoint").await, 7.0);
    assert_eq!((zoo.bad.connections(), zoo.bad.requests()), (0, 0));
    // Names that the adapter made up are no labels of a metric.
    assert_eq!(zoo.host.metric("ordergate_egress_requests_total", &["endpoint=\"unbound\""]).await, 7.0);
    assert_eq!(zoo.host.metric("ordergate_egress_requests_total", &["nowhere"]).await, 0.0);
    zoo.is_well().await;
}

#[tokio::test]
async fn egress_paths_that_lead_elsewhere_never_leave() {
    let zoo = Zoo::open().await;
    assert_eq!(zoo.told("bad-paths").await, refused(21));
    assert_eq!(zoo.denied("path").await, 21.0);
    assert_eq!((zoo.bad.connections(), zoo.bad.requests()), (0, 0));
    zoo.is_well().await;
}

#[tokio::test]
async fn egress_headers_of_the_host_and_headers_of_several_lines_never_leave() {
    let zoo = Zoo::open().await;
    assert_eq!(zoo.told("bad-headers").await, refused(18));
    assert_eq!(zoo.denied("header").await, 18.0);
    assert_eq!((zoo.bad.connections(), zoo.bad.requests()), (0, 0));
    zoo.is_well().await;
}

#[tokio::test]
async fn egress_methods_that_are_no_ones_business_never_leave() {
    let zoo = Zoo::open().await;
    assert_eq!(zoo.told("bad-methods").await, refused(7));
    assert_eq!(zoo.denied("method").await, 7.0);
    assert_eq!((zoo.bad.connections(), zoo.bad.requests()), (0, 0));
    zoo.is_well().await;
}

#[tokio::test]
async fn egress_of_ten_thousand_requests_ends_after_those_that_a_call_may_send() {
    let zoo = Zoo::with(|config| config.set("adapters.zoo.limits.cpu_ms", "10000")).await;
    for (calls, act) in [(1, "requests-10000"), (2, "requests-at-once")] {
        assert_eq!(zoo.told(act).await, "200 32, throttled 9968");
        assert_eq!(zoo.bad.requests(), calls * 32);
        assert_eq!(zoo.denied("requests").await, calls as f64 * 9968.0);
        assert_eq!(zoo.limit_hits("egress_requests").await, calls as f64);
    }
    zoo.is_well().await;
}

#[tokio::test]
async fn egress_adds_the_credential_after_the_adapter_has_let_go_and_shows_it_to_nobody() {
    let zoo = Zoo::open().await;
    assert_eq!(zoo.told("get-ok").await, "200 with 2 bytes");
    let head = zoo.bad.seen().remove(0).to_lowercase();
    assert!(head.starts_with("get /base/ok http/1.1\r\n"), "{head}");
    assert!(
        head.contains(&format!("x-api-key: {ZOO_KEY}")) && head.contains(&format!("host: 127.0.0.1:{}", zoo.bad.port())),
        "{head}"
    );
    assert!(!zoo.host.log().contains(ZOO_KEY), "the key is in the log");
    assert!(!zoo.host.ops().get("/metrics").await.text().contains(ZOO_KEY), "the key is in the metrics");
}

#[tokio::test]
async fn egress_credential_that_a_back_end_repeats_is_made_unreadable() {
    let zoo = Zoo::open().await;
    let told = zoo.told("echo").await;
    assert!(zoo.bad.seen().remove(0).contains(ZOO_KEY), "it was sent");
    let stars = "*".repeat(ZOO_KEY.len());
    assert!(!told.contains(ZOO_KEY) && told.starts_with(&format!("Some({stars:?}) GET /base/echo HTTP/1.1")), "{told}");
    assert!(told.to_lowercase().contains(&format!("x-api-key: {stars}")), "{told}");
}
