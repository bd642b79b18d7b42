//! Who the back end is, and who the host is to it.

use std::collections::BTreeMap;

use ordergate_tests::{DemoBackend, Ended, HostConfig, TlsBackend, Zoo, eventually, run_host};
use serde_json::{Value, json};

const BOTH: [&str; 2] = ["h2", "http/1.1"];

fn config(config: HostConfig, backend: &TlsBackend) -> HostConfig {
    config
        .set("adapters.zoo.endpoints.api.base_url", &format!("\"{}/base\"", backend.url()))
        .set("adapters.zoo.endpoints.api.tls.roots", &backend.file("ca.pem"))
}

fn with_certificate(config: HostConfig, backend: &TlsBackend, name: &str) -> HostConfig {
    config
        .set("adapters.zoo.endpoints.api.tls.client_cert", &backend.file(&format!("{name}.pem")))
        .set("adapters.zoo.endpoints.api.tls.client_key", &format!("{{ file = {} }}", backend.file(&format!("{name}.key"))))
}

async fn zoo(backend: &TlsBackend, certificate: Option<&str>) -> Zoo {
    Zoo::with(|plain| {
        let encrypted = config(plain, backend);
        match certificate {
            Some(name) => with_certificate(encrypted, backend, name),
            None => encrypted,
        }
    })
    .await
}

#[tokio::test]
async fn egress_shows_the_hosts_own_certificate_to_a_server_that_wants_one() {
    for protocols in [&BOTH[..], &["http/1.1"]] {
        let backend = TlsBackend::start(protocols).await;
        let zoo = zoo(&backend, Some("client")).await;
        assert_eq!(zoo.told("get-ok").await, "200 with 2 bytes");
        assert_eq!(backend.requests(), (1, protocols.len() - 1));
        zoo.is_well().await;
    }
}

#[tokio::test]
async fn egress_without_the_right_certificate_is_turned_away_by_the_server() {
    let backend = TlsBackend::start(&BOTH).await;
    for certificate in [None, Some("stranger")] {
        let zoo = zoo(&backend, certificate).await;
        zoo.act("get-ok").await.expect_problem(503, "backend_unavailable");
        assert_eq!(backend.requests(), (0, 0));
        zoo.is_well().await;
    }
}

#[tokio::test]
async fn egress_to_a_server_that_no_trusted_authority_knows_sends_nothing() {
    let backend = TlsBackend::start(&BOTH).await;
    for roots in [backend.file("other-ca.pem"), String::new()] {
        let zoo = Zoo::with(|plain| {
            let encrypted = with_certificate(config(plain, &backend), &backend, "client");
            // Without roots of its own the public authorities count.
            match roots.as_str() {
                "" => encrypted.unset("adapters.zoo.endpoints.api.tls.roots"),
                roots => encrypted.set("adapters.zoo.endpoints.api.tls.roots", roots),
            }
        })
        .await;
        zoo.act("get-ok").await.expect_problem(503, "backend_unavailable");
        assert_eq!(backend.requests(), (0, 0));
    }
}

/// What `check` says of a configuration.
async fn check(change: impl FnOnce(HostConfig) -> HostConfig) -> Ended {
    let good = DemoBackend::start().await;
    let folder = tempfile::tempdir().unwrap();
    let config = change(Zoo::config(&good, "http://127.0.0.1:9", &ordergate_tests::zoo_component()));
    let file = folder.path().join("ordergate.toml");
    std::fs::write(&file, config.toml()).unwrap();
    run_host(&config, &["check", "--config", file.to_str().unwrap()]).await
}

#[tokio::test]
async fn egress_certificates_that_cannot_be_used_are_told_with_their_place() {
    let backend = TlsBackend::start(&BOTH).await;
    let key_of_another = format!("{{ file = {} }}", backend.file("stranger.key"));
    let no_key = format!("{{ file = {} }}", backend.file("client.pem"));
    let option = |name: &str| format!("adapters.zoo.endpoints.api.tls.{name}");
    type Change<'a> = Box<dyn FnOnce(HostConfig) -> HostConfig + 'a>;
    let cases: Vec<(Change<'_>, &str)> = vec![
        (Box::new(|config| config.unset(&option("client_key"))), "tls.client_cert: a certificate and its key are given together"),
        (Box::new(|config| config.unset(&option("client_cert"))), "tls.client_key: a certificate and its key are given together"),
        (Box::new(|config| config.set(&option("client_key"), &key_of_another)), "do not belong together"),
        (Box::new(|config| config.set(&option("client_key"), &no_key)), "client_key: this is no private key in PEM form"),
        (Box::new(|config| config.set(&option("client_cert"), &backend.file("client.key"))), "holds no certificate in PEM form"),
        (Box::new(|config| config.set(&option("client_cert"), "\"missing.pem\"")), "tls.client_cert: there is no file"),
        (Box::new(|config| config.set(&option("roots"), "\"missing.pem\"")), "tls.roots: there is no file"),
        (
            Box::new(|config| config.set("adapters.zoo.endpoints.api.base_url", "\"http://127.0.0.1:9\"")),
            "endpoints.api.tls: has no effect: base_url does not begin with https://",
        ),
    ];
    for (change, words) in cases {
        let ended = check(|plain| change(with_certificate(config(plain, &backend), &backend, "client"))).await;
        assert_eq!(ended.code, Some(64), "{words}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("adapters.zoo.endpoints.api") && ended.stderr.contains(words),
            "{words}:\n{}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("PRIVATE KEY"), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn egress_over_http_2_takes_one_connection_for_many_calls() {
    let backend = TlsBackend::start(&BOTH).await;
    let zoo = zoo(&backend, Some("client")).await;
    // Whether the server speaks HTTP/2 is known after the first connection.
    zoo.act("ask").await.expect(200);
    let calls = (0..1_000).map(|number| zoo.act_by(number % 8, "ask"));
    for reply in futures::future::join_all(calls).await {
        assert!(matches!(reply.status.as_u16(), 200 | 503), "{reply}");
    }
    let (requests, over_http_2) = backend.requests();
    assert!(requests > 100 && requests == over_http_2, "{requests} requests, {over_http_2} over HTTP/2");
    assert_eq!(backend.connections(), 1);
}

/// The renewed certificate is shown, by a generation of its own, when the host is told to look, or looks by itself.
async fn renewed_certificate_is_noticed(watch: bool) {
    let backend = TlsBackend::start(&["http/1.1"]).await;
    let zoo = Zoo::with(|plain| {
        let config = with_certificate(config(plain, &backend), &backend, "client");
        config.set("adapters.zoo.watch", &watch.to_string()).set("adapters.zoo.canary.share_percent", "0")
    })
    .await;
    let reload = async || zoo.host.operator().post("/ops/v1/config/reload", &deed()).await.expect(200);
    assert_eq!(zoo.told("get-ok").await, "200 with 2 bytes");
    if !watch {
        assert_eq!(changed(&reload().await), [false, false], "nothing is renewed yet");
    }
    assert_eq!(backend.callers(), 1);
    backend.renew();
    if !watch {
        assert_eq!(changed(&reload().await), [false, true]);
    }
    eventually("the new certificate is shown", async || {
        zoo.act("get-ok").await;
        (backend.callers() == 2).then_some(())
    })
    .await;
    assert_eq!(zoo.told("get-ok").await, "200 with 2 bytes");
    zoo.is_well().await;
}

fn deed() -> Value {
    json!({"actor": "anna", "reason": "a certificate is renewed"})
}

/// Of the good adapter and the zoo, in this order.
fn changed(report: &Value) -> Vec<bool> {
    let adapters: BTreeMap<_, _> = report["adapters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|adapter| (adapter["name"].as_str().unwrap(), adapter["changed"].as_bool().unwrap()))
        .collect();
    adapters.into_values().collect()
}

#[tokio::test]
async fn egress_shows_a_renewed_certificate_after_a_reload() {
    renewed_certificate_is_noticed(false).await;
}

#[tokio::test]
async fn egress_shows_a_renewed_certificate_by_itself_when_its_files_are_watched() {
    renewed_certificate_is_noticed(true).await;
}

#[tokio::test]
async fn egress_trusts_renewed_roots_after_a_reload() {
    let backend = TlsBackend::start(&["http/1.1"]).await;
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::copy(backend.path("other-ca.pem"), &roots).unwrap();
    let zoo = Zoo::with(|plain| {
        let config = with_certificate(config(plain, &backend), &backend, "client");
        let config = config.set("adapters.zoo.endpoints.api.tls.roots", &format!("{:?}", roots.to_str().unwrap()));
        config.set("adapters.zoo.canary.share_percent", "0")
    })
    .await;
    zoo.act("get-ok").await.expect_problem(503, "backend_unavailable");
    std::fs::copy(backend.path("ca.pem"), &roots).unwrap();
    let report = zoo.host.operator().post("/ops/v1/config/reload", &deed()).await.expect(200);
    assert_eq!(changed(&report), [false, true]);
    assert_eq!(zoo.told("get-ok").await, "200 with 2 bytes");
}
