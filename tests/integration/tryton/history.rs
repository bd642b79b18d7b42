//! Every order of a customer, from every channel, and nobody else's.

use super::{BIKE, LAMP, confirmed};
use ordergate_tests::{TrytonWorld, items, text};

#[tokio::test]
async fn h1_orders_that_the_desk_entered_are_listed_with_ours() {
    let world = TrytonWorld::start().await;
    let ours = confirmed(&world.adler(), LAMP, "2", "one").await;
    let desks = world.backend.enter_order("10100001", BIKE, 1.0, "1187.50").await;
    world.backend.enter_sale("10100001", BIKE, 1.0, "1187.50").await;
    let list = world.adler().get("/v1/orders?limit=50").await.expect(200);
    let found: Vec<_> = items(&list).iter().map(|order| (text(order, "/number"), text(order, "/channel"))).collect();
    assert_eq!(found, [(desks.as_str(), "sales-desk"), (text(&ours, "/number"), "web")], "newest first, and no drafts");
    let detail = world.adler().get(&format!("/v1/orders/{desks}")).await.expect(200);
    assert_eq!((text(&detail, "/lines/0/sku"), text(&detail, "/status")), (BIKE, "open"));
    let pages = world.adler().get("/v1/orders?limit=1").await.expect(200);
    let cursor = text(&pages, "/next_cursor");
    let rest = world.adler().get(&format!("/v1/orders?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!(text(&items(&rest)[0], "/number"), text(&ours, "/number"));
}

#[tokio::test]
async fn h3_another_customer_sees_none_of_it() {
    let world = TrytonWorld::start().await;
    let ours = confirmed(&world.adler(), LAMP, "2", "one").await;
    let quote = world.backend.enter_sale("10100001", BIKE, 1.0, "1187.50").await;
    world.backend.press(&quote, "quote").await;
    assert!(items(&world.bert().get("/v1/orders?limit=50").await.expect(200)).is_empty());
    assert!(items(&world.bert().get("/v1/quotes?limit=50").await.expect(200)).is_empty());
    for path in [
        format!("orders/{}", text(&ours, "/number")),
        format!("orders/{}", text(&ours, "/reference")),
        format!("quotes/Q{quote}"),
    ] {
        world.bert().get(&format!("/v1/{path}")).await.expect_problem(404, "not_found");
    }
    world.adler().get(&format!("/v1/quotes/Q{quote}")).await.expect(200);
}
