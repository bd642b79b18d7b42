//! Customers who check out and order, as storefronts do: each request is repeated until an answer comes, an order always with the same
//! Idempotency-Key, at whichever host answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::Method;
use ordergate_tests::{Client, Reply, line};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::dice::Dice;
use crate::facts::{Story, Try};
use crate::world::{ARTICLE, BLOCKED, account};

/// Who shops at the same time.
const CUSTOMERS: usize = 12;

/// How long a customer waits for an answer before asking again.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long a customer goes on trying.
const PERSISTENCE: Duration = Duration::from_secs(180);

/// So many orders may be on their way to the back end; then customers take their time, but not for ever.
const ON_THE_WAY: usize = 60;
const LONGEST_THOUGHT: Duration = Duration::from_secs(2);

/// What all customers share.
pub(crate) struct Crowd {
    /// One client per host, which stays valid over its restarts.
    pub(crate) hosts: Vec<Client>,
    pub(crate) seed: u64,
    pub(crate) carts: usize,
    pub(crate) began: Instant,
    /// Orders that the back end has taken.
    pub(crate) taken: watch::Receiver<usize>,
    /// Carts that are done with.
    pub(crate) done: watch::Sender<usize>,
    next: AtomicUsize,
}

/// What a customer does with a cart that is checked out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Intent {
    Order,
    /// And asks for the same once more after it was acknowledged.
    OrderTwice,
    Abandon,
    Forget,
}

impl Crowd {
    pub(crate) fn new(hosts: Vec<Client>, seed: u64, carts: usize, began: Instant, taken: watch::Receiver<usize>) -> Arc<Self> {
        Arc::new(Self { hosts, seed, carts, began, taken, done: watch::Sender::new(0), next: AtomicUsize::new(1) })
    }

    /// Lets everybody shop until all carts are done with.
    pub(crate) async fn shop(self: Arc<Self>) -> Vec<Story> {
        let customers = (0..CUSTOMERS).map(|_| tokio::spawn(Arc::clone(&self).one_after_another()));
        let stories = futures::future::join_all(customers.collect::<Vec<_>>()).await;
        stories.into_iter().flat_map(|stories| stories.expect("a customer does not panic")).collect()
    }

    async fn one_after_another(self: Arc<Self>) -> Vec<Story> {
        let mut stories = Vec::new();
        loop {
            let cart = self.next.fetch_add(1, Ordering::Relaxed);
            if cart > self.carts {
                return stories;
            }
            stories.push(Customer::new(&self, cart).deal().await);
            self.done.send_modify(|done| *done += 1);
            self.think().await;
        }
    }

    /// Until less is on its way.
    async fn think(&self) {
        let mut taken = self.taken.clone();
        let few = |taken: &usize| self.done.borrow().saturating_sub(*taken) < ON_THE_WAY;
        let _ = tokio::time::timeout(LONGEST_THOUGHT, taken.wait_for(few)).await;
    }
}

struct Customer<'a> {
    crowd: &'a Crowd,
    dice: Dice,
    intent: Intent,
    story: Story,
    started: Instant,
}

impl<'a> Customer<'a> {
    fn new(crowd: &'a Crowd, cart: usize) -> Self {
        let mut dice = Dice::seeded(crowd.seed, &format!("cart {cart}"));
        let intent = match dice.below(100) {
            0..70 => Intent::Order,
            70..90 => Intent::OrderTwice,
            90..96 => Intent::Abandon,
            _ => Intent::Forget,
        };
        let account = if dice.percent(2) { BLOCKED.to_owned() } else { account(&mut dice) };
        let story = Story { cart, account, ..Story::default() };
        Self { crowd, dice, intent, story, started: Instant::now() }
    }

    async fn deal(mut self) -> Story {
        let cart = json!({"lines": [line("1", ARTICLE, &self.story.cart.to_string())]});
        let Some(sealed) = self.insist("checkout", Method::POST, "/v1/checkouts", &cart, &[201]).await else { return self.story };
        let checkout = sealed.json()["id"].as_str().unwrap().to_owned();
        match self.intent {
            Intent::Forget => {}
            Intent::Abandon => {
                // Repeated after the answer was lost, it is not there any more.
                let path = format!("/v1/checkouts/{checkout}");
                self.insist("abandon", Method::DELETE, &path, &Value::Null, &[204, 404]).await;
            }
            Intent::Order => self.order(&checkout, 1).await,
            Intent::OrderTwice => self.order(&checkout, 2).await,
        }
        self.story
    }

    async fn order(&mut self, checkout: &str, times: usize) {
        let body = json!({"checkout": checkout, "purchase_order": format!("T-{}", self.story.cart)});
        for _ in 0..times {
            let Some(reply) = self.insist("order", Method::POST, "/v1/orders", &body, &[202]).await else { return };
            self.story.reference = reply.json()["reference"].as_str().map(str::to_owned);
            self.story.answers.push(reply.text());
        }
    }

    /// Repeats a request until one of the answers comes that are wanted; complains about any that is not to be repeated.
    async fn insist(&mut self, what: &'static str, method: Method, path: &str, body: &Value, wanted: &[u16]) -> Option<Reply> {
        loop {
            let reply = self.attempt(what, method.clone(), path, body).await;
            match reply {
                Some(reply) if wanted.contains(&reply.status.as_u16()) => return Some(reply),
                Some(reply) if !may_be_repeated(&reply) => {
                    self.story.complaints.push(format!("{what}: {reply}"));
                    return None;
                }
                _ => {}
            }
            if self.started.elapsed() > PERSISTENCE {
                self.story.complaints.push(format!("{what}: no answer within {PERSISTENCE:?}"));
                return None;
            }
            tokio::time::sleep(Duration::from_millis(20 + self.dice.below(120))).await;
        }
    }

    async fn attempt(&mut self, request: &'static str, method: Method, path: &str, body: &Value) -> Option<Reply> {
        let host = self.dice.below(self.crowd.hosts.len() as u64) as usize;
        let client = self.crowd.hosts[host].with("x-account", &self.story.account).with("content-type", "application/json");
        let client = client.with("idempotency-key", &format!("cart-{}", self.story.cart));
        let body = if body.is_null() { bytes::Bytes::new() } else { body.to_string().into() };
        let began = self.crowd.began.elapsed().as_millis() as u64;
        let reply = tokio::time::timeout(PATIENCE, client.try_send(method, path, body)).await;
        let (told, reply) = match reply {
            Ok(Ok(reply)) => (summary(&reply), Some(reply)),
            Ok(Err(cause)) => (cause, None),
            Err(_) => ("no answer in time".to_owned(), None),
        };
        let ended = self.crowd.began.elapsed().as_millis() as u64;
        self.story.tries.push(Try { request, host, began, ended, told, was_answered: reply.is_some() });
        reply
    }
}

fn may_be_repeated(reply: &Reply) -> bool {
    let problem: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    problem["retryable"] == true
}

fn summary(reply: &Reply) -> String {
    let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let detail = [&answer["code"], &answer["reference"], &answer["id"]].into_iter().find_map(Value::as_str).unwrap_or_default();
    let reservation = answer["reservation"]["id"].as_str().map(|id| format!(" holding {id}")).unwrap_or_default();
    format!("{} {detail}{reservation}", reply.status.as_u16())
}
