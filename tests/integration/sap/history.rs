//! Every order of a customer, from every channel, however the server cuts the list.

use super::{NUTS, confirmed};
use ordergate_tests::{S4World, eventually, items, text};
use serde_json::json;

#[tokio::test]
async fn h1_orders_of_every_channel_are_listed_once() {
    let world = S4World::start().await;
    let ours = confirmed(&world.adler(), "one").await;
    let by_telephone = world.backend.telephone_order("10100001", NUTS).await;
    world.backend.telephone_order("10100002", NUTS).await;
    let list = world.adler().get("/v1/orders?limit=50").await.expect(200);
    let found: Vec<_> = items(&list).iter().map(|order| (text(order, "/number"), text(order, "/channel"))).collect();
    assert_eq!(found.len(), 2, "{list:#}");
    assert!(
        found.contains(&(text(&ours, "/number"), "web")) && found.contains(&(by_telephone.as_str(), "telephone")),
        "{found:?}"
    );
    let detail = world.adler().get(&format!("/v1/orders/{by_telephone}")).await.expect(200);
    assert_eq!((text(&detail, "/purchase_order"), text(&detail, "/lines/0/sku")), ("4500001", NUTS));
    world.bert().get(&format!("/v1/orders/{by_telephone}")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn pitfall_3_h1_the_server_s_own_pages_hold_every_order_once() {
    let world = S4World::start().await;
    world.backend.control().put("/control/system", &json!({"page_size": 3})).await.expect(204);
    let mut expected = Vec::new();
    for _ in 0..11 {
        expected.push(world.backend.telephone_order("10100001", NUTS).await);
    }
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..12 {
        let page = world.adler().get(&format!("/v1/orders?limit=5{cursor}")).await.expect(200);
        found.extend(items(&page).iter().map(|order| text(order, "/number").to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    found.sort();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn h3_a_foreign_order_that_the_back_end_returns_is_dropped_and_counted() {
    let world = S4World::start().await;
    let own = world.backend.telephone_order("10100001", NUTS).await;
    world.backend.control().put("/control/system", &json!({"leaks": true})).await.expect(204);
    let list = world.adler().get("/v1/orders?limit=50").await.expect(200);
    assert_eq!(items(&list).iter().map(|order| text(order, "/number")).collect::<Vec<_>>(), [own]);
    eventually("the violation is counted", async || {
        (world.host.metric("ordergate_contract_violations_total", &[]).await >= 1.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn h2_while_the_system_is_down_the_last_known_list_is_shown() {
    let mut world = S4World::start().await;
    world.backend.telephone_order("10100001", NUTS).await;
    world.adler().get("/v1/orders?limit=50").await.expect(200);
    world.backend.stop().await;
    let stale = world.adler().get("/v1/orders?limit=50").await.expect(200);
    assert_eq!((text(&stale, "/source"), items(&stale).len()), ("stale", 1));
}

#[tokio::test]
async fn an_unknown_number_is_not_found() {
    let world = S4World::start().await;
    for number in ["1000009999", "O'Neil", "x"] {
        world.adler().get(&format!("/v1/orders/{number}")).await.expect_problem(404, "not_found");
    }
}
