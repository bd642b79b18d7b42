//! Cookies of the back end: the host's business, never the adapter's.

use ordergate_tests::Zoo;

/// Whether each request came with the session's cookie.
fn with_cookie(zoo: &Zoo) -> Vec<bool> {
    zoo.bad.seen().iter().map(|head| head.to_lowercase().contains("cookie: session=secret")).collect()
}

#[tokio::test]
async fn egress_keeps_no_cookies_unless_the_operator_wants_it() {
    let zoo = Zoo::open().await;
    assert_eq!(zoo.told("cookies").await, "None None");
    assert_eq!(with_cookie(&zoo), [false, false]);
}

#[tokio::test]
async fn egress_brings_a_session_back_within_a_call_and_between_calls_and_never_shows_it() {
    let zoo = Zoo::with(|config| config.set("adapters.zoo.endpoints.api.cookies", "true")).await;
    assert_eq!(zoo.told("cookies").await, "None None");
    assert_eq!(zoo.told("get-ok").await, "200 with 2 bytes");
    assert_eq!(with_cookie(&zoo), [false, true, true]);
    assert!(!zoo.host.log().contains("session=secret"), "the cookie is in the log");
    // The adapter cannot set one of its own either.
    assert_eq!(zoo.told("bad-headers").await, "invalid-request 18");
}

#[tokio::test]
async fn egress_sends_the_cookies_of_one_endpoint_to_no_other() {
    let zoo = Zoo::with_backend(|config, backend| {
        config
            .set("adapters.zoo.endpoints.api.cookies", "true")
            .set("adapters.zoo.endpoints.named.base_url", &format!("\"{}/base\"", backend.url()))
            .set("adapters.zoo.endpoints.named.allow", "[\"loopback\"]")
            .set("adapters.zoo.endpoints.named.cookies", "true")
    })
    .await;
    zoo.told("cookies").await;
    assert_eq!(zoo.told("named-ok").await, "200 with 2 bytes");
    assert_eq!(with_cookie(&zoo), [false, true, false]);
}
