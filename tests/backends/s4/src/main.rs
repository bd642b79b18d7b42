//! The `s4-backend` program: options, the first line on stdout, signals.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use s4_backend::{Options, serve};
use tokio::signal::unix::{SignalKind, signal};

/// An S/4-shaped back end: OData V2 services with their own data.
///
/// Example: s4-backend --listen 127.0.0.1:8000
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("s4-backend: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stopped = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    let running = serve(options, stopped).await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "s4 back end listening on http://{}", running.address)?;
    stdout.flush()?;
    running.finished().await
}
