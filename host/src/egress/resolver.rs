//! From names to addresses that may be dialed. One lookup of a name at a time, however many connections wait for it: the system's resolver
//! blocks a thread that cannot be ended, so one that hangs must not be asked again and again. Called by the connector only.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::Name;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;
use tower::Service;

use super::address::{self, AddressRefusal};
use super::names;
use crate::config::AddressRange;

/// How long an answer is used. Short: names of back ends move when they fail over.
const KEPT: Duration = Duration::from_secs(5);

/// Resolves a name with the system's resolver and hands on only addresses that may be dialed. Literal addresses never come here: they
/// are checked when the endpoint is bound.
#[derive(Clone)]
pub(super) struct CheckedResolver {
    allowed: Arc<[AddressRange]>,
    /// To no public address.
    only_own: bool,
    resolve: Resolve,
    lookups: Arc<Mutex<BTreeMap<String, Lookup>>>,
}

type Resolve = fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;

/// Nothing until it is answered.
type Lookup = watch::Receiver<Option<Answer>>;

struct Answer {
    found: io::Result<Vec<SocketAddr>>,
    at: Instant,
}

impl CheckedResolver {
    pub(super) fn new(allowed: Arc<[AddressRange]>) -> Self {
        Self::with(allowed, names::look_up)
    }

    fn with(allowed: Arc<[AddressRange]>, resolve: Resolve) -> Self {
        Self { allowed, only_own: false, resolve, lookups: Arc::default() }
    }

    /// The same, but it hands on no public address: what is sent there is secret and unencrypted.
    pub(super) fn only_own_networks(self) -> Self {
        Self { only_own: true, ..self }
    }

    /// The lookup that is under way or was answered just now, or a new one. It goes on when nobody waits for it any more.
    fn lookup(&self, name: &str) -> Lookup {
        let mut lookups = self.lookups.lock();
        if let Some(known) = lookups.get(name).filter(|known| is_usable(known)) {
            return known.clone();
        }
        let (answered, lookup) = watch::channel(None);
        lookups.insert(name.to_owned(), lookup.clone());
        let resolving = (self.resolve)(name.to_owned());
        tokio::spawn(async move {
            let found = resolving.await;
            answered.send_replace(Some(Answer { found, at: Instant::now() }));
        });
        lookup
    }

    async fn resolve(self, name: Name) -> io::Result<std::vec::IntoIter<SocketAddr>> {
        let mut lookup = self.lookup(name.as_str());
        let answer = lookup.wait_for(Option::is_some).await.map_err(io::Error::other)?;
        let found = match answer.as_ref().map(|answer| &answer.found) {
            Some(Ok(found)) => found.as_slice(),
            Some(Err(cause)) => return Err(io::Error::new(cause.kind(), cause.to_string())),
            None => &[],
        };
        Ok(admit(found, &self.allowed, self.only_own).map_err(io::Error::other)?.into_iter())
    }
}

/// Failures are not kept. A lookup that ended without an answer has lost its sender.
fn is_usable(lookup: &Lookup) -> bool {
    match &*lookup.borrow() {
        Some(answer) => answer.found.is_ok() && answer.at.elapsed() < KEPT,
        None => lookup.has_changed().is_ok(),
    }
}

impl Service<Name> for CheckedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(self.clone().resolve(name))
    }
}

/// The addresses that may be dialed; the first refusal when there is none.
fn admit(found: &[SocketAddr], allowed: &[AddressRange], only_own: bool) -> Result<Vec<SocketAddr>, AddressRefusal> {
    let mut admitted = Vec::new();
    let mut refused = None;
    for socket in found {
        let own = if only_own { address::check_own(socket.ip()) } else { Ok(()) };
        match own.and_then(|()| address::check(socket.ip(), allowed)) {
            Ok(()) => admitted.push(*socket),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    match refused {
        Some(refusal) if admitted.is_empty() => Err(refusal),
        _ => Ok(admitted),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::FutureExt;

    use super::*;

    fn sockets(addresses: &[&str]) -> Vec<SocketAddr> {
        addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 443)).collect()
    }

    #[test]
    fn only_checked_addresses_are_dialed() {
        let admitted = admit(&sockets(&["169.254.169.254", "8.8.8.8", "10.0.0.1"]), &[], false).unwrap();
        assert_eq!(admitted, sockets(&["8.8.8.8"]));
    }

    #[test]
    fn a_secret_goes_unencrypted_to_an_own_network_only_whatever_a_name_leads_to() {
        let allowed = [AddressRange::Loopback, AddressRange::Private];
        assert_eq!(admit(&sockets(&["8.8.8.8", "10.0.0.1"]), &allowed, true).unwrap(), sockets(&["10.0.0.1"]));
        assert!(matches!(admit(&sockets(&["8.8.8.8"]), &allowed, true), Err(AddressRefusal::InTheClear(_))));
        assert!(matches!(admit(&sockets(&["127.0.0.1"]), &[], true), Err(AddressRefusal::Loopback(_))));
    }

    #[test]
    fn a_name_that_leads_only_to_refused_addresses_is_refused() {
        assert!(matches!(admit(&sockets(&["127.0.0.1", "10.0.0.1"]), &[], false), Err(AddressRefusal::Loopback(_))));
    }

    fn name() -> Name {
        "erp.example.com".parse().unwrap()
    }

    #[tokio::test]
    async fn a_resolver_that_hangs_is_asked_once() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let resolver = CheckedResolver::with(Arc::new([]), |_| {
            ASKED.fetch_add(1, Ordering::Relaxed);
            std::future::pending().boxed()
        });
        for _ in 0..3 {
            assert!(resolver.clone().resolve(name()).now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        assert_eq!(ASKED.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn an_answer_is_used_again_and_a_failure_is_not() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let resolver = CheckedResolver::with(Arc::new([]), |_| {
            let answer = match ASKED.fetch_add(1, Ordering::Relaxed) {
                0 => Err(io::Error::from(io::ErrorKind::NotFound)),
                _ => Ok(sockets(&["8.8.8.8"])),
            };
            std::future::ready(answer).boxed()
        });
        assert!(resolver.clone().resolve(name()).await.is_err());
        assert!(resolver.clone().resolve(name()).await.is_ok());
        assert!(resolver.clone().resolve(name()).await.is_ok());
        assert_eq!(ASKED.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn an_answer_is_kept_for_a_short_time_only() {
        let answered = |at| watch::channel(Some(Answer { found: Ok(vec![]), at })).1;
        assert!(is_usable(&answered(Instant::now())));
        assert!(Instant::now().checked_sub(KEPT).is_none_or(|at| !is_usable(&answered(at))));
    }
}
