//! Streams of events (server-sent events, WHATWG HTML 9.2): how an order or quote stands, then each change.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{Stream, unfold};
use serde_json::json;

use super::access::require;
use super::checkouts::no_store;
use super::front::LongLived;
use super::problem::{Problem, Problems};
use super::route::Path;
use crate::domain::Scope;
use crate::service::{Caller, Commerce, DocumentKind, EventMessage, Following, Told};

/// How soon a listener connects again after its connection has ended.
const RETRY: Duration = Duration::from_secs(2);

/// Follow one order that was placed here: how it stands (`state`), each change (`change`), and `end`.
#[utoipa::path(get, path = "/v1/orders/{reference}/events", tag = "orders", params(("reference" = String, Path), ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, body = EventMessage, content_type = "text/event-stream"), (status = 204, description = "Nothing more will come: the caller has seen the last event"), Problems))]
pub async fn follow_order(
    State(commerce): State<Commerce>,
    caller: Caller,
    Path(reference): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    require(&caller, Scope::OrdersRead)?;
    follow(&commerce, &caller, DocumentKind::Order, &reference, &headers).await
}

/// Follow one quote that was requested here: how it stands (`state`), each change (`change`), and `end`.
#[utoipa::path(get, path = "/v1/quotes/{reference}/events", tag = "quotes", params(("reference" = String, Path), ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, body = EventMessage, content_type = "text/event-stream"), (status = 204, description = "Nothing more will come: the caller has seen the last event"), Problems))]
pub async fn follow_quote(
    State(commerce): State<Commerce>,
    caller: Caller,
    Path(reference): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    require(&caller, Scope::QuotesRead)?;
    follow(&commerce, &caller, DocumentKind::Quote, &reference, &headers).await
}

async fn follow(
    commerce: &Commerce,
    caller: &Caller,
    kind: DocumentKind,
    reference: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let last_seen = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    Ok(match commerce.follow_document(caller, kind, reference, last_seen).await? {
        Some(following) => {
            // A proxy that gathers what it passes on would hold events back.
            let unbuffered = (HeaderName::from_static("x-accel-buffering"), "no");
            let mut response = ([unbuffered], [no_store()], Sse::new(told(following))).into_response();
            response.extensions_mut().insert(LongLived);
            response
        }
        // Who is answered so does not connect again.
        None => (StatusCode::NO_CONTENT, [no_store()]).into_response(),
    })
}

fn told(following: Following) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(following, |mut following| async move {
        let told = following.next().await?;
        Some((Ok(written(&told)), following))
    })
}

fn written(told: &Told) -> Event {
    let of = |name: &str, message: &EventMessage| {
        let data = serde_json::to_string(message).unwrap_or_default();
        Event::default().event(name).id(message.id().to_string()).data(data)
    };
    match told {
        Told::Opened => Event::default().comment("open").retry(RETRY),
        Told::State(message) => of("state", message),
        Told::Change(message) => of("change", message),
        Told::Heartbeat => Event::default().comment("alive"),
        Told::End(end) => Event::default().event("end").data(json!({ "reason": end.as_str() }).to_string()),
    }
}
