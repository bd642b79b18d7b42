//! Injected faults: a plan that `/control/faults` sets. Those that cut the connection mark the answer, and the server then closes the socket.

use crate::fault::Fault;
use axum::http::{HeaderValue, header};
use axum::response::Response;
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
    /// Below the root of the services, such as `API_SALES_ORDER_SRV/A_SalesOrder`.
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
    /// Handled; then the web dispatcher answers 504 in HTML.
    GatewayTimeout,
    /// Handled; then the session breaks down with a short dump in HTML.
    DumpAfter,
    /// A short dump in HTML, before anything is done.
    Dump,
    /// A business exception without a status, in XML.
    Exception,
    /// Maintenance.
    Unavailable,
    /// Too many requests.
    Throttle,
    /// Somebody has the object open: 400, in JSON.
    Locked,
    /// The same, in XML.
    LockedXml,
    /// All sessions end before the request is looked at.
    ExpireSessions,
    /// Every document is changed by somebody before the request is handled.
    Touch,
    /// The user's password has expired: 401 in HTML.
    Unauthorized,
}

#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Plan>);

impl Faults {
    pub(crate) fn set(&self, plan: Plan) {
        *self.0.lock() = plan;
    }

    /// The rule for this request; uses one of its `times`.
    pub(crate) fn pick(&self, method: &str, path: &str) -> Option<Rule> {
        let mut plan = self.0.lock();
        let fits = |rule: &&mut Rule| {
            rule.times != Some(0)
                && path.starts_with(&rule.path_prefix)
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
        let locked = || Fault::business("V1/042", "Sales document is currently being processed by user MILLER");
        match self.fault {
            Kind::CutBefore => Some(severed()),
            Kind::Dump => Some(page(500, "500 Internal Server Error", "ABAP runtime error COMPUTE_INT_ZERODIVIDE")),
            Kind::Exception => Some(Fault::new(500, "SY/530", "An exception was raised").response(false)),
            Kind::Unavailable => Some(self.later(page(503, "503 Service Unavailable", "The system is down for maintenance"))),
            Kind::Throttle => Some(self.later(page(429, "429 Too Many Requests", "Fair use exceeded"))),
            Kind::Locked => Some(locked().response(true)),
            Kind::LockedXml => Some(locked().response(false)),
            Kind::Unauthorized => Some(page(401, "401 Unauthorized", "Logon failed")),
            Kind::ReplyLost | Kind::GatewayTimeout | Kind::DumpAfter | Kind::ExpireSessions | Kind::Touch => None,
        }
    }

    /// What becomes of the handler's answer.
    pub(crate) fn after(&self, response: Response) -> Response {
        match self.fault {
            Kind::ReplyLost => severed(),
            Kind::GatewayTimeout => page(504, "504 Gateway Timeout", "SAP Web Dispatcher"),
            Kind::DumpAfter => page(500, "500 Internal Server Error", "ABAP runtime error TIME_OUT"),
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
