//! P11: from starting the process to the first `200`, with the adapter in the compile cache, against a bare HTTP server started the same way.
//! Goal: at most 150 ms more.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ordergate_tests::{Client, Host, HostConfig, Process, within};

use super::{PAIRS, median};

/// Lets this program be the bare server.
pub(super) const BARE: &str = "--serve-bare";

pub(super) async fn measure() {
    let mut host = Host::start(HostConfig::for_backend("http://127.0.0.1:9", "key").at_full_speed()).await;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS * 2 {
        host.stop().await;
        let began = Instant::now();
        host.start_again().await;
        ours.push(began.elapsed().as_secs_f64() * 1e3);
        bare.push(start_bare().await);
    }
    let more: Vec<_> = ours.iter().zip(&bare).map(|(ours, bare)| ours - bare).collect();
    println!("P11 | ordergate serve | bare server | more (goal ≤ 150 ms)\n|---|---|---|");
    println!("| {:.0} ms | {:.0} ms | {:.0} ms |\n", median(&ours), median(&bare), median(&more));
}

/// Milliseconds until it answers; looked for as often as the host is.
async fn start_bare() -> f64 {
    let began = Instant::now();
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut process = Process::start("bare server", command.arg(BARE).stdin(Stdio::null()));
    let url = process.wait_for("it says its address", |process| process.stdout().lines().next().map(str::to_owned)).await;
    let client = Client::new(&url);
    let ready = async || client.get("/api/stock").await.status.is_success().then_some(());
    within(Duration::from_secs(10), "it answers", ready).await;
    began.elapsed().as_secs_f64() * 1e3
}

pub(super) async fn serve_bare() {
    println!("{}", super::stock::start().await);
    std::future::pending().await
}
