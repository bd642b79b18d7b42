//! An error as ADF tells it: structured for a caller that accepts that, as plain text for the others.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::schema::merge;

/// The payload cannot be read.
pub(crate) const PAYLOAD: &str = "27521";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) text: String,
    pub(crate) path: Option<String>,
}

impl Fault {
    pub(crate) fn new(status: u16, code: &str, text: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), text: text.into(), path: None }
    }

    /// The request cannot be read.
    pub(crate) fn payload(text: impl Into<String>) -> Self {
        Self::new(400, PAYLOAD, text)
    }

    /// A refusal of the application.
    pub(crate) fn business(code: &str, text: impl Into<String>) -> Self {
        Self::new(400, code, text)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "", "Not Found")
    }

    pub(crate) fn at(self, path: String) -> Self {
        Self { path: Some(path), ..self }
    }

    pub(crate) fn response(&self, accepts_structure: bool) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if !accepts_structure {
            return (status, [(header::CONTENT_TYPE, "text/plain")], self.text.clone()).into_response();
        }
        (status, [(header::CONTENT_TYPE, "application/vnd.oracle.adf.error+json")], self.json(status).to_string()).into_response()
    }

    fn json(&self, status: StatusCode) -> Value {
        let title = status.canonical_reason().unwrap_or_default();
        let mut error = json!({"title": title, "status": self.status.to_string(), "type": "http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html"});
        if !self.code.is_empty() {
            let mut detail = json!({"detail": self.text, "o:errorCode": self.code});
            if let Some(path) = &self.path {
                merge(&mut detail, json!({"o:errorPath": path}));
            }
            merge(&mut error, json!({"o:errorDetails": [detail]}));
        }
        error
    }
}
