//! A receiver of webhooks, as a storefront's developer would write one: it checks every signature with code of its own (RFC 2104 by hand), keeps
//! what it was sent, and answers as a test wants.

use std::convert::Infallible;
use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::{HostConfig, eventually};

/// A secret of a receiver, with a number that tells it from others.
pub fn webhook_secret(number: u8) -> String {
    format!("whsec_{}", STANDARD.encode([number; 32]))
}

/// Runs until it is dropped.
pub struct Receiver {
    address: std::net::SocketAddr,
    state: Arc<State>,
    accepting: Option<JoinHandle<()>>,
}

struct State {
    secret: Mutex<String>,
    received: Mutex<Vec<Message>>,
    answers: Mutex<Vec<Rule>>,
    /// Requests are answered only while this is true.
    open: watch::Sender<bool>,
    under_way: Mutex<(usize, usize)>,
}

/// What is answered to events that fit.
struct Rule {
    /// Part of the body.
    about: String,
    status: u16,
    headers: Vec<(&'static str, String)>,
    times: Option<u32>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    pub headers: HeaderMap,
    pub body: Value,
    /// The status that it was answered with; none while it waits.
    pub answered: u16,
    /// Whether the signature is right.
    pub is_signed: bool,
}

impl Message {
    pub fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }

    pub fn reference(&self) -> &str {
        self.body["data"]["reference"].as_str().unwrap()
    }
}

impl Receiver {
    /// Takes everything that is signed with secret number 1.
    pub async fn start() -> Self {
        let state = State {
            secret: Mutex::new(webhook_secret(1)),
            received: Mutex::default(),
            answers: Mutex::default(),
            open: watch::Sender::new(true),
            under_way: Mutex::default(),
        };
        let mut receiver = Self { address: "127.0.0.1:0".parse().unwrap(), state: Arc::new(state), accepting: None };
        receiver.start_again().await;
        receiver
    }

    /// Listens again, on the same port.
    pub async fn start_again(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let state = Arc::clone(&self.state);
        self.accepting = Some(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(Arc::clone(&state), request));
                    let _ = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service).await;
                });
            }
        }));
    }

    /// Accepts no connection any more.
    pub async fn stop(&mut self) {
        let accepting = self.accepting.take().unwrap();
        accepting.abort();
        let _ = accepting.await;
    }

    pub fn url(&self) -> String {
        format!("http://{}/hooks/orders?tenant=1", self.address)
    }

    /// A host that tells this receiver, under the name `shop`.
    pub fn told_by(&self, config: HostConfig) -> HostConfig {
        self.told_as("shop", config)
    }

    /// The same under another name.
    pub fn told_as(&self, name: &str, config: HostConfig) -> HostConfig {
        let option = |option: &str| format!("webhooks.{name}.{option}");
        config
            .set(&option("url"), &format!("{:?}", self.url()))
            .set(&option("secrets"), r#"[{ env = "TEST_HOOK_SECRET" }]"#)
            .set(&option("allow"), r#"["loopback"]"#)
            .set(&option("backoff_initial_ms"), "20")
            .set(&option("backoff_max_ms"), "200")
            .env("TEST_HOOK_SECRET", &webhook_secret(1))
    }

    /// Knows another secret from now on.
    pub fn know(&self, secret: &str) {
        *self.state.secret.lock() = secret.to_owned();
    }

    /// Answers requests whose body contains `about` so; `times` times, or always.
    pub fn answer(&self, about: &str, status: u16, times: Option<u32>) {
        self.answer_with(about, status, &[], times);
    }

    pub fn answer_with(&self, about: &str, status: u16, headers: &[(&'static str, String)], times: Option<u32>) {
        self.state.answers.lock().push(Rule { about: about.to_owned(), status, headers: headers.to_vec(), times });
    }

    /// Takes everything again.
    pub fn take_all(&self) {
        self.state.answers.lock().clear();
    }

    /// Keeps whoever asks waiting.
    pub fn hold(&self) {
        self.state.open.send_replace(false);
    }

    /// Answers who waits.
    pub fn release(&self) {
        self.state.open.send_replace(true);
    }

    /// Every request so far.
    pub fn received(&self) -> Vec<Message> {
        self.state.received.lock().clone()
    }

    /// What was taken, each message once.
    pub fn taken(&self) -> Vec<Message> {
        let mut taken: Vec<Message> = Vec::new();
        for message in self.received().into_iter().filter(|message| (200..300).contains(&message.answered)) {
            if taken.iter().all(|known| known.id != message.id) {
                taken.push(message);
            }
        }
        taken
    }

    /// Types of what was taken about a document, in the order in which it came.
    pub fn kinds_about(&self, reference: &str) -> Vec<String> {
        self.taken().iter().filter(|message| message.reference() == reference).map(|message| message.kind().to_owned()).collect()
    }

    /// Waits until an event of this type about a document was taken.
    pub async fn until_taken(&self, reference: &str, kind: &str) -> Message {
        let is_it = |message: &Message| message.reference() == reference && message.kind() == kind;
        eventually(&format!("{kind} about {reference} is taken"), async || self.taken().into_iter().find(is_it)).await
    }

    /// The most requests that there were at the same time.
    pub fn most_at_once(&self) -> usize {
        self.state.under_way.lock().1
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let header = |name: &str| head.headers[name].to_str().unwrap().to_owned();
    let is_signed =
        is_signed(&state.secret.lock(), &header("webhook-id"), &header("webhook-timestamp"), &body, &header("webhook-signature"));
    let message = Message {
        id: header("webhook-id"),
        body: serde_json::from_slice(&body).unwrap(),
        headers: head.headers.clone(),
        answered: 0,
        is_signed,
    };
    let place = {
        let mut received = state.received.lock();
        received.push(message);
        received.len() - 1
    };
    begin(&state, 1);
    let mut open = state.open.subscribe();
    let _ = open.wait_for(|open| *open).await;
    begin(&state, -1);
    let (status, headers) = if is_signed { rule_for(&state, std::str::from_utf8(&body).unwrap()) } else { (401, Vec::new()) };
    state.received.lock()[place].answered = status;
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(Bytes::from("thank you"))).unwrap())
}

fn begin(state: &State, change: isize) {
    let mut under_way = state.under_way.lock();
    under_way.0 = under_way.0.saturating_add_signed(change);
    under_way.1 = under_way.1.max(under_way.0);
}

fn rule_for(state: &State, body: &str) -> (u16, Vec<(&'static str, String)>) {
    let mut answers = state.answers.lock();
    let Some(rule) = answers.iter_mut().find(|rule| body.contains(&rule.about) && rule.times != Some(0)) else {
        return (204, Vec::new());
    };
    rule.times = rule.times.map(|times| times - 1);
    (rule.status, rule.headers.clone())
}

/// Whether one of the signatures is that of the message.
fn is_signed(secret: &str, id: &str, timestamp: &str, body: &[u8], signatures: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    let expected = format!("v1,{}", STANDARD.encode(hmac(&key, &message)));
    let away = jiff::Timestamp::now().as_second() - timestamp.parse::<i64>().unwrap();
    away.abs() < 300 && signatures.split(' ').any(|signature| signature == expected)
}

/// RFC 2104 with SHA-256, for keys of up to 64 bytes.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let padded = |pad: u8| (0..64).map(|index| key.get(index).copied().unwrap_or(0) ^ pad).collect::<Vec<_>>();
    let inner = Sha256::digest([padded(0x36), message.to_vec()].concat());
    Sha256::digest([padded(0x5c), inner.to_vec()].concat()).to_vec()
}
