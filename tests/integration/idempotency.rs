//! Idempotency-Key (rule A2) and one order for one seal.

use futures::future::join_all;
use ordergate_tests::{Client, PLIERS, World, order, seal, text, until_order};
use serde_json::{Value, json};

async fn confirmed_once(world: &World, customer: &Client, reference: &str) {
    until_order(customer, reference, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
    assert_eq!(world.backend.stats().await["orders_taken"], 1);
}

#[tokio::test]
async fn a2_the_same_key_and_body_give_the_first_answer_again() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let first = order(&world.hansen(), &checkout, "key").await;
    let again = order(&world.hansen(), &checkout, "key").await;
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), (None, Some("true")));
    assert_eq!(first.status, again.status);
    assert_eq!(first.expect(202), again.expect(202));
    confirmed_once(&world, &world.hansen(), text(&first.json(), "/reference")).await;
}

#[tokio::test]
async fn a2_the_same_key_with_another_body_is_refused() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    order(&world.hansen(), &checkout, "key").await.expect(202);
    let other = json!({"checkout": text(&checkout, "/id"), "purchase_order": "another"});
    world.hansen().capture("/v1/orders", "key", &other).await.expect_problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a2_a_capture_without_a_key_is_refused_and_says_what_to_send() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let reply = world.hansen().post("/v1/orders", &json!({"checkout": text(&checkout, "/id")})).await;
    let problem = reply.expect_problem(400, "idempotency_key_missing");
    assert!(text(&problem, "/title").contains("Idempotency-Key"), "{problem:#}");
    assert_eq!(world.backend.stats().await["orders_taken"], 0);
}

#[tokio::test]
async fn a2_keys_belong_to_the_caller_who_used_them() {
    let world = World::start().await;
    let (one, other) = (seal(&world.hansen(), PLIERS, "1").await, seal(&world.bauer(), PLIERS, "1").await);
    let first = order(&world.hansen(), &one, "the-same-key").await.expect(202);
    let second = order(&world.bauer(), &other, "the-same-key").await.expect(202);
    assert_ne!(first["reference"], second["reference"]);
}

#[tokio::test]
async fn a2_a_refused_request_does_not_use_up_its_key() {
    let world = World::start().await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let wrong = json!({"checkout": text(&checkout, "/id"), "payable": {"amount": "0.01", "currency": "EUR"}});
    world.hansen().capture("/v1/orders", "key", &wrong).await.expect_problem(422, "checkout_contradicted");
    order(&world.hansen(), &checkout, "key").await.expect(202);
}

#[tokio::test]
async fn parallel_submits_with_the_same_key_make_one_order() {
    let world = World::start().await;
    let customer = world.hansen();
    let checkout = seal(&customer, PLIERS, "1").await;
    let replies = join_all((0..20).map(|_| order(&customer, &checkout, "the-same"))).await;
    let mut references: Vec<Value> = Vec::new();
    for reply in &replies {
        match reply.status.as_u16() {
            409 => drop(reply.expect_problem(409, "idempotency_key_in_use")),
            _ => references.push(reply.expect(202)["reference"].clone()),
        }
    }
    references.dedup();
    assert_eq!(references.len(), 1, "{references:?}");
    confirmed_once(&world, &customer, references[0].as_str().unwrap()).await;
}

#[tokio::test]
async fn parallel_submits_of_one_seal_with_other_keys_make_one_order() {
    let world = World::start().await;
    let customer = world.hansen();
    let checkout = seal(&customer, PLIERS, "1").await;
    let keys: Vec<_> = (0..20).map(|index| format!("key-{index}")).collect();
    let replies = join_all(keys.iter().map(|key| order(&customer, &checkout, key))).await;
    let taken: Vec<_> = replies.iter().filter(|reply| reply.status == 202).collect();
    assert_eq!(taken.len(), 1, "one of them is the order");
    for refused in replies.iter().filter(|reply| reply.status != 202) {
        refused.expect_problem(409, "checkout_used");
    }
    confirmed_once(&world, &customer, text(&taken[0].json(), "/reference")).await;
}
