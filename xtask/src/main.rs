//! Work on Ordergate: `cargo xtask demo`, `cargo xtask test`, `cargo xtask ci`, `cargo xtask torture`. Builds and starts the real programs; holds no logic of theirs.

mod artifacts;
mod authors;
mod cargo;
mod ci;
mod client;
mod demo;
mod failures;
mod interrupt;
mod process;
mod sdks;
mod servers;
mod story;
mod suites;
mod torture;
mod tryton;
mod wrong;

use clap::{Args, Parser, Subcommand};

/// Build, show and check Ordergate.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Start a demo back end and a host in front of it, and print lines to paste. Ctrl-C stops both.
    Demo(demo::DemoArgs),
    /// Install what the tests need, build, and run every test.
    Test(TestArgs),
    /// Kill hosts without warning while customers order and the network fails, thousands of times, and look whether every promise was kept.
    Torture(torture::TortureArgs),
    /// Everything that must pass before a change is taken: formatting, lints, lock file, docs, tests and the demo's story.
    Ci(NetworkArgs),
}

#[derive(Args)]
struct TestArgs {
    /// Run this suite only; may be given several times.
    #[arg(long, value_name = "SUITE", value_enum)]
    only: Vec<suites::Suite>,
    #[command(flatten)]
    network: NetworkArgs,
}

#[derive(Args)]
struct NetworkArgs {
    /// Install and download nothing.
    #[arg(long)]
    offline: bool,
}

impl NetworkArgs {
    fn network(&self) -> cargo::Network {
        if self.offline { cargo::Network::Offline } else { cargo::Network::Allowed }
    }
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().verb {
        Verb::Demo(args) => demo::run(&args),
        Verb::Test(args) => suites::run(&args.only, args.network.network()),
        Verb::Torture(args) => torture::torture(&args),
        Verb::Ci(args) => ci::run(args.network()),
    }
}
