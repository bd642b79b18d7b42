//! What people do about orders that were given up: they look into the back end as well, and decide.

use std::collections::BTreeMap;

use ordergate_tests::{items, text};
use serde_json::json;

use crate::dice::Dice;
use crate::world::World;

/// Everything that the desk shows as parked, with its reason.
pub(crate) async fn parked(world: &World) -> BTreeMap<String, String> {
    let shown = world.hosts[0].operator().get("/ops/v1/transfers?state=parked&limit=1000").await.expect(200);
    let reason = |transfer: &serde_json::Value| {
        let failure = &transfer["last_failure"];
        if failure.is_null() { String::new() } else { failure.to_string() }
    };
    items(&shown).iter().map(|transfer| (text(transfer, "/reference").to_owned(), reason(transfer))).collect()
}

/// Resends half of them, links what the back end has, abandons the others.
pub(crate) async fn decide_all(world: &World, parked: &BTreeMap<String, String>, dice: &mut Dice) {
    for reference in parked.keys() {
        let there = world.back_end.orders_with_reference(reference).await;
        let deed = json!({"actor": "torture", "reason": "after the storm"});
        let (decision, deed) = match there.first() {
            _ if dice.percent(50) => ("resend", deed),
            Some(order) => ("link", json!({"actor": "torture", "reason": "it is there", "number": order["no"]})),
            None => ("abandon", deed),
        };
        let path = format!("/ops/v1/orders/{reference}/{decision}");
        world.hosts[0].operator().post(&path, &deed).await.expect(200);
    }
}
