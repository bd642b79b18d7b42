//! Webhooks: one host at a time, each event once, in order within a document, and a person's word at the end.

use super::*;

fn shop() -> WebhookName {
    "shop".into()
}

fn new(event: i64, reference: &str) -> NewDelivery {
    NewDelivery {
        event,
        reference: reference.into(),
        event_type: "order.captured".into(),
        id: format!("log-{event}"),
        body: format!("body {event}"),
    }
}

async fn lease(store: &Store, now: Timestamp) -> Option<WebhookLease> {
    store.lease_webhook(&shop(), now, LEASE).await.unwrap()
}

/// A known webhook with these events noted for it, under a lease.
async fn noted(store: &Store, events: &[(i64, &str)]) -> Fence {
    store.know_webhook(&shop()).await.unwrap();
    let fence = lease(store, start()).await.unwrap().fence;
    let new = events.iter().map(|(event, reference)| new(*event, reference)).collect();
    store.fan_out(&shop(), fence, 100, new, start()).await.unwrap();
    fence
}

async fn due(store: &Store, now: Timestamp) -> Vec<i64> {
    store.due_deliveries(&shop(), now, 10).await.unwrap().iter().map(|delivery| delivery.event).collect()
}

async fn record(store: &Store, fence: Fence, event: i64, delivered: Delivered) {
    store.record_delivery(&shop(), fence, event, delivered, later(1)).await.unwrap();
}

fn is_stale<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict(Conflict::StaleFence)))
}

pub(super) async fn t5_one_host_at_a_time_has_a_webhook_and_a_slow_one_cannot_write(store: &Store) {
    assert_eq!(lease(store, start()).await, None, "it is not known");
    captured(store, capture_order("A")).await;
    while store.number_events(10).await.unwrap() != Some(0) {}
    store.know_webhook(&shop()).await.unwrap();
    store.know_webhook(&shop()).await.unwrap();
    let first = lease(store, start()).await.unwrap();
    assert_eq!((first.cursor, first.failures, first.rests_until), (1, 0, None), "what was before is not for it");
    assert_eq!(lease(store, later(59)).await, None);
    let renewed = store.renew_webhook(&shop(), first.fence, later(30), LEASE).await.unwrap();
    assert_eq!((renewed, lease(store, later(89)).await), (first.clone(), None));
    let second = lease(store, later(90)).await.unwrap();
    assert!(is_stale(store.renew_webhook(&shop(), first.fence, later(91), LEASE).await));
    assert!(is_stale(store.fan_out(&shop(), first.fence, 5, vec![new(2, "O1")], later(91)).await));
    assert!(is_stale(store.record_delivery(&shop(), first.fence, 2, Delivered::Taken, later(91)).await));
    store.release_webhook(&shop(), first.fence).await.unwrap();
    assert_eq!(lease(store, later(92)).await, None, "only who has it lets it go");
    store.release_webhook(&shop(), second.fence).await.unwrap();
    assert!(lease(store, later(92)).await.is_some());
}

pub(super) async fn an_event_is_noted_once_and_gone_once_it_is_delivered(store: &Store) {
    let fence = noted(store, &[(1, "O1"), (2, "O2")]).await;
    store.fan_out(&shop(), fence, 100, vec![new(2, "O2")], start()).await.unwrap();
    assert_eq!(store.renew_webhook(&shop(), fence, start(), LEASE).await.unwrap().cursor, 100);
    let waiting = store.due_deliveries(&shop(), start(), 10).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].id.as_str(), waiting[0].body.as_str()), (2, "log-1", "body 1"));
    record(store, fence, 1, Delivered::Taken).await;
    assert_eq!(due(store, later(1)).await, [2]);
    let standing = store.webhook(&shop()).await.unwrap().unwrap();
    assert_eq!((standing.waiting, standing.oldest_waiting, standing.delivered_at), (1, Some(start()), Some(later(1))));
    assert_eq!(store.webhooks().await.unwrap(), [standing]);
}

pub(super) async fn within_a_document_the_oldest_goes_first_and_a_parked_one_holds_up_nothing(store: &Store) {
    let fence = noted(store, &[(1, "O1"), (2, "O1"), (3, "O2"), (4, "O1")]).await;
    assert_eq!(due(store, start()).await, [1, 3]);
    let again = |secs| Delivered::Again { due_at: later(secs), failure: "answered 500".into() };
    record(store, fence, 1, again(60)).await;
    assert_eq!(due(store, later(59)).await, [3], "the next of its document waits with it");
    assert_eq!(store.next_delivery(&shop()).await.unwrap(), Some(start()), "that of the other document");
    record(store, fence, 3, Delivered::Taken).await;
    assert_eq!(store.next_delivery(&shop()).await.unwrap(), Some(later(60)));
    assert_eq!(due(store, later(60)).await, [1]);
    record(store, fence, 1, Delivered::Parked { rests_until: None, failure: "answered 500".into() }).await;
    assert_eq!(due(store, later(60)).await, [2]);
    let all = store.deliveries(&shop(), 10).await.unwrap();
    assert_eq!(all.iter().map(|delivery| delivery.event).collect::<Vec<_>>(), [1, 2, 4]);
    assert_eq!((all[0].attempts, all[0].spent, all[0].parked_at), (2, 2, Some(later(1))));
    assert_eq!(all[0].last_failure.as_deref(), Some("answered 500"));
}

pub(super) async fn t7_a_receiver_that_is_away_is_left_alone_over_a_restart_until_it_takes_something(store: &Store) {
    let fence = noted(store, &[(1, "O1"), (2, "O2")]).await;
    let away = |counts| Delivered::Unreached { until: later(30), counts, failure: "no connection".into() };
    record(store, fence, 1, away(false)).await;
    record(store, fence, 2, away(true)).await;
    let next = lease(store, later(60)).await.unwrap();
    assert_eq!((next.failures, next.rests_until), (2, Some(later(30))));
    let spent: Vec<_> = store.deliveries(&shop(), 10).await.unwrap().iter().map(|one| (one.attempts, one.spent)).collect();
    assert_eq!(spent, [(1, 0), (1, 1)]);
    let given_up = Delivered::Parked { rests_until: Some(later(90)), failure: "no connection".into() };
    record(store, next.fence, 2, given_up).await;
    let renewed = store.renew_webhook(&shop(), next.fence, later(61), LEASE).await.unwrap();
    assert_eq!((renewed.failures, renewed.rests_until), (3, Some(later(90))), "nor does it get the next event at once");
    record(store, next.fence, 1, Delivered::Taken).await;
    let renewed = store.renew_webhook(&shop(), next.fence, later(61), LEASE).await.unwrap();
    assert_eq!((renewed.failures, renewed.rests_until), (0, None));
}

pub(super) async fn a_disabled_webhook_is_nobodys_until_a_person_enables_it(store: &Store) {
    let fence = noted(store, &[(1, "O1")]).await;
    record(store, fence, 1, Delivered::Disabled { failure: "answered 410".into() }).await;
    assert_eq!(lease(store, later(1_000)).await, None);
    let standing = store.webhook(&shop()).await.unwrap().unwrap();
    assert_eq!((standing.disabled, standing.waiting), (Some((later(1), "answered 410".into())), 1));
    assert_eq!(store.decide_webhook(&shop(), WebhookDeed::Enable, deed()).await.unwrap(), 1);
    assert!(store.decide_webhook(&shop(), WebhookDeed::Enable, deed()).await.is_err());
    assert!(lease(store, later(1_000)).await.is_some());
    store.decide_webhook(&shop(), WebhookDeed::Disable, deed()).await.unwrap();
    assert!(store.decide_webhook(&shop(), WebhookDeed::Disable, deed()).await.is_err());
    assert_eq!(lease(store, later(2_000)).await, None);
    let audit = store.audit_of(&"webhooks/shop".into()).await.unwrap();
    assert_eq!(audit.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["enable", "disable"]);
}

pub(super) async fn t11_what_is_parked_is_resent_or_discarded_by_hand_and_audited(store: &Store) {
    let fence = noted(store, &[(1, "O1"), (2, "O2"), (3, "O3")]).await;
    for event in 1..=3 {
        record(store, fence, event, Delivered::Parked { rests_until: None, failure: "answered 500".into() }).await;
    }
    assert_eq!(store.decide_webhook(&shop(), WebhookDeed::Resend(Some(1)), deed()).await.unwrap(), 1);
    let again = store.due_deliveries(&shop(), deed().at, 10).await.unwrap().remove(0);
    assert_eq!((again.event, again.attempts, again.spent, again.created_at), (1, 1, 0, deed().at));
    let twice = store.decide_webhook(&shop(), WebhookDeed::Resend(Some(1)), deed()).await;
    assert!(matches!(twice, Err(StoreError::NotFound(_))), "it is not parked any more: {twice:?}");
    assert_eq!(store.decide_webhook(&shop(), WebhookDeed::Discard(Some(2)), deed()).await.unwrap(), 1);
    assert_eq!(store.decide_webhook(&shop(), WebhookDeed::Discard(None), deed()).await.unwrap(), 1);
    assert_eq!(store.deliveries(&shop(), 10).await.unwrap().len(), 1);
    let audit = store.audit_of(&"webhooks/shop".into()).await.unwrap();
    let told: Vec<_> = audit.iter().map(|entry| (entry.action.as_str(), entry.detail.as_deref().unwrap())).collect();
    assert_eq!(told, [("resend", "event 1"), ("discard", "event 2"), ("discard", "1 deliveries")]);
}

pub(super) async fn what_is_noted_outlives_the_log(store: &Store) {
    captured(store, capture_order("A")).await;
    noted(store, &[(1, "O1")]).await;
    while store.number_events(10).await.unwrap() != Some(0) {}
    assert_eq!(store.prune_events(later(1)).await.unwrap(), 1);
    assert_eq!(due(store, start()).await, [1]);
}

pub(super) async fn a_clock_that_was_set_back_keeps_no_event_waiting_for_it(store: &Store) {
    let fence = noted(store, &[(1, "O1")]).await;
    let far = later(1_000_000);
    record(store, fence, 1, Delivered::Unreached { until: far, counts: false, failure: "no connection".into() }).await;
    store.renew_webhook(&shop(), fence, far, LEASE).await.unwrap();
    store.put_right(Jump { was: far, now: later(10) }, LEASE).await.unwrap();
    assert_eq!(due(store, later(10)).await, [1]);
    assert_eq!(lease(store, later(10)).await.unwrap().rests_until, Some(later(10)), "it is over");
}
