//! An order as the API shows it: what was captured, under what the back end says.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::TransferView;
use crate::domain::{
    AccountNumber, AdapterName, Amendment, BackendNumber, BusinessStatus, Currency, DegradedMode, Delivery, FindingState,
    LineKind, Money, Note, Order, OrderDocument, Party, PriceBasis, Quantity, QuoteLink, Reference, ScheduleLine, Sku, StoreName,
    Terms, Totals, TransferOperation,
};
use crate::service::{OrderRecord, Provenance};

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

/// What an order was taken at while the back end was down, and what the back end made of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TermsView {
    mode: DegradedMode,
    basis: PriceBasis,
    #[schema(value_type = String, example = "5")]
    max_rise_percent: rust_decimal::Decimal,
    /// `payable`: `agreed` and `asked` are sums to be paid. `goods`: they are without charges and taxes.
    amounts: &'static str,
    /// What the customer agreed to; absent when a price was not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    agreed: Option<Money>,
    /// What the back end asks for the same; absent until it was heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<Money>,
    /// That with charges and taxes.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_payable: Option<Money>,
    /// The amounts are final.
    settled: bool,
}

impl From<&Terms> for TermsView {
    fn from(terms: &Terms) -> Self {
        Self {
            mode: terms.provisional.mode,
            basis: terms.provisional.basis,
            max_rise_percent: terms.provisional.max_rise_percent,
            amounts: if terms.provisional.is_complete { "payable" } else { "goods" },
            agreed: terms.agreed,
            asked: terms.asked,
            asked_payable: terms.asked_payable,
            settled: terms.is_settled,
        }
    }
}

/// What became of the changes that the back end made while taking an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AmendmentsAre {
    /// They stand.
    Accepted,
    /// Customer service decides.
    Pending,
    /// The order is being cancelled, or was, because of them.
    Refused,
}

impl AmendmentsAre {
    fn of(amendments: &[Amendment], review: Option<FindingState>) -> Option<Self> {
        if amendments.is_empty() {
            return None;
        }
        Some(match review {
            None | Some(FindingState::Accepted | FindingState::Gone) => Self::Accepted,
            Some(FindingState::Open) => Self::Pending,
            Some(FindingState::Cancelling | FindingState::Cancelled) => Self::Refused,
        })
    }
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
    /// There when the order was taken without the back end's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    provisional: Option<TermsView>,
    /// What the back end changed while taking it.
    amendments: Vec<Amendment>,
    /// Whether that stands; absent when it changed nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    amendments_are: Option<AmendmentsAre>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<QuoteLink>,
    allowed_actions: Vec<&'static str>,
    /// What was asked of the back end, which has not answered yet: until then nothing else can be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_operation: Option<TransferOperation>,
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
            status: record.status,
            allowed_actions: record.allowed_actions().to_vec(),
            pending_operation: record.pending,
            transfer: record.transfer().map(TransferView::from),
            store: record.store,
            backend: record.adapter,
            channel: None,
            purchase_order: None,
            changed_at: None,
            raw_status: None,
            currency: None,
            totals: None,
            lines: Vec::new(),
            parties: Vec::new(),
            notes: Vec::new(),
            provisional: None,
            amendments: Vec::new(),
            amendments_are: None,
            quote: None,
            source: record.provenance,
            as_of: record.as_of,
        };
        if let Some(captured) = record.captured {
            if let Some(order) = captured.order() {
                view.show_captured(order);
            }
            view.amendments_are = AmendmentsAre::of(&captured.amendments, captured.review);
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
        self.provisional = order.provisional.as_ref().map(TermsView::from);
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
