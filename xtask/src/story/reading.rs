//! Product page and cart: availability and offer prices.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{Story, items, optional_text, text, until};

/// Pliers on which C-1001 has a contract price and C-1002 a quantity break.
pub(super) const PLIERS: &str = "NW-1014";

/// Several products at once: all live, one of them unknown.
pub(super) fn browse(story: &mut Story) -> Result<String> {
    let query = json!({"items": [{"sku": PLIERS}, {"sku": "NW-1068"}, {"sku": "NW-0000"}]});
    let answer = story.hansen().post("/v1/availability:query", &query)?.expect_status(&[200])?;
    let [pliers, cabinet, unknown] = items(&answer)?.as_slice() else { anyhow::bail!("three items were asked: {answer}") };
    ensure!(optional_text(pliers, "/availability/source") == Some("live"), "the first answer is live: {pliers}");
    ensure!(cabinet.pointer("/availability/unlimited") == Some(&json!(true)), "NW-1068 is made to order: {cabinet}");
    ensure!(optional_text(unknown, "/problem/code") == Some("sku_unknown"), "NW-0000 does not exist: {unknown}");
    Ok(format!(
        "{PLIERS}: {} available (live) · NW-1068: made to order · NW-0000: sku_unknown",
        text(pliers, "/availability/available")?
    ))
}

pub(super) fn browse_again(story: &mut Story) -> Result<String> {
    let reply = story.hansen().get(&format!("/v1/availability/{PLIERS}"))?;
    let caching = reply.header("cache-control").unwrap_or_default().to_owned();
    let answer = reply.expect_status(&[200])?;
    // Stock moves by itself now and then, and the back end pushes that.
    ensure!(["cached", "pushed"].contains(&text(&answer, "/source")?), "the second answer comes from the cache: {answer}");
    let (available, fresh_until) = (text(&answer, "/available")?, text(&answer, "/fresh_until")?);
    Ok(format!("{PLIERS}: {available} available (cached, fresh until {fresh_until}, Cache-Control: {caching})"))
}

pub(super) fn two_prices(story: &mut Story) -> Result<String> {
    let path = format!("/v1/offer-prices/{PLIERS}?quantity=20");
    let hansen = story.hansen().get(&path)?.expect_status(&[200])?;
    let bauer = story.bauer().get(&path)?.expect_status(&[200])?;
    let (first, second) = (text(&hansen, "/unit_price/amount")?, text(&bauer, "/unit_price/amount")?);
    ensure!(first != second, "C-1001 has a contract, C-1002 has not; both pay {first}");
    ensure!(text(&bauer, "/source")? == "live", "C-1002 was not answered with what was cached for C-1001: {bauer}");
    Ok(format!("20 × {PLIERS}: C-1001 pays {first}, C-1002 pays {second} EUR each"))
}

pub(super) fn cart(story: &mut Story) -> Result<String> {
    let query = json!({"purpose": "cart", "items": [{"sku": PLIERS, "quantity": {"value": "20"}}, {"sku": "NW-1050", "quantity": {"value": "3"}}]});
    let prices = story.hansen().post("/v1/offer-prices:query", &query)?.expect_status(&[200])?;
    let shown: Vec<_> = items(&prices)?
        .iter()
        .map(|item| {
            let price = item.pointer("/price").with_context(|| format!("no price in {item}"))?;
            Ok(format!("{} at {} ({})", text(item, "/sku")?, text(price, "/unit_price/amount")?, text(price, "/source")?))
        })
        .collect::<Result<_>>()?;
    Ok(shown.join(" · "))
}

/// The back end pushes its changes: nobody has to ask for them.
pub(super) fn pushed(story: &mut Story) -> Result<String> {
    let path = format!("/v1/availability/{PLIERS}?location=BER");
    let before = story.hansen().get(&path)?.expect_status(&[200])?;
    let change = json!({"site": "BER", "free": "55"});
    story.world.backend().put(&format!("/control/stock/{PLIERS}"), &change)?.expect_status(&[200])?;
    let after = until("the change is shown", Duration::from_secs(20), || {
        let answer = story.hansen().get(&path)?.expect_status(&[200])?;
        // What was answered and pushed in the same instant cannot be compared: it is asked. Without a push, the cached value would stay.
        Ok((optional_text(&answer, "/available") == Some("55")).then_some(answer))
    })?;
    Ok(format!(
        "{PLIERS} in Berlin: {} available, then 55 ({}, as of {})",
        text(&before, "/available")?,
        text(&after, "/source")?,
        text(&after, "/as_of")?
    ))
}
