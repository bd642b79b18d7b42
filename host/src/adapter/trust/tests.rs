//! Signatures made with the real tool's library, and everything that can be wrong with one.

use std::path::PathBuf;

use minisign::KeyPair;

use super::*;

const FILE: &[u8] = b"a component";

/// A signer with a component on disk that it has signed.
struct Bench {
    folder: tempfile::TempDir,
    pair: KeyPair,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap(), pair: KeyPair::generate_unencrypted_keypair().unwrap() };
        std::fs::write(bench.component(), FILE).unwrap();
        bench
    }

    fn signed() -> Self {
        let bench = Self::new();
        let signature = minisign::sign(None, &bench.pair.sk, FILE, None, None).unwrap();
        bench.write_signature(&signature.into_string());
        bench
    }

    fn write_signature(&self, text: &str) {
        std::fs::write(signature_path(&self.component()), text).unwrap();
    }

    fn signature(&self) -> String {
        std::fs::read_to_string(signature_path(&self.component())).unwrap()
    }

    fn component(&self) -> PathBuf {
        self.folder.path().join("erp.wasm")
    }

    fn trust(&self, more: &str) -> TrustConfig {
        let key = self.pair.pk.to_base64();
        toml::from_str(&format!("{more}\n[[keys]]\nname = 'acme'\npublic_key = '{key}'\nexpires = '2027-12-31'")).unwrap()
    }

    fn accept(&self, file: &[u8], trust: &TrustConfig, now: &str) -> Result<Signer, String> {
        accept(&self.component(), file, trust, now.parse().unwrap()).map_err(|error| error.to_string())
    }
}

const TODAY: &str = "2026-11-22T16:00:00Z";

#[test]
fn a_file_with_a_valid_signature_of_a_trusted_key_is_accepted() {
    let bench = Bench::signed();
    let signer = bench.accept(FILE, &bench.trust(""), TODAY).unwrap();
    assert!(matches!(&signer, Signer::Trusted(name, _) if name == "acme"), "{signer}");
}

#[test]
fn an_unsigned_file_is_refused_with_the_command_that_signs_it() {
    let bench = Bench::new();
    let refused = bench.accept(FILE, &bench.trust(""), TODAY).unwrap_err();
    assert!(refused.contains("is not signed: there is no ") && refused.contains("erp.wasm.minisig"), "{refused}");
    assert!(refused.contains("ordergate adapter sign"), "{refused}");
}

#[test]
fn a_changed_file_or_signature_is_refused_whatever_is_required() {
    let bench = Bench::signed();
    for trust in [bench.trust(""), bench.trust("require_signatures = false")] {
        let refused = bench.accept(b"another component", &trust, TODAY).unwrap_err();
        assert!(refused.contains("was changed after acme signed it"), "{refused}");
    }
    let signature = bench.signature();
    let (comment, changed) = (signature.lines().nth(2).unwrap(), "trusted comment: timestamp:1\tfile:other.wasm");
    bench.write_signature(&signature.replace(comment, changed));
    let refused = bench.accept(FILE, &bench.trust(""), TODAY).unwrap_err();
    assert!(refused.contains("was changed after acme signed it"), "{refused}");
}

#[test]
fn a_key_that_is_not_trusted_is_refused_by_its_id() {
    let (bench, stranger) = (Bench::signed(), Bench::signed());
    bench.write_signature(&stranger.signature());
    let refused = bench.accept(FILE, &bench.trust(""), TODAY).unwrap_err();
    assert!(refused.contains("which is not trusted (trusted: acme ") && refused.contains("trust.keys"), "{refused}");
    let tolerated = bench.accept(FILE, &bench.trust("require_signatures = false"), TODAY).unwrap();
    assert!(matches!(tolerated, Signer::Unknown(_)), "{tolerated}");
}

#[test]
fn a_signature_that_only_claims_the_trusted_keys_id_is_refused() {
    let (bench, stranger) = (Bench::signed(), Bench::signed());
    let decode = |text: &str| data_encoding::BASE64.decode(text.lines().nth(1).unwrap().as_bytes()).unwrap();
    let mut forged = decode(&stranger.signature());
    forged[2..10].copy_from_slice(&decode(&bench.signature())[2..10]);
    let text = stranger.signature();
    bench.write_signature(&text.replace(text.lines().nth(1).unwrap(), &data_encoding::BASE64.encode(&forged)));
    let refused = bench.accept(FILE, &bench.trust(""), TODAY).unwrap_err();
    assert!(refused.contains("was changed after acme signed it"), "{refused}");
}

#[test]
fn an_expired_key_is_refused_with_its_last_day() {
    let bench = Bench::signed();
    bench.accept(FILE, &bench.trust(""), "2027-12-31T23:00:00Z").unwrap();
    let refused = bench.accept(FILE, &bench.trust(""), "2028-01-01T00:00:00Z").unwrap_err();
    assert!(refused.contains("acme") && refused.contains("expired on 2027-12-31"), "{refused}");
}

#[test]
fn a_file_that_is_no_signature_is_refused() {
    let bench = Bench::new();
    for text in ["", "garbage", "a\nb\nc\nd\n", "untrusted comment: x\nRUQf6LRCGA9i\ntrusted comment: y\nAAAA\n", "ä\nä\nä\nä"]
    {
        bench.write_signature(text);
        let refused = bench.accept(FILE, &bench.trust(""), TODAY).unwrap_err();
        assert!(refused.contains("is no minisign signature"), "{text:?}: {refused}");
    }
}
