//! What HTTP says about the answers to reads: caching, tags, compression, problems of single items, the largest query.

use ordergate_tests::{PLIERS, World, text};
use serde_json::{Value, json};

const UNKNOWN: &str = "NW-9999";

fn query(skus: impl Iterator<Item = String>) -> Value {
    json!({"items": skus.map(|sku| json!({"sku": sku})).collect::<Vec<_>>()})
}

#[tokio::test]
async fn f1_nothing_that_a_caller_gets_may_be_kept_by_a_cache_that_others_share() {
    let world = World::start().await;
    let customer = world.hansen();
    let one = query([PLIERS.to_owned()].into_iter());
    let replies = [
        customer.get(&format!("/v1/availability/{PLIERS}")).await,
        customer.get(&format!("/v1/offer-prices/{PLIERS}")).await,
        customer.post("/v1/availability:query", &one).await,
        customer.post("/v1/offer-prices:query", &one).await,
        customer.get("/v1/orders").await,
        customer.get("/v1/quotes").await,
        customer.get(&format!("/v1/availability/{UNKNOWN}")).await,
    ];
    for reply in replies {
        let caching = reply.header("cache-control").unwrap_or_else(|| panic!("no Cache-Control: {reply}"));
        assert!(caching.contains("private") || caching.contains("no-store"), "{caching}: {reply}");
        assert!(!caching.contains("public") && !caching.contains("s-maxage"), "{caching}: {reply}");
    }
}

#[tokio::test]
async fn f1_answers_differ_by_caller_and_say_so() {
    let world = World::start().await;
    let reply = world.hansen().get(&format!("/v1/offer-prices/{PLIERS}")).await;
    let vary = reply.header("vary").expect("a Vary header").to_ascii_lowercase();
    for name in ["authorization", "x-api-key", "x-account", "x-store", "accept-encoding"] {
        assert!(vary.contains(name), "{name} is missing in {vary}");
    }
}

#[tokio::test]
async fn f1_a_tag_stands_for_the_answer_of_one_caller() {
    let world = World::start().await;
    let path = format!("/v1/offer-prices/{PLIERS}");
    world.hansen().get(&path).await.expect(200);
    let hansens = world.hansen().get(&path).await;
    let tag = hansens.header("etag").expect("a tag").to_owned();
    assert_eq!(world.hansen().with("if-none-match", &tag).get(&path).await.status, 304);
    assert_eq!(world.hansen().with("if-none-match", &format!("W/{tag}, \"other\"")).get(&path).await.status, 304);
    let bauers = world.bauer().with("if-none-match", &tag).get(&path).await.expect(200);
    assert_ne!(bauers["unit_price"], hansens.expect(200)["unit_price"]);
}

#[tokio::test]
async fn a_large_answer_is_compressed_for_who_takes_it_and_for_nobody_else() {
    let world = World::start().await;
    let page = query((1001..1021).map(|number| format!("NW-{number}")));
    let plain = world.hansen().post("/v1/availability:query", &page).await;
    assert_eq!(plain.header("content-encoding"), None);
    plain.expect(200);
    let packed = world.hansen().with("accept-encoding", "gzip").post("/v1/availability:query", &page).await;
    assert_eq!((packed.status.as_u16(), packed.header("content-encoding")), (200, Some("gzip")));
    assert!(packed.body.starts_with(&[0x1f, 0x8b]) && 3 * packed.body.len() < plain.body.len(), "{} bytes", packed.body.len());
}

#[tokio::test]
async fn f9_five_hundred_items_are_answered_in_order_and_the_unknown_one_spoils_only_itself() {
    let world = World::start().await;
    let asked: Vec<_> =
        (0..500).map(|number| if number == 250 { UNKNOWN.to_owned() } else { format!("NW-{}", 1001 + number % 20) }).collect();
    let answer = world.hansen().post("/v1/availability:query", &query(asked.iter().cloned())).await.expect(200);
    let items = answer["items"].as_array().unwrap();
    assert_eq!(items.len(), 500);
    for (number, (item, sku)) in items.iter().zip(&asked).enumerate() {
        assert_eq!(item["sku"], **sku, "item {number}");
        assert_eq!(item["availability"].is_object(), number != 250, "item {number}: {item}");
    }
    assert_eq!((text(&items[250], "/problem/code"), items[250]["problem"]["retryable"].as_bool()), ("sku_unknown", Some(false)));
}

#[tokio::test]
async fn more_than_five_hundred_items_are_refused_with_the_place() {
    let world = World::start().await;
    let reply = world.hansen().post("/v1/availability:query", &query((0..501).map(|_| PLIERS.to_owned()))).await;
    let problem = reply.expect_problem(422, "invalid_request");
    assert_eq!(text(&problem, "/errors/0/pointer"), "/items");
    assert!(text(&problem, "/errors/0/detail").contains("1 to 500"), "{problem}");
}
