//! Reply files: a whole HTTP reply, or only its body.

use std::path::Path;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::adapter::tryout::Reply;
use crate::cli::CliError;

/// A file `….http` holds status line, headers and body; any other one the body of a 200 in JSON.
pub(super) fn read(path: &Path) -> Result<Reply, CliError> {
    let refused = |problem: &str| CliError::Refused(format!("{}: {problem}", path.display()));
    let bytes = std::fs::read(path).map_err(|cause| refused(&format!("cannot be read: {cause}")))?;
    match path.extension().is_some_and(|extension| extension == "http") {
        true => parse(&bytes).map_err(|problem| refused(&problem)),
        false => Ok(body_only(bytes)),
    }
}

fn body_only(bytes: Vec<u8>) -> Reply {
    let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    Reply { status: StatusCode::OK, headers, body: Bytes::from(bytes) }
}

/// A reply as it was captured (RFC 9112), with line ends of either kind.
fn parse(bytes: &[u8]) -> Result<Reply, String> {
    let (head, body) = split(bytes);
    let head = std::str::from_utf8(head).map_err(|_| "status line and headers are no text".to_owned())?;
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let status = first.strip_prefix("HTTP/").and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or_else(|| format!("line 1: {first:?} is no status line, such as HTTP/1.1 200 OK"))?;
    let mut headers = HeaderMap::new();
    for (number, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
        let header = line.split_once(':').and_then(|(name, value)| {
            Some((HeaderName::from_bytes(name.trim().as_bytes()).ok()?, HeaderValue::from_str(value.trim()).ok()?))
        });
        let (name, value) = header.ok_or_else(|| format!("line {}: {line:?} is no header", number + 2))?;
        headers.append(name, value);
    }
    Ok(Reply { status, headers, body: Bytes::copy_from_slice(body) })
}

/// Head and body, at the first empty line.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let ends = [b"\r\n\r\n".as_slice(), b"\n\n"];
    let end = ends.iter().filter_map(|end| Some((memchr::memmem::find(bytes, end)?, end.len()))).min();
    end.and_then(|(at, length)| Some((bytes.get(..at)?, bytes.get(at + length..)?))).unwrap_or((bytes, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captured_reply_is_read_with_either_kind_of_line_ends() {
        for text in ["HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n\r\n{}", "HTTP/1.1 429\nretry-after: 7\n\n{}"] {
            let reply = parse(text.as_bytes()).unwrap();
            assert_eq!(
                (reply.status.as_u16(), &reply.headers["retry-after"], &*reply.body),
                (429, &HeaderValue::from_static("7"), b"{}".as_slice())
            );
        }
        assert!(parse(b"HTTP/1.1 204 No Content").unwrap().body.is_empty());
    }

    #[test]
    fn what_is_no_reply_is_told_with_its_line() {
        assert_eq!(parse(b"{}").unwrap_err(), "line 1: \"{}\" is no status line, such as HTTP/1.1 200 OK");
        assert_eq!(parse(b"HTTP/1.1 200 OK\na: b\nc d\n\n").unwrap_err(), "line 3: \"c d\" is no header");
    }
}
