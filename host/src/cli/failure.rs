//! How a command fails: what is printed, and with which exit code.

use std::process::ExitCode;

use crate::config::ConfigError;
use crate::store::StoreError;

/// `EX_USAGE` of sysexits(3): the command line or the configuration is wrong.
const USAGE: u8 = 64;
/// `EX_UNAVAILABLE`: something that the host needs is not there.
const UNAVAILABLE: u8 = 69;

/// A failed command.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration is well-formed, but an adapter in it does not load.
    #[error("{0}")]
    Adapter(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Findings were printed already.
    #[error("the check found problems")]
    Found,
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl CliError {
    /// Prints it to stderr and gives its exit code.
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Config(error) => {
                eprintln!("{error}");
                ExitCode::from(USAGE)
            }
            Self::Adapter(error) => {
                eprintln!("{error}");
                ExitCode::from(USAGE)
            }
            Self::Store(error) => {
                eprintln!("{error}");
                ExitCode::from(UNAVAILABLE)
            }
            Self::Found => ExitCode::from(USAGE),
            Self::Failed(error) => {
                eprintln!("ordergate: {error:#}");
                ExitCode::FAILURE
            }
        }
    }
}

/// Help and version are no failures; everything else is a usage error.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let shown = error.print();
    if error.use_stderr() || shown.is_err() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
}
