//! The data file: read once at the start, then written whole after every change (temporary file, fsync, rename, fsync of the folder).
//! Writers that change something at the same time share one write; each waits until its own change is on disk.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::sync::{Notify, watch};

use crate::books::Books;

#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error("{}: cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: is not a data file of this version: {source} (move it away to start with fresh data)", path.display())]
    Content { path: PathBuf, source: serde_json::Error },
    #[error("{}: cannot be written: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// The books in the file, or none when there is no file yet.
pub(crate) fn load(path: &Path) -> Result<Option<Books>, SaveError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(SaveError::Read { path: path.to_owned(), source }),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|source| SaveError::Content { path: path.to_owned(), source })
}

/// Replaces the file by `bytes`, whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), SaveError> {
    replace(path, bytes).map_err(|source| SaveError::Write { path: path.to_owned(), source })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let temporary = PathBuf::from(name);
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

/// Revisions: which one the books are at, and which one the file was last tried with.
pub(crate) struct Progress {
    revision: AtomicU64,
    /// Somebody waits for the file.
    urgent: Notify,
    tried: watch::Sender<Tried>,
}

#[derive(Debug, Clone, Default)]
struct Tried {
    revision: u64,
    failed: Option<String>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { revision: AtomicU64::new(0), urgent: Notify::new(), tried: watch::Sender::new(Tried::default()) }
    }

    /// The books changed; returns the revision that they are now at. Call it with the lock on the books held.
    pub(crate) fn changed(&self) -> u64 {
        self.revision.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The revision that the books are at.
    pub(crate) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }

    /// Returns when somebody waits for the file, and every second when it is behind.
    pub(crate) async fn due(&self) {
        loop {
            // Time's own changes wait for no one, so they are written together.
            let _ = tokio::time::timeout(Duration::from_secs(1), self.urgent.notified()).await;
            if self.revision() > self.tried.borrow().revision {
                return;
            }
        }
    }

    /// The file was written at this revision, or could not be.
    pub(crate) fn tried(&self, revision: u64, failed: Option<String>) {
        self.tried.send_replace(Tried { revision, failed });
    }

    /// Waits until the file holds `revision`, or the reason why it does not.
    pub(crate) async fn saved(&self, revision: u64) -> Result<(), String> {
        let mut tried = self.tried.subscribe();
        self.urgent.notify_one();
        let Ok(done) = tried.wait_for(|tried| tried.revision >= revision).await else { return Ok(()) };
        done.failed.clone().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nordwind.json");
        assert!(load(&path).unwrap().is_none());
        let books = crate::data::opened("2026-11-23T09:00:00Z".parse().unwrap(), 1);
        write(&path, &serde_json::to_vec(&books).unwrap()).unwrap();
        let again = load(&path).unwrap().unwrap();
        assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&books).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_file_that_is_not_ours_is_refused_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nordwind.json");
        fs::write(&path, "{}").unwrap();
        let error = load(&path).unwrap_err().to_string();
        assert!(error.contains("nordwind.json") && error.contains("move it away"), "{error}");
    }
}
