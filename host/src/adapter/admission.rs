//! Which bytes become an adapter: read once, then digest, pin and signature are checked on exactly the bytes that are inspected and compiled.
//! Called by `load` on a blocking thread; decodes nothing.

use std::path::PathBuf;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::contract;
use super::load::LoadCause;
use super::trust::lock::Lock;
use super::trust::{self, Signer};
use crate::config::TrustConfig;
use crate::domain::AdapterName;

/// One component that wants to be loaded, and what the operator asks of it.
pub(super) struct Admission {
    pub name: AdapterName,
    pub path: PathBuf,
    /// Of the file.
    pub most_bytes: usize,
    /// The digest in the configuration; wins over the lock file.
    pub pinned: Option<String>,
    /// The folder of the configuration, where the lock file is.
    pub folder: PathBuf,
    pub trust: Arc<TrustConfig>,
    pub now: Timestamp,
}

/// Bytes that passed.
pub(super) struct Admitted {
    pub file: Vec<u8>,
    /// SHA-256 in lower-case hexadecimal.
    pub digest: String,
    pub signer: Signer,
}

impl Admission {
    pub(super) fn admit(&self) -> Result<Admitted, LoadCause> {
        let file = contract::read_file(&self.path, self.most_bytes)?;
        let digest = HEXLOWER.encode(&Sha256::digest(&file));
        self.check_pin(&digest)?;
        let signer = trust::accept(&self.path, &file, &self.trust, self.now)?;
        Ok(Admitted { file, digest, signer })
    }

    fn check_pin(&self, digest: &str) -> Result<(), LoadCause> {
        if let Some(pinned) = &self.pinned {
            let is_pinned = pinned.trim().eq_ignore_ascii_case(digest);
            return if is_pinned { Ok(()) } else { Err(LoadCause::Digest { path: self.path.clone(), found: digest.to_owned() }) };
        }
        match Lock::read(&self.folder)? {
            Some(lock) => Ok(lock.check(&self.folder, self.name.as_str(), &self.path, digest)?),
            None => Ok(()),
        }
    }
}
