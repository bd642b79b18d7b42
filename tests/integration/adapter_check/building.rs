//! `ordergate adapter build`. That it builds what `adapter new` writes, the tests of those adapters prove: `cargo xtask test` builds them with it.

use std::path::Path;

use ordergate_tests::{Ended, HostConfig, authored_file, run_host};
use serde_json::Value;
use tempfile::TempDir;

/// A folder whose package manager has installed what is needed, and whose build is this command.
fn folder(build: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("package.json", &serde_json::json!({"name": "acme-erp", "scripts": {"build": build}}).to_string());
    std::fs::create_dir(folder.path().join("node_modules")).unwrap();
    write("node_modules/.package-lock.json", "{}");
    folder
}

async fn built(folder: &Path, more: &[&str]) -> Ended {
    built_by(HostConfig::for_backend("http://127.0.0.1:9", "never-sent"), folder, more).await
}

async fn built_by(config: HostConfig, folder: &Path, more: &[&str]) -> Ended {
    run_host(&config, &[&["adapter", "build", folder.to_str().unwrap()], more].concat()).await
}

async fn fails(folder: &Path, code: i32, words: &[&str]) {
    let ended = built(folder, &[]).await;
    assert_eq!(ended.code, Some(code), "{}{}", ended.stdout, ended.stderr);
    for word in words {
        assert!(ended.stderr.contains(word), "{word:?} in {}", ended.stderr);
    }
}

#[tokio::test]
async fn a_build_ends_with_what_is_to_be_said_of_the_component() {
    let folder = folder(&format!("mkdir -p dist && cp {} dist/acme-erp.wasm && echo built", authored_file("js").display()));
    let ended = built(folder.path(), &["--json"]).await;
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    // What the tools write is not in the way of who reads the result.
    let told: Value = serde_json::from_str(&ended.stdout).expect("nothing but a report");
    assert!(told["file"].as_str().is_some_and(|file| file.ends_with("dist/acme-erp.wasm")), "{told:#}");
    assert_eq!((&told["passed"], &told["name"]), (&Value::Bool(true), &"my-adapter".into()));
    assert!(ended.stderr.contains("→ npm run build") && ended.stderr.contains("built"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("npm install"), "{}", ended.stderr);
}

#[tokio::test]
async fn the_folders_configuration_says_what_the_component_is_checked_with() {
    let folder = folder(&format!("mkdir -p dist && cp {} dist/acme-erp.wasm", authored_file("js").display()));
    let config = "[adapters.acme-erp]\ncomponent = \"dist/acme-erp.wasm\"\nsettings = { shipping = \"MOON\" }\n";
    std::fs::write(folder.path().join("ordergate.toml"), config).unwrap();
    let ended = built(folder.path(), &["--json"]).await;
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("shipping") && ended.stdout.contains("the adapter needs this endpoint"), "{}", ended.stdout);
}

#[tokio::test]
async fn what_cannot_be_built_is_told_with_what_to_do() {
    let parent = tempfile::tempdir().unwrap();
    fails(&parent.path().join("gone"), 64, &["there is no folder", "ordergate adapter new"]).await;
    fails(parent.path(), 64, &["Cargo.toml (Rust)", "package.json (JavaScript)", "requirements.txt (Python)"]).await;
    fails(folder("exit 3").path(), 1, &["`npm run build` failed (exit status: 3), see above"]).await;
    fails(folder("true").path(), 1, &["no component came out", "dist"]).await;
    let nowhere = HostConfig::for_backend("http://127.0.0.1:9", "never-sent").env("PATH", parent.path().to_str().unwrap());
    let ended = built_by(nowhere, folder("true").path(), &[]).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("npm is not installed, or not in PATH: install Node.js"), "{}", ended.stderr);
}
