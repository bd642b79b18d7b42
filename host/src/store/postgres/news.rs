//! News between hosts: references of documents and operations that have just changed, for whoever waits for them. Sent by itself and not in the
//! transaction of an order, because a transaction that notifies holds up every other one that does while it commits. News can get lost, with a
//! connection or with a host; what must not be missed is looked up.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::{Notify, broadcast, mpsc};
use uuid::Uuid;

use crate::domain::Reference;

const CHANNEL: &str = "ordergate_news";

/// References in one message; the server takes up to 8,000 bytes.
const BATCH: usize = 100;

/// News that may wait to be sent; more are dropped.
const QUEUE: usize = 10_000;

const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Sends and hears news. Cheap to clone.
#[derive(Clone)]
pub(in crate::store) struct News {
    pool: PgPool,
    /// Tells our own news from others'.
    host: Uuid,
    queue: mpsc::Sender<Reference>,
}

impl News {
    /// With connections of its own: one that listens, one that sends.
    pub(super) fn start(options: PgConnectOptions) -> Self {
        let pool = PgPoolOptions::new().max_connections(2).idle_timeout(None).max_lifetime(None).connect_lazy_with(options);
        let (queue, waiting) = mpsc::channel(QUEUE);
        let host = Uuid::now_v7();
        tokio::spawn(send(pool.clone(), host, waiting));
        Self { pool, host, queue }
    }

    /// Never waits.
    pub(in crate::store) fn tell(&self, reference: &Reference) {
        if self.queue.try_send(reference.clone()).is_err() {
            tracing::debug!(%reference, "other hosts are not told of a change");
        }
    }

    /// Passes on what other hosts tell, until it is dropped or the pool is closed. Wakes who waits for anything to be written.
    pub(in crate::store) async fn hear(&self, heard: broadcast::Sender<Reference>, written: &Notify) {
        while !self.pool.is_closed() {
            if let Err(error) = self.listen(&heard, written).await {
                tracing::warn!(%error, "news of other hosts are not heard");
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    async fn listen(&self, heard: &broadcast::Sender<Reference>, written: &Notify) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        let own = self.host.to_string();
        loop {
            let news = listener.recv().await?;
            let mut words = news.payload().split(' ');
            if words.next() != Some(&own) {
                words.for_each(|reference| drop(heard.send(reference.to_owned().into())));
                written.notify_one();
            }
        }
    }
}

async fn send(pool: PgPool, host: Uuid, mut waiting: mpsc::Receiver<Reference>) {
    let mut references = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut references, BATCH).await > 0 {
        let words: Vec<_> = references.drain(..).map(|reference| reference.to_string()).collect();
        let payload = format!("{host} {}", words.join(" "));
        let sent = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload).execute(&pool).await;
        if let Err(error) = sent {
            tracing::debug!(%error, "other hosts are not told of changes");
        }
    }
}
