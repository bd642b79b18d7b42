//! The promises, one function each.

use super::*;

pub(super) async fn t1_a_captured_order_reads_back_as_it_was_given(store: &Store) {
    let given = captured(store, capture_order("A")).await;
    let kept = store.document(&given.reference).await.unwrap().unwrap();
    assert_eq!(kept.payload, given.payload);
    assert_eq!((kept.transfer, kept.captured_at, kept.order_status()), (TransferState::Queued, start(), None));
    assert_eq!(store.document(&Reference::new_order()).await.unwrap(), None);
    let quote = captured(store, capture_quote("A")).await;
    assert_eq!(store.document(&quote.reference).await.unwrap().unwrap().quote_status(), Some(QuoteStatus::Requested));
}

pub(super) async fn a2_the_same_key_and_body_give_the_first_answer_again(store: &Store) {
    let first = Capture { answer: Some(answer("k", 1)), ..capture_order("A") };
    let again = Capture { answer: Some(Answer { body: "another answer".into(), ..answer("k", 1) }), ..capture_order("A") };
    let given = captured(store, first).await;
    let replayed = store.capture(again.clone()).await.unwrap();
    let expected = CaptureOutcome::Replayed { reference: given.reference, status: 202, body: "first answer to k".into() };
    assert_eq!(replayed, expected);
    assert_eq!(store.document(&again.document.reference).await.unwrap(), None);
    assert_eq!(store.answer("customer-1", "k").await.unwrap().unwrap().status, 202);
}

pub(super) async fn a2_the_same_key_with_another_body_captures_nothing(store: &Store) {
    captured(store, Capture { answer: Some(answer("k", 1)), ..capture_order("A") }).await;
    let other = Capture { answer: Some(answer("k", 2)), ..capture_order("A") };
    assert_eq!(store.capture(other).await.unwrap(), CaptureOutcome::KeyReused);
    assert_eq!(store.documents_of(all(DocumentKind::Order)).await.unwrap().len(), 1);
}

pub(super) async fn a2_keys_are_scoped_by_principal(store: &Store) {
    captured(store, Capture { answer: Some(answer("k", 1)), ..capture_order("A") }).await;
    let other = Answer { principal: "customer-2".into(), ..answer("k", 2) };
    captured(store, Capture { answer: Some(other), ..capture_order("B") }).await;
}

pub(super) async fn a2_answers_are_kept_48_hours_and_then_pruned(store: &Store) {
    captured(store, Capture { answer: Some(answer("k", 1)), ..capture_order("A") }).await;
    store.prune(start() + ANSWERS_KEPT).await.unwrap();
    assert!(store.answer("customer-1", "k").await.unwrap().is_some());
    assert_eq!(store.prune(start() + ANSWERS_KEPT + SignedDuration::from_secs(1)).await.unwrap(), 1);
    assert!(store.answer("customer-1", "k").await.unwrap().is_none());
}

pub(super) async fn a2_an_operation_is_replayed_too(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    let cancel = NewOperation { answer: Some(answer("k", 1)), ..operation(&order, TransferOperation::CancelOrder, None) };
    assert_eq!(store.enqueue(cancel.clone()).await.unwrap(), CaptureOutcome::Captured);
    assert!(matches!(store.enqueue(cancel).await.unwrap(), CaptureOutcome::Replayed { .. }));
    let operations: Vec<_> =
        store.transfers_of(&order.reference).await.unwrap().iter().map(|transfer| transfer.operation).collect();
    assert_eq!(operations, [TransferOperation::SubmitOrder, TransferOperation::CancelOrder]);
}

fn sealed(id: &str) -> Capture {
    let mut capture = capture_order("A");
    capture.document.seal = Some(id.into());
    capture
}

pub(super) async fn c2_two_orders_never_come_from_one_seal(store: &Store) {
    store.put_seal(seal("C1")).await.unwrap();
    let first = captured(store, sealed("C1")).await;
    let second = Capture { answer: Some(answer("k2", 2)), ..sealed("C1") };
    assert_eq!(store.capture(second).await.unwrap(), CaptureOutcome::SealUsed { reference: first.reference.clone() });
    assert!(store.answer("customer-1", "k2").await.unwrap().is_none());
    let kept = store.seal(&"C1".into()).await.unwrap().unwrap();
    assert_eq!((kept.seal, kept.used_by), (seal("C1"), Some(first.reference)));
}

pub(super) async fn c2_an_unknown_seal_captures_nothing(store: &Store) {
    let capture = sealed("C404");
    assert!(matches!(store.capture(capture.clone()).await, Err(StoreError::NotFound(_))));
    assert_eq!(store.document(&capture.document.reference).await.unwrap(), None);
}

pub(super) async fn c1_a_seal_can_be_replaced_and_deleted_until_it_is_used(store: &Store) {
    store.put_seal(seal("C1")).await.unwrap();
    let newer = crate::domain::Seal { expires_at: later(1_800), ..seal("C1") };
    store.put_seal(newer.clone()).await.unwrap();
    assert_eq!(store.seal(&"C1".into()).await.unwrap().unwrap().seal, newer);
    assert!(store.abandon_seal(&"C1".into(), start()).await.unwrap());
    assert!(!store.abandon_seal(&"C1".into(), start()).await.unwrap());
    store.put_seal(seal("C2")).await.unwrap();
    captured(store, sealed("C2")).await;
    assert!(!store.abandon_seal(&"C2".into(), start()).await.unwrap());
    assert!(matches!(store.put_seal(seal("C2")).await, Err(StoreError::Conflict(Conflict::Exists(_)))));
}

pub(super) async fn t3_sending_with_an_expired_lease_comes_back_as_unknown(store: &Store) {
    captured(store, capture_order("A")).await;
    let claimed = claim_one(store, start()).await;
    begin(store, &claimed, start()).await;
    assert!(store.claim_due(later(59), 10, LEASE, &LeftOut::default()).await.unwrap().is_empty());
    let taken_over = claim_one(store, later(60)).await;
    assert_eq!((taken_over.transfer.state, taken_over.transfer.unknown_since), (TransferState::Unknown, Some(later(60))));
    assert!(taken_over.fence > claimed.fence);
}

pub(super) async fn t5_a_stale_fence_can_neither_begin_nor_record(store: &Store) {
    captured(store, capture_order("A")).await;
    let slow = claim_one(store, start()).await;
    let next = claim_one(store, later(61)).await;
    let begun = store.begin_attempt(slow.transfer.id, slow.fence, later(62), LEASE, "digest".into()).await;
    assert!(matches!(begun, Err(StoreError::Conflict(Conflict::StaleFence))));
    begin(store, &next, later(62)).await;
    let late = Outcome { taken: Some(accepted("1")), ..outcome(&[TransferEvent::Taken], later(63)) };
    let recorded = store.record_outcome(slow.transfer.id, slow.fence, late).await;
    assert!(matches!(recorded, Err(StoreError::Conflict(Conflict::StaleFence))));
    let document = store.document(&slow.transfer.reference).await.unwrap().unwrap();
    assert_eq!((document.transfer, document.backend_number), (TransferState::Sending, None));
}

pub(super) async fn t5_an_outcome_is_recorded_once(store: &Store) {
    captured(store, capture_order("A")).await;
    let claimed = claim_one(store, start()).await;
    begin(store, &claimed, start()).await;
    let lost = outcome(&[TransferEvent::OutcomeLost], later(1));
    store.record_outcome(claimed.transfer.id, claimed.fence, lost).await.unwrap();
    let again = store.record_outcome(claimed.transfer.id, claimed.fence, outcome(&[TransferEvent::Found], later(2))).await;
    assert!(matches!(again, Err(StoreError::Conflict(Conflict::StaleFence))));
}

pub(super) async fn t6_only_the_oldest_of_an_account_is_claimed(store: &Store) {
    let first = captured(store, capture_order("A")).await;
    let second = captured(store, capture_order("A")).await;
    let other = captured(store, capture_order("B")).await;
    let claims = store.claim_due(start(), 10, LEASE, &LeftOut::default()).await.unwrap();
    let claimed: Vec<_> = claims.iter().map(|claimed| claimed.transfer.reference.clone()).collect();
    assert_eq!(claimed, [first.reference, other.reference]);
    begin(store, &claims[0], start()).await;
    store.record_outcome(claims[0].transfer.id, claims[0].fence, outcome(&[TransferEvent::Refused], start())).await.unwrap();
    assert_eq!(claim_one(store, start()).await.transfer.reference, second.reference);
}

pub(super) async fn t6_a_parked_or_backed_off_order_blocks_no_other_account(store: &Store) {
    captured(store, capture_order("A")).await;
    let claimed = claim_one(store, start()).await;
    begin(store, &claimed, start()).await;
    let wait = Outcome { due_at: later(3_600), ..outcome(&[TransferEvent::NotDelivered], start()) };
    store.record_outcome(claimed.transfer.id, claimed.fence, wait).await.unwrap();
    let behind = captured(store, capture_order("A")).await;
    let other = captured(store, capture_order("B")).await;
    assert_eq!(claim_one(store, later(1)).await.transfer.reference, other.reference);
    assert_eq!(store.document(&behind.reference).await.unwrap().unwrap().transfer, TransferState::Queued);
}

pub(super) async fn t6_a_parked_order_lets_the_next_of_its_account_go(store: &Store) {
    captured(store, capture_order("A")).await;
    park(store, start()).await;
    let next = captured(store, capture_order("A")).await;
    assert_eq!(claim_one(store, start()).await.transfer.reference, next.reference);
}

pub(super) async fn t6_a_resent_order_waits_for_the_one_under_way(store: &Store) {
    let stuck = captured(store, capture_order("A")).await;
    park(store, start()).await;
    captured(store, capture_order("A")).await;
    let under_way = claim_one(store, start()).await;
    store.resend(&stuck.reference, deed()).await.unwrap();
    assert!(store.claim_due(later(30), 10, LEASE, &LeftOut::default()).await.unwrap().is_empty());
    begin(store, &under_way, later(30)).await;
    store.record_outcome(under_way.transfer.id, under_way.fence, outcome(&[TransferEvent::Refused], later(31))).await.unwrap();
    assert_eq!(claim_one(store, later(100)).await.transfer.reference, stuck.reference);
}

pub(super) async fn t5_what_the_claimer_has_in_hand_is_not_claimed_again_however_late_its_clock_says_it_is(store: &Store) {
    captured(store, capture_order("A")).await;
    let behind = captured(store, capture_order("A")).await;
    let in_hand = claim_one(store, start()).await;
    let other = captured(store, Capture { at: later(3_600), ..capture_order("B") }).await;
    let left_out = LeftOut { in_hand: vec![in_hand.transfer.id], ..LeftOut::default() };
    assert_eq!(store.next_due(&left_out).await.unwrap(), Some(later(3_600)));
    let claims = store.claim_due(later(3_600), 10, LEASE, &left_out).await.unwrap();
    assert_eq!(claims.iter().map(|claimed| &claimed.transfer.reference).collect::<Vec<_>>(), [&other.reference]);
    begin(store, &in_hand, later(3_601)).await;
    let refused = outcome(&[TransferEvent::Refused], later(3_602));
    store.record_outcome(in_hand.transfer.id, in_hand.fence, refused).await.unwrap();
    assert_eq!(claim_one(store, later(3_602)).await.transfer.reference, behind.reference);
}

pub(super) async fn t7_a_transfer_is_not_claimed_before_it_is_due(store: &Store) {
    captured(store, capture_order("A")).await;
    assert_eq!(store.next_due(&LeftOut::default()).await.unwrap(), Some(start()));
    let claimed = claim_one(store, start()).await;
    begin(store, &claimed, start()).await;
    let wait = Outcome { due_at: later(30), ..outcome(&[TransferEvent::NotDelivered], start()) };
    store.record_outcome(claimed.transfer.id, claimed.fence, wait).await.unwrap();
    assert_eq!(store.next_due(&LeftOut::default()).await.unwrap(), Some(later(30)));
    assert!(store.claim_due(later(29), 10, LEASE, &LeftOut::default()).await.unwrap().is_empty());
    assert_eq!(claim_one(store, later(30)).await.transfer.attempts, 1);
}

pub(super) async fn transfers_of_a_paused_back_end_stay_in_their_order(store: &Store) {
    let orders = [captured(store, capture_order("A")).await.reference, captured(store, capture_order("B")).await.reference];
    let adapter = store.transfers_of(&orders[0]).await.unwrap().remove(0).adapter;
    let sending = LeftOut { sending: vec![adapter.clone()], ..LeftOut::default() };
    let looking_up = LeftOut { looking_up: vec![adapter], ..LeftOut::default() };
    assert!(store.claim_due(later(60), 10, LEASE, &sending).await.unwrap().is_empty());
    assert_eq!(store.next_due(&sending).await.unwrap(), None);
    assert_eq!(store.next_due(&looking_up).await.unwrap(), Some(start()));
    let claims = store.claim_due(start(), 10, LEASE, &looking_up).await.unwrap();
    assert_eq!(claims.iter().map(|claim| &claim.transfer.reference).collect::<Vec<_>>(), [&orders[0], &orders[1]]);
    begin(store, &claims[0], start()).await;
    // One that may have been taken waits for reads; the other only for its lease.
    let claims = store.claim_due(later(60), 10, LEASE, &looking_up).await.unwrap();
    assert_eq!(claims.iter().map(|claim| &claim.transfer.reference).collect::<Vec<_>>(), [&orders[1]]);
    assert_eq!(store.claim_due(later(60), 10, LEASE, &sending).await.unwrap().len(), 1);
}

pub(super) async fn t11_what_is_done_by_hand_needs_a_parked_transfer_and_is_audited(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    let early = store.abandon(&order.reference, deed()).await;
    assert!(matches!(early, Err(StoreError::Conflict(Conflict::NotParked { state: TransferState::Queued, .. }))));
    assert!(matches!(store.resend(&Reference::new_order(), deed()).await, Err(StoreError::NotFound(_))));
    park(store, start()).await;
    assert_eq!(store.waiting(DeskFilter::all(Waiting::Parked, 10)).await.unwrap().len(), 1);
    let resent = store.resend(&order.reference, deed()).await.unwrap();
    assert_eq!((resent.state, resent.spent), (TransferState::Queued, 0));
    park(store, later(100)).await;
    let linked = store.link(&order.reference, BackendNumber::from("4711"), false, deed()).await.unwrap();
    assert_eq!(linked.state, TransferState::Linked);
    assert_eq!(store.document(&order.reference).await.unwrap().unwrap().backend_number, Some("4711".into()));
    let audit = store.audit_of(&order.reference).await.unwrap();
    assert_eq!(audit.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["resend", "link"]);
    assert_eq!((audit[1].actor.as_str(), audit[1].detail.as_deref()), ("csr", Some("number 4711")));
}

pub(super) async fn t4_a_resent_transfer_that_may_have_been_taken_comes_to_be_looked_up(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    let claimed = claim_one(store, start()).await;
    begin(store, &claimed, start()).await;
    let lost = outcome(&[TransferEvent::OutcomeLost, TransferEvent::GaveUp], start());
    store.record_outcome(claimed.transfer.id, claimed.fence, lost).await.unwrap();
    let resent = store.resend(&order.reference, deed()).await.unwrap();
    assert_eq!((resent.state, resent.unknown_since), (TransferState::Unknown, Some(start())));
    let claimed = claim_one(store, later(100)).await.transfer;
    assert_eq!((claimed.state, claimed.is_resent_in_doubt()), (TransferState::Unknown, true));
}

pub(super) async fn an_illegal_move_is_refused_and_changes_nothing(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    let claimed = claim_one(store, start()).await;
    let skipped = outcome(&[TransferEvent::Taken], start());
    let refused = store.record_outcome(claimed.transfer.id, claimed.fence, skipped).await;
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::IllegalMove(_)))));
    assert_eq!(store.document(&order.reference).await.unwrap().unwrap().transfer, TransferState::Queued);
    assert_eq!(store.attempts_of(&order.reference).await.unwrap(), vec![]);
}

pub(super) async fn a_confirmation_gives_the_document_number_status_and_amendments(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    let amendment = Amendment { line: Some("1".into()), kind: "quantity".into(), from: None, to: None, message: None };
    let taken = Accepted {
        number: "4711".into(),
        status: BusinessStatus::InProcess,
        raw_status: None,
        amendments: vec![amendment.clone()],
    };
    confirm(store, Taken::Order(taken), start()).await;
    let (shop, demo) = ("shop".into(), "demo".into());
    let numbers = ["4711".into()];
    let found = store.documents_by_number(&shop, &demo, DocumentKind::Order, &numbers).await.unwrap().remove(0);
    assert_eq!((found.reference, found.transfer), (order.reference, TransferState::Confirmed));
    assert_eq!((found.status.as_deref(), found.amendments), (Some("in-process"), vec![amendment]));
    assert_eq!(store.documents_by_number(&shop, &demo, DocumentKind::Quote, &numbers).await.unwrap(), vec![]);
}

pub(super) async fn an_accepted_quote_becomes_ordered_and_stays_so(store: &Store) {
    let quote = captured(store, capture_quote("A")).await;
    let offered =
        QuoteReceived { number: "Q1".into(), revision: Some("2".into()), status: QuoteStatus::Offered, raw_status: None };
    confirm(store, Taken::Quote(offered), start()).await;
    let mut accept = capture_order("A");
    accept.operation = TransferOperation::AcceptQuote;
    accept.document.parent = Some(quote.reference.clone());
    accept.instruction = Instruction { number: Some("Q1".into()), revision: Some("2".into()), ..Instruction::default() };
    let mut elsewhere = accept.clone();
    elsewhere.document.reference = Reference::new_order();
    elsewhere.document.store = "another".into();
    elsewhere.answer = None;
    let order = captured(store, accept).await;
    let twice = store.capture(elsewhere).await.unwrap();
    assert_eq!(twice, CaptureOutcome::QuoteAccepted { reference: order.reference.clone() }, "not in another store either");
    confirm(store, accepted("4711"), later(1)).await;
    assert_eq!(store.document(&order.reference).await.unwrap().unwrap().backend_number, Some("4711".into()));
    let kept = store.document(&quote.reference).await.unwrap().unwrap();
    assert_eq!((kept.quote_status(), kept.revision.as_deref()), (Some(QuoteStatus::Ordered), Some("2")));
    let expired = Observed { status: "expired".into(), raw_status: None, revision: None };
    assert!(!store.observe(&quote.reference, expired, later(2)).await.unwrap());
}

pub(super) async fn a_cancellation_changes_the_status_of_its_order(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    store.enqueue(operation(&order, TransferOperation::CancelOrder, None)).await.unwrap();
    confirm(store, accepted("4711"), start()).await;
    let claimed = claim_one(store, later(1)).await;
    assert_eq!(claimed.document.as_ref().unwrap().backend_number, Some("4711".into()));
    begin(store, &claimed, later(1)).await;
    let cancelled =
        Accepted { number: "4711".into(), status: BusinessStatus::Cancelled, raw_status: Some("C".into()), amendments: vec![] };
    let outcome = Outcome { taken: Some(Taken::Order(cancelled)), ..outcome(&[TransferEvent::Taken], later(2)) };
    store.record_outcome(claimed.transfer.id, claimed.fence, outcome).await.unwrap();
    let kept = store.document(&order.reference).await.unwrap().unwrap();
    assert_eq!((kept.order_status(), kept.transfer), (Some(BusinessStatus::Cancelled), TransferState::Confirmed));
}

pub(super) async fn the_timeline_shows_every_attempt_and_look_up(store: &Store) {
    let order = captured(store, capture_order("A")).await;
    let sent = claim_one(store, start()).await;
    begin(store, &sent, start()).await;
    let failure = Failure::new(FailureCode::OutcomeUnknown, "no reply");
    let lost = Outcome { failure: Some(failure.clone()), ..outcome(&[TransferEvent::OutcomeLost], later(1)) };
    store.record_outcome(sent.transfer.id, sent.fence, lost).await.unwrap();
    let looked = claim_one(store, later(2)).await;
    let found = Outcome { taken: Some(accepted("1")), ..outcome(&[TransferEvent::Found], later(3)) };
    store.record_outcome(looked.transfer.id, looked.fence, found).await.unwrap();
    let timeline = store.attempts_of(&order.reference).await.unwrap();
    let kinds: Vec<_> = timeline.iter().map(|attempt| (attempt.number, attempt.kind, attempt.outcome)).collect();
    let expected =
        [(1, AttemptKind::Send, Some(TransferState::Unknown)), (2, AttemptKind::LookUp, Some(TransferState::Confirmed))];
    assert_eq!(kinds, expected);
    assert_eq!((timeline[0].ended_at, timeline[0].failure.as_ref()), (Some(later(1)), Some(&failure)));
    assert_eq!(timeline[0].adapter_digest.as_deref(), Some("digest"));
    let transfer = store.transfers_of(&order.reference).await.unwrap().remove(0);
    assert_eq!((transfer.attempts, transfer.lookups, transfer.last_failure), (1, 1, None));
}

pub(super) async fn the_backlog_counts_what_is_open(store: &Store) {
    captured(store, capture_order("A")).await;
    park(store, start()).await;
    captured(store, Capture { at: later(5), ..capture_order("B") }).await;
    captured(store, Capture { at: later(6), ..capture_order("C") }).await;
    let backlog = store.backlog().await.unwrap();
    let expected = [("captured", 0), ("held", 0), ("parked", 1), ("queued", 2), ("sending", 0), ("unknown", 0)];
    assert_eq!(backlog.by_state.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(backlog.oldest_waiting, Some(later(5)));
    store.probe().await.unwrap();
}
