//! One HTTP exchange with a registry: bounded in time and size, over TLS unless the registry is on this machine or the operator says otherwise. No
//! redirect is followed here.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring;
use tokio::time::timeout;
use url::{Host, Url};

use super::error::RegistryError;
use crate::cli::failure::chain;

const CONNECT: Duration = Duration::from_secs(10);
/// Until the head of the reply; whatever is sent is sent by then.
const HEAD: Duration = Duration::from_secs(120);
/// Between two pieces of the reply.
const PIECE: Duration = Duration::from_secs(30);

/// What a reply may have.
pub(super) struct Most<'a> {
    /// What is received, in words.
    pub what: &'a str,
    pub bytes: usize,
    /// What bounds it.
    pub option: &'static str,
}

pub(super) struct Wire {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    insecure_http: bool,
}

impl Wire {
    pub(super) fn new(insecure_http: bool) -> Result<Self, RegistryError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT));
        // The provider is given by hand: rustls panics when it has to guess between several.
        let tls = HttpsConnectorBuilder::new().with_provider_and_webpki_roots(ring::default_provider());
        let connector = tls.map_err(RegistryError::Tls)?.https_or_http().enable_all_versions().wrap_connector(tcp);
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), insecure_http })
    }

    /// The scheme for a registry of that name: without TLS only on this machine.
    pub(super) fn scheme(&self, authority: &str) -> &'static str {
        let is_local = Url::parse(&format!("http://{authority}/")).is_ok_and(|url| is_this_machine(&url));
        if is_local || self.insecure_http { "http" } else { "https" }
    }

    /// Whether an address may be spoken to.
    pub(super) fn check(&self, url: &Url) -> Result<(), RegistryError> {
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && (self.insecure_http || is_this_machine(url)));
        if is_safe { Ok(()) } else { Err(RegistryError::Plain { url: url.to_string() }) }
    }

    pub(super) async fn send(&self, request: Request<Full<Bytes>>, most: &Most<'_>) -> Result<Response<Bytes>, RegistryError> {
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let late = |what, limit: Duration| RegistryError::TooLate { host: host.clone(), what, secs: limit.as_secs() };
        let sent = timeout(HEAD, self.client.request(request)).await.map_err(|_| late("answer", HEAD))?;
        let response = sent.map_err(|cause| RegistryError::Unreachable { host: host.clone(), cause: chain(&cause) })?;
        let (parts, mut body) = response.into_parts();
        let too_large = || RegistryError::TooLarge { what: most.what.to_owned(), most: most.bytes, option: most.option };
        if body.size_hint().lower() > most.bytes as u64 {
            return Err(too_large());
        }
        let mut whole = BytesMut::new();
        while let Some(frame) = timeout(PIECE, body.frame()).await.map_err(|_| late("go on", PIECE))? {
            let frame = frame.map_err(|cause| RegistryError::Unreachable { host: host.clone(), cause: chain(&cause) })?;
            let Ok(piece) = frame.into_data() else { continue };
            if whole.len() + piece.len() > most.bytes {
                return Err(too_large());
            }
            whole.extend_from_slice(&piece);
        }
        Ok(Response::from_parts(parts, whole.freeze()))
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_only_this_machine_is_spoken_to_unless_it_is_allowed() {
        let (strict, lenient) = (Wire::new(false).unwrap(), Wire::new(true).unwrap());
        for (authority, scheme) in [
            ("127.0.0.1:5000", "http"),
            ("[::1]:5000", "http"),
            ("localhost", "http"),
            ("r.example", "https"),
            ("10.0.0.1:5000", "https"),
        ] {
            assert_eq!(strict.scheme(authority), scheme, "{authority}");
            assert_eq!(lenient.scheme(authority), "http", "{authority}");
        }
        let plain: Url = "http://r.example/token".parse().unwrap();
        assert!(strict.check(&plain).is_err() && lenient.check(&plain).is_ok());
        assert!(lenient.check(&"file:///etc/passwd".parse().unwrap()).is_err());
    }
}
