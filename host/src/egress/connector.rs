//! Opens connections: resolves a name, checks every address, dials exactly the checked ones (so that no second resolution can lead
//! elsewhere), and speaks TLS. Called by the pooled client only.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use rustls::ClientConfig;
use tower::{BoxError, Service};

use super::address::{self, AddressRefusal};
use crate::config::AddressRange;

/// Connects within a time that covers resolution, TCP and TLS.
#[derive(Clone)]
pub(super) struct Connector {
    inner: HttpsConnector<HttpConnector<CheckedResolver>>,
    timeout: Duration,
}

impl Connector {
    pub(super) fn new(tls: ClientConfig, allowed: Arc<[AddressRange]>, timeout: Duration) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(CheckedResolver { allowed });
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(60)));
        let inner = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_all_versions().wrap_connector(tcp);
        Self { inner, timeout }
    }
}

impl Service<Uri> for Connector {
    type Response = <HttpsConnector<HttpConnector<CheckedResolver>> as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.inner.call(uri);
        let timeout = self.timeout;
        Box::pin(async move {
            match tokio::time::timeout(timeout, connecting).await {
                Ok(connected) => connected,
                Err(_) => {
                    Err(io::Error::new(io::ErrorKind::TimedOut, format!("no connection within {} ms", timeout.as_millis()))
                        .into())
                }
            }
        })
    }
}

/// Resolves a name with the system's resolver and hands on only addresses that may be dialed. Literal addresses never come here: they
/// are checked when the endpoint is bound.
#[derive(Clone)]
pub(super) struct CheckedResolver {
    allowed: Arc<[AddressRange]>,
}

impl Service<Name> for CheckedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let allowed = Arc::clone(&self.allowed);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(admit(found, &allowed).map_err(io::Error::other)?.into_iter())
        })
    }
}

/// The addresses that may be dialed; the first refusal when there is none.
fn admit(found: impl Iterator<Item = SocketAddr>, allowed: &[AddressRange]) -> Result<Vec<SocketAddr>, AddressRefusal> {
    let mut admitted = Vec::new();
    let mut refused = None;
    for socket in found {
        match address::check(socket.ip(), allowed) {
            Ok(()) => admitted.push(socket),
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
    use super::*;

    fn sockets(addresses: &[&str]) -> std::vec::IntoIter<SocketAddr> {
        addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 443)).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn only_checked_addresses_are_dialed() {
        let admitted = admit(sockets(&["169.254.169.254", "8.8.8.8", "10.0.0.1"]), &[]).unwrap();
        assert_eq!(admitted, sockets(&["8.8.8.8"]).collect::<Vec<_>>());
    }

    #[test]
    fn a_name_that_leads_only_to_refused_addresses_is_refused() {
        assert!(matches!(admit(sockets(&["127.0.0.1", "10.0.0.1"]), &[]), Err(AddressRefusal::Loopback(_))));
    }
}
