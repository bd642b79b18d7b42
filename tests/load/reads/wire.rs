//! A client that costs next to nothing: the same request again and again over kept connections, replies read to their end and not looked at.

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
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.set_nodelay(true).unwrap();
    let (mut answered, mut reply) = (0, Vec::with_capacity(64 * 1024));
    while Instant::now() < ends {
        connection.write_all(&request).await.unwrap();
        reply.clear();
        while !is_whole(&reply) {
            assert_ne!(
                connection.read_buf(&mut reply).await.unwrap(),
                0,
                "the server closed: {}",
                String::from_utf8_lossy(&reply)
            );
        }
        assert!(reply.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&reply));
        answered += 1;
    }
    answered
}

/// One reply.
pub(super) async fn once(address: SocketAddr, request: &str) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    while !is_whole(&reply) {
        assert_ne!(connection.read_buf(&mut reply).await.unwrap(), 0, "the server closed");
    }
    String::from_utf8(reply).unwrap()
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
