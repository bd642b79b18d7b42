//! The `ordergate` program.

use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::Builder;

/// How long a command that has ended waits for what it left on blocking threads, such as a file that cannot be read to its end. A host has
/// drained by then.
const LEFT_OVER: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let runtime = match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            eprintln!("ordergate: the threads could not be started: {cause}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(ordergate::cli::run());
    runtime.shutdown_timeout(LEFT_OVER);
    code
}
