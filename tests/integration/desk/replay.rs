//! An attempt played again with a mended adapter, before a person resends (rule T11).

use std::path::PathBuf;

use http::Method;
use ordergate_tests::{
    Ended, HostConfig, PLIERS, S4World, World, adapter_file, demo_profile, items, line, oracle_file, order, seal, text,
    until_order,
};
use serde_json::{Value, json};

/// A profile of the test's own, beside the host's configuration.
struct Profile(tempfile::TempDir);

impl Profile {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("profile.toml")
    }

    /// The demo back end's, with one text in the place of another.
    fn write(&self, from: &str, to: &str) {
        let profile = std::fs::read_to_string(demo_profile()).unwrap();
        assert!(profile.contains(from), "{from}");
        std::fs::write(self.path(), profile.replacen(from, to, 1)).unwrap();
    }

    fn of(&self, config: HostConfig) -> HostConfig {
        // A snapshot of every profile would be compiled.
        config
            .set("adapters.nordwind.settings_file", &format!("{:?}", self.path()))
            .set("adapters.nordwind.snapshot", "false")
            .set("transfer.max_attempts", "1")
    }
}

async fn replayed(world: &World, reference: &str, query: &str) -> Value {
    let path = format!("/ops/v1/orders/{reference}/replay{query}");
    world.host.operator().send(Method::POST, &path, bytes::Bytes::new()).await.expect(200)
}

fn state(report: &Value, when: &str) -> String {
    text(report, &format!("/{when}/state")).to_owned()
}

#[tokio::test]
async fn t11_a_mended_reading_of_the_answer_is_seen_to_confirm_before_anything_is_sent() {
    let profile = Profile::new();
    profile.write("def accepted: {\n  number: .no,", "def accepted: {\n  number: .nummer,");
    let world = World::with(|config| profile.of(config)).await;
    // The look-up after it reads what is there, so it is confirmed in the end.
    let reference = captured_and_confirmed(&world).await;
    let as_it_was = replayed(&world, &reference, "?attempt=1").await;
    assert_eq!((state(&as_it_was, "then"), state(&as_it_was, "now")), ("unknown".into(), "unknown".into()));
    assert_eq!(as_it_was["then"]["failure"], as_it_was["now"]["failure"], "{as_it_was:#}");

    profile.write("def accepted: {", "def accepted: {");
    let mended = replayed(&world, &reference, "?attempt=1").await;
    assert_eq!((state(&mended, "now"), text(&mended, "/kind")), ("confirmed".into(), "send"), "{mended:#}");
    let there = world.backend.orders_with_reference(&reference).await;
    assert_eq!((there.len(), text(&there[0], "/no")), (1, text(&mended, "/now/number")), "nothing was sent");
    assert_eq!(items(&json!({"items": mended["exchanges"]}))[0]["request"], "same");
}

#[tokio::test]
async fn t11_what_a_mended_mapping_would_send_is_compared_place_by_place_without_what_is_personal() {
    let profile = Profile::new();
    profile.write("po: .purchase_order,", "po: \"none\",");
    let world = World::with(|config| profile.of(config)).await;
    let ship_to = json!({"role": "ship-to", "address": {"name": "Zoë Söhnlein", "lines": ["Lange Str. 1"], "city": "Berlin", "country": "DE"}});
    let cart = json!({"lines": [line("1", PLIERS, "3")], "parties": [ship_to]});
    let checkout = world.hansen().post("/v1/checkouts", &cart).await.expect(201);
    world.backend.disturb("POST", "/api/orders", "error-500", None).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    world.backend.no_faults().await;

    profile.write("po: .purchase_order,", "po: .purchase_order,");
    let shown = world.host.operate(&["orders", "replay", reference, "--attempt", "1"]).await;
    assert!(shown.code == Some(0), "{shown:?}");
    assert!(shown.stdout.contains("differs api  POST /api/orders  500"), "{}", shown.stdout);
    assert!(shown.stdout.contains("\n        /po: \"none\" → \"[personal]\""), "{}", shown.stdout);
    let report = replayed(&world, reference, "?attempt=1").await.to_string();
    assert!(report.contains("[personal]"), "{report}");
    for hidden in ["Söhnlein", "Lange Str", world.backend.key()] {
        assert!(!report.contains(hidden), "{hidden}: {report}");
    }
    assert!(world.backend.orders_with_reference(reference).await.is_empty(), "nothing was sent");
    let dossier = world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
    assert_eq!(text(&dossier, "/transfers/0/state"), "parked", "nothing was decided");
}

#[tokio::test]
async fn t11_a_component_from_a_file_is_played_in_the_place_of_the_configured_one() {
    let world = World::with(|config| config.set("transfer.max_attempts", "1")).await;
    let reference = captured_and_confirmed(&world).await;
    let play =
        async |file: PathBuf| world.host.operate(&["orders", "replay", &reference, "--adapter", file.to_str().unwrap()]).await;
    let same = play(adapter_file()).await;
    assert!(same.code == Some(0) && same.stdout.contains("\nnow   confirmed"), "{same:?}");
    refused(&play(oracle_file()).await, &["adapters.nordwind.settings_file"]);
    let nothing = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(nothing.path(), "no component").unwrap();
    refused(&play(nothing.path().to_owned()).await, &["adapters.nordwind.component"]);
    refused(&play("nowhere.wasm".into()).await, &["--adapter", "nowhere.wasm"]);
    assert_eq!(
        items(&world.host.operator().get("/ops/v1/adapters").await.expect(200))[0]["generations"].as_array().map(Vec::len),
        Some(1)
    );
}

async fn captured_and_confirmed(world: &World) -> String {
    let checkout = seal(&world.hansen(), PLIERS, "3").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference").to_owned();
    until_order(&world.hansen(), &reference, "confirmed", |order| order["number"].is_string()).await;
    reference
}

fn refused(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for word in words {
        assert!(ended.stderr.contains(word), "{word}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn t11_who_asks_for_what_cannot_be_played_again_is_told_why() {
    let world = World::with(|config| {
        config.set("adapters.nordwind.limits.component_bytes", "4000000").operator("anna", r#"["read", "desk"]"#)
    })
    .await;
    let reference = captured_and_confirmed(&world).await;
    let path = format!("/ops/v1/orders/{reference}/replay");
    let nothing = bytes::Bytes::new;
    let operator = world.host.operator();
    let other = operator.send(Method::POST, &format!("{path}?attempt=7"), nothing()).await.expect_problem(422, "invalid_request");
    assert!(other.to_string().contains("must be one of which something was kept: 1"), "{other}");
    operator
        .send(Method::POST, "/ops/v1/orders/O01ARZ3NDEKTSV4RRFFQ69G5FAV/replay", nothing())
        .await
        .expect_problem(404, "not_found");
    world.host.operator_named("anna").send(Method::POST, &path, nothing()).await.expect_problem(403, "scope_missing");
    let component = operator.with("content-type", "application/wasm");
    let large = component.send(Method::POST, &path, vec![0; 4_000_001].into()).await.expect_problem(413, "body_too_large");
    assert!(large.to_string().contains("4000000"), "{large}");
    let signed = component.with("x-component-signature", "%");
    signed.send(Method::POST, &path, nothing()).await.expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn t11_what_the_adapter_had_in_its_session_is_there_when_it_is_played_again_and_no_token_is_shown() {
    let world = S4World::start().await;
    let mut references = vec![];
    for key in ["one", "two"] {
        let cart = json!({"lines": [line("1", "TG12", "2")]});
        let checkout = world.adler().post("/v1/checkouts", &cart).await.expect(201);
        let body = json!({"checkout": text(&checkout, "/id")});
        let captured = world.adler().capture("/v1/orders", key, &body).await.expect(202);
        let order =
            until_order(&world.adler(), text(&captured, "/reference"), "confirmed", |order| order["number"].is_string()).await;
        references.push((text(&order, "/reference").to_owned(), text(&order, "/number").to_owned()));
    }
    for (reference, number) in references {
        let path = format!("/ops/v1/orders/{reference}/replay");
        let report = world.host.operator().send(Method::POST, &path, bytes::Bytes::new()).await.expect(200);
        assert_eq!((state(&report, "now"), text(&report, "/now/number")), ("confirmed".into(), number.as_str()), "{report:#}");
        let exchanges = report["exchanges"].as_array().unwrap();
        assert!(exchanges.iter().all(|exchange| exchange["request"] == "same"), "{report:#}");
        let dossier = world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
        let kept: Vec<_> = dossier["attempts"][0]["exchanges"].as_array().unwrap().iter().collect();
        let tokens = kept
            .iter()
            .flat_map(|exchange| [&exchange["headers"], &exchange["session"]].into_iter().filter_map(Value::as_array).flatten());
        let tokens: Vec<_> = tokens.filter(|pair| text(pair, "/0").contains("csrf")).map(|pair| text(pair, "/1")).collect();
        assert!(!tokens.is_empty() && tokens.iter().all(|token| *token == "***"), "{dossier:#}");
    }
}
