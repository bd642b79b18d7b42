//! A back end that answers as no honest one would: endless, half, never, or with what misleads. It writes bytes, not HTTP, so that nothing
//! keeps it from breaking the rules. What it does is chosen by the request's path.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Where credentials are given away in a cloud. Nothing may ever be sent there.
const METADATA: &str = "http://169.254.169.254/latest/meta-data/";

/// What the back end has seen.
#[derive(Default)]
struct Seen {
    heads: Mutex<Vec<String>>,
    requests: AtomicUsize,
    connections: AtomicUsize,
    open: AtomicUsize,
}

impl Seen {
    fn keep(&self, head: String) {
        let mut heads = self.heads.lock();
        if heads.len() < KEPT_HEADS {
            heads.push(head);
        }
    }
}

/// Runs until it is dropped.
pub struct HostileBackend {
    address: SocketAddr,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

impl HostileBackend {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let noted = Arc::clone(&seen);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                noted.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, Arc::clone(&noted)));
            }
        });
        Self { address, seen, accepting }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Heads of the first requests, each as it came.
    pub fn seen(&self) -> Vec<String> {
        self.seen.heads.lock().clone()
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::Relaxed)
    }

    /// How many connections were ever opened.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::Relaxed)
    }

    /// How many connections are open.
    pub fn open_connections(&self) -> usize {
        self.seen.open.load(Ordering::Relaxed)
    }
}

impl Drop for HostileBackend {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Heads that are kept; more are only counted.
const KEPT_HEADS: usize = 100;

async fn serve(mut stream: TcpStream, seen: Arc<Seen>) {
    seen.open.fetch_add(1, Ordering::Relaxed);
    let _ = stream.set_nodelay(true);
    let mut rest = Vec::new();
    while let Some(head) = read_head(&mut stream, &mut rest).await {
        seen.requests.fetch_add(1, Ordering::Relaxed);
        let path = head.split(' ').nth(1).unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
        seen.keep(head.clone());
        let answered = match path.as_str() {
            "echo" => echo(&mut stream, &head).await,
            path => answer(&mut stream, path).await,
        };
        if answered.is_err() {
            break;
        }
    }
    seen.open.fetch_sub(1, Ordering::Relaxed);
}

/// An error, also that of a caller who has gone away, ends the connection.
async fn answer(stream: &mut TcpStream, path: &str) -> std::io::Result<()> {
    const CUT: std::io::ErrorKind = std::io::ErrorKind::UnexpectedEof;
    match path {
        "drip" => {
            write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").await?;
            bytes_by_the_second(stream).await
        }
        "slow-head" => {
            write(stream, "HTTP/1.1 200 OK\r\nx-slow: ").await?;
            bytes_by_the_second(stream).await
        }
        "announced-gigabyte" => {
            write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n").await?;
            repeat(stream, &[b'x'; 64 * 1024], 16 * 1024).await
        }
        "endless" => {
            write(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
            let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
            repeat(stream, piece.as_bytes(), 16 * 1024).await
        }
        "large" => {
            write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 7000000\r\n\r\n").await?;
            repeat(stream, &[b'x'; 70_000], 100).await
        }
        "many-headers" => {
            write(stream, "HTTP/1.1 200 OK\r\n").await?;
            repeat(stream, b"x-many: many\r\n", 10_000_000).await
        }
        "endless-header" => {
            write(stream, "HTTP/1.1 200 OK\r\nx-endless: ").await?;
            repeat(stream, &[b'x'; 64 * 1024], 16 * 1024).await
        }
        "silent" => std::future::pending().await,
        "cut" => {
            write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await?;
            Err(CUT.into())
        }
        "closed" => Err(CUT.into()),
        "garbage" => {
            stream.write_all(b"\0\xff\xfe nonsense\r\n\r\n").await?;
            Err(CUT.into())
        }
        "two-lengths" => write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 30\r\n\r\nok").await,
        "redirect" => write(stream, &format!("HTTP/1.1 302 Found\r\nLocation: {METADATA}\r\nContent-Length: 0\r\n\r\n")).await,
        "cookies" => {
            write(stream, "HTTP/1.1 200 OK\r\nSet-Cookie: session=secret; Path=/; HttpOnly\r\nContent-Length: 2\r\n\r\nok").await
        }
        "last" => {
            write(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok").await?;
            Err(CUT.into())
        }
        _ => write(stream, OK).await,
    }
}

/// Shows what it was sent, as services for debugging do.
async fn echo(stream: &mut TcpStream, head: &str) -> std::io::Result<()> {
    let key =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("x-api-key: ").map(str::to_owned)).unwrap_or_default();
    let length = head.len();
    write(stream, &format!("HTTP/1.1 200 OK\r\nx-your-key: {key}\r\nContent-Length: {length}\r\n\r\n{head}")).await
}

async fn write(stream: &mut TcpStream, text: &str) -> std::io::Result<()> {
    stream.write_all(text.as_bytes()).await
}

async fn repeat(stream: &mut TcpStream, piece: &[u8], times: usize) -> std::io::Result<()> {
    for _ in 0..times {
        stream.write_all(piece).await?;
    }
    Ok(())
}

async fn bytes_by_the_second(stream: &mut TcpStream) -> std::io::Result<()> {
    loop {
        stream.write_all(b"x").await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// A request's head, after its body was read; what follows stays in `rest`.
async fn read_head(stream: &mut TcpStream, rest: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let whole = end + 4 + length.unwrap_or(0_usize);
            if rest.len() >= whole {
                rest.drain(..whole);
                return Some(head);
            }
        }
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
        rest.extend_from_slice(&piece[..read]);
    }
}
