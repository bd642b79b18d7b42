//! What must not be cached is remembered, the newest of each.

use super::*;
use crate::domain::Withheld;

fn item(sku: &str, location: Option<&str>, as_of: i64, until: Option<i64>) -> Withheld {
    let (adapter, location) = (Some("erp".into()), location.map(Into::into));
    Withheld { sku: sku.into(), adapter, store: None, location, as_of: later(as_of), until: until.map(later) }
}

async fn all(store: &Store) -> Vec<Withheld> {
    let mut all = store.withheld().await.unwrap();
    all.sort_by_key(|item| (item.sku.to_string(), item.location.as_ref().map(ToString::to_string)));
    all
}

pub async fn f12_what_must_not_be_cached_is_kept_and_the_newest_of_each_stands(store: &Store) {
    let before = store.withheld_changes().await.unwrap();
    let (anywhere, berlin) = (item("A", None, 10, None), item("A", Some("BER"), 10, Some(99)));
    let change = store.withhold(vec![anywhere.clone(), berlin.clone()]).await.unwrap();
    assert!(change > before && store.withheld_changes().await.unwrap() == change);
    assert_eq!(all(store).await, [anywhere.clone(), berlin.clone()]);
    store.withhold(vec![item("A", None, 9, Some(20))]).await.unwrap();
    assert_eq!(all(store).await, [anywhere.clone(), berlin.clone()], "what is older changes nothing");
    let ended = anywhere.ended(Some(later(11)), later(12));
    store.withhold(vec![ended.clone()]).await.unwrap();
    assert_eq!(all(store).await, [ended, berlin]);
}

pub async fn f12_what_has_ended_is_forgotten_when_no_message_of_that_time_is_believed_any_more(store: &Store) {
    let (ended, open) = (item("A", None, 10, Some(20)), item("B", None, 10, None));
    store.withhold(vec![ended.clone(), open.clone()]).await.unwrap();
    let end = later(20) + Withheld::REMEMBERED;
    store.prune(end).await.unwrap();
    assert_eq!(all(store).await, [ended, open.clone()]);
    store.prune(end + SignedDuration::from_secs(1)).await.unwrap();
    assert_eq!(all(store).await, [open]);
}
