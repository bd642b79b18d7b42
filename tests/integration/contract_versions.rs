//! No surprises over time: adapters for earlier versions of the contract go on selling, those for later ones are refused in words. The contract's own
//! texts are compared in the host's unit tests (`adapter/contract/tests/versions.rs`).

use std::path::{Path, PathBuf};

use ordergate_tests::{
    HostConfig, PLIERS, World, adapter_file, authored_file, first_contract_file, items, order, run_host, seal, text, until_order,
};
use tempfile::TempDir;

/// A component as a toolchain of another version of the contract would have named its interfaces. The versions have the same length, so that nothing
/// else of the file changes.
fn for_version(component: &Path, version: &str) -> (TempDir, PathBuf) {
    let (before, after) = (b"@1.0.0", format!("@{version}"));
    assert_eq!(before.len(), after.len());
    let mut file = std::fs::read(component).unwrap();
    let interfaces: Vec<_> = file.windows(before.len()).enumerate().filter(|(_, at)| at == before).map(|(at, _)| at).collect();
    assert!(interfaces.len() > 10, "{} names interfaces of the contract", component.display());
    for at in interfaces {
        file[at..at + after.len()].copy_from_slice(after.as_bytes());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("component.wasm");
    std::fs::write(&path, file).unwrap();
    (folder, path)
}

fn with_component(config: HostConfig, component: &Path) -> HostConfig {
    config.set("adapters.nordwind.component", &format!("{:?}", component.to_str().unwrap()))
}

/// With nothing but its endpoint.
fn with_adapter(config: HostConfig, component: &Path) -> HostConfig {
    with_component(config, component).unset("adapters.nordwind.settings_file")
}

async fn sells(world: &World) {
    let hansen = world.hansen();
    let stock = hansen.get(&format!("/v1/availability/{PLIERS}?location=BER")).await.expect(200);
    assert_eq!((text(&stock, "/available"), text(&stock, "/unit")), ("140", "C62"));
    let checkout = seal(&hansen, PLIERS, "20").await;
    assert_eq!(text(&checkout, "/totals/payable/amount"), "521.22");
    // The first reply is lost, so that it is found again by its reference.
    world.backend.disturb("POST", "/api/orders", "reply-lost", Some(1)).await;
    let captured = order(&hansen, &checkout, "over-time").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&hansen, reference, "confirmed", |order| order["number"].is_string() && order["source"] == "live").await;
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
    let listed = hansen.get("/v1/orders?limit=100").await.expect(200);
    assert!(items(&listed).iter().any(|order| order["reference"] == reference), "{listed:#}");
}

#[tokio::test]
async fn an_adapter_for_the_first_version_of_the_contract_sells() {
    sells(&World::with(|config| with_adapter(config, &first_contract_file())).await).await;
}

#[tokio::test]
async fn a_patch_of_the_contract_changes_nothing_for_adapters() {
    let (_folder, component) = for_version(&first_contract_file(), "1.0.7");
    sells(&World::with(|config| with_adapter(config, &component)).await).await;
}

/// What a host says of a component.
async fn refusal(component: &Path) -> String {
    let config = with_component(HostConfig::for_backend("http://127.0.0.1:9", "never-sent"), component);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ordergate.toml");
    std::fs::write(&file, config.toml()).unwrap();
    let ended = run_host(&config, &["check", "--config", file.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(64), "{}{}", ended.stdout, ended.stderr);
    ended.stdout + &ended.stderr
}

#[tokio::test]
async fn an_adapter_for_a_newer_contract_is_refused_with_its_version_and_what_to_do() {
    for component in [adapter_file(), authored_file("js")] {
        for newer in ["1.1.0", "2.0.0"] {
            let (_folder, component) = for_version(&component, newer);
            let told = refusal(&component).await;
            let expected = format!("built for ordergate:adapter@{newer}, this host knows 1.0.0");
            assert!(told.contains(&expected) && told.contains("or use a newer host"), "{told}");
            assert!(!told.contains("unknown import") && !told.contains("instance"), "the linker's words: {told}");
        }
    }
}

#[tokio::test]
async fn an_adapter_for_a_contract_that_is_no_longer_spoken_is_refused_with_what_to_do() {
    let (_folder, component) = for_version(&adapter_file(), "0.9.0");
    let told = refusal(&component).await;
    assert!(told.contains("built for ordergate:adapter@0.9.0") && told.contains("Build it anew with a current SDK"), "{told}");
}

#[tokio::test]
async fn a_newer_adapter_that_is_brought_in_at_noon_leaves_the_old_one_selling() {
    let (folder, component) = for_version(&adapter_file(), "1.1.0");
    let newer = std::fs::read(&component).unwrap();
    std::fs::copy(adapter_file(), &component).unwrap();
    let world = World::with(|config| with_component(config, &component)).await;
    std::fs::write(folder.path().join("draft"), newer).unwrap();
    std::fs::rename(folder.path().join("draft"), &component).unwrap();
    let loaded = world.host.operate(&["adapter", "load", "nordwind", "--reason", "a newer one", "--wait"]).await;
    assert_eq!(loaded.code, Some(1), "{}{}", loaded.stdout, loaded.stderr);
    let told = loaded.stdout + &loaded.stderr;
    assert!(told.contains("built for ordergate:adapter@1.1.0, this host knows 1.0.0"), "{told}");
    sells(&world).await;
}
