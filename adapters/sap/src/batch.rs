//! `$batch`: several requests in one, as `multipart/mixed` (OData V2, batch processing). Reads are parts; changes sit in a nested change set, of which
//! all or nothing is done. Composing and parsing are pure.

use ordergate_sdk::http::Response;

/// Nothing that stands in a part can begin a line with it: addresses are encoded, and bodies are JSON on one line.
const BOUNDARY: &str = "batch_ordergate";
const CHANGES: &str = "changeset_ordergate";

/// Most bytes of a head of a part: what is longer is no part of a gateway.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// A change within a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) method: &'static str,
    /// Relative to the service.
    pub(crate) address: String,
    /// State that the entity must have.
    pub(crate) if_match: String,
    /// JSON on one line.
    pub(crate) body: String,
}

/// Content type of a composed request.
pub(crate) fn content_type() -> String {
    format!("multipart/mixed; boundary={BOUNDARY}")
}

/// One part for each address, which is relative to the service.
pub(crate) fn reads(addresses: &[String]) -> Vec<u8> {
    let part = |address: &String| {
        format!(
            "--{BOUNDARY}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET {address} HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n"
        )
    };
    let parts: String = addresses.iter().map(part).collect();
    format!("{parts}--{BOUNDARY}--\r\n").into_bytes()
}

/// One change set: all of it is done, or nothing.
pub(crate) fn changes(changes: &[Change]) -> Vec<u8> {
    let part = |(index, change): (usize, &Change)| {
        let Change { method, address, if_match, body } = change;
        let id = index + 1;
        let length = body.len();
        format!(
            "--{CHANGES}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {id}\r\n\r\n{method} {address} HTTP/1.1\r\nAccept: application/json\r\nContent-Type: application/json\r\nIf-Match: {if_match}\r\nContent-Length: {length}\r\n\r\n{body}\r\n"
        )
    };
    let parts: String = changes.iter().enumerate().map(part).collect();
    format!(
        "--{BOUNDARY}\r\nContent-Type: multipart/mixed; boundary={CHANGES}\r\n\r\n{parts}--{CHANGES}--\r\n\r\n--{BOUNDARY}--\r\n"
    )
    .into_bytes()
}

/// The replies within a reply, in their order, those of change sets among them. A change set that failed is one reply.
pub(crate) fn replies(whole: &Response) -> Result<Vec<Response>, String> {
    let boundary = whole.header("content-type").and_then(boundary_of).ok_or("the reply of $batch is not multipart/mixed")?;
    let mut found = Vec::new();
    collect(whole, whole.body(), &boundary, &mut found)?;
    Ok(found)
}

fn collect(whole: &Response, body: &[u8], boundary: &str, found: &mut Vec<Response>) -> Result<(), String> {
    for part in parts(body, boundary)? {
        let (head, rest) = head_and_body(part)?;
        match header(&head, "content-type").as_deref().and_then(boundary_of) {
            // A change set in it; nested once, never more.
            Some(inner) if inner != boundary => {
                for change in parts(rest, &inner)? {
                    let (_, http) = head_and_body(change)?;
                    found.push(reply(whole, http)?);
                }
            }
            _ => found.push(reply(whole, rest)?),
        }
    }
    Ok(())
}

/// `HTTP/1.1 200 OK`, headers, a blank line, the body.
fn reply(whole: &Response, http: &[u8]) -> Result<Response, String> {
    let (mut head, body) = head_and_body(http)?;
    let status_line = if head.is_empty() { String::new() } else { head.remove(0) };
    let status = status_line.split_ascii_whitespace().nth(1).and_then(|code| code.parse().ok());
    let status = status
        .ok_or_else(|| format!("a part of the reply of $batch begins with {:?}, not with a status", short(&status_line)))?;
    let headers = head.iter().filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned())).collect();
    Ok(whole.part(status, headers, body.to_vec()))
}

/// What stands between the boundary lines. Without the closing one the reply was cut off.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<&'a [u8]>, String> {
    let (opening, closing) = (format!("--{boundary}"), format!("--{boundary}--"));
    let (mut found, mut start, mut position) = (Vec::new(), None, 0);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii_end();
        let is_closing = text == closing.as_bytes();
        if is_closing || text == opening.as_bytes() {
            let end = position;
            found.extend(start.and_then(|start| body.get(start..end)).map(without_line_end));
            if is_closing {
                return Ok(found);
            }
            start = Some(position + line.len());
        }
        position += line.len();
    }
    Err("the reply of $batch breaks off".to_owned())
}

/// The line end before a boundary belongs to the boundary (RFC 2046, section 5.1.1).
fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

/// Lines up to the first empty one, and what follows it.
fn head_and_body(part: &[u8]) -> Result<(Vec<String>, &[u8]), String> {
    let (mut head, mut position) = (Vec::new(), 0);
    for line in part.split_inclusive(|byte| *byte == b'\n') {
        position += line.len();
        let text = line.trim_ascii_end();
        if text.is_empty() {
            break;
        }
        if position > MAX_HEAD_BYTES {
            return Err("a part of the reply of $batch has an endless head".to_owned());
        }
        head.push(String::from_utf8_lossy(text).into_owned());
    }
    Ok((head, part.get(position..).unwrap_or_default()))
}

fn header(head: &[String], name: &str) -> Option<String> {
    let pair =
        |line: &String| line.split_once(':').map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim().to_owned()));
    head.iter().filter_map(pair).find(|(key, _)| key == name).map(|(_, value)| value)
}

/// `multipart/mixed; boundary=…`, quoted or not.
fn boundary_of(content_type: &str) -> Option<String> {
    let mut pieces = content_type.split(';').map(str::trim);
    pieces.next().filter(|kind| kind.eq_ignore_ascii_case("multipart/mixed"))?;
    let named = pieces.find_map(|piece| piece.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("boundary")));
    named.map(|(_, value)| value.trim().trim_matches('"').to_owned()).filter(|boundary| !boundary.is_empty())
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests;
