//! Quote: asked, offered by the sales desk, accepted.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{Story, optional_text, text, until};

pub(super) fn request(story: &mut Story) -> Result<String> {
    let wish = json!({"amount": "260.00", "currency": "EUR"});
    let lines = json!([{"id": "1", "sku": "NW-1022", "quantity": {"value": "12"}, "wished_price": wish}]);
    let quote = story
        .hansen()
        .capture("/v1/quotes", "story-quote", &json!({"lines": lines, "purchase_order": "RFQ-12"}))?
        .expect_status(&[202])?;
    story.quote = text(&quote, "/reference")?.to_owned();
    Ok(format!("{}: 12 × NW-1022, {}", story.quote, text(&quote, "/status")?))
}

pub(super) fn offered(story: &mut Story) -> Result<String> {
    let quote = until("the quote is offered", Duration::from_secs(60), || {
        let quote = quote(story)?;
        Ok((text(&quote, "/status")? == "offered").then_some(quote))
    })?;
    let price = text(&quote, "/lines/0/unit_price/amount")?;
    let (revision, valid_until) = (text(&quote, "/revision")?, text(&quote, "/valid_until")?);
    Ok(format!("{} revision {revision}: {price} EUR each, valid until {valid_until}", text(&quote, "/number")?))
}

pub(super) fn accept(story: &mut Story) -> Result<String> {
    let offer = quote(story)?;
    let body = json!({"revision": text(&offer, "/revision")?, "purchase_order": "PO-4720"});
    let path = format!("/v1/quotes/{}/accept", story.quote);
    let order = story.hansen().capture(&path, "story-accept", &body)?.expect_status(&[201, 202])?;
    let reference = text(&order, "/reference")?.to_owned();
    story.orders.push(reference.clone());
    let order = story.until_confirmed(&story.hansen(), &reference)?;
    let number = text(&order, "/number")?;
    let there = story.world.backend().get(&format!("/api/orders/{number}"))?.expect_status(&[200])?;
    let (offered, taken) = (text(&offer, "/lines/0/unit_price/amount")?, text(&there, "/positions/0/net")?);
    ensure!(same_amount(offered, taken), "offered at {offered}, ordered at {taken}");
    let quote = until("the quote is ordered", Duration::from_secs(20), || {
        let quote = quote(story)?;
        Ok(optional_text(&quote, "/order_number").is_some().then_some(quote))
    })?;
    ensure!(text(&quote, "/order_number")? == number, "the quote names its order {number}: {quote}");
    Ok(format!("{reference} is {number} there at the offered {offered} EUR; the quote is {}", text(&quote, "/status")?))
}

fn quote(story: &Story) -> Result<Value> {
    story.hansen().get(&format!("/v1/quotes/{}", story.quote))?.expect_status(&[200]).context("the quote")
}

/// The same amount, however many zeros follow.
fn same_amount(one: &str, other: &str) -> bool {
    let plain = |text: &str| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    plain(one) == plain(other)
}
