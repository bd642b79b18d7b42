//! What is played again with another component (`ordergate orders replay`).

use ordergate_tests::{PLIERS, order, seal, text, until_order};

use super::{Desk, served};

/// What is played again runs as well, although it reaches nothing.
#[tokio::test]
async fn t11_an_attempt_is_played_again_with_a_signed_component_only() {
    let desk = Desk::signed().await;
    let (host, _backend) = served(&desk).await;
    let hansen = host.caller("hansen");
    let captured = order(&hansen, &seal(&hansen, PLIERS, "1").await, "one").await.expect(202);
    let reference = text(&captured, "/reference");
    until_order(&hansen, reference, "confirmed", |order| order["number"].is_string()).await;
    desk.upgrade("fixed.wasm");
    let fixed = desk.text("fixed.wasm");
    let play = async || host.operate(&["orders", "replay", reference, "--adapter", &fixed]).await;
    let refused = play().await;
    assert!(refused.code == Some(1) && refused.stderr.contains("is not signed"), "{refused:?}");
    desk.sign("fixed.wasm", "acme").await;
    let played = play().await;
    assert!(played.code == Some(0) && played.stdout.contains("\nnow   confirmed"), "{played:?}");
}
