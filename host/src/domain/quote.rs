//! Quotes: a binding price request, its answer, and what may be done with it (rules Q1 to Q5).

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AccountNumber, BackendNumber, Currency, Extensions, LineKind, Location, Money, Note, Order, OrderLine, Party, Quantity,
    QuoteLink, Reference, SalesArea, Sku, Totals,
};

/// A line of a quote request or of an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuoteLine {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer_sku: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub quantity: Quantity,
    /// What the customer hopes to pay, or is offered, for `per` units.
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
}

/// A request for a binding price, or a counter-offer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteRequest {
    pub account: AccountNumber,
    pub currency: Currency,
    pub purchase_order: Option<String>,
    pub placed_at: Timestamp,
    pub requested_date: Option<Date>,
    pub contract: Option<String>,
    pub sales_area: Option<SalesArea>,
    /// Set for a counter-offer: number of the quote that it answers.
    pub counters: Option<BackendNumber>,
    pub counters_revision: Option<String>,
    #[serde(default)]
    pub parties: Vec<Party>,
    #[serde(default)]
    pub notes: Vec<Note>,
    pub lines: Vec<QuoteLine>,
    #[serde(default)]
    pub ext: Extensions,
}

/// Never shows parties or notes.
impl fmt::Debug for QuoteRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuoteRequest").field("lines", &self.lines.len()).finish_non_exhaustive()
    }
}

/// The back end has taken a quote request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteReceived {
    pub number: BackendNumber,
    pub revision: Option<String>,
    pub status: QuoteStatus,
    pub raw_status: Option<String>,
}

/// The life cycle of a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum QuoteStatus {
    Requested,
    InReview,
    Offered,
    Accepted,
    Ordered,
    Declined,
    Countered,
    Withdrawn,
    Expired,
    Cancelled,
    Unknown,
}

impl QuoteStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::InReview => "in-review",
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::Ordered => "ordered",
            Self::Declined => "declined",
            Self::Countered => "countered",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(name: &str) -> Self {
        match name {
            "requested" => Self::Requested,
            "in-review" => Self::InReview,
            "offered" => Self::Offered,
            "accepted" => Self::Accepted,
            "ordered" => Self::Ordered,
            "declined" => Self::Declined,
            "countered" => Self::Countered,
            "withdrawn" => Self::Withdrawn,
            "expired" => Self::Expired,
            "cancelled" => Self::Cancelled,
            _ => Self::Unknown,
        }
    }

    /// Final states: nothing turns them into `expired` or anything else (rule Q4).
    pub fn is_final(self) -> bool {
        matches!(self, Self::Ordered | Self::Declined | Self::Withdrawn | Self::Cancelled)
    }

    /// What the customer may do in this state (rule Q5).
    pub fn allowed_actions(self) -> &'static [QuoteAction] {
        match self {
            Self::Requested | Self::InReview | Self::Countered => &[QuoteAction::Withdraw],
            Self::Offered => &[QuoteAction::Accept, QuoteAction::Decline, QuoteAction::Counter],
            _ => &[],
        }
    }
}

/// What a customer can do with a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum QuoteAction {
    Accept,
    Decline,
    Counter,
    Withdraw,
}

impl QuoteAction {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Decline => "decline",
            Self::Counter => "counter",
            Self::Withdraw => "withdraw",
        }
    }
}

/// A quote as the back end has it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteDocument {
    pub number: BackendNumber,
    pub reference: Option<Reference>,
    pub account: AccountNumber,
    pub channel: Option<String>,
    /// Names one immutable state of the offer (rule Q2).
    pub revision: String,
    pub purchase_order: Option<String>,
    pub placed_at: Timestamp,
    pub changed_at: Option<Timestamp>,
    pub status: QuoteStatus,
    pub raw_status: Option<String>,
    pub currency: Currency,
    pub totals: Option<Totals>,
    /// Last day on which it can be accepted, in the seller's time zone.
    pub valid_until: Option<Date>,
    pub order_number: Option<BackendNumber>,
    #[serde(default)]
    pub parties: Vec<Party>,
    #[serde(default)]
    pub notes: Vec<Note>,
    #[serde(default)]
    pub lines: Vec<QuoteLine>,
    #[serde(default)]
    pub ext: Extensions,
}

/// Never shows parties or notes.
impl fmt::Debug for QuoteDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuoteDocument").field("number", &self.number).field("status", &self.status).finish_non_exhaustive()
    }
}

impl QuoteDocument {
    /// How an order refers to this offer, or to one of its lines (rule Q3).
    pub fn link(&self, revision: &str, line: Option<String>) -> QuoteLink {
        QuoteLink { number: self.number.clone(), revision: Some(revision.to_owned()), line }
    }

    /// The lines of an order that accepts a revision of this offer, with their prices (rule Q3).
    pub fn order_lines(&self, revision: &str) -> Vec<OrderLine> {
        let line = |line: &QuoteLine| OrderLine {
            id: line.id.clone(),
            parent: None,
            kind: LineKind::Product,
            sku: line.sku.clone(),
            buyer_sku: line.buyer_sku.clone(),
            description: line.description.clone(),
            quantity: line.quantity.clone(),
            unit_price: line.unit_price,
            per: line.per,
            amount: line.amount,
            requested_date: line.requested_date,
            location: line.location.clone(),
            quote: Some(self.link(revision, Some(line.id.clone()))),
        };
        self.lines.iter().map(line).collect()
    }

    /// The instant after which an offer can no longer be accepted: the end of its last day in the seller's zone (rule Q1).
    pub fn expires_at(&self, seller_zone: &TimeZone) -> Option<Timestamp> {
        let next_day = self.valid_until?.tomorrow().ok()?;
        Some(next_day.to_zoned(seller_zone.clone()).ok()?.timestamp())
    }

    /// The status at an instant: only an offered quote expires (rules Q1, Q4).
    pub fn status_at(&self, now: Timestamp, seller_zone: &TimeZone) -> QuoteStatus {
        let expired = self.expires_at(seller_zone).is_some_and(|end| now >= end);
        if self.status == QuoteStatus::Offered && expired { QuoteStatus::Expired } else { self.status }
    }
}

/// Acceptance of one revision: the order that is to come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    pub number: BackendNumber,
    pub revision: String,
    pub order: Order,
    pub reference: Reference,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(status: QuoteStatus) -> QuoteDocument {
        QuoteDocument {
            number: "1".into(),
            reference: None,
            account: "A".into(),
            channel: None,
            revision: "1".into(),
            purchase_order: None,
            placed_at: Timestamp::UNIX_EPOCH,
            changed_at: None,
            status,
            raw_status: None,
            currency: Currency::parse("EUR").unwrap(),
            totals: None,
            valid_until: Some(jiff::civil::date(2026, 11, 30)),
            order_number: None,
            parties: vec![],
            notes: vec![],
            lines: vec![],
            ext: Extensions::new(),
        }
    }

    #[test]
    fn q1_an_offer_is_valid_to_the_last_second_of_its_day_in_the_sellers_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let last_second: Timestamp = "2026-11-30T23:59:59+01:00".parse().unwrap();
        let offered = quote(QuoteStatus::Offered);
        assert_eq!(offered.status_at(last_second, &berlin), QuoteStatus::Offered);
        assert_eq!(offered.status_at(last_second + jiff::SignedDuration::from_secs(1), &berlin), QuoteStatus::Expired);
    }

    #[test]
    fn q4_final_quotes_never_expire() {
        let later: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        for status in [QuoteStatus::Ordered, QuoteStatus::Declined, QuoteStatus::Withdrawn, QuoteStatus::Cancelled] {
            assert_eq!(quote(status).status_at(later, &TimeZone::UTC), status);
            assert!(status.is_final());
            assert!(status.allowed_actions().is_empty());
        }
    }

    #[test]
    fn q5_only_an_offer_can_be_accepted_declined_or_countered() {
        assert_eq!(QuoteStatus::Offered.allowed_actions(), [QuoteAction::Accept, QuoteAction::Decline, QuoteAction::Counter]);
        assert_eq!(QuoteStatus::InReview.allowed_actions(), [QuoteAction::Withdraw]);
        assert!(QuoteStatus::Expired.allowed_actions().is_empty());
    }
}
