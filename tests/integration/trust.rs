//! Which component files a host loads: signatures, pins, and what the `ordergate adapter` commands tell before anything runs.

mod inert;
mod played_again;
mod watched;

use std::path::PathBuf;

use ordergate_tests::{Ended, Host, HostConfig, World, adapter_file, demo_profile, run_host};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a configuration, a copy of the REST adapter and keys.
struct Desk {
    folder: TempDir,
    config: HostConfig,
}

impl Desk {
    /// Nothing is signed, and nobody trusted.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(adapter_file(), folder.path().join("rest.wasm")).unwrap();
        let config = HostConfig::for_backend("http://127.0.0.1:9", "back-end-key-of-this-test")
            .set("adapters.nordwind.component", "\"rest.wasm\"")
            .unset("trust.require_signatures");
        Self { folder, config }
    }

    /// Signed by `acme`, whom the configuration trusts.
    async fn signed() -> Self {
        let desk = Self::new();
        let key = desk.keygen("acme").await;
        desk.sign("rest.wasm", "acme").await;
        desk.trusting(&key, "")
    }

    fn trusting(mut self, key: &str, more: &str) -> Self {
        self.config = self.config.set("trust.keys", &format!("[{{ name = \"acme\", public_key = \"{key}\"{more} }}]"));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    async fn adapter(&self, arguments: &[&str]) -> Ended {
        let all: Vec<&str> = ["adapter"].iter().chain(arguments).copied().collect();
        run_host(&self.config, &all).await
    }

    /// Makes `NAME.key` and `NAME.pub`; gives the public key.
    async fn keygen(&self, name: &str) -> String {
        let made = self.adapter(&["keygen", "--no-password", "--secret-key", &self.text(&format!("{name}.key"))]).await;
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let text = std::fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        text.lines().nth(1).unwrap().to_owned()
    }

    async fn sign(&self, file: &str, key: &str) {
        let signed = self.adapter(&["sign", &self.text(file), "--secret-key", &self.text(&format!("{key}.key"))]).await;
        assert_eq!(signed.code, Some(0), "{}", signed.stderr);
    }

    /// Runs a command with this configuration.
    async fn run(&self, arguments: &[&str]) -> Ended {
        let file = self.text("ordergate.toml");
        std::fs::write(&file, self.config.toml()).unwrap();
        let all: Vec<&str> = arguments.iter().copied().chain(["--config", &file]).collect();
        run_host(&self.config, &all).await
    }

    /// `check` and `serve` refuse it with all of `words`.
    async fn refused(&self, words: &[&str]) {
        for verb in ["check", "serve"] {
            let ended = self.run(&[verb]).await;
            assert_eq!(ended.code, Some(64), "{verb}: {}", ended.stderr);
            for word in words {
                assert!(ended.stderr.contains(word), "{verb}: {word:?} is not said:\n{}", ended.stderr);
            }
        }
    }

    /// Changes one byte of the component.
    fn tamper(&self) {
        let mut bytes = std::fs::read(self.path("rest.wasm")).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(self.path("rest.wasm"), bytes).unwrap();
    }

    /// Another valid component: the same with an empty custom section at its end.
    fn upgrade(&self, name: &str) {
        let mut bytes = std::fs::read(self.path("rest.wasm")).unwrap();
        bytes.extend([0, 2, 1, b'v']);
        std::fs::write(self.path(name), bytes).unwrap();
    }
}

#[tokio::test]
async fn a_component_signed_with_a_trusted_key_is_loaded() {
    let desk = Desk::signed().await;
    let checked = desk.run(&["check"]).await;
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    let verified = desk.run(&["adapter", "verify", &desk.text("rest.wasm")]).await;
    assert!(verified.code == Some(0) && verified.stdout.contains("signed by acme"), "{}{}", verified.stdout, verified.stderr);
}

#[tokio::test]
async fn an_unsigned_component_is_refused_with_place_reason_and_command() {
    let desk = Desk::signed().await;
    std::fs::remove_file(desk.path("rest.wasm.minisig")).unwrap();
    desk.refused(&["adapters.nordwind.component", "is not signed", "rest.wasm.minisig", "ordergate adapter sign"]).await;
}

#[tokio::test]
async fn a_component_that_was_changed_after_it_was_signed_is_refused() {
    let desk = Desk::signed().await;
    desk.tamper();
    desk.refused(&["adapters.nordwind.component", "was changed after acme signed it"]).await;
    let key = desk.text("acme.pub");
    let verified = desk.adapter(&["verify", &desk.text("rest.wasm"), "--public-key", &key]).await;
    assert_eq!(verified.code, Some(64), "{}", verified.stdout);
}

#[tokio::test]
async fn a_component_signed_with_another_key_is_refused_by_the_keys_id() {
    let desk = Desk::signed().await;
    desk.keygen("stranger").await;
    desk.sign("rest.wasm", "stranger").await;
    desk.refused(&["trust.keys", "which is not trusted (trusted: acme "]).await;
}

#[tokio::test]
async fn a_signature_of_an_expired_key_is_refused_with_its_last_day() {
    let desk = Desk::new();
    let key = desk.keygen("acme").await;
    desk.sign("rest.wasm", "acme").await;
    let desk = desk.trusting(&key, ", expires = \"2020-12-31\"");
    desk.refused(&["trust.keys", "acme", "expired on 2020-12-31"]).await;
}

#[tokio::test]
async fn without_a_trusted_key_nothing_is_loaded_and_the_mend_is_told() {
    Desk::new().refused(&["trust", "no key is trusted", "require_signatures = false"]).await;
}

#[tokio::test]
async fn no_option_of_serve_goes_around_signatures_and_the_configuration_warns() {
    let ended = Desk::signed().await.run(&["serve", "--allow-unsigned"]).await;
    assert_eq!(ended.code, Some(64), "{}", ended.stderr);
    let world = World::start().await;
    let log = world.host.log();
    assert!(log.contains("trust.require_signatures = false"), "{log}");
}

#[tokio::test]
async fn a_signed_adapter_serves() {
    let backend = ordergate_tests::DemoBackend::start().await;
    let desk = Desk::signed().await;
    let config = desk.config.clone();
    let component = format!("{:?}", desk.text("rest.wasm"));
    let base_url = format!("\"{}\"", backend.url());
    let config = config
        .set("adapters.nordwind.component", &component)
        .set("adapters.nordwind.endpoints.api.base_url", &base_url)
        .env("TEST_BACKEND_KEY", backend.key());
    let host = Host::start(config).await;
    let reply = host.caller("hansen").get("/v1/availability/NW-1014").await;
    assert!(reply.status.is_success(), "{}", reply.text());
    host.logged("acme (key ").await;
}

#[tokio::test]
async fn another_file_than_the_pinned_one_is_refused_until_it_is_added() {
    let desk = Desk::signed().await;
    let added = desk.run(&["adapter", "add", "nordwind", &desk.text("rest.wasm")]).await;
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    let lock = std::fs::read_to_string(desk.path("ordergate.lock")).unwrap();
    assert!(lock.contains("[adapters.nordwind]") && lock.contains("component = \"rest.wasm\""), "{lock}");
    assert_eq!(desk.run(&["check"]).await.code, Some(0));
    // A newer file with a good signature is still not the pinned one.
    desk.upgrade("rest.wasm");
    desk.sign("rest.wasm", "acme").await;
    let digest =
        |text: &str| text.lines().find(|line| line.starts_with("sha256")).unwrap().split_whitespace().last().unwrap().to_owned();
    let inspected = desk.adapter(&["inspect", &desk.text("rest.wasm")]).await.stdout;
    let (pinned, found) = (digest(&added.stdout), digest(&inspected));
    assert_ne!(pinned, found);
    desk.refused(&["adapters.nordwind.component", &pinned, &found, "ordergate adapter add nordwind"]).await;
    let added = desk.run(&["adapter", "add", "nordwind", &desk.text("rest.wasm")]).await;
    assert!(added.stdout.contains(&format!("replaces   {pinned}")), "{}", added.stdout);
    assert_eq!(desk.run(&["check"]).await.code, Some(0));
}

#[tokio::test]
async fn adding_installs_a_file_and_its_signature_from_elsewhere() {
    let desk = Desk::signed().await;
    desk.upgrade("downloaded.wasm");
    let refused = desk.run(&["adapter", "add", "nordwind", &desk.text("downloaded.wasm")]).await;
    assert!(refused.code == Some(64) && refused.stderr.contains("is not signed"), "{}", refused.stderr);
    assert!(!desk.path("ordergate.lock").exists(), "a refused file changes nothing");
    desk.sign("downloaded.wasm", "acme").await;
    let added = desk.run(&["adapter", "add", "nordwind", &desk.text("downloaded.wasm")]).await;
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    let same = |one: &str, other: &str| std::fs::read(desk.path(one)).unwrap() == std::fs::read(desk.path(other)).unwrap();
    assert!(same("rest.wasm", "downloaded.wasm") && same("rest.wasm.minisig", "downloaded.wasm.minisig"));
    assert_eq!(desk.run(&["check"]).await.code, Some(0));
}

#[tokio::test]
async fn an_adapter_that_is_not_in_the_lock_file_is_refused() {
    let desk = Desk::signed().await;
    let added = desk.run(&["adapter", "add", "other", &desk.text("rest.wasm")]).await;
    assert!(added.stderr.contains("the adapter nordwind is not pinned"), "{}", added.stderr);
    desk.refused(&["adapters.nordwind.component", "does not list the adapter nordwind", "ordergate adapter add nordwind"]).await;
}

#[tokio::test]
async fn the_configurations_digest_wins_over_the_lock_file() {
    let mut desk = Desk::signed().await;
    desk.run(&["adapter", "add", "other", &desk.text("rest.wasm")]).await;
    let inspected: Value =
        serde_json::from_str(&desk.adapter(&["inspect", &desk.text("rest.wasm"), "--json"]).await.stdout).unwrap();
    desk.config = desk.config.set("adapters.nordwind.sha256", &inspected["sha256"].to_string());
    assert_eq!(desk.run(&["check"]).await.code, Some(0));
    desk.config = desk.config.set("adapters.nordwind.sha256", &format!("\"{}\"", "0".repeat(64)));
    desk.refused(&["adapters.nordwind.sha256", "pins another file"]).await;
}

#[tokio::test]
async fn inspecting_tells_everything_about_a_file_without_running_it() {
    let desk = Desk::signed().await;
    let ended = desk.run(&["adapter", "inspect", &desk.text("rest.wasm"), "--json"]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let shown: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(shown["contract"], "1.0.0");
    assert_eq!(shown["world"], "ordergate:adapter/adapter@1.0.0");
    assert_eq!((&shown["signer"]["status"], &shown["signer"]["name"]), (&"trusted".into(), &"acme".into()));
    assert!(shown["imports"].as_array().unwrap().iter().all(|import| import["allowed"] == true), "{shown:#}");
    let operations = shown["exports"].as_array().unwrap().iter().flat_map(|export| export["operations"].as_array().unwrap());
    assert!(operations.clone().any(|operation| operation == "orders.submit"), "{shown:#}");
    assert!(shown["core_modules"].as_u64() > Some(0) && shown["initial_memory_bytes"].as_u64() > Some(0), "{shown:#}");
    assert!(shown.get("description").is_none(), "nothing ran");
    let unnamed = desk.adapter(&["inspect", &desk.text("rest.wasm")]).await;
    assert!(unnamed.stdout.contains("unknown key ID "), "{}", unnamed.stdout);
}

#[tokio::test]
async fn inspecting_marks_what_adapters_are_not_given() {
    let desk = Desk::new();
    let wat = "(component (import \"wasi:sockets/network@0.2.0\" (instance)))";
    std::fs::write(desk.path("foreign.wasm"), wat::parse_str(wat).unwrap()).unwrap();
    let ended = desk.adapter(&["inspect", &desk.text("foreign.wasm")]).await;
    assert_eq!(ended.code, Some(64));
    assert!(ended.stdout.contains("REFUSED   wasi:sockets/network@0.2.0"), "{}", ended.stdout);
    assert!(ended.stdout.contains("signer      unsigned"), "{}", ended.stdout);
    assert!(ended.stderr.contains("no adapter"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_description_is_shown_only_when_it_is_asked_for() {
    let desk = Desk::new();
    let profile = demo_profile();
    let file = desk.text("rest.wasm");
    let ended = desk.adapter(&["inspect", &file, "--json", "--describe", "--settings", profile.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let shown: Value = serde_json::from_str(&ended.stdout).unwrap();
    let capabilities = shown["description"]["capabilities"].as_array().unwrap();
    assert!(capabilities.iter().any(|capability| capability == "orders.submit"), "{shown:#}");
    assert!(!shown["description"]["endpoints"].as_array().unwrap().is_empty(), "{shown:#}");
    assert!(shown["description"]["settings_schema"].is_object(), "{shown:#}");
    let ended = desk.adapter(&["inspect", &file, "--describe"]).await;
    assert!(ended.code == Some(64) && ended.stderr.contains("--settings FILE"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_component_that_never_ends_to_describe_itself_is_ended_by_its_cpu_time() {
    let desk = Desk::new();
    let file = desk.text("endless.wasm");
    let endless = "(loop $again (br $again)) unreachable";
    std::fs::write(&file, handmade::component_with(&[("descriptor.describe", endless)])).unwrap();
    let ended = desk.adapter(&["inspect", &file, "--describe"]).await;
    let words = "it cannot describe itself: unavailable: the adapter used up its CPU time";
    assert!(ended.code == Some(64) && ended.stderr.contains(words), "{}", ended.stderr);
}

#[tokio::test]
async fn a_secret_key_is_private_never_replaced_and_opens_with_its_password_only() {
    let mut desk = Desk::new();
    desk.config = desk.config.env("ORDERGATE_KEY_PASSWORD", "correct horse");
    let key = desk.text("acme.key");
    let made = desk.adapter(&["keygen", "--secret-key", &key]).await;
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert!(made.stdout.contains("public_key = \"RW"), "{}", made.stdout);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&key).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let again = desk.adapter(&["keygen", "--secret-key", &key]).await;
    assert_eq!(again.code, Some(64), "{}", again.stdout);
    desk.sign("rest.wasm", "acme").await;
    desk.config = desk.config.env("ORDERGATE_KEY_PASSWORD", "wrong");
    let refused = desk.adapter(&["sign", &desk.text("rest.wasm"), "--secret-key", &key]).await;
    assert_eq!(refused.code, Some(64), "{}", refused.stdout);
}

/// A host that runs the signed adapter of a desk, and the folder of its configuration.
async fn served(desk: &Desk) -> (Host, ordergate_tests::DemoBackend) {
    let backend = ordergate_tests::DemoBackend::start().await;
    let config = desk
        .config
        .clone()
        .set("adapters.nordwind.component", &format!("{:?}", desk.text("rest.wasm")))
        .set("adapters.nordwind.endpoints.api.base_url", &format!("\"{}\"", backend.url()))
        .set("adapters.nordwind.canary.share_percent", "0")
        .env("TEST_BACKEND_KEY", backend.key());
    (Host::start(config).await, backend)
}

/// The host refuses the file that lies there now, for this reason, and the version of before serves on.
async fn swap_is_refused(host: &Host, words: &str) {
    let before = host.operator().get("/ops/v1/adapters/nordwind").await.expect(200)["digest"].clone();
    let problem = load(host).await.expect_problem(422, "adapter_refused");
    assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(words), "{words:?} is not said: {problem:#}");
    let report = host.operator().get("/ops/v1/adapters/nordwind").await.expect(200);
    assert_eq!((&report["digest"], &report["last_swap"]["result"]), (&before, &"refused".into()), "{report:#}");
    host.caller("hansen").get("/v1/availability/NW-1014?purpose=checkout").await.expect(200);
}

async fn load(host: &Host) -> ordergate_tests::Reply {
    let deed = serde_json::json!({"actor": "anna", "reason": "a test"});
    host.operator().post("/ops/v1/adapters/nordwind/load", &deed).await
}

#[tokio::test]
async fn a_tampered_or_unsigned_version_is_refused_at_a_swap_and_the_signed_one_serves_on() {
    let desk = Desk::signed().await;
    let (host, _backend) = served(&desk).await;
    desk.tamper();
    swap_is_refused(&host, "was changed after acme signed it").await;
    desk.upgrade("rest.wasm");
    swap_is_refused(&host, "was changed after acme signed it").await;
    std::fs::remove_file(desk.path("rest.wasm.minisig")).unwrap();
    swap_is_refused(&host, "is not signed").await;
    std::fs::copy(adapter_file(), desk.path("rest.wasm")).unwrap();
    desk.upgrade("rest.wasm");
    desk.sign("rest.wasm", "acme").await;
    let loaded = load(&host).await.expect(200);
    let signer = loaded["generations"][0]["signer"].as_str().unwrap();
    assert!(signer.starts_with("acme (key "), "an operator sees whose version serves: {loaded:#}");
}

#[tokio::test]
async fn a_version_that_is_not_the_pinned_one_is_refused_at_a_swap_however_well_it_is_signed() {
    let desk = Desk::signed().await;
    let (host, _backend) = served(&desk).await;
    let config = host.folder().join("ordergate.toml");
    let (config, file) = (config.to_str().unwrap(), desk.text("rest.wasm"));
    let add = async || desk.adapter(&["add", "nordwind", &file, "--config", config]).await;
    let pinned = add().await;
    assert_eq!(pinned.code, Some(0), "{}", pinned.stderr);
    desk.upgrade("rest.wasm");
    desk.sign("rest.wasm", "acme").await;
    swap_is_refused(&host, "ordergate adapter add nordwind").await;
    add().await;
    load(&host).await.expect(200);
}

#[tokio::test]
async fn a_component_that_cannot_even_be_read_is_refused_by_every_command_with_its_digest() {
    let desk = Desk::new();
    desk.keygen("acme").await;
    std::fs::write(desk.path("rest.wasm"), handmade::nested_types(60_000)).unwrap();
    let (file, key) = (desk.text("rest.wasm"), desk.text("acme.key"));
    let desk = Desk { config: desk.config.set("trust.require_signatures", "false"), ..desk };
    let refused = [
        desk.adapter(&["inspect", &file]).await,
        desk.adapter(&["sign", &file, "--secret-key", &key]).await,
        desk.run(&["adapter", "add", "nordwind", &file]).await,
        desk.run(&["check"]).await,
        desk.run(&["serve"]).await,
    ];
    for ended in refused {
        assert_eq!(ended.code, Some(64), "{}", ended.stderr);
        for word in ["rest.wasm", "the component cannot be read: the compiling process broke down", "overflow", "(SHA-256 "] {
            assert!(ended.stderr.contains(word), "{word:?} is not said:\n{}", ended.stderr);
        }
    }
    assert!(!desk.path("rest.wasm.minisig").exists() && !desk.path("ordergate.lock").exists());
    let told = desk.adapter(&["inspect", &file, "--json"]).await;
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!((told.code, &report["fits"], &report["contract"]), (Some(64), &Value::Bool(false), &Value::Null), "{report:#}");
}
