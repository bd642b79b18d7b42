//! The `s4-backend` program.

use std::process::ExitCode;

use clap::Parser;
use s4_backend::{Options, router};

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
    let options = Cli::parse().options;
    backend_server::run("s4", options.listen, router(options)).await
}
