//! Linking by hand: what the back end shows under a number is looked at before a parked order or quote is taken for it (rules H3, T11). A number
//! that was mistyped would show a customer somebody else's order, and their own would never be sent.

use super::history::{Asked, owned};
use super::{BackendDocument, Commerce, FieldProblem, ServiceError};
use crate::domain::{BackendNumber, FailureCode, OrderDocument, Purpose, QuoteDocument, Reference, TransferState};
use crate::store::{Deed, Document, DocumentKind, Observed, Transfer};

/// What a parked order or quote is linked to.
#[derive(Clone, Debug)]
pub struct LinkTo {
    pub number: BackendNumber,
    /// Without a look at what the back end has under it.
    pub unchecked: bool,
}

impl Commerce {
    /// Confirms a parked transfer with the number that the back end has for it.
    pub(super) async fn link(&self, reference: &Reference, to: LinkTo, deed: Deed) -> Result<Transfer, ServiceError> {
        let store = &self.inner.store;
        let transfers = store.transfers_of(reference).await?;
        let parked = transfers.into_iter().find(|transfer| transfer.state == TransferState::Parked);
        // Whether it may be linked at all the store says.
        let Some(parked) = parked.filter(|_| !to.unchecked) else {
            return Ok(store.link(reference, to.number, to.unchecked, deed).await?);
        };
        let at = deed.at;
        let (number, observed) = match DocumentKind::of(reference) {
            DocumentKind::Order => self.look_at::<OrderDocument>(&parked, to.number).await?,
            DocumentKind::Quote => self.look_at::<QuoteDocument>(&parked, to.number).await?,
        };
        let linked = store.link(reference, number, false, deed).await?;
        if let Some(observed) = observed {
            store.observe(reference, observed, at).await?;
        }
        Ok(linked)
    }

    /// The number as the back end writes it, and what it says of the document. A back end that cannot show documents is trusted.
    async fn look_at<T: BackendDocument>(
        &self,
        parked: &Transfer,
        number: BackendNumber,
    ) -> Result<(BackendNumber, Option<Observed>), ServiceError> {
        let (shop, adapter) = (self.shop(Some(parked.store.as_str()))?, self.adapter(&parked.adapter)?);
        let context = shop.context(parked.reference.to_string(), Purpose::History);
        let asked = T::get(parked.account.clone(), number.clone());
        let answer: Result<T, _> = adapter.call_on(&self.inner.reads, &context, asked).await;
        let shown = match owned(&adapter, &parked.account, Asked::Number(&number), answer) {
            Ok(shown) => shown,
            Err(failure) if failure.code == FailureCode::Unsupported => return Ok((number, None)),
            Err(failure) if matches!(failure.code, FailureCode::NotFound | FailureCode::InvalidRequest) => {
                let (kind, account) = (T::KIND.as_str(), &parked.account);
                return Err(refused(format!("the back end shows no {kind} {number} of customer {account}")));
            }
            Err(failure) => return Err(failure.into()),
        };
        let document = self.inner.store.document(&parked.reference).await?;
        may_be(document.as_ref(), parked, &shown)?;
        if !parked.operation.carries_document() && !shown.is_void() {
            let (operation, number) = (parked.operation.as_str(), &shown.head().number);
            return Err(refused(format!("{operation} was not done: the back end shows {number} as {}", shown.observed().status)));
        }
        if parked.operation.carries_document() {
            let find = T::find(parked.account.clone(), parked.reference.clone());
            let found: Result<Option<T>, _> = adapter.call_on(&self.inner.reads, &context, find).await;
            // What cannot be looked for was shown at least.
            let own = found.ok().flatten().map(|found| found.head().number.clone());
            if let Some(own) = own.filter(|own| own != shown.head().number) {
                return Err(refused(format!("the back end has {} as {own}", parked.reference)));
            }
        }
        Ok((shown.head().number.clone(), Some(shown.observed())))
    }
}

/// Whether what is shown can be what is parked.
fn may_be<T: BackendDocument>(document: Option<&Document>, parked: &Transfer, shown: &T) -> Result<(), ServiceError> {
    let head = shown.head();
    let known = document.and_then(|document| document.backend_number.as_ref()).or(parked.instruction.number.as_ref());
    if let Some(known) = known.filter(|known| !parked.operation.carries_document() && *known != head.number) {
        return Err(refused(format!("{} is {known} in the back end", parked.reference)));
    }
    let is_own = |reference: &Reference| {
        *reference == parked.reference || document.is_some_and(|document| document.parent.as_ref() == Some(reference))
    };
    match head.reference.filter(|reference| document.is_some() && !is_own(reference)) {
        Some(other) => Err(refused(format!("the back end knows {} as {other}, which is another one", head.number))),
        None => Ok(()),
    }
}

fn refused(why: String) -> ServiceError {
    ServiceError::Invalid(vec![FieldProblem::new("/number", why)])
}
