//! The back end stops, the host is killed; customers go on.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::reading::PLIERS;
use super::{Story, items, optional_text, text, until};

pub(super) fn browse_from_cache(story: &mut Story) -> Result<String> {
    // The shopper is in billing already: the seal was made while the back end was there.
    story.checkout = story.seal(&story.hansen(), "NW-1017", "5")?;
    story.world.stop_backend()?;
    let availability = story.hansen().get(&format!("/v1/availability/{PLIERS}"))?.expect_status(&[200])?;
    let price = story.hansen().get(&format!("/v1/offer-prices/{PLIERS}?quantity=20"))?.expect_status(&[200])?;
    let (one, other) = (text(&availability, "/source")?, text(&price, "/source")?);
    ensure!(
        ["cached", "stale", "pushed"].contains(&one) && ["cached", "stale"].contains(&other),
        "from the cache: {availability} {price}"
    );
    let refused = story.hansen().post("/v1/checkouts", &json!({"lines": [{"sku": PLIERS, "quantity": {"value": "1"}}]}))?;
    let refused = refused.expect_status(&[503])?;
    Ok(format!("availability {one}, price {other}; a new checkout is refused: {}", text(&refused, "/code")?))
}

pub(super) fn accept_order(story: &mut Story) -> Result<String> {
    let checkout = story.checkout.clone();
    let order = story.place(&story.hansen(), &checkout)?;
    let reference = text(&order, "/reference")?;
    let tried = until("the host has tried to send it", Duration::from_secs(20), || {
        let order = story.hansen().get(&format!("/v1/orders/{reference}"))?.expect_status(&[200])?;
        let attempts = order.pointer("/transfer/attempts").and_then(Value::as_u64).unwrap_or(0);
        Ok((attempts > 0 && optional_text(&order, "/transfer/state") == Some("queued")).then_some(order))
    })?;
    let list = story.hansen().get("/v1/orders?limit=100")?.expect_status(&[200])?;
    ensure!(text(&list, "/source")? == "stale", "the last known list, with its age: {list}");
    let listed = items(&list)?;
    ensure!(listed.iter().any(|order| optional_text(order, "/reference") == Some(reference)), "the new order is listed: {list}");
    ensure!(
        listed.iter().any(|order| optional_text(order, "/channel") == Some("telephone")),
        "so are those of other channels: {list}"
    );
    let attempts = tried.pointer("/transfer/attempts").cloned().unwrap_or_default();
    Ok(format!(
        "{reference} is queued after {attempts} attempts; history shows it with the last known {} orders",
        listed.len() - 1
    ))
}

pub(super) fn kill_and_restart(story: &mut Story) -> Result<String> {
    story.world.kill_host()?;
    story.world.start_host()?;
    let reference = story.orders.last().context("no order was placed")?;
    let order = story.hansen().get(&format!("/v1/orders/{reference}"))?.expect_status(&[200])?;
    let state = text(&order, "/transfer/state")?;
    // `unknown` when it was killed in the middle of an attempt: it will be looked up before anything is sent again.
    ensure!(["queued", "sending", "unknown"].contains(&state), "not there yet, not given up: {order}");
    Ok(format!("{reference} is {state}"))
}

pub(super) fn recover(story: &mut Story) -> Result<String> {
    story.world.start_backend()?;
    let reference = story.orders.last().context("no order was placed")?;
    let order = story.until_confirmed(&story.hansen(), reference)?;
    story.nothing_lost_nothing_doubled()?;
    Ok(format!("{reference} is {} there", text(&order, "/number")?))
}

/// How many orders are on their way when the host is killed.
const AT_ONCE: usize = 6;

pub(super) fn kill_while_sending(story: &mut Story) -> Result<String> {
    let checkouts = (0..AT_ONCE).map(|index| story.seal(&customer(story, index), "NW-1017", "1")).collect::<Result<Vec<_>>>()?;
    slow_down(story, 400)?;
    for (index, checkout) in checkouts.iter().enumerate() {
        story.place(&customer(story, index), checkout)?;
    }
    let placed: Vec<_> = story.orders.iter().rev().take(AT_ONCE).rev().cloned().collect();
    until("an order is on its way", Duration::from_secs(20), || {
        let order =
            story.hansen().get(&format!("/v1/orders/{}", placed.first().map_or("", String::as_str)))?.expect_status(&[200])?;
        Ok((optional_text(&order, "/transfer/state") == Some("sending")).then_some(()))
    })?;
    story.world.kill_host()?;
    story.world.start_host()?;
    slow_down(story, 0)?;
    for (index, reference) in placed.iter().enumerate() {
        story.until_confirmed(&customer(story, index), reference)?;
    }
    story.nothing_lost_nothing_doubled()?;
    Ok(format!(
        "{AT_ONCE} orders were on their way; all {} orders of this story are in the back end, once each",
        story.orders.len()
    ))
}

pub(super) fn end(story: &mut Story) -> Result<String> {
    story.world.stop()?;
    Ok("SIGTERM, exit code 0".into())
}

/// Both customers in turn.
fn customer(story: &Story, index: usize) -> crate::client::Client {
    if index.is_multiple_of(2) { story.hansen() } else { story.bauer() }
}

fn slow_down(story: &Story, latency_ms: u64) -> Result<Value> {
    story.world.backend().put("/control/faults", &json!({"latency_ms": latency_ms}))?.expect_status(&[200])
}
