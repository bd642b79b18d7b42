//! Raw clients against a port: what they may hold and for how long.

use super::*;
use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(60);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n";
const LAST_REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n";

const BOUNDS: Bounds = Bounds { connections: 8, headers: LONG, idle: LONG };

async fn served(bounds: Bounds, routes: Router) -> SocketAddr {
    served_by(&Clock::system(), bounds, routes).await
}

async fn served_by(clock: &Clock, bounds: Bounds, routes: Router) -> SocketAddr {
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0)), "test").await.unwrap();
    let address = listener.local_addr().unwrap();
    let _runs_on = Listener::serve("test", listener, Front::open(routes), bounds, clock);
    address
}

fn hello() -> Router {
    Router::new().route("/", get(async || "hello"))
}

/// Sends bytes and reads until the port closes the connection.
async fn answer(address: SocketAddr, bytes: &'static [u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    rest(stream).await
}

async fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    // A reset is an end, too.
    let _ = tokio::time::timeout(LONG, stream.read_to_end(&mut read)).await.expect("the port closes the connection");
    read
}

/// Lets time go by, and lets whoever waited for it have a turn.
async fn pass(clock: &Clock, time: Duration) {
    clock.advance(time.try_into().unwrap());
    tokio::task::yield_now().await;
}

async fn read_some(stream: &mut TcpStream) -> String {
    let mut buffer = [0; 1024];
    let count = stream.read(&mut buffer).await.unwrap();
    String::from_utf8_lossy(&buffer[..count]).into_owned()
}

#[tokio::test]
async fn a_client_that_never_asks_is_closed_whichever_protocol_it_began() {
    let address = served(Bounds { headers: SHORT, ..BOUNDS }, hello()).await;
    for begun in [&b""[..], b"P", &PREFACE[..10], PREFACE, b"GET / HTTP/1.1\r\nhost"] {
        answer(address, begun).await;
    }
}

#[tokio::test]
async fn a_connection_on_which_nothing_more_is_asked_is_closed() {
    let address = served(Bounds { idle: SHORT, headers: SHORT, ..BOUNDS }, hello()).await;
    let answer = answer(address, REQUEST).await;
    assert!(String::from_utf8_lossy(&answer).ends_with("hello"));
}

#[tokio::test]
async fn a_request_that_takes_longer_than_the_idle_time_is_answered() {
    let (begun, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (started, ended) = (Arc::clone(&begun), Arc::clone(&end));
    let slow = get(async move || {
        started.notify_one();
        ended.notified().await;
        "slow"
    });
    let clock = Clock::manual(Timestamp::UNIX_EPOCH);
    let address = served_by(&clock, Bounds { idle: SHORT, ..BOUNDS }, Router::new().route("/", slow)).await;
    // Another connection shows when more time has passed than one on which nothing runs is given.
    let silent = tokio::spawn(answer(address, b""));
    let asked = tokio::spawn(answer(address, LAST_REQUEST));
    begun.notified().await;
    while !silent.is_finished() {
        pass(&clock, LONG).await;
    }
    pass(&clock, LONG).await;
    pass(&clock, LONG).await;
    end.notify_one();
    assert!(String::from_utf8_lossy(&asked.await.unwrap()).ends_with("slow"));
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_at_once_and_a_closed_one_makes_room() {
    let address = served(Bounds { connections: 1, ..BOUNDS }, hello()).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(REQUEST).await.unwrap();
    assert!(read_some(&mut first).await.ends_with("hello"));
    assert!(rest(TcpStream::connect(address).await.unwrap()).await.is_empty(), "no place");
    drop(first);
    loop {
        let mut next = TcpStream::connect(address).await.unwrap();
        let _ = next.write_all(LAST_REQUEST).await;
        if rest(next).await.ends_with(b"hello") {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn stopping_closes_what_is_idle_and_waits_for_what_runs() {
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0)), "test").await.unwrap();
    let address = listener.local_addr().unwrap();
    let port = Listener::serve("test", listener, Front::open(hello()), BOUNDS, &Clock::system());
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(REQUEST).await.unwrap();
    assert!(read_some(&mut idle).await.ends_with("hello"));
    port.stop(LONG).await;
    assert!(rest(idle).await.is_empty());
}
