//! The adapter: which requests an operation makes. What the back end sends is in `wire`, what it means in `mapping`, how it refuses in `refusal`.

mod mapping;
mod refusal;
mod wire;

use std::collections::BTreeMap;

use ordergate_sdk::availability::{self, Availability};
use ordergate_sdk::checkout::{Calculation, Cart};
use ordergate_sdk::orders::{Accepted, Order, OrderDocument, OrderPage};
use ordergate_sdk::prelude::*;
use ordergate_sdk::pricing::{self, OfferPrice};
use ordergate_sdk::types::{DocumentFilter, PageRequest};
use serde::Deserialize;

use refusal::refusal;

const API: &str = "api";
/// More articles in one request are refused.
const MOST_ITEMS: u32 = 200;
const SETTINGS_SCHEMA: &str = r#"{
  "type": "object",
  "properties": {
    "shipping": {"type": "string", "enum": ["STD", "EXP", "PUP"], "description": "How goods are shipped when the customer does not say"}
  },
  "additionalProperties": false
}"#;

/// What the operator configured.
#[derive(Deserialize)]
pub struct Nordwind {
    #[serde(default = "standard")]
    shipping: String,
}

fn standard() -> String {
    "STD".to_owned()
}

ordergate_sdk::export_adapter!(Nordwind);

impl Adapter for Nordwind {
    // Runs once, when the adapter is loaded: nothing may be sent here.
    fn configure(settings: &Settings) -> Result<Self, Failure> {
        settings.parse()
    }

    fn settings_schema() -> String {
        SETTINGS_SCHEMA.to_owned()
    }

    fn describe(&self) -> Description {
        let mut description = Description::new("my-adapter", "0.1.0")
            .requires_endpoint(API, "Nordwind's interface")
            .at_most(operation::CHECK_AVAILABILITY, MOST_ITEMS)
            .at_most(operation::OFFER_PRICES, MOST_ITEMS)
            .capable_of([
                operation::PROBE,
                operation::CHECK_AVAILABILITY,
                operation::OFFER_PRICES,
                operation::CALCULATE,
                operation::SUBMIT_ORDER,
                operation::FIND_ORDER,
                operation::GET_ORDER,
                operation::LIST_ORDERS,
            ]);
        // It takes the same reference twice, but finds an order by its reference at once.
        description.deduplication = "queryable".to_owned();
        // Quantity breaks come complete, so the quantity is none.
        description.price_dimensions = ["account", "currency", "unit"].map(str::to_owned).to_vec();
        description
    }

    fn probe(&self, _: &Context, _side: String) -> Result<(), Failure> {
        Request::get(API, "/api/ping").send()?.ok_or(refusal).map(drop)
    }

    // One request per site, all at once.
    fn check_availability(&self, _: &Context, query: availability::Query) -> Vec<Result<Availability, Failure>> {
        let mut skus: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
        for item in &query.items {
            skus.entry(item.location.as_deref()).or_default().push(&item.sku);
        }
        let replies = http::send_many(skus.iter().map(|(site, skus)| stock_request(*site, skus)).collect());
        let stocks: BTreeMap<_, _> = skus.keys().copied().zip(replies.into_iter().map(stock_of)).collect();
        let answer = |item: &availability::Item| match stocks.get(&item.location.as_deref()) {
            Some(Ok(stock)) => mapping::availability(item, stock),
            // What went wrong with this site does not concern the others.
            Some(Err(failure)) => Err(failure.clone()),
            None => Err(Failure::unavailable("its site was not asked")),
        };
        query.items.iter().map(answer).collect()
    }

    fn offer_prices(&self, _: &Context, query: pricing::Query) -> Vec<Result<OfferPrice, Failure>> {
        let inquiry = Request::post(API, "/api/price-inquiries").reading().json(&mapping::inquiry(&query));
        let prices = inquiry.send().and_then(|reply| reply.ok_or(refusal)).and_then(|reply| reply.json::<wire::Prices>());
        match prices {
            Ok(prices) => (0..query.items.len()).map(|index| mapping::offer_price(&prices, index)).collect(),
            Err(failure) => query.items.iter().map(|_| Err(failure.clone())).collect(),
        }
    }

    fn calculate(&self, _: &Context, cart: Cart) -> Result<Calculation, Failure> {
        let request =
            Request::post(API, "/api/calculations").reading().json(&mapping::calculation_request(&cart, &self.shipping));
        Ok(mapping::calculation(request.send()?.ok_or(refusal)?.json()?))
    }

    // Whether a lost one was taken, the host finds out by `find_order`.
    fn submit_order(&self, _: &Context, order: Order, reference: String) -> Result<Accepted, Failure> {
        let request = Request::post(API, "/api/orders").json(&mapping::order_request(&order, &reference, &self.shipping));
        Ok(mapping::accepted(request.send()?.ok_or(refusal)?.json()?))
    }

    // None only when the back end certainly does not have it.
    fn find_order(&self, _: &Context, account: String, reference: String) -> Result<Option<OrderDocument>, Failure> {
        let request =
            Request::get(API, "/api/orders").query("customer", account).query("your_ref", &reference).query("size", "100");
        let page: wire::Page = request.send()?.ok_or(refusal)?.json()?;
        // Newest first; should there be several, the one that was taken first counts.
        Ok(page.items.into_iter().rfind(|order| order.your_ref.as_ref() == Some(&reference)).map(mapping::order))
    }

    fn get_order(&self, _: &Context, _account: String, number: String) -> Result<OrderDocument, Failure> {
        let request = Request::get(API, format!("/api/orders/{}", percent::segment(&number)));
        Ok(mapping::order(request.send()?.ok_or(refusal)?.json()?))
    }

    fn list_orders(&self, _: &Context, account: String, filter: DocumentFilter, page: PageRequest) -> Result<OrderPage, Failure> {
        let optional = [
            ("state", mapping::states(&filter.statuses)),
            ("since", filter.from),
            ("until", filter.to),
            ("q", filter.search),
            ("page", page.cursor),
        ];
        let request = Request::get(API, "/api/orders").query("customer", account).query("size", page.limit.min(100).to_string());
        let request = optional.into_iter().fold(request, |request, (name, value)| match value {
            Some(value) => request.query(name, value),
            None => request,
        });
        Ok(mapping::order_page(request.send()?.ok_or(refusal)?.json()?))
    }
}

fn stock_request(site: Option<&str>, skus: &[&str]) -> Request {
    let request = Request::get(API, "/api/stock").query("sku", skus.join(","));
    match site {
        Some(site) => request.query("site", site),
        None => request,
    }
}

/// Lines by article.
fn stock_of(reply: Result<Response, Failure>) -> Result<BTreeMap<String, wire::StockLine>, Failure> {
    let stock: wire::Stock = reply?.ok_or(refusal)?.json()?;
    Ok(stock.stock.into_iter().map(|line| (line.article.clone(), line)).collect())
}

#[cfg(test)]
mod tests;
