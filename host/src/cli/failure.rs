//! How a command fails: what is printed, and with which exit code.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use super::component::RegistryError;
use crate::adapter::LoadError;
use crate::cache::SharedError;
use crate::config::{ConfigError, Problem, locate};
use crate::events::WebhookError;
use crate::identity::{FetchError, SetupError};
use crate::store::StoreError;

/// `EX_USAGE` of sysexits(3): the command line or the configuration is wrong.
const USAGE: u8 = 64;
/// `EX_UNAVAILABLE`: something that the host needs is not there.
const UNAVAILABLE: u8 = 69;

/// A failed command.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration is wrong, or something that it names does not load.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file that was named on the command line is refused.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Findings were printed already.
    #[error("the check found problems")]
    Found,
    /// The shared cache cannot be used.
    #[error("cache.shared: {0}")]
    SharedCache(SharedError),
    /// The issuer's keys cannot be fetched, or not be used.
    #[error("access.jwt.jwks_url: {0}")]
    Issuer(FetchError),
    /// No host answers where one should.
    #[error("no host answers at {address} (--ops): {cause}")]
    NoHost { address: String, cause: String },
    /// A registry does not give or take an adapter.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The schema was told already.
    #[error("the schema is not up to date")]
    Pending,
    /// Findings were printed already; the database, the shared cache or the issuer of tokens is one of them.
    #[error("the database, the shared cache or the issuer of tokens is unavailable")]
    Unavailable,
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
            Self::Refused(error) => {
                eprintln!("{error}");
                ExitCode::from(USAGE)
            }
            Self::Store(error) => {
                eprintln!("{error}");
                ExitCode::from(UNAVAILABLE)
            }
            Self::Issuer(_) | Self::NoHost { .. } => {
                eprintln!("{self}");
                ExitCode::from(UNAVAILABLE)
            }
            Self::SharedCache(error) => {
                eprintln!("{self}");
                ExitCode::from(if matches!(error, SharedError::Config(_)) { USAGE } else { UNAVAILABLE })
            }
            Self::Registry(error) => {
                eprintln!("{error}");
                if error.is_outage() { ExitCode::from(UNAVAILABLE) } else { ExitCode::FAILURE }
            }
            Self::Pending => ExitCode::FAILURE,
            Self::Found => ExitCode::from(USAGE),
            Self::Unavailable => ExitCode::from(UNAVAILABLE),
            Self::Failed(error) => {
                eprintln!("ordergate: {error:#}");
                ExitCode::FAILURE
            }
        }
    }
}

/// The causes of an error in one line.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// What keeps adapters from loading, at its place in the configuration.
pub(super) fn adapter_problems(file: &Path, error: &LoadError) -> Vec<Problem> {
    let located = |problem: &crate::adapter::LoadProblem| located(file, &problem.place, problem.cause.to_string(), "A001");
    error.problems.iter().map(located).collect()
}

/// A public key that does not fit, at its place in the configuration.
pub(super) fn key_problem(file: &Path, error: &SetupError) -> Problem {
    located(file, error.option(), error.to_string(), "C020")
}

/// A webhook that cannot be delivered to, at its place in the configuration.
pub(super) fn webhook_problem(file: &Path, error: &WebhookError) -> Option<Problem> {
    error.problem().map(|(place, message)| located(file, &place, message, "C062"))
}

fn located(file: &Path, path: &str, message: String, code: &'static str) -> Problem {
    let (line, column) = locate(file, path);
    Problem { line, column, path: path.to_owned(), message, code }
}

/// Help and version are no failures; everything else is a usage error.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let shown = error.print();
    if error.use_stderr() || shown.is_err() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
}
