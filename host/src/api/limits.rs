//! Every request is bounded in number and time; body size is bounded where the body is read.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
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
    let only_reads = only_reads(&request);
    let work = async move {
        let _place = place;
        tokio::time::timeout(gate.timeout, next.run(request)).await
    };
    // A defect in a handler ends this request only. What may change something is finished, in a task of its own, when the client goes away:
    // a capture is never half done because somebody closed a browser, and a client that hangs up does not make room for more. A read ends with
    // its client, and is spared the way to another thread.
    let handled = if only_reads {
        AssertUnwindSafe(work).catch_unwind().await.map_err(|_| "it panicked, see above".to_owned())
    } else {
        tokio::spawn(work).await.map_err(|defect| defect.to_string())
    };
    match handled {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::new(&pages::REQUEST_TIMEOUT).with_retry_after(Duration::from_secs(1)).into_response(),
        Err(defect) => {
            tracing::error!(error = %defect, "a request handler failed");
            Problem::new(&pages::INTERNAL).into_response()
        }
    }
}

/// Middleware for requests that may take their time: what may change something is finished in a task of its own when the client goes away, so
/// that what a person did is done, logged and counted once it is in the audit log.
pub async fn finish(request: Request, next: Next) -> Response {
    if only_reads(&request) {
        return next.run(request).await;
    }
    tokio::spawn(next.run(request)).await.unwrap_or_else(|defect| {
        tracing::error!(error = %defect, "a request handler failed");
        Problem::new(&pages::INTERNAL).into_response()
    })
}

/// Whether a request changes nothing, whatever its handler does: by method, or a query that has a body.
fn only_reads(request: &Request) -> bool {
    request.method().is_safe() || (request.method() == Method::POST && request.uri().path().ends_with(":query"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use tokio::sync::Notify;
    use tower::ServiceExt;

    fn request(method: Method, path: &str) -> Request {
        Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
    }

    async fn status(router: &Router) -> StatusCode {
        router.clone().oneshot(request(Method::POST, "/")).await.unwrap().status()
    }

    #[test]
    fn what_may_change_something_is_finished_without_its_client() {
        let reads = |method, path: &str| only_reads(&request(method, path));
        assert!(reads(Method::GET, "/v1/orders") && reads(Method::POST, "/v1/offer-prices:query"));
        assert!(!reads(Method::POST, "/v1/orders") && !reads(Method::DELETE, "/v1/checkouts/x:query"));
    }

    #[tokio::test]
    async fn a_defect_in_a_read_or_a_change_ends_this_request_only() {
        let defect = async || -> StatusCode { panic!("a defect") };
        let gate = Gate::new(&ServerConfig::default());
        let router = Router::new().route("/", post(defect).get(defect)).layer(from_fn_with_state(gate, guard));
        for method in [Method::POST, Method::GET] {
            let answer = router.clone().oneshot(request(method, "/")).await.unwrap();
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        }
    }

    #[tokio::test]
    async fn a_client_that_hangs_up_does_not_free_the_place_of_its_running_request() {
        let (begun, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (started, ended) = (Arc::clone(&begun), Arc::clone(&end));
        let handler = post(async move || {
            started.notify_one();
            ended.notified().await;
        });
        let gate = Gate::new(&ServerConfig { max_concurrent_requests: 1, ..ServerConfig::default() });
        let router = Router::new().route("/", handler).layer(from_fn_with_state(gate.clone(), guard));
        let request = tokio::spawn(router.clone().oneshot(request(Method::POST, "/")));
        begun.notified().await;
        request.abort();
        assert!(request.await.unwrap_err().is_cancelled());
        assert_eq!(status(&router).await, StatusCode::SERVICE_UNAVAILABLE);
        end.notify_one();
        let _free = gate.places.acquire().await.unwrap();
    }
}
