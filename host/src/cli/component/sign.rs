//! `ordergate adapter sign`: a detached signature beside a component.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use minisign::SecretKey;

use super::{ComponentFile, secret_key};
use crate::adapter::trust::lock::replace;
use crate::adapter::trust::signature_path;
use crate::cli::{CliError, print};
use crate::clock::Clock;
use crate::config::KeyId;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordergate adapter sign rest.wasm --secret-key acme.key\nWrites rest.wasm.minisig, which `minisign -V` can check as well. The key's password is asked for, or taken from ORDERGATE_KEY_PASSWORD."
)]
pub(in crate::cli) struct SignArgs {
    #[command(flatten)]
    component: ComponentFile,
    /// A secret key of `ordergate adapter keygen` or of minisign.
    #[arg(long, value_name = "FILE")]
    secret_key: PathBuf,
}

pub(in crate::cli) async fn sign(args: &SignArgs) -> Result<(), CliError> {
    let (path, file) = (&args.component.path, args.component.read()?);
    // Nobody should find out only at the customer's that the wrong file was signed.
    super::fit(path, file.clone(), &super::digest(&file)).await?;
    let key = secret_key::read(&args.secret_key)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let comment = format!("timestamp:{}\tfile:{name}\thashed", Clock::system().now().as_second());
    let signed = minisign::sign(None, &key, file.as_ref(), Some(&comment), None);
    let text = signed.map_err(|cause| anyhow!("cannot sign {}: {cause}", path.display()))?.into_string();
    let path = signature_path(path);
    replace(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    print(&format!("{}: signed with the key {}", path.display(), key_id(&key)))
}

fn key_id(key: &SecretKey) -> String {
    key.keynum().try_into().map(|id| KeyId(id).to_string()).unwrap_or_default()
}
