//! TLS settings of an endpoint: which authorities its server is checked against.

use std::path::Path;
use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Why an endpoint's TLS settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read the certificates in {path}: {cause}")]
    Unreadable { path: String, cause: rustls::pki_types::pem::Error },
    #[error("{path} holds no certificate in PEM form")]
    Empty { path: String },
    #[error(transparent)]
    Rustls(#[from] rustls::Error),
}

/// A client that checks servers against the public authorities, or against those of `ca_file` only.
pub(super) fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, TlsError> {
    // The provider is given by hand: rustls panics when it has to guess between several.
    let builder =
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions()?;
    let roots = match ca_file {
        Some(path) => builder.with_root_certificates(authorities(path)?),
        None => builder.with_webpki_roots(),
    };
    Ok(roots.with_no_client_auth())
}

fn authorities(path: &Path) -> Result<RootCertStore, TlsError> {
    let unreadable = |cause| TlsError::Unreadable { path: path.display().to_string(), cause };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        store.add(certificate.map_err(unreadable)?)?;
    }
    if store.is_empty() { Err(TlsError::Empty { path: path.display().to_string() }) } else { Ok(store) }
}
