//! What people must look at, kept once and settled once (rules T9, T10).

use super::*;
use crate::domain::{Evidence, Finding, FindingAction, FindingReason, FindingState};

fn finding(reason: FindingReason, to: &str) -> Finding {
    let change =
        Amendment { line: Some("1".into()), kind: "quantity".into(), from: Some("5".into()), to: Some(to.into()), message: None };
    Finding { reason, evidence: Evidence { differences: vec![change], numbers: vec!["4711".into()] } }
}

async fn of(store: &Store, state: FindingState) -> Vec<StoredFinding> {
    store.findings(FindingFilter { states: vec![state], limit: 10, ..FindingFilter::default() }).await.unwrap()
}

/// An order that was confirmed at `start()`, with something to look at.
async fn amended(store: &Store) -> Reference {
    let order = captured(store, capture_order("A")).await;
    let claimed = claim_one(store, start()).await;
    begin(store, &claimed, start()).await;
    let finding = Some(finding(FindingReason::Amended, "4"));
    let taken = Outcome { taken: Some(accepted("4711")), finding, ..outcome(&[TransferEvent::Taken], start()) };
    store.record_outcome(claimed.transfer.id, claimed.fence, taken).await.unwrap();
    order.reference
}

/// Takes the one document that is due, and keeps what was found.
async fn compare(store: &Store, found: Vec<Finding>, now: Timestamp) -> Vec<FindingReason> {
    let due = store.take_to_compare(now, LEASE, &[], 10).await.unwrap();
    assert_eq!(due.len(), 1);
    store.keep_compared(&due[0].document, found, Some(now), now).await.unwrap()
}

pub(super) async fn t9_what_must_be_looked_at_is_committed_with_the_confirmation(store: &Store) {
    let order = amended(store).await;
    let open = of(store, FindingState::Open).await;
    assert_eq!((open.len(), &open[0].reference, open[0].found_at), (1, &order, start()));
    assert_eq!(open[0].finding, finding(FindingReason::Amended, "4"));
    assert_eq!(store.document(&order).await.unwrap().unwrap().review, Some(FindingState::Open));
    assert_eq!(store.backlog().await.unwrap().findings.get("amended"), Some(&1));
    let audit = store.audit_of(&order).await.unwrap();
    assert_eq!((audit[0].actor.as_str(), audit[0].action.as_str()), ("ordergate", "finding"));
}

pub(super) async fn t9_a_finding_is_settled_once(store: &Store) {
    let order = amended(store).await;
    let id = of(store, FindingState::Open).await[0].id;
    let settled = store.settle_finding(id, FindingAction::Accept, deed()).await.unwrap();
    assert_eq!((settled.state, settled.closed_at), (FindingState::Accepted, Some(later(100))));
    let again = store.settle_finding(id, FindingAction::Cancel, deed()).await;
    assert!(matches!(again, Err(StoreError::Conflict(Conflict::FindingNotOpen { .. }))), "{again:?}");
    assert!(matches!(store.settle_finding(id + 1, FindingAction::Accept, deed()).await, Err(StoreError::NotFound(_))));
    assert_eq!(store.document(&order).await.unwrap().unwrap().review, Some(FindingState::Accepted));
    assert_eq!(store.audit_of(&order).await.unwrap().last().unwrap().action, "accept finding");
}

pub(super) async fn t9_a_cancellation_that_was_asked_for_settles_the_finding_or_opens_it_again(store: &Store) {
    let order = amended(store).await;
    let id = of(store, FindingState::Open).await[0].id;
    for (event, expected) in [(TransferEvent::Refused, FindingState::Open), (TransferEvent::Taken, FindingState::Cancelled)] {
        store.settle_finding(id, FindingAction::Cancel, deed()).await.unwrap();
        let claimed = claim_one(store, later(100)).await;
        assert_eq!((claimed.transfer.operation, &claimed.transfer.reference), (TransferOperation::CancelOrder, &order));
        assert_eq!(claimed.transfer.instruction.number, Some("4711".into()));
        begin(store, &claimed, later(100)).await;
        store.record_outcome(claimed.transfer.id, claimed.fence, outcome(&[event], later(101))).await.unwrap();
        assert_eq!(store.finding(id).await.unwrap().unwrap().state, expected);
    }
}

pub(super) async fn t10_a_settled_document_is_taken_once_an_interval_and_not_while_its_adapter_is_left_out(store: &Store) {
    captured(store, capture_order("A")).await;
    assert!(store.take_to_compare(later(1_000), LEASE, &[], 10).await.unwrap().is_empty(), "it is not settled yet");
    confirm(store, accepted("4711"), start()).await;
    assert!(store.take_to_compare(later(59), LEASE, &[], 10).await.unwrap().is_empty());
    assert!(store.take_to_compare(later(60), LEASE, &["demo".into()], 10).await.unwrap().is_empty());
    let due = store.take_to_compare(later(60), LEASE, &[], 10).await.unwrap();
    assert_eq!((due.len(), due[0].settled_at, due[0].was_ended_through_us), (1, start(), false));
    assert!(store.take_to_compare(later(119), LEASE, &[], 10).await.unwrap().is_empty(), "another host has it");
    let due = store.take_to_compare(later(120), LEASE, &[], 10).await.unwrap();
    store.keep_compared(&due[0].document, vec![], None, later(120)).await.unwrap();
    assert!(store.take_to_compare(later(1_000_000), LEASE, &[], 10).await.unwrap().is_empty(), "never again");
}

pub(super) async fn t10_an_order_that_another_store_cancelled_by_its_number_was_ended_through_us(store: &Store) {
    captured(store, capture_order("A")).await;
    confirm(store, accepted("4711"), start()).await;
    let mut elsewhere = capture_order("A").document;
    elsewhere.store = "other".into();
    for (number, adapter) in [("4712", "demo"), ("4711", "old")] {
        elsewhere.adapter = adapter.into();
        store.enqueue(operation(&elsewhere, TransferOperation::CancelOrder, Some(number))).await.unwrap();
        elsewhere.reference = Reference::new_order();
    }
    let was_ended = async |at| store.take_to_compare(at, LEASE, &[], 10).await.unwrap()[0].was_ended_through_us;
    assert!(!was_ended(later(60)).await, "another number, another back end");
    (elsewhere.adapter, elsewhere.store) = ("demo".into(), "third".into());
    store.enqueue(operation(&elsewhere, TransferOperation::CancelOrder, Some("4711"))).await.unwrap();
    assert!(was_ended(later(120)).await);
    let due = store.claim_due(later(121), 10, LEASE, &LeftOut::default()).await.unwrap();
    let refused = due.iter().find(|claimed| claimed.transfer.reference == elsewhere.reference).unwrap();
    begin(store, refused, later(121)).await;
    let outcome = outcome(&[TransferEvent::Refused], later(122));
    store.record_outcome(refused.transfer.id, refused.fence, outcome).await.unwrap();
    assert!(!was_ended(later(180)).await, "it was asked for in vain");
}

pub(super) async fn t10_what_is_found_again_is_no_news_and_what_is_gone_closes_itself(store: &Store) {
    captured(store, capture_order("A")).await;
    confirm(store, accepted("4711"), start()).await;
    let differs = || finding(FindingReason::Differs, "4");
    assert_eq!(compare(store, vec![differs()], later(60)).await, [FindingReason::Differs]);
    assert_eq!(compare(store, vec![differs()], later(120)).await, []);
    let open = of(store, FindingState::Open).await;
    assert_eq!((open.len(), open[0].found_at, open[0].seen_at), (1, later(60), later(120)));
    assert_eq!(compare(store, vec![finding(FindingReason::Differs, "3")], later(180)).await, [FindingReason::Differs]);
    assert_eq!(of(store, FindingState::Gone).await[0].finding, differs());
    assert_eq!(compare(store, vec![differs()], later(240)).await, [FindingReason::Differs], "it is back");
    let id = of(store, FindingState::Open).await[0].id;
    store.settle_finding(id, FindingAction::Accept, deed()).await.unwrap();
    assert_eq!(compare(store, vec![differs()], later(300)).await, [], "a person has agreed to it");
    assert!(of(store, FindingState::Open).await.is_empty());
}

pub(super) async fn t10_what_somebody_is_cancelling_already_is_not_cancelled_for_a_finding(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    confirm(store, accepted("4711"), start()).await;
    compare(store, vec![finding(FindingReason::Differs, "4")], later(60)).await;
    let id = of(store, FindingState::Open).await[0].id;
    let numbers = of(store, FindingState::Open).await[0].finding.evidence.numbers.clone();
    let number = numbers.first().unwrap();
    store.enqueue(operation(&order, TransferOperation::CancelOrder, Some(number.as_str()))).await.unwrap();
    let refused = store.settle_finding(id, FindingAction::Cancel, deed()).await;
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::CancelledByAnother { .. }))), "{refused:?}");
    assert_eq!(of(store, FindingState::Open).await.len(), 1, "it is open still");
    store.settle_finding(id, FindingAction::Accept, deed()).await.unwrap();
}

pub(super) async fn t10_of_a_doubled_order_only_the_others_are_cancelled_under_references_of_their_own(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    confirm(store, accepted("1"), start()).await;
    let evidence = Evidence { differences: vec![], numbers: vec!["1".into(), "2".into()] };
    compare(store, vec![Finding { reason: FindingReason::Doubled, evidence }], later(60)).await;
    let id = of(store, FindingState::Open).await[0].id;
    store.settle_finding(id, FindingAction::Cancel, deed()).await.unwrap();
    let claimed = claim_one(store, later(100)).await;
    assert_ne!(claimed.transfer.reference, order.reference);
    assert_eq!((claimed.transfer.instruction.number.clone(), claimed.transfer.instruction.finding), (Some("2".into()), Some(id)));
    begin(store, &claimed, later(100)).await;
    store.record_outcome(claimed.transfer.id, claimed.fence, outcome(&[TransferEvent::Taken], later(101))).await.unwrap();
    assert_eq!(store.finding(id).await.unwrap().unwrap().state, FindingState::Cancelled);
}

pub(super) async fn t10_what_is_another_order_of_ours_is_neither_cancelled_nor_renumbered_for_a_finding(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    confirm(store, accepted("1"), start()).await;
    captured(store, capture_order("B")).await;
    confirm(store, accepted("2"), start()).await;
    let document = store.document(&order.reference).await.unwrap().unwrap();
    let raise = async |reason, differences, numbers: &[&str], at| {
        let numbers = numbers.iter().map(|number| (*number).into()).collect();
        let finding = Finding { reason, evidence: Evidence { differences, numbers } };
        store.keep_compared(&document, vec![finding], None, at).await.unwrap();
        of(store, FindingState::Open).await.pop().unwrap().id
    };
    let doubled = raise(FindingReason::Doubled, vec![], &["1", "2"], later(60)).await;
    let refused = store.settle_finding(doubled, FindingAction::Cancel, deed()).await;
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::NumberTaken { .. }))), "{refused:?}");
    let renumbered = Amendment { line: None, kind: "number".into(), from: None, to: Some("2".into()), message: None };
    let differs = raise(FindingReason::Differs, vec![renumbered], &["2"], later(120)).await;
    let refused = store.settle_finding(differs, FindingAction::Accept, deed()).await;
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::NumberTaken { .. }))), "{refused:?}");
    assert_eq!(store.document(&order.reference).await.unwrap().unwrap().backend_number, Some("1".into()));
    assert!(store.claim_due(later(200), 10, LEASE, &LeftOut::default()).await.unwrap().is_empty(), "nothing is sent");
}
