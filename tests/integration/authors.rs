//! The path of an adapter's author: the same small adapter, written by `ordergate adapter new` in each language and built by that language's package
//! manager, before the demo back end.

use ordergate_tests::{Ended, HostConfig, PLIERS, World, authored_file, items, order, run_host, seal, text, until_order};
use serde_json::{Value, json};

async fn world(language: &str) -> World {
    let component = format!("{:?}", authored_file(language).to_str().unwrap());
    World::with(|config| {
        config
            .set("adapters.nordwind.component", &component)
            .unset("adapters.nordwind.settings_file")
            .set("adapters.nordwind.settings.shipping", "\"STD\"")
    })
    .await
}

/// What a customer sees of products, orders and their history.
async fn is_a_good_adapter(world: &World) {
    it_says_what_it_is(world).await;
    reads_are_live_and_one_bad_item_spoils_only_itself(world).await;
    let reference = an_order_arrives(world).await;
    a_lost_reply_doubles_nothing(world).await;
    a_refusal_is_told(world).await;
    let listed = world.hansen().get("/v1/orders?limit=100").await.expect(200);
    assert!(items(&listed).iter().any(|order| order["reference"] == json!(reference)), "{listed:#}");
    assert!(items(&listed).iter().any(|order| order["channel"] == "telephone"), "{listed:#}");
}

/// The same in every language.
async fn it_says_what_it_is(world: &World) {
    let listed = world.host.operator().get("/ops/v1/adapters").await.expect(200);
    let description = &items(&listed)[0]["description"];
    let mut capabilities: Vec<_> = description["capabilities"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    capabilities.sort_unstable();
    let expected = [
        "availability.check",
        "checkout.calculate",
        "health.probe",
        "orders.find-by-reference",
        "orders.get",
        "orders.list",
        "orders.submit",
        "pricing.offer-prices",
    ];
    assert_eq!(capabilities, expected);
    assert_eq!(description["price_dimensions"], json!(["account", "currency", "unit"]));
    assert_eq!((text(description, "/name"), text(description, "/deduplication")), ("my-adapter", "queryable"));
    assert!(text(description, "/settings_schema").contains("How goods are shipped"), "{description:#}");
}

async fn reads_are_live_and_one_bad_item_spoils_only_itself(world: &World) {
    let query = json!({"items": [{"sku": PLIERS, "location": "BER"}, {"sku": "NONE"}, {"sku": "NW-1068"}]});
    let answer = world.hansen().post("/v1/availability:query", &query).await.expect(200);
    let answers = items(&answer);
    let (pliers, unknown, made_to_order) = (&answers[0]["availability"], &answers[1], &answers[2]);
    assert_eq!((text(pliers, "/available"), text(pliers, "/unit"), text(pliers, "/source")), ("140", "C62", "live"));
    assert_eq!(text(unknown, "/problem/code"), "sku_unknown");
    assert_eq!(made_to_order["availability"]["unlimited"], true);
    let screws = world.bauer().get("/v1/offer-prices/NW-1001?quantity=20").await.expect(200);
    assert_eq!((text(&screws, "/list_price/amount"), text(&screws, "/per")), ("11.90", "100"));
    assert_eq!(screws["breaks"].as_array().map(Vec::len), Some(4), "{screws:#}");
}

async fn an_order_arrives(world: &World) -> String {
    let checkout = seal(&world.hansen(), PLIERS, "20").await;
    assert_eq!(text(&checkout, "/totals/payable/amount"), "521.22");
    let captured = order(&world.hansen(), &checkout, "arrives").await.expect(202);
    let reference = text(&captured, "/reference");
    let confirmed = until_order(&world.hansen(), reference, "confirmed", is_confirmed).await;
    let there = world.backend.orders_with_reference(reference).await;
    assert_eq!(there.len(), 1);
    assert_eq!((text(&there[0], "/no"), text(&there[0], "/total")), (text(&confirmed, "/number"), "521.22"));
    let by_number = world.hansen().get(&format!("/v1/orders/{}", text(&confirmed, "/number"))).await.expect(200);
    assert_eq!(text(&by_number, "/reference"), reference);
    reference.to_owned()
}

/// It is in doubt, and found by its reference.
async fn a_lost_reply_doubles_nothing(world: &World) {
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    world.backend.disturb("POST", "/api/orders", "reply-lost", Some(1)).await;
    let captured = order(&world.hansen(), &checkout, "lost").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "confirmed", is_confirmed).await;
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 1);
}

async fn a_refusal_is_told(world: &World) {
    let blocked = world.host.caller("shop").with("x-account", "C-1009");
    let checkout = seal(&blocked, PLIERS, "1").await;
    let captured = order(&blocked, &checkout, "blocked").await.expect(202);
    let refused =
        until_order(&blocked, text(&captured, "/reference"), "refused", |order| order["transfer"]["state"] == "rejected").await;
    assert!(text(&refused, "/transfer/message").contains("blocked"), "{refused:#}");
}

fn is_confirmed(order: &Value) -> bool {
    order["number"].is_string() && order["source"] == "live"
}

#[tokio::test]
async fn an_adapter_in_rust_sells() {
    is_a_good_adapter(&world("rust").await).await;
}

#[tokio::test]
async fn an_adapter_in_javascript_sells() {
    is_a_good_adapter(&world("js").await).await;
}

#[tokio::test]
async fn an_adapter_in_python_sells() {
    is_a_good_adapter(&world("python").await).await;
}

async fn new(arguments: &[&str]) -> Ended {
    run_host(
        &HostConfig::for_backend("http://127.0.0.1:9", "back-end-key-of-this-test"),
        &[&["adapter", "new"], arguments].concat(),
    )
    .await
}

#[tokio::test]
async fn a_new_adapter_says_what_comes_next_and_leaves_what_is_there_alone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("erp");
    let into = folder.to_str().unwrap();
    let begun = new(&["acme-erp", "--lang", "js", "--into", into]).await;
    assert_eq!(begun.code, Some(0), "{}", begun.stderr);
    assert!(begun.stdout.contains("dist/acme-erp.wasm") && begun.stdout.contains("npm run build"), "{}", begun.stdout);
    let package = std::fs::read_to_string(folder.join("package.json")).unwrap();
    assert!(package.contains("\"name\": \"acme-erp\""), "{package}");
    let again = new(&["acme-erp", "--lang", "rust", "--into", into]).await;
    assert_eq!(again.code, Some(64));
    assert!(again.stderr.contains("is not empty"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(folder.join("package.json")).unwrap(), package);
    assert!(!folder.join("Cargo.toml").exists());
}

#[tokio::test]
async fn a_name_or_language_that_cannot_be_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("erp");
    for (name, language, why) in [
        ("Acme ERP", "js", "small letters, digits and single hyphens"),
        ("../erp", "js", "small letters, digits and single hyphens"),
        ("test", "rust", "add another"),
        ("erp", "go", "possible values: rust, js, python"),
    ] {
        let refused = new(&[name, "--lang", language, "--into", into.to_str().unwrap()]).await;
        assert_eq!(refused.code, Some(64), "{name} {language}");
        assert!(refused.stderr.contains(why), "{name} {language}: {}", refused.stderr);
    }
    assert!(!into.exists());
}
