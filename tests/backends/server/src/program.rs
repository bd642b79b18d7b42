//! The program around a back end: its address is the first line on stdout, signals end it.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

use axum::Router;
use tokio::signal::unix::{SignalKind, signal};

use crate::serve;

/// Serves until a signal comes. `name` is that of the back end, such as `s4`.
pub async fn run(name: &str, listen: SocketAddr, router: Router) -> ExitCode {
    match until_signal(name, listen, router).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}-backend: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn until_signal(name: &str, listen: SocketAddr, router: Router) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stopped = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    let running = serve(listen, router, stopped).await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{name} back end listening on http://{}", running.address)?;
    stdout.flush()?;
    running.finished().await
}
