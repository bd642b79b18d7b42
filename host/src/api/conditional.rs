//! HTTP caching derived from freshness (rule F1): `Cache-Control`, `Age`, `ETag` and 304. Always `private`: answers belong to their caller.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

use crate::domain::Source;
use crate::service::Shown;

/// How fresh an answer of many values is: as its oldest and soonest ending part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    as_of: Timestamp,
    fresh_until: Timestamp,
    storable: bool,
}

impl Freshness {
    /// Nothing known yet: the freshest possible.
    pub fn best(now: Timestamp) -> Self {
        Self { as_of: now, fresh_until: Timestamp::MAX, storable: true }
    }

    /// Something that must not be stored: a failure, a pending item.
    pub fn spoil(&mut self) {
        self.storable = false;
    }

    pub fn add<T>(&mut self, shown: &Shown<T>) {
        self.as_of = self.as_of.min(shown.as_of());
        self.fresh_until = self.fresh_until.min(shown.fresh_until());
        self.storable &= shown.source() != Source::Stale;
    }

    /// Whole freshness lifetime: caches subtract `Age` from it (RFC 9111, section 4.2).
    fn max_age(self, now: Timestamp) -> i64 {
        if self.fresh_until <= now { 0 } else { self.fresh_until.duration_since(self.as_of).as_secs() }
    }
}

/// Most values take less.
const BYTES_PER_ITEM: usize = 320;

/// The answer as JSON with its caching headers; 304 when the client has it already.
///
/// `items`: how many values it holds; room for them is made at once.
pub fn respond<T: Serialize>(body: &T, items: usize, freshness: Freshness, now: Timestamp, known: &KnownTag) -> Response {
    let mut bytes = Vec::with_capacity(64 + items * BYTES_PER_ITEM);
    if let Err(cause) = serde_json::to_writer(&mut bytes, body) {
        tracing::error!(error = %cause, "an answer could not be written");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    // The same bytes have the same tag on every host. Whoever makes two answers with one tag fools nobody but his own cache.
    let tag = format!("\"{:032x}\"", xxh3_128(&bytes));
    let mut response = Response::new(Body::empty());
    if known.matches(&tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        *response.body_mut() = Body::from(bytes);
    }
    let headers = response.headers_mut();
    // Six here, the request's id, and the length, without growing.
    headers.reserve(8);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let max_age = freshness.max_age(now);
    if freshness.storable && max_age > 0 {
        put(headers, header::CACHE_CONTROL, format!("private, max-age={max_age}"));
    } else {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    put(headers, header::ETAG, tag);
    let age = now.duration_since(freshness.as_of).as_secs();
    headers.insert(header::AGE, HeaderValue::from(u64::try_from(age).unwrap_or_default()));
    headers.insert(header::VARY, HeaderValue::from_static("Authorization, X-Api-Key, X-Account, X-Store, Accept-Encoding"));
    response
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

/// The tags of the answers that the client has, from `If-None-Match`.
pub struct KnownTag(Option<HeaderValue>);

impl KnownTag {
    fn matches(&self, tag: &str) -> bool {
        self.0.as_ref().and_then(|tags| tags.to_str().ok()).is_some_and(|tags| matches(tags, tag))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for KnownTag {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get(header::IF_NONE_MATCH).cloned()))
    }
}

/// Weak comparison (RFC 9110, section 8.8.3.2): a compressing proxy marks our tags weak.
fn matches(tags: &str, tag: &str) -> bool {
    tags.split(',')
        .map(|candidate| candidate.trim().trim_start_matches("W/"))
        .any(|candidate| candidate == tag || candidate == "*")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Fresh;
    use jiff::SignedDuration;

    const NOTHING: KnownTag = KnownTag(None);

    fn fresh(as_of: i64, until: i64, source: Source) -> Shown<u8> {
        let at = |secs| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs);
        Shown::Own(Fresh { value: 1, source, as_of: at(as_of), fresh_until: at(until) })
    }

    #[test]
    fn f1_an_answer_is_as_old_as_its_oldest_part_and_ends_with_the_first() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(100);
        let mut freshness = Freshness::best(now);
        freshness.add(&fresh(90, 150, Source::Cached));
        freshness.add(&fresh(60, 400, Source::Cached));
        let response = respond(&"x", 1, freshness, now, &NOTHING);
        // 40 s old, fresh for another 50 s: a cache subtracts the age from max-age.
        assert_eq!(response.headers()[header::AGE], "40");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "private, max-age=90");
    }

    #[test]
    fn f1_a_known_answer_is_304_and_a_stale_one_is_not_stored() {
        let now = Timestamp::UNIX_EPOCH;
        let mut freshness = Freshness::best(now);
        freshness.add(&fresh(0, 10, Source::Stale));
        let first = respond(&"x", 1, freshness, now, &NOTHING);
        assert_eq!(first.headers()[header::CACHE_CONTROL], "private, no-cache");
        let known = KnownTag(first.headers().get(header::ETAG).cloned());
        assert_eq!(respond(&"x", 1, freshness, now, &known).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(respond(&"y", 1, freshness, now, &known).status(), StatusCode::OK);
    }
}
