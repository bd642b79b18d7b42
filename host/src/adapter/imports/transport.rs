//! The `transport` import: an adapter's requests on their way to `egress`.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream};

use super::super::bindings::shared::transport::{Host, Request, Response};
use super::super::bindings::shared::types;
use super::super::instance::State;
use super::super::live_call::LiveCall;
use super::super::shadow::WithheldRequest;
use super::super::{convert, given::Given, metrics};
use crate::domain::{Failure, FailureCode};
use crate::egress::{Effect, EgressError, EgressRequest, Reply, shown_headers};

impl Host for State {
    async fn send(&mut self, request: Request) -> Result<Response, types::Failure> {
        let Some(_kept) = self.call.held.keep(bytes(&request)) else { return Err(crowded(&self.call)) };
        send(&self.given, &self.call, request).await
    }

    async fn send_many(&mut self, requests: Vec<Request>) -> Vec<Result<Response, types::Failure>> {
        send_many(&self.given, &self.call, requests).await
    }
}

/// Replies in the order of the requests, so many at a time as the call may have in flight. What is beyond the call's budget is refused
/// without looking at it.
async fn send_many(given: &Given, call: &LiveCall, mut requests: Vec<Request>) -> Vec<Result<Response, types::Failure>> {
    let refused = requests.drain(call.budget.requests_left().min(requests.len())..).count();
    let Some(_kept) = call.held.keep(requests.iter().map(bytes).sum()) else {
        return vec![Err(crowded(call)); requests.len() + refused];
    };
    let sending =
        requests.into_iter().enumerate().map(|(place, request)| async move { (place, send(given, call, request).await) });
    let at_once = given.limits.egress_concurrency.max(1);
    let mut replies: Vec<_> = stream::iter(sending).buffer_unordered(at_once).collect().await;
    replies.sort_by_key(|(place, _)| *place);
    if refused > 0 {
        metrics::egress_denied(&given.name, "requests", refused as u64);
        call.ran_into("egress_requests");
    }
    let refusal = convert::to_failure(&Failure::from(&EgressError::TooManyRequests));
    let (_, mut replies): (Vec<usize>, Vec<_>) = replies.into_iter().unzip();
    replies.resize(replies.len() + refused, Err(refusal));
    replies
}

/// What the host holds of a request. A guest can name one piece of its memory as the body of many, so its own memory is no bound.
fn bytes(request: &Request) -> usize {
    let pairs = |pairs: &[(String, String)]| pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    let body = request.body.as_ref().map_or(0, Vec::len);
    request.path.len() + pairs(&request.query) + pairs(&request.headers) + body
}

/// Nothing of it has left.
fn crowded(call: &LiveCall) -> types::Failure {
    let error = EgressError::Crowded { effect: Effect::None };
    if let Some(limit) = error.limit() {
        call.ran_into(limit);
    }
    convert::to_failure(&Failure::from(&error))
}

async fn send(given: &Given, call: &LiveCall, request: Request) -> Result<Response, types::Failure> {
    if let Some(withheld) = &call.withheld {
        withheld.lock().get_or_insert_with(|| withhold(&request));
        return Err(convert::to_failure(&Failure::new(FailureCode::Unavailable, "a rehearsal sends nothing")));
    }
    let endpoint = request.endpoint.clone();
    let kept = call.exchanges.as_ref().and_then(|exchanges| {
        Some((exchanges, exchanges.begin(&request, call.journal.personal(), given.limits.exchange_bytes)?))
    });
    let began = Instant::now();
    let result = match &call.tape {
        Some(tape) => tape.answer(&request, &call.budget, call.journal.personal()),
        None => given.egress.send(&endpoint, to_egress(request), &call.trace, &call.budget).await,
    };
    if call.tape.is_none() {
        record(given, call, &endpoint, &result);
    }
    if let Some((exchanges, begun)) = kept {
        exchanges.end(begun, &result, began.elapsed(), call.journal.personal(), given.limits.exchange_bytes);
    }
    result.map(to_response).map_err(|error| convert::to_failure(&Failure::from(&error)))
}

fn record(given: &Given, call: &LiveCall, endpoint: &str, result: &Result<Reply, EgressError>) {
    let outcome = match result {
        Ok(reply) => metrics::status_class(reply.status.as_u16()),
        Err(error) => Failure::from(error).code.as_str(),
    };
    // A name that the guest made up must not become a metric label.
    let endpoint = if given.egress.is_bound(endpoint) { endpoint } else { "unbound" };
    metrics::egress_request(&given.name, endpoint, outcome);
    if let Some(reason) = result.as_ref().err().and_then(EgressError::denial) {
        metrics::egress_denied(&given.name, reason, 1);
    }
    if let Some(limit) = result.as_ref().err().and_then(EgressError::limit) {
        call.ran_into(limit);
    }
    if let Some(cause) = result.as_ref().err().and_then(EgressError::hidden_cause) {
        let (adapter, request_id) = (given.name.as_str(), call.trace.request_id.as_str());
        tracing::warn!(adapter, endpoint, request_id, %cause, "a request was not sent");
    }
}

/// What an operator is shown of a request that was not sent. Its texts are the guest's: cut.
fn withhold(request: &Request) -> WithheldRequest {
    let cut = |text: &str| text.chars().take(200).collect();
    WithheldRequest {
        endpoint: cut(&request.endpoint),
        method: cut(&request.method),
        path: cut(&request.path),
        body_bytes: request.body.as_ref().map_or(0, Vec::len),
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tokio::time::Instant;

    use super::super::super::operation::Lane;
    use super::*;
    use crate::clock::Clock;
    use crate::config::AdapterConfig;
    use crate::egress::tests::{Answer, ScriptedServer};
    use crate::egress::{Egress, Trace};

    fn given(config: &AdapterConfig) -> Given {
        let egress = Egress::bind(&config.endpoints, Path::new("."), &Clock::system()).ok().unwrap();
        Given::new("rest".into(), config, String::new(), egress, Clock::system())
    }

    fn get(path: usize) -> Request {
        Request {
            endpoint: "api".into(),
            method: "GET".into(),
            path: path.to_string(),
            query: vec![],
            headers: vec![],
            body: None,
            timeout_ms: None,
        }
    }

    /// A configuration with these limits, whose endpoint is a server that says "ok".
    async fn config(limits: &str) -> (AdapterConfig, ScriptedServer) {
        let server = ScriptedServer::start(|_| Answer::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).await;
        let endpoint = format!("[endpoints.api]\nbase_url = '{}'\nallow = ['loopback']", server.url(""));
        (toml::from_str(&format!("component = 'a.wasm'\n[limits]\n{limits}\n{endpoint}")).unwrap(), server)
    }

    fn call(given: &Given) -> std::sync::Arc<LiveCall> {
        let trace = Trace { request_id: "r-1".into(), trace_parent: None };
        LiveCall::new(given, Lane::Transfer, trace, Instant::now() + Duration::from_secs(5))
    }

    #[tokio::test]
    async fn many_requests_are_answered_in_their_order_and_those_beyond_the_budget_are_refused() {
        let (config, server) = config("egress_requests = 5\negress_concurrency = 2").await;
        let given = given(&config);
        let call = call(&given);
        let replies = send_many(&given, &call, (0..50_000).map(get).collect()).await;
        assert_eq!(replies.len(), 50_000);
        let answered: Vec<_> = replies.iter().take_while(|reply| reply.is_ok()).collect();
        assert_eq!((answered.len(), server.seen().len(), server.connections()), (5, 5, 2));
        assert!(replies.iter().skip(5).all(|reply| reply.as_ref().is_err_and(|failure| failure.code == "throttled")));
    }

    #[tokio::test]
    async fn t4_requests_count_as_memory_that_calls_hold_and_what_finds_no_room_has_not_left() {
        let (config, server) = config("memory_total_bytes = 1000").await;
        let given = given(&config);
        let call = call(&given);
        let post = |bytes| Request { method: "POST".into(), body: Some(vec![b'x'; bytes]), ..get(1) };
        let replies = send_many(&given, &call, vec![post(500), post(600)]).await;
        assert!(replies.iter().all(|reply| reply.as_ref().is_err_and(|failure| failure.code == "throttled")));
        assert!(server.seen().is_empty() && !call.budget.change_left());
        assert_eq!(call.limits_hit().into_iter().collect::<Vec<_>>(), ["memory_total_bytes"]);
        assert!(send_many(&given, &call, vec![post(900)]).await.iter().all(Result::is_ok));
        assert!(call.held.keep(900).is_some(), "given back when it is answered");
    }
}
