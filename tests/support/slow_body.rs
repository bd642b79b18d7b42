//! A request whose body does not come: what a slow client, or one that means it, sends.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Announces a body and sends none of it. Returns when the host has begun to read it, or has answered otherwise: the first line of what it
/// said, and the connection, which keeps the request open.
pub async fn slow_body(api: &str, path: &str, headers: &[(&str, &str)]) -> (String, TcpStream) {
    let address = api.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await.expect("the host listens");
    let mut head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    // The host says `100 Continue` when it begins to read.
    head.push_str("content-length: 100\r\nexpect: 100-continue\r\n\r\n");
    connection.write_all(head.as_bytes()).await.expect("the head is sent");
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(connection.read_u8().await.expect("the host says something"));
    }
    (String::from_utf8_lossy(&line).trim_end().to_owned(), connection)
}
