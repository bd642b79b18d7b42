//! The shape of requests and answers: bodies and queries whose mistakes become `BAD_REQUEST`, refusals as status and error body.

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::refusal::{Code, Refusal};

/// What a handler returns.
pub(crate) type Answer<T> = Result<T, Refusal>;

/// A JSON body.
pub(crate) struct Sent<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let body = Json::<T>::from_request(request, state).await;
        body.map(|Json(sent)| Self(sent)).map_err(|rejection| Refusal::new(Code::BadRequest, rejection.body_text()))
    }
}

/// A query.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query.map(|Query(asked)| Self(asked)).map_err(|rejection| Refusal::new(Code::BadRequest, rejection.body_text()))
    }
}

#[derive(Serialize)]
struct ErrorBody {
    error: Refusal,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (status(self.code), Json(ErrorBody { error: self })).into_response()
    }
}

fn status(code: Code) -> StatusCode {
    match code {
        Code::BadRequest => StatusCode::BAD_REQUEST,
        Code::BadKey => StatusCode::UNAUTHORIZED,
        Code::NotLocal => StatusCode::FORBIDDEN,
        Code::NotFound | Code::UnknownOrder | Code::UnknownRfq | Code::UnknownReservation => StatusCode::NOT_FOUND,
        Code::BadMethod => StatusCode::METHOD_NOT_ALLOWED,
        Code::Short | Code::Shipped | Code::Stale | Code::Expired | Code::Closed | Code::RefTaken => StatusCode::CONFLICT,
        Code::Throttled => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::NotSaved | Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::UnknownCustomer
        | Code::CustomerBlocked
        | Code::UnknownArticle
        | Code::UnknownSite
        | Code::UnknownShipTo
        | Code::UnknownShipping
        | Code::BadCurrency
        | Code::BadQty
        | Code::BadUom
        | Code::BadPrice
        | Code::BadPosition
        | Code::NoPositions
        | Code::TooMany
        | Code::NotOffered => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
