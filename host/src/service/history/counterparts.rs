//! What we captured of the documents that a back end shows, for a whole page at once.

use std::collections::HashMap;

use crate::domain::{AccountNumber, AdapterName, BackendNumber, Deduplication, Reference, StoreName};
use crate::service::{BackendDocument, Caller, Commerce, ServiceError};
use crate::store::{Document, DocumentKind};

/// Ours behind a page of back-end documents: by our reference, else by the number.
pub(super) struct Counterparts {
    store: StoreName,
    account: AccountNumber,
    class: Deduplication,
    by_reference: HashMap<Reference, Document>,
    by_number: HashMap<BackendNumber, Document>,
}

impl Commerce {
    /// `class` says whether what is shown has our references.
    pub(super) async fn counterparts<'a, T: BackendDocument>(
        &self,
        caller: &Caller,
        adapter: &AdapterName,
        class: Deduplication,
        shown: impl IntoIterator<Item = &'a T>,
    ) -> Result<Counterparts, ServiceError> {
        let heads = shown.into_iter().map(BackendDocument::head);
        let (references, numbers): (Vec<_>, Vec<_>) = heads.map(|head| (head.reference.cloned(), head.number.clone())).unzip();
        let references: Vec<_> = references.into_iter().flatten().collect();
        let (store, name) = (&self.inner.store, &caller.shop.name);
        let by_reference = store.documents(&references).await?;
        let by_number = store.documents_by_number(name, adapter, T::KIND, &numbers).await?;
        let numbered = by_number.into_iter().rev().filter_map(|document| Some((document.backend_number.clone()?, document)));
        Ok(Counterparts {
            store: name.clone(),
            account: caller.account()?.clone(),
            class,
            by_reference: by_reference.into_iter().map(|document| (document.reference.clone(), document)).collect(),
            // Of several with one number, the oldest.
            by_number: numbered.collect(),
        })
    }
}

impl Counterparts {
    /// The one behind a document. What is not the caller's is as if it were not there (rule H3), whatever reference an adapter names.
    pub(super) fn of<T: BackendDocument>(&self, shown: &T) -> Option<Document> {
        let head = shown.head();
        let by_reference = head.reference.and_then(|reference| self.by_reference.get(reference));
        let numbered = || self.by_number.get(head.number).filter(|document| document.may_be_known_as(head.reference, self.class));
        by_reference.or_else(numbered).filter(|document| self.is_callers(document, T::KIND)).cloned()
    }

    fn is_callers(&self, document: &Document, kind: DocumentKind) -> bool {
        document.account == self.account && document.store == self.store && document.kind() == kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::OrderDocument;
    use crate::store::fixtures::{capture_order, capture_quote, start};

    fn ours(account: &str, number: &str) -> Document {
        Document { backend_number: Some(number.into()), ..capture_order(account).document.captured(start()) }
    }

    /// As account `A` of the store `shop` looks at them.
    fn counterparts(by_reference: Vec<Document>, by_number: Vec<Document>) -> Counterparts {
        Counterparts {
            store: "shop".into(),
            account: "A".into(),
            class: Deduplication::None,
            by_reference: by_reference.into_iter().map(|document| (document.reference.clone(), document)).collect(),
            by_number: by_number.into_iter().map(|document| (document.backend_number.clone().unwrap(), document)).collect(),
        }
    }

    fn shown(reference: Option<&Reference>, number: &str) -> OrderDocument {
        let shown = serde_json::json!({
            "number": number, "reference": reference, "account": "A", "placed_at": start(), "status": "open", "currency": "EUR",
        });
        serde_json::from_value(shown).unwrap()
    }

    #[test]
    fn the_reference_tells_before_the_number_does() {
        let (referred, numbered) = (ours("A", "1"), ours("A", "2"));
        let known = counterparts(vec![referred.clone()], vec![numbered.clone()]);
        assert_eq!(known.of(&shown(Some(&referred.reference), "2")), Some(referred));
        assert_eq!(known.of(&shown(Some(&Reference::new_order()), "2")), None, "another order has the number now");
        assert_eq!(known.of(&shown(None, "2")), Some(numbered), "no reference is kept there");
        let known = Counterparts { class: Deduplication::Queryable, ..known };
        assert_eq!(known.of(&shown(None, "2")), None, "one that was sent has its reference");
        assert_eq!(known.of(&shown(None, "3")), None);
    }

    #[test]
    fn h3_a_reference_to_what_is_not_the_callers_leads_nowhere() {
        let numbered = ours("A", "2");
        let foreign_account = ours("B", "1");
        let foreign_store = Document { store: "other".into(), ..ours("A", "1") };
        let no_order = capture_quote("A").document.captured(start());
        for foreign in [foreign_account, foreign_store, no_order] {
            let known = counterparts(vec![foreign.clone()], vec![numbered.clone()]);
            assert_eq!(known.of(&shown(Some(&foreign.reference), "2")), None, "not even by the number");
        }
    }
}
