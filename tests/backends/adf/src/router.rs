//! What is served where: `/control` for tests, everything else is the pod.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use http_body_util::BodyExt;

use crate::{control, options::Options, pod::Pod};

/// The back end, ready to be served.
pub fn router(options: Options) -> Router {
    control::routes().fallback(service).with_state(Arc::new(Pod::new(options)))
}

/// Everything that is not `/control`.
async fn service(State(pod): State<Arc<Pod>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    pod.handle(&parts, &String::from_utf8_lossy(&bytes))
}
