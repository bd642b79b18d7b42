//! A network in front of a back end that loses the replies that a test chooses, after the back end has done what it was asked.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Runs until it is dropped.
pub struct LosingNetwork {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    backend_port: u16,
    /// Beginnings and ends of request targets, each with its method, whose next reply is lost.
    to_lose: Mutex<Vec<(String, String)>>,
    lost: Mutex<Vec<String>>,
}

impl LosingNetwork {
    /// Before the back end on that port of this machine.
    pub async fn before(backend_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { backend_port, to_lose: Mutex::default(), lost: Mutex::default() });
        let to_all = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(carry(stream, Arc::clone(&to_all)));
            }
        });
        Self { address, shared, accepting }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Loses the reply to the next request of that method whose path ends so.
    pub fn lose_reply(&self, method: &str, path_ends: &str) {
        self.shared.to_lose.lock().push((method.to_owned(), path_ends.to_owned()));
    }

    /// Request lines whose replies were lost.
    pub fn lost(&self) -> Vec<String> {
        self.shared.lost.lock().clone()
    }
}

impl Drop for LosingNetwork {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    /// Whether the reply to this request is to be lost; each wish is granted once.
    fn loses(&self, line: &str) -> bool {
        let mut words = line.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let path = target.split('?').next().unwrap_or_default();
        let mut wishes = self.to_lose.lock();
        let wish = wishes.iter().position(|(wanted, end)| wanted == method && path.ends_with(end.as_str()));
        wish.map(|wish| wishes.remove(wish)).inspect(|_| self.lost.lock().push(line.to_owned())).is_some()
    }
}

/// One request per connection: the back end is asked to close its own, whose end is the reply's.
async fn carry(mut host: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let request = whole_request(&mut host).await?;
    let mut backend = TcpStream::connect(("127.0.0.1", shared.backend_port)).await.ok()?;
    backend.write_all(&closing(&request)).await.ok()?;
    let mut reply = Vec::new();
    backend.read_to_end(&mut reply).await.ok()?;
    let line = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
    if !shared.loses(&line) {
        host.write_all(&reply).await.ok()?;
        host.shutdown().await.ok()?;
    }
    Some(())
}

/// Head and body as they came.
async fn whole_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        if let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
            let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if request.len() >= end + 4 + length {
                return Some(request);
            }
        }
        let mut piece = vec![0; 16 * 1024];
        let read = stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&piece[..read]);
    }
}

/// The request with `Connection: close` after its first line.
fn closing(request: &[u8]) -> Vec<u8> {
    let line = request.windows(2).position(|two| two == b"\r\n").map_or(0, |end| end + 2);
    [&request[..line], b"connection: close\r\n", &request[line..]].concat()
}
