//! `ordergate adapter check` and `build`: what is wrong with a component, before a host meets it.

mod building;

use std::path::{Path, PathBuf};

use ordergate_tests::{Ended, HostConfig, adapter_file, authored_file, run_host, zoo_file};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a configuration for the REST adapter.
struct Desk {
    folder: TempDir,
    config: HostConfig,
}

impl Desk {
    fn new() -> Self {
        // Nothing is sent, and no secret has to be there.
        let config = HostConfig::for_backend("http://127.0.0.1:9", "never-sent").without_env("TEST_BACKEND_KEY");
        Self { folder: tempfile::tempdir().unwrap(), config }
    }

    fn with(change: impl FnOnce(HostConfig) -> HostConfig) -> Self {
        let desk = Self::new();
        Self { config: change(desk.config), ..desk }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    async fn run(&self, component: &Path, more: &[&str]) -> Ended {
        run_host(&self.config, &[&["adapter", "check", component.to_str().unwrap()], more].concat()).await
    }

    async fn checked(&self, component: &Path, more: &[&str]) -> Checked {
        let ended = self.run(component, &[more, &["--json"]].concat()).await;
        assert!(ended.stdout.starts_with('{'), "no report: {}{}", ended.stdout, ended.stderr);
        let told = serde_json::from_str(&ended.stdout).unwrap();
        Checked { code: ended.code, told }
    }

    /// With its own configuration.
    async fn configured(&self, component: &Path) -> Checked {
        let config = self.file("ordergate.toml", self.config.toml());
        self.checked(component, &["--adapter", "nordwind", "--config", config.to_str().unwrap()]).await
    }
}

struct Checked {
    code: Option<i32>,
    told: Value,
}

impl Checked {
    fn findings(&self, weight: &str) -> Vec<&str> {
        let findings = self.told["findings"].as_array().unwrap().iter();
        findings.filter(|finding| finding["weight"] == weight).map(|finding| finding["finding"].as_str().unwrap()).collect()
    }

    /// It fails for this reason alone, with these words of message or hint.
    fn fails_with(&self, finding: &str, words: &[&str]) {
        assert_eq!((self.code, &self.told["passed"]), (Some(1), &Value::Bool(false)), "{:#}", self.told);
        assert_eq!(self.findings("error"), [finding], "{:#}", self.told);
        for word in words {
            assert!(self.told["findings"].to_string().contains(word), "{word:?} in {:#}", self.told);
        }
        assert!(self.told["findings"][0]["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{:#}", self.told);
    }

    fn passes(&self) {
        assert_eq!((self.code, &self.told["passed"]), (Some(0), &Value::Bool(true)), "{:#}", self.told);
    }
}

#[tokio::test]
async fn a_sound_component_passes_with_what_it_costs() {
    // Nothing is kept from other tests, so that it is compiled here.
    let cache = tempfile::tempdir().unwrap();
    let desk = Desk::with(|config| config.env("ORDERGATE_CACHE_DIR", cache.path().to_str().unwrap()));
    let checked = desk.checked(&authored_file("rust"), &[]).await;
    checked.passes();
    assert_eq!(checked.told["contract"], "ordergate:adapter@1.0.0");
    assert_eq!((&checked.told["name"], &checked.told["snapshot"]["state"]), (&"my-adapter".into(), &"taken".into()));
    assert!(checked.told["compile_ms"].as_u64().is_some_and(|ms| ms > 0), "{:#}", checked.told);
    assert!(checked.told["native_bytes"].as_u64() > checked.told["bytes"].as_u64().map(|bytes| bytes / 2), "{:#}", checked.told);
    assert_eq!(checked.findings("error"), Vec::<&str>::new());
    let shown = desk.run(&authored_file("rust"), &[]).await.stdout;
    assert!(shown.contains("verdict    a host would load it") && shown.contains("instances start configured"), "{shown}");
}

#[tokio::test]
async fn a_component_that_cannot_be_frozen_passes_with_a_warning() {
    let checked = Desk::new().checked(&authored_file("js"), &[]).await;
    checked.passes();
    // A busy machine may add that compiling was slow.
    assert!(checked.findings("warning").contains(&"no-snapshot"), "{:#}", checked.told);
}

#[tokio::test]
async fn what_no_host_would_load_is_told_by_name_and_with_the_mend() {
    let desk = Desk::new();
    desk.checked(&desk.file("text.wasm", "no component"), &[])
        .await
        .fails_with("contract", &["not WebAssembly", "ordergate adapter new"]);
    let large = desk.checked(&authored_file("rust"), &["--max-bytes", "1000"]).await;
    large.fails_with("too-large", &["more than 1000 bytes", "limits.component_bytes"]);
    std::fs::copy(authored_file("rust"), desk.folder.path().join("signed.wasm")).unwrap();
    desk.file("signed.wasm.minisig", "no signature");
    desk.checked(&desk.folder.path().join("signed.wasm"), &[]).await.fails_with("broken-signature", &["ordergate adapter sign"]);
    let gone = desk.run(&desk.folder.path().join("gone.wasm"), &[]).await;
    assert_eq!(gone.code, Some(64), "{}{}", gone.stdout, gone.stderr);
    assert!(gone.stderr.contains("cannot read"), "{}", gone.stderr);
}

#[tokio::test]
async fn compiling_within_its_time_is_a_part_of_it() {
    let cache = tempfile::tempdir().unwrap();
    let desk = Desk::with(|config| config.env("ORDERGATE_CACHE_DIR", cache.path().to_str().unwrap()));
    let checked = desk.checked(&authored_file("python"), &["--compile-secs", "1"]).await;
    checked.fails_with("does-not-compile", &["limits.compile_secs", "--compile-secs here"]);
}

#[tokio::test]
async fn an_adapter_that_needs_settings_is_checked_with_them() {
    let desk = Desk::new();
    desk.checked(&adapter_file(), &[]).await.fails_with("refuses-settings", &["--settings FILE"]);
    let settings = desk.file("zoo.toml", "restles = true\n");
    desk.checked(&zoo_file(), &["--settings", settings.to_str().unwrap()])
        .await
        .fails_with("setting", &["restles: there is no such setting"]);
}

#[tokio::test]
async fn an_adapter_that_describes_itself_otherwise_each_time_is_found_out() {
    let desk = Desk::new();
    let settings = desk.file("zoo.toml", "restless = true\n");
    let checked = desk.checked(&zoo_file(), &["--settings", settings.to_str().unwrap()]).await;
    checked.fails_with("not-deterministic", &["version was", "random numbers"]);
}

#[tokio::test]
async fn settings_and_endpoints_of_a_configuration_are_held_against_the_component() {
    Desk::new().configured(&adapter_file()).await.passes();
    let desk = Desk::new();
    let unbound = desk.file("unbound.toml", desk.config.toml().replace(".endpoints.api]", ".endpoints.other]"));
    let checked = desk.checked(&adapter_file(), &["--adapter", "nordwind", "--config", unbound.to_str().unwrap()]).await;
    assert_eq!((checked.code, checked.findings("error")), (Some(1), vec!["endpoint", "endpoint"]), "{:#}", checked.told);
    let unknown =
        Desk::with(|config| config.set("adapters.nordwind.settings.colour", "\"red\"")).configured(&adapter_file()).await;
    unknown.fails_with("setting", &["colour: there is no such setting"]);
    let ended = desk.run(&adapter_file(), &["--adapter", "erp", "--config", unbound.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(64), "{}", ended.stdout);
    assert!(ended.stderr.contains("there is no adapter erp"), "{}", ended.stderr);
}
