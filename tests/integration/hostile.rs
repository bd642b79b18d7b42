//! A hostile adapter in a real host, beside a good one. After each act: the caller gets the documented problem and nothing else, the metric
//! of the limit has moved, no call is left, and the good adapter answers in its usual time.

mod answers;
mod by_hand;
mod limits;
mod load;
mod memory;
mod processor;
mod promoted;
mod schemas;
mod senses;

use ordergate_tests::{Reply, Zoo};

/// The problem is the documented one, and tells nothing of the inside.
#[track_caller]
fn says_only(reply: &Reply, status: u16, code: &str) {
    let problem = reply.expect_problem(status, code);
    assert!(problem["detail"].is_null(), "the inside shows: {reply}");
    let body = reply.text();
    for inside in ["zoo", "wasm", "guest", "trap", "127.0.0.1", "hunter2", ".rs", "key-of"] {
        assert!(!body.contains(inside), "{inside:?} shows: {body}");
    }
}

/// An act ends with that problem and as that kind of trap, by that limit, and harms nobody.
async fn ends(zoo: &Zoo, act: &str, (status, code): (u16, &str), kind: &str, limit: Option<&str>) {
    let (traps, hits) = (zoo.traps(kind).await, hits(zoo, limit).await);
    let reply = zoo.act(act).await;
    says_only(&reply, status, code);
    assert_eq!(zoo.traps(kind).await, traps + 1.0, "traps of kind {kind} after {act}");
    assert_eq!(self::hits(zoo, limit).await, hits.map(|hits| hits + 1.0), "hits of the limit after {act}");
    zoo.is_well().await;
}

async fn hits(zoo: &Zoo, limit: Option<&str>) -> Option<f64> {
    match limit {
        Some(limit) => Some(zoo.limit_hits(limit).await),
        None => None,
    }
}

const UNAVAILABLE: (u16, &str) = (503, "backend_unavailable");
const TIMEOUT: (u16, &str) = (504, "backend_timeout");
const NONSENSE: (u16, &str) = (502, "backend_invalid");
