//! A registry as large ones are: it wants a token, which a token server gives to who knows the password, and it leads to a store for what is large.
//! Before a real registry, for reading.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{REGISTRY_PASSWORD, REGISTRY_USER, Registry};
use crate::Client;

const TOKEN: &str = "token-of-this-test";

/// Runs until it is dropped.
pub struct TokenGate {
    gate: Arc<Gate>,
    accepting: JoinHandle<()>,
}

struct Gate {
    address: SocketAddr,
    behind: Client,
    /// Where it leads to.
    store: String,
    /// Query strings of who asked for a token.
    asked: Mutex<Vec<String>>,
}

impl TokenGate {
    pub async fn before(registry: &Registry) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, store) = (listener.local_addr().unwrap(), format!("http://{}", registry.named("")));
        let gate = Arc::new(Gate { address, behind: registry.client(), store, asked: Mutex::default() });
        let serving = Arc::clone(&gate);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let gate = Arc::clone(&serving);
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(Arc::clone(&gate), request));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { gate, accepting }
    }

    /// The name of an artifact, as the registry behind has it.
    pub fn named(&self, name: &str) -> String {
        format!("{}/{name}", self.gate.address)
    }

    /// Queries with which tokens were asked.
    pub fn asked(&self) -> Vec<String> {
        self.gate.asked.lock().clone()
    }
}

impl Drop for TokenGate {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn answer(gate: Arc<Gate>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let said = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = request.uri().path_and_query().unwrap().to_string();
    Ok(match request.uri().path() {
        "/token" => token(&gate, said, request.uri().query().unwrap_or_default()),
        _ if said != format!("Bearer {TOKEN}") => stranger(&gate),
        blob if blob.contains("/blobs/") => {
            let to = format!("{}{path}", gate.store.trim_end_matches('/'));
            response(StatusCode::TEMPORARY_REDIRECT, &[("location", to)], Bytes::new())
        }
        _ => {
            let accept = request.headers().get(header::ACCEPT).map(|value| value.to_str().unwrap()).unwrap_or("*/*");
            let reply = gate.behind.with("accept", accept).send(Method::GET, &path, Bytes::new()).await;
            response(reply.status, &[], reply.body)
        }
    })
}

fn token(gate: &Gate, said: &str, query: &str) -> Response<Full<Bytes>> {
    gate.asked.lock().push(query.to_owned());
    let expected = format!("Basic {}", STANDARD.encode(format!("{REGISTRY_USER}:{REGISTRY_PASSWORD}")));
    if said != expected {
        return response(StatusCode::UNAUTHORIZED, &[], Bytes::new());
    }
    response(StatusCode::OK, &[], format!("{{\"token\": \"{TOKEN}\"}}").into())
}

fn stranger(gate: &Gate) -> Response<Full<Bytes>> {
    let challenge = format!("Bearer realm=\"http://{}/token\",service=\"gate\",scope=\"repository:erp:pull\"", gate.address);
    let body = r#"{"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}"#;
    response(StatusCode::UNAUTHORIZED, &[("www-authenticate", challenge)], body.into())
}

fn response(status: StatusCode, headers: &[(&str, String)], body: Bytes) -> Response<Full<Bytes>> {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, value);
    }
    builder.body(Full::new(body)).unwrap()
}
