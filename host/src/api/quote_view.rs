//! A quote as the API shows it: what was requested, under what the back end says.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::TransferView;
use crate::domain::{
    AccountNumber, AdapterName, BackendNumber, Currency, Note, QuoteAction, QuoteLine, QuoteStatus, Reference, StoreName, Totals,
    TransferOperation,
};
use crate::service::{Provenance, QuoteRecord};

/// A quote, from whichever channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuoteView {
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<BackendNumber>,
    store: StoreName,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountNumber>,
    backend: AdapterName,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase_order: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    placed_at: Timestamp,
    status: QuoteStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_status: Option<String>,
    /// Names one immutable state of the offer; accept and decline name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<TransferView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<Totals>,
    /// Last day of the offer, in the seller's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    valid_until: Option<jiff::civil::Date>,
    /// The end of that day as an instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// The order that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_number: Option<BackendNumber>,
    lines: Vec<QuoteLine>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Note>,
    allowed_actions: Vec<QuoteAction>,
    /// What was asked of the back end, which has not answered yet: until then nothing else can be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_operation: Option<TransferOperation>,
    source: Provenance,
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
}

impl From<QuoteRecord> for QuoteView {
    fn from(record: QuoteRecord) -> Self {
        let mut view = Self {
            reference: record.reference().cloned(),
            number: record.number().cloned(),
            account: record.account().cloned(),
            placed_at: record.placed_at(),
            status: record.quote_status(),
            allowed_actions: record.allowed_actions().to_vec(),
            pending_operation: record.pending,
            transfer: record.transfer().map(TransferView::from),
            store: record.store,
            backend: record.adapter,
            channel: None,
            purchase_order: None,
            raw_status: None,
            revision: None,
            currency: None,
            totals: None,
            valid_until: None,
            expires_at: record.expires_at,
            order_number: None,
            lines: Vec::new(),
            notes: Vec::new(),
            source: record.provenance,
            as_of: record.as_of,
        };
        if let Some(captured) = record.captured {
            if let Some(request) = captured.quote() {
                view.purchase_order = request.purchase_order.clone();
                view.currency = Some(request.currency);
                view.lines = request.lines.clone();
                view.notes = request.notes.clone();
            }
            view.revision = captured.revision;
            view.raw_status = captured.raw_status;
        }
        if let Some(backend) = record.backend {
            view.channel = backend.channel;
            view.raw_status = backend.raw_status;
            view.revision = Some(backend.revision);
            view.currency = Some(backend.currency);
            view.totals = backend.totals;
            view.valid_until = backend.valid_until;
            view.order_number = backend.order_number;
            view.purchase_order = backend.purchase_order.or(view.purchase_order);
            if !backend.lines.is_empty() {
                view.lines = backend.lines;
            }
            if !backend.notes.is_empty() {
                view.notes = backend.notes;
            }
        }
        view
    }
}
