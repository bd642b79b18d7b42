//! The only way from an adapter to the network: named endpoints that the operator bound, with addresses checked as dialed, credentials added
//! by the host, and every request bounded in time, number and size. Called by the adapter runtime's `transport` import.

mod address;
mod base_url;
mod budget;
mod client;
mod conceal;
mod connector;
mod cookies;
mod credential;
mod departure;
mod endpoint;
mod error;
mod headers;
mod holdings;
mod names;
mod oauth;
mod path;
mod resolver;
mod script;
#[cfg(test)]
pub(crate) mod tests;
mod tls;
mod watch;

use std::collections::BTreeMap;
use std::path::Path;

pub use budget::{Budget, Traffic};
pub use client::Reply;
pub use departure::LeavesBy;
pub use endpoint::{BindError, EgressRequest, Endpoint, Trace};
pub use error::{Effect, EgressError};
pub use headers::shown as shown_headers;
pub use holdings::{Held, Holdings};
pub use script::{Asked, BLOT, Script};
pub use watch::{Act, Answer, Heard, Tap, Watch};

use watch::Way;

use crate::clock::Clock;
use crate::config::EndpointConfig;
use crate::domain::EndpointName;

/// The endpoints of one adapter. Pools, credentials and tokens are never shared between adapters.
pub struct Egress {
    endpoints: BTreeMap<EndpointName, Endpoint>,
    /// Nobody, but in the conformance kit.
    watch: Option<Watch>,
}

impl Egress {
    /// Binds all endpoints, or says what is wrong with each that cannot be bound.
    pub fn bind(
        configs: &BTreeMap<EndpointName, EndpointConfig>,
        base_dir: &Path,
        clock: &Clock,
    ) -> Result<Self, Vec<(EndpointName, BindError)>> {
        let mut endpoints = BTreeMap::new();
        let mut failed = Vec::new();
        for (name, config) in configs {
            match Endpoint::bind(config, base_dir, clock.clone()) {
                Ok(endpoint) => drop(endpoints.insert(name.clone(), endpoint)),
                Err(error) => failed.push((name.clone(), error)),
            }
        }
        if failed.is_empty() { Ok(Self { endpoints, watch: None }) } else { Err(failed) }
    }

    /// The same, but nothing is ever sent: the script answers.
    pub fn scripted(self, script: &Script) -> Self {
        let scripted = |(name, endpoint): (EndpointName, Endpoint)| (name, endpoint.scripted(script.clone()));
        Self { endpoints: self.endpoints.into_iter().map(scripted).collect(), ..self }
    }

    /// The same, but calls that `watch` names are watched.
    pub fn watched(self, watch: &Watch) -> Self {
        Self { watch: Some(watch.clone()), ..self }
    }

    /// Sends a request to a named endpoint and waits for the whole reply. Any status is a reply. Whatever becomes of it, it is one request
    /// of the call's budget: refusing costs the host work as well.
    pub async fn send(
        &self,
        endpoint: &str,
        request: EgressRequest,
        trace: &Trace,
        budget: &Budget,
    ) -> Result<Reply, EgressError> {
        if !budget.take_request() {
            return Err(EgressError::TooManyRequests);
        }
        match self.watch.as_ref().and_then(|watch| watch.of(trace)) {
            None => self.dispatch(endpoint, request, trace, budget).await,
            Some(tap) => tap.exchange(Way { egress: self, endpoint, trace, budget }, request).await,
        }
    }

    async fn dispatch(
        &self,
        endpoint: &str,
        request: EgressRequest,
        trace: &Trace,
        budget: &Budget,
    ) -> Result<Reply, EgressError> {
        match self.endpoints.get(endpoint) {
            Some(endpoint) => endpoint.send(request, trace, budget).await,
            None => Err(EgressError::Unbound(endpoint.chars().take(64).collect())),
        }
    }

    /// Whether the files with certificates that endpoints name still hold what they did when they were bound.
    pub fn has_certificates(&self, configs: &BTreeMap<EndpointName, EndpointConfig>, base_dir: &Path) -> bool {
        let bound = |name: &EndpointName| self.endpoints.get(name);
        configs.iter().all(|(name, config)| bound(name).is_some_and(|endpoint| endpoint.has_certificates(config, base_dir)))
    }

    pub fn is_bound(&self, endpoint: &str) -> bool {
        self.endpoints.contains_key(endpoint)
    }
}
