//! Detached minisign signatures: `FILE.minisig` beside `FILE`. Reads and checks them; makes none.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use minisign_verify::{Error, Signature};

use crate::config::regular_file::{self, SIGNATURE_BYTES};
use crate::config::{KeyId, PublicKey};

/// Where the signature of a file is: `rest.wasm.minisig` for `rest.wasm`.
pub fn signature_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}

/// What is wrong with a signature that is there.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    #[error("cannot read {path}: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error("{path} is no minisign signature. Get it anew from whoever made the component")]
    Malformed { path: String },
    #[error(
        "{path} is signed in a way that is no longer accepted (not prehashed). Have it signed anew: ordergate adapter sign, or minisign -S"
    )]
    Legacy { path: String },
    #[error(
        "{path} does not fit the component: the component or its signature was changed after {name} signed it (key {id}). Do not load \
         it; get both anew from {name}"
    )]
    Altered { path: String, name: String, id: KeyId },
    #[error("{path} was made with the key {made_by}, not with {id}")]
    OtherKey { path: String, made_by: KeyId, id: KeyId },
}

/// A signature in a file of its own.
pub struct Detached {
    path: String,
    key_id: KeyId,
    signature: Signature,
}

impl Detached {
    /// The signature of `file`, when there is one.
    pub fn beside(file: &Path) -> Result<Option<Self>, SignatureError> {
        let path = signature_path(file);
        let shown = path.display().to_string();
        match regular_file::read_text(&path, SIGNATURE_BYTES) {
            Ok(text) => Self::read(&shown, &text).map(Some),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) if matches!(cause.kind(), ErrorKind::InvalidData | ErrorKind::FileTooLarge) => {
                Err(SignatureError::Malformed { path: shown })
            }
            Err(cause) => Err(SignatureError::Unreadable { path: shown, cause }),
        }
    }

    /// The text of a signature. `path`: what it is called in messages.
    pub fn read(path: &str, text: &str) -> Result<Self, SignatureError> {
        Self::parse(path, text).ok_or_else(|| SignatureError::Malformed { path: path.to_owned() })
    }

    fn parse(path: &str, text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text.lines().nth(1)?.trim_end().as_bytes()).ok()?;
        let key_id = KeyId(bytes.get(2..10)?.try_into().ok()?);
        Some(Self { path: path.to_owned(), key_id, signature: Signature::decode(text).ok()? })
    }

    /// The key that is said to have made it.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// What the signer wrote beside the signature. Only a verified signature vouches for it.
    pub fn comment(&self) -> &str {
        self.signature.trusted_comment()
    }

    /// Checks that the owner of the key, called `name`, signed exactly these bytes.
    pub fn verify(&self, file: &[u8], key: &PublicKey, name: &str) -> Result<(), SignatureError> {
        let path = self.path.clone();
        key.minisign().verify(file, &self.signature, false).map_err(|error| match error {
            Error::UnexpectedAlgorithm => SignatureError::Legacy { path },
            Error::UnexpectedKeyId => SignatureError::OtherKey { path, made_by: self.key_id, id: key.id() },
            _ => SignatureError::Altered { path, name: name.to_owned(), id: key.id() },
        })
    }
}
