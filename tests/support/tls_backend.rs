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
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::certificates::Certificates;

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
        let acceptor = TlsAcceptor::from(Arc::new(certificates.server_that_knows_its_clients(protocols)));
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
        self.certificates.path(name)
    }

    /// Gives the host a new certificate with a new key, in the files of the one that it has: the certificate first, then the key.
    pub fn renew(&self) {
        self.certificates.renew_client();
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
