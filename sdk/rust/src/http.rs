//! Requests to the back end, through endpoints that the operator bound.
//!
//! `Request::get("api", "/orders").query("customer", "C1").send()?.success()?.json::<T>()`
//!
//! Every request is a read or a write, and failures differ: when a write may have been taken, its failure is `outcome-unknown`.
//! GET and HEAD read, everything else writes, unless [`Request::reading`] or [`Request::writing`] says otherwise.

mod status;

use crate::bindings::ordergate::adapter::transport;
use crate::failure::code;
use crate::host;
use crate::types::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

pub use status::for_status;
pub use transport::Request as RawRequest;

/// Whether a request can change something in the back end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    Read,
    Write,
}

/// A request that is being put together. Nothing fails before `send`.
#[derive(Debug, Clone)]
pub struct Request {
    raw: RawRequest,
    intent: Intent,
    defect: Option<Failure>,
}

/// A whole reply, of any status.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    raw: transport::Response,
    intent: Intent,
}

impl Request {
    /// `path` is appended to the endpoint's base URL; encode its variable segments with [`crate::percent::segment`].
    pub fn new(method: impl Into<String>, endpoint: impl Into<String>, path: impl Into<String>) -> Self {
        let method = method.into();
        let intent = if matches!(method.as_str(), "GET" | "HEAD") { Intent::Read } else { Intent::Write };
        let raw = RawRequest { endpoint: endpoint.into(), method, path: path.into(), ..RawRequest::default() };
        Request { raw, intent, defect: None }
    }

    pub fn get(endpoint: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new("GET", endpoint, path)
    }

    pub fn post(endpoint: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new("POST", endpoint, path)
    }

    pub fn put(endpoint: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new("PUT", endpoint, path)
    }

    pub fn patch(endpoint: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new("PATCH", endpoint, path)
    }

    pub fn delete(endpoint: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new("DELETE", endpoint, path)
    }

    /// Changes nothing, whatever the method: a price inquiry by POST.
    #[must_use]
    pub fn reading(mut self) -> Self {
        self.intent = Intent::Read;
        self
    }

    /// Changes something. With GET or HEAD it is refused when it is sent: the host and everything on the way may send those twice
    /// (RFC 9110, section 9.2.2).
    #[must_use]
    pub fn writing(mut self) -> Self {
        self.intent = Intent::Write;
        if matches!(self.raw.method.as_str(), "GET" | "HEAD") {
            let message =
                format!("{} must not change anything: it may be sent twice; use POST, PUT, PATCH or DELETE", self.raw.method);
            self.defect = Some(Failure::invalid_request(message));
        }
        self
    }

    /// Adds a query parameter; the host percent-encodes it.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.raw.query.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.raw.headers.push((name.into(), value.into()));
        self
    }

    /// The body as JSON, with its content type.
    #[must_use]
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.body(bytes, "application/json"),
            Err(error) => {
                self.defect = Some(Failure::invalid_request(format!("the request body cannot be written as JSON: {error}")));
                self
            }
        }
    }

    /// The body as it is. A content type that was set as a header before stays.
    #[must_use]
    pub fn body(mut self, bytes: Vec<u8>, content_type: &str) -> Self {
        self.raw.body = Some(bytes);
        let typed = self.raw.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if typed { self } else { self.header("content-type", content_type) }
    }

    /// Shorter than what remains of the call.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.raw.timeout_ms = Some(u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX));
        self
    }

    /// Sends it and waits. Any status is a `Response`; a failure means that there is none.
    pub fn send(self) -> Result<Response, Failure> {
        if let Some(defect) = self.defect {
            return Err(defect);
        }
        received(host::send(&self.raw), self.intent)
    }
}

/// Sends several requests at once. Replies come in the order of the requests.
pub fn send_many(requests: Vec<Request>) -> Vec<Result<Response, Failure>> {
    let sendable: Vec<RawRequest> = requests.iter().filter(|one| one.defect.is_none()).map(|one| one.raw.clone()).collect();
    let mut replies = host::send_many(&sendable).into_iter();
    let answer = |request: Request| match request.defect {
        Some(defect) => Err(defect),
        None => {
            received(replies.next().unwrap_or_else(|| Err(Failure::outcome_unknown("the host gave no reply"))), request.intent)
        }
    };
    requests.into_iter().map(answer).collect()
}

impl Response {
    pub fn status(&self) -> u16 {
        self.raw.status
    }

    /// A reply within this reply, of the same intent: one part of an answered batch. Names of headers in lower case.
    #[must_use]
    pub fn part(&self, status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Response {
        Response { raw: transport::Response { status, headers, body }, intent: self.intent }
    }

    pub fn intent(&self) -> Intent {
        self.intent
    }

    /// All headers, names in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        &self.raw.headers
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.raw.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn body(&self) -> &[u8] {
        &self.raw.body
    }

    /// The body as text; bytes that are no UTF-8 become U+FFFD.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.raw.body).into_owned()
    }

    /// Itself for 2xx, else the failure that the status stands for ([`for_status`]).
    pub fn success(self) -> Result<Response, Failure> {
        self.ok_or(|response| for_status(response.intent, response))
    }

    /// Itself for 2xx, else the failure that `explain` finds: for back ends with an error format of their own.
    pub fn ok_or(self, explain: impl FnOnce(&Response) -> Failure) -> Result<Response, Failure> {
        if (200..300).contains(&self.raw.status) { Ok(self) } else { Err(explain(&self)) }
    }

    /// The body as JSON. When it cannot be read: `invalid-response` for a read, `outcome-unknown` for a write.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.raw.body)
            .map_err(|error| self.unreadable(&format!("the reply is not the expected JSON: {error}")))
    }

    /// The body as JSON in which every number is text with all its digits ([`crate::json::exact`]); fails as [`Response::json`] does.
    pub fn exact_json(&self) -> Result<serde_json::Value, Failure> {
        crate::json::exact(&self.raw.body)
            .map_err(|error| self.unreadable(&format!("the reply is not the expected JSON: {error}")))
    }

    /// The failure for a reply of 2xx that cannot be understood: a write has probably been taken.
    pub fn unreadable(&self, message: &str) -> Failure {
        match self.intent {
            Intent::Read => Failure::invalid_response(message),
            Intent::Write => Failure::outcome_unknown(message),
        }
    }
}

fn received(reply: Result<transport::Response, Failure>, intent: Intent) -> Result<Response, Failure> {
    match reply {
        Ok(raw) => Ok(Response { raw, intent }),
        Err(mut failure) => {
            // The host does not know what a request means: it cannot tell a late read from a write in doubt.
            match (intent, failure.code.as_str()) {
                (Intent::Read, code::OUTCOME_UNKNOWN) => failure.code = code::TIMEOUT.to_owned(),
                (Intent::Write, code::TIMEOUT) => failure.code = code::OUTCOME_UNKNOWN.to_owned(),
                _ => {}
            }
            Err(failure)
        }
    }
}
