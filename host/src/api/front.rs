//! What stands before all routes of a port. Not layers of the router: each of those would box and clone every route for every request.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::http::{Request, header};
use axum::response::Response;
use axum::{BoxError, Router};
use bytes::Bytes;

use super::limits::Gate;
use super::origin::Peer;
use super::problem::Problem;
use super::request_id::{self, RequestId};

/// The routes of a port with their limits. Cheap to clone.
#[derive(Clone)]
pub struct Front(Arc<Inner>);

struct Inner {
    routes: Router,
    gate: Gate,
    /// The patterns of the routes, which label metrics: what clients make up must not.
    patterns: matchit::Router<&'static str>,
}

/// Marks an answer that goes on for as long as there is something to tell: its connection is in use until its end.
#[derive(Clone, Copy, Debug)]
pub struct LongLived;

/// The label of a request that no route matches.
const UNMATCHED: &str = "unmatched";

impl Front {
    /// `patterns`: those of all `routes`.
    pub(super) fn new(routes: Router, gate: Gate, patterns: impl IntoIterator<Item = String>) -> Self {
        let mut known = matchit::Router::new();
        for pattern in patterns {
            // Kept for the life of the process, as the routes are. One that cannot be inserted contradicts another: the router refused it before.
            let label: &'static str = String::leak(pattern);
            let _ = known.insert(label, label);
        }
        Self(Arc::new(Inner { routes, gate, patterns: known }))
    }

    /// Routes that nothing stands before.
    #[cfg(test)]
    pub fn open(routes: Router) -> Self {
        Self::new(routes, Gate::open(), [])
    }

    /// Gives the request an id, lets it pass when there is a place, writes a problem out with the id, and counts and logs the request.
    pub async fn answer<B>(&self, request: Request<B>, peer: Peer) -> Response
    where
        B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let mut request = request.map(Body::new);
        let id = request_id::of(request.headers());
        let route = self.0.patterns.at(request.uri().path()).map_or(UNMATCHED, |found| *found.value);
        let method = request_id::method_label(request.method());
        request.extensions_mut().insert(RequestId(id.clone()));
        request.extensions_mut().insert(peer);
        let started = Instant::now();
        let mut response = self.0.gate.pass(request, self.0.routes.clone()).await;
        if let Some(problem) = response.extensions_mut().remove::<Problem>() {
            let mut headers = std::mem::take(response.headers_mut());
            // Of the empty answer that carried the problem.
            headers.remove(header::CONTENT_LENGTH);
            response = problem.render(&id);
            response.headers_mut().extend(headers.into_iter().filter_map(|(name, value)| Some((name?, value))));
        }
        request_id::record(method, route, response.status(), started, &id);
        request_id::put(response.headers_mut(), id);
        response
    }
}
