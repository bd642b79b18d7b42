//! Events of several hosts: whoever makes a change, everyone hears of it, once.

use super::*;

async fn placed(customer: &Client, key: &str) -> String {
    let checkout = seal(customer, PLIERS, "1").await;
    text(&order(customer, &checkout, key).await.expect(202), "/reference").to_owned()
}

#[tokio::test]
async fn an_order_is_followed_on_any_host_and_taken_up_on_another() {
    let mut world = Hosts::start(2, |config| config).await;
    world.backend.disturb("POST", "/api/orders", "refuse-503", None).await;
    let reference = placed(&world.hansen(0), "one").await;
    let events = format!("/v1/orders/{reference}/events");
    let mut elsewhere = world.hansen(1).listen(&events).await;
    let seen = elsewhere.hear().await.unwrap();
    assert_eq!(seen.kind(), "order.captured");
    world.backend.no_faults().await;
    assert_eq!((elsewhere.kind().await, elsewhere.kind().await), ("order.confirmed".into(), "order.status.open".into()));
    // The host that it was heard on goes away.
    world.hosts[1].kill_9();
    assert_eq!(elsewhere.hear().await, None);
    let mut back = world.hansen(0).listen_after(&events, seen.last_id.as_ref().unwrap()).await;
    assert_eq!((back.kind().await, back.kind().await), ("order.confirmed".into(), "order.status.open".into()));
}
