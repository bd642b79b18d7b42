//! Stock that is held for a checkout which no order came of (rule C4).

use super::*;
use crate::domain::{CheckoutId, Hold, Reservation, Seal};

/// A checkout that ends at 900 s, whose stock is held by the adapter `stock` until 3,600 s and given back at 960 s.
fn holding(id: &str) -> Seal {
    let hold = Hold { adapter: "stock".into(), extended: false, release_at: later(960) };
    let reservation = Reservation { id: format!("RS-{id}"), expires_at: later(3_600) };
    Seal { reservation: Some(reservation), hold: Some(hold), ..seal(id) }
}

/// Releases under a checkout's id.
async fn releases(store: &Store, id: &str) -> Vec<Transfer> {
    store.transfers_of(&Reference::new(id)).await.unwrap()
}

pub(super) async fn c4_an_abandoned_checkout_queues_the_release_of_what_it_holds_with_its_end(store: &Store) {
    store.put_seal(holding("C1")).await.unwrap();
    assert!(store.abandon_seal(&"C1".into(), later(10)).await.unwrap());
    let released = releases(store, "C1").await;
    assert_eq!(released.len(), 1);
    assert_eq!((released[0].operation, released[0].state), (TransferOperation::ReleaseReservation, TransferState::Queued));
    assert_eq!((released[0].adapter.as_str(), &released[0].account), ("stock", &account("A")));
    assert_eq!(released[0].instruction.held.as_ref().unwrap().reservation.id, "RS-C1");
    assert!(!store.abandon_seal(&"C1".into(), later(11)).await.unwrap());
    assert_eq!(releases(store, "C1").await.len(), 1, "once");
}

pub(super) async fn c4_stock_of_a_checkout_is_given_back_once_when_its_time_is_over(store: &Store) {
    store.put_seal(holding("C1")).await.unwrap();
    store.put_seal(seal("C2")).await.unwrap();
    assert_eq!(store.release_expired(later(959), 10).await.unwrap(), 0);
    assert_eq!(store.release_expired(later(960), 10).await.unwrap(), 1);
    assert_eq!(store.release_expired(later(961), 10).await.unwrap(), 0);
    assert_eq!((releases(store, "C1").await.len(), releases(store, "C2").await.len()), (1, 0));
    let kept = store.seal(&"C1".into()).await.unwrap().unwrap().seal;
    assert_eq!((kept.reservation, kept.hold), (None, None));
    assert_eq!(kept.expires_at, later(900), "it can still be ordered, after a new check");
}

pub(super) async fn c4_what_an_order_uses_or_has_ended_by_itself_is_not_given_back(store: &Store) {
    store.put_seal(holding("C1")).await.unwrap();
    let mut order = capture_order("A");
    order.document.seal = Some(CheckoutId::new("C1"));
    captured(store, order).await;
    assert!(!store.abandon_seal(&"C1".into(), later(10)).await.unwrap());
    assert_eq!(store.release_expired(later(2_000), 10).await.unwrap(), 0);
    assert_eq!(releases(store, "C1").await, vec![]);
    store.put_seal(holding("C2")).await.unwrap();
    assert_eq!(store.release_expired(later(3_600), 10).await.unwrap(), 1, "the hold is over");
    assert_eq!(releases(store, "C2").await, vec![], "and there is nothing to release");
}

pub(super) async fn c3_a_checkout_that_changed_meanwhile_is_not_renewed(store: &Store) {
    let before = holding("C1");
    let renewed = Seal { expires_at: later(1_900), ..before.clone() };
    assert!(!store.renew_seal(&before, renewed.clone()).await.unwrap(), "there is none");
    store.put_seal(before.clone()).await.unwrap();
    assert!(store.renew_seal(&before, renewed.clone()).await.unwrap());
    assert!(!store.renew_seal(&before, renewed.clone()).await.unwrap(), "another request was faster");
    store.release_expired(later(960), 10).await.unwrap();
    let again = Seal { expires_at: later(2_900), ..renewed.clone() };
    assert!(!store.renew_seal(&renewed, again.clone()).await.unwrap(), "its stock was given back");
    let kept = store.seal(&"C1".into()).await.unwrap().unwrap().seal;
    assert!(store.renew_seal(&kept, again).await.unwrap());
}
