//! Order history across channels.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{Story, items, optional_text, text};

pub(super) fn all_channels(story: &mut Story) -> Result<String> {
    let by_telephone = telephone_order(story)?;
    let list = story.hansen().get("/v1/orders?limit=100")?.expect_status(&[200])?;
    ensure!(text(&list, "/source")? == "live", "the list is live: {list}");
    let orders = items(&list)?;
    for reference in &story.orders {
        let count = orders.iter().filter(|order| optional_text(order, "/reference") == Some(reference)).count();
        ensure!(count == 1, "{reference} is listed {count} times");
    }
    let telephone = find(orders, &by_telephone).with_context(|| format!("the telephone order {by_telephone} is not listed"))?;
    ensure!(text(telephone, "/channel")? == "telephone", "taken by telephone: {telephone}");
    let foreign = story.bauer().get(&format!("/v1/orders/{by_telephone}"))?;
    ensure!(foreign.status == 404, "C-1002 must not see an order of C-1001, but got {}: {}", foreign.status, foreign.body);
    Ok(format!("{} orders of C-1001, ours once each, {by_telephone} by telephone; 404 for C-1002", orders.len()))
}

/// A clerk takes an order by telephone, in the back end itself.
fn telephone_order(story: &Story) -> Result<String> {
    let body =
        json!({"customer": "C-1001", "channel": "TEL", "po": "by telephone", "positions": [{"article": "NW-1017", "qty": "4"}]});
    let order = story.world.backend().post("/control/orders", &body)?.expect_status(&[201])?;
    Ok(text(&order, "/no")?.to_owned())
}

pub(super) fn find<'a>(orders: &'a [Value], number: &str) -> Option<&'a Value> {
    orders.iter().find(|order| optional_text(order, "/number") == Some(number))
}
