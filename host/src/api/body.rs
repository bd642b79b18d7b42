//! JSON bodies and queries: read, bounded and checked, with errors that name the place.

use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use super::problem_pages as pages;
use crate::service::FieldProblem;

/// A request that can say what is wrong with itself.
pub trait Check {
    fn problems(&self) -> Vec<FieldProblem>;
}

/// A JSON body that was read and checked.
pub struct Checked<T> {
    pub value: T,
    /// SHA-256 of route and body, for idempotency.
    pub digest: [u8; 32],
}

impl<T> Checked<T> {
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T: DeserializeOwned + Check, S: Send + Sync> FromRequest<S> for Checked<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let route = request.uri().path().to_owned();
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        let value: T = parse(&bytes)?;
        let problems = value.problems();
        if !problems.is_empty() {
            return Err(Problem::invalid(problems));
        }
        let digest = Sha256::new().chain_update(route).chain_update([0]).chain_update(&bytes).finalize().into();
        Ok(Self { value, digest })
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
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(Problem::new(&pages::UNSUPPORTED_MEDIA_TYPE)) }
}

fn unreadable(rejection: BytesRejection) -> Problem {
    if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(&pages::BODY_TOO_LARGE)
    } else {
        Problem::new(&pages::MALFORMED_JSON).with_detail("the body could not be read to its end")
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let (path, cause) = (pointer(error.path()), error.into_inner());
        if cause.is_data() {
            Problem::invalid(vec![FieldProblem::new(path, cause.to_string())])
        } else {
            Problem::new(&pages::MALFORMED_JSON).with_detail(cause.to_string())
        }
    })?;
    deserializer.end().map_err(|cause| Problem::new(&pages::MALFORMED_JSON).with_detail(cause.to_string()))?;
    Ok(value)
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
/// Longest identifier.
pub const MAX_ID: usize = 128;

/// Collects what is wrong with identifiers and texts.
#[derive(Default)]
pub struct Findings(Vec<FieldProblem>);

impl Findings {
    pub fn add(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldProblem::new(pointer, detail));
    }

    /// An identifier: 1 to 128 characters, none of them a control character.
    pub fn id(&mut self, pointer: impl Into<String>, text: &str) {
        if text.is_empty() || text.chars().count() > MAX_ID || text.chars().any(char::is_control) {
            self.add(pointer, format!("must have 1 to {MAX_ID} characters and no control characters"));
        }
    }

    pub fn optional_id(&mut self, pointer: impl Into<String>, text: Option<&str>) {
        if let Some(text) = text {
            self.id(pointer, text);
        }
    }

    /// A text that a person wrote.
    pub fn text(&mut self, pointer: impl Into<String>, text: Option<&str>) {
        if text.is_some_and(|text| text.chars().count() > MAX_TEXT) {
            self.add(pointer, format!("must have at most {MAX_TEXT} characters"));
        }
    }

    /// A quantity above zero, below a million million, with at most 6 decimals.
    pub fn quantity(&mut self, pointer: impl Into<String>, quantity: &crate::domain::Quantity) {
        let pointer = pointer.into();
        let value = quantity.value;
        let limit = rust_decimal::Decimal::from(1_000_000_000_000_i64);
        if value <= rust_decimal::Decimal::ZERO || value > limit || value.normalize().scale() > 6 {
            self.add(format!("{pointer}/value"), "must be above 0, at most 1000000000000, with at most 6 decimals");
        }
        self.id(format!("{pointer}/unit"), quantity.unit.as_str());
    }

    /// How many there are.
    pub fn count(&mut self, pointer: impl Into<String>, count: usize, max: usize) {
        if count == 0 || count > max {
            self.add(pointer, format!("must have 1 to {max} entries, has {count}"));
        }
    }

    pub fn into_vec(self) -> Vec<FieldProblem> {
        self.0
    }
}
