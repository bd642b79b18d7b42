//! Stock, prices, calculations.

use axum::{Json, extract::State};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Asked, Company, Sent};
use crate::{
    article::Article,
    books::Books,
    calculation::{self, Calculation, CalculationRequest},
    customer::Customer,
    passing_time,
    positions::{self, Asked as AskedPosition},
    pricing::{self, Priced},
    refusal::Refusal,
    stock::{self, StockLine},
};

pub(super) async fn ping() -> Json<Value> {
    Json(json!({"ok": true}))
}

#[derive(Deserialize)]
pub(super) struct StockQuery {
    sku: Option<String>,
    site: Option<String>,
}

#[derive(Serialize)]
pub(super) struct StockAnswer {
    stock: Vec<StockLine>,
    unknown: Vec<String>,
}

pub(super) async fn stock(State(shop): State<Company>, Asked(query): Asked<StockQuery>) -> Answer<Json<StockAnswer>> {
    let site = positions::site(query.site.as_deref())?;
    shop.read(|books, now| {
        let (articles, unknown) = find(books, query.sku.as_deref())?;
        let stock = articles.into_iter().map(|article| stock::stock_line(books, article, site, now)).collect();
        Ok(Json(StockAnswer { stock, unknown }))
    })
}

/// The articles with these numbers, in their order, and the numbers that are none; without numbers, the whole range.
fn find<'a>(books: &'a Books, numbers: Option<&str>) -> Result<(Vec<&'a Article>, Vec<String>), Refusal> {
    let Some(numbers) = numbers.filter(|numbers| !numbers.is_empty()) else {
        return Ok((books.articles.values().collect(), Vec::new()));
    };
    let mut wanted: Vec<&str> = Vec::new();
    for number in numbers.split(',').map(str::trim).filter(|number| !number.is_empty()) {
        if !wanted.contains(&number) {
            wanted.push(number);
        }
    }
    positions::check_count(wanted.len())?;
    let (known, unknown): (Vec<&str>, Vec<&str>) = wanted.into_iter().partition(|number| books.articles.contains_key(*number));
    let articles = known.into_iter().filter_map(|number| books.articles.get(number)).collect();
    Ok((articles, unknown.into_iter().map(str::to_owned).collect()))
}

#[derive(Deserialize)]
pub(super) struct PriceInquiry {
    customer: String,
    currency: Option<String>,
    positions: Vec<AskedPosition>,
}

#[derive(Serialize)]
pub(super) struct PriceAnswer {
    positions: Vec<PricePosition>,
    currency: &'static str,
    valid_to: Timestamp,
}

#[derive(Serialize)]
#[serde(untagged)]
enum PricePosition {
    Priced {
        pos: String,
        article: String,
        qty: Decimal,
        uom: &'static str,
        #[serde(flatten)]
        price: Priced,
    },
    Refused {
        pos: String,
        article: String,
        error: Value,
    },
}

pub(super) async fn prices(State(shop): State<Company>, Sent(inquiry): Sent<PriceInquiry>) -> Answer<Json<PriceAnswer>> {
    positions::check_currency(inquiry.currency.as_deref())?;
    positions::check_count(inquiry.positions.len())?;
    shop.read(|books, now| {
        let customer = books.customer(&inquiry.customer)?;
        let positions = inquiry.positions.iter().enumerate();
        let positions = positions.map(|(index, asked)| price_position(books, customer, asked, index)).collect();
        Ok(Json(PriceAnswer { positions, currency: "EUR", valid_to: passing_time::end_of_today(now) }))
    })
}

/// A bad position does not spoil the others.
fn price_position(books: &Books, customer: &Customer, asked: &AskedPosition, index: usize) -> PricePosition {
    let pos = positions::pos_of(asked, index);
    match positions::check(books, asked, index) {
        Ok(wanted) => PricePosition::Priced {
            pos,
            qty: wanted.qty,
            uom: wanted.article.uom.code(),
            price: pricing::price(customer, &wanted.article, wanted.qty),
            article: wanted.article.no,
        },
        Err(refusal) => {
            let error = json!({"code": refusal.code, "text": refusal.text});
            PricePosition::Refused { pos, article: asked.article.clone(), error }
        }
    }
}

pub(super) async fn calculate(State(shop): State<Company>, Sent(request): Sent<CalculationRequest>) -> Answer<Json<Calculation>> {
    shop.write(|books, now| calculation::calculate(books, &request, now)).await.map(Json)
}
