//! A change of an order or quote that the outside may know of, as the store keeps it. The database writes it in the transaction of the change
//! (`migrations/*/0010_events.sql`).

use jiff::Timestamp;

use super::DocumentKind;
use crate::domain::{
    AccountNumber, BackendNumber, BusinessStatus, QuoteStatus, Reference, StoreName, TransferOperation, TransferState,
};

/// One change. It holds no name and no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentEvent {
    /// Its place in the log; what comes later has a higher one.
    pub number: i64,
    pub reference: Reference,
    pub kind: DocumentKind,
    pub store: StoreName,
    pub account: AccountNumber,
    pub at: Timestamp,
    /// What was moved: the transfer that carries the document, or a later operation on it.
    pub operation: TransferOperation,
    pub cause: Cause,
    /// Where the transfer stood that carries the document.
    pub transfer: TransferState,
    /// Business status by name, once the back end has said one (a quote: from the start).
    pub status: Option<String>,
    /// Of a quote.
    pub revision: Option<String>,
    pub backend_number: Option<BackendNumber>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Captured,
    Confirmed,
    Rejected,
    Parked,
    /// A person queued it again.
    Resent,
    Linked,
    Abandoned,
    /// A person holds it back, for one reason or more.
    Held,
    /// Nobody holds it back any more.
    Released,
    /// A person changed it while it was parked.
    Edited,
    /// The back end took it with changes that a person must look at (rule T9).
    AmendmentsPending,
    AmendmentsAccepted,
    /// It is cancelled because of them.
    AmendmentsRefused,
    /// The back end's word changed.
    Status,
}

impl Cause {
    pub const ALL: [Self; 14] = [
        Self::Captured,
        Self::Confirmed,
        Self::Rejected,
        Self::Parked,
        Self::Resent,
        Self::Linked,
        Self::Abandoned,
        Self::Held,
        Self::Released,
        Self::Edited,
        Self::AmendmentsPending,
        Self::AmendmentsAccepted,
        Self::AmendmentsRefused,
        Self::Status,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Parked => "parked",
            Self::Resent => "resent",
            Self::Linked => "linked",
            Self::Abandoned => "abandoned",
            Self::Held => "held",
            Self::Released => "released",
            Self::Edited => "edited",
            Self::AmendmentsPending => "amendments.pending",
            Self::AmendmentsAccepted => "amendments.accepted",
            Self::AmendmentsRefused => "amendments.refused",
            Self::Status => "status",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == name)
    }
}

impl DocumentEvent {
    /// Its type, such as `order.parked`, `order.cancellation.rejected` or `quote.status.offered`.
    pub fn type_name(&self) -> String {
        let kind = self.kind.as_str();
        if self.cause == Cause::Status {
            return format!("{kind}.status.{}", self.status.as_deref().unwrap_or("unknown"));
        }
        let cause = self.cause.as_str();
        match self.operation {
            TransferOperation::CancelOrder => format!("{kind}.cancellation.{cause}"),
            TransferOperation::DeclineQuote => format!("{kind}.decline.{cause}"),
            TransferOperation::WithdrawQuote => format!("{kind}.withdrawal.{cause}"),
            TransferOperation::SubmitOrder
            | TransferOperation::AcceptQuote
            | TransferOperation::SubmitQuote
            | TransferOperation::CounterQuote
            | TransferOperation::ReleaseReservation => format!("{kind}.{cause}"),
        }
    }

    /// Whether nothing more is to be expected of the document.
    pub fn is_final(&self) -> bool {
        let status = self.status.as_deref();
        match self.transfer {
            TransferState::Rejected | TransferState::Abandoned => true,
            TransferState::Confirmed | TransferState::Linked => status.is_some_and(|status| match self.kind {
                DocumentKind::Order => BusinessStatus::parse(status).is_final(),
                DocumentKind::Quote => QuoteStatus::parse(status).is_final(),
            }),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: DocumentKind, transfer: TransferState, status: Option<&str>) -> DocumentEvent {
        DocumentEvent {
            number: 1,
            reference: Reference::new_order(),
            kind,
            store: "main".into(),
            account: "A".into(),
            at: Timestamp::UNIX_EPOCH,
            operation: TransferOperation::SubmitOrder,
            cause: Cause::Confirmed,
            transfer,
            status: status.map(str::to_owned),
            revision: None,
            backend_number: None,
        }
    }

    #[test]
    fn a_type_names_document_operation_and_what_happened() {
        let order = event(DocumentKind::Order, TransferState::Confirmed, Some("open"));
        assert_eq!(order.type_name(), "order.confirmed");
        assert_eq!(DocumentEvent { cause: Cause::Status, ..order.clone() }.type_name(), "order.status.open");
        let cancellation = DocumentEvent { operation: TransferOperation::CancelOrder, cause: Cause::Rejected, ..order.clone() };
        assert_eq!(cancellation.type_name(), "order.cancellation.rejected");
        let quote = DocumentEvent { kind: DocumentKind::Quote, operation: TransferOperation::WithdrawQuote, ..order };
        assert_eq!(quote.type_name(), "quote.withdrawal.confirmed");
        assert!(Cause::ALL.into_iter().all(|cause| Cause::parse(cause.as_str()) == Some(cause)));
    }

    #[test]
    fn a_document_is_final_when_neither_transfer_nor_back_end_moves_it_on() {
        let is_final = |kind, transfer, status| event(kind, transfer, status).is_final();
        use DocumentKind::{Order, Quote};
        for (transfer, status) in
            [("rejected", None), ("abandoned", None), ("confirmed", Some("completed")), ("linked", Some("cancelled"))]
        {
            assert!(is_final(Order, TransferState::parse(transfer).unwrap(), status), "{transfer} {status:?}");
        }
        for (transfer, status) in [("queued", None), ("parked", None), ("confirmed", Some("shipped")), ("linked", None)] {
            assert!(!is_final(Order, TransferState::parse(transfer).unwrap(), status), "{transfer} {status:?}");
        }
        assert!(is_final(Quote, TransferState::Confirmed, Some("ordered")));
        // A seller may offer anew what has expired.
        assert!(!is_final(Quote, TransferState::Confirmed, Some("expired")));
    }
}
