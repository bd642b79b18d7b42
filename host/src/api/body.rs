//! JSON bodies and queries: read, bounded and checked, with errors that name the place.

use std::fmt::Display;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRef, FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::problem::Problem;
use super::problem_pages as pages;
use crate::domain::{MAX_ID_CHARACTERS, is_identifier};
use crate::service::FieldProblem;

/// A request that can say what is wrong with itself.
pub trait Check {
    /// None where its types say everything.
    fn problems(&self) -> Vec<FieldProblem> {
        Vec::new()
    }
}

/// A JSON body that was read and checked.
pub struct Checked<T> {
    pub value: T,
    route: Uri,
    bytes: Bytes,
}

impl<T> Checked<T> {
    /// SHA-256 of route and body, for idempotency.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::new().chain_update(self.route.path()).chain_update([0]).chain_update(&self.bytes).finalize().into()
    }

    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T: DeserializeOwned + Check, S: Send + Sync> FromRequest<S> for Checked<T>
where
    BodyLimit: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let route = request.uri().clone();
        let BodyLimit(limit) = BodyLimit::from_ref(state);
        let bytes = read(request, limit).await?;
        let value: T = parse(&bytes)?;
        let problems = value.problems();
        if problems.is_empty() { Ok(Self { value, route, bytes }) } else { Err(Problem::invalid(problems)) }
    }
}

/// Query parameters that were read and checked.
pub struct CheckedQuery<T>(pub T);

impl<T: DeserializeOwned + Check, S: Send + Sync> FromRequestParts<S> for CheckedQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(value) = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::invalid(vec![FieldProblem::new("?", rejection.body_text())]))?;
        let problems = value.problems();
        if problems.is_empty() { Ok(Self(value)) } else { Err(Problem::invalid(problems)) }
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    // RFC 9110, section 15.5.16: a coding that is not taken is refused like a type.
    let coding = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("identity");
    if !coding.trim().eq_ignore_ascii_case("identity") {
        return Err(Problem::new(&pages::UNSUPPORTED_MEDIA_TYPE).with_detail("send the body without a Content-Encoding"));
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(Problem::new(&pages::UNSUPPORTED_MEDIA_TYPE)) }
}

/// Bytes of the largest body that is read.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

/// How much of a body that is too large is still taken in, and for how long, so that the client reads our answer instead of finding
/// the connection reset.
const DISCARDED_LIMITS: usize = 16;
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// Longest that a body may take to arrive: whoever sends it bit by bit keeps a place that others need.
const BODY_TIME: Duration = Duration::from_secs(10);

/// The whole body, up to a limit and within [`BODY_TIME`].
pub(super) async fn read(request: Request, limit: usize) -> Result<Bytes, Problem> {
    read_within(BODY_TIME, request, limit).await
}

async fn read_within(time: Duration, request: Request, limit: usize) -> Result<Bytes, Problem> {
    let late = || {
        let detail = format!("the body did not arrive within {} s", time.as_secs());
        Problem::new(&pages::REQUEST_TIMEOUT).with_detail(detail).with_retry_after(Duration::from_secs(1))
    };
    timeout(time, collect(request, limit)).await.unwrap_or_else(|_| Err(late()))
}

async fn collect(request: Request, limit: usize) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(&pages::BODY_TOO_LARGE).with_detail(format!("at most {limit} bytes are taken"));
    // A client that waits for `100 Continue` has sent nothing yet.
    let waits = request.headers().contains_key(header::EXPECT);
    let mut chunks = request.into_body();
    let announced = chunks.size_hint().lower();
    if waits && announced > limit as u64 {
        return Err(too_large());
    }
    let mut collected = Collected::default();
    while let Some(frame) = chunks.frame().await {
        let frame = frame.map_err(|_| Problem::new(&pages::MALFORMED_JSON).with_detail("the body ended before its end"))?;
        let Ok(chunk) = frame.into_data() else { continue };
        if collected.len() + chunk.len() > limit {
            discard(chunks, limit.saturating_mul(DISCARDED_LIMITS)).await;
            return Err(too_large());
        }
        collected.add(chunk);
    }
    Ok(collected.into_bytes())
}

/// The chunks of a body. Most bodies are one chunk, which is not copied.
#[derive(Default)]
struct Collected {
    first: Bytes,
    all: BytesMut,
}

impl Collected {
    fn len(&self) -> usize {
        self.first.len().max(self.all.len())
    }

    fn add(&mut self, chunk: Bytes) {
        if self.len() == 0 {
            self.first = chunk;
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&chunk);
    }

    fn into_bytes(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}

async fn discard(mut chunks: Body, most: usize) {
    let reading = async {
        let mut read = 0;
        while read < most {
            let Some(Ok(frame)) = chunks.frame().await else { return };
            read += frame.data_ref().map_or(0, Bytes::len);
        }
    };
    // Over the time: the connection is closed, and the client may miss the answer.
    let _ = tokio::time::timeout(DISCARD_TIME, reading).await;
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A list would be taken for an object whose fields are in this order.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::invalid(vec![FieldProblem::new("", "must be an object, not a list")]));
    }
    check_characters(bytes)?;
    // Knowing the place all along costs as much again as reading: it is looked for when there is something wrong.
    serde_json::from_slice(bytes).or_else(|_| parse_with_places(bytes))
}

/// Refuses U+0000 in any text or name: not every database can hold it.
fn check_characters(bytes: &[u8]) -> Result<(), Problem> {
    if memchr::memmem::find(bytes, br"\u0000").is_none() {
        return Ok(());
    }
    match serde_json::from_slice(bytes).ok().and_then(|value| nul_in(&value, String::new())) {
        Some(pointer) => Err(Problem::invalid(vec![FieldProblem::new(pointer, "must not contain the character U+0000")])),
        None => Ok(()),
    }
}

/// The place of the first text, or of the first object with a name, that contains U+0000.
fn nul_in(value: &Value, at: String) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then_some(at),
        Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| nul_in(item, format!("{at}/{index}"))),
        Value::Object(fields) => fields
            .iter()
            .find_map(|(name, field)| if name.contains('\0') { Some(at.clone()) } else { nul_in(field, format!("{at}/{name}")) }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn parse_with_places<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let (path, cause) = (pointer(error.path()), error.into_inner());
        if cause.is_data() {
            Problem::invalid(vec![FieldProblem::new(path, readable(&cause))])
        } else {
            Problem::new(&pages::MALFORMED_JSON).with_detail(cause.to_string())
        }
    })?;
    deserializer.end().map_err(|cause| Problem::new(&pages::MALFORMED_JSON).with_detail(cause.to_string()))?;
    Ok(value)
}

/// The decimal library's own words say nothing to a caller who sent a JSON number.
fn readable(cause: &serde_json::Error) -> String {
    cause.to_string().replace("a Decimal type representing a fixed-point number", "a decimal as text, such as \"12.50\"")
}

/// A JSON pointer (RFC 6901) to where reading stopped.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// Longest text of a field that people write.
pub const MAX_TEXT: usize = 2_000;

/// Most findings in one answer: a small request must not be answered with a large one.
const MAX_FINDINGS: usize = 50;

/// Refuses a header that is no identifier.
pub(super) fn check_id(name: &str, text: &str) -> Result<(), Problem> {
    let mut findings = Findings::default();
    findings.id(name, text);
    let problems = findings.into_vec();
    if problems.is_empty() { Ok(()) } else { Err(Problem::invalid(problems)) }
}

/// Collects what is wrong with identifiers and texts; the first 50. A pointer is written out only where something is wrong.
#[derive(Default)]
pub struct Findings(Vec<FieldProblem>);

impl Findings {
    pub fn add(&mut self, pointer: impl Display, detail: impl Into<String>) {
        if self.0.len() < MAX_FINDINGS {
            self.0.push(FieldProblem::new(pointer.to_string(), detail));
        }
    }

    /// An identifier: 1 to 128 characters, none of them a control character, not only blanks.
    pub fn id(&mut self, pointer: impl Display, text: &str) {
        if !is_identifier(text) {
            let rule = format!("must have 1 to {MAX_ID_CHARACTERS} characters, not only blanks and no control characters");
            self.add(pointer, rule);
        }
    }

    pub fn optional_id(&mut self, pointer: impl Display, text: Option<&str>) {
        if let Some(text) = text {
            self.id(pointer, text);
        }
    }

    /// Who acts, and why: for the audit log.
    pub fn deed(&mut self, actor: &str, reason: &str) {
        self.id("/actor", actor);
        if actor.contains("(key ") {
            self.add("/actor", "must not name a key: the host adds the one that was used");
        }
        self.id("/reason", reason);
    }

    /// A text that a person wrote.
    pub fn text(&mut self, pointer: impl Display, text: Option<&str>) {
        if text.is_some_and(|text| text.chars().count() > MAX_TEXT) {
            self.add(pointer, format!("must have at most {MAX_TEXT} characters"));
        }
    }

    /// A quantity above zero, below a million million, with at most 6 decimals.
    pub fn quantity(&mut self, pointer: impl Display, quantity: &crate::domain::Quantity) {
        let value = quantity.value;
        let limit = rust_decimal::Decimal::from(1_000_000_000_000_i64);
        if value <= rust_decimal::Decimal::ZERO || value > limit || value.normalize().scale() > 6 {
            self.add(format_args!("{pointer}/value"), "must be above 0, at most 1000000000000, with at most 6 decimals");
        }
        self.id(format_args!("{pointer}/unit"), quantity.unit.as_str());
    }

    /// A day that somebody can mean; other years are slips, and some back ends cannot hold them.
    pub fn date(&mut self, pointer: impl Display, date: Option<jiff::civil::Date>) {
        if date.is_some_and(|date| !(1900..=9998).contains(&date.year())) {
            self.add(pointer, "must be a day of the years 1900 to 9998");
        }
    }

    /// How many there are; whether that many are read further.
    #[must_use]
    pub fn count(&mut self, pointer: impl Display, count: usize, max: usize) -> bool {
        let fits = (1..=max).contains(&count);
        if !fits {
            self.add(pointer, format!("must have 1 to {max} entries, has {count}"));
        }
        fits
    }

    pub fn into_vec(self) -> Vec<FieldProblem> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn an_answer_holds_at_most_fifty_findings() {
        let mut findings = Findings::default();
        for index in 0..500 {
            findings.id(format_args!("/items/{index}/sku"), "");
        }
        assert_eq!(findings.into_vec().len(), MAX_FINDINGS);
    }

    #[test]
    fn a_text_with_u_0000_is_refused_wherever_it_stands_and_one_that_only_speaks_of_it_is_not() {
        let place = |body: &str| nul_in(&serde_json::from_str(body).unwrap(), String::new());
        assert_eq!(place(r#"{"notes": [{"text": "a"}, {"text": "a\u0000b"}]}"#).as_deref(), Some("/notes/1/text"));
        assert_eq!(place(r#"{"ext": {"a\u0000": 1}}"#).as_deref(), Some("/ext"));
        let body = br#"{"text": "the escape \\u0000"}"#;
        assert!(check_characters(body).is_ok());
        assert!(check_characters(br#"{"text": "\u0000"}"#).is_err());
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_to_its_end_is_given_up() {
        let endless = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
        let refused = read_within(Duration::from_millis(20), Request::new(endless), 1_000).await.unwrap_err();
        assert_eq!(refused.into_response().status(), 504);
        let whole = read_within(Duration::from_secs(60), Request::new(Body::from("{}")), 1_000).await;
        assert_eq!(whole.unwrap(), "{}");
    }

    #[test]
    fn a_header_that_is_longer_than_an_identifier_is_refused() {
        assert!(check_id("x-account", &"1".repeat(MAX_ID_CHARACTERS)).is_ok());
        assert!(check_id("x-account", &"1".repeat(MAX_ID_CHARACTERS + 1)).is_err());
    }
}
