//! A stretch of network between a host and its database, which a test cuts where it hurts.

use std::sync::Arc;

use parking_lot::Mutex;
use scratch_postgres::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

/// Where the next commit is cut off.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The server never hears of it.
    BeforeTheServer,
    /// The server does it, and its answer is lost.
    BeforeTheAnswer,
}

pub(super) struct Proxy {
    port: u16,
    next: Arc<Mutex<Option<Cut>>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub(super) async fn before(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, socket) = (listener.local_addr().unwrap().port(), server.socket());
        let next = Arc::new(Mutex::new(None));
        let cut = Arc::clone(&next);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&socket).await.unwrap();
                tokio::spawn(relay(client, server, Arc::clone(&cut)));
            }
        });
        Self { port, next, accepting }
    }

    pub(super) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub(super) fn cut_the_next_commit(&self, cut: Cut) {
        *self.next.lock() = Some(cut);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Passes everything on, until an end goes away or the cut is made.
async fn relay(mut client: TcpStream, mut server: UnixStream, next: Arc<Mutex<Option<Cut>>>) {
    let (mut asked, mut told) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            Ok(length) = client.read(&mut asked) => {
                if length == 0 {
                    return;
                }
                let cut = if speaks_of_commit(&asked[..length]) { next.lock().take() } else { None };
                if cut == Some(Cut::BeforeTheServer) {
                    return;
                }
                server.write_all(&asked[..length]).await.unwrap();
                if cut == Some(Cut::BeforeTheAnswer) {
                    while !speaks_of_commit(&told) {
                        assert_ne!(server.read(&mut told).await.unwrap(), 0, "the server did not commit");
                    }
                    return;
                }
            }
            Ok(length) = server.read(&mut told) => {
                if length == 0 || client.write_all(&told[..length]).await.is_err() {
                    return;
                }
                told[..length].fill(0);
            }
            else => return,
        }
    }
}

fn speaks_of_commit(bytes: &[u8]) -> bool {
    bytes.windows(6).any(|six| six == b"COMMIT")
}
