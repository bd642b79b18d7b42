//! The link to the server: kept up, proven alive, and doubted when it is not.
//!
//! While it stands, the server tells of every version that ends. When it was away, invalidations may have been missed: everything that
//! was asked before is doubted, at the latest `detached_secs` after the link was last proven, and again when it stands anew.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use futures::FutureExt;
use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use redis::Client;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::metrics::{self, Told};
use super::names::{Kind, Names};
use super::rest::Rest;
use super::server::{LookedUp, News, Question, Server, ServerError};
use crate::cache::Reach;
use crate::clock::Clock;
use crate::config::SharedCacheConfig;

/// How often the link is proven.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Longest that what waits for the server may take when it is back.
const SETTLING: Duration = Duration::from_secs(10);
/// Most ends of versions that wait for the server. When there are more, all versions end.
const MAX_OWED: usize = 100_000;

/// What a memory of this host is told.
#[derive(Clone, Debug)]
pub(super) enum Notice {
    /// Elsewhere, what was asked until now within a reach was invalidated.
    Ended(Kind, Reach),
    /// By this host: its own memory was marked before, and what others were given until now is void.
    EndedHere(Kind, Reach),
    /// Invalidations may have been missed until now.
    Doubt,
}

type Listener = Box<dyn Fn(&Notice, Timestamp) + Send + Sync>;

/// How the link stands.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SharedStatus {
    /// Host and port.
    pub address: String,
    pub attached: bool,
    pub since: Timestamp,
    /// Why it is not attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Not asked for a moment, because it did not answer in time.
    pub resting: bool,
}

pub(super) struct Link {
    pub(super) config: SharedCacheConfig,
    pub(super) names: Names,
    pub(super) clock: Clock,
    client: Client,
    server: ArcSwapOption<Server>,
    rest: Rest,
    closed: Notify,
    listeners: RwLock<Vec<Listener>>,
    owed: Mutex<Owed>,
    standing: Mutex<(Timestamp, Option<String>)>,
}

/// How the link ended.
struct Lost {
    why: String,
    /// Nothing was heard for so long that it may have been of no use all the time.
    in_silence: bool,
}

/// Ends of versions that the server does not know of yet, in the order of their numbers.
#[derive(Default)]
struct Owed {
    by_number: BTreeMap<u64, Vec<String>>,
    latest: u64,
    /// There were too many: all versions, for all numbers up to this one.
    everything_until: Option<u64>,
}

impl Link {
    pub(super) fn new(config: SharedCacheConfig, client: Client, clock: Clock) -> Self {
        Self {
            names: Names::new(&config.key_prefix),
            rest: Rest::new(config.rest()),
            server: ArcSwapOption::empty(),
            closed: Notify::new(),
            listeners: RwLock::default(),
            owed: Mutex::default(),
            standing: Mutex::new((clock.now(), Some("it was not connected yet".to_owned()))),
            config,
            client,
            clock,
        }
    }

    pub(super) fn listen(&self, listener: Listener) {
        self.listeners.write().push(listener);
    }

    pub(super) fn status(&self) -> SharedStatus {
        let (since, why) = self.standing.lock().clone();
        SharedStatus { address: self.config.url.address(), attached: why.is_none(), since, why, resting: self.rest.is_on() }
    }

    /// Connects, and again whenever the connection is lost. Runs until it is dropped.
    pub(super) async fn keep(self: &Arc<Self>) {
        loop {
            self.reattach().await;
            let lost = self.until_lost().await;
            self.server.store(None);
            self.detached(&lost.why);
            if lost.in_silence {
                self.notify(&Notice::Doubt);
            }
        }
    }

    /// Tries until it is attached. What was asked before the link was lost is doubted when it has been away for too long.
    async fn reattach(self: &Arc<Self>) {
        let doubting = async {
            sleep(self.config.detached()).await;
            self.notify(&Notice::Doubt);
            std::future::pending::<()>().await;
        };
        let attaching = async {
            while let Err(error) = self.attach().await {
                metrics::connection("failed");
                self.detached(&error.to_string());
                sleep(self.config.rest()).await;
            }
        };
        tokio::select! {
            () = attaching => {}
            () = doubting => {}
        }
    }

    async fn attach(self: &Arc<Self>) -> Result<(), ServerError> {
        let link = Arc::downgrade(self);
        let server = Server::connect(&self.client, &self.config, move |news| hear(&link, news)).await?;
        // What this host has invalidated meanwhile comes first: nobody is to find it in the server any more.
        timeout(SETTLING, self.pay(&server)).await.unwrap_or(Err(ServerError::Timeout(SETTLING)))?;
        self.notify(&Notice::Doubt);
        // Of the last connection.
        let _ = self.closed.notified().now_or_never();
        self.rest.end();
        self.server.store(Some(Arc::new(server)));
        *self.standing.lock() = (self.clock.now(), None);
        metrics::connection("attached");
        metrics::attached(true);
        tracing::info!(address = self.config.url.address(), "the shared cache is attached");
        Ok(())
    }

    /// Says so once for each reason.
    fn detached(&self, why: &str) {
        metrics::attached(false);
        let mut standing = self.standing.lock();
        let is_news = standing.1.as_deref() != Some(why);
        if standing.1.is_none() {
            metrics::connection("lost");
            standing.0 = self.clock.now();
        }
        if is_news {
            let address = self.config.url.address();
            tracing::warn!(address, why, "the shared cache is not attached: this host goes on without it, with more calls");
            standing.1 = Some(why.to_owned());
        }
    }

    /// Why the link is of no use any more. A server that is silent for `detached_secs` is as good as gone.
    async fn until_lost(&self) -> Lost {
        let limit = self.config.detached().max(HEARTBEAT);
        let beating = async {
            loop {
                sleep(HEARTBEAT).await;
                let Some(server) = self.server.load_full() else { return ServerError::Gone("it was closed".to_owned()) };
                let beat = async {
                    server.ping().await?;
                    self.pay(&server).await
                };
                match timeout(limit, beat).await.unwrap_or(Err(ServerError::Timeout(limit))) {
                    Ok(()) => {}
                    Err(error @ ServerError::Refused(_)) => {
                        tracing::warn!(%error, "invalidations have not reached the other hosts yet");
                    }
                    Err(error) => return error,
                }
            }
        };
        tokio::select! {
            error = beating => Lost { why: error.to_string(), in_silence: matches!(error, ServerError::Timeout(_)) },
            () = self.closed.notified() => Lost { why: "the server has closed the connection".to_owned(), in_silence: false },
        }
    }

    /// Looks items up, within `lookup_ms`. Also tells when that was, at the earliest.
    pub(super) async fn look_up(&self, questions: &[Question]) -> Result<(Timestamp, LookedUp), &'static str> {
        let Some(server) = self.server.load_full() else { return Err("detached") };
        if !self.rest.lets_through(Instant::now()) {
            return Err("resting");
        }
        let (asked_at, began) = (self.clock.now(), Instant::now());
        let limit = self.config.lookup();
        let outcome = timeout(limit, server.look_up(questions)).await.unwrap_or(Err(ServerError::Timeout(limit)));
        metrics::look_up_took(began.elapsed());
        match outcome {
            Ok(looked_up) => {
                self.rest.end();
                Ok((asked_at, looked_up))
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// What a failure of the server leads to, and how it is counted.
    pub(super) fn failed(&self, error: &ServerError) -> &'static str {
        match error {
            ServerError::Timeout(_) => {
                if self.rest.begin(Instant::now()) {
                    metrics::rested();
                    tracing::warn!(%error, "the shared cache is slow: it is not asked for a moment");
                }
                "timeout"
            }
            ServerError::Refused(_) => {
                tracing::debug!(%error, "the shared cache refused a look-up");
                "refused"
            }
            ServerError::Gone(_) => {
                self.closed.notify_one();
                "gone"
            }
        }
    }

    /// The connection, unless the server is not asked at the moment.
    pub(super) fn server(&self) -> Option<Arc<Server>> {
        self.server.load_full().filter(|_| !self.rest.is_on())
    }

    /// Ends versions, so that every host hears of it: now, or as soon as the server can be reached again.
    pub(super) async fn end_versions(&self, names: Vec<String>) -> Told {
        let number = self.owed.lock().add(names);
        let Some(server) = self.server.load_full() else { return metrics::told(Told::Later) };
        let paid = timeout(self.config.connect(), self.pay(&server)).await.is_ok_and(|paid| paid.is_ok());
        let is_told = paid || !self.owed.lock().owes(number);
        metrics::told(if is_told { Told::Everyone } else { Told::Later })
    }

    /// Ends at the server what it does not know of yet.
    async fn pay(&self, server: &Server) -> Result<(), ServerError> {
        let (names, latest, everything) = {
            let owed = self.owed.lock();
            let names: Vec<_> = owed.by_number.values().flatten().cloned().collect();
            (names, owed.latest, owed.everything_until.is_some())
        };
        if everything {
            server.end_all_versions(&self.names.all_versions()).await?;
            self.notify(&Notice::Doubt);
        }
        if !names.is_empty() {
            server.end_versions(&names).await?;
            // The server tells this host nothing of what it does itself: what was looked up meanwhile is under a version that is gone.
            names.iter().filter_map(|name| self.names.reach_of(name.as_bytes())).for_each(|(kind, reach)| {
                self.notify(&Notice::EndedHere(kind, reach));
            });
        }
        self.owed.lock().paid(latest);
        Ok(())
    }

    fn notify(&self, notice: &Notice) {
        let now = self.clock.now();
        self.listeners.read().iter().for_each(|listener| listener(notice, now));
    }
}

/// What the server tells by itself. Called by the connection: it must not wait.
fn hear(link: &Weak<Link>, news: News) {
    let Some(link) = link.upgrade() else { return };
    match news {
        News::Changed(keys) => {
            for (kind, reach) in keys.iter().filter_map(|key| link.names.reach_of(key)) {
                metrics::heard(kind);
                link.notify(&Notice::Ended(kind, reach));
            }
        }
        News::AllChanged => link.notify(&Notice::Doubt),
        News::Closed => link.closed.notify_one(),
    }
}

impl Owed {
    fn add(&mut self, names: Vec<String>) -> u64 {
        self.latest += 1;
        self.by_number.insert(self.latest, names);
        if self.by_number.len() > MAX_OWED {
            self.by_number.clear();
            self.everything_until = Some(self.latest);
        }
        self.latest
    }

    fn owes(&self, number: u64) -> bool {
        self.everything_until.is_some_and(|until| number <= until) || self.by_number.contains_key(&number)
    }

    /// All up to `latest` was paid.
    fn paid(&mut self, latest: u64) {
        self.by_number = self.by_number.split_off(&(latest + 1));
        self.everything_until = self.everything_until.filter(|until| *until > latest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f11_what_is_added_while_the_rest_is_paid_is_still_owed() {
        let mut owed = Owed::default();
        let first = owed.add(vec!["a".into()]);
        let second = owed.add(vec!["a".into()]);
        owed.paid(first);
        assert!(!owed.owes(first) && owed.owes(second));
    }

    #[test]
    fn f11_when_too_much_is_owed_everything_is() {
        let mut owed = Owed::default();
        let numbers: Vec<_> = (0..=MAX_OWED).map(|number| owed.add(vec![number.to_string()])).collect();
        assert!(owed.everything_until.is_some() && owed.by_number.is_empty());
        assert!(owed.owes(numbers[0]));
        owed.paid(owed.latest);
        assert!(!owed.owes(numbers[0]));
    }
}
