//! `ordergate adapter test`: the conformance kit before the back end's test system.

use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::{digest, fit, read};
use crate::adapter::bench::Subject;
use crate::cli::{CliError, ConfigFile, print, printable};
use crate::config::{self, AdapterConfig, CONFORMANCE_EXAMPLE, ConformancePlan};
use crate::domain::AdapterName;
use crate::kit::{self, KitError, Report, Tape};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples: ordergate adapter test --config ordergate.toml --adapter erp\n          ordergate adapter test --adapter erp --only orders.submit --json\n          ordergate adapter test --adapter erp --record run.json, and later: --replay run.json\n          ordergate adapter test --example > conformance.toml\nIT PLACES REAL ORDERS (some hundreds) in the back end that the configuration names, with its credentials: the plan must say that this is a test\nsystem. Pin and signature of the component are not looked at. A run is made again without network and secrets by --replay. What each finding\nmeans is in docs/conformance.md. Exit code 1: the adapter breaks a promise; 64: configuration, plan or settings are wrong.\nEnvironment: ORDERGATE_CACHE_DIR is the folder for compiled adapters."
)]
pub(in crate::cli) struct TestArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// The adapter, as the configuration names it.
    #[arg(long, value_name = "NAME", required_unless_present = "example")]
    adapter: Option<String>,
    /// What is known of the test system.
    #[arg(long, value_name = "FILE", default_value = "conformance.toml")]
    plan: PathBuf,
    /// One operation only, such as orders.submit.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Of references and randomness; chosen when absent. A back end must not have seen it before.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u32>,
    /// Keep everything that the run got from outside in that file.
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Make a recorded run again: no network, no secrets.
    #[arg(long, value_name = "FILE", conflicts_with = "seed")]
    replay: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// Print a plan, explained, and do nothing else.
    #[arg(long)]
    example: bool,
}

pub(in crate::cli) async fn test(args: &TestArgs) -> Result<(), CliError> {
    let Some(adapter) = args.adapter.as_ref().filter(|_| !args.example) else { return print(CONFORMANCE_EXAMPLE) };
    let tape = tape(args)?;
    let (subject, plan) = (subject(args, &AdapterName::new(adapter), &tape).await?, plan(&args.plan, &tape)?);
    let report = kit::test(&subject, &plan, &tape, args.only.as_deref()).await.map_err(|error| refused(adapter, &error))?;
    print(&if args.json { report.to_json() } else { report.to_text() })?;
    report.warnings().iter().for_each(|warning| eprintln!("warning: {}", printable(warning)));
    verdict(&report)
}

fn verdict(report: &Report) -> Result<(), CliError> {
    match report.has_passed() {
        true => Ok(()),
        false => {
            Err(CliError::Failed(anyhow!("{} does not pass: {} findings, see above", report.adapter, report.findings.len())))
        }
    }
}

fn tape(args: &TestArgs) -> Result<Tape, CliError> {
    let seed = match args.seed {
        Some(seed) => seed,
        None => getrandom::u32().map_err(|cause| CliError::Failed(anyhow!("no random seed: {cause}")))?,
    };
    match (&args.record, &args.replay) {
        (Some(file), _) => Ok(Tape::recorded(file, seed.into())),
        (_, Some(file)) => Tape::replayed(file).map_err(|error| CliError::Refused(error.to_string())),
        (None, None) => Ok(Tape::live(seed.into())),
    }
}

/// The component is checked against the contract; its pin and signature are not: it is its author's test.
async fn subject(args: &TestArgs, name: &AdapterName, tape: &Tape) -> Result<Subject, CliError> {
    let (file, config) = configured(&args.config.file, name, tape)?;
    let folder = file.parent().map(PathBuf::from).unwrap_or_default();
    let path = folder.join(&config.component);
    let file = read(&path, config.limits.component_bytes, "limits.component_bytes of the adapter allows more")?;
    let digest = digest(&file);
    fit(&path, file.clone(), &digest).await?;
    let cache = std::env::var_os("ORDERGATE_CACHE_DIR").map(PathBuf::from);
    Ok(Subject { name: name.clone(), config, folder, cache, file, digest })
}

fn configured(file: &Path, name: &AdapterName, tape: &Tape) -> Result<(PathBuf, AdapterConfig), CliError> {
    Ok(match tape.is_replayed() {
        true => config::load_adapter(file, name)?,
        false => config::load_adapter_with_secrets(file, name)?,
    })
}

fn plan(file: &Path, tape: &Tape) -> Result<ConformancePlan, CliError> {
    Ok(if tape.is_replayed() { ConformancePlan::load_without_witness(file)? } else { ConformancePlan::load(file)? })
}

fn refused(adapter: &str, error: &KitError) -> CliError {
    match error {
        KitError::Witness(_) | KitError::Cassette(_) => CliError::Failed(anyhow!("{error}")),
        KitError::Only { .. } => CliError::Refused(error.to_string()),
        KitError::Bench(_) | KitError::Another => CliError::Refused(format!("adapters.{adapter}: {error}")),
    }
}
