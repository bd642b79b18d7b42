//! Orders: as the storefront gave them to us, and as the back end has them.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AccountNumber, BackendNumber, Currency, Extensions, Failure, LineKind, Location, Money, Note, Party, Quantity, Reference,
    SalesArea, ScheduleLine, Sku, Terms, Totals,
};

/// The quote that an order or a line comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuoteLink {
    pub number: BackendNumber,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
}

/// A line of a captured order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderLine {
    /// Stable: the same in every attempt and answer.
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    #[serde(default)]
    pub kind: LineKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer_sku: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub quantity: Quantity,
    /// What the customer was promised: net price of `per` units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub per: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_date: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<QuoteLink>,
}

/// An order as the storefront captured it: what is sent to the back end, the same in every attempt. Only the amounts of a provisional order
/// are settled after the capture, once, before its first attempt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub account: AccountNumber,
    pub currency: Currency,
    pub purchase_order: Option<String>,
    pub placed_at: Timestamp,
    pub requested_date: Option<Date>,
    #[serde(default)]
    pub ship_complete: bool,
    pub delivery_method: Option<String>,
    pub payment_terms: Option<String>,
    pub payment_token: Option<String>,
    pub contract: Option<String>,
    pub sales_area: Option<SalesArea>,
    pub quote: Option<QuoteLink>,
    pub reservation: Option<String>,
    /// It was taken while the back end was down: at what, and what became of it (rule C6).
    #[serde(default)]
    pub provisional: Option<Terms>,
    #[serde(default)]
    pub parties: Vec<Party>,
    #[serde(default)]
    pub notes: Vec<Note>,
    pub lines: Vec<OrderLine>,
    pub totals: Option<Totals>,
    #[serde(default)]
    pub ext: Extensions,
}

/// Never shows parties, notes or the payment token: orders end up in logs.
impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order").field("lines", &self.lines.len()).field("placed_at", &self.placed_at).finish_non_exhaustive()
    }
}

/// A change that the back end made while taking an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Amendment {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The back end has taken an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub number: BackendNumber,
    pub status: BusinessStatus,
    pub raw_status: Option<String>,
    #[serde(default)]
    pub amendments: Vec<Amendment>,
}

/// What the back end says about an order; its own code is kept beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BusinessStatus {
    Open,
    InProcess,
    OnHold,
    PartiallyShipped,
    Shipped,
    Completed,
    Cancelled,
    Rejected,
    Unknown,
}

impl BusinessStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProcess => "in-process",
            Self::OnHold => "on-hold",
            Self::PartiallyShipped => "partially-shipped",
            Self::Shipped => "shipped",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(name: &str) -> Self {
        match name {
            "open" => Self::Open,
            "in-process" => Self::InProcess,
            "on-hold" => Self::OnHold,
            "partially-shipped" => Self::PartiallyShipped,
            "shipped" => Self::Shipped,
            "completed" => Self::Completed,
            "cancelled" => Self::Cancelled,
            "rejected" => Self::Rejected,
            _ => Self::Unknown,
        }
    }

    /// Whether nothing more happens to the order.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Rejected)
    }

    /// Whether the customer may still ask to cancel.
    pub fn is_cancellable(self) -> bool {
        matches!(self, Self::Open | Self::InProcess | Self::OnHold | Self::Unknown)
    }
}

/// What was sent of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped_on: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
}

/// A line of an order as the back end has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentLine {
    pub id: String,
    /// Our line id, when the back end keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    pub kind: LineKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer_sku: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub quantity: Quantity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub per: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_date: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<BusinessStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reject_reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub shipped: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub cancelled: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub invoiced: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<ScheduleLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<Delivery>,
}

/// An order as the back end has it, from whichever channel it came.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDocument {
    pub number: BackendNumber,
    /// Our reference, when it came through us.
    pub reference: Option<Reference>,
    pub account: AccountNumber,
    pub channel: Option<String>,
    pub purchase_order: Option<String>,
    pub placed_at: Timestamp,
    pub changed_at: Option<Timestamp>,
    pub status: BusinessStatus,
    pub raw_status: Option<String>,
    pub currency: Currency,
    pub totals: Option<Totals>,
    pub requested_date: Option<Date>,
    pub quote: Option<QuoteLink>,
    #[serde(default)]
    pub parties: Vec<Party>,
    #[serde(default)]
    pub notes: Vec<Note>,
    /// May be empty in lists.
    #[serde(default)]
    pub lines: Vec<DocumentLine>,
    #[serde(default)]
    pub ext: Extensions,
}

/// Never shows parties or notes: documents end up in logs.
impl fmt::Debug for OrderDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderDocument").field("number", &self.number).field("status", &self.status).finish_non_exhaustive()
    }
}

/// Narrows a list of documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentFilter {
    /// Business statuses by name; empty for all.
    #[serde(default)]
    pub statuses: Vec<String>,
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub search: Option<String>,
}

/// Which page of a list an adapter is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageRequest {
    /// What the previous page returned as `next`.
    pub cursor: Option<String>,
    pub limit: u32,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
    /// Why documents are left out that cannot be read.
    #[serde(skip)]
    pub unreadable: Vec<Failure>,
}
