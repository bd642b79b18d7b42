//! `ordergate adapter new`: a folder with a small adapter that works, and with all that its language needs to build it.

mod files;
mod language;
mod name;
mod scaffold;

use std::path::PathBuf;

use crate::cli::{CliError, print};
pub(super) use language::Language;
use name::Name;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordergate adapter new acme-erp --lang js\nWrites the folder acme-erp: an adapter for the demo back end with its tests, the SDK, the contract, and a configuration to try it with. Nothing is downloaded.\nExit code 64: the name cannot be one, or something is in the folder already."
)]
pub(in crate::cli) struct NewArgs {
    /// Of the adapter: small letters, digits and single hyphens, beginning with a letter.
    name: Name,
    /// What it is written in.
    #[arg(long, value_name = "LANGUAGE")]
    lang: Language,
    /// The folder, which must be empty or not there yet; named like the adapter when left out.
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
}

pub(in crate::cli) fn new(args: &NewArgs) -> Result<(), CliError> {
    let folder = args.into.clone().unwrap_or_else(|| PathBuf::from(args.name.as_str()));
    scaffold::write(&folder, &args.name, args.lang)?;
    let steps: String = args.lang.steps(&args.name).iter().map(|step| format!("  {step}\n")).collect();
    print(&format!(
        "folder     {}\ncomponent  {}\n\nnext:\n  cd {}\n{steps}",
        folder.display(),
        args.lang.component(&args.name),
        folder.display()
    ))
}
