//! A parked order is changed before it is sent again (rule T11).

use ordergate_tests::line;

use super::*;

/// A world with an order that was parked because its back end was away for too long.
async fn parked() -> (World, String) {
    let mut world = World::with(|config| config.set("transfer.max_age_secs", "1")).await;
    let cart = json!({"lines": [line("1", PLIERS, "1")], "parties": [ship_to("Potsdam", "DE")]});
    let checkout = world.hansen().post("/v1/checkouts", &cart).await.expect(201);
    world.backend.stop().await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference").to_owned();
    until_order(&world.hansen(), &reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    world.backend.start_again().await;
    (world, reference)
}

fn ship_to(city: &str, country: &str) -> Value {
    let address =
        json!({"name": "Erika Mustermann", "lines": ["Lange Str. 1"], "city": city, "postal_code": "10115", "country": country});
    json!({"role": "ship-to", "address": address})
}

/// Where the order goes now.
fn moved() -> Value {
    json!({"parties": [ship_to("Berlin", "DE")]})
}

#[tokio::test]
async fn scenario_20_a_parked_order_is_edited_and_resent_and_the_audit_tells_who_what_and_with_which_adapter() {
    let (world, reference) = parked().await;
    let file = world.host.folder().join("changes.json");
    std::fs::write(&file, moved().to_string()).unwrap();
    let edit = ["orders", "edit", &reference, "--purchase-order", "PO-4712", "--changes", file.to_str().unwrap()];
    let edited = world.host.operate(&[&edit[..], &["--actor", "anna", "--reason", "the customer mistyped it"]].concat()).await;
    assert_eq!(edited.code, Some(0), "{}", edited.stderr);
    assert!(edited.stdout.contains("parked"), "it stays where it is: {}", edited.stdout);
    let act = json!({"actor": "anna", "reason": "the back end is there again"});
    let operator = world.host.operator();
    operator.post(&format!("/ops/v1/orders/{reference}/resend"), &act).await.expect(200);
    until_order(&world.hansen(), &reference, "confirmed", |order| order["number"].is_string()).await;
    let there = world.backend.orders_with_reference(&reference).await;
    assert_eq!((there.len(), text(&there[0], "/po"), text(&there[0], "/ship_to/city")), (1, "PO-4712", "Berlin"));
    let dossier = operator.get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
    let digest = operator.get("/ops/v1/adapters/nordwind").await.expect(200)["digest"].clone();
    let deed = &dossier["audit"][0];
    assert_eq!(
        ["actor", "action", "reason"].map(|field| text(deed, &format!("/{field}"))),
        ["anna", "edit", "the customer mistyped it"]
    );
    let changes = text(deed, "/detail");
    assert!(changes.starts_with("purchase_order: PO-4711 → PO-4712; party ship-to: "), "{changes}");
    assert!(!changes.contains("Mustermann") && !changes.contains("Lange"), "it names nobody: {changes}");
    assert_eq!(deed["adapter_digest"], digest);
    assert_eq!(dossier["attempts"].as_array().unwrap().last().unwrap()["adapter_digest"], digest);
}

#[tokio::test]
async fn t11_what_was_agreed_or_may_be_there_already_is_not_edited() {
    let (world, reference) = parked().await;
    let operator = world.host.operator();
    let edit = async |reference: &str, changes: Value| {
        let body = json!({"actor": "anna", "reason": "a try", "changes": changes});
        operator.post(&format!("/ops/v1/orders/{reference}/edit"), &body).await
    };
    let payer = edit(&reference, json!({"parties": [{"role": "payer", "number": "C-1002"}]})).await;
    assert_eq!(text(&payer.expect_problem(422, "invalid_request"), "/errors/0/pointer"), "/changes/parties/0/role");
    let abroad = edit(&reference, json!({"parties": [ship_to("Wien", "AT")]})).await.expect_problem(422, "invalid_request");
    assert_eq!(text(&abroad, "/errors/0/pointer"), "/changes/parties/0/address/country");
    let numbered = edit(&reference, json!({"parties": [{"role": "ship-to", "number": "C-1003-2"}]})).await;
    assert_eq!(text(&numbered.expect_problem(422, "invalid_request"), "/errors/0/pointer"), "/changes/parties/0/number");
    edit(&reference, json!({"lines": []})).await.expect_problem(422, "invalid_request");
    edit(&reference, json!({"purchase_order": "PO-4711"})).await.expect_problem(409, "conflict");
    let cart = json!({"lines": [line("1", PLIERS, "1")]});
    let is_back = async || (world.hansen().post("/v1/checkouts", &cart).await.status == 201).then_some(());
    eventually("the back end is found well again", is_back).await;
    let sent = confirmed(&world.hansen(), "1", "two").await;
    edit(text(&sent, "/reference"), json!({"purchase_order": "PO-1"})).await.expect_problem(409, "conflict");
}

#[tokio::test]
async fn t11_an_order_whose_outcome_was_lost_is_not_edited() {
    let world = World::with(|config| config.set("transfer.max_attempts", "1")).await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let lost = json!([
        {"method": "POST", "path_prefix": "/api/orders", "fault": "reply-lost"},
        {"method": "GET", "path_prefix": "/api/orders", "fault": "garbage-json"},
    ]);
    world.backend.faults(&json!({ "rules": lost })).await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    let body = json!({"actor": "anna", "reason": "a try", "changes": {"purchase_order": "PO-2"}});
    let refused = world.host.operator().post(&format!("/ops/v1/orders/{reference}/edit"), &body).await;
    assert!(text(&refused.expect_problem(409, "conflict"), "/detail").contains("may have it already"), "{refused}");
}
