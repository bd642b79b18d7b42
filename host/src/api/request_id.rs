//! The id of a request, the one line that logs it and the histogram that counts it. Checks the trace that it belongs to.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use metrics::Histogram;
use parking_lot::RwLock;
use uuid::Uuid;

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request: the client's, when it is short and plain, else a new one.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// What the client calls its request, or a new id.
pub(super) fn of(headers: &HeaderMap) -> String {
    headers.get(&X_REQUEST_ID).and_then(acceptable).unwrap_or_else(|| fresh().to_string())
}

/// A version 7 UUID: the time, and a number that starts at random and never comes twice. Asking the kernel for random bits each time would be
/// the most expensive part of a cached read, and nobody needs an id that cannot be guessed.
fn fresh() -> Uuid {
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(Uuid::now_v7().as_u64_pair().1));
    // 2^64 divided by the golden ratio: odd, so that the sum runs through all numbers, and far apart, so that the ids look it.
    let number = NEXT.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed).to_be_bytes();
    let mut tail = [0; 10];
    tail.iter_mut().skip(2).zip(number).for_each(|(place, byte)| *place = byte);
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_millis());
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(millis).unwrap_or_default(), &tail).into_uuid()
}

/// Tells the client its request's id.
pub(super) fn put(headers: &mut HeaderMap, id: String) {
    if let Ok(value) = HeaderValue::try_from(id) {
        headers.insert(X_REQUEST_ID.clone(), value);
    }
}

fn acceptable(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    (!text.is_empty() && text.len() <= 128 && text.bytes().all(plain)).then(|| text.to_owned())
}

/// Logs and counts a request that was answered.
pub(super) fn record(method: &'static str, route: &'static str, status: StatusCode, started: Instant, id: &str) {
    let seconds = started.elapsed().as_secs_f64();
    tracing::debug!(
        http.method = method,
        http.route = route,
        http.status = status.as_u16(),
        request.id = id,
        duration_ms = seconds * 1_000.0,
        "request"
    );
    series(Series { method, route, status: status.as_u16() }).record(seconds);
}

/// What is counted apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Series {
    method: &'static str,
    route: &'static str,
    status: u16,
}

/// The histogram of a series. Kept: making its labels anew for every request would cost more than the rest of the counting.
fn series(series: Series) -> Histogram {
    static KNOWN: LazyLock<RwLock<HashMap<Series, Histogram>>> = LazyLock::new(RwLock::default);
    if let Some(known) = KNOWN.read().get(&series) {
        return known.clone();
    }
    let labels =
        [("method", series.method.to_owned()), ("route", series.route.to_owned()), ("status", series.status.to_string())];
    let made = metrics::histogram!("ordergate_http_request_seconds", &labels);
    KNOWN.write().insert(series, made.clone());
    made
}

/// A client may invent methods, but not metrics: each label makes a series that stays.
pub(super) fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The trace that the request belongs to, when it has the form of W3C Trace Context, version 00: `00-TRACE-PARENT-FLAGS`, 55 characters.
/// Anything else is dropped, as the standard asks.
pub(super) fn trace_parent(text: &str) -> Option<String> {
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let id = |part: &str, length: usize| hex(part, length) && part.bytes().any(|byte| byte != b'0');
    let mut parts = text.split('-');
    let mut part = || parts.next().unwrap_or_default();
    let well_formed = part() == "00" && id(part(), 32) && id(part(), 16) && hex(part(), 2);
    (well_formed && parts.next().is_none()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_differ() {
        let ids: std::collections::HashSet<_> = (0..10_000).map(|_| fresh()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn methods_that_clients_invent_share_one_metric_label() {
        assert_eq!(method_label(&Method::POST), "POST");
        for invented in ["BREW", "GET1", "TRACE"] {
            assert_eq!(method_label(&Method::from_bytes(invented.as_bytes()).unwrap()), "other");
        }
    }

    #[test]
    fn only_a_well_formed_traceparent_is_passed_on() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(trace_parent(good).as_deref(), Some(good));
        for bad in [
            "",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        ] {
            assert_eq!(trace_parent(bad), None, "{bad}");
        }
    }
}
