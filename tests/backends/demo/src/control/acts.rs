//! Control requests that change the company: orders at the telephone, shelves, prices, the clock.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    amount,
    article::Site,
    books::Books,
    calendar,
    clerk::{self, PositionChange, Rebooking, Ruling},
    fulfilment,
    http::{Answer, Asked, Company, Sent},
    listing::{self, Filter, Page},
    order::{Channel, Order},
    orders::{self, OrderRequest},
    passing_time, positions,
    refusal::{Code, Refusal},
    rfq::RfqState,
    stock::{self, Own, StockLine},
};

/// An order as a clerk enters it.
#[derive(Deserialize)]
pub(super) struct ClerkOrder {
    channel: ClerkChannel,
    #[serde(flatten)]
    order: OrderRequest,
}

#[derive(Deserialize)]
enum ClerkChannel {
    #[serde(rename = "TEL")]
    Telephone,
    #[serde(rename = "CTR")]
    Counter,
}

pub(super) async fn enter_order(State(shop): State<Company>, Sent(sent): Sent<ClerkOrder>) -> Answer<(StatusCode, Json<Order>)> {
    let channel = match sent.channel {
        ClerkChannel::Telephone => Channel::Tel,
        ClerkChannel::Counter => Channel::Ctr,
    };
    let order = shop.write(|books, now| orders::enter(books, &sent.order, channel, now)).await?;
    Ok((StatusCode::CREATED, Json(order)))
}

pub(super) async fn find_orders(State(shop): State<Company>, Asked(filter): Asked<Filter>) -> Answer<Json<Page<Order>>> {
    shop.read(|books, _| listing::list(books.orders.values().map(Arc::as_ref), &filter)).map(Json)
}

pub(super) async fn delete_order(State(shop): State<Company>, Path(no): Path<String>) -> Answer<StatusCode> {
    shop.write(|books, _| clerk::delete(books, &no)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn copy_order(State(shop): State<Company>, Path(no): Path<String>) -> Answer<(StatusCode, Json<Order>)> {
    let copy = shop.write(|books, now| clerk::copy(books, &no, now)).await?;
    Ok((StatusCode::CREATED, Json(copy)))
}

pub(super) async fn rebook_order(
    State(shop): State<Company>,
    Path(no): Path<String>,
    Sent(to): Sent<Rebooking>,
) -> Answer<Json<Order>> {
    shop.write(|books, _| clerk::rebook(books, &no, &to)).await.map(Json)
}

pub(super) async fn change_position(
    State(shop): State<Company>,
    Path((no, pos)): Path<(String, String)>,
    Sent(change): Sent<PositionChange>,
) -> Answer<Json<Order>> {
    shop.write(|books, now| clerk::change(books, &no, &pos, &change, now)).await.map(Json)
}

pub(super) async fn set_ruling(
    State(shop): State<Company>,
    Path(article): Path<String>,
    Sent(ruling): Sent<Ruling>,
) -> Answer<Json<Ruling>> {
    shop.write(|books, _| {
        books.article(&article)?;
        books.rulings.insert(article.clone(), ruling.clone());
        Ok(Json(ruling.clone()))
    })
    .await
}

pub(super) async fn list_reservations(State(shop): State<Company>) -> Json<Value> {
    Json(shop.read(|books, _| json!({"items": books.reservations.values().collect::<Vec<_>>()})))
}

pub(super) async fn advance(State(shop): State<Company>) -> Answer<Json<Value>> {
    let moved = shop.write(|books, now| {
        let open: Vec<String> =
            books.orders.values().filter(|order| !order.state.is_final()).map(|order| order.no.clone()).collect();
        open.iter().for_each(|no| fulfilment::advance(books, no, now));
        Ok(open)
    });
    Ok(Json(json!({"advanced": moved.await?})))
}

pub(super) async fn answer(State(shop): State<Company>) -> Answer<Json<Value>> {
    let answered = shop.write(|books, now| {
        let waiting: Vec<String> = books.rfqs.values().filter(|rfq| rfq.state.is_waiting()).map(|rfq| rfq.no.clone()).collect();
        passing_time::answer(books, &waiting, now);
        Ok(books
            .rfqs
            .values()
            .filter(|rfq| rfq.state == RfqState::Offered && waiting.contains(&rfq.no))
            .map(|rfq| rfq.no.clone())
            .collect::<Vec<_>>())
    });
    Ok(Json(json!({"answered": answered.await?})))
}

#[derive(Deserialize)]
pub(super) struct StockChange {
    site: String,
    free: String,
}

pub(super) async fn set_stock(
    State(shop): State<Company>,
    Path(article): Path<String>,
    Sent(sent): Sent<StockChange>,
) -> Answer<Json<StockLine>> {
    let missing = || Refusal::new(Code::UnknownSite, "site: is missing");
    let site = positions::site(Some(&sent.site))?.ok_or_else(missing)?;
    let free = decimal("free", &sent.free, Code::BadQty)?;
    shop.write(|books, now| {
        let article = books.article(&article)?.clone();
        set_free(books, &article.no, site, free, now)?;
        Ok(Json(stock::stock_line(books, &article, Some(site), now)))
    })
    .await
}

fn set_free(books: &mut Books, article: &str, site: Site, free: Decimal, now: jiff::Timestamp) -> Result<(), Refusal> {
    let held = books.held(article, site, &Own::default(), now);
    let made = || Refusal::new(Code::BadRequest, format!("{article} is made to order and has no stock"));
    let bin = books.bin_mut(article, site).ok_or_else(made)?;
    bin.on_hand = free + held;
    bin.counted_at = calendar::to_the_millisecond(now);
    Ok(())
}

#[derive(Deserialize)]
pub(super) struct PriceChange {
    list: String,
    keep_promises: Option<bool>,
}

pub(super) async fn set_price(
    State(shop): State<Company>,
    Path(no): Path<String>,
    Sent(sent): Sent<PriceChange>,
) -> Answer<Json<Value>> {
    let list = amount::price(decimal("list", &sent.list, Code::BadPrice)?);
    shop.write(|books, _| {
        books.article(&no)?;
        if let Some(article) = books.articles.get_mut(&no) {
            article.list = list;
        }
        if sent.keep_promises == Some(false) {
            books.promises.retain(|promise| promise.article != no);
        }
        Ok(Json(json!({"article": no, "list": list})))
    })
    .await
}

#[derive(Deserialize)]
pub(super) struct Foreign {
    enabled: bool,
}

pub(super) async fn set_foreign(State(shop): State<Company>, Sent(sent): Sent<Foreign>) -> Json<Value> {
    shop.leaks.store(sent.enabled, Ordering::Relaxed);
    Json(json!({"enabled": sent.enabled}))
}

pub(super) async fn show_push(State(shop): State<Company>) -> Json<Value> {
    Json(shop.push.report())
}

#[derive(Deserialize)]
pub(super) struct Subscription {
    to: Option<String>,
}

pub(super) async fn set_push(State(shop): State<Company>, Sent(sent): Sent<Subscription>) -> Json<Value> {
    shop.push.subscribe(sent.to);
    // What is known from here on is what changes are compared with.
    shop.tick();
    Json(shop.push.report())
}

#[derive(Deserialize)]
pub(super) struct Clock {
    ahead_secs: u32,
}

pub(super) async fn set_clock(State(shop): State<Company>, Sent(sent): Sent<Clock>) -> Json<Value> {
    shop.set_ahead(sent.ahead_secs);
    Json(json!({"ahead_secs": sent.ahead_secs, "now": shop.now()}))
}

fn decimal(field: &str, text: &str, code: Code) -> Result<Decimal, Refusal> {
    let bad = || Refusal::new(code, format!("{field}: {text:?} is not a number such as \"12.5\""));
    amount::parse(text).ok_or_else(bad)
}
