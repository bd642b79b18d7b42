//! A small JSON client for the story and the demo: blocking, loopback only.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// Speaks to one server as one caller.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    base: String,
    headers: Vec<(&'static str, String)>,
}

/// An answer of any status.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    request: String,
}

impl Client {
    pub(crate) fn new(base: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(30))).build();
        Self { agent: config.into(), base: base.trim_end_matches('/').to_owned(), headers: Vec::new() }
    }

    /// The same client with a header on every request.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn get(&self, path: &str) -> Result<Reply> {
        self.send("GET", path, &[], None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Reply> {
        self.send("POST", path, &[], Some(body))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Result<Reply> {
        self.send("PUT", path, &[], Some(body))
    }

    /// A POST that captures something: `key` names the attempt, so that a repetition is recognized (rule A2).
    pub(crate) fn capture(&self, path: &str, key: &str, body: &Value) -> Result<Reply> {
        self.send("POST", path, &[("idempotency-key", key)], Some(body))
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Result<Reply> {
        let request = format!("{method} {}{path}", self.base);
        let mut builder = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in self.headers.iter().map(|(name, value)| (*name, value.as_str())).chain(headers.iter().copied()) {
            builder = builder.header(name, value);
        }
        let sent = match body {
            Some(body) => self.agent.run(builder.header("content-type", "application/json").body(body.to_string())?),
            None => self.agent.run(builder.body(())?),
        };
        let mut response = sent.with_context(|| request.clone())?;
        let text = response.body_mut().read_to_string().with_context(|| request.clone())?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Reply { status: response.status().as_u16(), headers: response.headers().clone(), body, request })
    }
}

impl Reply {
    /// The body, when the status is one of those expected; else an error that shows what came.
    pub(crate) fn expect_status(self, expected: &[u16]) -> Result<Value> {
        if expected.contains(&self.status) {
            return Ok(self.body);
        }
        bail!("{} answered {} instead of {expected:?}: {}", self.request, self.status, self.body);
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
