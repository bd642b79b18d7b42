//! Checkout and order.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::reading::PLIERS;
use super::{Story, text};

pub(super) fn check_out(story: &mut Story) -> Result<String> {
    let lines = json!([
        {"id": "1", "sku": PLIERS, "quantity": {"value": "20"}, "seen_price": {"amount": "19.00", "currency": "EUR"}},
        {"id": "2", "sku": "NW-1050", "quantity": {"value": "3"}},
    ]);
    let checkout = story.hansen().post("/v1/checkouts", &json!({"lines": lines}))?.expect_status(&[201])?;
    let differences = checkout.pointer("/differences").and_then(|list| list.as_array()).context("no differences")?;
    ensure!(differences.len() == 1, "line 1 was seen at another price: {checkout}");
    let seen = format!(
        "{}: {} EUR to pay, good until {}; line 1 was shown at 19.00 and costs {}",
        text(&checkout, "/id")?,
        text(&checkout, "/totals/payable/amount")?,
        text(&checkout, "/expires_at")?,
        text(&checkout, "/differences/0/now/amount")?,
    );
    story.checkout = checkout;
    Ok(seen)
}

pub(super) fn order(story: &mut Story) -> Result<String> {
    let checkout = story.checkout.clone();
    let order = story.place(&story.hansen(), &checkout)?;
    Ok(format!("{} taken, transfer {}", text(&order, "/reference")?, text(&order, "/transfer/state")?))
}

pub(super) fn confirmed(story: &mut Story) -> Result<String> {
    let reference = story.orders.first().context("no order was placed")?;
    let order = story.until_confirmed(&story.hansen(), reference)?;
    let number = text(&order, "/number")?;
    let there = story.world.backend().get(&format!("/api/orders/{number}"))?.expect_status(&[200])?;
    ensure!(text(&there, "/your_ref")? == reference, "the back end knows the order by our reference: {there}");
    let (sealed, taken) = (text(&story.checkout, "/totals/payable/amount")?, text(&there, "/total")?);
    ensure!(sealed == taken, "sealed at {sealed}, taken at {taken}");
    Ok(format!("{reference} is {number} there, {taken} EUR, state {}", text(&there, "/state")?))
}

pub(super) fn repeated(story: &mut Story) -> Result<String> {
    let id = text(&story.checkout, "/id")?;
    let body = json!({"checkout": id, "purchase_order": "PO-4711"});
    let reply = story.hansen().capture("/v1/orders", id, &body)?;
    let replayed = reply.header("idempotency-replayed") == Some("true");
    let order = reply.expect_status(&[201, 202])?;
    let reference = text(&order, "/reference")?;
    ensure!(replayed && story.orders.first().is_some_and(|first| first == reference), "the first answer again: {order}");
    let other = json!({"checkout": id, "purchase_order": "PO-4712"});
    let refused = story.hansen().capture("/v1/orders", id, &other)?.expect_status(&[422])?;
    story.nothing_lost_nothing_doubled()?;
    Ok(format!("same key and body: {reference} again · same key, other body: {}", text(&refused, "/code")?))
}
