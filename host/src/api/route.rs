//! Parts of a route, with a problem instead of axum's text for what cannot be read.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::service::FieldProblem;

/// The parts of a route that stand for something, such as a reference.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Path::from_request_parts(parts, state).await;
        let unreadable = |why: String| Problem::invalid(vec![FieldProblem::new("path", why)]);
        read.map(|axum::extract::Path(value)| Self(value)).map_err(|rejection| unreadable(rejection.body_text()))
    }
}
