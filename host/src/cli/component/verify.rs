//! `ordergate adapter verify`: whether a component has a valid signature of a key that is trusted.

use std::path::Path;

use super::ComponentFile;
use crate::adapter::trust::{self, Detached, Signer, signature_path};
use crate::cli::{CliError, ConfigFile, print};
use crate::clock::Clock;
use crate::config::regular_file::{self, SECRET_BYTES};
use crate::config::{self, PublicKey, TrustConfig};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples: ordergate adapter verify rest.wasm --public-key acme.pub\n          ordergate adapter verify rest.wasm --config ordergate.toml\nExit code 64: unsigned, changed, or signed by another or an expired key."
)]
pub(in crate::cli) struct VerifyArgs {
    #[command(flatten)]
    component: ComponentFile,
    /// The key that must have signed it: its text (RW…) or a .pub file. Without it, the keys of the configuration.
    #[arg(long, value_name = "KEY")]
    public_key: Option<String>,
    #[command(flatten)]
    config: ConfigFile,
}

pub(in crate::cli) fn verify(args: &VerifyArgs) -> Result<(), CliError> {
    let (path, file) = (&args.component.path, args.component.read()?);
    let signer = match &args.public_key {
        Some(key) => verify_with(path, &file, key)?,
        None => {
            let trust = config::load_trust(&args.config.file)?.trust;
            // Who asks wants to know, whether or not the host insists.
            let trust = TrustConfig { require_signatures: true, ..trust };
            let accepted = trust::accept(path, &file, &trust, Clock::system().now());
            accepted.map_err(|error| CliError::Refused(error.to_string()))?
        }
    };
    print(&format!("{}: signed by {signer}", path.display()))
}

fn verify_with(path: &Path, file: &[u8], key: &str) -> Result<Signer, CliError> {
    let refused = |error: &dyn std::fmt::Display| CliError::Refused(error.to_string());
    let key = read_key("--public-key", key)?;
    let Some(signature) = Detached::beside(path).map_err(|error| refused(&error))? else {
        return Err(refused(&format!("{} is not signed: there is no {}", path.display(), signature_path(path).display())));
    };
    signature.verify(file, &key, "its owner").map_err(|error| refused(&error))?;
    Ok(Signer::Trusted("the given key".into(), key.id()))
}

/// A key that is written down, or the file that holds it. `option`: what it was given as.
pub(super) fn read_key(option: &str, text: &str) -> Result<PublicKey, CliError> {
    let read = PublicKey::parse(text).or_else(|error| match regular_file::read_text(Path::new(text), SECRET_BYTES) {
        Ok(file) => PublicKey::parse(&file),
        Err(_) => Err(error),
    });
    read.map_err(|error| CliError::Refused(format!("{option}: {text} {error}")))
}
