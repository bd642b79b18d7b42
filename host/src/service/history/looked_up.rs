//! Looking one of our documents up again without anybody waiting, because the back end says that it has changed.

use std::sync::Arc;

use super::owned::{Asked, owned};
use crate::domain::{Failure, FailureCode, Purpose};
use crate::service::{BackendDocument, Commerce, ServiceError};
use crate::store::{Document, DocumentKind};

impl Commerce {
    /// In the background, when there is a place; nothing else depends on it: whoever reads the document sees it live.
    pub(in crate::service) fn look_again_soon<T: BackendDocument>(&self, document: Document) -> Option<()> {
        let place = Arc::clone(&self.inner.looking_again).try_acquire_owned().ok()?;
        let commerce = self.clone();
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = commerce.look_again::<T>(&document).await {
                tracing::info!(reference = %document.reference, %error, "a document that has changed could not be looked up");
            }
        });
        Some(())
    }

    /// Keeps what the back end says of a document now. Only of the same number and account: anything else is as if there were no answer (rule H3).
    async fn look_again<T: BackendDocument>(&self, document: &Document) -> Result<(), ServiceError> {
        let (shop, adapter) = (self.shop(Some(document.store.as_str()))?, self.adapter(&document.adapter)?);
        let not_found = || Failure::new(FailureCode::NotFound, "there is no such document");
        let number = document.backend_number.clone().ok_or_else(not_found)?;
        let context = shop.context(document.reference.to_string(), Purpose::History);
        let asked = T::get(document.account.clone(), number);
        let asked_at = self.inner.clock.now();
        let answer = adapter.call_on(&self.inner.reads, &context, asked).await;
        let shown: T = owned(&adapter, &document.account, Asked::Ours(document), answer)?;
        let changed = self.inner.store.observe(&document.reference, shown.observed(), asked_at).await?;
        if changed && T::KIND == DocumentKind::Order {
            self.follow(&document.reference).await;
        }
        Ok(())
    }
}
