//! A customer is erased (rule A3, scenario 21).

use ordergate_tests::{Client, HostConfig, PLIERS, World, line, seal, text, until_order};
use serde_json::{Value, json};

/// What stands for everything personal.
const NAME: &str = "Erika Musterfrau";
const STREET: &str = "Geheimweg 77";
const EMAIL: &str = "erika@geheim.example";
const PERSONAL: [&str; 3] = [NAME, STREET, EMAIL];

fn with_eraser(config: HostConfig) -> HostConfig {
    config.operator("privacy", r#"["erase", "read"]"#).set("transfer.max_attempts", "2")
}

/// Orders with a name, an address and a note.
async fn order(customer: &Client, key: &str) -> String {
    let parties = json!([{"role": "ship-to", "address": {"name": NAME, "lines": [STREET], "city": "Kiel", "postal_code": "24143", "country": "DE", "email": EMAIL}}]);
    let cart = json!({"lines": [line("1", PLIERS, "2")], "parties": parties});
    let checkout = customer.post("/v1/checkouts", &cart).await.expect(201);
    let body = json!({"checkout": text(&checkout, "/id"), "purchase_order": NAME, "notes": [{"kind": "customer", "text": NAME}]});
    let order = customer.capture("/v1/orders", key, &body).await.expect(202);
    text(&order, "/reference").to_owned()
}

async fn until_confirmed(customer: &Client, reference: &str) {
    until_order(customer, reference, "confirmed", |order| order["number"].is_string()).await;
}

fn request(account: &str) -> Value {
    json!({"account": account, "actor": "anna", "reason": "letter of 3 November"})
}

/// Everything that the database has on disk.
fn files(world: &World) -> Vec<u8> {
    let files = ["ordergate.db", "ordergate.db-wal", "ordergate.db-shm"];
    files.iter().flat_map(|name| std::fs::read(world.host.folder().join(name)).unwrap_or_default()).collect()
}

fn on_disk(world: &World, text: &str) -> bool {
    files(world).windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn a3_an_erased_customer_is_not_in_the_databases_files_any_more_and_the_skeleton_is() {
    let world = World::with(with_eraser).await;
    let (hansen, bauer) = (world.hansen(), world.bauer());
    let references = [order(&hansen, "one").await, order(&hansen, "two").await];
    for reference in &references {
        until_confirmed(&hansen, reference).await;
    }
    let checkout = json!({"lines": [line("1", PLIERS, "1")], "parties": [{"role": "ship-to", "address": {"name": NAME}}]});
    let unordered = hansen.post("/v1/checkouts", &checkout).await.expect(201);
    let neighbor = order(&bauer, "three").await;
    until_confirmed(&bauer, &neighbor).await;
    hansen.get("/v1/orders").await.expect(200);
    assert!(PERSONAL.iter().all(|text| on_disk(&world, text)));

    let eraser = world.host.operator_named("privacy");
    // The other customer has the same name; it stays in theirs.
    let erased = eraser.post("/ops/v1/customers:erase", &request("C-1002")).await.expect(200);
    assert_eq!((&erased["documents"], &erased["account"], &erased["store"]), (&json!(1), &json!("C-1002"), &json!("main")));
    assert!(on_disk(&world, NAME));
    let erased = eraser.post("/ops/v1/customers:erase", &request("C-1001")).await.expect(200);
    assert_eq!((&erased["documents"], &erased["checkouts"]), (&json!(2), &json!(1)));
    for personal in PERSONAL {
        assert!(!on_disk(&world, personal), "{personal} is still in the files of the database");
    }
    hansen.get(&format!("/v1/checkouts/{}", text(&unordered, "/id"))).await.expect_problem(404, "checkout_unknown");
    let dossier = eraser.get(&format!("/ops/v1/orders/{}", references[0])).await.expect(200);
    assert_eq!(text(&dossier, "/transfers/0/state"), "confirmed");
    assert!(dossier["number"].is_string(), "{dossier:#}");
    assert_eq!(
        (text(&dossier, "/audit/0/action"), text(&dossier, "/audit/0/actor"), text(&dossier, "/audit/0/reason")),
        ("erase", "anna (key privacy)", "letter of 3 November")
    );
    assert!(!PERSONAL.iter().any(|personal| world.host.log().contains(personal)));
}

#[tokio::test]
async fn a3_the_key_of_an_erased_order_stays_used_and_captures_nothing() {
    let world = World::with(with_eraser).await;
    let hansen = world.hansen();
    let checkout = seal(&hansen, PLIERS, "1").await;
    let captured = ordergate_tests::order(&hansen, &checkout, "one").await.expect(202);
    until_confirmed(&hansen, text(&captured, "/reference")).await;
    world.host.operator_named("privacy").post("/ops/v1/customers:erase", &request("C-1001")).await.expect(200);
    ordergate_tests::order(&hansen, &checkout, "one").await.expect_problem(410, "customer_erased");
    ordergate_tests::order(&hansen, &checkout, "another").await.expect_problem(409, "checkout_used");
    let other = seal(&hansen, PLIERS, "1").await;
    ordergate_tests::order(&hansen, &other, "one").await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(world.backend.stats().await["orders_taken"], 1);
    // Whoever was erased can become a customer again.
    let again = ordergate_tests::order(&hansen, &other, "two").await.expect(202);
    until_confirmed(&hansen, text(&again, "/reference")).await;
}

#[tokio::test]
async fn a3_an_order_on_its_way_or_parked_keeps_its_customer_from_being_erased() {
    let world = World::with(with_eraser).await;
    let hansen = world.hansen();
    let checkout = seal(&hansen, PLIERS, "1").await;
    world.backend.disturb("POST", "/api/orders", "error-500", None).await;
    let captured = ordergate_tests::order(&hansen, &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    let erase = async || world.host.operator_named("privacy").post("/ops/v1/customers:erase", &request("C-1001")).await;
    let problem = erase().await.expect_problem(409, "customer_under_way");
    assert_eq!(text(&problem, "/errors/0/pointer"), reference);
    until_order(&hansen, reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    let problem = erase().await.expect_problem(409, "customer_under_way");
    assert_eq!(text(&problem, "/errors/0/detail"), "submit-order is parked");
    let abandoned = json!({"actor": "anna", "reason": "the customer is gone"});
    world.host.operator().post(&format!("/ops/v1/orders/{reference}/abandon"), &abandoned).await.expect(200);
    erase().await.expect(200);
    let dossier = world.host.operator().get(&format!("/ops/v1/orders/{reference}")).await.expect(200);
    let reasons: Vec<_> = dossier["audit"].as_array().unwrap().iter().map(|entry| entry["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["[erased]", "letter of 3 November"]);
    assert_eq!(text(&dossier, "/attempts/0/failure/message"), "[erased]");
}

#[tokio::test]
async fn a3_the_command_line_asks_before_it_erases_and_tells_what_it_did() {
    let world = World::with(with_eraser).await;
    let hansen = world.hansen();
    let reference = order(&hansen, "one").await;
    until_confirmed(&hansen, &reference).await;
    let erase = async |more: &[&str]| {
        let command = [&["customers", "erase", "C-1001", "--reason", "letter of 3 November"], more].concat();
        world.host.operate_as("privacy", &command).await
    };
    let unasked = erase(&[]).await;
    assert_eq!(unasked.code, Some(64), "{}", unasked.stderr);
    assert!(unasked.stderr.contains("add --yes"), "{}", unasked.stderr);
    assert!(on_disk(&world, NAME));
    let elsewhere = erase(&["--yes", "--store", "nowhere"]).await;
    assert_eq!(elsewhere.code, Some(1), "{}", elsewhere.stderr);
    assert!(elsewhere.stderr.contains("/store: must be one of main"), "{}", elsewhere.stderr);
    let done = erase(&["--yes"]).await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.starts_with("C-1001  store main  erased: orders and quotes 1"), "{}", done.stdout);
    assert!(!on_disk(&world, NAME));
    let shared_key = world.host.operate(&["customers", "erase", "C-1001", "--reason", "a try", "--yes"]).await;
    assert_eq!(shared_key.code, Some(1));
    assert!(shared_key.stderr.contains("needs the scope \"erase\""), "{}", shared_key.stderr);
}

#[tokio::test]
async fn a3_what_was_cached_for_an_erased_customer_is_gone_and_what_was_cached_for_others_is_not() {
    let world = World::with(with_eraser).await;
    let cached = async |account: &str| {
        let path = format!("/ops/v1/cache/{PLIERS}?account={account}");
        let report = world.host.operator().get(&path).await.expect(200);
        report["offer_prices"].as_array().unwrap().len()
    };
    for customer in [world.hansen(), world.bauer()] {
        customer.get(&format!("/v1/offer-prices/{PLIERS}")).await.expect(200);
    }
    assert_eq!((cached("C-1001").await, cached("C-1002").await), (1, 1));
    world.host.operator_named("privacy").post("/ops/v1/customers:erase", &request("C-1001")).await.expect(200);
    assert_eq!((cached("C-1001").await, cached("C-1002").await), (0, 1));
}

#[tokio::test]
async fn a3_the_last_known_list_of_an_erased_customer_is_forgotten() {
    let world = World::with(with_eraser).await;
    let hansen = world.hansen();
    let reference = order(&hansen, "one").await;
    until_confirmed(&hansen, &reference).await;
    hansen.get("/v1/orders?limit=100").await.expect(200);
    world.backend.disturb("GET", "/api/orders", "error-500", None).await;
    let known = hansen.get("/v1/orders?limit=100").await.expect(200);
    assert_eq!(known["source"], "stale", "{known:#}");
    let erased = world.host.operator_named("privacy").post("/ops/v1/customers:erase", &request("C-1001")).await.expect(200);
    assert_eq!(erased["lists"], 1);
    let left = hansen.get("/v1/orders?limit=100").await;
    assert!(left.status == 200 && !left.text().contains(NAME), "{left}");
    let left = left.json();
    assert_eq!(left["items"].as_array().unwrap().len(), 1, "of what the back end listed nothing, of ours what stays: {left:#}");
    assert_eq!(left["items"][0]["reference"], *reference);
}
