//! Opens connections: resolves a name, dials exactly the addresses that were checked (so that no second resolution can lead elsewhere), and
//! speaks TLS. Called by the pooled client only.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::ClientConfig;
use tower::{BoxError, Service};

use super::resolver::CheckedResolver;
use crate::config::AddressRange;

/// Connects within a time that covers resolution, TCP and TLS.
#[derive(Clone)]
pub(super) struct Connector {
    inner: HttpsConnector<HttpConnector<CheckedResolver>>,
    /// For what goes unencrypted.
    clear: HttpsConnector<HttpConnector<CheckedResolver>>,
    timeout: Duration,
}

impl Connector {
    /// Clones share what they know about names. Secrets travel unencrypted to an own network only.
    pub(super) fn new(tls: ClientConfig, allowed: Arc<[AddressRange]>, keeps_secrets: bool, timeout: Duration) -> Self {
        let clear = CheckedResolver::new(Arc::clone(&allowed));
        let clear = if keeps_secrets { clear.only_own_networks() } else { clear };
        Self { inner: connecting(tls.clone(), CheckedResolver::new(allowed)), clear: connecting(tls, clear), timeout }
    }
}

fn connecting(tls: ClientConfig, resolver: CheckedResolver) -> HttpsConnector<HttpConnector<CheckedResolver>> {
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(Duration::from_secs(60)));
    HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_all_versions().wrap_connector(tcp)
}

impl Service<Uri> for Connector {
    type Response = <HttpsConnector<HttpConnector<CheckedResolver>> as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Neither has anything to wait for.
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let is_encrypted = uri.scheme() == Some(&Scheme::HTTPS);
        let connecting = if is_encrypted { self.inner.call(uri) } else { self.clear.call(uri) };
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
