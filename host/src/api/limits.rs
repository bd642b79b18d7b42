//! Every request is bounded in number and time; body size is bounded where the body is read.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use super::problem::Problem;
use super::problem_pages as pages;
use crate::config::ServerConfig;

/// How many requests at once, and for how long.
#[derive(Clone)]
pub struct Gate {
    places: Arc<Semaphore>,
    timeout: Duration,
}

impl Gate {
    pub fn new(config: &ServerConfig) -> Self {
        Self { places: Arc::new(Semaphore::new(config.max_concurrent_requests)), timeout: config.request_timeout() }
    }
}

/// Middleware: sheds what does not fit, ends what takes too long, and turns a panic into a problem.
pub async fn guard(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let Ok(_place) = gate.places.try_acquire() else {
        metrics::counter!("ordergate_http_shed_total").increment(1);
        return Problem::new(&pages::OVERLOADED).with_retry_after(Duration::from_secs(1)).into_response();
    };
    // In a task of its own, a defect in a handler ends this request only, and what was begun is finished when the client goes away:
    // a capture is never half done because somebody closed a browser.
    let handled = tokio::spawn(tokio::time::timeout(gate.timeout, next.run(request)));
    match handled.await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::new(&pages::REQUEST_TIMEOUT).with_retry_after(Duration::from_secs(1)).into_response(),
        Err(defect) => {
            tracing::error!(error = %defect, "a request handler failed");
            Problem::new(&pages::INTERNAL).into_response()
        }
    }
}
