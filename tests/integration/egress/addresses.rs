//! Names and where they lead. Nothing is ever dialed here but this machine: a file stands for the name server.

use std::path::Path;

use ordergate_tests::{DemoBackend, HostConfig, HostileBackend, Reply, Zoo, eventually};

const NAME: &str = "erp.zoo.test";

fn say(file: &Path, addresses: &str) {
    let beside = file.with_extension("part");
    std::fs::write(&beside, format!("{NAME} {addresses}\n")).unwrap();
    std::fs::rename(beside, file).unwrap();
}

/// A zoo whose second endpoint is known by a name, which leads where the file says.
async fn zoo_with_names(allow: &str) -> (Zoo, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let names = folder.path().join("names");
    say(&names, "127.0.0.1");
    let zoo = Zoo::with_backend(|config: HostConfig, backend: &HostileBackend| {
        config
            .set("adapters.zoo.endpoints.named.base_url", &format!("\"http://{NAME}:{}/base\"", backend.port()))
            .set("adapters.zoo.endpoints.named.allow", allow)
            .env("ORDERGATE_NAMES_FILE", names.to_str().unwrap())
    })
    .await;
    (zoo, folder)
}

/// The caller learns nothing of the address; the operator does.
async fn is_refused(zoo: &Zoo, reply: &Reply, address: &str) {
    let problem = reply.expect_problem(502, "backend_invalid");
    assert!(problem["detail"].is_null() && !reply.text().contains(address), "{reply}");
    eventually("the operator is told which address was refused", async || zoo.host.log().contains(address).then_some(())).await;
}

#[tokio::test]
async fn egress_to_a_name_that_leads_to_this_machine_is_refused_unless_allowed() {
    let (zoo, _folder) = zoo_with_names("[]").await;
    is_refused(&zoo, &zoo.act("named-ok").await, "127.0.0.1").await;
    assert_eq!(zoo.denied("address").await, 1.0);
    assert_eq!(zoo.bad.connections(), 0);
    zoo.is_well().await;
    let (zoo, _folder) = zoo_with_names("[\"loopback\"]").await;
    assert_eq!(zoo.told("named-ok").await, "200 with 2 bytes");
}

#[tokio::test]
async fn egress_to_a_name_of_the_systems_own_resolver_is_checked_as_well() {
    let zoo = Zoo::with_backend(|config: HostConfig, backend: &HostileBackend| {
        config.set("adapters.zoo.endpoints.named.base_url", &format!("\"http://localhost:{}/base\"", backend.port()))
    })
    .await;
    is_refused(&zoo, &zoo.act("named-ok").await, "loopback address").await;
    assert_eq!((zoo.denied("address").await, zoo.bad.connections()), (1.0, 0));
}

#[tokio::test]
async fn egress_to_private_link_local_and_metadata_addresses_is_never_dialed() {
    for address in [
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "0.0.0.0",
        "224.0.0.1",
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
    ] {
        let (zoo, folder) = zoo_with_names("[\"loopback\"]").await;
        say(&folder.path().join("names"), address);
        is_refused(&zoo, &zoo.act("named-ok").await, &address.parse::<std::net::IpAddr>().unwrap().to_string()).await;
        assert_eq!((zoo.denied("address").await, zoo.bad.connections()), (1.0, 0), "{address}");
    }
}

#[tokio::test]
async fn egress_to_a_name_that_changes_between_two_requests_is_checked_each_time() {
    let (zoo, folder) = zoo_with_names("[\"loopback\"]").await;
    assert_eq!(zoo.told("named-last").await, "200 with 2 bytes");
    say(&folder.path().join("names"), "169.254.169.254");
    // An answer is used for a few seconds, as it was checked: until then the old address is dialed, never the new one.
    let refused = eventually("the new address is seen", async || {
        let reply = zoo.act("named-last").await;
        (reply.status != 422).then_some(reply)
    })
    .await;
    is_refused(&zoo, &refused, "169.254.169.254").await;
    zoo.is_well().await;
}

#[tokio::test]
async fn egress_to_a_name_with_good_and_bad_addresses_dials_the_good_ones_only() {
    let (zoo, folder) = zoo_with_names("[\"loopback\"]").await;
    say(&folder.path().join("names"), "169.254.169.254 10.0.0.1 127.0.0.1");
    assert_eq!(zoo.told("named-ok").await, "200 with 2 bytes");
    assert_eq!((zoo.denied("address").await, zoo.bad.connections()), (0.0, 1));
}

#[tokio::test]
async fn egress_to_a_literal_refused_address_is_refused_when_the_endpoint_is_bound() {
    let good = DemoBackend::start().await;
    for address in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"] {
        let config = Zoo::config(&good, "http://127.0.0.1:9", &ordergate_tests::zoo_component())
            .set("adapters.zoo.endpoints.named.base_url", &format!("\"http://{address}/\""));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ordergate.toml");
        std::fs::write(&file, config.toml()).unwrap();
        let ended = ordergate_tests::run_host(&config, &["check", "--config", file.to_str().unwrap()]).await;
        assert_eq!(ended.code, Some(64), "{address}: {}", ended.stderr);
        assert!(ended.stderr.contains("adapters.zoo.endpoints.named"), "{address}: {}", ended.stderr);
    }
}
