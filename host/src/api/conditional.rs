//! HTTP caching derived from freshness (rule F1): `Cache-Control`, `Age`, `ETag` and 304. Always `private`: answers belong to their caller.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::domain::{Fresh, Source};

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

    pub fn add<T>(&mut self, fresh: &Fresh<T>) {
        self.as_of = self.as_of.min(fresh.as_of);
        self.fresh_until = self.fresh_until.min(fresh.fresh_until);
        self.storable &= fresh.source != Source::Stale;
    }

    /// Whole freshness lifetime: caches subtract `Age` from it (RFC 9111, section 4.2).
    fn max_age(self, now: Timestamp) -> i64 {
        if self.fresh_until <= now { 0 } else { self.fresh_until.duration_since(self.as_of).as_secs() }
    }
}

/// The answer as JSON with its caching headers; 304 when the client has it already.
pub fn respond<T: Serialize>(body: &T, freshness: Freshness, now: Timestamp, request: &HeaderMap) -> Response {
    let bytes = match serde_json::to_vec(body) {
        Ok(bytes) => bytes,
        Err(cause) => {
            tracing::error!(error = %cause, "an answer could not be written");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let digest = Sha256::digest(&bytes);
    let tag = format!("\"{}\"", HEXLOWER.encode(digest.get(..16).unwrap_or_default()));
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|tags| matches(tags, &tag));
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let max_age = freshness.max_age(now);
    let cache_control =
        if freshness.storable && max_age > 0 { format!("private, max-age={max_age}") } else { "private, no-cache".to_owned() };
    let age = now.duration_since(freshness.as_of).as_secs().max(0);
    for (name, value) in [(header::CACHE_CONTROL, cache_control), (header::ETAG, tag), (header::AGE, age.to_string())] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    headers.insert(header::VARY, HeaderValue::from_static("Authorization, X-Api-Key, X-Account, X-Store, Accept-Encoding"));
    response
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
    use jiff::SignedDuration;

    fn fresh(as_of: i64, until: i64, source: Source) -> Fresh<u8> {
        let at = |secs| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs);
        Fresh { value: 1, source, as_of: at(as_of), fresh_until: at(until) }
    }

    #[test]
    fn f1_an_answer_is_as_old_as_its_oldest_part_and_ends_with_the_first() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(100);
        let mut freshness = Freshness::best(now);
        freshness.add(&fresh(90, 150, Source::Cached));
        freshness.add(&fresh(60, 400, Source::Cached));
        let response = respond(&"x", freshness, now, &HeaderMap::new());
        // 40 s old, fresh for another 50 s: a cache subtracts the age from max-age.
        assert_eq!(response.headers()[header::AGE], "40");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "private, max-age=90");
    }

    #[test]
    fn f1_a_known_answer_is_304_and_a_stale_one_is_not_stored() {
        let now = Timestamp::UNIX_EPOCH;
        let mut freshness = Freshness::best(now);
        freshness.add(&fresh(0, 10, Source::Stale));
        let first = respond(&"x", freshness, now, &HeaderMap::new());
        assert_eq!(first.headers()[header::CACHE_CONTROL], "private, no-cache");
        let mut request = HeaderMap::new();
        request.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(respond(&"x", freshness, now, &request).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(respond(&"y", freshness, now, &request).status(), StatusCode::OK);
    }
}
