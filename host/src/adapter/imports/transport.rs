//! The `transport` import: an adapter's requests on their way to `egress`.

use std::time::Duration;

use futures::future::join_all;

use super::super::bindings::shared::transport::{Host, Request, Response};
use super::super::bindings::shared::types;
use super::super::instance::State;
use super::super::live_call::LiveCall;
use super::super::{convert, given::Given, metrics};
use crate::domain::Failure;
use crate::egress::{EgressError, EgressRequest, Reply, shown_headers};

impl Host for State {
    async fn send(&mut self, request: Request) -> Result<Response, types::Failure> {
        send(&self.given, &self.call, request).await
    }

    /// Concurrency is bounded by the call's budget, not here.
    async fn send_many(&mut self, requests: Vec<Request>) -> Vec<Result<Response, types::Failure>> {
        join_all(requests.into_iter().map(|request| send(&self.given, &self.call, request))).await
    }
}

async fn send(given: &Given, call: &LiveCall, request: Request) -> Result<Response, types::Failure> {
    let endpoint = request.endpoint.clone();
    let result = given.egress.send(&endpoint, to_egress(request), &call.trace, &call.budget).await;
    record(given, &endpoint, &result);
    result.map(to_response).map_err(|error| convert::to_failure(&Failure::from(&error)))
}

fn record(given: &Given, endpoint: &str, result: &Result<Reply, EgressError>) {
    let outcome = match result {
        Ok(reply) => metrics::status_class(reply.status.as_u16()),
        Err(error) => Failure::from(error).code.as_str(),
    };
    // A name that the guest made up must not become a metric label.
    let endpoint = if given.egress.is_bound(endpoint) { endpoint } else { "unbound" };
    metrics::egress_request(&given.name, endpoint, outcome);
    if let Some(reason) = result.as_ref().err().and_then(EgressError::denial) {
        metrics::egress_denied(reason);
    }
}

fn to_egress(request: Request) -> EgressRequest {
    EgressRequest {
        method: request.method,
        path: request.path,
        query: request.query,
        headers: request.headers,
        body: request.body,
        timeout: request.timeout_ms.map(|timeout| Duration::from_millis(timeout.into())),
    }
}

fn to_response(reply: Reply) -> Response {
    Response { status: reply.status.as_u16(), headers: shown_headers(&reply.headers), body: reply.body.to_vec() }
}
