//! Mistakes in what the outside is told, and who is.

use ordergate_tests::webhook_secret;

use super::*;

#[tokio::test]
async fn options_of_events_are_refused_with_their_place_and_mend() {
    for (option, value, words) in [
        ("keep_days", "0", "events.keep_days: must be 1 to 3650 [C013]"),
        ("heartbeat_secs", "0", "events.heartbeat_secs: must be 1 to 3600 [C013]"),
        ("max_streams_per_account", "0", "events.max_streams_per_account: must be 1 to 1000000 [C013]"),
        ("source", "\"two words\"", "events.source: must be a URI or the beginning of a path"),
    ] {
        check(config().set(&format!("events.{option}"), value)).await.refused(&format!("{option} = "), &[words]);
    }
}

#[tokio::test]
async fn a_webhook_that_cannot_be_signed_or_sent_is_refused_with_its_place_and_mend() {
    let good = r#"[{ env = "TEST_HOOK" }]"#;
    let shop = |option: &str, value: &str| {
        config()
            .set("webhooks.shop.url", "\"https://shop.example.com/hooks\"")
            .set("webhooks.shop.secrets", good)
            .set(&format!("webhooks.shop.{option}"), value)
            .env("TEST_HOOK", &webhook_secret(1))
    };
    let checked = check(shop("timeout_ms", "20000")).await;
    assert_eq!(checked.ended.code, Some(0), "{}", checked.output());
    for (option, value, words) in [
        ("url", "\"http://shop.example.com\"", "must begin with https://"),
        ("url", "\"https://127.0.0.1/hooks\"", "is a loopback address, which this endpoint does not allow"),
        ("url", "\"https://169.254.169.254/hooks\"", "which is never dialed"),
        ("url", "\"https://anna:hunter2@shop.example.com\"", "must hold no user or password"),
        ("secrets", "[]", "must name 1 or 2 secrets"),
        ("secrets", r#"[{ env = "TEST_OPS_KEY" }]"#, "a secret is `whsec_` and the Base64 of 24 to 64 bytes"),
        ("types", r#"["orders.*"]"#, "fits no event"),
        ("types", "[]", "must be 1 to 100 patterns"),
        ("stores", r#"["nowhere"]"#, "there is no store \"nowhere\""),
        ("timeout_ms", "30000", "must be 100 to 20000"),
        ("backoff_max_ms", "10", "must be 1000 to 3600000"),
        ("tls", r#"{ roots = "ca.pem" }"#, "there is no file"),
    ] {
        let checked = check(shop(option, value)).await;
        checked.refused(&format!("{option} = {value}"), &[words, "webhooks.shop"]);
        assert!(!checked.output().contains("hunter2"), "{}", checked.output());
    }
}
