//! A store whose groups go to several back ends (rule B2).

use ordergate_tests::{DemoBackend, PLIERS, World, order, seal, text, until_order};

#[tokio::test]
async fn b2_a_checkout_is_sealed_as_one_and_its_order_goes_to_the_back_end_of_orders() {
    let orders = DemoBackend::start().await;
    let world = World::with(|config| config.another_backend("oms", &orders.url()).set("stores.main.orders", "\"oms\"")).await;
    let checkout = seal(&world.hansen(), PLIERS, "20").await;
    assert_eq!(world.backend.requests("POST /api/reservations").await, 1);
    assert_eq!(world.backend.requests("POST /api/calculations").await, 1);
    assert_eq!(orders.requests("POST /api/calculations").await, 0, "it is one checkout, of one back end");
    let captured = order(&world.hansen(), &checkout, "one").await.expect(202);
    assert_eq!(text(&captured, "/backend"), "oms");
    let reference = text(&captured, "/reference");
    until_order(&world.hansen(), reference, "confirmed", |order| order["number"].is_string()).await;
    assert_eq!(orders.orders_with_reference(reference).await.len(), 1);
    assert_eq!(world.backend.orders_with_reference(reference).await.len(), 0);
}
