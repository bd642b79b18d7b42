//! What the host is compared with: a bare hyper server that answers the same bytes, and nginx that has them in its cache. Each is a process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ordergate_tests::{Process, eventually};

/// Lets this program be the bare server; the body comes from a file.
pub(super) const BARE: &str = "--serve-bare";

pub(super) async fn serve_bare(file: &str) {
    let body = Bytes::from(std::fs::read(file).unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    while let Ok((connection, _)) = listener.accept().await {
        connection.set_nodelay(true).unwrap();
        let body = body.clone();
        let answer = service_fn(move |_| {
            let reply = http::Response::builder()
                .header("content-type", "application/json")
                // Lets nginx keep it.
                .header("cache-control", "max-age=3600")
                .body(Full::new(body.clone()));
            std::future::ready(reply)
        });
        tokio::spawn(async move {
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(connection), answer).await.ok();
        });
    }
}

pub(super) async fn start_bare(folder: &Path, body: &str) -> (Process, SocketAddr) {
    let file = folder.join(format!("body-{}.json", body.len()));
    std::fs::write(&file, body).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut process = Process::start("bare server", command.arg(BARE).arg(file).stdin(Stdio::null()));
    let address = process.wait_for("it says its address", |process| process.stdout().lines().next().map(str::to_owned)).await;
    (process, address.parse().unwrap())
}

/// With as many workers as there are processors. Nothing when nginx is not installed.
pub(super) async fn start_nginx(folder: &Path, behind: SocketAddr) -> Option<(Process, SocketAddr)> {
    let port = ordergate_tests::lasting_port();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let folder = folder.join("nginx");
    std::fs::create_dir_all(&folder).unwrap();
    let place = folder.display();
    let config = format!(
        "daemon off; worker_processes auto; pid {place}/pid; error_log {place}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; keepalive_requests 100000000; proxy_cache_path {place}/cache keys_zone=answers:10m;\n\
         client_body_temp_path {place}/body; proxy_temp_path {place}/temp; fastcgi_temp_path {place}/fastcgi;\n\
         uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;\n\
         server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://{behind}; proxy_cache answers; }} }} }}\n"
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config).unwrap();
    let known = Command::new("nginx").arg("-v").stderr(Stdio::null()).status().is_ok();
    if !known {
        return None;
    }
    let process = Process::start("nginx", Command::new("nginx").arg("-c").arg(file).arg("-p").arg(&folder).stdin(Stdio::null()));
    let listening = async || tokio::net::TcpStream::connect(address).await.ok().map(drop);
    ordergate_tests::within(Duration::from_secs(10), "nginx listens", listening).await;
    eventually("nginx answers from its cache", async || {
        super::wire::once(address, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.starts_with("HTTP/1.1 200").then_some(())
    })
    .await;
    Some((process, address))
}
