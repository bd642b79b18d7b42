//! `ordergate adapter map`: the requests that an operation would send, and what the host would make of the replies. Nothing is sent.

mod reply;
mod report;

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use serde_json::Value;

use super::{digest, fit, read};
use crate::adapter::tryout::{Reply, Subject, Trial, TryError, try_out};
use crate::cli::{CliError, ConfigFile, print, printable};
use crate::config::{self, AdapterConfig};
use crate::domain::AdapterName;
use report::Report;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples: ordergate adapter map --config ordergate.toml --adapter erp --operation orders.submit --input order.json\n          ordergate adapter map --adapter erp --operation orders.get --input get.json --reply order.json --json\nThe input is the canonical request of the operation, such as {\"account\": \"C1\", \"number\": \"4711\"} for orders.get.\nNothing is sent, and no secret has to be there: credentials show as ***. The first reply answers the first request, and so on; a file FILE.http is a\nwhole reply with status line and headers, any other file the body of a 200. Exit code 1: the adapter reports a failure; 64: configuration, settings or\ninput are wrong."
)]
pub(in crate::cli) struct MapArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// The adapter, as the configuration names it.
    #[arg(long, value_name = "NAME")]
    adapter: String,
    /// Such as orders.submit or pricing.offer-prices.
    #[arg(long, value_name = "NAME")]
    operation: String,
    /// The canonical request as JSON; - for standard input.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// What the back end would answer; may be given several times.
    #[arg(long, value_name = "FILE")]
    reply: Vec<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) async fn map(args: &MapArgs) -> Result<(), CliError> {
    let name = AdapterName::new(&args.adapter);
    let (file, config) = config::load_adapter(&args.config.file, &name)?;
    let folder = file.parent().map(PathBuf::from).unwrap_or_default();
    let input = input(&args.input)?;
    let replies = args.reply.iter().map(|path| reply::read(path)).collect::<Result<_, _>>()?;
    let trial = trial(args, name, config, folder, input, replies).await?;
    let tried = try_out(trial).await.map_err(|error| refused(args, &error))?;
    let report = Report { tried: &tried };
    print(&if args.json { report.to_json() } else { report.to_text() })?;
    report.notes().iter().for_each(|note| eprintln!("note: {}", printable(note)));
    if report.has_failed() { Err(CliError::Failed(anyhow!("{} fails, see above", args.operation))) } else { Ok(()) }
}

/// The component is read and checked against the contract; its pin and signature are not: it runs in the sandbox, and reaches nothing.
async fn trial(
    args: &MapArgs,
    name: AdapterName,
    config: AdapterConfig,
    folder: PathBuf,
    input: Value,
    replies: Vec<Reply>,
) -> Result<Trial, CliError> {
    let path = folder.join(&config.component);
    let file = read(&path, config.limits.component_bytes, "limits.component_bytes of the adapter allows more")?;
    let digest = digest(&file);
    fit(&path, file.clone(), &digest).await?;
    let cache = std::env::var_os("ORDERGATE_CACHE_DIR").map(PathBuf::from);
    let operation = args.operation.clone();
    let subject = Subject { name, config, folder, cache, file, digest };
    Ok(Trial { subject, operation, input, replies })
}

fn input(path: &Path) -> Result<Value, CliError> {
    let text = match path.to_str() {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map(|_| text)
        }
        _ => std::fs::read_to_string(path),
    };
    let text = text.map_err(|cause| CliError::Refused(format!("{}: cannot be read: {cause}", path.display())))?;
    serde_json::from_str(&text).map_err(|cause| CliError::Refused(format!("{}: {cause}", path.display())))
}

/// A mistake in the input is one of the input's file, everything else one of the adapter.
fn refused(args: &MapArgs, error: &TryError) -> CliError {
    match error {
        TryError::Input { .. } => CliError::Refused(format!("{}: {error}", args.input.display())),
        TryError::Operation { .. } => CliError::Refused(format!("--operation: {error}")),
        _ => CliError::Refused(format!("adapters.{}: {error}", args.adapter)),
    }
}
