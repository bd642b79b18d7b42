//! Lost connections, a server that goes down, locks that are not let go of.

use futures::FutureExt;
use scratch_postgres::Server;
use tokio::sync::oneshot;

use super::proxy::{Cut, Proxy};
use super::*;
use crate::domain::AdapterName;
use crate::store::lock::{Lock, lock};
use crate::store::sql::query;

async fn shared() -> &'static Server {
    tokio::task::spawn_blocking(Server::shared).await.unwrap()
}

async fn own() -> Server {
    tokio::task::spawn_blocking(Server::start).await.unwrap()
}

/// A store behind a proxy, which gives up soon.
async fn behind_a_proxy() -> (Proxy, Store) {
    let server = shared().await;
    let proxy = Proxy::before(server).await;
    let config = on_server(&proxy.url(&server.create_database()));
    let store = Store::open(&DatabaseConfig { acquire_timeout_ms: 1_000, ..config }).await.unwrap();
    (proxy, store)
}

#[tokio::test]
async fn t1_a_commit_whose_answer_is_lost_is_looked_up_and_acknowledged() {
    let (proxy, store) = behind_a_proxy().await;
    let capture = with_key("k");
    proxy.cut_the_next(Cut::BeforeTheAnswer);
    assert_eq!(store.capture(capture.clone()).await.unwrap(), CaptureOutcome::Captured);
    assert!(is_captured(&store, &capture.document.reference).await);
    assert!(matches!(store.capture(with_key("k")).await.unwrap(), CaptureOutcome::Replayed { .. }));
}

#[tokio::test]
async fn t1_a_commit_that_got_lost_stays_in_doubt_and_the_same_key_captures_once() {
    let (proxy, store) = behind_a_proxy().await;
    let capture = with_key("k");
    proxy.cut_the_next(Cut::BeforeTheServer);
    let lost = store.capture(capture.clone()).await;
    assert!(matches!(lost, Err(StoreError::InDoubt(_))), "{lost:?}");
    assert!(!is_captured(&store, &capture.document.reference).await);
    assert_eq!(store.capture(with_key("k")).await.unwrap(), CaptureOutcome::Captured);
    assert!(matches!(store.capture(with_key("k")).await.unwrap(), CaptureOutcome::Replayed { .. }));
}

#[tokio::test]
async fn t3_an_attempt_whose_begin_is_in_doubt_sends_nothing_and_is_looked_up() {
    let (proxy, store) = behind_a_proxy().await;
    let order = capture_order("A");
    store.capture(order.clone()).await.unwrap();
    let claimed = store.claim_due(start(), 1, LEASE, &nothing()).await.unwrap().remove(0);
    proxy.cut_the_next(Cut::BeforeTheAnswer);
    let begun = store.begin_attempt(claimed.transfer.id, claimed.fence, start(), LEASE, "digest".into()).await;
    assert!(matches!(begun, Err(StoreError::InDoubt(_))), "{begun:?}");
    assert_eq!(transfer(&store, &order.document).await.state, TransferState::Sending);
    let taken_over = store.claim_due(later(60), 1, LEASE, &nothing()).await.unwrap().remove(0);
    assert_eq!(taken_over.transfer.state, TransferState::Unknown);
}

#[tokio::test]
async fn t1_what_was_acknowledged_is_there_after_a_crash_of_the_server_whatever_its_default() {
    let server = own().await;
    let temp = TempStore::on_server(&server).await;
    assert_eq!(server.sql("postgres", "SHOW synchronous_commit"), "off", "the server's default");
    let session = query("SELECT current_setting('synchronous_commit') AS setting");
    let session = session.one(&mut temp.store.read().await.unwrap()).await.unwrap();
    assert_eq!(session.text("setting").unwrap(), "on");
    let capture = with_key("k");
    assert_eq!(temp.store.capture(capture.clone()).await.unwrap(), CaptureOutcome::Captured);
    server.crash();
    let down = temp.store.capture(with_key("other")).await;
    assert!(matches!(down, Err(StoreError::Unavailable(_) | StoreError::InDoubt(_))), "{down:?}");
    assert!(temp.store.probe().await.is_err());
    assert!(temp.store.hold_key("customer-1", "k").await.is_err());
    server.start_again();
    assert!(is_captured(&temp.store, &capture.document.reference).await);
    assert!(matches!(temp.store.capture(with_key("k")).await.unwrap(), CaptureOutcome::Replayed { .. }));
    assert!(temp.store.hold_key("customer-1", "k").await.unwrap().is_some());
    temp.store.probe().await.unwrap();
}

#[tokio::test]
async fn a_wait_for_a_connection_ends() {
    let server = shared().await;
    let config = on_server(&server.url(&server.create_database()));
    let store = Store::open(&DatabaseConfig { max_connections: 1, acquire_timeout_ms: 300, ..config }).await.unwrap();
    let only = store.read().await.unwrap();
    let refused = store.capture(capture_order("A")).await;
    assert!(matches!(&refused, Err(StoreError::Unavailable(reason)) if reason.contains("timed out")), "{refused:?}");
    drop(only);
    assert_eq!(store.capture(capture_order("A")).await.unwrap(), CaptureOutcome::Captured);
}

#[tokio::test]
async fn a_wait_for_a_lock_ends_and_holds_up_no_other_account() {
    let server = shared().await;
    let config = on_server(&server.url(&server.create_database()));
    let store = Store::open(&DatabaseConfig { lock_timeout_ms: 300, ..config }).await.unwrap();
    let ((locked, is_locked), (let_go, may_let_go)) = (oneshot::channel(), oneshot::channel::<()>());
    let hanging = store.write(move |connection| {
        async move {
            let adapter = AdapterName::from("demo");
            lock(connection, Lock::Line { store: &"shop".into(), account: &"A".into(), adapter: &adapter }).await?;
            let _ = locked.send(());
            let _ = may_let_go.await;
            Ok(())
        }
        .boxed()
    });
    let captures = async {
        is_locked.await.unwrap();
        assert_eq!(store.capture(capture_order("B")).await.unwrap(), CaptureOutcome::Captured);
        let refused = store.capture(capture_order("A")).await;
        assert!(matches!(&refused, Err(StoreError::Unavailable(reason)) if reason.contains("lock timeout")), "{refused:?}");
        let_go.send(()).unwrap();
    };
    let (hung, ()) = tokio::join!(hanging, captures);
    hung.unwrap();
    assert_eq!(store.capture(capture_order("A")).await.unwrap(), CaptureOutcome::Captured);
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_transaction_open() {
    let temp = TempStore::on_postgres().await;
    let (begun, has_begun) = oneshot::channel();
    let (go_on, may_go_on) = oneshot::channel::<()>();
    let order = capture_order("A");
    let store = temp.store.clone();
    let caller = tokio::spawn(async move {
        store
            .write(move |connection| {
                async move {
                    let _ = begun.send(());
                    let _ = may_go_on.await;
                    query("INSERT INTO seals (id, payload, expires_at) VALUES ('left', '', 0)").execute(connection).await
                }
                .boxed()
            })
            .await
    });
    has_begun.await.unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    go_on.send(()).unwrap();
    // It is finished all the same: closing waits for that.
    assert_eq!(temp.store.capture(order).await.unwrap(), CaptureOutcome::Captured);
    temp.store.close().await;
    let store = temp.another().await;
    let left = query("SELECT count(*) AS number FROM seals WHERE id = 'left'");
    assert_eq!(left.one(&mut store.read().await.unwrap()).await.unwrap().number::<i64>("number").unwrap(), 1);
}

#[tokio::test]
async fn a_transaction_that_has_failed_is_never_taken_for_committed() {
    let temp = TempStore::on_postgres().await;
    let swallowed = temp.store.write(|connection| {
        async move {
            let _ = query("INSERT INTO no_such_table VALUES (1)").execute(connection).await;
            Ok(())
        }
        .boxed()
    });
    assert!(swallowed.await.is_err());
    assert_eq!(temp.store.capture(capture_order("A")).await.unwrap(), CaptureOutcome::Captured);
}

#[tokio::test]
async fn a_reference_that_no_text_can_hold_is_found_nowhere() {
    let temp = TempStore::on_postgres().await;
    let found = temp.store.document(&Reference::from("a\0b".to_owned())).await;
    assert!(matches!(found, Ok(None) | Err(StoreError::NotFound(_))), "{found:?}");
}

#[tokio::test]
async fn t11_the_audit_log_is_append_only_in_the_database_itself() {
    let temp = TempStore::on_postgres().await;
    let run = |statement: &'static str| temp.store.write(move |connection| query(statement).execute(connection).boxed());
    run("INSERT INTO audit (at, actor, action, reference, transfer, reason) VALUES (1, 'a', 'b', 'c', 1, 'd')").await.unwrap();
    for tampering in [
        "UPDATE audit SET actor = 'x'",
        "UPDATE audit SET reason = 'x'",
        "UPDATE audit SET reason = '[erased]', detail = 'x'",
        "UPDATE audit SET reason = '[erased]', actor = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
    ] {
        let refused = run(tampering).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}
