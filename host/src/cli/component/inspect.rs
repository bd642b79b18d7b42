//! `ordergate adapter inspect`: what a component is, before anything of it runs.

mod report;

use std::path::PathBuf;

use bytes::Bytes;

use super::ComponentFile;
use crate::adapter::describe::{DescribeError, Described, Sample, describe};
use crate::adapter::inspect::inspect_component;
use crate::adapter::trust;
use crate::cli::{CliError, print};
use crate::clock::Clock;
use crate::config::{self, LimitsConfig, TrustConfig};
use report::Report;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples: ordergate adapter inspect rest.wasm --config ordergate.toml\n          ordergate adapter inspect rest.wasm --describe --settings erp.toml --json\nNothing of the component runs without --describe. Exit code 64: this host refuses the component, or its signature is broken."
)]
pub(in crate::cli) struct InspectArgs {
    #[command(flatten)]
    component: ComponentFile,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// The configuration whose keys tell who signed it.
    #[arg(long, short = 'c', env = "ORDERGATE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Also run the component, in the sandbox and without network, and show what it says of itself: endpoints, capabilities, settings.
    #[arg(long)]
    describe: bool,
    /// Settings to run it with, as TOML.
    #[arg(long, requires = "describe", value_name = "FILE")]
    settings: Option<PathBuf>,
    /// How long compiling it may take; a host has `limits.compile_secs`.
    #[arg(long, requires = "describe", value_name = "SECONDS", default_value_t = LimitsConfig::COMPILE_SECS)]
    compile_secs: u64,
}

pub(in crate::cli) async fn inspect(args: &InspectArgs) -> Result<(), CliError> {
    let trust = args.config.as_deref().map(config::load_trust).transpose()?.map(|config| config.trust);
    let trust = trust.unwrap_or_else(TrustConfig::default);
    let (path, file) = (&args.component.path, args.component.read()?);
    let digest = super::digest(&file);
    let mut report = Report {
        path,
        bytes: file.len(),
        signer: trust::signer(path, &file, &trust, Clock::system().now()),
        inspection: inspect_component(file.clone(), &digest).await,
        description: None,
        digest: &digest,
    };
    let refusals = report.refusals();
    // What this host refuses is not run, not even in the sandbox.
    if args.describe && refusals.is_empty() {
        report.description = Some(described(args, file, &digest).await);
    }
    print(&if args.json { report.to_json() } else { report.to_text() })?;
    match report.refusals() {
        refusals if refusals.is_empty() => Ok(()),
        _ if args.json => Err(CliError::Found),
        refusals => Err(super::refused(path, &refusals.join("; "))),
    }
}

async fn described(args: &InspectArgs, file: Bytes, digest: &str) -> Result<Described, DescribeError> {
    describe(file, digest, &Sample::bare(args.settings.as_deref(), args.compile_secs)?).await
}
