//! Every order of a customer, from every system, however the server cuts the list.

use super::{KEYBOARD, confirmed, decimal};
use ordergate_tests::{AdfWorld, eventually, items, text};
use serde_json::json;

#[tokio::test]
async fn h1_pitfall_12_orders_of_every_channel_are_listed_once() {
    let world = AdfWorld::start().await;
    let ours = confirmed(&world.adler(), "one").await;
    let by_edi = world.backend.foreign_order("10060", KEYBOARD, Some(("EDI", "7"))).await;
    let by_hand = world.backend.foreign_order("10060", KEYBOARD, None).await;
    world.backend.foreign_order("10070", KEYBOARD, None).await;
    let list = world.adler().get("/v1/orders?limit=50").await.expect(200);
    let mut found: Vec<_> = items(&list).iter().map(|order| (text(order, "/number"), text(order, "/channel"))).collect();
    found.sort();
    let mut expected = vec![(text(&ours, "/number"), "web"), (by_edi.as_str(), "edi"), (by_hand.as_str(), "other")];
    expected.sort();
    assert_eq!(found, expected);
    let detail = world.adler().get(&format!("/v1/orders/{by_hand}")).await.expect(200);
    assert_eq!((text(&detail, "/purchase_order"), text(&detail, "/lines/0/sku")), ("4500001", KEYBOARD));
    assert!(detail["reference"].is_null(), "an order that was entered by hand has no reference of ours: {detail:#}");
    world.bert().get(&format!("/v1/orders/{by_hand}")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn pitfall_3_h1_the_server_s_own_pages_hold_every_order_once_whether_it_tells_of_more_or_not() {
    for tells_more in [true, false] {
        let world = AdfWorld::start().await;
        world.backend.behave(&json!({"page_size": 3, "tells_more": tells_more})).await;
        let mut expected = Vec::new();
        for _ in 0..11 {
            expected.push(world.backend.foreign_order("10060", KEYBOARD, None).await);
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
        assert_eq!(found, expected, "hasMore: {tells_more}");
    }
}

#[tokio::test]
async fn h3_a_foreign_order_that_the_back_end_returns_is_dropped_and_counted() {
    let world = AdfWorld::start().await;
    let own = world.backend.foreign_order("10060", KEYBOARD, None).await;
    world.backend.behave(&json!({"leaks": true})).await;
    let list = world.adler().get("/v1/orders?limit=50").await.expect(200);
    assert_eq!(items(&list).iter().map(|order| text(order, "/number")).collect::<Vec<_>>(), [own]);
    eventually("the violation is counted", async || {
        (world.host.metric("ordergate_contract_violations_total", &[]).await >= 1.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn h2_while_the_pod_is_down_the_last_known_list_is_shown() {
    let mut world = AdfWorld::start().await;
    world.backend.foreign_order("10060", KEYBOARD, None).await;
    world.adler().get("/v1/orders?limit=50").await.expect(200);
    world.backend.stop().await;
    let stale = world.adler().get("/v1/orders?limit=50").await.expect(200);
    assert_eq!((text(&stale, "/source"), items(&stale).len()), ("stale", 1));
}

#[tokio::test]
async fn an_unknown_number_is_not_found() {
    let world = AdfWorld::start().await;
    for number in ["1000009999", "O'Neil", "x"] {
        world.adler().get(&format!("/v1/orders/{number}")).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_line_that_was_shipped_in_parts_is_one_line() {
    let world = AdfWorld::start().await;
    let number = world.backend.foreign_order("10060", KEYBOARD, None).await;
    world.backend.ship(&number, 3).await;
    let order = world.adler().get(&format!("/v1/orders/{number}")).await.expect(200);
    assert_eq!(order["lines"].as_array().unwrap().len(), 1, "{order:#}");
    assert_eq!(decimal(&order, "/lines/0/quantity/value"), 4.into());
    assert_eq!(decimal(&order, "/lines/0/shipped"), 3.into());
    assert_eq!((text(&order, "/status"), text(&order, "/lines/0/status")), ("partially-shipped", "partially-shipped"));
}
