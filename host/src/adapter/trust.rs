//! Whether the operator trusts a component's file: who signed it, and whether it is the file that was pinned. Asked at every load and by the
//! `ordergate adapter` commands; looks at bytes only, never at what they do.

pub mod lock;
mod signature;

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;

pub use signature::{Detached, SignatureError, signature_path};

use crate::config::{KeyId, TrustConfig};

/// Who signed a component, as far as the trusted keys tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    Unsigned,
    /// Signed by a key that is not trusted; the signature cannot be checked.
    Unknown(KeyId),
    /// Signed by a trusted key, but after its last day.
    Expired(String, KeyId),
    /// The signature is valid.
    Trusted(String, KeyId),
}

impl std::fmt::Display for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unsigned => f.write_str("unsigned"),
            Self::Unknown(id) => write!(f, "unknown key {id}"),
            Self::Expired(name, id) => write!(f, "{name} (key {id}, expired)"),
            Self::Trusted(name, id) => write!(f, "{name} (key {id})"),
        }
    }
}

/// Why a component is not trusted, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Distrust {
    #[error(
        "{path} is not signed: there is no {signature}. Get it from whoever made the component, or review the component and sign it: \
         ordergate adapter sign {path} --secret-key KEY"
    )]
    Unsigned { path: String, signature: String },
    #[error(
        "{path} is signed by the key {id}, which is not trusted (trusted: {trusted}). If you know and trust its owner, add the public key to \
         trust.keys"
    )]
    UnknownKey { path: String, id: KeyId, trusted: String },
    #[error(
        "{path} is signed by the key of {name} ({id}), which expired on {expires}. Have it signed with a key that is good, and add that key to \
         trust.keys"
    )]
    Expired { path: String, name: String, id: KeyId, expires: Date },
    /// The file or its signature was changed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// Tells who signed the bytes that were read from `path`. A signature that is broken or belongs to other bytes is an error; whether an
/// absent or unknown signer is acceptable is asked of [`accept`].
pub fn signer(path: &Path, file: &[u8], trust: &TrustConfig, now: Timestamp) -> Result<Signer, SignatureError> {
    let Some(signature) = Detached::beside(path)? else { return Ok(Signer::Unsigned) };
    let Some(key) = trust.key(signature.key_id()) else { return Ok(Signer::Unknown(signature.key_id())) };
    signature.verify(file, &key.public_key, &key.name)?;
    let (name, id) = (key.name.clone(), key.public_key.id());
    Ok(if key.is_expired(now) { Signer::Expired(name, id) } else { Signer::Trusted(name, id) })
}

/// Tells who signed the bytes that were read from `path`, when that is enough for the configuration.
pub fn accept(path: &Path, file: &[u8], trust: &TrustConfig, now: Timestamp) -> Result<Signer, Distrust> {
    let signer = signer(path, file, trust, now)?;
    if !trust.require_signatures {
        return Ok(signer);
    }
    let path = path.display().to_string();
    match signer {
        Signer::Trusted(..) => Ok(signer),
        Signer::Unsigned => Err(Distrust::Unsigned { signature: signature_path(Path::new(&path)).display().to_string(), path }),
        Signer::Unknown(id) => Err(Distrust::UnknownKey { path, id, trusted: trusted(trust) }),
        Signer::Expired(name, id) => {
            let expires = trust.key(id).and_then(|key| key.expires).unwrap_or_default();
            Err(Distrust::Expired { path, name, id, expires })
        }
    }
}

fn trusted(trust: &TrustConfig) -> String {
    let keys = trust.keys.iter().map(|key| format!("{} {}", key.name, key.public_key.id()));
    let keys = keys.collect::<Vec<_>>().join(", ");
    if keys.is_empty() { "none".into() } else { keys }
}

#[cfg(test)]
mod tests;
