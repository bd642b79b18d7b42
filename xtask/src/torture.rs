//! `cargo xtask torture`: the long form of the torture suite, on every database and number of hosts, or on those that are named.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::cargo::{Network, Workspace, run};
use crate::{artifacts, servers};

/// Storms of each kind: one before each kind of back end.
const STORMS: usize = 2;

#[derive(Args)]
pub(crate) struct TortureArgs {
    /// As short as in `cargo xtask test`.
    #[arg(long, conflicts_with_all = ["orders", "kills"])]
    short: bool,
    /// Decides what customers do, what fails and when hosts are killed; drawn, and shown, when left out.
    #[arg(long)]
    seed: Option<u64>,
    /// Orders over all storms.
    #[arg(long, default_value_t = 10_000)]
    orders: usize,
    /// Killed hosts over all storms.
    #[arg(long, default_value_t = 300)]
    kills: usize,
    /// On this database only.
    #[arg(long, value_enum)]
    store: Option<Database>,
    /// With so many hosts only: 1 or 2.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=2))]
    hosts: Option<u8>,
    /// Install and download nothing.
    #[arg(long)]
    offline: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

/// What a storm runs on, and the test that carries it out.
const KINDS: [(Database, u8, &str); 3] = [
    (Database::Sqlite, 1, "sqlite_with_one_host"),
    (Database::Postgres, 1, "postgres_with_one_host"),
    (Database::Postgres, 2, "postgres_with_two_hosts"),
];

pub(crate) fn torture(args: &TortureArgs) -> Result<()> {
    let network = if args.offline { Network::Offline } else { Network::Allowed };
    let workspace = Workspace::find(network)?;
    let kinds = args.kinds()?;
    servers::install(network)?;
    artifacts::build(&workspace)?;
    let seed = args.seed.map_or_else(draw, Ok)?;
    let mut command = workspace.cargo(["test", "--workspace", "--test", "torture", "--"]);
    command.args(&kinds).args(["--exact", "--nocapture", "--test-threads=1"]).env("ORDERGATE_TORTURE_SEED", seed.to_string());
    if !args.short {
        let each = |number: usize| number.div_ceil(kinds.len() * STORMS).to_string();
        command.env("ORDERGATE_TORTURE_ORDERS", each(args.orders)).env("ORDERGATE_TORTURE_KILLS", each(args.kills));
    }
    eprintln!("seed {seed}");
    run(&mut command)
}

impl TortureArgs {
    /// The tests that were asked for.
    fn kinds(&self) -> Result<Vec<&'static str>> {
        let is_wanted =
            |database, hosts| self.store.is_none_or(|store| store == database) && self.hosts.is_none_or(|number| number == hosts);
        let wanted = KINDS.into_iter().filter(|(database, hosts, _)| is_wanted(*database, *hosts));
        let tests: Vec<_> = wanted.map(|(_, _, test)| test).collect();
        if tests.is_empty() {
            bail!("SQLite serves one host only: leave out --hosts 2, or take --store postgres");
        }
        Ok(tests)
    }
}

fn draw() -> Result<u64> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random number: {error}"))?;
    Ok(u32::from_le_bytes(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(store: Option<Database>, hosts: Option<u8>) -> TortureArgs {
        TortureArgs { short: true, seed: None, orders: 0, kills: 0, store, hosts, offline: true }
    }

    #[test]
    fn every_kind_of_storm_is_run_unless_one_is_named() {
        assert_eq!(args(None, None).kinds().unwrap().len(), KINDS.len());
        assert_eq!(args(Some(Database::Postgres), Some(2)).kinds().unwrap(), ["postgres_with_two_hosts"]);
        let refused = args(Some(Database::Sqlite), Some(2)).kinds().unwrap_err().to_string();
        assert!(refused.contains("--store postgres"), "{refused}");
    }
}
