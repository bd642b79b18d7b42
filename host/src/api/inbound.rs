//! What back ends push (rule F12). Who sends is proven by the message itself, not by a caller's key.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;

use super::body;
use super::problem::{Problem, Problems};
use super::request_id::{self, RequestId};
use super::route::Path;
use crate::domain::AdapterName;
use crate::service::{Commerce, PushedMessage, Receipt};

/// Take a signed message of the back end: stock, a price, an order or a quote has changed.
///
/// Its sender is proven as `[adapters.NAME.inbound]` says, before anything of it is read further. The adapter turns it into events. 200 means that it
/// need not be sent again, also when nothing of it was news: `ignored` says why.
#[utoipa::path(
    post,
    path = "/v1/inbound/{adapter}",
    tag = "inbound",
    security(()),
    params(("adapter" = String, Path, description = "The adapter, as the operator named it")),
    request_body(content = Vec<u8>, description = "The back end's own message, of any type", content_type = "application/octet-stream"),
    responses((status = 200, description = "What became of it", body = Receipt), Problems)
)]
pub async fn receive(
    State(commerce): State<Commerce>,
    Path(adapter): Path<String>,
    request: Request,
) -> Result<Json<Receipt>, Problem> {
    let delivery = commerce.inbound(&AdapterName::new(adapter))?;
    let trace_parent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    let trace_parent = trace_parent.and_then(request_id::trace_parent);
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let headers = as_text(request.headers());
    let body = body::read(request, delivery.max_body_bytes()).await?;
    Ok(Json(delivery.take(PushedMessage { headers, body, request_id, trace_parent }).await?))
}

/// Values that are no text are left out.
fn as_text(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    text.collect()
}
