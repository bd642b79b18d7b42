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
use rcgen::{KeyPair, PKCS_ED25519, PublicKeyData};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::certificates::Certificates;
use crate::{HostConfig, Token};

const RSA_PRIVATE: &str = include_str!("keys/rs256-private.pem");

/// Runs until it is dropped.
pub struct Issuer {
    url: String,
    state: Arc<State>,
    accepting: JoinHandle<()>,
    /// Over TLS: of an authority of its own.
    certificates: Option<Certificates>,
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

    /// Publishes these keys over TLS, with a certificate that only its own authority vouches for.
    pub async fn start_tls(keys: &[&IssuerKey]) -> Self {
        let issuer = Self::listen(Some(Certificates::new())).await;
        issuer.publish(keys);
        issuer
    }

    /// Accepts connections and closes them.
    pub async fn start_down() -> Self {
        Self::listen(None).await
    }

    async fn listen(certificates: Option<Certificates>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if certificates.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}/keys", listener.local_addr().unwrap());
        let acceptor = certificates.as_ref().map(|certificates| TlsAcceptor::from(Arc::new(certificates.server())));
        let state = Arc::new(State::default());
        let answering = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accept(acceptor.clone(), stream, Arc::clone(&answering)));
            }
        });
        Self { url, state, accepting, certificates }
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

    /// A host that believes its tokens, which are signed with ES256 unless the test says otherwise.
    pub fn trusted_by(&self, config: HostConfig) -> HostConfig {
        let config = config
            .unset("access.jwt.key")
            .set("access.jwt.algorithm", "\"ES256\"")
            .set("access.jwt.jwks_url", &format!("{:?}", self.url))
            .set("access.jwt.jwks.allow", r#"["loopback"]"#);
        match &self.certificates {
            Some(certificates) => config.set("access.jwt.jwks.roots", &format!("{:?}", certificates.path("ca.pem"))),
            None => config,
        }
    }

    /// As TOML, the file of an authority that does not vouch for it.
    pub fn other_authority(&self) -> String {
        format!("{:?}", self.certificates.as_ref().expect("it speaks TLS").path("other-ca.pem"))
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(acceptor: Option<TlsAcceptor>, stream: TcpStream, state: Arc<State>) {
    match acceptor {
        None => serve(stream, state).await,
        // A caller who does not know the authority goes away.
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(stream, state).await;
            }
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, state: Arc<State>) {
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

/// A key pair of an issuer.
pub struct IssuerKey {
    id: String,
    algorithm: Algorithm,
    jwk: Value,
    signing: EncodingKey,
    public_pem: String,
}

impl IssuerKey {
    /// For ES256.
    pub fn new(id: &str) -> Self {
        let pair = KeyPair::generate().unwrap();
        // An uncompressed point: 4, then both coordinates.
        let coordinate = |range| BASE64_URL_SAFE_NO_PAD.encode(&pair.der_bytes()[range]);
        Self {
            id: id.to_owned(),
            algorithm: Algorithm::ES256,
            jwk: json!({"kty": "EC", "crv": "P-256", "x": coordinate(1..33), "y": coordinate(33..65)}),
            signing: EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).expect("a key"),
            public_pem: pair.public_key_pem(),
        }
    }

    /// For EdDSA (Ed25519).
    pub fn ed25519(id: &str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        Self {
            id: id.to_owned(),
            algorithm: Algorithm::EdDSA,
            jwk: json!({"kty": "OKP", "crv": "Ed25519", "x": BASE64_URL_SAFE_NO_PAD.encode(pair.der_bytes())}),
            signing: EncodingKey::from_ed_der(&pair.serialize_der()),
            public_pem: pair.public_key_pem(),
        }
    }

    /// For RS256: always the same key, because making one takes long. Nothing else trusts it.
    pub fn rsa(id: &str) -> Self {
        let pair = KeyPair::from_pem(RSA_PRIVATE).unwrap();
        // `SEQUENCE { INTEGER n, INTEGER e }` (RFC 8017): a modulus of 2048 bits after a zero, and the exponent 65537.
        let der = pair.der_bytes();
        let modulus = BASE64_URL_SAFE_NO_PAD.encode(&der[der.len() - 5 - 256..der.len() - 5]);
        Self {
            id: id.to_owned(),
            algorithm: Algorithm::RS256,
            jwk: json!({"kty": "RSA", "n": modulus, "e": BASE64_URL_SAFE_NO_PAD.encode(&der[der.len() - 3..])}),
            signing: EncodingKey::from_rsa_pem(RSA_PRIVATE.as_bytes()).expect("a key"),
            public_pem: pair.public_key_pem(),
        }
    }

    /// Its algorithm, as configurations name it.
    pub fn algorithm(&self) -> String {
        format!("{:?}", self.algorithm)
    }

    /// As it is published.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.jwk.clone();
        (jwk["kid"], jwk["use"], jwk["alg"]) = (json!(self.id), json!("sig"), json!(self.algorithm()));
        jwk
    }

    /// The public half in PEM.
    pub fn public_pem(&self) -> String {
        self.public_pem.clone()
    }

    /// A token under the key's own id.
    pub fn sign(&self, token: &Token) -> String {
        self.sign_as(token, |_| {})
    }

    /// A token with another header.
    pub fn sign_as(&self, token: &Token, change: impl FnOnce(&mut Header)) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.clone());
        change(&mut header);
        token.signed_with(&header, &self.signing)
    }
}
