//! A back end, or its mapping, that mixes documents up: under the number of a customer's order it shows another one.

use serde_json::json;

use super::*;

/// What the back end has under a number.
async fn there(world: &World, number: &str) -> Value {
    world.backend.client().get(&format!("/api/orders/{number}")).await.expect(200)
}

/// Asks to cancel it, and waits until that is left to a person, who is told why.
async fn is_left_to_a_person(world: &World, reference: &str) {
    world.hansen().capture(&format!("/v1/orders/{reference}/cancel"), "cancel", &json!({"reason": "too late"})).await.expect(202);
    let told = eventually("it is parked", async || {
        let parked = world.host.operator().get("/ops/v1/transfers?state=parked").await.expect(200);
        items(&parked).iter().find(|transfer| transfer["operation"] == "cancel-order").cloned()
    })
    .await;
    assert!(told.to_string().contains("shows another document"), "{told:#}");
}

#[tokio::test]
async fn h3_a_number_that_is_another_customers_is_not_shown_and_not_cancelled() {
    let world = World::start().await;
    let ours = confirmed_order(&world).await;
    let (reference, number) = (text(&ours, "/reference"), text(&ours, "/number"));
    world.backend.rebook_order(number, &json!({"customer": "C-1002"})).await;
    let shown = world.hansen().get(&format!("/v1/orders/{reference}")).await.expect(200);
    assert_eq!(
        (text(&shown, "/source"), &shown["reference"]),
        ("stale", &ours["reference"]),
        "what was known, nothing of the other"
    );
    world.hansen().get(&format!("/v1/orders/{number}")).await.expect_problem(404, "not_found");
    is_left_to_a_person(&world, reference).await;
    assert_eq!(text(&there(&world, number).await, "/state"), "OPN", "the other customer keeps the order");
}

#[tokio::test]
async fn h3_another_order_of_the_same_customer_is_not_shown_and_not_cancelled_in_its_place() {
    let world = World::start().await;
    let ours = confirmed_order(&world).await;
    let second = order(&world.hansen(), &seal(&world.hansen(), PLIERS, "5").await, "two").await.expect(202);
    let (reference, number) = (text(&ours, "/reference"), text(&ours, "/number"));
    world.backend.rebook_order(number, &json!({"your_ref": second["reference"]})).await;
    let shown = world.hansen().get(&format!("/v1/orders/{reference}")).await.expect(200);
    assert_eq!((text(&shown, "/source"), &shown["reference"]), ("stale", &ours["reference"]));
    assert!(world.host.metric("ordergate_contract_violations_total", &["other-document"]).await >= 1.0);
    is_left_to_a_person(&world, reference).await;
    assert_eq!(text(&there(&world, number).await, "/state"), "OPN");
}

#[tokio::test]
async fn t4_an_order_that_is_confirmed_under_another_ones_number_is_found_under_its_own() {
    let world = World::start().await;
    let first = confirmed_order(&world).await;
    let sealed = seal(&world.hansen(), PLIERS, "2").await;
    world.backend.disturb("POST", "/api/orders", "other-number", Some(1)).await;
    let second = order(&world.hansen(), &sealed, "second").await.expect(202);
    let reference = text(&second, "/reference");
    let second = until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await;
    assert_ne!(second["number"], first["number"]);
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!((there.len(), &there[0]["no"]), (1, &second["number"]));
    let dossier = world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
    let told = format!("{} is the number of {}", text(&first, "/number"), text(&first, "/reference"));
    assert!(dossier["attempts"][0]["failure"].to_string().contains(&told), "{dossier:#}");
    assert_eq!(world.host.metric("ordergate_contract_violations_total", &["number-of-another"]).await, 1.0);
}

#[tokio::test]
async fn h3_an_order_that_is_confirmed_as_one_that_was_entered_there_is_not_mixed_up_with_it_and_gets_its_own_number() {
    let world = World::with(|config| config.set("transfer.reconcile_secs", "1").set("transfer.settle_ms", "1000")).await;
    let sealed = seal(&world.hansen(), PLIERS, "2").await;
    let telephone = world.backend.telephone_order("C-1001", "NW-1017").await;
    world.backend.disturb("POST", "/api/orders", "other-number", Some(1)).await;
    let ours = order(&world.hansen(), &sealed, "ours").await.expect(202);
    let reference = text(&ours, "/reference");
    let path = format!("/v1/orders/{reference}");
    let confirmed = until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(text(&confirmed, "/number"), telephone, "what the back end said");
    let shown = world.hansen().get(&path).await.expect(200);
    assert_eq!((text(&shown, "/lines/0/sku"), text(&shown, "/source")), (PLIERS, "stale"), "ours, not what is there");
    let listed = list(&world.hansen(), "?limit=100").await;
    let of = |field: &str, value: &str| items(&listed).iter().filter(|order| order[field] == value).count();
    assert_eq!(of("reference", reference), 1, "{listed:#}");
    let finding = eventually("it is found to have another number", async || {
        world.host.findings("?reason=differs").await.into_iter().find(|finding| finding["reference"] == reference)
    })
    .await;
    let own = world.backend.orders_with_reference(reference).await.remove(0);
    assert_eq!((text(&finding, "/differences/0/kind"), &finding["numbers"][0]), ("number", &own["no"]));
    let act = json!({"actor": "anna", "reason": "seen there"});
    world.host.operator().post(&format!("/ops/v1/findings/{}/accept", finding["id"]), &act).await.expect(200);
    let mended = world.hansen().get(&path).await.expect(200);
    assert_eq!((&mended["number"], text(&mended, "/source")), (&own["no"], "live"));
    world.hansen().capture(&format!("{path}/cancel"), "cancel", &json!({"reason": "too late"})).await.expect(202);
    until_order(&world.hansen(), reference, "cancelled", |order| order["status"] == "cancelled").await;
    assert_eq!(text(&there(&world, &telephone).await, "/state"), "OPN");
}

#[tokio::test]
async fn a_list_cursor_that_names_a_back_end_again_and_again_is_refused() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let world = World::start().await;
    let first = list(&world.hansen(), "?limit=2").await;
    let mut cursor: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text(&first, "/next_cursor")).unwrap()).unwrap();
    let source = cursor["sources"][0].clone();
    cursor["sources"] = json!([source, source]);
    let calls = world.backend.requests("GET /api/orders").await;
    let again = URL_SAFE_NO_PAD.encode(cursor.to_string());
    world.hansen().get(&format!("/v1/orders?limit=2&cursor={again}")).await.expect_problem(422, "invalid_request");
    assert_eq!(world.backend.requests("GET /api/orders").await, calls, "nobody is asked");
}

#[tokio::test]
async fn h3_an_answer_about_another_order_is_no_proof_of_a_cancellation() {
    let world = World::start().await;
    let ours = confirmed_order(&world).await;
    let (reference, number) = (text(&ours, "/reference"), text(&ours, "/number"));
    world.backend.disturb("POST", &format!("/api/orders/{number}/cancellation"), "other-number", Some(1)).await;
    let path = format!("/v1/orders/{reference}");
    world.hansen().capture(&format!("{path}/cancel"), "cancel", &json!({"reason": "too late"})).await.expect(202);
    eventually("it is cancelled", async || {
        let shown = world.hansen().get(&path).await.expect(200);
        (text(&shown, "/status") == "cancelled" && shown["pending_operation"].is_null()).then_some(())
    })
    .await;
    let dossier = world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
    // The first attempt brought the order, and what was held for it is given back at last.
    let attempts = dossier["attempts"].as_array().unwrap().iter().skip(1).take(2);
    let attempts: Vec<_> = attempts.map(|attempt| (text(attempt, "/kind"), text(attempt, "/outcome"))).collect();
    assert_eq!(attempts, [("send", "unknown"), ("look-up", "confirmed")], "{dossier:#}");
    assert!(world.host.metric("ordergate_contract_violations_total", &["foreign-document"]).await >= 1.0);
}
