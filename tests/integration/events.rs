//! What the outside is told of orders and quotes.

mod streams;
mod webhooks;

use ordergate_tests::{Client, PLIERS, World, order, seal, text};

/// Places an order; its reference.
async fn placed(customer: &Client, key: &str) -> String {
    let checkout = seal(customer, PLIERS, "1").await;
    text(&order(customer, &checkout, key).await.expect(202), "/reference").to_owned()
}

/// A world whose back end takes no orders until its faults are taken away.
async fn busy_world() -> World {
    let world = World::start().await;
    world.backend.disturb("POST", "/api/orders", "refuse-503", None).await;
    world
}
