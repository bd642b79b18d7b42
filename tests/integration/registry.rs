//! `ordergate adapter push` and `pull`, before a real OCI registry.

mod access;

use std::path::PathBuf;

use ordergate_tests::{Ended, HostConfig, Registry, adapter_file, run_host};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a component, and who pushes and pulls.
struct Desk {
    folder: TempDir,
    config: HostConfig,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(adapter_file(), folder.path().join("rest.wasm")).unwrap();
        Self { folder, config: HostConfig::for_backend("http://127.0.0.1:9", "back-end-key-of-this-test") }
    }

    /// With a signature by the key in `acme.pub`.
    async fn signed() -> Self {
        let desk = Self::new();
        let key = desk.text("acme.key");
        desk.good(&["keygen", "--no-password", "--secret-key", &key]).await;
        desk.good(&["sign", &desk.text("rest.wasm"), "--secret-key", &key]).await;
        desk
    }

    /// As a user of the registry.
    fn known_as(mut self, user: &str, password: &str) -> Self {
        self.config = self.config.env("ORDERGATE_REGISTRY_USER", user).env("ORDERGATE_REGISTRY_PASSWORD", password);
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect(name)
    }

    async fn adapter(&self, arguments: &[&str]) -> Ended {
        run_host(&self.config, &[&["adapter"], arguments].concat()).await
    }

    async fn good(&self, arguments: &[&str]) -> Ended {
        let ended = self.adapter(arguments).await;
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}{}", ended.stdout, ended.stderr);
        ended
    }

    /// The reference by digest.
    async fn push(&self, reference: &str) -> String {
        let pushed = self.good(&["push", reference, &self.text("rest.wasm"), "--json"]).await;
        let told: Value = serde_json::from_str(&pushed.stdout).unwrap();
        told["reference"].as_str().unwrap().to_owned()
    }

    async fn pull(&self, reference: &str, more: &[&str]) -> Ended {
        self.adapter(&[&["pull", reference, "--into", &self.text("into")], more].concat()).await
    }

    /// It fails with these words, and nothing was written.
    async fn pulls_nothing(&self, reference: &str, more: &[&str], code: i32, words: &[&str]) {
        let ended = self.pull(reference, more).await;
        assert_eq!(ended.code, Some(code), "{}{}", ended.stdout, ended.stderr);
        for word in words {
            assert!(ended.stderr.contains(word), "{word:?} in {}", ended.stderr);
        }
        assert!(!self.path("into").exists(), "{}", ended.stderr);
    }
}

/// `sha256:…` of a reference.
fn digest(reference: &str) -> &str {
    reference.split_once('@').unwrap().1
}

/// The digest of the layer with this media type.
async fn layer(registry: &Registry, pushed: &str, media_type: &str) -> String {
    let manifest = std::fs::read(registry.file_of(digest(pushed))).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let layers = manifest["layers"].as_array().unwrap();
    let found = layers.iter().find(|layer| layer["mediaType"] == media_type).expect("a layer of that type");
    found["digest"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_pulled_is_what_was_pushed_with_its_signature() {
    let (registry, desk) = (Registry::start().await, Desk::signed().await);
    let pushed = desk.push(&registry.named("adapters/erp:1.2.0")).await;
    for reference in [registry.named("adapters/erp:1.2.0"), pushed.clone()] {
        let pulled = desk.pull(&reference, &["--verify-with", &desk.text("acme.pub")]).await;
        assert_eq!(pulled.code, Some(0), "{}", pulled.stderr);
        assert!(pulled.stdout.contains(&pushed) && pulled.stdout.contains("signed by"), "{}", pulled.stdout);
        assert_eq!(desk.read("into/erp.wasm"), desk.read("rest.wasm"));
        assert_eq!(desk.read("into/erp.wasm.minisig"), desk.read("rest.wasm.minisig"));
        std::fs::remove_dir_all(desk.path("into")).unwrap();
    }
}

#[tokio::test]
async fn the_same_files_have_the_same_digest_and_a_tag_may_move_on() {
    let (registry, desk) = (Registry::start().await, Desk::new());
    let first = desk.push(&registry.named("adapters/erp:1")).await;
    assert_eq!(desk.push(&registry.named("adapters/erp:1")).await, first);
    let other = Desk::signed().await;
    let second = other.push(&registry.named("adapters/erp:1")).await;
    assert_ne!(first, second);
    // By its digest the first is still there, without a signature; that of the other one does not stay beside it.
    assert_eq!(desk.pull(&second, &[]).await.code, Some(0));
    assert!(desk.path("into/erp.wasm.minisig").exists());
    assert_eq!(desk.pull(&first, &[]).await.code, Some(0));
    assert!(desk.path("into/erp.wasm").exists() && !desk.path("into/erp.wasm.minisig").exists());
}

#[tokio::test]
async fn what_was_changed_in_the_registry_is_refused_and_nothing_is_written() {
    let (registry, desk) = (Registry::start().await, Desk::signed().await);
    let pushed = desk.push(&registry.named("adapters/erp:1")).await;
    let component = registry.file_of(&layer(&registry, &pushed, "application/wasm").await);
    let whole = std::fs::read(&component).unwrap();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    std::fs::write(&component, &changed).unwrap();
    desk.pulls_nothing(&pushed, &[], 1, &["the component was changed", "Nothing was written"]).await;
    std::fs::write(&component, &whole[..whole.len() - 1]).unwrap();
    desk.pulls_nothing(&pushed, &[], 1, &[]).await;
    std::fs::write(&component, &whole).unwrap();
    // Another manifest in its place.
    let manifest = registry.file_of(digest(&pushed));
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("rest.wasm", "best.wasm")).unwrap();
    let ended = desk.pull(&pushed, &[]).await;
    assert_ne!(ended.code, Some(0), "{}", ended.stdout);
    assert!(!desk.path("into").exists());
}

#[tokio::test]
async fn a_component_that_is_not_signed_by_the_wanted_key_is_not_written() {
    let (registry, signed, unsigned) = (Registry::start().await, Desk::signed().await, Desk::new());
    let theirs = signed.push(&registry.named("adapters/erp:signed")).await;
    let none = unsigned.push(&registry.named("adapters/erp:unsigned")).await;
    let other = Desk::signed().await;
    other
        .pulls_nothing(
            &theirs,
            &["--verify-with", &other.text("acme.pub")],
            64,
            &["was made with the key", "Nothing was written"],
        )
        .await;
    other.pulls_nothing(&none, &["--verify-with", &other.text("acme.pub")], 64, &["it is not signed"]).await;
    other.pulls_nothing(&none, &["--verify-with", "no-key"], 64, &["--verify-with"]).await;
}

#[tokio::test]
async fn a_component_that_is_too_large_is_not_fetched() {
    let (registry, desk) = (Registry::start().await, Desk::new());
    let pushed = desk.push(&registry.named("adapters/erp:1")).await;
    desk.pulls_nothing(
        &pushed,
        &["--max-bytes", "1000"],
        1,
        &["the component has more than 1000 bytes", "limits.component_bytes"],
    )
    .await;
}

#[tokio::test]
async fn what_is_no_adapter_is_neither_pushed_nor_pulled() {
    let (registry, desk) = (Registry::start().await, Desk::new());
    std::fs::write(desk.path("text.wasm"), "no component").unwrap();
    let refused = desk.adapter(&["push", &registry.named("adapters/erp:1"), &desk.text("text.wasm")]).await;
    assert_eq!(refused.code, Some(64), "{}", refused.stderr);
    assert!(refused.stderr.contains("not WebAssembly"), "{}", refused.stderr);
    let pushed = desk.push(&registry.named("adapters/erp:1")).await;
    let image = std::fs::read_to_string(registry.file_of(digest(&pushed))).unwrap();
    let image = image.replace("application/vnd.ordergate.adapter.v1+json", "application/vnd.oci.image.config.v1+json");
    let put = registry.client().with("content-type", "application/vnd.oci.image.manifest.v1+json");
    put.send(http::Method::PUT, "/v2/adapters/erp/manifests/image", image.into()).await.expect(201);
    desk.pulls_nothing(&registry.named("adapters/erp:image"), &[], 1, &["is no adapter", "oci.image.config"]).await;
}
