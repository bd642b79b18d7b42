//! Listing documents, finding them by what a back end calls them, and what they tell of their transfer.

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

pub(super) async fn h3_only_the_accounts_own_are_listed(store: &Store) {
    captured(store, capture_order("A")).await;
    let other = captured(store, capture_order("B")).await;
    let listed = store.documents_of(DocumentQuery { account: account("B"), ..all(DocumentKind::Order) }).await.unwrap();
    assert_eq!(listed.iter().map(|document| &document.reference).collect::<Vec<_>>(), [&other.reference]);
    let nobody = store.documents_of(DocumentQuery { account: account("C"), ..all(DocumentKind::Order) }).await.unwrap();
    assert_eq!(nobody, vec![]);
    let elsewhere = DocumentQuery { store: "other".into(), ..all(DocumentKind::Order) };
    assert_eq!(store.documents_of(elsewhere).await.unwrap(), vec![]);
}

pub(super) async fn documents_are_found_by_reference_however_many_are_asked_for(store: &Store) {
    let first = captured(store, capture_order("A")).await.reference;
    let last = captured(store, capture_quote("B")).await.reference;
    let unknown = std::iter::repeat_with(Reference::new_order).take(1_200);
    let asked: Vec<_> = std::iter::once(first.clone()).chain(unknown).chain([last.clone()]).collect();
    let found: Vec<_> = store.documents(&asked).await.unwrap().into_iter().map(|document| document.reference).collect();
    assert_eq!(found, [first, last]);
    assert_eq!(store.documents(&[]).await.unwrap(), vec![]);
}

pub(super) async fn documents_are_found_by_number_within_store_adapter_and_kind(store: &Store) {
    let mut first = capture_order("A");
    first.document.adapter = "old".into();
    let mut elsewhere = capture_order("A");
    elsewhere.document.store = "other".into();
    let number = |number: &str| BackendNumber::from(number);
    let mut references = Vec::new();
    for (index, capture) in [first, elsewhere, capture_order("A"), capture_order("B")].into_iter().enumerate() {
        references.push(captured(store, Capture { at: later(index as i64), ..capture }).await.reference);
        // One number at one adapter is one order, in whichever store.
        confirm(store, accepted(["4711", "4711", "6", "5"][index]), later(10 + index as i64)).await;
    }
    let quote = captured(store, Capture { at: later(20), ..capture_quote("A") }).await.reference;
    let received = QuoteReceived { number: number("4711"), revision: None, status: QuoteStatus::Requested, raw_status: None };
    confirm(store, Taken::Quote(received), later(20)).await;
    // The number of the last one is asked for beyond what one query names.
    let asked: Vec<_> = (10_000..11_200).map(|other: u32| number(&other.to_string())).collect();
    let asked = [&[number("4711")], asked.as_slice(), &[number("5"), number("6")]].concat();
    let found = async |shop: &str, adapter: &str, kind| {
        let found = store.documents_by_number(&shop.into(), &adapter.into(), kind, &asked).await.unwrap();
        found.into_iter().map(|document| document.reference).collect::<Vec<_>>()
    };
    assert_eq!(found("shop", "old", DocumentKind::Order).await, references[..1]);
    assert_eq!(found("other", "demo", DocumentKind::Order).await, references[1..2]);
    assert_eq!(found("shop", "demo", DocumentKind::Order).await, references[2..]);
    assert_eq!(found("shop", "demo", DocumentKind::Quote).await, [quote]);
}

pub(super) async fn of_several_documents_with_one_number_the_oldest_comes_first(store: &Store) {
    let mut references = Vec::new();
    for second in 0..3 {
        let mut quote = Capture { at: later(second), ..capture_quote("A") };
        // Quotes that answer each other share a number.
        quote.document.parent = references.last().cloned();
        references.push(captured(store, quote).await.reference);
        let received = QuoteReceived { number: "Q1".into(), revision: None, status: QuoteStatus::InReview, raw_status: None };
        confirm(store, Taken::Quote(received), later(second)).await;
    }
    let found = store.documents_by_number(&"shop".into(), &"demo".into(), DocumentKind::Quote, &["Q1".into()]).await.unwrap();
    assert_eq!(found.into_iter().map(|document| document.reference).collect::<Vec<_>>(), references);
}

pub(super) async fn a_document_tells_how_far_the_transfer_got_that_carries_it(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    let kept = async || store.document(&order.reference).await.unwrap().unwrap();
    assert_eq!((kept().await.attempts, kept().await.next_attempt_at), (0, Some(start())));
    let claimed = claim_one(store, start()).await;
    begin(store, &claimed, start()).await;
    let failure = Failure::new(FailureCode::Unavailable, "closed for the night");
    let wait = outcome(&[TransferEvent::NotDelivered], later(1));
    let wait = Outcome { failure: Some(failure.clone()), due_at: later(30), ..wait };
    store.record_outcome(claimed.transfer.id, claimed.fence, wait).await.unwrap();
    assert_eq!((kept().await.next_attempt_at, kept().await.last_failure), (Some(later(30)), Some(failure)));
    confirm(store, accepted("4711"), later(30)).await;
    let confirmed = kept().await;
    assert_eq!((confirmed.attempts, confirmed.next_attempt_at, confirmed.last_failure), (2, None, None));
    // A later operation on the order is not what carried it.
    store.enqueue(operation(&order, TransferOperation::CancelOrder, None)).await.unwrap();
    park(store, later(40)).await;
    assert_eq!((kept().await.transfer, kept().await.attempts), (TransferState::Confirmed, 2));
}

pub(super) async fn orders_are_open_until_their_transfers_are_settled(store: &Store) {
    let first = captured(store, capture_holding_order("A")).await;
    let second = captured(store, capture_order("A")).await;
    let quote = captured(store, capture_quote("B")).await;
    let open = async |most| {
        let open = store.open_orders(most).await.unwrap();
        open.into_iter().map(|carried| carried.transfer.reference).collect::<Vec<_>>()
    };
    assert_eq!(open(10).await, [first.reference.clone(), second.reference.clone()]);
    assert_eq!(open(1).await, std::slice::from_ref(&first.reference));
    let carried = store.carried_order(&first.reference).await.unwrap().unwrap();
    assert_eq!((carried.transfer.state, carried.status), (TransferState::Queued, None));
    assert!(carried.transfer.instruction.held.is_some());
    assert!(store.carried_order(&quote.reference).await.unwrap().is_none(), "it is no order");
    let mut claims = store.claim_due(start(), 10, LEASE, &LeftOut::default()).await.unwrap();
    claims.retain(|claimed| claimed.transfer.reference == first.reference);
    begin(store, &claims[0], start()).await;
    let taken =
        Taken::Order(Accepted { number: "4711".into(), status: BusinessStatus::Open, raw_status: None, amendments: vec![] });
    let confirmed = Outcome { taken: Some(taken), ..outcome(&[TransferEvent::Taken], later(5)) };
    store.record_outcome(claims[0].transfer.id, claims[0].fence, confirmed).await.unwrap();
    assert_eq!(open(10).await, [second.reference]);
    let carried = store.carried_order(&first.reference).await.unwrap().unwrap();
    assert_eq!((carried.transfer.state, carried.transfer.updated_at), (TransferState::Confirmed, later(5)));
    assert_eq!(carried.status, Some(BusinessStatus::Open));
}
