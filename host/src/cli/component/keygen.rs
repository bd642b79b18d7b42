//! `ordergate adapter keygen`: a key pair for signing adapters.

use std::path::PathBuf;

use anyhow::Context;

use super::secret_key::{self, Protection};
use crate::adapter::trust::lock::replace;
use crate::cli::{CliError, print};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordergate adapter keygen --secret-key acme.key\nWrites acme.key (keep it secret) and acme.pub, in minisign's format. The password is asked for, or taken from ORDERGATE_KEY_PASSWORD."
)]
pub(in crate::cli) struct KeygenArgs {
    /// Where to write the secret key; the public key goes beside it, with the extension .pub. Neither may exist.
    #[arg(long, value_name = "FILE")]
    secret_key: PathBuf,
    /// Do not encrypt the secret key: whoever can read the file can sign.
    #[arg(long)]
    no_password: bool,
}

pub(in crate::cli) fn keygen(args: &KeygenArgs) -> Result<(), CliError> {
    let secret = &args.secret_key;
    let public = secret.with_extension("pub");
    if public == *secret || public.exists() {
        let message = format!("the public key would replace {}: name another file for the secret key", public.display());
        return Err(CliError::Refused(message));
    }
    let pair = secret_key::generate(if args.no_password { Protection::None } else { Protection::Password })?;
    let broken = |cause: minisign::PError| CliError::Failed(anyhow::anyhow!("the key cannot be written down: {cause}"));
    let (secret_text, public_text) = (pair.sk.to_box(None).map_err(broken)?, pair.pk.to_box().map_err(broken)?);
    secret_key::write(secret, &secret_text.into_string())?;
    replace(&public, &public_text.to_bytes()).with_context(|| format!("cannot write {}", public.display()))?;
    print(&format!(
        "secret key  {}\npublic key  {}\n\nFor who trusts it, in ordergate.toml:\n[trust]\nkeys = [{{ name = \"NAME\", public_key = \"{}\" }}]",
        secret.display(),
        public.display(),
        pair.pk.to_base64(),
    ))
}
