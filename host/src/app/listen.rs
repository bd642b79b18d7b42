//! A port: accepts connections, bounds how many there are and how long each may do nothing, and lets requests in flight end when it stops.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::body::Body;
use http_body_util::{BodyExt, Either};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Service, service_fn};
use tower_http::compression::{Compression, CompressionBody};

use super::activity::{Activity, Running};
use crate::api::{Front, LongLived, Peer};
use crate::clock::Clock;

/// Of one HTTP/1 connection; also bounds its headers.
const HTTP1_BUFFER_BYTES: usize = 64 * 1024;
const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(20);
const HTTP2_PING_TIMEOUT: Duration = Duration::from_secs(10);
const HTTP2_STREAMS: u32 = 256;

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// At the same time; more are closed at once.
    pub connections: usize,
    /// From accepting to the end of the first request's headers; for headers of later ones in HTTP/1.
    pub headers: Duration,
    /// Between two requests.
    pub idle: Duration,
}

/// A port that is being served.
pub(super) struct Listener {
    task: JoinHandle<()>,
    connections: TaskTracker,
    stop: CancellationToken,
}

/// Binds an address; the error names the option.
pub(super) async fn bind(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} ({option}): is another process using it?"))
}

impl Listener {
    /// Serves until it is told to stop. `port` labels the metrics.
    pub(super) fn serve(port: &'static str, listener: TcpListener, front: Front, bounds: Bounds, clock: &Clock) -> Self {
        let stop = CancellationToken::new();
        let connections = TaskTracker::new();
        let places = Arc::new(Semaphore::new(bounds.connections));
        let serving = Serving { port, builder: builder(&bounds), front, bounds, clock: clock.clone(), stop: stop.clone() };
        let (stopped, tracker) = (stop.clone(), connections.clone());
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = stopped.cancelled() => return,
                    accepted = listener.accept() => match accepted {
                        Ok((stream, peer)) => match Arc::clone(&places).try_acquire_owned() {
                            Ok(place) => drop(tracker.spawn(serving.clone().run(stream, Peer(peer.ip()), place))),
                            Err(_) => metrics::counter!("ordergate_connections_shed_total", "port" => port).increment(1),
                        },
                        // Out of file descriptors, or a client that is gone: the next accept may work.
                        Err(cause) => {
                            tracing::warn!(error = %cause, "a connection was not accepted");
                            sleep(Duration::from_millis(20)).await;
                        }
                    },
                }
            }
        });
        Self { task, connections, stop }
    }

    /// Accepts no more and waits for the requests in flight, at most so long.
    pub(super) async fn stop(self, deadline: Duration) {
        self.stop.cancel();
        if self.task.await.is_err() {
            return;
        }
        self.connections.close();
        if tokio::time::timeout(deadline, self.connections.wait()).await.is_err() {
            tracing::warn!("requests were still running when the time to drain was over");
        }
    }
}

fn builder(bounds: &Bounds) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(bounds.headers).max_buf_size(HTTP1_BUFFER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HTTP2_PING_INTERVAL)
        .keep_alive_timeout(HTTP2_PING_TIMEOUT)
        .max_concurrent_streams(HTTP2_STREAMS);
    builder
}

/// What all connections of a port share.
#[derive(Clone)]
struct Serving {
    port: &'static str,
    builder: Builder<TokioExecutor>,
    front: Front,
    bounds: Bounds,
    clock: Clock,
    stop: CancellationToken,
}

impl Serving {
    /// Serves one connection to its end. It is told to close when the port stops, which waits for it, or when nothing is asked for too
    /// long; an idle client that does not close in time is cut off, and so is one that does not read its answer.
    async fn run(self, stream: TcpStream, peer: Peer, _place: OwnedSemaphorePermit) {
        if let Err(cause) = stream.set_nodelay(true) {
            tracing::debug!(error = %cause, "no TCP_NODELAY");
        }
        let activity = Activity::default();
        let (front, requests) = (self.front, activity.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (running, front) = (requests.begin(), front.clone());
            async move {
                let response = front.answer(request, peer).await;
                Ok::<_, Infallible>(occupying(response, running))
            }
        });
        let service = TowerToHyperService::new(compressing(service));
        let mut connection = pin!(self.builder.serve_connection(TokioIo::new(stream), service));
        let closing_time = tokio::select! {
            ended = connection.as_mut() => return log_end(ended),
            () = self.stop.cancelled() => Duration::MAX,
            () = activity.idle(&self.clock, self.bounds.headers, self.bounds.idle) => {
                metrics::counter!("ordergate_connections_idle_total", "port" => self.port).increment(1);
                self.bounds.headers
            }
        };
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            ended = connection => log_end(ended),
            () = self.clock.sleep(closing_time) => tracing::debug!("an idle connection that did not close was cut"),
        }
    }
}

/// Of an answer that is told for long, the connection is in use until its end; of any other, until it is there.
fn occupying(response: Response<Body>, running: Running) -> Response<Body> {
    if response.extensions().get::<LongLived>().is_none() {
        return response;
    }
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _in_use = &running;
            frame
        }))
    })
}

/// Compresses the answers to those who take them compressed. The others are spared the layer: on a cached read it is felt.
fn compressing<S>(
    service: S,
) -> impl Service<Request<Incoming>, Response = Response<Either<CompressionBody<Body>, Body>>, Error = Infallible, Future: Send> + Clone
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send,
{
    service_fn(move |request: Request<Incoming>| {
        let mut service = service.clone();
        let is_taken = takes_compressed(request.headers());
        async move {
            match is_taken {
                true => Ok(Compression::new(service).call(request).await?.map(Either::Left)),
                false => Ok(service.call(request).await?.map(Either::Right)),
            }
        }
    })
}

fn takes_compressed(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.any(|value| value.contains("gzip") || value.contains('*'))
}

/// A client that breaks off is no defect.
fn log_end(ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(cause) = ended {
        tracing::debug!(error = %cause, "a connection ended with an error");
    }
}

#[cfg(test)]
mod tests;
