//! Pushing to a host as the demo back end does, with messages of a test's own.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{Host, HostConfig, PLIERS, Reply};

/// Where the demo back end pushes to.
pub const DOOR: &str = "/v1/inbound/nordwind";
/// The demo back end's own.
pub const PUSH_SECRET: &str = "whsec_bm9yZHdpbmQtZGVtby1wdXNoLXNlY3JldA==";

/// Lets the demo back end push.
#[must_use]
pub fn pushing(config: HostConfig) -> HostConfig {
    let sender = r#"{ type = "standard_webhooks", secrets = [{ env = "TEST_PUSH" }] }"#;
    config
        .set("adapters.nordwind.inbound.sender", sender)
        .set("adapters.nordwind.inbound.max_per_sec", "1000")
        .env("TEST_PUSH", PUSH_SECRET)
}

/// Sends a message that was signed then.
pub async fn push_signed(host: &Host, secret: &str, id: &str, at: Timestamp, body: &str) -> Reply {
    let time = at.as_second();
    let client = host.anonymous().with("webhook-id", id).with("webhook-timestamp", &time.to_string());
    let client = client.with("webhook-signature", &signature(secret, id, time, body)).with("content-type", "application/json");
    client.send(http::Method::POST, DOOR, body.to_owned().into()).await
}

/// Sends a message of the demo back end with an id of its own.
pub async fn push(host: &Host, message: &Value) -> Reply {
    let id = format!("{:x}", Timestamp::now().as_nanosecond());
    push_signed(host, PUSH_SECRET, &id, Timestamp::now(), &message.to_string()).await
}

/// How many of the pliers there are, as a message of the demo back end.
pub fn stock_message(at: Timestamp, site: Option<&str>, free: &str) -> Value {
    let line = json!({"article": PLIERS, "site": site, "free": free, "uom": "PCE", "made_to_order": false, "lead_days": 15, "inbound": []});
    json!({"at": at, "stock": [line]})
}

/// That the pliers must not be cached.
pub fn not_to_cache(at: Timestamp) -> Value {
    json!({"at": at, "not_to_cache": [{"article": PLIERS}]})
}

fn signature(secret: &str, id: &str, time: i64, body: &str) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{time}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}
