//! A back end behind TLS that wants to know who calls, over HTTP/1.1 or HTTP/2, with certificates made for one test.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// An authority, and the certificates that it has given out, as files: `ca.pem`, `client.pem`, `client.key`, and those of a stranger, whom
/// another authority knows.
struct Certificates {
    folder: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

/// What the back end has seen.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: AtomicUsize,
    over_http_2: AtomicUsize,
    /// Certificates that callers have shown.
    callers: Mutex<BTreeSet<Vec<u8>>>,
}

/// Runs until it is dropped.
pub struct TlsBackend {
    certificates: Certificates,
    port: u16,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

impl TlsBackend {
    /// Its certificate is for 127.0.0.1, and it takes clients of its authority only. `protocols` as in ALPN: `h2`, `http/1.1`.
    pub async fn start(protocols: &[&str]) -> Self {
        let certificates = Certificates::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(Arc::new(certificates.server(protocols)));
        let seen = Arc::new(Seen::default());
        let noted = Arc::clone(&seen);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                noted.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(acceptor.clone(), stream, Arc::clone(&noted)));
            }
        });
        Self { certificates, port, seen, accepting }
    }

    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// One of the files with certificates and keys, as TOML.
    pub fn file(&self, name: &str) -> String {
        format!("{:?}", self.path(name).to_str().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.certificates.folder.path().join(name)
    }

    /// Gives the host a new certificate with a new key, in the files of the one that it has: the certificate first, then the key.
    pub fn renew(&self) {
        self.certificates.give("client", &self.certificates.authority);
    }

    /// How many different certificates callers have shown.
    pub fn callers(&self) -> usize {
        self.seen.callers.lock().unwrap().len()
    }

    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::Relaxed)
    }

    /// Requests that came, all and over HTTP/2.
    pub fn requests(&self) -> (usize, usize) {
        (self.seen.requests.load(Ordering::Relaxed), self.seen.over_http_2.load(Ordering::Relaxed))
    }
}

impl Drop for TlsBackend {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Certificates {
    fn new() -> Self {
        let (authority, other) = (Self::authority(), Self::authority());
        let new = Self { folder: tempfile::tempdir().unwrap(), authority };
        new.write("ca.pem", &new.authority.pem());
        new.write("other-ca.pem", &other.pem());
        for (name, authority) in [("client", &new.authority), ("stranger", &other)] {
            new.give(name, authority);
        }
        new
    }

    fn give(&self, name: &str, authority: &CertifiedIssuer<'static, KeyPair>) {
        let (certificate, key) = given_out(authority, "the host");
        self.write(&format!("{name}.pem"), &certificate.pem());
        self.write(&format!("{name}.key"), &key.serialize_pem());
    }

    fn authority() -> CertifiedIssuer<'static, KeyPair> {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn server(&self, protocols: &[&str]) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
        let (certificate, key) = given_out(&self.authority, "127.0.0.1");
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config =
            builder.with_client_cert_verifier(clients).with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        config
    }
}

fn given_out(authority: &CertifiedIssuer<'static, KeyPair>, name: &str) -> (Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let names = if name.contains(' ') { Vec::new() } else { vec![name.to_owned()] };
    (CertificateParams::new(names).unwrap().signed_by(&key, authority).unwrap(), key)
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, seen: Arc<Seen>) {
    let _ = stream.set_nodelay(true);
    // A caller without the right certificate.
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first()).map(|certificate| certificate.to_vec());
    seen.callers.lock().unwrap().extend(shown);
    let answer = service_fn(move |request: Request<Incoming>| {
        seen.requests.fetch_add(1, Ordering::Relaxed);
        seen.over_http_2.fetch_add(usize::from(request.version() == Version::HTTP_2), Ordering::Relaxed);
        async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"ok")))) }
    });
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
}
