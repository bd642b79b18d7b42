//! The `adf-backend` program.

use std::process::ExitCode;

use adf_backend::{Options, router};
use clap::Parser;

/// A Fusion-shaped back end: ADF resources, order promising, pricing and CPQ with their own data.
///
/// Example: adf-backend --listen 127.0.0.1:8000
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Cli::parse().options;
    backend_server::run("adf", options.listen, router(options)).await
}
