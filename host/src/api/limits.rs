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
    let Ok(place) = gate.places.try_acquire_owned() else {
        metrics::counter!("ordergate_http_shed_total").increment(1);
        return Problem::new(&pages::OVERLOADED).with_retry_after(Duration::from_secs(1)).into_response();
    };
    // In a task of its own, a defect in a handler ends this request only, and what was begun is finished when the client goes away:
    // a capture is never half done because somebody closed a browser.
    // It keeps its place until then: a client that hangs up does not make room for more.
    let handled = tokio::spawn(async move {
        let _place = place;
        tokio::time::timeout(gate.timeout, next.run(request)).await
    });
    match handled.await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::new(&pages::REQUEST_TIMEOUT).with_retry_after(Duration::from_secs(1)).into_response(),
        Err(defect) => {
            tracing::error!(error = %defect, "a request handler failed");
            Problem::new(&pages::INTERNAL).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tokio::sync::Notify;
    use tower::ServiceExt;

    async fn status(router: &Router) -> StatusCode {
        router.clone().oneshot(Request::new(Body::empty())).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_client_that_hangs_up_does_not_free_the_place_of_its_running_request() {
        let (begun, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (started, ended) = (Arc::clone(&begun), Arc::clone(&end));
        let handler = get(async move || {
            started.notify_one();
            ended.notified().await;
        });
        let gate = Gate::new(&ServerConfig { max_concurrent_requests: 1, ..ServerConfig::default() });
        let router = Router::new().route("/", handler).layer(from_fn_with_state(gate.clone(), guard));
        let request = tokio::spawn(router.clone().oneshot(Request::new(Body::empty())));
        begun.notified().await;
        request.abort();
        assert!(request.await.unwrap_err().is_cancelled());
        assert_eq!(status(&router).await, StatusCode::SERVICE_UNAVAILABLE);
        end.notify_one();
        let _free = gate.places.acquire().await.unwrap();
    }
}
