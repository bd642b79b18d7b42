//! A small JSON client. It speaks to one server as one caller and keeps its connections open.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Connections;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

#[derive(Clone)]
pub struct Client {
    connections: Connections<HttpConnector, Full<Bytes>>,
    base: String,
    headers: HeaderMap,
}

/// An answer of any status.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    request: String,
}

impl Client {
    pub fn new(base: &str) -> Self {
        let connections = Connections::builder(TokioExecutor::new()).build_http();
        Self { connections, base: base.trim_end_matches('/').to_owned(), headers: HeaderMap::new() }
    }

    /// The same caller with one more header on every request.
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        other
    }

    /// The same caller without a header.
    pub fn without(&self, name: &'static str) -> Self {
        let mut other = self.clone();
        other.headers.remove(name);
        other
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, Bytes::new()).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, Bytes::new()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.with("content-type", "application/json").send(Method::POST, path, body.to_string().into()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.with("content-type", "application/json").send(Method::PUT, path, body.to_string().into()).await
    }

    /// A POST with an Idempotency-Key (rule A2).
    pub async fn capture(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.with("idempotency-key", key).post(path, body).await
    }

    /// Any request; panics when no answer comes.
    pub async fn send(&self, method: Method, path: &str, body: Bytes) -> Reply {
        let line = format!("{method} {}{path}", self.base);
        self.try_send(method, path, body).await.unwrap_or_else(|cause| panic!("{line}: {cause}"))
    }

    /// Any request; an error when the connection fails.
    pub async fn try_send(&self, method: Method, path: &str, body: Bytes) -> Result<Reply, String> {
        let line = format!("{method} {}{path}", self.base);
        let (head, body) = self.open(method, path, body).await?.into_parts();
        let body = body.collect().await.map_err(|cause| format!("{cause:?}"))?.to_bytes();
        Ok(Reply { status: head.status, headers: head.headers, body, request: line })
    }

    /// An answer whose body was not read yet.
    pub(crate) async fn open(&self, method: Method, path: &str, body: Bytes) -> Result<Response<Incoming>, String> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base)).body(Full::new(body)).unwrap();
        *request.headers_mut() = self.headers.clone();
        self.connections.request(request).await.map_err(|cause| format!("{cause:?}"))
    }
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|cause| panic!("no JSON ({cause}): {self}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body, when the status is the expected one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self}");
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// Checks that this is a problem (RFC 9457) of that status and code, complete and telling nothing internal; gives it back.
    #[track_caller]
    pub fn expect_problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self}");
        assert_eq!(problem["code"], code, "{self}");
        assert_eq!(problem["status"], status, "{self}");
        assert_eq!(problem["type"], format!("/problems/{code}"), "{self}");
        for field in ["title", "request_id"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "the problem has no {field}: {self}");
        }
        assert!(problem["detail"].is_null() || problem["detail"].is_string(), "{self}");
        assert!(problem["retryable"].is_boolean(), "the problem does not say whether it is retryable: {self}");
        problem
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} answered {} {}", self.request, self.status, self.text())
    }
}
