//! What Nordwind sends, exactly. Its decimals are text.

use serde::Deserialize;

#[derive(Deserialize)]
pub struct Stock {
    pub stock: Vec<StockLine>,
}

#[derive(Deserialize)]
pub struct StockLine {
    pub article: String,
    pub site: Option<String>,
    pub free: Option<String>,
    pub uom: String,
    pub made_to_order: bool,
    pub lead_days: Option<u32>,
    pub inbound: Vec<Inbound>,
}

#[derive(Deserialize)]
pub struct Inbound {
    pub qty: String,
    pub eta: String,
}

#[derive(Deserialize)]
pub struct Prices {
    pub positions: Vec<PricePosition>,
    pub currency: String,
    pub valid_to: String,
}

#[derive(Deserialize)]
pub struct PricePosition {
    pub pos: String,
    pub article: String,
    #[serde(flatten)]
    pub answer: PriceAnswer,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum PriceAnswer {
    Refused { error: Error },
    Priced { qty: String, uom: String, net: String, list: String, per: String, scale: Vec<Step> },
}

#[derive(Deserialize)]
pub struct Step {
    pub from: String,
    pub net: String,
}

/// A calculation or an order: both have amounts and positions.
#[derive(Deserialize)]
pub struct Calculation {
    pub positions: Vec<Position>,
    #[serde(flatten)]
    pub amounts: Amounts,
    pub valid_to: String,
    pub notes: Vec<String>,
}

#[derive(Deserialize)]
pub struct Amounts {
    pub currency: String,
    pub goods: Option<String>,
    pub freight: Option<String>,
    pub vat: Vec<Vat>,
    pub total: Option<String>,
}

#[derive(Deserialize)]
pub struct Vat {
    pub rate: String,
    pub amount: String,
    pub code: String,
}

#[derive(Deserialize)]
pub struct Page {
    pub items: Vec<Order>,
    pub page: u32,
    pub pages: u32,
}

#[derive(Deserialize)]
pub struct Order {
    pub no: String,
    pub your_ref: Option<String>,
    pub customer: String,
    pub channel: String,
    pub po: Option<String>,
    pub entered_at: String,
    pub changed_at: Option<String>,
    pub state: String,
    pub wanted_on: Option<String>,
    pub remarks: Option<String>,
    #[serde(flatten)]
    pub amounts: Amounts,
    pub positions: Vec<Position>,
}

#[derive(Deserialize)]
pub struct Position {
    pub pos: String,
    pub article: String,
    pub text: Option<String>,
    pub qty: String,
    pub uom: String,
    pub net: Option<String>,
    pub per: Option<String>,
    pub value: Option<String>,
    pub site: Option<String>,
    pub state: Option<String>,
    pub shipped: Option<String>,
    /// What was ordered, where it was changed.
    pub asked_net: Option<String>,
    pub asked_qty: Option<String>,
    pub asked_article: Option<String>,
    #[serde(default)]
    pub promised: Vec<Promise>,
    #[serde(default)]
    pub tracking: Vec<Parcel>,
}

#[derive(Deserialize)]
pub struct Promise {
    pub qty: String,
    pub date: Option<String>,
    pub site: Option<String>,
}

#[derive(Deserialize)]
pub struct Parcel {
    pub no: Option<String>,
    pub carrier: Option<String>,
    pub shipped_on: Option<String>,
    pub qty: String,
}

#[derive(Deserialize)]
pub struct Refusal {
    pub error: Error,
}

#[derive(Deserialize)]
pub struct Error {
    pub code: String,
    pub text: String,
    pub position: Option<String>,
    pub no: Option<String>,
}
