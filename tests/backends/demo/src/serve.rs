//! The server: binds, serves each connection itself so that faults can close one without an answer, keeps the clock ticking and the data
//! file written, and stops gracefully.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::{MissedTickBehavior, interval, timeout},
};
use tower::ServiceExt;

use crate::{
    faults::Sever,
    http::{self, Company, Peer},
    options::Options,
    save::SaveError,
    shop::Shop,
};

/// How long open requests may take after a stop was asked for.
const GRACE: Duration = Duration::from_secs(3);
/// Slower request heads, and connections idle for longer, are closed: later than any caller of the tests lets one idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
const TICK: Duration = Duration::from_millis(250);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("{address}: cannot listen there: {source} (choose another address with --listen)")]
    Listen { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Data(#[from] SaveError),
    #[error("the server task ended early: {0}")]
    Ended(#[from] tokio::task::JoinError),
}

/// A back end that is listening.
pub struct Running {
    /// Where it listens, with the port that was really taken.
    pub address: SocketAddr,
    served: JoinHandle<Result<(), SaveError>>,
}

impl Running {
    /// Waits until the back end has stopped and its data is written.
    pub async fn finished(self) -> Result<(), ServeError> {
        self.served.await?.map_err(ServeError::from)
    }
}

/// Starts the back end; it runs until `shutdown` ends.
pub async fn serve(options: Options, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<Running, ServeError> {
    let listen = options.listen;
    let shop = Shop::open(options)?;
    let refused = |source| ServeError::Listen { address: listen, source };
    let listener = TcpListener::bind(listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let served = tokio::spawn(run(shop, listener, shutdown));
    Ok(Running { address, served })
}

async fn run(shop: Company, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<(), SaveError> {
    let mut background = JoinSet::new();
    background.spawn(keep_time(Arc::clone(&shop)));
    background.spawn(move_stock(Arc::clone(&shop)));
    background.spawn(Arc::clone(&shop).keep_saving());
    background.spawn(Arc::clone(&shop.push).keep_sending());
    let router = http::router(Arc::clone(&shop));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => { connections.spawn(connection(stream, peer, router.clone(), graceful.watcher())); }
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
    background.shutdown().await;
    shop.save_now()
}

/// Serves one connection until it ends. An error closes it; there is nobody to tell.
async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, watcher: Watcher) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(request, peer, router.clone()));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let _ = watcher.watch(served).await;
}

/// The connection is closed without an answer, as a fault rule wants it.
#[derive(Debug, thiserror::Error)]
#[error("cut by a fault rule")]
struct Severed;

async fn answer(request: Request<Incoming>, peer: SocketAddr, router: Router) -> Result<Response, Severed> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Peer(peer.ip()));
    let answered: Result<Response, Infallible> = router.oneshot(request).await;
    let Ok(response) = answered;
    if response.extensions().get::<Sever>().is_some() { Err(Severed) } else { Ok(response) }
}

async fn keep_time(shop: Company) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        shop.tick();
    }
}

async fn move_stock(shop: Company) {
    let every = shop.pace().stock_moves_every;
    let Ok(every) = Duration::try_from(every) else { return };
    if every.is_zero() {
        return;
    }
    loop {
        tokio::time::sleep(every).await;
        shop.move_stock();
    }
}
