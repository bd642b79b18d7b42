//! Tells a subscriber what has changed: stock, list prices, orders. Messages are signed as Standard Webhooks are; one that is not taken is sent
//! again a few times and then dropped, as real systems do.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use axum::body::Body;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use hyper::{Request, StatusCode, header};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use jiff::Timestamp;
use parking_lot::Mutex;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::{sync::Notify, time::timeout};

use crate::{
    article::Site,
    books::Books,
    order::OrderState,
    stock::{self, StockLine},
};

/// Most messages that wait; more push the oldest out.
const MAX_WAITING: usize = 1_000;
const ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const ANSWER_TIME: Duration = Duration::from_secs(5);
/// What a secret begins with, as Standard Webhooks write it.
const SECRET_PREFIX: &str = "whsec_";

/// What the subscriber is told.
pub(crate) struct Push {
    secret: Vec<u8>,
    to: Mutex<Option<String>>,
    told: Mutex<Option<Told>>,
    waiting: Mutex<VecDeque<Value>>,
    more: Notify,
    outcome: Mutex<Outcome>,
}

/// What became of messages since the start.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Outcome {
    taken: u64,
    refused: u64,
    last_answer: Option<String>,
}

/// What the subscriber knows.
#[derive(Clone, PartialEq)]
struct Told {
    free: BTreeMap<(String, Site), Decimal>,
    lists: BTreeMap<String, Decimal>,
    orders: BTreeMap<String, OrderState>,
}

impl Push {
    /// `secret`: `whsec_` and Base64; anything else is taken as it is.
    pub(crate) fn new(to: Option<String>, secret: &str) -> Self {
        let bytes = secret.strip_prefix(SECRET_PREFIX).and_then(|text| STANDARD.decode(text).ok());
        Self {
            secret: bytes.unwrap_or_else(|| secret.as_bytes().to_vec()),
            to: Mutex::new(to),
            told: Mutex::default(),
            waiting: Mutex::default(),
            more: Notify::new(),
            outcome: Mutex::default(),
        }
    }

    /// From now on changes go there; nowhere when there is no address.
    pub(crate) fn subscribe(&self, to: Option<String>) {
        *self.told.lock() = None;
        *self.to.lock() = to;
    }

    pub(crate) fn report(&self) -> Value {
        json!({"to": *self.to.lock(), "waiting": self.waiting.lock().len(), "outcome": *self.outcome.lock()})
    }

    /// Compares the books with what was told, and tells the difference.
    pub(crate) fn notice(&self, books: &Books, now: Timestamp) {
        if self.to.lock().is_none() {
            return;
        }
        let current = Told::of(books, now);
        let Some(before) = self.told.lock().replace(current.clone()) else { return };
        if before == current {
            return;
        }
        let mut waiting = self.waiting.lock();
        if waiting.len() >= MAX_WAITING {
            waiting.pop_front();
        }
        waiting.push_back(message(&before, &current, books, now));
        self.more.notify_one();
    }

    /// Sends what waits, for ever.
    pub(crate) async fn keep_sending(self: Arc<Self>) {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let mut number = 0_u64;
        loop {
            let Some(message) = self.next() else {
                self.more.notified().await;
                continue;
            };
            number += 1;
            // Unlike those of another start of the program.
            let id = format!("msg_{}_{number}", Timestamp::now().as_microsecond());
            self.deliver(&client, &id, &message.to_string()).await;
        }
    }

    fn next(&self) -> Option<Value> {
        self.waiting.lock().pop_front()
    }

    async fn deliver(&self, client: &Client<HttpConnector, Body>, id: &str, body: &str) {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=ATTEMPTS {
            let Some(to) = self.to.lock().clone() else { return };
            let (again, answer) = match self.send(client, &to, id, body).await {
                Ok(status) => (status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS, status.to_string()),
                Err(error) => (true, error),
            };
            if self.note(answer, again && attempt < ATTEMPTS) {
                return;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    /// Keeps what became of a message; whether that is the end of it.
    fn note(&self, answer: String, again: bool) -> bool {
        let is_taken = answer.starts_with('2');
        let mut outcome = self.outcome.lock();
        outcome.last_answer = Some(answer);
        if !again {
            outcome.taken += u64::from(is_taken);
            outcome.refused += u64::from(!is_taken);
        }
        !again
    }

    async fn send(&self, client: &Client<HttpConnector, Body>, to: &str, id: &str, body: &str) -> Result<StatusCode, String> {
        let timestamp = Timestamp::now().as_second();
        let request = Request::post(to)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", self.signature(id, timestamp, body))
            .body(Body::from(body.to_owned()))
            .map_err(|error| error.to_string())?;
        let answered = timeout(ANSWER_TIME, client.request(request)).await.map_err(|_| "no answer in time".to_owned())?;
        Ok(answered.map_err(|error| error.to_string())?.status())
    }

    fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else { return String::new() };
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl Told {
    fn of(books: &Books, now: Timestamp) -> Self {
        let sites = books.bins.iter().flat_map(|(no, bins)| bins.iter().map(move |(site, bin)| (no, *site, bin)));
        let free = |(no, site, bin): (&String, Site, &stock::Bin)| {
            let held = books.held(no, site, &stock::Own::default(), now);
            ((no.clone(), site), (bin.on_hand - held).max(Decimal::ZERO))
        };
        Self {
            free: sites.map(free).collect(),
            lists: books.articles.iter().map(|(no, article)| (no.clone(), article.list)).collect(),
            orders: books.orders.iter().map(|(no, order)| (no.clone(), order.state)).collect(),
        }
    }
}

/// Stock with its new values, of each site that changed and summed over all; prices without, because every customer has another; orders that were
/// known and moved.
fn message(before: &Told, now_told: &Told, books: &Books, now: Timestamp) -> Value {
    let changed = now_told.free.iter().filter(|(place, free)| before.free.get(*place) != Some(free));
    let mut places: Vec<(String, Option<Site>)> = changed.map(|((no, site), _)| (no.clone(), Some(*site))).collect();
    let articles: Vec<String> = places.iter().map(|(no, _)| no.clone()).collect();
    places.extend(articles.into_iter().map(|no| (no, None)));
    places.dedup();
    let line = |(no, site): (String, Option<Site>)| -> Option<StockLine> {
        Some(stock::stock_line(books, books.articles.get(&no)?, site, now))
    };
    let stock: Vec<StockLine> = places.into_iter().filter_map(line).collect();
    let prices = now_told.lists.iter().filter(|(no, list)| before.lists.get(*no) != Some(list));
    let prices: Vec<Value> = prices.map(|(no, _)| json!({"article": no})).collect();
    let moved = now_told.orders.iter().filter(|(no, state)| before.orders.get(*no).is_some_and(|known| known != *state));
    let orders = moved
        .filter_map(|(no, _)| books.orders.get(no))
        .map(|order| json!({"no": order.no, "your_ref": order.your_ref, "customer": order.customer, "state": order.state}));
    json!({"at": now, "stock": stock, "prices": prices, "orders": orders.collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;

    fn now() -> Timestamp {
        "2026-11-23T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_message_holds_what_has_changed_with_the_sum_over_all_sites() {
        let mut books = data::opened(now(), 1);
        let push = Push::new(Some("http://127.0.0.1:1/".to_owned()), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        push.notice(&books, now());
        assert!(push.next().is_none(), "the first look tells nothing");
        books.bin_mut("NW-1014", Site::Ber).unwrap().on_hand = Decimal::from(5);
        books.articles.get_mut("NW-1020").unwrap().list = Decimal::TEN;
        push.notice(&books, now());
        let told = push.next().unwrap();
        let sites: Vec<_> =
            told["stock"].as_array().unwrap().iter().map(|line| (line["site"].as_str(), line["free"].as_str())).collect();
        assert_eq!((sites.len(), sites[0], sites[1].0), (2, (Some("BER"), Some("5")), None));
        assert_eq!((&told["prices"], &told["orders"]), (&json!([{"article": "NW-1020"}]), &json!([])));
        push.notice(&books, now());
        assert!(push.next().is_none(), "nothing is told twice");
    }

    #[test]
    fn messages_are_signed_as_standard_webhooks_are() {
        let push = Push::new(None, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signature = push.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
