//! Whether the database is still where it was opened. What is committed into a file that somebody has moved away, deleted or replaced is lost at the
//! next start, so it is not acknowledged (rule T1).

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::store::StoreError;

/// The files of an open database, as they were found.
pub(super) struct Place(Vec<(PathBuf, Identity)>);

/// Device and inode.
type Identity = (u64, u64);

impl Place {
    /// Of the database, of the log of what was written since, which is there as long as a connection is open, and of the lock that keeps other
    /// hosts out.
    pub(super) fn of(database: &Path) -> std::io::Result<Self> {
        let files = [database.to_owned(), beside(database, "-wal"), lock_of(database)];
        files.into_iter().map(|file| identity(&file).map(|identity| (file, identity))).collect::<Result<_, _>>().map(Self)
    }

    /// A refusal when one of them is not there any more, or is another one.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.0.iter().try_for_each(|(file, known)| {
            if identity(file).is_ok_and(|there| there == *known) {
                return Ok(());
            }
            let file = file.display();
            Err(StoreError::Unavailable(format!(
                "{file} was moved, deleted or replaced while the host was running: stop the host, put the file back, start the host"
            )))
        })
    }
}

/// The file whose lock keeps other hosts out.
pub(super) fn lock_of(database: &Path) -> PathBuf {
    beside(database, ".lock")
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn identity(file: &Path) -> std::io::Result<Identity> {
    std::fs::metadata(file).map(|metadata| (metadata.dev(), metadata.ino()))
}
