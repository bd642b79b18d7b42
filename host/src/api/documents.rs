//! Orders and quotes as the API shows them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::{Check, Findings};
use super::problem::Problem;
use crate::domain::{
    AccountNumber, AdapterName, Amendment, BackendNumber, BusinessStatus, Currency, Delivery, DocumentFilter, LineKind, Money,
    Note, Order, OrderDocument, Party, Quantity, QuoteAction, QuoteLine, QuoteLink, QuoteStatus, Reference, ScheduleLine, Sku,
    StoreName, Totals, TransferState,
};
use crate::service::{DocumentPage, FieldProblem, ListRequest, OrderRecord, Provenance, QuoteRecord, TransferSummary};

/// Which documents, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParameters {
    /// Business statuses, separated by commas.
    status: Option<String>,
    /// Placed on or after this day.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<jiff::civil::Date>,
    /// Placed on or before this day.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<jiff::civil::Date>,
    /// Number, reference or purchase order.
    q: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 100 back-end documents a page; 20 when absent.
    limit: Option<u32>,
}

impl Check for ListParameters {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut findings = Findings::default();
        if self.limit.is_some_and(|limit| !(1..=100).contains(&limit)) {
            findings.add("?limit", "must be 1 to 100");
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            findings.add("?to", "must not be before `from`");
        }
        findings.optional_id("?q", self.q.as_deref());
        findings.into_vec()
    }
}

impl ListParameters {
    /// The request, when every status is one that the documents can have: a misspelled one would silently show nothing.
    pub fn checked(self, is_status: impl Fn(&str) -> bool) -> Result<ListRequest, Problem> {
        let statuses = self.status.iter().flat_map(|list| list.split(',')).map(str::trim).filter(|status| !status.is_empty());
        let statuses: Vec<_> = statuses.map(str::to_owned).collect();
        if let Some(unknown) = statuses.iter().find(|status| !is_status(status)) {
            return Err(Problem::invalid(vec![FieldProblem::new(
                "?status",
                format!("{unknown:?} is no status of these documents"),
            )]));
        }
        let filter = DocumentFilter { statuses, from: self.from, to: self.to, search: self.q };
        Ok(ListRequest { filter, cursor: self.cursor, limit: self.limit.unwrap_or(20) })
    }
}

/// One page of documents, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageView<T> {
    items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// `stale`: the back end does not answer, this is its last known list.
    source: Provenance,
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
}

impl<T> PageView<T> {
    pub fn of<R>(page: DocumentPage<R>, show: impl FnMut(R) -> T) -> Self {
        let items = page.items.into_iter().map(show).collect();
        Self { items, next_cursor: page.next_cursor, source: page.provenance, as_of: page.as_of }
    }
}

/// Where the transfer to the back end stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransferView {
    state: TransferState,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    /// The back end's reason, when it refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl From<TransferSummary> for TransferView {
    fn from(summary: TransferSummary) -> Self {
        Self {
            state: summary.state,
            attempts: summary.attempts,
            next_attempt_at: summary.next_attempt_at,
            message: summary.message,
        }
    }
}

/// A line of an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderLineView {
    id: String,
    kind: LineKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<Sku>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    quantity: Quantity,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    per: Option<rust_decimal::Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<BusinessStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reject_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    shipped: Option<rust_decimal::Decimal>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    schedule: Vec<ScheduleLine>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deliveries: Vec<Delivery>,
}

/// An order, from whichever channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderView {
    /// Ours; absent for an order from another channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Reference>,
    /// The back end's; absent until it has the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<BackendNumber>,
    store: StoreName,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountNumber>,
    /// Adapter of the back end that has or will have it.
    backend: AdapterName,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase_order: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    placed_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    changed_at: Option<Timestamp>,
    /// The back end's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<BusinessStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_status: Option<String>,
    /// Ours: how far it got to the back end. Absent for an order from another channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<TransferView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<Totals>,
    lines: Vec<OrderLineView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parties: Vec<Party>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Note>,
    /// What the back end changed while taking it.
    amendments: Vec<Amendment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<QuoteLink>,
    allowed_actions: Vec<&'static str>,
    source: Provenance,
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
}

impl From<OrderRecord> for OrderView {
    fn from(record: OrderRecord) -> Self {
        let mut view = Self {
            reference: record.reference().cloned(),
            number: record.number().cloned(),
            account: record.account().cloned(),
            placed_at: record.placed_at(),
            status: record.status(),
            allowed_actions: record.allowed_actions(),
            store: record.store,
            backend: record.adapter,
            channel: None,
            purchase_order: None,
            changed_at: None,
            raw_status: None,
            transfer: record.transfer.map(TransferView::from),
            currency: None,
            totals: None,
            lines: Vec::new(),
            parties: Vec::new(),
            notes: Vec::new(),
            amendments: Vec::new(),
            quote: None,
            source: record.provenance,
            as_of: record.as_of,
        };
        if let Some(captured) = record.captured {
            if let Some(order) = captured.order() {
                view.show_captured(order);
            }
            view.amendments = captured.amendments;
            view.raw_status = captured.raw_status;
        }
        if let Some(backend) = record.backend {
            view.show_backend(backend);
        }
        view
    }
}

impl OrderView {
    fn show_captured(&mut self, order: &Order) {
        self.purchase_order = order.purchase_order.clone();
        self.currency = Some(order.currency);
        self.totals = order.totals.clone();
        self.quote = order.quote.clone();
        self.parties = order.parties.clone();
        self.notes = order.notes.clone();
        self.lines = order
            .lines
            .iter()
            .map(|line| OrderLineView {
                id: line.id.clone(),
                kind: line.kind,
                sku: line.sku.clone(),
                description: line.description.clone(),
                quantity: line.quantity.clone(),
                unit_price: line.unit_price,
                per: line.per,
                amount: line.amount,
                status: None,
                raw_status: None,
                reject_reason: None,
                shipped: None,
                schedule: Vec::new(),
                deliveries: Vec::new(),
            })
            .collect();
    }

    /// The back end's word goes over ours; what it leaves out in a list stays as captured.
    fn show_backend(&mut self, document: OrderDocument) {
        self.channel = document.channel;
        self.changed_at = document.changed_at;
        self.raw_status = document.raw_status;
        self.currency = Some(document.currency);
        self.purchase_order = document.purchase_order.or(self.purchase_order.take());
        self.totals = document.totals.or(self.totals.take());
        self.quote = document.quote.or(self.quote.take());
        if !document.parties.is_empty() {
            self.parties = document.parties;
        }
        if !document.notes.is_empty() {
            self.notes = document.notes;
        }
        if document.lines.is_empty() {
            return;
        }
        self.lines = document
            .lines
            .into_iter()
            .map(|line| OrderLineView {
                id: line.reference.unwrap_or(line.id),
                kind: line.kind,
                sku: line.sku,
                description: line.description,
                quantity: line.quantity,
                unit_price: line.unit_price,
                per: line.per,
                amount: line.amount,
                status: line.status,
                raw_status: line.raw_status,
                reject_reason: line.reject_reason,
                shipped: line.shipped,
                schedule: line.schedule,
                deliveries: line.deliveries,
            })
            .collect();
    }
}

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
            status: record.status,
            allowed_actions: record.allowed_actions().to_vec(),
            store: record.store,
            backend: record.adapter,
            channel: None,
            purchase_order: None,
            raw_status: None,
            revision: None,
            transfer: record.transfer.map(TransferView::from),
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
