//! `ordergate adapter add`: makes a component the pinned one of an adapter. Checks contract and signature; runs nothing.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::adapter::trust::lock::{FILE_NAME, Lock, Locked, replace};
use crate::adapter::trust::{self, signature_path};
use crate::cli::{CliError, ConfigFile, print};
use crate::clock::Clock;
use crate::config::regular_file::{self, SIGNATURE_BYTES};
use crate::config::{self, LimitsConfig, Trusting};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordergate adapter add erp ~/Downloads/rest-1.2.0.wasm --config ordergate.toml\nChecks the contract and the signature, pins the file's SHA-256 in ordergate.lock beside the configuration, and copies file and signature over [adapters.erp] component when they are not there yet."
)]
pub(in crate::cli) struct AddArgs {
    /// The adapter's name in the configuration.
    name: String,
    /// The component; its signature is FILE.minisig.
    #[arg(value_name = "FILE")]
    component: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
}

pub(in crate::cli) async fn add(args: &AddArgs) -> Result<(), CliError> {
    let config = config::load_trust(&args.config.file)?;
    let configured = config.components.get(args.name.as_str());
    let most = configured.map_or(LimitsConfig::COMPONENT_BYTES, |configured| configured.limits.component_bytes);
    let mend = format!("set adapters.{}.limits.component_bytes in {}", args.name, args.config.file.display());
    let file = super::read(&args.component, most, &mend)?;
    let digest = super::digest(&file);
    let version = super::fit(&args.component, file.clone(), &digest).await?;
    let now = Clock::system().now();
    let signer =
        trust::accept(&args.component, &file, &config.trust, now).map_err(|error| CliError::Refused(error.to_string()))?;
    let folder = config.folder();
    let component = configured.map_or_else(|| beside(&folder, &args.component), |configured| configured.component.clone());
    let locked = Locked {
        component: component.clone(),
        sha256: digest.clone(),
        contract: version.to_string(),
        signer: signer.to_string(),
        added_at: now,
    };
    let mut lock = Lock::read(&folder).map_err(|error| CliError::Refused(error.to_string()))?.unwrap_or_default();
    let before = lock.adapters.insert(args.name.clone(), locked);
    // The pin first and the component last: a running host that watches the component finds everything in place.
    lock.write(&folder).with_context(|| format!("cannot write {}", folder.join(FILE_NAME).display()))?;
    install(&args.component, &file, &folder.join(&component))?;
    tell_what_is_left(args, &config, &lock, &digest);
    let replaced = before.filter(|before| before.sha256 != digest).map(|before| format!("\nreplaces   {}", before.sha256));
    print(&format!(
        "adapter    {}\ncomponent  {}\nsha256     {digest}{}\nsigner     {signer}\ncontract   {version}\npinned in  {}",
        args.name,
        component.display(),
        replaced.unwrap_or_default(),
        folder.join(FILE_NAME).display(),
    ))
}

/// The file's path from the configuration's folder, when it is in there.
fn beside(folder: &Path, file: &Path) -> PathBuf {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    file.strip_prefix(folder).map(Path::to_owned).unwrap_or(file)
}

/// Copies component and signature to their place, unless they are there.
fn install(from: &Path, file: &[u8], to: &Path) -> Result<(), CliError> {
    if to.canonicalize().is_ok_and(|to| from.canonicalize().is_ok_and(|from| from == to)) {
        return Ok(());
    }
    let context = || format!("cannot install {}", to.display());
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(context)?;
    }
    match regular_file::read(&signature_path(from), SIGNATURE_BYTES) {
        Ok(signature) => replace(&signature_path(to), &signature).with_context(context)?,
        // The signature of the file that was there before would make this one look altered.
        Err(_) => drop(std::fs::remove_file(signature_path(to))),
    }
    Ok(replace(to, file).with_context(context)?)
}

/// What the operator still has to do, on stderr.
fn tell_what_is_left(args: &AddArgs, config: &Trusting, lock: &Lock, digest: &str) {
    let file = args.config.file.display();
    match config.components.get(args.name.as_str()) {
        None => eprintln!("note: {file} has no [adapters.{}] yet: add it with this component", args.name),
        Some(configured) => {
            if configured.sha256.as_ref().is_some_and(|pin| !pin.trim().eq_ignore_ascii_case(digest)) {
                eprintln!("note: {file} pins another file in adapters.{}.sha256, which wins: change or remove it", args.name);
            }
        }
    }
    for (name, configured) in &config.components {
        if configured.sha256.is_none() && !lock.adapters.contains_key(name.as_str()) {
            let component = configured.component.display();
            eprintln!("note: the adapter {name} is not pinned, so it will be refused: ordergate adapter add {name} {component}");
        }
    }
}
