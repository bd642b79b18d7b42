//! `$batch`: parts that are GETs, and change sets. A change set is done whole or not at all; a failed one is answered by one part with the error.

use crate::fault::Fault;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Names in lower case.
type Headers = Vec<(String, String)>;

/// One request within a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inner {
    pub(crate) method: String,
    /// Relative to the service.
    pub(crate) address: String,
    pub(crate) headers: Headers,
    pub(crate) body: String,
}

/// A part: a read, or a set of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Read(Inner),
    Changes(Vec<Inner>),
}

/// What came of a request within a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Inner {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

pub(crate) fn parse(content_type: &str, body: &str) -> Result<Vec<Part>, Fault> {
    let boundary = boundary(content_type).ok_or_else(|| Fault::syntax("$batch needs multipart/mixed with a boundary"))?;
    sections(body, &boundary)?.into_iter().map(|section| part(&section)).collect()
}

fn part(section: &str) -> Result<Part, Fault> {
    let (head, rest) = split(section)?;
    if let Some(inner) = head.iter().find(|(name, _)| name == "content-type").and_then(|(_, value)| boundary(value)) {
        let changes =
            sections(rest, &inner)?.iter().map(|change| request(split(change)?.1)).collect::<Result<Vec<_>, Fault>>()?;
        return match changes.iter().find(|change| change.method == "GET") {
            Some(_) => Err(Fault::syntax("A change set must not contain reads")),
            None => Ok(Part::Changes(changes)),
        };
    }
    let read = request(rest)?;
    if read.method == "GET" { Ok(Part::Read(read)) } else { Err(Fault::syntax("Changes belong into a change set")) }
}

/// `METHOD address HTTP/1.1`, headers, an empty line, the body.
fn request(text: &str) -> Result<Inner, Fault> {
    let (line, rest) = text.split_once("\r\n").ok_or_else(|| Fault::syntax("A request within the batch is malformed"))?;
    let mut words = line.split(' ');
    let (Some(method), Some(address), Some("HTTP/1.1"), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return Err(Fault::syntax(format!("{line:?} is no request line")));
    };
    if address.starts_with('/') || address.contains("://") {
        return Err(Fault::syntax("Addresses within the batch are relative to the service"));
    }
    let (headers, body) = split(rest)?;
    Ok(Inner { method: method.to_owned(), address: address.to_owned(), headers, body: body.trim_end().to_owned() })
}

/// Headers, and what stands behind the empty line after them; the line ends are CRLF.
fn split(text: &str) -> Result<(Headers, &str), Fault> {
    let (head, body) = match text.strip_prefix("\r\n") {
        Some(body) => ("", body),
        None => text.split_once("\r\n\r\n").ok_or_else(|| Fault::syntax("An empty line (CRLF) is missing within the batch"))?,
    };
    let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    Ok((head.split("\r\n").filter_map(pair).collect(), body))
}

fn sections(body: &str, boundary: &str) -> Result<Vec<String>, Fault> {
    let (opening, closing) = (format!("--{boundary}\r\n"), format!("--{boundary}--"));
    let (inside, _) = body.split_once(&closing).ok_or_else(|| Fault::syntax("The batch is not closed"))?;
    let mut sections = inside.split(opening.as_str());
    sections.next();
    let sections: Vec<String> = sections.map(ToOwned::to_owned).collect();
    if sections.is_empty() {
        Err(Fault::syntax("The batch has no part that begins with its boundary (CRLF)"))
    } else {
        Ok(sections)
    }
}

fn boundary(content_type: &str) -> Option<String> {
    let rest = content_type.strip_prefix("multipart/mixed")?;
    let (_, boundary) = rest.split_once("boundary=")?;
    Some(boundary.trim_matches('"').to_owned())
}

/// The answer: 202, with a part for each read and each change set.
pub(crate) fn response(outcomes: &[Vec<Outcome>], are_changes: &[bool]) -> Response {
    let mut body = String::new();
    for (part, is_change) in outcomes.iter().zip(are_changes) {
        let whole = *is_change && part.iter().all(|outcome| outcome.status < 400);
        if whole {
            body.push_str("--ejjeeffe0\r\nContent-Type: multipart/mixed; boundary=ejjeeffe1\r\nContent-Length: 1000\r\n\r\n");
            part.iter().for_each(|outcome| body.push_str(&format!("--ejjeeffe1\r\n{}", http(outcome))));
            body.push_str("--ejjeeffe1--\r\n\r\n");
        } else {
            part.iter().for_each(|outcome| body.push_str(&format!("--ejjeeffe0\r\n{}", http(outcome))));
        }
    }
    body.push_str("--ejjeeffe0--\r\n");
    (StatusCode::ACCEPTED, [(header::CONTENT_TYPE, "multipart/mixed; boundary=ejjeeffe0")], body).into_response()
}

fn http(outcome: &Outcome) -> String {
    let reason = StatusCode::from_u16(outcome.status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let Outcome { status, body } = outcome;
    format!(
        "Content-Type: application/http\r\nContent-Length: {}\r\ncontent-transfer-encoding: binary\r\n\r\nHTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {}\r\ndataserviceversion: 2.0\r\n\r\n{body}\r\n",
        body.len() + 80,
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_change_sets_are_told_apart() {
        let read = "--b\r\nContent-Type: application/http\r\n\r\nGET F?a=1 HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n";
        let change = "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: application/http\r\n\r\nPATCH I('1') HTTP/1.1\r\nIf-Match: x\r\n\r\n{\"a\":1}\r\n--c--\r\n\r\n";
        let parts = parse("multipart/mixed; boundary=b", &format!("{read}{change}--b--\r\n")).unwrap();
        assert!(
            matches!(&parts[0], Part::Read(inner) if inner.address == "F?a=1" && inner.header("accept") == Some("application/json"))
        );
        assert!(
            matches!(&parts[1], Part::Changes(changes) if changes[0].body == "{\"a\":1}" && changes[0].header("if-match") == Some("x"))
        );
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let lf = "--b\nContent-Type: application/http\n\nGET F HTTP/1.1\n\n\n--b--\n";
        let outside = "--b\r\nContent-Type: application/http\r\n\r\nPATCH I HTTP/1.1\r\n\r\n\r\n--b--\r\n";
        let absolute = "--b\r\nContent-Type: application/http\r\n\r\nGET /F HTTP/1.1\r\n\r\n\r\n--b--\r\n";
        for body in [lf, outside, absolute, "--b\r\n"] {
            assert!(parse("multipart/mixed; boundary=b", body).is_err(), "{body}");
        }
        assert!(parse("application/json", outside).is_err());
    }
}
