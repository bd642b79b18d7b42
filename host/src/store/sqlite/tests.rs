//! What holds for the SQLite file in particular: durability, group commit, refusals at opening.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use futures::future::{FutureExt, join_all};

use super::super::fixtures::{TempStore, answer, capture_order, later, start};
use super::super::schema::{SQLITE, newest};
use super::super::sql::query;
use super::super::{Capture, CaptureOutcome, Conflict, LeftOut, Store, StoreError};
use super::*;
use crate::config::DatabaseConfig;
use crate::domain::TransferState;

const LEASE: std::time::Duration = std::time::Duration::from_secs(60);

#[tokio::test]
async fn t1_concurrent_captures_share_commits_and_all_survive_a_restart() {
    let mut temp = TempStore::open().await;
    let captures: Vec<_> = (0..200).map(|number| capture_order(&format!("A{number}"))).collect();
    let references: Vec<_> = captures.iter().map(|capture| capture.document.reference.clone()).collect();
    let outcomes = join_all(captures.into_iter().map(|capture| temp.store.capture(capture))).await;
    assert!(outcomes.into_iter().all(|outcome| outcome.unwrap() == CaptureOutcome::Captured));
    assert!(temp.store.commits() < 100, "{} commits", temp.store.commits());
    temp.reopen().await;
    for reference in references {
        assert!(temp.store.document(&reference).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn t7_what_an_earlier_clock_meant_is_due_once_the_time_has_jumped_back() {
    let temp = TempStore::open().await;
    let ahead = Timestamp::now() + jiff::SignedDuration::from_hours(5);
    temp.store.clock().follow(ahead);
    temp.store.capture(Capture { at: ahead, ..capture_order("A") }).await.unwrap();
    while temp.store.clock().is_followed_closely() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    temp.store.keep_time(LEASE).await.unwrap();
    let now = temp.store.clock().now();
    assert!(now < ahead, "it goes by the system's time again");
    assert_eq!(temp.store.claim_due(now, 1, LEASE, &LeftOut::default()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a2_parallel_submits_with_one_key_capture_one_order() {
    let temp = TempStore::open().await;
    let captures = (0..20).map(|_| Capture { answer: Some(answer("k", 1)), ..capture_order("A") });
    let outcomes = join_all(captures.map(|capture| temp.store.capture(capture))).await;
    let captured = outcomes.iter().filter(|outcome| matches!(outcome, Ok(CaptureOutcome::Captured))).count();
    let replayed = outcomes.iter().filter(|outcome| matches!(outcome, Ok(CaptureOutcome::Replayed { .. }))).count();
    assert_eq!((captured, replayed), (1, 19));
}

#[tokio::test]
async fn a_command_that_is_refused_takes_its_neighbors_not_along() {
    let temp = TempStore::open().await;
    let good = capture_order("A");
    let twice = good.clone();
    let other = capture_order("B");
    // The writer is held until all three wait for it.
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let (holds, is_held) = tokio::sync::oneshot::channel();
    let store = temp.store.clone();
    let holding = tokio::spawn(async move {
        let hold = store.write(move |_| {
            async move {
                holds.send(()).unwrap();
                gate.recv().unwrap();
                Ok(())
            }
            .boxed()
        });
        hold.await
    });
    is_held.await.unwrap();
    let (first, second, third, ()) =
        tokio::join!(temp.store.capture(good), temp.store.capture(twice), temp.store.capture(other.clone()), async {
            open.send(()).unwrap()
        });
    holding.await.unwrap().unwrap();
    assert_eq!(first.unwrap(), CaptureOutcome::Captured);
    assert!(matches!(second, Err(StoreError::Conflict(Conflict::Exists(_)))));
    assert_eq!(third.unwrap(), CaptureOutcome::Captured);
    assert_eq!(temp.store.commits(), 2, "one to hold the writer, one for all three");
    assert!(temp.store.document(&other.document.reference).await.unwrap().is_some());
}

#[tokio::test]
async fn t1_a_failed_database_is_never_taken_for_success() {
    let temp = TempStore::open().await;
    let capture = capture_order("A");
    let broken = temp.store.write(|connection| {
        async move {
            // As a full disk does, in the middle of the batch.
            query("INSERT INTO no_such_table VALUES (1)").execute(connection).await?;
            Ok(())
        }
        .boxed()
    });
    let (captured, broken) = tokio::join!(temp.store.capture(capture.clone()), broken);
    assert!(matches!(broken, Err(StoreError::Unavailable(_))));
    assert!(matches!(captured, Err(StoreError::Unavailable(_))));
    assert_eq!(temp.store.document(&capture.document.reference).await.unwrap(), None);
    assert_eq!(temp.store.capture(capture).await.unwrap(), CaptureOutcome::Captured);
}

#[tokio::test]
async fn t1_a_full_disk_is_never_taken_for_success_and_passes() {
    let temp = TempStore::open().await;
    let limit = |pages: i64| {
        temp.store.write(move |connection| {
            async move {
                query(format!("PRAGMA max_page_count = {pages}")).execute(connection).await?;
                Ok(())
            }
            .boxed()
        })
    };
    limit(1).await.unwrap();
    let mut refused = None;
    for number in 0..2_000 {
        let capture = capture_order(&format!("A{number}"));
        if let Err(error) = temp.store.capture(capture.clone()).await {
            refused = Some((capture, error));
            break;
        }
    }
    let (capture, error) = refused.unwrap();
    assert!(matches!(&error, StoreError::Unavailable(reason) if reason.contains("full")), "{error}");
    assert_eq!(temp.store.document(&capture.document.reference).await.unwrap(), None);
    limit(1_000_000).await.unwrap();
    assert_eq!(temp.store.capture(capture).await.unwrap(), CaptureOutcome::Captured);
}

#[tokio::test]
async fn t1_nothing_is_acknowledged_while_the_file_or_its_log_is_not_where_it_was() {
    for suffix in ["", "-wal", ".lock"] {
        let temp = TempStore::open().await;
        let file = PathBuf::from(format!("{}{suffix}", temp.path().display()));
        let aside = file.with_extension("aside");
        std::fs::rename(&file, &aside).unwrap();
        let capture = capture_order("A");
        for _ in 0..2 {
            let refused = temp.store.capture(capture_order("A")).await.unwrap_err();
            assert!(matches!(&refused, StoreError::Unavailable(why) if why.contains("put the file back")), "{refused}");
        }
        let kept = answer("k", 1);
        temp.store.capture(Capture { answer: Some(kept.clone()), ..capture_order("A") }).await.unwrap_err();
        assert!(temp.store.answer(&kept.principal, "k").await.is_err(), "a second look at its key must not acknowledge it");
        std::fs::write(&file, "").unwrap();
        assert!(temp.store.capture(capture_order("A")).await.is_err(), "another file is none of ours");
        assert!(temp.store.probe().await.is_err(), "and the host is not ready");
        std::fs::rename(&aside, &file).unwrap();
        assert_eq!(temp.store.capture(capture).await.unwrap(), CaptureOutcome::Captured);
    }
}

#[tokio::test]
async fn a_closed_store_says_that_it_is_closed() {
    let temp = TempStore::open().await;
    temp.store.close().await;
    assert!(matches!(temp.store.capture(capture_order("A")).await, Err(StoreError::Stopped)));
    assert!(matches!(temp.store.backlog().await, Err(StoreError::Stopped)));
}

#[tokio::test]
async fn t11_the_audit_log_is_append_only_in_the_database_itself() {
    let temp = TempStore::open().await;
    let inserted = "INSERT INTO audit (at, actor, action, reference, transfer, reason) VALUES (1, 'a', 'b', 'c', 1, 'd')";
    let run = |statement: &'static str| {
        temp.store.write(move |connection| async move { query(statement).execute(connection).await.map(drop) }.boxed())
    };
    run(inserted).await.unwrap();
    for tampering in [
        "UPDATE audit SET actor = 'x'",
        "UPDATE audit SET reason = 'x'",
        "UPDATE audit SET reason = '[erased]', detail = 'x'",
        "UPDATE audit SET reason = '[erased]', actor = 'x'",
        "DELETE FROM audit",
    ] {
        let refused = run(tampering).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}

#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    let temp = TempStore::open().await;
    temp.store.capture(capture_order("A")).await.unwrap();
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let path = format!("{}{suffix}", temp.path().display());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path}");
    }
}

async fn refusal(path: &Path) -> String {
    match Store::open(&DatabaseConfig::file(path)).await {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_path_that_cannot_be_opened_is_refused_with_the_mend() {
    let folder = tempfile::tempdir().unwrap();
    let missing = refusal(&folder.path().join("nowhere/ordergate.db")).await;
    assert!(missing.contains("nowhere/ordergate.db") && missing.contains("Create its directory"), "{missing}");
    let directory = refusal(folder.path()).await;
    assert!(directory.contains("not a directory"), "{directory}");
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "these are notes, no database at all; ".repeat(100)).unwrap();
    let foreign = refusal(&text).await;
    assert!(foreign.contains("no SQLite database"), "{foreign}");
}

#[tokio::test]
async fn a_second_process_is_kept_out() {
    let temp = TempStore::open().await;
    let refused = refusal(&temp.path()).await;
    assert!(refused.contains("another process has it open"), "{refused}");
}

#[tokio::test]
async fn a_newer_schema_is_refused_with_both_versions() {
    let temp = TempStore::open().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'future', 1, x'00', 0)";
    temp.store.write(move |connection| async move { query(newer).execute(connection).await.map(drop) }.boxed()).await.unwrap();
    temp.store.close().await;
    let refused = refusal(&temp.path()).await;
    let versions = format!("schema version 9999, this build knows up to {}", newest(SQLITE));
    assert!(refused.contains(&versions), "{refused}");
}

#[tokio::test]
async fn t3_a_restart_turns_sending_into_unknown_and_frees_the_rest() {
    let TempStore { store, .. } = &TempStore::open().await;
    let (sent, claimed) = (capture_order("A"), capture_order("B"));
    for capture in [&sent, &claimed] {
        store.capture(capture.clone()).await.unwrap();
    }
    let claims = store.claim_due(start(), 10, LEASE, &LeftOut::default()).await.unwrap();
    store.begin_attempt(claims[0].transfer.id, claims[0].fence, start(), LEASE, "digest".into()).await.unwrap();
    assert_eq!(store.recover(later(1)).await.unwrap(), 2);
    let state = async |capture: &Capture| store.document(&capture.document.reference).await.unwrap().unwrap().transfer;
    assert_eq!((state(&sent).await, state(&claimed).await), (TransferState::Unknown, TransferState::Queued));
    assert_eq!(store.claim_due(later(1), 10, LEASE, &LeftOut::default()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_look_at_the_schema_changes_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = DatabaseConfig::file(folder.path().join("test.db"));
    let before = Store::schema(&config).await.unwrap();
    assert_eq!((before.found, before.is_up_to_date()), (0, false));
    assert_eq!(Store::schema(&config).await.unwrap(), before);
    Store::open(&config).await.unwrap().close().await;
    assert!(Store::schema(&config).await.unwrap().is_up_to_date());
}
