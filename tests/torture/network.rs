//! The network between hosts and the back end, which treats each request as the dice fall. What it has not delivered within
//! [`LATEST`] it never delivers: hosts are told to expect that much (`transfer.settle_ms`), and no more.

mod fault;
mod message;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ordergate_tests::{Client, Reply};
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::dice::Dice;
use crate::facts::Passage;
use crate::plan::{Class, Plan};
use fault::{End, Fault, fault_for};
use message::Request;

/// What is older than this is dropped instead of being delivered.
const LATEST: Duration = Duration::from_millis(1_000);

/// Runs until it is dropped.
pub(crate) struct Network {
    port: u16,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    back_end: Client,
    dice: Mutex<Dice>,
    is_bad: AtomicBool,
    may_double_orders: bool,
    doubles_orders: bool,
    passages: Mutex<Vec<Passage>>,
    /// How many orders the back end has taken.
    taken: watch::Sender<usize>,
    began: Instant,
}

impl Network {
    /// Before a back end, whose client must carry what it asks of callers.
    pub(crate) async fn start(back_end: Client, plan: &Plan, began: Instant) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            back_end: back_end.with("content-type", "application/json"),
            dice: Mutex::new(Dice::seeded(plan.size.seed, "network")),
            is_bad: AtomicBool::new(false),
            may_double_orders: plan.class == Class::UniqueReference,
            doubles_orders: plan.doubles_orders,
            passages: Mutex::default(),
            taken: watch::Sender::new(0),
            began,
        });
        let to_all = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&to_all)));
            }
        });
        Self { port, shared, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn turn_bad(&self) {
        self.shared.is_bad.store(true, Ordering::Relaxed);
    }

    /// From now on everything arrives.
    pub(crate) fn calm_down(&self) {
        self.shared.is_bad.store(false, Ordering::Relaxed);
    }

    /// How many orders the back end has taken.
    pub(crate) fn taken(&self) -> watch::Receiver<usize> {
        self.shared.taken.subscribe()
    }

    pub(crate) fn passages(&self) -> Vec<Passage> {
        self.shared.passages.lock().clone()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One connection of a host, until an end of it goes away.
async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let mut rest = Vec::new();
    while let Some(request) = Request::read(&mut stream, &mut rest).await {
        if !pass(&mut stream, request, &shared).await {
            return;
        }
    }
}

/// Treats one request; false when the connection is to be closed.
async fn pass(stream: &mut TcpStream, request: Request, shared: &Arc<Shared>) -> bool {
    let fault = shared.fault_for(&request);
    let mut crossing = Crossing::new(request, fault, Arc::clone(shared));
    match fault {
        Fault::None => crossing.deliver_and_answer(stream).await,
        Fault::Late(wait) => {
            tokio::time::sleep(wait).await;
            crossing.deliver_and_answer(stream).await
        }
        Fault::LostBefore(end) => end.cut(stream),
        Fault::LostAfter(end) => {
            crossing.deliver().await;
            end.cut(stream)
        }
        // The host sees the end of the connection, and what it sent arrives afterwards.
        Fault::Ghost(wait, end) => {
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                crossing.deliver().await;
            });
            end.cut(stream)
        }
        Fault::Half => {
            let Some(reply) = crossing.deliver().await else { return false };
            let whole = message::written(reply.status.as_u16(), &reply.body, None);
            message::send(stream, &whole[..whole.len() - reply.body.len() / 2 - 1]).await;
            false
        }
        Fault::Refused(status) => message::send(stream, &message::refusal(status)).await,
        Fault::RefusedAfter(status) => {
            crossing.deliver().await;
            message::send(stream, &message::refusal(status)).await
        }
        Fault::Twice => {
            crossing.deliver().await;
            crossing.deliver_and_answer(stream).await
        }
    }
}

impl Shared {
    fn fault_for(&self, request: &Request) -> Fault {
        if self.doubles_orders && request.is("POST", "/api/orders") {
            return Fault::Twice;
        }
        if !self.is_bad.load(Ordering::Relaxed) {
            return Fault::None;
        }
        fault_for(request, self.may_double_orders, &mut self.dice.lock())
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}

/// One request on its way. What became of it is noted when it is dropped.
struct Crossing {
    request: Request,
    received: Instant,
    passage: Passage,
    shared: Arc<Shared>,
}

impl Crossing {
    fn new(request: Request, fault: Fault, shared: Arc<Shared>) -> Self {
        let passage = Passage {
            at: shared.now(),
            request: request.line(),
            cart: request.cart(),
            reference: request.reference(),
            fate: fault.name(),
            ..Passage::default()
        };
        Self { request, received: Instant::now(), passage, shared }
    }

    /// Takes it to the back end, unless it is too late for that.
    async fn deliver(&mut self) -> Option<Reply> {
        if self.received.elapsed() > LATEST {
            self.passage.fate.push_str(", too late");
            return None;
        }
        let Request { method, target, body, .. } = &self.request;
        let reply = self.shared.back_end.try_send(method.clone(), target, body.clone()).await.ok()?;
        let made = message::number_in(&reply.body);
        if reply.status == 201 && self.request.is("POST", "/api/orders") {
            self.shared.taken.send_modify(|taken| *taken += 1);
        }
        self.passage.replies.push((reply.status.as_u16(), made));
        Some(reply)
    }

    async fn deliver_and_answer(&mut self, stream: &mut TcpStream) -> bool {
        let Some(reply) = self.deliver().await else { return false };
        let whole = message::written(reply.status.as_u16(), &reply.body, reply.header("retry-after"));
        self.passage.was_answered = message::send(stream, &whole).await;
        self.passage.was_answered
    }
}

impl Drop for Crossing {
    fn drop(&mut self) {
        self.passage.took = self.received.elapsed().as_millis() as u64;
        self.shared.passages.lock().push(std::mem::take(&mut self.passage));
    }
}

impl End {
    /// Ends a connection; always false.
    fn cut(self, stream: &TcpStream) -> bool {
        if self == Self::Reset {
            let _ = stream.set_zero_linger();
        }
        false
    }
}
