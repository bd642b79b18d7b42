//! Requests that should not leave, or whose replies are the danger.

use std::collections::BTreeMap;

use ordergate_sdk::http::{Request, Response, send_many};
use ordergate_sdk::types::Failure;

use crate::{Outcome, five, told};

/// Asks the back end for a path and tells what came; a failure is passed on as it is.
pub(crate) fn get(path: &str) -> Outcome {
    report(Request::get("api", format!("/{path}")))
}

/// The same of the endpoint that is known by its name.
pub(crate) fn get_named(path: &str) -> Outcome {
    report(Request::get("named", format!("/{path}")))
}

fn report(request: Request) -> Outcome {
    let reply = request.send()?;
    told(format!("{} with {} bytes", reply.status(), reply.body().len()))
}

/// One request, then an ordinary answer.
pub(crate) fn ask(sku: &str) -> Outcome {
    Request::get("api", "/ok").send()?.success()?;
    Ok(five(sku))
}

/// One after the other.
pub(crate) fn ten_thousand() -> Outcome {
    summary((0..10_000).map(|_| Request::get("api", "/ok").send()))
}

pub(crate) fn ten_thousand_at_once() -> Outcome {
    let requests = (0..10_000).map(|_| Request::get("api", "/ok")).collect();
    summary(send_many(requests).into_iter())
}

/// Replies that are small enough each, but not together.
pub(crate) fn large_replies() -> Outcome {
    summary((0..8).map(|_| Request::get("api", "/large").send()))
}

/// Paths that lead elsewhere, hide something, or are none.
pub(crate) fn bad_paths() -> Outcome {
    let paths = [
        "/../secret",
        "/a/../../secret",
        "/%2e%2e/secret",
        "/%252e%252e/secret",
        "/..;/secret",
        "/a%2f..%2f..%2fsecret",
        "/a\\..\\secret",
        "//evil.test/",
        "http://evil.test/",
        "https://169.254.169.254/latest/",
        "@evil.test/",
        "/ok@evil.test",
        "/ok\r\nHost: evil.test",
        "/ok HTTP/1.1\r\n\r\nGET /secret",
        "/ok%0d%0aHost:%20evil.test",
        "/ok%00",
        "/ok\0",
        "/ok?admin=1",
        "/ok#x",
        "/\u{202e}ko",
        "/%zz",
    ];
    each(paths.iter().map(|path| Request::get("api", *path)))
}

/// Headers that are the host's, and names and values that would be more than one line.
pub(crate) fn bad_headers() -> Outcome {
    let long = "x".repeat(40_000);
    let headers = [
        ("host", "evil.test"),
        ("Host", "evil.test"),
        ("authorization", "Bearer mine"),
        ("x-api-key", "mine"),
        ("cookie", "session=mine"),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("content-length", "0"),
        ("transfer-encoding", "chunked"),
        ("proxy-authorization", "Basic mine"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-note", "a\r\nhost: evil.test"),
        ("x-note", "a\nb"),
        ("x-note", "a\0b"),
        ("x-note\r\nhost", "evil.test"),
        ("x note", "a"),
        ("", "a"),
        ("x-long", long.as_str()),
    ];
    each(headers.iter().map(|(name, value)| Request::get("api", "/ok").header(*name, *value)))
}

pub(crate) fn bad_methods() -> Outcome {
    let methods = ["CONNECT", "TRACE", "OPTIONS", "get", "GET /secret HTTP/1.1\r\n\r\nGET", "", "PROPFIND"];
    each(methods.iter().map(|method| Request::new(*method, "api", "/ok")))
}

pub(crate) fn bad_endpoints() -> Outcome {
    let endpoints = ["nowhere", "", "API", "api ", "http://evil.test", "../api", "169.254.169.254"];
    each(endpoints.iter().map(|endpoint| Request::get(*endpoint, "/ok")))
}

/// A redirect to where credentials are given away.
pub(crate) fn redirect() -> Outcome {
    let reply = Request::get("api", "/redirect").send()?;
    told(format!("{} to {}", reply.status(), reply.header("location").unwrap_or("nowhere")))
}

/// Two requests to a back end that sets cookies; tells which of them it saw.
pub(crate) fn cookies() -> Outcome {
    let first = Request::get("api", "/cookies").send()?;
    let second = Request::get("api", "/cookies").send()?;
    told(format!("{:?} {:?}", first.header("set-cookie"), second.header("set-cookie")))
}

/// Has the back end repeat what it was sent; tells all of it.
pub(crate) fn echo() -> Outcome {
    let reply = Request::get("api", "/echo").send()?;
    told(format!("{:?} {}", reply.header("x-your-key"), String::from_utf8_lossy(reply.body())))
}

/// How often each thing happened.
fn each(requests: impl Iterator<Item = Request>) -> Outcome {
    summary(requests.map(Request::send))
}

fn summary(replies: impl Iterator<Item = Result<Response, Failure>>) -> Outcome {
    let mut counts = BTreeMap::new();
    for reply in replies {
        let what = match reply {
            Ok(reply) => reply.status().to_string(),
            Err(failure) => failure.code,
        };
        *counts.entry(what).or_insert(0_u32) += 1;
    }
    told(counts.iter().map(|(what, count)| format!("{what} {count}")).collect::<Vec<_>>().join(", "))
}
