//! The `demo-backend` program: options, the first line on stdout, signals.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use demo_backend::{Options, serve};
use tokio::signal::unix::{SignalKind, signal};

/// A small but real back end of record, with its own data and HTTP interface.
///
/// Example: demo-backend --listen 127.0.0.1:7070 --data nordwind.json
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
            // The message names its cause already; a chain would say it twice.
            eprintln!("demo-backend: {error}");
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
    writeln!(stdout, "demo back end listening on http://{}", running.address)?;
    stdout.flush()?;
    running.finished().await?;
    Ok(())
}
