//! The `ordergate` program.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    ordergate::cli::run().await
}
