//! TLS of an endpoint: which authorities its server is checked against, and with which certificate the host shows who it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::config::TlsConfig;
use crate::config::regular_file::{self, WRITTEN_BYTES};

/// Why an endpoint's TLS settings cannot be used. Each names its option.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{option}: cannot read the certificates in {path}: {cause}")]
    Unreadable { option: &'static str, path: String, cause: std::io::Error },
    #[error("{option}: cannot read the certificates in {path}: {cause}")]
    Malformed { option: &'static str, path: String, cause: rustls::pki_types::pem::Error },
    #[error("{option}: {path} holds no certificate in PEM form")]
    Empty { option: &'static str, path: String },
    #[error("roots: {0}")]
    Root(rustls::Error),
    /// Without a word of it.
    #[error("client_key: this is no private key in PEM form")]
    Key,
    #[error("client_cert and client_key do not belong together, or cannot be used: {0}")]
    Client(rustls::Error),
    #[error("client_cert and client_key are given together, or neither")]
    Half,
    #[error(transparent)]
    Rustls(rustls::Error),
}

/// The files with certificates that an endpoint names, as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CertificateFiles {
    roots: Option<PemFile>,
    client_cert: Option<PemFile>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct PemFile {
    option: &'static str,
    path: PathBuf,
    bytes: Vec<u8>,
}

impl CertificateFiles {
    /// Paths start at `base_dir`.
    pub(super) fn read(tls: &TlsConfig, base_dir: &Path) -> Result<Self, TlsError> {
        let mut read = Self::default();
        for (option, path) in tls.files() {
            let file = Some(PemFile::read(option, base_dir.join(path))?);
            match option {
                "roots" => read.roots = file,
                _ => read.client_cert = file,
            }
        }
        Ok(read)
    }
}

impl PemFile {
    fn read(option: &'static str, path: PathBuf) -> Result<Self, TlsError> {
        match regular_file::read(&path, WRITTEN_BYTES) {
            Ok(bytes) => Ok(Self { option, path, bytes }),
            Err(cause) => Err(TlsError::Unreadable { option, path: path.display().to_string(), cause }),
        }
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let (option, path) = (self.option, self.path.display().to_string());
        match CertificateDer::pem_slice_iter(&self.bytes).collect::<Result<Vec<_>, _>>() {
            Ok(found) if found.is_empty() => Err(TlsError::Empty { option, path }),
            Ok(found) => Ok(found),
            Err(cause) => Err(TlsError::Malformed { option, path, cause }),
        }
    }
}

/// A client that checks servers against the public authorities, or against those of `tls.roots` only.
pub(super) fn client_config(tls: &TlsConfig, files: &CertificateFiles) -> Result<ClientConfig, TlsError> {
    // The provider is given by hand: rustls panics when it has to guess between several.
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Rustls)?;
    let builder = match &files.roots {
        Some(file) => builder.with_root_certificates(authorities(file)?),
        None => builder.with_webpki_roots(),
    };
    match (&files.client_cert, &tls.client_key) {
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(file), Some(key)) => {
            let chain = file.certificates()?;
            let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|_| TlsError::Key)?;
            builder.with_client_auth_cert(chain, key).map_err(TlsError::Client)
        }
        _ => Err(TlsError::Half),
    }
}

fn authorities(file: &PemFile) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    for certificate in file.certificates()? {
        store.add(certificate).map_err(TlsError::Root)?;
    }
    Ok(store)
}
