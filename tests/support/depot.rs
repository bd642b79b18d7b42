//! A parts wholesaler's service, as its OpenAPI description says (`adapters/rest/profiles/depot.openapi.json`). What a request may be is read from
//! the description: paths, methods, parameters and fields that are not in it are refused, so a profile that goes by something else fails.

mod books;
mod description;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use books::Books;
use description::Description;

const KEY: &str = "depot-key-of-this-test";

/// Runs until it is dropped.
pub struct Depot {
    url: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    description: Description,
    books: Mutex<Books>,
    /// Requests that the description does not allow.
    refused: Mutex<Vec<String>>,
}

/// A status and its body.
pub(crate) type Answer = (u16, Value);

impl Depot {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v2", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { description: Description::read(), books: Mutex::default(), refused: Mutex::default() });
        let serving = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        Self { url, shared, accepting }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn key(&self) -> &str {
        KEY
    }

    /// What came that the description does not know.
    pub fn refused(&self) -> Vec<String> {
        self.shared.refused.lock().clone()
    }

    /// Orders with an external id.
    pub fn orders(&self, external_id: &str) -> usize {
        self.shared.books.lock().count(external_id)
    }

    /// The service commits the next order, and says 503.
    pub fn lose_next_reply(&self) {
        self.shared.books.lock().loses_reply = true;
    }
}

impl Drop for Depot {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let answer = |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(shared.answer(request).await) }
    };
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)).await;
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let (status, answer) = match head.headers.get("x-depot-key").is_some_and(|key| key == KEY) {
            false => (401, json!({"title": "X-Depot-Key is missing or wrong."})),
            true => match self.description.admit(&head, &body) {
                Ok(call) => self.books.lock().answer(&call),
                Err(problem) => {
                    self.refused.lock().push(format!("{} {}: {problem}", head.method, head.uri));
                    (400, json!({"title": problem}))
                }
            },
        };
        let kind = if status < 400 { "application/json" } else { "application/problem+json" };
        let body = if answer.is_null() { String::new() } else { answer.to_string() };
        Response::builder().status(status).header("content-type", kind).body(Full::from(body)).unwrap()
    }
}
