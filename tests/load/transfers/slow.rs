//! A back end that takes every order and answers after a fixed time, from memory: the demo back end's interface, without its work.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::watch;

pub(super) struct SlowBackend {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    answer_after: Duration,
    answered: AtomicUsize,
    is_open: watch::Sender<bool>,
}

impl SlowBackend {
    pub(super) async fn start(answer_after_ms: u64) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer_after = Duration::from_millis(answer_after_ms);
        let shared = Arc::new(Shared { answer_after, answered: AtomicUsize::new(0), is_open: watch::Sender::new(true) });
        let to_all = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                connection.set_nodelay(true).unwrap();
                let shared = Arc::clone(&to_all);
                let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
                tokio::spawn(async move { http1::Builder::new().serve_connection(TokioIo::new(connection), service).await.ok() });
            }
        });
        Self { url, shared }
    }

    pub(super) fn url(&self) -> String {
        self.url.clone()
    }

    /// Answers no order until it may go on.
    pub(super) fn hold(&self) {
        self.shared.is_open.send_replace(false);
    }

    pub(super) fn go_on(&self) {
        self.shared.is_open.send_replace(true);
    }

    /// How many orders were taken.
    pub(super) fn answered(&self) -> usize {
        self.shared.answered.load(Ordering::Relaxed)
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, answer) = match path.as_str() {
        "/api/stock" => (200, stock(&query)),
        "/api/calculations" => (200, calculation(&asked)),
        "/api/orders" => (201, shared.order(&asked).await),
        _ => (200, json!({"ok": true})),
    };
    let response = Response::builder().status(status).header("content-type", "application/json");
    Ok(response.body(Full::new(Bytes::from(answer.to_string()))).unwrap())
}

impl Shared {
    async fn order(&self, asked: &Value) -> Value {
        let _ = self.is_open.subscribe().wait_for(|is_open| *is_open).await;
        tokio::time::sleep(self.answer_after).await;
        let number = self.answered.fetch_add(1, Ordering::Relaxed);
        let mut order = calculation(asked);
        let more = json!({"no": format!("SO-{number}"), "your_ref": asked["your_ref"], "customer": asked["customer"],
            "channel": "WEB", "state": "OPN", "changed_at": "2026-11-26T08:00:00Z", "entered_at": "2026-11-26T08:00:00Z"});
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order
    }
}

/// There is enough of everything.
fn stock(query: &str) -> Value {
    let skus = query.split('&').find_map(|pair| pair.strip_prefix("sku=")).unwrap_or_default().replace("%2C", ",");
    let article = |sku: &str| json!({"article": sku, "site": null, "free": "1240", "uom": "PCE", "made_to_order": false, "lead_days": 3, "inbound": []});
    json!({"stock": skus.split(',').map(article).collect::<Vec<_>>(), "unknown": []})
}

/// One position costs one euro.
fn calculation(asked: &Value) -> Value {
    let position = |asked: &Value| {
        json!({"pos": asked["pos"], "article": asked["article"], "text": "Tape measure", "qty": asked["qty"], "uom": "PCE",
               "net": "1.00", "asked_net": asked["net"], "per": "1", "value": "1.00", "state": "OPN", "promised": []})
    };
    let positions: Vec<_> = asked["positions"].as_array().into_iter().flatten().map(position).collect();
    let sum = format!("{}.00", positions.len());
    json!({"positions": positions, "goods": sum, "freight": "0.00", "vat": [], "total": sum, "currency": "EUR",
           "valid_to": "2099-12-31T23:00:00Z", "notes": []})
}
