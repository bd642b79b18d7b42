//! Idempotency-Keys whose first request is still running, on any host (rule A2). A key is held as an advisory lock of one session that this
//! host keeps open for that: it costs no write, and the server lets go of it when the host dies. What is captured does not depend on it: that
//! a key captures once is decided in the capture's own transaction.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Row};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::store::StoreError;
use crate::store::lock::number;

/// Most requests that are put to the server together.
const BATCH: usize = 256;

const HOLD: &str =
    "SELECT pg_try_advisory_lock(key) AS done FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (key, place) ORDER BY place";
const LET_GO: &str = "SELECT pg_advisory_unlock(key) AS done FROM unnest($1::bigint[]) AS held (key)";

enum Message {
    Hold(i64, oneshot::Sender<Result<bool, StoreError>>),
    LetGo(i64),
    Close(oneshot::Sender<()>),
}

/// Hands requests to the task that owns the session.
#[derive(Clone)]
pub(super) struct Keys(mpsc::UnboundedSender<Message>);

/// A key that this host holds until this is dropped.
pub(in crate::store) struct HeldKey {
    number: i64,
    keys: Keys,
}

impl Drop for HeldKey {
    fn drop(&mut self) {
        // When the task has ended, so has the session.
        let _ = self.keys.0.send(Message::LetGo(self.number));
    }
}

impl Keys {
    pub(super) fn start(options: PgConnectOptions, patience: Duration) -> Self {
        let (requests, waiting) = mpsc::unbounded_channel();
        tokio::spawn(keep(Session { options, patience, connection: None }, waiting));
        Self(requests)
    }

    /// Holds a key; none when another host holds it.
    pub(super) async fn hold(&self, principal: &str, key: &str) -> Result<Option<HeldKey>, StoreError> {
        let number = number("running key", &[principal, key]);
        let (answer, held) = oneshot::channel();
        self.0.send(Message::Hold(number, answer)).map_err(|_| StoreError::Stopped)?;
        let held = held.await.map_err(|_| StoreError::Stopped)??;
        Ok(held.then(|| HeldKey { number, keys: self.clone() }))
    }

    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.0.send(Message::Close(done)).is_ok() {
            let _ = closed.await;
        }
    }
}

async fn keep(mut session: Session, mut waiting: mpsc::UnboundedReceiver<Message>) {
    let mut messages = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut messages, BATCH).await > 0 {
        let (mut held, mut let_go) = (Vec::new(), Vec::new());
        let mut closing = None;
        for message in messages.drain(..) {
            match message {
                Message::Hold(number, answer) => held.push((number, answer)),
                Message::LetGo(number) => let_go.push(number),
                Message::Close(done) => closing = Some(done),
            }
        }
        session.let_go(let_go).await;
        session.hold(held).await;
        if let Some(done) = closing {
            session.end().await;
            let _ = done.send(());
            return;
        }
    }
    session.end().await;
}

/// The session whose locks they are. It is opened when it is needed; when it is lost, so are its locks.
struct Session {
    options: PgConnectOptions,
    patience: Duration,
    connection: Option<PgConnection>,
}

impl Session {
    async fn hold(&mut self, wanted: Vec<(i64, oneshot::Sender<Result<bool, StoreError>>)>) {
        if wanted.is_empty() {
            return;
        }
        let numbers = wanted.iter().map(|(number, _)| *number).collect();
        let held = self.run_again(HOLD, numbers).await;
        let mut gone = Vec::new();
        for (index, (number, answer)) in wanted.into_iter().enumerate() {
            let held = held.as_ref().map(|held| held.get(index).copied().unwrap_or_default()).map_err(Clone::clone);
            // Whoever asked may have gone away; then nobody would let go of it.
            if let Err(Ok(true)) = answer.send(held) {
                gone.push(number);
            }
        }
        self.let_go(gone).await;
    }

    async fn let_go(&mut self, numbers: Vec<i64>) {
        if !numbers.is_empty() && self.connection.is_some() {
            // A failure ends the session, and with it the locks.
            let _ = self.run(LET_GO, numbers).await;
        }
    }

    async fn run(&mut self, statement: &'static str, numbers: Vec<i64>) -> Result<Vec<bool>, StoreError> {
        let late = |_| StoreError::Unavailable("the database did not answer in time".to_owned());
        let answer = timeout(self.patience, self.ask(statement, numbers)).await.map_err(late);
        let answer = answer.and_then(|answer| answer.map_err(StoreError::from));
        if answer.is_err() {
            self.connection = None;
        }
        answer
    }

    /// A session that the server has ended meanwhile is opened again: with it went its locks.
    async fn run_again(&mut self, statement: &'static str, numbers: Vec<i64>) -> Result<Vec<bool>, StoreError> {
        let was_open = self.connection.is_some();
        match self.run(statement, numbers.clone()).await {
            Err(_) if was_open => self.run(statement, numbers).await,
            answer => answer,
        }
    }

    async fn ask(&mut self, statement: &'static str, numbers: Vec<i64>) -> Result<Vec<bool>, sqlx::Error> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(self.options.connect().await?),
        };
        let rows = sqlx::query(statement).bind(numbers).fetch_all(connection).await?;
        rows.iter().map(|row| row.try_get("done")).collect()
    }

    async fn end(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = timeout(self.patience, connection.close()).await;
        }
    }
}
