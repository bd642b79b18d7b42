//! Talking to Fusion: addresses, media types, the pinned version of the REST framework, and what an unsuccessful reply stands for.

use crate::failures;
use crate::settings::Settings;
use ordergate_sdk::http::{Request, Response, send_many};
use ordergate_sdk::percent;
use ordergate_sdk::types::Failure;
use serde_json::Value;

/// Without the second one an error may come as unstructured text.
const ACCEPT: &str = "application/json, application/vnd.oracle.adf.error+json";
const RESOURCE_ITEM: &str = "application/vnd.oracle.adf.resourceitem+json";

pub(crate) const ORDERS: &str = "salesOrdersForOrderHub";

/// The interfaces of one pod.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gateway<'a> {
    settings: &'a Settings,
}

impl<'a> Gateway<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        Self { settings }
    }

    /// A request to the orders of the hub; `below` is encoded.
    pub(crate) fn orders(self, method: &str, below: &str) -> Request {
        self.request(method, &format!("{}/{ORDERS}{below}", self.settings.resources_path))
    }

    /// The same with a resource as its body.
    pub(crate) fn resource(self, method: &str, below: &str, body: &Value) -> Request {
        self.orders(method, below).header("content-type", RESOURCE_ITEM).json(body)
    }

    /// A question to order promising. It changes nothing, although it is a POST.
    pub(crate) fn promising(self, operation: &str, body: &Value) -> Request {
        self.request("POST", &format!("{}/{operation}", self.settings.promising_path)).json(body).reading()
    }

    /// The same to pricing.
    pub(crate) fn pricing(self, operation: &str, body: &Value) -> Request {
        self.request("POST", &format!("{}/{operation}", self.settings.pricing_path)).json(body).reading()
    }

    pub(crate) fn send(self, request: Request) -> Result<Response, Failure> {
        self.explained(request.send())
    }

    /// A change under `If-Match`; nothing when somebody else was faster.
    pub(crate) fn change(self, request: Request) -> Result<Option<Response>, Failure> {
        let reply = request.send()?;
        if failures::is_stale(&reply) { Ok(None) } else { self.explained(Ok(reply)).map(Some) }
    }

    pub(crate) fn send_all(self, requests: Vec<Request>) -> Vec<Result<Response, Failure>> {
        if requests.is_empty() {
            return Vec::new();
        }
        send_many(requests).into_iter().map(|reply| self.explained(reply)).collect()
    }

    fn request(self, method: &str, path: &str) -> Request {
        Request::new(method, &self.settings.endpoint, path)
            .header("accept", ACCEPT)
            .header("rest-framework-version", &self.settings.framework_version)
    }

    fn explained(self, reply: Result<Response, Failure>) -> Result<Response, Failure> {
        reply?.ok_or(|response| failures::explain(&self.settings.retry_codes, response))
    }
}

/// `/SYSTEM:ID`, the latest version of an order.
pub(crate) fn order_key(system: &str, id: &str) -> String {
    format!("/{}:{}", percent::segment(system), percent::segment(id))
}
