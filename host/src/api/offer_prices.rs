//! `/v1/offer-prices`: what items cost the caller's account.

mod cart_totals;

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::access::require;
use super::availability::{MAX_ITEMS, ReadPurpose, check_sku, show, sole_answer};
use super::body::{Check, Checked, CheckedQuery, Findings};
use super::conditional::{Freshness, KnownTag, respond};
use super::problem::{ItemProblem, Problem, Problems};
use super::route::Path;
use crate::domain::{Currency, Fresh, Location, OfferPrice, PriceItem, Quantity, Scope, Sku, Unit, decimal};
use crate::service::{Caller, Commerce, FieldProblem, ItemAnswer, OfferPriceRequest, Shown};
use cart_totals::CartTotals;

/// What is asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferPriceQuery {
    /// 1 to 500.
    items: Vec<OfferPriceQueryItem>,
    /// `browse` and `cart` may be answered from the cache, `checkout` is asked live.
    #[serde(default)]
    purpose: ReadPurpose,
    /// Seconds to wait for prices that are not cached. 0: they are reported as pending at once and asked in the background.
    wait: Option<u64>,
    ship_to: Option<String>,
    contract: Option<String>,
    /// The store's own when absent.
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferPriceQueryItem {
    sku: Sku,
    /// One piece when absent.
    #[serde(default = "one_piece")]
    quantity: Quantity,
    location: Option<Location>,
    #[schema(value_type = Option<String>, format = Date)]
    date: Option<jiff::civil::Date>,
}

fn one_piece() -> Quantity {
    Quantity::pieces(Decimal::ONE)
}

/// One entry per item, in the order asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferPriceAnswer {
    items: Vec<OfferPriceAnswerItem>,
    /// With the purpose `cart`, as far as prices are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<CartTotals>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OfferPriceAnswerItem {
    sku: Sku,
    quantity: Quantity,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Fresh<OfferPrice>>)]
    price: Option<Shown<OfferPrice>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ItemProblem>,
    /// The price is being asked: come back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pending: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfferPriceParameters {
    #[param(value_type = Option<String>)]
    #[serde(default, deserialize_with = "decimal::deserialize_given")]
    quantity: Option<Decimal>,
    unit: Option<String>,
    location: Option<String>,
    #[serde(default)]
    purpose: ReadPurpose,
}

impl Check for OfferPriceQuery {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        if !findings.count("/items", self.items.len(), MAX_ITEMS) {
            return findings.into_vec();
        }
        for (index, item) in self.items.iter().enumerate() {
            findings.id(format_args!("/items/{index}/sku"), item.sku.as_str());
            findings.quantity(format_args!("/items/{index}/quantity"), &item.quantity);
            findings.optional_id(format_args!("/items/{index}/location"), item.location.as_ref().map(Location::as_str));
        }
        findings.optional_id("/ship_to", self.ship_to.as_deref());
        findings.optional_id("/contract", self.contract.as_deref());
        findings.into_vec()
    }
}

impl Check for OfferPriceParameters {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        findings.optional_id("?unit", self.unit.as_deref());
        findings.optional_id("?location", self.location.as_deref());
        findings.quantity("?quantity", &self.quantity());
        findings.into_vec()
    }
}

impl OfferPriceParameters {
    fn quantity(&self) -> Quantity {
        Quantity::new(self.quantity.unwrap_or(Decimal::ONE), self.unit.as_ref().map_or_else(Unit::one, Unit::new))
    }
}

/// Tell what each item costs the caller's account.
#[utoipa::path(post, path = "/v1/offer-prices:query", tag = "offer prices", request_body = OfferPriceQuery, responses((status = 200, body = OfferPriceAnswer), Problems))]
pub async fn query_offer_prices(
    State(commerce): State<Commerce>,
    caller: Caller,
    known: KnownTag,
    query: Checked<OfferPriceQuery>,
) -> Result<Response, Problem> {
    require(&caller, Scope::CatalogRead)?;
    let query = query.into_inner();
    let is_cart = query.purpose == ReadPurpose::Cart;
    let asked: Vec<_> = query.items.iter().map(|item| (item.sku.clone(), item.quantity.clone())).collect();
    let items = query.items.into_iter().map(|item| PriceItem {
        sku: item.sku,
        quantity: item.quantity,
        location: item.location,
        date: item.date,
    });
    let request = OfferPriceRequest {
        items: items.collect(),
        purpose: query.purpose.into(),
        ship_to: query.ship_to,
        contract: query.contract,
        currency: query.currency,
        wait: query.wait.map(Duration::from_secs),
    };
    let answers = commerce.offer_prices(&caller, request).await?;
    let now = commerce.now();
    let mut freshness = Freshness::best(now);
    let items: Vec<_> = asked
        .into_iter()
        .zip(answers)
        .map(|((sku, quantity), answer)| {
            let pending = matches!(answer, ItemAnswer::Pending);
            let (price, problem) = show(answer, &mut freshness);
            OfferPriceAnswerItem { sku, quantity, price, problem, pending }
        })
        .collect();
    let prices = || items.iter().map(|item| item.price.as_ref().and_then(Shown::value));
    let totals = if is_cart { CartTotals::of(prices()) } else { None };
    let answer = OfferPriceAnswer { items, totals };
    Ok(respond(&answer, answer.items.len(), freshness, now, &known))
}

/// Tell what one item costs the caller's account.
#[utoipa::path(get, path = "/v1/offer-prices/{sku}", tag = "offer prices", params(("sku" = String, Path), OfferPriceParameters), responses((status = 200, body = Fresh<OfferPrice>), Problems))]
pub async fn show_offer_price(
    State(commerce): State<Commerce>,
    caller: Caller,
    known: KnownTag,
    Path(sku): Path<String>,
    CheckedQuery(parameters): CheckedQuery<OfferPriceParameters>,
) -> Result<Response, Problem> {
    require(&caller, Scope::CatalogRead)?;
    check_sku(&sku)?;
    let quantity = parameters.quantity();
    let item = PriceItem { sku: Sku::new(&sku), quantity, location: parameters.location.map(Location::from), date: None };
    let purpose = parameters.purpose.into();
    let request = OfferPriceRequest { items: vec![item], purpose, ship_to: None, contract: None, currency: None, wait: None };
    let answer = commerce.offer_prices(&caller, request).await?.pop();
    sole_answer(answer, &sku, &commerce, &known)
}
