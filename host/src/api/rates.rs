//! How often one client may call (rule A1): an API key, a customer, and, as long as nobody is known, an address. Only wrong credentials count
//! for an address: many customers may share one, and honest ones do not guess.

use std::convert::Infallible;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use axum::http::request::Parts;
use quick_cache::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::origin::{self, Origin, Peer};
use super::problem::Problem;
use super::problem_pages as pages;
use crate::config::RatesConfig;
use crate::domain::{Pace, Principal, Rate};

const REFUSED: &str = "ordergate_rate_limited_total";

/// What a limit is about, as metrics name it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limited {
    Service,
    Customer,
    /// By calls that are under way.
    CustomerAtOnce,
    Address,
}

impl Limited {
    fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Customer => "customer",
            Self::CustomerAtOnce => "customer_at_once",
            Self::Address => "address",
        }
    }

    /// What the client is told.
    fn detail(self) -> &'static str {
        match self {
            Self::Service => "the API key makes more calls than `rates.service_per_sec`, or its own `per_sec`, allows",
            Self::Customer => "the customer makes more calls than `rates.customer_per_sec` allows",
            Self::CustomerAtOnce => "the customer has more calls under way than `rates.customer_at_once` allows",
            Self::Address => "more wrong credentials came from this address than `rates.wrong_credentials_per_min` allows",
        }
    }

    pub(super) fn refuse(self, wait: Duration) -> Problem {
        metrics::counter!(REFUSED, "client" => self.as_str()).increment(1);
        Problem::new(&pages::RATE_LIMITED).with_detail(self.detail()).with_retry_after(wait)
    }
}

/// One pace for each of many. When there are too many, the paces of those that were heard of least are forgotten.
struct Paces<K> {
    known: Cache<K, Arc<Pace>>,
    rate: Rate,
}

impl<K: Clone + Eq + Hash> Paces<K> {
    fn new(rate: Rate, most: usize) -> Self {
        Self { known: Cache::new(most), rate }
    }

    fn take(&self, client: &K, now: Instant) -> Result<(), Duration> {
        let Ok(pace) = self.known.get_or_insert_with(client, || Ok::<_, Infallible>(Arc::new(Pace::new(self.rate, now))));
        pace.take(now)
    }

    fn look(&self, client: &K, now: Instant) -> Result<(), Duration> {
        self.known.get(client).map_or(Ok(()), |pace| pace.look(now))
    }
}

/// Customers, by whom their tokens are about.
pub(super) struct Customers {
    known: Cache<String, Arc<Customer>>,
    rate: Rate,
    at_once: usize,
}

struct Customer {
    pace: Pace,
    places: Arc<Semaphore>,
}

impl Customers {
    pub(super) fn new(config: &RatesConfig) -> Self {
        Self { known: Cache::new(config.max_clients), rate: config.customer(), at_once: config.customer_at_once }
    }

    /// A place, to be kept as long as the call is under way.
    pub(super) fn admit(&self, customer: &Principal) -> Result<OwnedSemaphorePermit, Problem> {
        let now = Instant::now();
        let new = || Arc::new(Customer { pace: Pace::new(self.rate, now), places: Arc::new(Semaphore::new(self.at_once)) });
        let Ok(known) = self.known.get_or_insert_with(&customer.id, || Ok::<_, Infallible>(new()));
        // To be refused costs nothing of the rate.
        let place = Arc::clone(&known.places).try_acquire_owned();
        let place = place.map_err(|_| Limited::CustomerAtOnce.refuse(Duration::from_secs(1)))?;
        known.pace.take(now).map_err(|wait| Limited::Customer.refuse(wait))?;
        Ok(place)
    }
}

/// Addresses that wrong credentials came from.
pub(super) struct Strangers {
    paces: Paces<Origin>,
    /// Whether there ever was one: until then nobody's address is looked up.
    any: AtomicBool,
    proxies: Option<usize>,
}

impl Strangers {
    /// `proxies`: see [`origin::of`].
    pub(super) fn new(config: &RatesConfig, proxies: Option<usize>) -> Self {
        describe();
        Self { paces: Paces::new(config.wrong_credentials(), config.max_clients), any: AtomicBool::new(false), proxies }
    }

    /// Turns a request away, before its credential is looked at, when too many wrong ones came from its address. One that was found by guessing
    /// would be no better.
    pub(super) fn admit(&self, parts: &Parts) -> Result<(), Problem> {
        if !self.any.load(Ordering::Relaxed) {
            return Ok(());
        }
        let looked = self.origin(parts).map_or(Ok(()), |origin| self.paces.look(&origin, Instant::now()));
        looked.map_err(|wait| Limited::Address.refuse(wait))
    }

    /// A wrong credential came with a request.
    pub(super) fn guessed(&self, parts: &Parts) {
        match self.origin(parts) {
            Some(origin) => {
                self.any.store(true, Ordering::Relaxed);
                // Of those that came at the same time, one too many is still told that it was wrong.
                let _ = self.paces.take(&origin, Instant::now());
            }
            None => tell_of_proxies(),
        }
    }

    fn origin(&self, parts: &Parts) -> Option<Origin> {
        origin::of(*parts.extensions.get::<Peer>()?, &parts.headers, self.proxies)
    }
}

/// Once.
fn tell_of_proxies() {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        tracing::warn!(
            "wrong credentials come through a proxy and are not counted, as nobody knows whose they are: say in server.proxies how many proxies there are"
        );
    });
}

fn describe() {
    metrics::describe_counter!(REFUSED, "Requests answered with 429, by whose rate was too high");
    for client in [Limited::Service, Limited::Customer, Limited::CustomerAtOnce, Limited::Address] {
        metrics::counter!(REFUSED, "client" => client.as_str()).increment(0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::{AccountGrant, PrincipalKind};

    #[test]
    fn a1_a_call_that_finds_no_place_costs_nothing_of_the_rate() {
        let config: RatesConfig = toml::from_str("customer_per_sec = 2\ncustomer_at_once = 1").unwrap();
        let (customers, customer) = (Customers::new(&config), principal());
        let place = customers.admit(&customer).unwrap();
        for _ in 0..20 {
            assert!(customers.admit(&customer).is_err(), "the place is taken");
        }
        drop(place);
        assert!(customers.admit(&customer).is_ok(), "the calls that were saved up are still there");
    }

    fn principal() -> Principal {
        Principal {
            kind: PrincipalKind::Customer,
            id: "customer:erika".into(),
            accounts: AccountGrant::Any,
            stores: BTreeSet::new(),
            scopes: BTreeSet::new(),
            expires_at: None,
        }
    }

    #[test]
    fn a1_the_number_of_clients_that_are_kept_in_mind_is_limited() {
        let paces = Paces::new(Rate::per_sec(1), 100);
        let now = Instant::now();
        for client in 0..10_000 {
            let _ = paces.take(&client, now);
        }
        assert!(paces.known.len() <= 100, "{}", paces.known.len());
        assert_eq!(paces.take(&10_001, now), Ok(()));
        assert!(paces.take(&10_001, now).is_err(), "whoever comes now is counted");
    }

    #[test]
    fn a1_each_has_a_pace_of_its_own_and_looking_takes_nothing() {
        let (paces, now) = (Paces::new(Rate::per_sec(2), 100), Instant::now());
        assert_eq!((paces.take(&"a", now), paces.take(&"a", now)), (Ok(()), Ok(())));
        assert!(paces.look(&"a", now).is_err() && paces.take(&"a", now).is_err());
        assert_eq!((paces.look(&"b", now), paces.look(&"b", now), paces.take(&"b", now)), (Ok(()), Ok(()), Ok(())));
    }
}
