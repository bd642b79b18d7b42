//! The lock file `ordergate.lock` beside the configuration: which file each adapter is, by SHA-256. Written by `ordergate adapter add`, read at every
//! load, so that a running host sees a new pin. `adapters.NAME.sha256` in the configuration wins over it.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::regular_file::{self, WRITTEN_BYTES};

/// The file's name.
pub const FILE_NAME: &str = "ordergate.lock";

/// The version of the file's own format.
const FORMAT: u32 = 1;

const HEADER: &str =
    "# Written by `ordergate adapter add`. Keep it with the configuration; a host loads no other file than these.\n\n";

/// The pins of all adapters, by name.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    format: u32,
    #[serde(default)]
    pub adapters: BTreeMap<String, Locked>,
}

/// One adapter's pin.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The `.wasm` file, as the configuration names it.
    pub component: PathBuf,
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// The contract that it was built for, such as `1.0.0`.
    pub contract: String,
    /// Whose signature it had.
    pub signer: String,
    pub added_at: jiff::Timestamp,
}

/// Why a component does not pass the lock file.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("cannot read {path}: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error("{path} is damaged: {cause}. Restore it, or delete it and add every adapter again")]
    Syntax { path: String, cause: String },
    #[error("{path} has format {format}, this host knows format {FORMAT}: use the version of ordergate that wrote it")]
    Format { path: String, format: u32 },
    #[error("{path} does not list the adapter {name}. Review the file, then: ordergate adapter add {name} {component}")]
    Unlisted { path: String, name: String, component: String },
    #[error(
        "{component} has the SHA-256 {found}, but {path} pins {locked} for the adapter {name}. Restore the pinned file, or review \
         this one, then: ordergate adapter add {name} {component}"
    )]
    Differs { path: String, name: String, component: String, locked: String, found: String },
}

impl Lock {
    /// Reads the lock file of a configuration's folder; none when there is none.
    pub fn read(folder: &Path) -> Result<Option<Self>, LockError> {
        let file = folder.join(FILE_NAME);
        let path = file.display().to_string();
        let text = match regular_file::read_text(&file, WRITTEN_BYTES) {
            Ok(text) => text,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(LockError::Unreadable { path, cause }),
        };
        let damaged =
            |cause: toml::de::Error| LockError::Syntax { path: path.clone(), cause: cause.to_string().trim().replace('\n', " ") };
        match toml::from_str::<toml::Table>(&text).map_err(damaged)?.get("format").and_then(toml::Value::as_integer) {
            Some(format) if format != i64::from(FORMAT) => {
                Err(LockError::Format { path: path.clone(), format: u32::try_from(format).unwrap_or_default() })
            }
            _ => toml::from_str(&text).map(Some).map_err(damaged),
        }
    }

    pub fn new() -> Self {
        Self { format: FORMAT, adapters: BTreeMap::new() }
    }

    /// Replaces the lock file as a whole, so that nobody reads half of it.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        let text = toml::to_string(self).map_err(std::io::Error::other)?;
        replace(&folder.join(FILE_NAME), format!("{HEADER}{text}").as_bytes())
    }

    /// Whether this is the file that was pinned for the adapter.
    pub fn check(&self, folder: &Path, name: &str, component: &Path, digest: &str) -> Result<(), LockError> {
        let path = folder.join(FILE_NAME).display().to_string();
        let (name, component) = (name.to_owned(), component.display().to_string());
        match self.adapters.get(&name) {
            None => Err(LockError::Unlisted { path, name, component }),
            Some(locked) if locked.sha256.eq_ignore_ascii_case(digest) => Ok(()),
            Some(locked) => {
                Err(LockError::Differs { path, name, component, locked: locked.sha256.clone(), found: digest.to_owned() })
            }
        }
    }
}

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes a file beside its place and renames it.
pub fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder.join(format!(".{name}.{}.draft", uuid::Uuid::now_v7()));
    let mut file = std::fs::File::create_new(&draft)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(&draft, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&draft);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let erp = Locked {
            component: "adapters/erp.wasm".into(),
            sha256: "ab".repeat(32),
            contract: "1.0.0".into(),
            signer: "acme (key E7620F1842B4E81F)".into(),
            added_at: "2026-11-22T16:00:00Z".parse().unwrap(),
        };
        Lock { adapters: BTreeMap::from([("erp".into(), erp)]), ..Lock::new() }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Lock::read(folder.path()).unwrap().is_none());
        lock().write(folder.path()).unwrap();
        assert_eq!(Lock::read(folder.path()).unwrap().unwrap().adapters, lock().adapters);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn another_file_than_the_pinned_one_is_refused_with_both_digests_and_the_command() {
        let (folder, component) = (Path::new("/etc/ordergate"), Path::new("/etc/ordergate/adapters/erp.wasm"));
        lock().check(folder, "erp", component, &"AB".repeat(32)).unwrap();
        let refused = lock().check(folder, "erp", component, &"cd".repeat(32)).unwrap_err().to_string();
        for text in [
            "/etc/ordergate/ordergate.lock",
            &"ab".repeat(32),
            &"cd".repeat(32),
            "ordergate adapter add erp /etc/ordergate/adapters/erp.wasm",
        ] {
            assert!(refused.contains(text), "{text} in {refused}");
        }
        let refused = lock().check(folder, "crm", component, "00").unwrap_err().to_string();
        assert!(refused.contains("does not list the adapter crm") && refused.contains("ordergate adapter add crm"), "{refused}");
    }

    #[test]
    fn a_damaged_or_foreign_lock_file_pins_nothing_and_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (text, reason) in
            [("format = ", "is damaged"), ("[adapters]", "is damaged"), ("format = 2\nmore = 1", "has format 2")]
        {
            std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
            let refused = Lock::read(folder.path()).unwrap_err().to_string();
            assert!(refused.contains(reason), "{refused}");
        }
    }
}
