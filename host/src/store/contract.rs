//! What every store promises, as functions over a freshly opened one: a second implementation runs the same list.

use std::time::Duration;

use jiff::SignedDuration;

use jiff::Timestamp;

use super::fixtures::{
    TempStore, account, answer, capture_holding_order, capture_order, capture_quote, later, operation, seal, start,
};
use super::*;
use crate::domain::{
    Accepted, Amendment, BackendNumber, BusinessStatus, Failure, FailureCode, QuoteReceived, QuoteStatus, Reference,
    TransferEvent, TransferOperation, TransferState, WebhookName,
};

const LEASE: Duration = Duration::from_secs(60);

macro_rules! contract {
    ($($module:ident: $($name:ident),+ $(,)?;)+) => {
        mod on_sqlite {
            $($(
                #[tokio::test]
                async fn $name() {
                    let temp = super::TempStore::open().await;
                    super::$module::$name(&temp.store).await;
                }
            )+)+
        }

        mod on_postgres {
            $($(
                #[tokio::test]
                async fn $name() {
                    let temp = super::TempStore::on_postgres().await;
                    super::$module::$name(&temp.store).await;
                }
            )+)+
        }
    };
}

contract! {
    cases:
        t1_a_captured_order_reads_back_as_it_was_given,
        a2_the_same_key_and_body_give_the_first_answer_again,
        a2_the_same_key_with_another_body_captures_nothing,
        a2_keys_are_scoped_by_principal,
        a2_answers_are_kept_48_hours_and_then_pruned,
        a2_an_operation_is_replayed_too,
        c2_two_orders_never_come_from_one_seal,
        c2_an_unknown_seal_captures_nothing,
        c1_a_seal_can_be_replaced_and_deleted_until_it_is_used,
        t3_sending_with_an_expired_lease_comes_back_as_unknown,
            t5_a_stale_fence_can_neither_begin_nor_record,
        t5_an_outcome_is_recorded_once,
        t5_what_the_claimer_has_in_hand_is_not_claimed_again_however_late_its_clock_says_it_is,
        t6_only_the_oldest_of_an_account_is_claimed,
        t6_a_parked_or_backed_off_order_blocks_no_other_account,
        t6_a_parked_order_lets_the_next_of_its_account_go,
        t6_a_resent_order_waits_for_the_one_under_way,
        t7_a_transfer_is_not_claimed_before_it_is_due,
        transfers_of_a_paused_back_end_stay_in_their_order,
        t11_what_is_done_by_hand_needs_a_parked_transfer_and_is_audited,
        t4_a_resent_transfer_that_may_have_been_taken_comes_to_be_looked_up,
        an_illegal_move_is_refused_and_changes_nothing,
        a_confirmation_gives_the_document_number_status_and_amendments,
        an_accepted_quote_becomes_ordered_and_stays_so,
        a_cancellation_changes_the_status_of_its_order,
        the_timeline_shows_every_attempt_and_look_up,
        the_backlog_counts_what_is_open;
    documents:
        h1_documents_are_listed_newest_first_in_pages,
        h2_the_newest_list_is_remembered,
        h3_only_the_accounts_own_are_listed,
        documents_are_found_by_reference_however_many_are_asked_for,
        documents_are_found_by_number_within_store_adapter_and_kind,
        of_several_documents_with_one_number_the_oldest_comes_first,
        a_document_tells_how_far_the_transfer_got_that_carries_it,
        orders_are_open_until_their_transfers_are_settled;
    desk:
        t6_what_is_held_is_not_sent_by_whoever_had_claimed_it_and_lines_up_again_where_it_was,
        t6_one_that_is_held_behind_another_leaves_the_other_its_turn,
        t11_holds_are_listed_counted_and_refused_where_they_make_no_sense,
        t11_a_parked_order_is_edited_unless_the_back_end_may_have_it,
        t11_what_waits_to_be_tried_again_is_tried_at_once,
        t11_a_number_is_linked_to_one_order_of_ours,
        t11_what_is_not_in_turn_is_not_hurried;
    decisions:
        q5_nothing_else_is_asked_about_a_document_before_the_back_end_has_answered,
        q5_what_the_back_end_took_while_somebody_decided_stands_in_the_way,
        q5_what_another_store_did_shows_on_every_document_of_that_number,
        h2_a_slow_reading_does_not_bring_back_what_was_true_before,
        q5_what_is_parked_still_stands_in_the_way_and_what_was_answered_does_not;
    search:
        t11_an_order_is_found_by_whatever_the_customer_calls_it,
        t11_an_order_that_came_of_a_quote_is_found_by_the_quotes_number,
        t11_a_search_is_narrowed_by_everything_that_it_names,
        t11_pages_of_a_search_show_each_once,
        a3_an_erased_customers_purchase_order_finds_nothing;
    findings:
        t9_what_must_be_looked_at_is_committed_with_the_confirmation,
        t9_a_finding_is_settled_once,
        t9_a_cancellation_that_was_asked_for_settles_the_finding_or_opens_it_again,
        t10_a_settled_document_is_taken_once_an_interval_and_not_while_its_adapter_is_left_out,
        t10_an_order_that_another_store_cancelled_by_its_number_was_ended_through_us,
        t10_what_is_found_again_is_no_news_and_what_is_gone_closes_itself,
        t10_what_somebody_is_cancelling_already_is_not_cancelled_for_a_finding,
        t10_of_a_doubled_order_only_the_others_are_cancelled_under_references_of_their_own,
        t10_what_is_another_order_of_ours_is_neither_cancelled_nor_renumbered_for_a_finding;
    releases:
        c4_what_is_held_for_a_refused_order_is_released_where_it_is_held,
        c4_what_is_held_for_an_abandoned_order_is_released,
        c4_what_is_held_for_a_cancelled_order_is_released_once_it_is_cancelled,
        c4_what_is_held_for_an_order_that_another_store_cancelled_is_released_by_its_own,
        c4_where_nothing_is_held_or_an_operation_is_given_up_nothing_is_released,
        t6_a_release_lines_up_with_nobody;
    events:
        every_change_that_a_customer_may_know_of_is_in_the_log,
        a_person_s_decision_is_in_the_log_with_the_number_that_it_gave,
        a_hold_is_in_the_log_once_until_its_last_reason_is_gone,
        an_edit_is_in_the_log_and_what_else_changes_a_document_by_hand_is_not,
        whether_the_back_end_s_amendments_stand_is_in_the_log,
        operations_on_a_document_are_told_apart_from_the_document_s_own_transfer,
        what_the_back_end_says_is_in_the_log_once_and_as_often_as_it_changes,
        a_command_that_is_refused_leaves_no_event,
        the_log_is_read_from_any_number_on_and_for_one_document,
        the_log_ends_at_its_age_and_goes_on_with_higher_numbers;
    held:
        c4_an_abandoned_checkout_queues_the_release_of_what_it_holds_with_its_end,
        c4_stock_of_a_checkout_is_given_back_once_when_its_time_is_over,
        c4_what_an_order_uses_or_has_ended_by_itself_is_not_given_back,
        c3_a_checkout_that_changed_meanwhile_is_not_renewed;
    erasure:
        a3_an_erased_customer_leaves_what_was_ordered_and_no_name_address_or_text,
        a3_nobody_is_erased_whose_order_is_on_its_way_or_parked,
        a3_the_keys_of_an_erased_customer_stay_used,
        a3_other_customers_and_other_stores_are_left_alone,
        a3_a_checkout_that_nobody_ordered_goes_and_its_stock_is_given_back,
        a3_erasing_again_does_no_harm_and_erases_what_came_since;
    webhooks:
        t5_one_host_at_a_time_has_a_webhook_and_a_slow_one_cannot_write,
        an_event_is_noted_once_and_gone_once_it_is_delivered,
        within_a_document_the_oldest_goes_first_and_a_parked_one_holds_up_nothing,
        t7_a_receiver_that_is_away_is_left_alone_over_a_restart_until_it_takes_something,
        a_disabled_webhook_is_nobodys_until_a_person_enables_it,
        t11_what_is_parked_is_resent_or_discarded_by_hand_and_audited,
        what_is_noted_outlives_the_log,
        a_clock_that_was_set_back_keeps_no_event_waiting_for_it;
    uncacheable:
        f12_what_must_not_be_cached_is_kept_and_the_newest_of_each_stands,
        f12_what_has_ended_is_forgotten_when_no_message_of_that_time_is_believed_any_more;
}

async fn captured(store: &Store, capture: Capture) -> NewDocument {
    let document = capture.document.clone();
    assert_eq!(store.capture(capture).await.unwrap(), CaptureOutcome::Captured);
    document
}

async fn claim_one(store: &Store, now: Timestamp) -> Claimed {
    let mut claims = store.claim_due(now, 10, LEASE, &LeftOut::default()).await.unwrap();
    assert_eq!(claims.len(), 1);
    claims.pop().unwrap()
}

async fn begin(store: &Store, claimed: &Claimed, now: Timestamp) {
    store.begin_attempt(claimed.transfer.id, claimed.fence, now, LEASE, "digest".into()).await.unwrap();
}

fn outcome(events: &[TransferEvent], now: Timestamp) -> Outcome {
    Outcome {
        events: events.to_vec(),
        taken: None,
        finding: None,
        failure: None,
        due_at: now,
        counts: Counts::Counted,
        adapter_digest: Some("digest".into()),
        exchanges: vec![],
        started_at: now,
        ended_at: now,
    }
}

fn accepted(number: &str) -> Taken {
    Taken::Order(Accepted {
        number: number.into(),
        status: BusinessStatus::Open,
        raw_status: Some("A".into()),
        amendments: vec![],
    })
}

/// Brings the one due transfer through.
async fn confirm(store: &Store, taken: Taken, now: Timestamp) {
    let claimed = claim_one(store, now).await;
    begin(store, &claimed, now).await;
    let outcome = Outcome { taken: Some(taken), ..outcome(&[TransferEvent::Taken], now) };
    assert_eq!(store.record_outcome(claimed.transfer.id, claimed.fence, outcome).await.unwrap(), TransferState::Confirmed);
}

/// Sends the one due transfer in vain and parks it.
async fn park(store: &Store, now: Timestamp) {
    let claimed = claim_one(store, now).await;
    begin(store, &claimed, now).await;
    let events = [TransferEvent::NotDelivered, TransferEvent::GaveUp];
    let state = store.record_outcome(claimed.transfer.id, claimed.fence, outcome(&events, now)).await.unwrap();
    assert_eq!(state, TransferState::Parked);
}

fn deed() -> Deed {
    Deed { actor: "csr".into(), reason: "asked the customer".into(), adapter_digest: None, at: later(100) }
}

fn all(kind: DocumentKind) -> DocumentQuery {
    DocumentQuery {
        store: "shop".into(),
        account: account("A"),
        kind,
        statuses: vec![],
        from: None,
        until: None,
        not_listed_by: vec![],
        after: None,
        limit: 100,
    }
}

mod cases;
mod decisions;
mod desk;
mod documents;
mod erasure;
mod events;
mod findings;
mod held;
mod releases;
mod search;
mod uncacheable;
mod webhooks;
