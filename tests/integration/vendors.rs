//! What holds before every vendor-shaped back end.

use ordergate_tests::{Client, Vendor, VendorWorld, text, until_order};
use serde_json::{Value, json};

/// Compares again and again (rule T10); `confirmed` places an order under a key.
pub(crate) async fn what_nobody_changed_is_found_the_same<B: Vendor>(confirmed: impl AsyncFn(&Client, &str) -> Value) {
    let world =
        VendorWorld::<B>::with(|config| config.set("transfer.reconcile_secs", "1").set("transfer.reconcile_window_secs", "3600"))
            .await;
    confirmed(&world.adler(), "one").await;
    confirmed(&world.cara(), "two").await;
    let cancelled = confirmed(&world.adler(), "three").await;
    let reference = text(&cancelled, "/reference");
    let path = format!("/v1/orders/{reference}/cancel");
    world.adler().capture(&path, "cancel", &json!({"reason": "not needed"})).await.expect(202);
    until_order(&world.adler(), reference, "cancelled", |order| order["status"] == "cancelled").await;
    world.host.compared("same", 6.0).await;
    assert_eq!(world.host.findings("?state=all").await, Vec::<Value>::new());
}
