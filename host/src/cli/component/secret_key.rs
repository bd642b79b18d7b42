//! Secret keys of signers: files that only their owner can read, protected by a password unless somebody decides otherwise. The only place that
//! reads or writes one.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, anyhow};
use minisign::{KeyPair, SecretKey, SecretKeyBox};

use crate::cli::CliError;
use crate::config::regular_file::{self, SECRET_BYTES};

/// The password, for signing without a terminal.
const PASSWORD_VARIABLE: &str = "ORDERGATE_KEY_PASSWORD";

/// How a new secret key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protection {
    /// Encrypted with a password from the environment, or asked for on the terminal.
    Password,
    /// Whoever can read the file can sign.
    None,
}

/// Makes a new key pair.
pub(super) fn generate(protection: Protection) -> Result<KeyPair, CliError> {
    let made = match protection {
        Protection::None => KeyPair::generate_unencrypted_keypair(),
        Protection::Password => KeyPair::generate_encrypted_keypair(password()),
    };
    Ok(made.map_err(no_password)?)
}

/// Writes a new secret key, readable by its owner only. Never replaces a file.
pub(super) fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = match opened {
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {
            let message = format!("{} is there already: a lost key cannot be made again, so name another file", path.display());
            return Err(CliError::Refused(message));
        }
        opened => opened.with_context(|| format!("cannot write {}", path.display()))?,
    };
    Ok(file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))?)
}

/// Reads a secret key; its password is asked for when it has one.
pub(super) fn read(path: &Path) -> Result<SecretKey, CliError> {
    let text =
        regular_file::read_text(path, SECRET_BYTES).with_context(|| format!("cannot read the secret key {}", path.display()))?;
    let boxed = || SecretKeyBox::from_string(&text);
    if let Ok(key) = boxed().and_then(SecretKeyBox::into_unencrypted_secret_key) {
        return Ok(key);
    }
    let is_key = text.lines().nth(1).is_some_and(|line| line.starts_with("RW"));
    if !is_key {
        let message = format!("{} is no minisign secret key: `ordergate adapter keygen` makes one", path.display());
        return Err(CliError::Refused(message));
    }
    let unlocked = boxed().and_then(|boxed| boxed.into_secret_key(password()));
    unlocked.map_err(|cause| CliError::Refused(format!("{}: {}", path.display(), no_password(cause))))
}

fn password() -> Option<String> {
    std::env::var(PASSWORD_VARIABLE).ok()
}

fn no_password(cause: minisign::PError) -> anyhow::Error {
    anyhow!("{cause} (without a terminal, set {PASSWORD_VARIABLE})")
}
