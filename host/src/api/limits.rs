//! Every request is bounded in number and time; body size is bounded where the body is read.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tokio::sync::Semaphore;
use tower::Service;

use super::problem::Problem;
use super::problem_pages as pages;
use crate::config::ServerConfig;

/// How many requests at once, and for how long.
pub(super) struct Gate {
    places: Arc<Semaphore>,
    /// None: they may take their time.
    timeout: Option<Duration>,
}

impl Gate {
    pub(super) fn new(config: &ServerConfig) -> Self {
        Self { places: Arc::new(Semaphore::new(config.max_concurrent_requests)), timeout: Some(config.request_timeout()) }
    }

    /// For few callers who wait for as long as it takes: a load compiles, which takes minutes.
    pub(super) fn open() -> Self {
        Self { places: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)), timeout: None }
    }

    /// Sheds what does not fit, ends what takes too long, and turns a panic into a problem.
    pub(super) async fn pass(&self, request: Request, mut routes: Router) -> Response {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            metrics::counter!("ordergate_http_shed_total").increment(1);
            return Problem::new(&pages::OVERLOADED).with_retry_after(Duration::from_secs(1)).into_response();
        };
        let (only_reads, timeout) = (only_reads(&request), self.timeout);
        let answer = routes.call(request);
        let work = async move {
            let _place = place;
            match timeout {
                Some(timeout) => tokio::time::timeout(timeout, answer).await.ok(),
                None => Some(answer.await),
            }
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
            Ok(Some(Ok(response))) => response,
            Ok(None) => Problem::new(&pages::REQUEST_TIMEOUT).with_retry_after(Duration::from_secs(1)).into_response(),
            Err(defect) => {
                tracing::error!(error = %defect, "a request handler failed");
                Problem::new(&pages::INTERNAL).into_response()
            }
        }
    }
}

/// Whether a request changes nothing, whatever its handler does: by method, or a query that has a body.
fn only_reads(request: &Request) -> bool {
    request.method().is_safe() || (request.method() == Method::POST && request.uri().path().ends_with(":query"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::post;
    use tokio::sync::Notify;

    fn request(method: Method, path: &str) -> Request {
        Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
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
        let routes = Router::new().route("/", post(defect).get(defect));
        for (method, gate) in [(Method::POST, Gate::new(&ServerConfig::default())), (Method::GET, Gate::open())] {
            let answer = gate.pass(request(method, "/"), routes.clone()).await;
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
        let gate = Arc::new(Gate::new(&ServerConfig { max_concurrent_requests: 1, ..ServerConfig::default() }));
        let routes = Router::new().route("/", handler);
        let (passing, passed) = (Arc::clone(&gate), routes.clone());
        let first = tokio::spawn(async move { passing.pass(request(Method::POST, "/"), passed).await });
        begun.notified().await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        let second = gate.pass(request(Method::POST, "/"), routes).await;
        assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
        end.notify_one();
        let _free = gate.places.acquire().await.unwrap();
    }
}
