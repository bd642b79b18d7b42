//! Ports that stay ours over a restart.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A free port of this machine, below the range from which the system gives ports to outgoing connections: nobody takes it while its
/// server is stopped. Never the same twice in one test program.
pub fn lasting_port() -> u16 {
    let start = u16::try_from(std::process::id() * 37 % 16_000).unwrap();
    for _ in 0..4_000 {
        let port = 12_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}
