//! Listing documents.

use super::*;

pub(super) async fn h1_documents_are_listed_newest_first_in_pages(store: &Store) {
    let mut given = Vec::new();
    for second in 0..5 {
        given.push(captured(store, Capture { at: later(second), ..capture_order("A") }).await.reference);
    }
    captured(store, capture_quote("A")).await;
    given.reverse();
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = store.documents_of(DocumentQuery { after, limit: 2, ..all(DocumentKind::Order) }).await.unwrap();
        after = page.last().map(|last| (last.captured_at, last.reference.clone()));
        listed.extend(page.into_iter().map(|document| document.reference));
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, given);
    let between = DocumentQuery { from: Some(later(1)), until: Some(later(3)), ..all(DocumentKind::Order) };
    assert_eq!(store.documents_of(between).await.unwrap().len(), 2);
    confirm(store, accepted("1"), later(10)).await;
    let open = DocumentQuery { statuses: vec!["open".into()], ..all(DocumentKind::Order) };
    assert_eq!(store.documents_of(open).await.unwrap().len(), 1);
}

pub(super) async fn h2_the_newest_list_is_remembered(store: &Store) {
    let key = ListKey { store: "shop".into(), adapter: "demo".into(), account: account("A"), kind: DocumentKind::Order };
    assert_eq!(store.last_known_list::<String>(&key).await.unwrap(), None);
    store.remember_list(key.clone(), &["new".to_owned()], later(10)).await.unwrap();
    store.remember_list(key.clone(), &["old".to_owned()], later(5)).await.unwrap();
    assert_eq!(store.last_known_list::<String>(&key).await.unwrap(), Some((vec!["new".to_owned()], later(10))));
}

pub(super) async fn h3_only_the_granted_accounts_are_listed(store: &Store) {
    captured(store, capture_order("A")).await;
    let other = captured(store, capture_order("B")).await;
    let granted = |accounts: &[&str]| AccountGrant::Only(accounts.iter().map(|name| account(name)).collect::<BTreeSet<_>>());
    let listed = store.documents_of(DocumentQuery { accounts: granted(&["B", "C"]), ..all(DocumentKind::Order) }).await.unwrap();
    assert_eq!(listed.iter().map(|document| &document.reference).collect::<Vec<_>>(), [&other.reference]);
    let nobody = store.documents_of(DocumentQuery { accounts: granted(&[]), ..all(DocumentKind::Order) }).await.unwrap();
    assert_eq!(nobody, vec![]);
    let elsewhere = DocumentQuery { store: "other".into(), ..all(DocumentKind::Order) };
    assert_eq!(store.documents_of(elsewhere).await.unwrap(), vec![]);
}
