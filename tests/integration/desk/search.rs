//! Orders and quotes are found by what somebody says on the telephone (rule T11).

use super::*;

async fn found(world: &World, query: &str) -> Vec<Value> {
    let page = world.host.operator().get(&format!("/ops/v1/orders?{query}")).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

/// The references that are found, newest first.
async fn references(world: &World, query: &str) -> Vec<String> {
    found(world, query).await.iter().map(|one| text(one, "/reference").to_owned()).collect()
}

/// What somebody says, as a parameter.
fn said(text: &str) -> String {
    format!("q={}", text.replace(' ', "%20").replace('/', "%2F"))
}

#[tokio::test]
async fn t11_an_order_is_found_by_number_reference_purchase_order_and_account_and_tells_where_it_stands() {
    let world = World::start().await;
    let sent = confirmed(&world.hansen(), "1", "one").await;
    let (reference, number) = (text(&sent, "/reference"), text(&sent, "/number"));
    let others = confirmed(&world.bauer(), "1", "two").await;
    let quote = json!({"lines": [{"id": "1", "sku": PLIERS, "quantity": {"value": "500"}}], "purchase_order": "PO 9/b"});
    let quote = world.hansen().capture("/v1/quotes", "quote", &quote).await.expect(202);
    let quote = text(&quote, "/reference");
    for one in [reference, number, &number.to_lowercase()] {
        assert_eq!(references(&world, &said(one)).await, [reference], "{one}");
    }
    assert_eq!(references(&world, &said("po 9/B")).await, [quote]);
    assert_eq!(references(&world, &said("C-1001")).await, [quote, reference]);
    assert_eq!(references(&world, "account=C-1001&kind=order").await, [reference]);
    assert_eq!(references(&world, &format!("store=main&state=confirmed&q={number}")).await, [reference]);
    assert_eq!(references(&world, "").await, [quote, text(&others, "/reference"), reference]);
    assert_eq!(references(&world, "q=nobody").await, [""; 0]);
    assert_eq!(references(&world, "from=2999-01-01").await, [""; 0]);
    let item = &found(&world, &said(number)).await[0];
    assert_eq!(
        ["number", "kind", "store", "account", "adapter", "status"].map(|field| text(item, &format!("/{field}"))),
        [number, "order", "main", "C-1001", "nordwind", text(&sent, "/status")]
    );
    assert_eq!((text(item, "/transfers/0/operation"), text(item, "/transfers/0/state")), ("submit-order", "confirmed"));
    assert!(!item.to_string().contains("PO-4711"), "what is personal is not shown: {item:#}");
}

#[tokio::test]
async fn t11_what_is_held_parked_or_found_to_differ_is_found_as_such() {
    let world = World::with(|config| config.set("transfer.max_age_secs", "1")).await;
    world.backend.disturb("POST", "/api/orders", "error-500", None).await;
    let checkout = seal(&world.hansen(), PLIERS, "1").await;
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "parked", |order| order["transfer"]["state"] == "parked").await;
    assert_eq!(references(&world, "state=parked").await, [reference]);
    assert_eq!(references(&world, "state=confirmed").await, [""; 0]);
    let item = &found(&world, "state=parked&account=C-1001").await[0];
    assert!(!text(item, "/transfers/0/last_failure/message").is_empty(), "why it is parked: {item:#}");
    for (query, many) in [("account=C-1001", 1), ("account=C-1002", 0), ("store=main&adapter=nordwind", 1), ("code=nothing", 0)] {
        let listed = world.host.operator().get(&format!("/ops/v1/transfers?state=parked&{query}")).await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), many, "{query}");
    }
}

#[tokio::test]
async fn t11_what_was_cancelled_of_another_channel_is_found_by_its_number() {
    let world = World::start().await;
    let number = world.backend.telephone_order("C-1001", "NW-1017").await;
    let reply =
        world.hansen().capture(&format!("/v1/orders/{number}/cancel"), "one", &json!({"reason": "changed my mind"})).await;
    reply.expect(202);
    let wanted = async || found(&world, &said(&number)).await.pop().filter(|one| one["transfers"][0]["state"] == "confirmed");
    let item = eventually("the cancellation is found", wanted).await;
    assert_eq!((text(&item, "/number"), text(&item, "/transfers/0/operation")), (number.as_str(), "cancel-order"));
    let shown = world.host.operator().get(&format!("/ops/v1/orders/{}", text(&item, "/reference"))).await.expect(200);
    assert_eq!(text(&shown, "/transfers/0/account"), "C-1001");
}

#[tokio::test]
async fn t11_a_search_that_cannot_be_understood_says_what_is_wrong_with_it() {
    let world = World::start().await;
    let operator = world.host.operator();
    for (query, pointer) in [
        ("state=lost", "?state"),
        ("status=opne", "?status"),
        ("kind=invoice", "?kind"),
        ("from=yesterday", "?from"),
        ("to=2026-13-01", "?to"),
        ("cursor=x", "?cursor"),
        ("limit=0", "?limit"),
        ("limit=101", "?limit"),
        ("q=", "?q"),
        ("account=", "?account"),
    ] {
        let problem = operator.get(&format!("/ops/v1/orders?{query}")).await.expect_problem(422, "invalid_request");
        assert_eq!(text(&problem, "/errors/0/pointer"), pointer, "{query}: {problem:#}");
    }
    operator.get("/ops/v1/orders?purchaseorder=1").await.expect_problem(422, "invalid_request");
}

#[tokio::test]
async fn t11_the_command_line_searches_page_by_page() {
    let world = World::start().await;
    let mut wanted = Vec::new();
    for key in ["one", "two", "three"] {
        wanted.push(text(&confirmed(&world.hansen(), "1", key).await, "/reference").to_owned());
    }
    let search = async |more: &[&str]| world.host.operate(&[&["orders", "search"][..], more].concat()).await;
    let first = search(&["--account", "C-1001", "--limit", "2"]).await;
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let shown: Vec<_> = first.stdout.lines().collect();
    assert!(shown.len() == 2 && shown[0].starts_with(&wanted[2]) && shown[1].starts_with(&wanted[1]), "{shown:?}");
    assert!(shown[0].contains("submit-order confirmed"), "{shown:?}");
    let cursor = first.stderr.trim().strip_prefix("there are more: --cursor ").unwrap().to_owned();
    let second = search(&["--account", "C-1001", "--limit", "2", "--cursor", &cursor, "--json"]).await;
    let page: Value = serde_json::from_str(&second.stdout).unwrap();
    assert_eq!((page["items"].as_array().unwrap().len(), text(&page, "/items/0/reference")), (1, wanted[0].as_str()));
    assert_eq!(page["next_cursor"], Value::Null);
    let by_purchase_order = search(&["po-4711"]).await;
    assert_eq!(by_purchase_order.stdout.lines().count(), 3, "{}", by_purchase_order.stdout);
    let wrong = search(&["--state", "lost"]).await;
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.stderr.contains("?state: \"lost\" is none of: captured, queued,"), "{}", wrong.stderr);
}
