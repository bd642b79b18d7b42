//! Giving back what was held for a refused order (rule C4): tried again within reason, never parked.

use super::scripted::{Act, Rig};
use crate::domain::{Deduplication, Failure, FailureCode, Reference, TransferOperation, TransferState};
use crate::store::fixtures::{capture_holding_order, later};
use crate::store::{DeskFilter, Transfer, Waiting};

fn fail(code: FailureCode) -> Act {
    Act::Fail(Failure::new(code, "it went wrong"))
}

/// An order with held stock that is refused, what happens to the release then, and where both transfers come to.
async fn refused(rig: &Rig, to_the_release: Vec<Act>) -> (Reference, Transfer) {
    rig.script([fail(FailureCode::Rejected)]);
    rig.script(to_the_release);
    let order = rig.capture_this(capture_holding_order("A")).await;
    rig.run(1_000).await;
    let transfers = rig.temp.store.transfers_of(&order).await.unwrap();
    let operations: Vec<_> = transfers.iter().map(|transfer| transfer.operation).collect();
    assert_eq!(operations, [TransferOperation::SubmitOrder, TransferOperation::ReleaseReservation]);
    assert_eq!(transfers[0].state, TransferState::Rejected);
    assert_eq!(rig.temp.store.waiting(DeskFilter::all(Waiting::Parked, 10)).await.unwrap(), vec![]);
    (order, transfers[1].clone())
}

#[tokio::test]
async fn c4_stock_of_a_refused_order_is_released_once_after_an_outage_and_after_the_death_of_the_host() {
    let disturbances =
        [vec![], vec![fail(FailureCode::Unavailable)], vec![fail(FailureCode::OutcomeUnknown)], vec![Act::DieBefore]];
    for disturbance in disturbances {
        // Class `none` as well: releasing twice does no harm.
        let rig = Rig::new(Deduplication::None).await;
        let (order, release) = refused(&rig, disturbance).await;
        assert_eq!(release.state, TransferState::Confirmed);
        assert_eq!(rig.backend.world.lock().released, ["RS-1"]);
        assert_eq!(rig.backend.copies(&order), 0);
    }
}

#[tokio::test]
async fn c4_a_release_is_given_up_when_the_reservation_has_ended_by_itself() {
    let rig = Rig::new(Deduplication::Queryable).await;
    let (_, release) = refused(&rig, vec![fail(FailureCode::Unavailable); 500]).await;
    assert_eq!(release.state, TransferState::Rejected);
    assert!(release.updated_at >= later(900) && release.updated_at < later(1_000), "{}", release.updated_at);
    assert_eq!(release.last_failure.unwrap().code, FailureCode::Unavailable);
}

#[tokio::test]
async fn c4_a_release_is_given_up_when_its_attempts_are_spent_or_cannot_help() {
    for (code, attempts) in [(FailureCode::InvalidResponse, 10), (FailureCode::Unsupported, 1)] {
        let rig = Rig::new(Deduplication::Queryable).await;
        let (_, release) = refused(&rig, vec![fail(code); 50]).await;
        assert_eq!((release.state, release.attempts), (TransferState::Rejected, attempts), "{code:?}");
    }
}
