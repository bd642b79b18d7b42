//! Replies that get lost on the way: whatever Tryton has done by then, the order is there once.

use super::{BIKE, LAMP, confirmed, has_number};
use ordergate_tests::{TrytonWorld, order, seal, text, until_order};

#[tokio::test]
async fn t4_an_order_is_there_once_whichever_reply_is_lost() {
    let world = TrytonWorld::start().await;
    for (number, (method, path)) in [("POST", "/sale.sale"), ("POST", "/quote"), ("POST", "/confirm")].into_iter().enumerate() {
        world.network.lose_reply(method, path);
        let order = confirmed(&world.adler(), LAMP, "1", &format!("order-{number}")).await;
        assert_eq!(world.network.lost().len(), number + 1, "{path}");
        let there = world.backend.sales_with_reference(text(&order, "/reference")).await;
        assert_eq!((there.len(), text(&there[0], "/state")), (1, "confirmed"), "{path}");
    }
}

#[tokio::test]
async fn t4_a_lost_look_up_is_asked_again_and_a_lost_change_is_looked_up() {
    let world = TrytonWorld::start().await;
    let checkout = seal(&world.adler(), LAMP, "1").await;
    world.network.lose_reply("POST", "/sale.sale");
    world.network.lose_reply("GET", "/sale.sale");
    let captured = order(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.adler(), reference, "confirmed", has_number).await;
    assert_eq!(world.backend.sales_with_reference(reference).await.len(), 1);
}

#[tokio::test]
async fn a_draft_that_an_attempt_before_has_left_goes_when_the_order_is_refused_in_the_end() {
    let world = TrytonWorld::start().await;
    // One more than there are: refused when it is offered.
    let checkout = seal(&world.adler(), BIKE, "8").await;
    world.network.lose_reply("POST", "/sale.sale");
    let captured = order(&world.adler(), &checkout, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&world.adler(), reference, "refused", |order| order["transfer"]["state"] == "rejected").await;
    assert_eq!(world.network.lost().len(), 1);
    assert!(world.backend.sales_with_reference(reference).await.is_empty());
}
