//! What was asked of the back end about a document, until it has answered (rule Q5).

use super::*;

fn number() -> BackendNumber {
    "4711".into()
}

fn decline(second: i64) -> NewOperation {
    let document = capture_quote("A").document;
    NewOperation { at: later(second), ..operation(&document, TransferOperation::DeclineQuote, Some("4711")) }
}

fn accept() -> Capture {
    let mut accept = capture_order("A");
    accept.operation = TransferOperation::AcceptQuote;
    accept.instruction.number = Some(number());
    accept
}

async fn pending(store: &Store, kind: DocumentKind) -> Option<TransferOperation> {
    let found = store.under_way_about(&"demo".into(), &account("A"), kind, &["1".into(), number()]).await.unwrap();
    found.get(&number()).copied()
}

pub(super) async fn q5_nothing_else_is_asked_about_a_document_before_the_back_end_has_answered(store: &Store) {
    assert_eq!(pending(store, DocumentKind::Quote).await, None);
    let accepts = captured(store, accept()).await;
    assert_eq!(pending(store, DocumentKind::Quote).await, Some(TransferOperation::AcceptQuote));
    assert_eq!(pending(store, DocumentKind::Order).await, None, "an order may have the same number");
    let under_way =
        || CaptureOutcome::UnderWay { reference: accepts.reference.clone(), operation: TransferOperation::AcceptQuote };
    assert_eq!(store.enqueue(decline(1)).await.unwrap(), under_way());
    assert_eq!(store.enqueue(NewOperation { store: "other".into(), ..decline(1) }).await.unwrap(), under_way());
    let mut counters = capture_quote("A");
    counters.operation = TransferOperation::CounterQuote;
    counters.instruction.number = Some(number());
    assert_eq!(store.capture(counters.clone()).await.unwrap(), under_way());
    assert_eq!(store.document(&counters.document.reference).await.unwrap(), None);
    let elsewhere = NewOperation { adapter: "old".into(), ..decline(1) };
    assert_eq!(store.enqueue(elsewhere).await.unwrap(), CaptureOutcome::Captured, "another one's quote");
    let order = operation(&capture_order("A").document, TransferOperation::CancelOrder, Some("4711"));
    assert_eq!(store.enqueue(order).await.unwrap(), CaptureOutcome::Captured);
    assert_eq!(pending(store, DocumentKind::Order).await, Some(TransferOperation::CancelOrder));
    let others = store.under_way_about(&"demo".into(), &account("B"), DocumentKind::Order, &[number()]).await.unwrap();
    assert!(others.is_empty(), "what another account asked is nobody's business");
}

pub(super) async fn q5_what_the_back_end_took_while_somebody_decided_stands_in_the_way(store: &Store) {
    captured(store, accept()).await;
    confirm(store, accepted("SO-1"), later(10)).await;
    let decided = |seen_since| NewOperation { seen_since: Some(later(seen_since)), ..decline(20) };
    assert!(matches!(store.enqueue(decided(10)).await.unwrap(), CaptureOutcome::UnderWay { .. }));
    let others = NewOperation { account: account("B"), ..decided(10) };
    assert_eq!(store.enqueue(others).await.unwrap(), CaptureOutcome::Captured, "the back end knows whose it is");
    assert_eq!(store.enqueue(decided(11)).await.unwrap(), CaptureOutcome::Captured, "it was seen");
}

pub(super) async fn q5_what_another_store_did_shows_on_every_document_of_that_number(store: &Store) {
    let order = captured(store, capture_order("A")).await.reference;
    confirm(store, accepted("4711"), later(1)).await;
    let mut elsewhere = operation(&capture_order("A").document, TransferOperation::CancelOrder, Some("4711"));
    elsewhere.store = "other".into();
    store.enqueue(elsewhere).await.unwrap();
    let cancelled =
        Accepted { number: number(), status: BusinessStatus::Cancelled, raw_status: Some("CAN".into()), amendments: vec![] };
    confirm(store, Taken::Order(cancelled), later(2)).await;
    let shown = store.document(&order).await.unwrap().unwrap();
    assert_eq!((shown.order_status(), shown.updated_at), (Some(BusinessStatus::Cancelled), later(2)));
}

pub(super) async fn h2_a_slow_reading_does_not_bring_back_what_was_true_before(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    confirm(store, accepted("4711"), later(1)).await;
    store.enqueue(operation(&order, TransferOperation::CancelOrder, Some("4711"))).await.unwrap();
    let cancelled =
        Accepted { number: number(), status: BusinessStatus::Cancelled, raw_status: Some("CAN".into()), amendments: vec![] };
    confirm(store, Taken::Order(cancelled), later(10)).await;
    let seen = |status: &str| Observed { status: status.into(), raw_status: None, revision: None };
    assert!(!store.observe(&order.reference, seen("open"), later(9)).await.unwrap(), "it was asked before");
    let shown = async || store.document(&order.reference).await.unwrap().unwrap().order_status();
    assert_eq!(shown().await, Some(BusinessStatus::Cancelled));
    assert!(store.observe(&order.reference, seen("open"), later(11)).await.unwrap(), "the back end has taken it back");
    let again = NewOperation { seen_since: Some(Timestamp::MIN), ..decline(12) };
    let again = NewOperation { operation: TransferOperation::CancelOrder, ..again };
    assert!(matches!(store.enqueue(again).await.unwrap(), CaptureOutcome::UnderWay { .. }), "nobody has read it since");
}

pub(super) async fn q5_what_is_parked_still_stands_in_the_way_and_what_was_answered_does_not(store: &Store) {
    let declined = decline(0);
    store.enqueue(declined.clone()).await.unwrap();
    park(store, later(1)).await;
    assert!(matches!(store.capture(accept()).await.unwrap(), CaptureOutcome::UnderWay { .. }));
    store.abandon(&declined.reference, deed()).await.unwrap();
    assert_eq!(pending(store, DocumentKind::Quote).await, None);
    captured(store, accept()).await;
    let claimed = claim_one(store, later(200)).await;
    begin(store, &claimed, later(200)).await;
    store.record_outcome(claimed.transfer.id, claimed.fence, outcome(&[TransferEvent::Refused], later(201))).await.unwrap();
    assert_eq!(store.enqueue(decline(202)).await.unwrap(), CaptureOutcome::Captured);
}
