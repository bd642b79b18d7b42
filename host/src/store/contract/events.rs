//! What the outside may know is in the log: each change once, in order, whoever makes it.

use super::*;
use crate::domain::{Evidence, Finding, FindingAction, FindingReason, OrderEdit};

const MANY: u32 = 10_000;

/// The whole log after a number, as a reader of it sees it.
async fn log_after(store: &Store, number: i64) -> Vec<DocumentEvent> {
    while store.number_events(MANY).await.unwrap() != Some(0) {}
    store.events_after(number, MANY).await.unwrap()
}

async fn types(store: &Store) -> Vec<String> {
    log_after(store, 0).await.iter().map(DocumentEvent::type_name).collect()
}

async fn observe(store: &Store, reference: &Reference, status: &str, revision: Option<&str>) -> bool {
    let observed = Observed { status: status.into(), raw_status: None, revision: revision.map(str::to_owned) };
    store.observe(reference, observed, later(9)).await.unwrap()
}

pub(super) async fn every_change_that_a_customer_may_know_of_is_in_the_log(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    confirm(store, accepted("N1"), later(1)).await;
    let refused = captured(store, capture_order("A")).await;
    let claimed = claim_one(store, later(2)).await;
    begin(store, &claimed, later(2)).await;
    store.record_outcome(claimed.transfer.id, claimed.fence, outcome(&[TransferEvent::Refused], later(2))).await.unwrap();
    captured(store, capture_order("A")).await;
    park(store, later(3)).await;
    let log = log_after(store, 0).await;
    let expected = [
        "order.captured",
        "order.confirmed",
        "order.status.open",
        "order.captured",
        "order.rejected",
        "order.captured",
        "order.parked",
    ];
    assert_eq!(log.iter().map(DocumentEvent::type_name).collect::<Vec<_>>(), expected);
    assert!(log.is_sorted_by(|one, next| one.number < next.number));
    let (captured, confirmed) = (&log[0], &log[1]);
    assert_eq!((captured.transfer, captured.status.as_deref(), captured.at), (TransferState::Queued, None, start()));
    assert_eq!((&captured.reference, &captured.account, &captured.store), (&order.reference, &account("A"), &"shop".into()));
    assert_eq!(
        (confirmed.transfer, confirmed.status.as_deref(), confirmed.at),
        (TransferState::Confirmed, Some("open"), later(1))
    );
    assert_eq!(confirmed.backend_number, Some("N1".into()));
    assert_eq!((log[4].reference.clone(), log[4].transfer), (refused.reference, TransferState::Rejected));
}

pub(super) async fn a_person_s_decision_is_in_the_log_with_the_number_that_it_gave(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    park(store, start()).await;
    store.resend(&order.reference, deed()).await.unwrap();
    park(store, later(200)).await;
    store.link(&order.reference, "N9".into(), false, deed()).await.unwrap();
    let abandoned = captured(store, capture_order("B")).await;
    park(store, later(300)).await;
    store.abandon(&abandoned.reference, deed()).await.unwrap();
    let expected = ["captured", "parked", "resent", "parked", "linked", "captured", "parked", "abandoned"];
    assert_eq!(types(store).await, expected.map(|cause| format!("order.{cause}")));
    let linked = store.last_event_of(&order.reference).await.unwrap().unwrap();
    assert_eq!((linked.cause, linked.backend_number), (Cause::Linked, Some("N9".into())));
}

pub(super) async fn a_hold_is_in_the_log_once_until_its_last_reason_is_gone(store: &Store) {
    let order = captured(store, capture_order("A")).await.reference;
    let hold = async |code: &str| store.hold(&order, code.into(), None, deed()).await.unwrap();
    hold("credit").await;
    hold("fraud").await;
    store.release_hold(&order, Some("credit".into()), deed()).await.unwrap();
    assert_eq!(types(store).await, ["order.captured", "order.held"]);
    store.release_hold(&order, Some("fraud".into()), deed()).await.unwrap();
    hold("fraud").await;
    // Given up, it is released to nobody.
    store.abandon(&order, deed()).await.unwrap();
    assert_eq!(types(store).await, ["order.captured", "order.held", "order.released", "order.held", "order.abandoned"]);
    let log = log_after(store, 0).await;
    assert_eq!((log[1].transfer, log[1].at, log[2].transfer), (TransferState::Queued, later(100), TransferState::Queued));
}

pub(super) async fn an_edit_is_in_the_log_and_what_else_changes_a_document_by_hand_is_not(store: &Store) {
    let order = captured(store, capture_order("A")).await.reference;
    let claimed = claim_one(store, start()).await;
    begin(store, &claimed, start()).await;
    let failure = Some(Failure::new(FailureCode::Unavailable, "no connection"));
    let parked = Outcome { failure, ..outcome(&[TransferEvent::NotDelivered, TransferEvent::GaveUp], start()) };
    store.record_outcome(claimed.transfer.id, claimed.fence, parked).await.unwrap();
    let edit = OrderEdit { purchase_order: Some("PO-2".into()), ..OrderEdit::default() };
    store.edit(&order, edit, deed()).await.unwrap();
    store.abandon(&order, deed()).await.unwrap();
    store.erase(Customer { store: "shop".into(), account: account("A") }, deed()).await.unwrap();
    assert_eq!(types(store).await, ["order.captured", "order.parked", "order.edited", "order.abandoned"]);
    let edited = &log_after(store, 0).await[2];
    assert_eq!((&edited.reference, edited.transfer, edited.at), (&order, TransferState::Parked, later(100)));
}

/// An order that the back end took with changes that a person must look at, and the number of what was found.
async fn amended(store: &Store, now: Timestamp) -> (Reference, i64) {
    let order = captured(store, capture_order("A")).await.reference;
    let claimed = claim_one(store, now).await;
    begin(store, &claimed, now).await;
    let evidence = Evidence { differences: vec![], numbers: vec!["N1".into()] };
    let finding = Some(Finding { reason: FindingReason::Amended, evidence });
    let taken = Outcome { taken: Some(accepted(order.as_str())), finding, ..outcome(&[TransferEvent::Taken], now) };
    store.record_outcome(claimed.transfer.id, claimed.fence, taken).await.unwrap();
    let found = FindingFilter { reference: Some(order.clone()), limit: 10, ..FindingFilter::default() };
    (order, store.findings(found).await.unwrap()[0].id)
}

pub(super) async fn whether_the_back_end_s_amendments_stand_is_in_the_log(store: &Store) {
    let (order, finding) = amended(store, start()).await;
    for (event, at) in [(TransferEvent::Refused, later(100)), (TransferEvent::Taken, later(200))] {
        store.settle_finding(finding, FindingAction::Cancel, Deed { at, ..deed() }).await.unwrap();
        let claimed = claim_one(store, at).await;
        begin(store, &claimed, at).await;
        store.record_outcome(claimed.transfer.id, claimed.fence, outcome(&[event], at)).await.unwrap();
    }
    let expected = [
        "order.captured",
        "order.confirmed",
        "order.status.open",
        "order.amendments.pending",
        "order.amendments.refused",
        "order.cancellation.captured",
        "order.cancellation.rejected",
        "order.amendments.pending",
        "order.amendments.refused",
        "order.cancellation.captured",
        "order.cancellation.confirmed",
    ];
    assert_eq!(types(store).await, expected);
    let log = log_after(store, 0).await;
    assert!(log.is_sorted_by_key(|event| event.at), "{log:#?}");
    assert!(log.iter().all(|event| event.reference == order));
    let (_, finding) = amended(store, later(300)).await;
    store.settle_finding(finding, FindingAction::Accept, Deed { at: later(400), ..deed() }).await.unwrap();
    let told = log_after(store, log[10].number).await;
    let last = told.last().unwrap();
    assert_eq!((last.type_name().as_str(), last.at), ("order.amendments.accepted", later(400)));
}

pub(super) async fn operations_on_a_document_are_told_apart_from_the_document_s_own_transfer(store: &Store) {
    let order = captured(store, capture_holding_order("A")).await;
    confirm(store, accepted("N1"), start()).await;
    store.enqueue(operation(&order, TransferOperation::CancelOrder, Some("N1"))).await.unwrap();
    let claimed = claim_one(store, later(5)).await;
    begin(store, &claimed, later(5)).await;
    store.record_outcome(claimed.transfer.id, claimed.fence, outcome(&[TransferEvent::Refused], later(5))).await.unwrap();
    store.enqueue(operation(&order, TransferOperation::CancelOrder, Some("N1"))).await.unwrap();
    let cancelled = Accepted { number: "N1".into(), status: BusinessStatus::Cancelled, raw_status: None, amendments: vec![] };
    confirm(store, Taken::Order(cancelled), later(6)).await;
    let expected = [
        "order.captured",
        "order.confirmed",
        "order.status.open",
        "order.cancellation.captured",
        "order.cancellation.rejected",
        "order.cancellation.captured",
        "order.status.cancelled",
        "order.cancellation.confirmed",
    ];
    assert_eq!(types(store).await, expected, "and the release of its stock is nobody's business");
    let refused = &log_after(store, 0).await[4];
    assert_eq!(refused.transfer, TransferState::Confirmed, "the order itself stands as it stood");
    assert!(!refused.is_final() && store.last_event_of(&order.reference).await.unwrap().unwrap().is_final());
}

pub(super) async fn what_the_back_end_says_is_in_the_log_once_and_as_often_as_it_changes(store: &Store) {
    let quote = captured(store, capture_quote("A")).await;
    assert!(observe(store, &quote.reference, "in-review", None).await, "before it is confirmed nothing of it is told");
    let received =
        QuoteReceived { number: "Q1".into(), revision: Some("1".into()), status: QuoteStatus::InReview, raw_status: None };
    confirm(store, Taken::Quote(received), start()).await;
    assert!(observe(store, &quote.reference, "offered", Some("1")).await);
    assert!(!observe(store, &quote.reference, "offered", Some("1")).await);
    assert!(observe(store, &quote.reference, "offered", Some("2")).await);
    let accept = Capture {
        operation: TransferOperation::AcceptQuote,
        instruction: operation(&quote, TransferOperation::AcceptQuote, Some("Q1")).instruction,
        ..capture_order("A")
    };
    captured(store, accept).await;
    confirm(store, accepted("N1"), later(10)).await;
    let log = log_after(store, 0).await;
    let expected = [
        "quote.captured",
        "quote.confirmed",
        "quote.status.in-review",
        "quote.status.offered",
        "quote.status.offered",
        "order.captured",
        "quote.status.ordered",
        "order.confirmed",
        "order.status.open",
    ];
    assert_eq!(log.iter().map(DocumentEvent::type_name).collect::<Vec<_>>(), expected);
    assert_eq!((log[3].revision.as_deref(), log[4].revision.as_deref()), (Some("1"), Some("2")));
}

pub(super) async fn a_command_that_is_refused_leaves_no_event(store: &Store) {
    captured(store, Capture { answer: Some(answer("k", 1)), ..capture_order("A") }).await;
    let again = Capture { answer: Some(answer("k", 2)), ..capture_order("A") };
    assert_eq!(store.capture(again).await.unwrap(), CaptureOutcome::KeyReused);
    let mut unknown_seal = capture_order("A");
    unknown_seal.document.seal = Some("nowhere".into());
    assert!(store.capture(unknown_seal).await.is_err());
    assert_eq!(types(store).await, ["order.captured"]);
}

pub(super) async fn the_log_is_read_from_any_number_on_and_for_one_document(store: &Store) {
    assert_eq!(store.event_log().await.unwrap().head, 0);
    let one = captured(store, capture_order("A")).await;
    park(store, start()).await;
    let other = captured(store, capture_order("B")).await;
    let log = log_after(store, 0).await;
    assert_eq!(log_after(store, log[0].number).await, log[1..]);
    assert_eq!(store.events_after(0, 2).await.unwrap(), log[..2]);
    let of = |reference: &Reference| log.iter().filter(|event| event.reference == *reference).cloned().collect::<Vec<_>>();
    assert_eq!(store.events_of(&one.reference, 0, MANY).await.unwrap(), of(&one.reference));
    assert_eq!(store.last_event_of(&other.reference).await.unwrap().as_ref(), of(&other.reference).last());
    assert_eq!(store.last_event_of(&Reference::new_order()).await.unwrap(), None);
    let kept = store.event_log().await.unwrap();
    assert_eq!((kept.head, kept.name.len()), (log.last().unwrap().number, 8));
}

pub(super) async fn the_log_ends_at_its_age_and_goes_on_with_higher_numbers(store: &Store) {
    captured(store, capture_order("A")).await;
    confirm(store, accepted("N1"), later(50)).await;
    let log = log_after(store, 0).await;
    assert_eq!(store.prune_events(later(50)).await.unwrap(), 1);
    assert_eq!(log_after(store, 0).await, log[1..]);
    assert_eq!(store.prune_events(later(51)).await.unwrap(), 2);
    let head = store.event_log().await.unwrap().head;
    assert_eq!(head, log[2].number, "an empty log knows how far it went");
    captured(store, capture_order("A")).await;
    assert!(log_after(store, 0).await[0].number > head);
}
