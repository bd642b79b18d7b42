//! Injected faults: a plan that `/control/faults` sets.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use backend_server::{page, severed};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// The whole plan. A new one replaces the old one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    rules: Vec<Rule>,
}

/// The first rule that fits a request and has `times` left is carried out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    method: Option<String>,
    /// Name of the resource, such as `salesOrdersForOrderHub`; what has a key ends with `/*`.
    #[serde(default)]
    path_prefix: String,
    pub(crate) fault: Kind,
    /// How often; always when null.
    times: Option<u32>,
    retry_after_secs: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Handled; the connection is cut instead of the answer.
    ReplyLost,
    /// The connection is cut before anything is done.
    CutBefore,
    /// Handled; then the gateway answers 504 in HTML.
    GatewayTimeout,
    /// The gateway answers 504 at once; what was asked is done when a test says so.
    LateCommit,
    /// Handled; then the application answers 500.
    BreakdownAfter,
    /// 500, before anything is done: a flexfield is not deployed.
    Breakdown,
    /// Handled; the answer is 201 and a page.
    Garbage,
    /// 502 of a proxy, before anything is done.
    BadGateway,
    /// Maintenance.
    Unavailable,
    /// Too many requests.
    Throttle,
    /// 400 with a code that passes.
    Passing,
    /// 400 in plain text, whatever the caller accepts.
    TextError,
    /// The password has expired.
    Unauthorized,
    /// A firewall: 403 in HTML.
    Firewall,
    /// Every order is changed by somebody before the request is handled.
    Touch,
}

#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Plan>);

impl Faults {
    pub(crate) fn set(&self, plan: Plan) {
        *self.0.lock() = plan;
    }

    /// The rule for this request; uses one of its `times`.
    pub(crate) fn pick(&self, method: &str, resource: &str) -> Option<Rule> {
        let mut plan = self.0.lock();
        let fits = |rule: &&mut Rule| {
            rule.times != Some(0)
                && resource.starts_with(&rule.path_prefix)
                && rule.method.as_deref().is_none_or(|wanted| wanted == method)
        };
        let rule = plan.rules.iter_mut().find(fits)?;
        rule.times = rule.times.map(|times| times.saturating_sub(1));
        Some(rule.clone())
    }
}

impl Rule {
    pub(crate) fn name(&self) -> String {
        serde_json::to_value(self.fault).ok().and_then(|name| name.as_str().map(ToOwned::to_owned)).unwrap_or_default()
    }

    /// The answer in place of the handler's; nothing when the handler goes first, or answers by itself.
    pub(crate) fn instead(&self) -> Option<Response> {
        match self.fault {
            Kind::CutBefore => Some(severed()),
            Kind::LateCommit => Some(gateway_timeout()),
            Kind::Breakdown => Some(breakdown()),
            Kind::BadGateway => Some(page(502, "502 Bad Gateway", "proxy")),
            Kind::Unavailable => Some(self.later(page(503, "503 Service Unavailable", "The pod is down for maintenance"))),
            Kind::Throttle => Some(self.later(page(429, "429 Too Many Requests", "Fair use exceeded"))),
            Kind::Passing => Some(crate::fault::Fault::business("OM-LOCKED", "The order is being processed.").response(true)),
            Kind::TextError => Some(text(400, "JBO-25002: Definition of type Attribute is not found")),
            Kind::Unauthorized => Some(page(401, "401 Unauthorized", "Unauthorized")),
            Kind::Firewall => Some(page(403, "403 Forbidden", "Request rejected by the firewall")),
            Kind::ReplyLost | Kind::GatewayTimeout | Kind::BreakdownAfter | Kind::Garbage | Kind::Touch => None,
        }
    }

    /// What becomes of the handler's answer.
    pub(crate) fn after(&self, response: Response) -> Response {
        match self.fault {
            Kind::ReplyLost => severed(),
            Kind::GatewayTimeout => gateway_timeout(),
            Kind::BreakdownAfter => breakdown(),
            Kind::Garbage => page(201, "Created", "<b>not what you expected"),
            _ => response,
        }
    }

    fn later(&self, mut response: Response) -> Response {
        if let Some(secs) = self.retry_after_secs {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }
}

fn gateway_timeout() -> Response {
    page(504, "504 Gateway Time-out", "The gateway did not receive a timely response")
}

fn breakdown() -> Response {
    text(500, "JBO-29000: Unexpected exception caught: the flexfield is not deployed")
}

fn text(status: u16, text: &'static str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "text/plain")], text).into_response()
}
