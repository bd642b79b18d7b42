//! What changes a document by its number leaves only when the back end shows that document as the customer's (rules H3, T4). The number comes from
//! the back end or its mapping, and one that was confirmed wrongly may be somebody else's.

use super::backend::{Backend, Backends};
use super::work::Engine;
use crate::domain::{FailureCode, Side, TransferOperation, TransferState};
use crate::store::{Claimed, Outcome};

impl<B: Backends> Engine<B> {
    /// An error: what came of it instead of an attempt. A back end that cannot show the document is trusted.
    pub(super) async fn identify(&self, claimed: &Claimed, backend: &B::One) -> Result<(), Outcome> {
        if claimed.transfer.state != TransferState::Queued || !names_a_document(claimed.transfer.operation) {
            return Ok(());
        }
        let deadline = self.config.deadline();
        let leave = backend.enter(Side::Read, deadline).await;
        let leave = leave.map_err(|failure| self.case(claimed, None).put_back(&failure))?;
        match self.in_time(backend.identify(leave, claimed, deadline)).await {
            Err(failure) if failure.code == FailureCode::Rejected => Err(self.case(claimed, None).overtaken(failure)),
            Err(failure) if failure.code != FailureCode::Unsupported => Err(self.case(claimed, None).not_begun(failure)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

fn names_a_document(operation: TransferOperation) -> bool {
    match operation {
        TransferOperation::CancelOrder
        | TransferOperation::AcceptQuote
        | TransferOperation::CounterQuote
        | TransferOperation::DeclineQuote
        | TransferOperation::WithdrawQuote => true,
        TransferOperation::SubmitOrder | TransferOperation::SubmitQuote | TransferOperation::ReleaseReservation => false,
    }
}
