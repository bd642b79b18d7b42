//! Gives every request an id, writes problems out with it, and counts and logs the request in one line.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use super::problem::Problem;

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request: the client's, when it is short and plain, else a new one.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Middleware around all routes.
pub async fn identify(mut request: Request, next: Next) -> Response {
    let id = request.headers().get(&X_REQUEST_ID).and_then(acceptable).unwrap_or_else(|| Uuid::now_v7().to_string());
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched".into(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    request.extensions_mut().insert(RequestId(id.clone()));
    let started = Instant::now();
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let headers = std::mem::take(response.headers_mut());
        response = problem.render(&id);
        response.headers_mut().extend(headers.into_iter().filter_map(|(name, value)| Some((name?, value))));
    }
    record(&method, &route, response.status(), started, &id);
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

fn record(method: &Method, route: &str, status: StatusCode, started: Instant, id: &str) {
    let seconds = started.elapsed().as_secs_f64();
    let labels = [("method", method.to_string()), ("route", route.to_owned()), ("status", status.as_u16().to_string())];
    metrics::histogram!("ordergate_http_request_seconds", &labels).record(seconds);
    tracing::debug!(http.method = %method, http.route = route, http.status = status.as_u16(), request.id = id, duration_ms = seconds * 1_000.0, "request");
}
