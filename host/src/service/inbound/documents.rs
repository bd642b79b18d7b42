//! Pushed news of orders and quotes. An event is a hint: our document is looked up through its adapter, as its own account, and what that
//! answers is believed as any answer is (rule H3). Nothing in an event moves a document.

use super::apply::{Outcome, Receiving};
use crate::domain::{DocumentHint, Reference, StoreName};
use crate::service::BackendDocument;
use crate::store::{Document, StoreError};

impl Receiving<'_> {
    /// Has our document looked up in the background, when there is one and there is a place for it.
    pub(super) async fn changed<T: BackendDocument>(&self, store: Option<&StoreName>, hint: &DocumentHint) -> Outcome {
        let ours = match self.ours::<T>(store, hint).await {
            Ok(ours) => ours.ok_or("not_ours")?,
            Err(error) => {
                tracing::warn!(%error, "a document that was said to have changed could not be found");
                return Err("busy");
            }
        };
        if hint.account.as_ref().is_some_and(|account| *account != ours.account) {
            metrics::counter!("ordergate_contract_violations_total", "adapter" => self.adapter.to_string(), "kind" => "event")
                .increment(1);
            return Err("another_account");
        }
        // Its transfer finds out by itself what became of it.
        let Some(number) = &ours.backend_number else { return Err("not_there_yet") };
        if hint.number.as_ref().is_some_and(|named| named != number) {
            return Err("another_number");
        }
        self.commerce.look_again_soon::<T>(ours).map(|()| "looked_up").ok_or("busy")
    }

    /// By our reference, else by the back end's number. Only what this adapter has.
    async fn ours<T: BackendDocument>(
        &self,
        store: Option<&StoreName>,
        hint: &DocumentHint,
    ) -> Result<Option<Document>, StoreError> {
        let is_ours = |document: &Document| {
            document.kind() == T::KIND && document.adapter == *self.adapter && store.is_none_or(|store| *store == document.store)
        };
        let documents = &self.commerce.inner.store;
        if let Some(reference) = hint.reference.as_deref().and_then(|reference| Reference::parse(reference).ok()) {
            return Ok(documents.document(&reference).await?.filter(is_ours));
        }
        let Some(number) = &hint.number else { return Ok(None) };
        for name in self.commerce.inner.shops.keys() {
            let found = documents.documents_by_number(name, self.adapter, T::KIND, std::slice::from_ref(number)).await?;
            // Of several with one number, the oldest.
            if let Some(document) = found.into_iter().find(is_ours) {
                return Ok(Some(document));
            }
        }
        Ok(None)
    }
}
