//! TLS of an endpoint: which authorities its server is checked against, and with which certificate the host shows who it is.

use std::path::Path;
use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::config::TlsConfig;

/// Why an endpoint's TLS settings cannot be used. Each names its option.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{option}: cannot read the certificates in {path}: {cause}")]
    Unreadable { option: &'static str, path: String, cause: rustls::pki_types::pem::Error },
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

/// A client that checks servers against the public authorities, or against those of `tls.roots` only. Paths start at `base_dir`.
pub(super) fn client_config(tls: &TlsConfig, base_dir: &Path) -> Result<ClientConfig, TlsError> {
    // The provider is given by hand: rustls panics when it has to guess between several.
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Rustls)?;
    let builder = match &tls.roots {
        Some(path) => builder.with_root_certificates(authorities(&base_dir.join(path))?),
        None => builder.with_webpki_roots(),
    };
    match (&tls.client_cert, &tls.client_key) {
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(path), Some(key)) => {
            let chain = certificates("client_cert", &base_dir.join(path))?;
            let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|_| TlsError::Key)?;
            builder.with_client_auth_cert(chain, key).map_err(TlsError::Client)
        }
        _ => Err(TlsError::Half),
    }
}

fn authorities(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates("roots", path)? {
        store.add(certificate).map_err(TlsError::Root)?;
    }
    Ok(store)
}

fn certificates(option: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let shown = || path.display().to_string();
    let unreadable = |cause| TlsError::Unreadable { option, path: shown(), cause };
    let found = CertificateDer::pem_file_iter(path).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    if found.is_empty() { Err(TlsError::Empty { option, path: shown() }) } else { Ok(found) }
}
