//! Events of several hosts: whoever makes a change, everyone hears of it, once.

use ordergate_tests::Receiver;

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

#[tokio::test]
async fn t5_of_two_hosts_one_delivers_and_the_other_takes_over_when_it_dies() {
    let receiver = Receiver::start().await;
    let mut world = Hosts::start(2, |config| receiver.told_by(config)).await;
    let mut references = Vec::new();
    for number in 0..6 {
        references.push(placed(&world.shop(number % 2, ["C-1001", "C-1002"][number / 3]), &format!("order-{number}")).await);
    }
    for reference in &references {
        receiver.until_taken(reference, "order.status.open").await;
    }
    assert_eq!(receiver.received().len(), 3 * references.len(), "nothing is sent twice");
    let deliveries = async |host: &Host| host.metric("ordergate_webhook_attempts_total", &["outcome=\"delivered\""]).await;
    let by_host = [deliveries(&world.hosts[0]).await, deliveries(&world.hosts[1]).await];
    let deliverer = by_host.iter().position(|delivered| *delivered > 0.0).unwrap();
    assert_eq!(by_host[1 - deliverer], 0.0, "one host has it for itself: {by_host:?}");
    let dead = deliverer;
    world.hosts[dead].kill_9();
    let reference = placed(&world.hansen(1 - dead), "after").await;
    // The dead host's lease has to end first.
    ordergate_tests::within(std::time::Duration::from_secs(90), "the other host delivers", async || {
        receiver.kinds_about(&reference).contains(&"order.status.open".to_owned()).then_some(())
    })
    .await;
    assert_eq!(receiver.kinds_about(&reference), ["order.captured", "order.confirmed", "order.status.open"]);
    assert!(receiver.taken().iter().all(|message| message.is_signed));
}
