//! What every injected fault is made of: a connection that is cut, and a page of whatever stands before the back end.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Marks an answer whose connection is to be closed without it.
#[derive(Debug, Clone, Copy)]
pub struct Sever;

/// No answer at all.
pub fn severed() -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Sever);
    response
}

/// A page of the web server in front of the back end.
pub fn page(status: u16, title: &str, text: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body =
        format!("<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>");
    (status, [(header::CONTENT_TYPE, "text/html;charset=utf-8")], body).into_response()
}
