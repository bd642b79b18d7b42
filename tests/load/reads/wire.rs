//! A client that costs next to nothing: requests over kept connections, replies read to their end and not looked at.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Requests per second that `connections` get answered with 200 in so much time.
pub(super) async fn load(address: SocketAddr, request: &str, connections: usize, time: Duration) -> f64 {
    let began = Instant::now();
    let ends = began + time;
    let clients: Vec<_> =
        (0..connections).map(|_| tokio::spawn(client(address, request.to_owned().into_bytes(), ends))).collect();
    let mut answered = 0;
    for client in clients {
        answered += client.await.unwrap();
    }
    answered as f64 / began.elapsed().as_secs_f64()
}

async fn client(address: SocketAddr, request: Vec<u8>, ends: Instant) -> u64 {
    let (mut connection, mut answered) = (Connection::open(address).await, 0);
    while Instant::now() < ends {
        connection.ask(&request, 200).await;
        answered += 1;
    }
    answered
}

/// One reply.
pub(super) async fn once(address: SocketAddr, request: &str) -> String {
    let mut connection = Connection::open(address).await;
    connection.exchange(request.as_bytes()).await;
    String::from_utf8(connection.reply).unwrap()
}

/// One connection, which is kept.
pub(super) struct Connection {
    stream: TcpStream,
    reply: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, reply: Vec::with_capacity(64 * 1024) }
    }

    /// One exchange, which must end with this status.
    pub(super) async fn ask(&mut self, request: &[u8], status: u16) {
        self.exchange(request).await;
        let is_expected = self.reply.starts_with(format!("HTTP/1.1 {status}").as_bytes());
        assert!(is_expected, "{}", String::from_utf8_lossy(&self.reply));
    }

    async fn exchange(&mut self, request: &[u8]) {
        self.stream.write_all(request).await.unwrap();
        self.reply.clear();
        while !is_whole(&self.reply) {
            let read = self.stream.read_buf(&mut self.reply).await.unwrap();
            assert_ne!(read, 0, "the server closed: {}", String::from_utf8_lossy(&self.reply));
        }
    }
}

pub(super) fn body(reply: &str) -> &str {
    reply.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

/// Head and as much body as it says.
fn is_whole(reply: &[u8]) -> bool {
    let Some(head) = reply.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let name = b"content-length:";
    let length = reply[..head].windows(name.len()).position(|window| window.eq_ignore_ascii_case(name)).map_or(0, |at| {
        let digits =
            reply[at + name.len()..head].iter().skip_while(|byte| **byte == b' ').take_while(|byte| byte.is_ascii_digit());
        digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'))
    });
    reply.len() >= head + 4 + length
}
