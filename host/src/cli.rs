//! The command line: data on stdout, everything else on stderr. Exit codes: 0 ok, 1 failed, 64 usage or configuration, 69 a dependency is
//! unavailable.

mod cache;
mod check;
mod component;
mod customers;
mod failure;
mod findings;
mod operate;
mod orders;
mod pushes;
mod running_host;
mod serve;
mod webhooks;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

pub use failure::CliError;

use crate::adapter;

/// Connects storefronts to a back end of record through sandboxed WebAssembly adapters.
#[derive(Debug, Parser)]
#[command(name = "ordergate", version, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Args)]
struct ConfigFile {
    /// The configuration file.
    #[arg(long = "config", short = 'c', env = "ORDERGATE_CONFIG", default_value = "ordergate.toml", value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the host until SIGTERM or Ctrl-C.
    #[command(
        after_help = "Example: ordergate serve --config /etc/ordergate/ordergate.toml\nEnvironment: ORDERGATE_LOG sets the log filter (default \"info\"), ORDERGATE_CACHE_DIR the folder for compiled adapters."
    )]
    Serve {
        #[command(flatten)]
        config: ConfigFile,
        /// Write the bound addresses there as JSON once the host is ready (for ports chosen by the system).
        #[arg(long, env = "ORDERGATE_ADDRESSES_FILE", value_name = "FILE")]
        addresses: Option<PathBuf>,
    },
    /// Check the configuration, the adapters and the database without serving.
    #[command(
        after_help = "Example: ordergate check --config ordergate.toml --json\nExit code 64: the configuration is wrong; 69: the database, the shared cache or the issuer of tokens is unavailable."
    )]
    Check {
        #[command(flatten)]
        config: ConfigFile,
        /// Findings as JSON on stdout.
        #[arg(long)]
        json: bool,
    },
    /// Configuration examples.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Adapter components, and the adapters of a running host.
    #[command(subcommand)]
    Adapter(AdapterCommand),
    /// What a running host has cached.
    #[command(subcommand)]
    Cache(cache::CacheCommand),
    /// Orders and quotes of a running host that wait for a person.
    #[command(subcommand, visible_alias = "quotes")]
    Orders(orders::OrdersCommand),
    /// What the back ends have otherwise than they should.
    #[command(subcommand)]
    Findings(findings::FindingsCommand),
    /// Customers of whom a running host keeps something.
    #[command(subcommand)]
    Customers(customers::CustomersCommand),
    /// Those outside who are told of events by a running host.
    #[command(subcommand)]
    Webhooks(webhooks::WebhooksCommand),
    /// Bring the database's schema up to date.
    #[command(
        after_help = "Example: ordergate migrate --config ordergate.toml\n`serve` does the same when it starts.\nExit code 69: the database is unavailable, or was made by a newer version."
    )]
    Migrate {
        #[command(flatten)]
        config: ConfigFile,
        /// Change nothing, only tell whether the schema is up to date; exit code 1 when it is not.
        #[arg(long)]
        check: bool,
    },
    /// Print the OpenAPI document of the storefront API.
    #[command(after_help = "Example: ordergate openapi > openapi.json")]
    Openapi,
    /// Inspect or compile one component from stdin to stdout, within limits. The host runs it in a child process.
    #[command(hide = true, name = adapter::compiler::COMMAND)]
    CompileAdapter,
    /// Print what makes a shell complete commands and options.
    #[command(after_help = "Example: ordergate completions bash > /etc/bash_completion.d/ordergate")]
    Completions {
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the version.
    Version {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print a complete configuration with every option explained.
    #[command(after_help = "Example: ordergate config example > ordergate.toml")]
    Example,
}

#[derive(Debug, Subcommand)]
enum AdapterCommand {
    /// Begin an adapter: a folder with one that works, in Rust, JavaScript or Python.
    New(component::NewArgs),
    /// Build an adapter's folder with its language's own tools, and check the component.
    Build(component::BuildArgs),
    /// Check whether a host would load a component, and whether it would do well there.
    Check(component::CheckArgs),
    /// Show what a component is before anything of it runs: signer, contract, imports, operations, size.
    Inspect(component::InspectArgs),
    /// Try a mapping out: show what an operation would send, and what becomes of a reply. Nothing is sent.
    Map(component::MapArgs),
    /// Prove an adapter before its back end's test system. Places real orders there.
    Test(component::TestArgs),
    /// Check a component's signature.
    Verify(component::VerifyArgs),
    /// Sign a component.
    Sign(component::SignArgs),
    /// Make a key pair for signing components.
    Keygen(component::KeygenArgs),
    /// Put a component and its signature into an OCI registry.
    Push(component::PushArgs),
    /// Get a component and its signature from an OCI registry.
    Pull(component::PullArgs),
    /// Make a component the pinned one of an adapter.
    Add(component::AddArgs),
    #[command(flatten)]
    Operate(operate::OperateCommand),
}

/// Runs a command and tells how it ended.
pub async fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return failure::usage(&error),
    };
    match dispatch(cli.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

async fn dispatch(command: Command) -> Result<(), CliError> {
    adapter::compiler::use_children();
    match command {
        Command::Serve { config, addresses } => serve::serve(&config.file, addresses.as_deref()).await,
        Command::Check { config, json } => check::check(&config.file, json).await,
        Command::Config(ConfigCommand::Example) => print(crate::config::EXAMPLE),
        Command::Adapter(AdapterCommand::New(args)) => component::new(&args),
        Command::Adapter(AdapterCommand::Build(args)) => component::build(&args).await,
        Command::Adapter(AdapterCommand::Check(args)) => component::check(&args).await,
        Command::Adapter(AdapterCommand::Inspect(args)) => component::inspect(&args).await,
        Command::Adapter(AdapterCommand::Map(args)) => component::map(&args).await,
        Command::Adapter(AdapterCommand::Test(args)) => Box::pin(component::test(&args)).await,
        Command::Adapter(AdapterCommand::Verify(args)) => component::verify(&args),
        Command::Adapter(AdapterCommand::Sign(args)) => component::sign(&args).await,
        Command::Adapter(AdapterCommand::Keygen(args)) => component::keygen(&args),
        Command::Adapter(AdapterCommand::Push(args)) => component::push(&args).await,
        Command::Adapter(AdapterCommand::Pull(args)) => component::pull(&args).await,
        Command::Adapter(AdapterCommand::Add(args)) => component::add(&args).await,
        Command::Adapter(AdapterCommand::Operate(command)) => operate::operate(command).await,
        Command::Cache(command) => cache::cache(command).await,
        Command::Orders(command) => orders::orders(command).await,
        Command::Findings(command) => findings::findings(command).await,
        Command::Customers(command) => customers::customers(command).await,
        Command::Webhooks(command) => webhooks::webhooks(command).await,
        Command::Migrate { config, check } => check::migrate(&config.file, check).await,
        Command::Openapi => {
            let document = crate::api::openapi_document().to_pretty_json().map_err(|error| CliError::Failed(error.into()))?;
            print(&document)
        }
        Command::CompileAdapter => adapter::compiler::serve().await.map_err(|error| CliError::Failed(error.into())),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "ordergate", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
        Command::Version { json: true } => {
            print(&format!("{{\"name\": \"ordergate\", \"version\": \"{}\"}}", env!("CARGO_PKG_VERSION")))
        }
        Command::Version { json: false } => print(concat!("ordergate ", env!("CARGO_PKG_VERSION"))),
    }
}

/// Data goes to stdout; a closed pipe is no failure. What adapters, back ends and customers wrote must not steer the terminal.
fn print(text: &str) -> Result<(), CliError> {
    use std::io::Write;
    match writeln!(std::io::stdout(), "{}", printable(text.trim_end())) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(CliError::Failed(error.into())),
        _ => Ok(()),
    }
}

fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() && !"\n\t".contains(letter) { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_elses_words_steer_the_terminal() {
        assert_eq!(printable("rest\u{1b}[2J\r\u{9b}1m"), "rest\u{fffd}[2J\u{fffd}\u{fffd}1m");
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
