//! Requests and replies as bytes, so that nothing keeps the network from breaking them.

use bytes::Bytes;
use http::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A whole request of a host.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) body: Bytes,
    json: Value,
}

impl Request {
    /// The next one on a connection; what follows it stays in `rest`.
    pub(super) async fn read(stream: &mut TcpStream, rest: &mut Vec<u8>) -> Option<Self> {
        loop {
            if let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&rest[..end]).into_owned();
                let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                assert!(!head.to_lowercase().contains("transfer-encoding"), "the network understands lengths only: {head}");
                let whole = end + 4 + length.unwrap_or(0_usize);
                if rest.len() >= whole {
                    let body = Bytes::copy_from_slice(&rest[end + 4..whole]);
                    rest.drain(..whole);
                    let mut words = head.split(' ');
                    let method = words.next()?.parse().ok()?;
                    let json = serde_json::from_slice(&body).unwrap_or_default();
                    return Some(Self { method, target: words.next()?.to_owned(), body, json });
                }
            }
            let mut piece = [0; 8_192];
            let read = stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
            rest.extend_from_slice(&piece[..read]);
        }
    }

    pub(super) fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.target == path
    }

    pub(super) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    /// The number of the cart that it is about, where it has positions.
    pub(super) fn cart(&self) -> Option<usize> {
        self.json["positions"][0]["qty"].as_str()?.parse().ok()
    }

    /// Our reference, in the body or the query.
    pub(super) fn reference(&self) -> Option<String> {
        let in_query = || self.target.split(['?', '&']).find_map(|pair| pair.strip_prefix("your_ref="));
        self.json["your_ref"].as_str().or_else(in_query).map(str::to_owned)
    }
}

/// The number of an order, or the id of a reservation, in a reply.
pub(super) fn number_in(body: &[u8]) -> Option<String> {
    let reply: Value = serde_json::from_slice(body).ok()?;
    [&reply["no"], &reply["id"]].into_iter().find_map(|number| number.as_str()).map(str::to_owned)
}

/// A reply as it is sent.
pub(super) fn written(status: u16, body: &[u8], retry_after: Option<&str>) -> Vec<u8> {
    let retry_after = retry_after.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
    let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let head = format!("HTTP/1.1 {status} -\r\ncontent-type: application/json\r\n{retry_after}{length}\r\n");
    [head.as_bytes(), body].concat()
}

/// An error that did not come from the back end.
pub(super) fn refusal(status: u16) -> Vec<u8> {
    let code = match status {
        429 => "THROTTLED",
        503 => "UNAVAILABLE",
        _ => "INTERNAL",
    };
    let body = format!(r#"{{"error": {{"code": "{code}", "text": "not now"}}}}"#);
    written(status, body.as_bytes(), matches!(status, 429 | 503).then_some("1"))
}

/// Whether all of it was handed to the system.
pub(super) async fn send(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    stream.write_all(bytes).await.is_ok()
}
