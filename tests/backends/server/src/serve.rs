//! The server: binds, serves each connection itself so that faults can close one without an answer, and stops gracefully.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use anyhow::Context;
use axum::{Router, body::Body, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use tower::ServiceExt;

use crate::fault::Sever;

/// How long open requests may take after a stop was asked for.
const GRACE: Duration = Duration::from_secs(3);
/// Slower request heads, and connections idle for longer, are closed.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// A back end that is listening.
pub struct Running {
    /// Where it listens, with the port that was really taken.
    pub address: SocketAddr,
    served: JoinHandle<()>,
}

impl Running {
    /// Waits until the back end has stopped.
    pub async fn finished(self) -> anyhow::Result<()> {
        self.served.await.context("the server task ended early")
    }
}

/// Starts a back end; it runs until `shutdown` ends.
pub async fn serve(
    listen: SocketAddr,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<Running> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("{listen}: cannot listen there; choose another address with --listen"))?;
    let address = listener.local_addr()?;
    Ok(Running { address, served: tokio::spawn(run(router, listener, shutdown)) })
}

async fn run(router: Router, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(connection(stream, router.clone(), graceful.watcher())); }
                // Out of file handles, most likely: let others end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    let _ = timeout(GRACE, graceful.shutdown()).await;
    connections.shutdown().await;
}

/// Serves one connection until it ends. An error closes it; there is nobody to tell.
async fn connection(stream: TcpStream, router: Router, watcher: Watcher) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(request, router.clone()));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let _ = watcher.watch(served).await;
}

/// The connection is closed without an answer.
#[derive(Debug)]
struct Severed;

impl std::fmt::Display for Severed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut by a fault rule")
    }
}

impl std::error::Error for Severed {}

async fn answer(request: hyper::Request<Incoming>, router: Router) -> Result<Response, Severed> {
    let answered: Result<Response, Infallible> = router.oneshot(request.map(Body::new)).await;
    let Ok(response) = answered;
    if response.extensions().get::<Sever>().is_some() { Err(Severed) } else { Ok(response) }
}
