//! The only place that turns errors into status codes: problems as RFC 9457 describes them, with stable codes. Causes stay in the log.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use super::problem_pages::{self as pages, Page};
use crate::domain::{EditRefused, Failure, FailureCode, LineDifference, Money};
use crate::service::{FieldProblem, ServiceError};
use crate::store::{Conflict, StoreError, UnderWay};

/// Something went wrong; rendered by the request-id layer, which knows the request.
#[derive(Clone, Debug)]
pub struct Problem {
    page: &'static Page,
    detail: Option<String>,
    retry_after: Option<Duration>,
    errors: Vec<ProblemField>,
    differences: Vec<LineDifference>,
    payable: Option<Money>,
}

/// One wrong field or line.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// JSON pointer into the request.
    pub pointer: String,
    pub detail: String,
}

/// A problem as it is sent (`application/problem+json`, RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// Page that explains the code.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Stable; programs decide by it.
    code: &'static str,
    /// The same request may succeed later.
    retryable: bool,
    request_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemField>,
    /// For `price_changed`: what changed since the checkout.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<LineDifference>,
    /// For `price_changed`: what the order comes to now.
    #[serde(skip_serializing_if = "Option::is_none")]
    payable: Option<Money>,
}

/// A problem of one item of a batch (rule F9).
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemProblem {
    code: &'static str,
    detail: String,
    retryable: bool,
}

/// The problems that any operation can answer, for the API description.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub enum Problems {
    /// The request is malformed.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(#[to_schema] ProblemBody),
    /// No or no valid credentials.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(#[to_schema] ProblemBody),
    /// The caller may not do this.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(#[to_schema] ProblemBody),
    /// There is no such thing, or it is another account's.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(#[to_schema] ProblemBody),
    /// It contradicts what is stored or has happened meanwhile.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(#[to_schema] ProblemBody),
    /// The request is understood but wrong.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(#[to_schema] ProblemBody),
    /// The caller makes too many requests, or follows too much at once.
    #[response(status = 429, content_type = "application/problem+json")]
    RateLimited(#[to_schema] ProblemBody),
    /// The back end or this host cannot take it now.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(#[to_schema] ProblemBody),
}

impl Problem {
    pub fn new(page: &'static Page) -> Self {
        Self { page, detail: None, retry_after: None, errors: Vec::new(), differences: Vec::new(), payable: None }
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    pub fn invalid(fields: Vec<FieldProblem>) -> Self {
        Self::new(&pages::INVALID_REQUEST).with_fields(fields)
    }

    #[must_use]
    fn with_fields(mut self, fields: Vec<FieldProblem>) -> Self {
        self.errors = fields.into_iter().map(|field| ProblemField { pointer: field.pointer, detail: field.detail }).collect();
        self
    }

    /// The response with its body.
    pub fn render(self, request_id: &str) -> Response {
        let body = ProblemBody {
            kind: format!("/problems/{}", self.page.code),
            title: self.page.title,
            status: self.page.status.as_u16(),
            detail: self.detail,
            code: self.page.code,
            retryable: self.page.retryable,
            request_id: request_id.to_owned(),
            errors: self.errors,
            differences: self.differences,
            payable: self.payable,
        };
        let mut response = (self.page.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.page.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            // Rounded up: who comes back a moment too early is refused again.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

/// The body is written by the request-id layer, which knows the request.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.page.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::AccountRequired => Self::new(&pages::ACCOUNT_REQUIRED),
            ServiceError::StoreUnknown(None) => {
                Self::new(&pages::STORE_UNKNOWN).with_detail("this host serves several stores: name one in the header X-Store")
            }
            ServiceError::StoreUnknown(Some(name)) => {
                Self::new(&pages::STORE_UNKNOWN).with_detail(format!("there is no store {name:?}"))
            }
            ServiceError::Invalid(fields) => Self::invalid(fields),
            ServiceError::NotFound(what @ ("order" | "quote")) => {
                Self::new(&pages::NOT_FOUND).with_detail(format!("there is no such {what} for this account"))
            }
            ServiceError::NotFound(_) => Self::new(&pages::NOT_FOUND).with_detail(error.to_string()),
            ServiceError::CheckoutUnknown => Self::new(&pages::CHECKOUT_UNKNOWN),
            ServiceError::CheckoutUsed(reference) => {
                Self::new(&pages::CHECKOUT_USED).with_detail(format!("order {reference} came from this checkout"))
            }
            ServiceError::CheckoutBusy => Self::new(&pages::CHECKOUT_BUSY).with_retry_after(Duration::from_secs(1)),
            ServiceError::PricesUnknown { lines, retry_after } => Self::new(&pages::PRICES_UNKNOWN)
                .with_fields(lines)
                .with_retry_after(retry_after.unwrap_or(Duration::from_secs(5))),
            ServiceError::Contradiction(fields) => Self::new(&pages::CHECKOUT_CONTRADICTED).with_fields(fields),
            ServiceError::PriceChanged { differences, payable } => {
                Self { differences, payable: Some(payable), ..Self::new(&pages::PRICE_CHANGED) }
            }
            ServiceError::RevisionStale { current } => {
                Self::new(&pages::REVISION_STALE).with_detail(format!("the quote is at revision {current} now"))
            }
            ServiceError::ActionNotAllowed { action, status } => {
                Self::new(&pages::ACTION_NOT_ALLOWED).with_detail(format!("cannot {action}: the document is {status}"))
            }
            ServiceError::ActionUnderWay { .. } => Self::new(&pages::ACTION_NOT_ALLOWED).with_detail(error.to_string()),
            ServiceError::QuoteAccepted(reference) => {
                Self::new(&pages::ACTION_NOT_ALLOWED).with_detail(format!("order {reference} accepts this quote already"))
            }
            ServiceError::KeyReused => Self::new(&pages::IDEMPOTENCY_KEY_REUSED),
            ServiceError::KeyInUse => Self::new(&pages::IDEMPOTENCY_KEY_IN_USE).with_retry_after(Duration::from_secs(1)),
            ServiceError::CursorInvalid => Self::invalid(vec![FieldProblem::new(
                "?cursor",
                "is not a cursor that this API returned: begin again without one",
            )]),
            ServiceError::ContractViolation(cause) => {
                tracing::error!(error = %cause, "the back end's answer contradicts itself");
                Self::new(&pages::BACKEND_INVALID)
            }
            ServiceError::AdapterUnknown { .. } => Self::new(&pages::NOT_FOUND).with_detail(error.to_string()),
            ServiceError::AdapterRefused(fields) => Self::new(&pages::ADAPTER_REFUSED).with_fields(fields),
            ServiceError::AdapterConflict(detail) => Self::new(&pages::CONFLICT).with_detail(detail),
            ServiceError::ConfigRefused(fields) => Self::new(&pages::CONFIG_REFUSED).with_fields(fields),
            ServiceError::NoInbound(_) => Self::new(&pages::NOT_FOUND).with_detail(error.to_string()),
            ServiceError::Forged => Self::new(&pages::SENDER_UNPROVEN),
            ServiceError::Unreadable(reason) => Self::new(&pages::MESSAGE_UNREADABLE).with_detail(reason),
            ServiceError::Overloaded(wait) => Self::new(&pages::OVERLOADED).with_retry_after(wait),
            ServiceError::TooManyStreams => Self::new(&pages::TOO_MANY_STREAMS).with_retry_after(Duration::from_secs(5)),
            ServiceError::Backend(failure) => failure.into(),
            ServiceError::Store(error) => error.into(),
        }
    }
}

/// How a failed adapter call is shown. Only a business refusal speaks to the customer.
impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let mut problem = Self::new(page_of(failure.code));
        if failure.code == FailureCode::Rejected {
            problem.detail = Some(failure.message);
            problem.errors = failure
                .line
                .map(|line| ProblemField { pointer: format!("/lines/{line}"), detail: "the back end refuses this line".into() })
                .into_iter()
                .collect();
        }
        if problem.page.retryable {
            problem.retry_after = Some(failure.retry_after.unwrap_or(Duration::from_secs(5)));
        }
        problem
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        // What it has not, and a conflict, are answers of the store, no failure.
        if !matches!(error, StoreError::Conflict(_) | StoreError::NotFound(_)) {
            tracing::error!(error = %error, "the store failed");
        }
        match error {
            StoreError::Unavailable(_) | StoreError::Stopped | StoreError::Open { .. } | StoreError::InUse { .. } => {
                Self::new(&pages::STORE_UNAVAILABLE).with_retry_after(Duration::from_secs(5))
            }
            StoreError::InDoubt(_) => {
                let again = "it may have been taken or not: repeat the request with the same Idempotency-Key to learn which";
                Self::new(&pages::STORE_UNAVAILABLE).with_detail(again).with_retry_after(Duration::from_secs(5))
            }
            // Only operators meet these.
            StoreError::Conflict(Conflict::EditRefused(EditRefused { place, why })) => {
                Self::invalid(vec![FieldProblem::new(format!("/changes{place}"), why)])
            }
            StoreError::Conflict(Conflict::UnderWay { transfers }) => {
                let stands_in_the_way = |open: UnderWay| {
                    let detail = format!("{} is {}", open.operation, open.state.as_str());
                    FieldProblem::new(open.reference.to_string(), detail)
                };
                Self::new(&pages::CUSTOMER_UNDER_WAY).with_fields(transfers.into_iter().map(stands_in_the_way).collect())
            }
            StoreError::Conflict(Conflict::StaleFence | Conflict::IllegalMove(_) | Conflict::Exists(_)) => {
                Self::new(&pages::CONFLICT)
            }
            StoreError::Conflict(conflict) => Self::new(&pages::CONFLICT).with_detail(conflict.to_string()),
            StoreError::NotFound(_) => Self::new(&pages::NOT_FOUND),
            StoreError::Corrupt { .. } | StoreError::NewerSchema { .. } => Self::new(&pages::INTERNAL),
        }
    }
}

impl From<Failure> for ItemProblem {
    fn from(failure: Failure) -> Self {
        let page = match failure.code {
            FailureCode::NotFound => &pages::SKU_UNKNOWN,
            code => page_of(code),
        };
        let detail = if failure.code == FailureCode::Rejected { failure.message } else { page.title.to_owned() };
        Self { detail, ..Self::of(page) }
    }
}

impl ItemProblem {
    /// In the page's own words.
    pub fn of(page: &Page) -> Self {
        Self { code: page.code, detail: page.title.to_owned(), retryable: page.retryable }
    }
}

fn page_of(code: FailureCode) -> &'static Page {
    match code {
        FailureCode::Unavailable | FailureCode::Auth => &pages::BACKEND_UNAVAILABLE,
        FailureCode::Timeout | FailureCode::OutcomeUnknown => &pages::BACKEND_TIMEOUT,
        FailureCode::Throttled => &pages::OVERLOADED,
        FailureCode::Rejected => &pages::BACKEND_REJECTED,
        FailureCode::NotFound => &pages::NOT_FOUND,
        FailureCode::Conflict => &pages::CONFLICT,
        FailureCode::InvalidResponse | FailureCode::InvalidRequest => &pages::BACKEND_INVALID,
        FailureCode::Unsupported => &pages::UNSUPPORTED,
    }
}

pub async fn route_not_found() -> Problem {
    Problem::new(&pages::NOT_FOUND).with_detail("there is no such route: see /openapi.json")
}

pub async fn method_not_allowed() -> Problem {
    Problem::new(&pages::METHOD_NOT_ALLOWED)
}
