//! The only place that reads secrets. A secret stands in the configuration as a reference, `{ env = "NAME" }` or `{ file = "path" }`, and is
//! resolved while the file is read, so that a missing one is reported with its line.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::regular_file::{self, SECRET_BYTES};

/// A resolved secret. `Debug` shows nothing of it.
#[derive(Clone, Debug)]
pub struct Secret {
    text: SecretString,
    /// Where it was read from, when that is a file.
    file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretReference {
    env: Option<String>,
    file: Option<PathBuf>,
}

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: SecretString::from(text.into()), file: None }
    }

    /// The secret itself. Call it where it is used, and nowhere else.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    /// The file that it was read from.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

/// A reload compares configurations. Nobody outside learns how long that took.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The cause is left out: it would repeat a secret that somebody wrote in plain text.
        let reference = SecretReference::deserialize(deserializer).map_err(|_| {
            Error::custom(
                "a secret is a reference, { env = \"NAME\" } or { file = \"/run/secrets/name\" }, never the text itself",
            )
        })?;
        let file = reference.file.clone();
        resolve(reference).map(|text| Self { file, ..Self::new(text) }).map_err(Error::custom)
    }
}

fn resolve(reference: SecretReference) -> Result<String, String> {
    let (text, place) = match reference {
        SecretReference { env: Some(name), file: None } => {
            let text = std::env::var(&name).map_err(|_| {
                format!("environment variable {name} is not set: export it, or refer to a file with {{ file = \"…\" }}")
            })?;
            (text, format!("environment variable {name}"))
        }
        SecretReference { env: None, file: Some(path) } => {
            let text = regular_file::read_text(&path, SECRET_BYTES)
                .map_err(|cause| format!("cannot read the secret file {}: {cause}", path.display()))?;
            (text, format!("secret file {}", path.display()))
        }
        _ => return Err("a secret names exactly one of `env` and `file`".into()),
    };
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err(format!("{place} is empty")) } else { Ok(text.to_owned()) }
}
