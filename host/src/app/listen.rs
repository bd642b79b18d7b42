//! A port: accepts connections, bounds how long a client may take for its headers, and lets requests in flight end when it stops.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::ServerConfig;

/// A port that is being served.
pub(super) struct Listener {
    task: JoinHandle<GracefulShutdown>,
    stop: CancellationToken,
}

/// Binds an address; the error names the option.
pub(super) async fn bind(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} ({option}): is another process using it?"))
}

impl Listener {
    /// Serves until it is told to stop.
    pub(super) fn serve(listener: TcpListener, routes: Router, config: &ServerConfig) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let mut builder = Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(config.header_read_timeout());
        builder.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(20)).max_concurrent_streams(256);
        let task = tokio::spawn(async move {
            let connections = GracefulShutdown::new();
            loop {
                tokio::select! {
                    () = stopped.cancelled() => return connections,
                    accepted = listener.accept() => match accepted {
                        Ok((stream, _)) => serve_connection(stream, &builder, routes.clone(), &connections),
                        // Out of file descriptors, or a client that is gone: the next accept may work.
                        Err(cause) => {
                            tracing::warn!(error = %cause, "a connection was not accepted");
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                    },
                }
            }
        });
        Self { task, stop }
    }

    /// Accepts no more and waits for the requests in flight, at most so long.
    pub(super) async fn stop(self, deadline: Duration) {
        self.stop.cancel();
        let Ok(connections) = self.task.await else { return };
        if tokio::time::timeout(deadline, connections.shutdown()).await.is_err() {
            tracing::warn!("requests were still running when the time to drain was over");
        }
    }
}

fn serve_connection(stream: TcpStream, builder: &Builder<TokioExecutor>, routes: Router, connections: &GracefulShutdown) {
    if let Err(cause) = stream.set_nodelay(true) {
        tracing::debug!(error = %cause, "no TCP_NODELAY");
    }
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes)).into_owned();
    let watched = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(cause) = watched.await {
            tracing::debug!(error = %cause, "a connection ended with an error");
        }
    });
}
