//! Gives every request an id, writes problems out with it, and counts and logs the request in one line. Checks the trace that it belongs to.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use metrics::Histogram;
use parking_lot::RwLock;
use smol_str::SmolStr;
use uuid::Uuid;

use super::problem::Problem;

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The route of a request that no route matches: what clients make up must not become a metric label.
const UNMATCHED: SmolStr = SmolStr::new_static("unmatched");

/// The id of the request: the client's, when it is short and plain, else a new one.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Middleware around all routes.
pub async fn identify(mut request: Request, next: Next) -> Response {
    let id = request.headers().get(&X_REQUEST_ID).and_then(acceptable).unwrap_or_else(|| Uuid::now_v7().to_string());
    let route = request.extensions().get::<MatchedPath>().map_or(UNMATCHED, |path| SmolStr::new(path.as_str()));
    let method = request.method().clone();
    request.extensions_mut().insert(RequestId(id.clone()));
    let started = Instant::now();
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let headers = std::mem::take(response.headers_mut());
        response = problem.render(&id);
        response.headers_mut().extend(headers.into_iter().filter_map(|(name, value)| Some((name?, value))));
    }
    record(&method, route, response.status(), started, &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID.clone(), value);
    }
    response
}

fn acceptable(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    (!text.is_empty() && text.len() <= 128 && text.bytes().all(plain)).then(|| text.to_owned())
}

fn record(method: &Method, route: SmolStr, status: StatusCode, started: Instant, id: &str) {
    let seconds = started.elapsed().as_secs_f64();
    tracing::debug!(
        http.method = method_label(method),
        http.route = route.as_str(),
        http.status = status.as_u16(),
        request.id = id,
        duration_ms = seconds * 1_000.0,
        "request"
    );
    series(Series { method: method_label(method), route, status: status.as_u16() }).record(seconds);
}

/// What is counted apart.
#[derive(PartialEq, Eq, Hash)]
struct Series {
    method: &'static str,
    route: SmolStr,
    status: u16,
}

/// The histogram of a series. Kept: making its labels anew for every request would cost more than the rest of the counting.
fn series(series: Series) -> Histogram {
    static KNOWN: LazyLock<RwLock<HashMap<Series, Histogram>>> = LazyLock::new(RwLock::default);
    if let Some(known) = KNOWN.read().get(&series) {
        return known.clone();
    }
    let labels =
        [("method", series.method.to_owned()), ("route", series.route.to_string()), ("status", series.status.to_string())];
    let made = metrics::histogram!("ordergate_http_request_seconds", &labels);
    KNOWN.write().insert(series, made.clone());
    made
}

/// A client may invent methods, but not metrics: each label makes a series that stays.
fn method_label(method: &Method) -> &'static str {
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
