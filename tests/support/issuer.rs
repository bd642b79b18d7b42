//! An identity provider that publishes its keys over HTTP (RFC 7517), and tokens that it signs.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use rcgen::{KeyPair, PublicKeyData};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::{HostConfig, Token};

/// Runs until it is dropped.
pub struct Issuer {
    url: String,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    /// What is answered; nothing while it is down.
    answer: Mutex<Option<Answer>>,
    fetches: AtomicUsize,
}

#[derive(Clone)]
struct Answer {
    status: u16,
    location: Option<String>,
    body: String,
}

impl Issuer {
    /// Publishes these keys.
    pub async fn start(keys: &[&IssuerKey]) -> Self {
        let issuer = Self::start_down().await;
        issuer.publish(keys);
        issuer
    }

    /// Accepts connections and closes them.
    pub async fn start_down() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let answering = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answering)));
            }
        });
        Self { url, state, accepting }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn publish(&self, keys: &[&IssuerKey]) {
        self.publish_json(&keys.iter().map(|key| key.jwk()).collect::<Vec<_>>());
    }

    pub fn publish_json(&self, keys: &[Value]) {
        self.answer_with(200, &json!({ "keys": keys }).to_string());
    }

    /// Any answer.
    pub fn answer_with(&self, status: u16, body: &str) {
        *self.state.answer.lock() = Some(Answer { status, location: None, body: body.to_owned() });
    }

    pub fn redirect_to(&self, url: &str) {
        *self.state.answer.lock() = Some(Answer { status: 302, location: Some(url.to_owned()), body: String::new() });
    }

    pub fn go_down(&self) {
        *self.state.answer.lock() = None;
    }

    /// How often it was asked.
    pub fn fetches(&self) -> usize {
        self.state.fetches.load(Ordering::Relaxed)
    }

    /// A host that believes its tokens.
    pub fn trusted_by(&self, config: HostConfig) -> HostConfig {
        config
            .unset("access.jwt.key")
            .set("access.jwt.algorithm", "\"ES256\"")
            .set("access.jwt.jwks_url", &format!("{:?}", self.url))
            .set("access.jwt.jwks.allow", r#"["loopback"]"#)
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let Some(answer) = state.answer.lock().clone() else {
        state.fetches.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let service = service_fn(move |_: Request<Incoming>| {
        state.fetches.fetch_add(1, Ordering::Relaxed);
        let mut response = Response::builder().status(answer.status);
        if let Some(location) = &answer.location {
            response = response.header("location", location);
        }
        let response = response.body(Full::new(Bytes::from(answer.body.clone()))).unwrap();
        async { Ok::<_, Infallible>(response) }
    });
    let _ = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service).await;
}

/// A key pair of an issuer (ES256).
pub struct IssuerKey {
    id: String,
    pair: KeyPair,
}

impl IssuerKey {
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), pair: KeyPair::generate().unwrap() }
    }

    /// As it is published.
    pub fn jwk(&self) -> Value {
        // An uncompressed point: 4, then both coordinates.
        let point = self.pair.der_bytes();
        let coordinate = |range| BASE64_URL_SAFE_NO_PAD.encode(&point[range]);
        json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.id, "x": coordinate(1..33), "y": coordinate(33..65)})
    }

    /// The public half in PEM.
    pub fn public_pem(&self) -> String {
        self.pair.public_key_pem()
    }

    /// A token under the key's own id.
    pub fn sign(&self, token: &Token) -> String {
        self.sign_as(token, |_| {})
    }

    /// A token with another header.
    pub fn sign_as(&self, token: &Token, change: impl FnOnce(&mut Header)) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.id.clone());
        change(&mut header);
        token.signed_with(&header, &EncodingKey::from_ec_pem(self.pair.serialize_pem().as_bytes()).expect("a key"))
    }
}
