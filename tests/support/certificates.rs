//! Certificates of authorities that exist for one test only.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{WantsServerCert, WebPkiClientVerifier};
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier};
use tempfile::TempDir;

/// An authority, and the certificates that it has given out, as files: `ca.pem`, `client.pem`, `client.key`, and those of a stranger, whom
/// another authority knows.
pub struct Certificates {
    folder: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Certificates {
    #[expect(clippy::new_without_default, reason = "each has keys of its own")]
    pub fn new() -> Self {
        let (authority, other) = (Self::authority(), Self::authority());
        let new = Self { folder: tempfile::tempdir().unwrap(), authority };
        new.write("ca.pem", &new.authority.pem());
        new.write("other-ca.pem", &other.pem());
        for (name, authority) in [("client", &new.authority), ("stranger", &other)] {
            new.give(name, authority);
        }
        new
    }

    fn give(&self, name: &str, authority: &CertifiedIssuer<'static, KeyPair>) {
        let (certificate, key) = given_out(authority, "the host");
        self.write(&format!("{name}.pem"), &certificate.pem());
        self.write(&format!("{name}.key"), &key.serialize_pem());
    }

    fn authority() -> CertifiedIssuer<'static, KeyPair> {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new certificate with a new key in the client's files: the certificate first, then the key.
    pub(crate) fn renew_client(&self) {
        self.give("client", &self.authority);
    }

    /// A certificate and its key for a server of this name, as PEM.
    pub fn pem_for(&self, name: &str) -> (String, String) {
        let (certificate, key) = given_out(&self.authority, name);
        (certificate.pem(), key.serialize_pem())
    }

    /// A server for 127.0.0.1 that everybody may call.
    pub(crate) fn server(&self) -> ServerConfig {
        self.serving(builder().with_no_client_auth())
    }

    /// The same for clients of the authority only. `protocols` as in ALPN: `h2`, `http/1.1`.
    pub(crate) fn server_that_knows_its_clients(&self, protocols: &[&str]) -> ServerConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build().unwrap();
        let mut config = self.serving(builder().with_client_cert_verifier(clients));
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        config
    }

    fn serving(&self, builder: ConfigBuilder<ServerConfig, WantsServerCert>) -> ServerConfig {
        let (certificate, key) = given_out(&self.authority, "127.0.0.1");
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn builder() -> ConfigBuilder<ServerConfig, WantsVerifier> {
    ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap()
}

fn given_out(authority: &CertifiedIssuer<'static, KeyPair>, name: &str) -> (Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let names = if name.contains(' ') { Vec::new() } else { vec![name.to_owned()] };
    let mut parameters = CertificateParams::new(names).unwrap();
    // Unlike the authority's: one that names itself as its issuer is nobody's for OpenSSL.
    parameters.distinguished_name.push(DnType::CommonName, name);
    (parameters.signed_by(&key, authority).unwrap(), key)
}
