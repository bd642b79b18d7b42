//! Injected faults: the plan that `/control/faults` sets, and the middleware that carries it out on `/api` requests. Faults that cut the
//! connection mark the answer with `Sever`; `serve` then closes the socket without writing it.

mod broken_body;
mod freight;
mod other_number;

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderValue, Response as HttpResponse, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::{
    chance::Chance,
    http::Company,
    refusal::{Code, Refusal},
};
use broken_body::BrokenBody;

/// The whole plan. A new one replaces the old one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Plan {
    /// Every request waits so long before it is handled.
    latency_ms: u64,
    /// And up to so much longer.
    jitter_ms: u64,
    rules: Vec<Rule>,
}

/// The first rule that fits a request and has `times` left is carried out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Any when absent.
    method: Option<String>,
    #[serde(default = "any_api")]
    path_prefix: String,
    fault: Fault,
    /// How often; always when null.
    times: Option<u32>,
    /// `Retry-After` of `refuse-503` and `throttle-429`.
    retry_after_secs: Option<u32>,
    /// Pause between two bytes of `drip` (default 200), wait of `late-reply` (default 30,000).
    pause_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Fault {
    ReplyLost,
    LateReply,
    CutBefore,
    CutMidBody,
    Drip,
    FreightLine,
    OtherNumber,
    GarbageJson,
    HtmlError,
    #[serde(rename = "error-500")]
    Error500,
    #[serde(rename = "refuse-503")]
    Refuse503,
    #[serde(rename = "throttle-429")]
    Throttle429,
    EchoRefusal,
    EchoError,
}

impl Fault {
    fn name(self) -> &'static str {
        match self {
            Self::ReplyLost => "reply-lost",
            Self::LateReply => "late-reply",
            Self::CutBefore => "cut-before",
            Self::CutMidBody => "cut-mid-body",
            Self::Drip => "drip",
            Self::FreightLine => "freight-line",
            Self::OtherNumber => "other-number",
            Self::GarbageJson => "garbage-json",
            Self::HtmlError => "html-error",
            Self::Error500 => "error-500",
            Self::Refuse503 => "refuse-503",
            Self::Throttle429 => "throttle-429",
            Self::EchoRefusal => "echo-refusal",
            Self::EchoError => "echo-error",
        }
    }
}

/// Marks an answer that must not be sent: the connection is closed instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sever;

pub(crate) struct Faults {
    plan: Mutex<Plan>,
    chance: Mutex<Chance>,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self { plan: Mutex::new(Plan::default()), chance: Mutex::new(Chance::new(seed)) }
    }

    /// The plan with the `times` that are left.
    pub(crate) fn plan(&self) -> Plan {
        self.plan.lock().clone()
    }

    /// Replaces the plan. `/control` itself is never disturbed.
    pub(crate) fn set(&self, plan: Plan) -> Result<(), Refusal> {
        for (index, rule) in plan.rules.iter().enumerate() {
            if !rule.path_prefix.starts_with("/api") {
                let text = format!("rules[{index}].path_prefix: {:?} must begin with /api", rule.path_prefix);
                return Err(Refusal::new(Code::BadRequest, text));
            }
        }
        *self.plan.lock() = plan;
        Ok(())
    }

    fn delay(&self) -> Duration {
        let (latency, jitter) = {
            let plan = self.plan.lock();
            (plan.latency_ms, plan.jitter_ms)
        };
        let more = if jitter == 0 { 0 } else { self.chance.lock().below(jitter.saturating_add(1)) };
        Duration::from_millis(latency.saturating_add(more))
    }

    /// The rule for this request; uses one of its `times`.
    fn pick(&self, method: &str, path: &str) -> Option<Rule> {
        let mut plan = self.plan.lock();
        let fits = |rule: &&mut Rule| {
            rule.times != Some(0)
                && path.starts_with(&rule.path_prefix)
                && rule.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
        };
        let rule = plan.rules.iter_mut().find(fits)?;
        rule.times = rule.times.map(|times| times.saturating_sub(1));
        Some(rule.clone())
    }
}

/// Middleware of `/api`: waits, then disturbs the request if the plan says so.
pub(crate) async fn disturb(State(shop): State<Company>, request: Request, next: Next) -> Response {
    let delay = shop.faults.delay();
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let Some(rule) = shop.faults.pick(request.method().as_str(), request.uri().path()) else {
        return next.run(request).await;
    };
    shop.stats.lock().fault(rule.fault.name());
    carry_out(&rule, request, next).await
}

async fn carry_out(rule: &Rule, request: Request, next: Next) -> Response {
    let pause = |default| Duration::from_millis(rule.pause_ms.unwrap_or(default));
    match rule.fault {
        Fault::ReplyLost => {
            next.run(request).await;
            sever()
        }
        Fault::LateReply => {
            let response = next.run(request).await;
            tokio::time::sleep(pause(30_000)).await;
            response
        }
        Fault::CutBefore => {
            // Read to its end, so that the caller has sent everything and only misses the reply.
            let _ = request.into_body().collect().await;
            sever()
        }
        Fault::CutMidBody => rewrite(next.run(request).await, BrokenBody::cut_in_half).await,
        Fault::Drip => rewrite(next.run(request).await, |bytes| BrokenBody::dripping(bytes, pause(200))).await,
        Fault::FreightLine => changed(next.run(request).await, freight::added).await,
        Fault::OtherNumber => changed(next.run(request).await, other_number::told).await,
        Fault::GarbageJson => garbage(next.run(request).await.status()),
        Fault::HtmlError => html_error(),
        Fault::Error500 => Refusal::new(Code::Internal, "unexpected condition in module ORDB, see log 7731").into_response(),
        Fault::Refuse503 => retry_later(Refusal::new(Code::Unavailable, "maintenance window"), rule.retry_after_secs),
        Fault::Throttle429 => retry_later(Refusal::new(Code::Throttled, "too many requests"), rule.retry_after_secs.or(Some(1))),
        Fault::EchoRefusal => echo(Code::CustomerBlocked, request).await,
        Fault::EchoError => echo(Code::Internal, request).await,
    }
}

/// Repeats what it was sent, as chatty systems do.
async fn echo(code: Code, request: Request) -> Response {
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Refusal::new(code, format!("cannot do this: {}", String::from_utf8_lossy(&body))).into_response()
}

fn sever() -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Sever);
    response
}

/// The same head with the full length announced, but another body.
async fn rewrite(response: Response, broken: impl FnOnce(Bytes) -> BrokenBody) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    if bytes.is_empty() {
        return sever();
    }
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    HttpResponse::from_parts(parts, Body::new(broken(bytes)))
}

/// The same with another body, where there is one to be made of it.
async fn changed(response: Response, change: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    HttpResponse::from_parts(parts, Body::from(change(&bytes).unwrap_or_else(|| bytes.to_vec())))
}

fn garbage(status: StatusCode) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], r#"{"no": "SO-1, "state": ]] "positions": [{"#).into_response()
}

fn html_error() -> Response {
    let page =
        "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1><hr>edge-3</body></html>";
    (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response()
}

fn retry_later(refusal: Refusal, after_secs: Option<u32>) -> Response {
    let mut response = refusal.into_response();
    if let Some(secs) = after_secs {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}

fn any_api() -> String {
    "/api".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rules: &str) -> Faults {
        let faults = Faults::new(1);
        faults.set(serde_json::from_str(&format!("{{\"rules\": {rules}}}")).unwrap()).unwrap();
        faults
    }

    #[test]
    fn a_rule_is_used_as_often_as_it_says_and_only_where_it_fits() {
        let faults = faults(r#"[{"method": "POST", "path_prefix": "/api/orders", "fault": "reply-lost", "times": 1}]"#);
        assert!(faults.pick("GET", "/api/orders").is_none());
        assert!(faults.pick("POST", "/api/rfqs").is_none());
        assert_eq!(faults.pick("POST", "/api/orders").unwrap().fault, Fault::ReplyLost);
        assert!(faults.pick("POST", "/api/orders").is_none());
        assert_eq!(faults.plan().rules[0].times, Some(0));
    }

    #[test]
    fn a_rule_without_times_is_used_always() {
        let faults = faults(r#"[{"fault": "throttle-429"}]"#);
        assert!((0..10).all(|_| faults.pick("GET", "/api/ping").is_some()));
    }

    #[test]
    fn control_requests_cannot_be_disturbed() {
        let plan = serde_json::from_str(r#"{"rules": [{"path_prefix": "/control", "fault": "drip"}]}"#).unwrap();
        assert_eq!(Faults::new(1).set(plan).unwrap_err().code, Code::BadRequest);
    }

    #[test]
    fn jitter_adds_to_latency_and_stays_in_its_bound() {
        let faults = Faults::new(1);
        faults.set(serde_json::from_str(r#"{"latency_ms": 20, "jitter_ms": 5}"#).unwrap()).unwrap();
        assert!((0..100).map(|_| faults.delay().as_millis()).all(|ms| (20..=25).contains(&ms)));
    }
}
