//! A stretch of network between a host and its database, which a test cuts where it hurts.

use std::sync::Arc;

use parking_lot::Mutex;
use scratch_postgres::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

/// Asks for a commit, and says that it is done.
const COMMIT: &[u8] = b"COMMIT";

/// Where the next one is cut off.
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

    /// Cuts the connection at the next commit.
    pub(super) fn cut_the_next(&self, cut: Cut) {
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
    let mut is_swallowed = false;
    loop {
        tokio::select! {
            Ok(length) = client.read(&mut asked) => {
                if length == 0 {
                    return;
                }
                match next.lock().take_if(|_| speaks_of_a_commit(&asked[..length])) {
                    Some(Cut::BeforeTheServer) => return,
                    Some(Cut::BeforeTheAnswer) => is_swallowed = true,
                    None => {}
                }
                server.write_all(&asked[..length]).await.unwrap();
            }
            Ok(length) = server.read(&mut told) => {
                let is_cut = is_swallowed && speaks_of_a_commit(&told[..length]);
                if length == 0 || is_cut || client.write_all(&told[..length]).await.is_err() {
                    return;
                }
            }
            else => return,
        }
    }
}

fn speaks_of_a_commit(bytes: &[u8]) -> bool {
    bytes.windows(COMMIT.len()).any(|some| some == COMMIT)
}
