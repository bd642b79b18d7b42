//! What operators see of a shared cache, and what they are told about a server that does not do.

use ordergate_tests::{CacheServer, DemoBackend, Host, HostConfig, PLIERS, lasting_port, repository, run_host};
use serde_json::json;

use super::{Pair, invalidate, shown, stock, until_metric, until_written};

#[tokio::test]
async fn f11_operators_see_whether_the_shared_cache_is_attached_and_where_an_answer_is() {
    let mut pair = Pair::start().await;
    stock(&pair.one, PLIERS).await;
    until_written(&pair.one, 1.0).await;
    stock(&pair.two, PLIERS).await;
    let report = pair.two.operator().get(&format!("/ops/v1/cache/{PLIERS}")).await.expect(200);
    assert_eq!((&report["shared"]["attached"], &report["availability"][0]["from_shared"]), (&json!(true), &json!(true)));
    let report = pair.one.operator().get(&format!("/ops/v1/cache/{PLIERS}")).await.expect(200);
    assert_eq!(report["availability"][0]["from_shared"], json!(false), "it asked itself");
    pair.cache.kill_9();
    until_metric(&pair.two, "ordergate_shared_cache_connections_total", &["lost"], 1.0).await;
    let shown = pair.two.operate(&["cache", "show", PLIERS]).await;
    assert!(shown.stdout.contains("shared cache  127.0.0.1:"), "{}", shown.stdout);
    assert!(shown.stdout.contains("not attached since"), "{}", shown.stdout);
}

#[tokio::test]
async fn f11_a_check_tells_that_the_server_is_not_there_or_refuses_the_password_and_a_host_serves_without_it() {
    let cache = CacheServer::start_with(&[], Some("right-password")).await;
    let backend = DemoBackend::start().await;
    let config = cache.shared_by(HostConfig::for_backend(&backend.url(), backend.key()));
    let with = |url: &str| config.clone().set("cache.shared.url", r#"{ env = "TEST_CACHE_URL" }"#).env("TEST_CACHE_URL", url);
    let at = |password: &str| cache.url().replace("redis://", &format!("redis://:{password}@"));
    for (url, code) in [
        (at("right-password"), 0),
        (at("wrong-password"), 69),
        (cache.url(), 69),
        ("redis://:hunter2@127.0.0.1:9".to_owned(), 69),
        ("http://hunter2.example.com".to_owned(), 64),
    ] {
        let config = with(&url);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ordergate.toml");
        std::fs::write(&file, config.toml()).unwrap();
        let ended = run_host(&config, &["check", "--config", file.to_str().unwrap()]).await;
        assert_eq!(ended.code, Some(code), "{url}: {}", ended.stderr);
        assert!(code == 0 || ended.stderr.contains("cache"), "{url}: {}", ended.stderr);
        for secret in ["wrong-password", "hunter2"] {
            assert!(!ended.stderr.contains(secret), "{url}: {}", ended.stderr);
        }
    }
    let host = Host::start(with(&at("wrong-password"))).await;
    assert_eq!(shown(&host, PLIERS).await, ("live".into(), "307".into()));
    until_metric(&host, "ordergate_shared_cache_connections_total", &["failed"], 1.0).await;
    assert!(!host.log().contains("wrong-password"));
    let host = Host::start(with(&at("right-password"))).await;
    until_metric(&host, "ordergate_shared_cache_attached", &[], 1.0).await;
}

#[tokio::test]
async fn f11_a_server_behind_tls_is_checked_against_the_authorities_that_the_operator_names() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let write = |name: &str, text: String| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let (certificate, key) = (write("server.pem", made.cert.pem()), write("server.key", made.signing_key.serialize_pem()));
    let port = lasting_port().to_string();
    let arguments = ["--tls-port", &port, "--tls-cert-file", &certificate, "--tls-key-file", &key, "--tls-auth-clients", "no"];
    let cache = CacheServer::start_with(&arguments, None).await;
    let backend = DemoBackend::start().await;
    let config = cache.shared_by(HostConfig::for_backend(&backend.url(), backend.key()));
    let strange = config.set("cache.shared.url", &format!("\"rediss://127.0.0.1:{port}\""));
    let known = strange.clone().set("cache.shared.roots", &format!("{certificate:?}"));
    for (config, code) in [(&strange, 69), (&known, 0)] {
        let file = folder.path().join("ordergate.toml");
        std::fs::write(&file, config.toml()).unwrap();
        let ended = run_host(config, &["check", "--config", file.to_str().unwrap()]).await;
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
    }
    let host = Host::start(known).await;
    until_metric(&host, "ordergate_shared_cache_attached", &[], 1.0).await;
    stock(&host, PLIERS).await;
    until_written(&host, 1.0).await;
    assert_eq!(cache.values().len(), 1);
}

#[tokio::test]
async fn f11_the_permissions_that_the_documentation_names_are_enough() {
    let documentation = std::fs::read_to_string(repository().join("docs/operating.md")).unwrap();
    let permissions = documentation.split('`').find(|text| text.starts_with("+hello")).expect("the permissions").to_owned();
    let cache = CacheServer::start().await;
    let mut command = redis::cmd("ACL");
    command.arg("SETUSER").arg("shop").arg("on").arg(">right-password").arg("resetchannels").arg("nocommands");
    for permission in permissions.split(' ') {
        command.arg(permission);
    }
    command.exec(&mut cache.connection()).unwrap();
    let backend = DemoBackend::start().await;
    let url = cache.url().replace("redis://", "redis://shop:right-password@");
    let config = cache.shared_by(HostConfig::for_backend(&backend.url(), backend.key()));
    let config = config.set("cache.shared.url", r#"{ env = "TEST_CACHE_URL" }"#).env("TEST_CACHE_URL", &url);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ordergate.toml");
    std::fs::write(&file, config.toml()).unwrap();
    let ended = run_host(&config, &["check", "--config", file.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let (one, two) = tokio::join!(Host::start(config.clone()), Host::start(config.clone()));
    for host in [&one, &two] {
        until_metric(host, "ordergate_shared_cache_attached", &[], 1.0).await;
    }
    stock(&one, PLIERS).await;
    until_written(&one, 1.0).await;
    assert_eq!(shown(&two, PLIERS).await.0, "cached");
    invalidate(&one, PLIERS, json!({})).await;
    until_metric(&two, "ordergate_shared_cache_invalidations_heard_total", &["availability"], 1.0).await;
    // Without one of them, a check says so.
    let mut command = redis::cmd("ACL");
    command.arg("SETUSER").arg("shop").arg("-getrange").exec(&mut cache.connection()).unwrap();
    let ended = run_host(&config, &["check", "--config", file.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(69), "{}", ended.stderr);
}
