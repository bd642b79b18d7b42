//! Whatever the back end does and whenever the host dies: no order twice, none lost.

use std::time::Duration;

use proptest::prelude::*;

use super::scripted::{Act, Look, Rig};
use crate::domain::{Deduplication, Failure, FailureCode, TransferState};

/// How long a document may take to become findable, and how long a lost submit may go on working.
const DELAY: Duration = Duration::from_secs(10);
const SETTLE: Duration = Duration::from_secs(60);

fn act() -> impl Strategy<Value = Act> {
    let failure = prop::sample::select(vec![
        FailureCode::Unavailable,
        FailureCode::Throttled,
        FailureCode::Auth,
        FailureCode::InvalidResponse,
        FailureCode::Timeout,
        FailureCode::Rejected,
        FailureCode::InvalidRequest,
    ]);
    prop_oneof![
        Just(Act::Take),
        Just(Act::TakeSilently),
        (0_u64..70).prop_map(|seconds| Act::TakeLate(Duration::from_secs(seconds))),
        Just(Act::Lose),
        Just(Act::DieBefore),
        Just(Act::DieAfter),
        failure.prop_map(|code| Act::Fail(Failure::new(code, "it went wrong"))),
    ]
}

fn look() -> impl Strategy<Value = Look> {
    let failure = prop::sample::select(vec![FailureCode::Unavailable, FailureCode::Timeout, FailureCode::InvalidResponse]);
    prop_oneof![3 => Just(Look::Truth), 1 => failure.prop_map(|code| Look::Fail(Failure::new(code, "it went wrong")))]
}

fn class() -> impl Strategy<Value = Deduplication> {
    prop::sample::select(vec![
        Deduplication::NativeKey,
        Deduplication::UniqueReference,
        Deduplication::Queryable,
        Deduplication::None,
    ])
}

async fn nothing_is_doubled_or_lost(class: Deduplication, acts: Vec<Act>, looks: Vec<Look>) {
    let mut rig = Rig::new(class).await;
    rig.settle_after(SETTLE);
    rig.backend.world.lock().delay = DELAY;
    rig.script(acts);
    rig.script_look_ups(looks);
    let mut orders = Vec::new();
    for account in ["A", "A", "B"] {
        orders.push(rig.capture(account).await);
    }
    rig.run(300).await;
    for order in &orders {
        let transfer = rig.transfer(order).await;
        let copies = rig.backend.copies(order);
        assert!(copies <= 1, "{copies} copies of an order that is {:?}", transfer.state);
        match transfer.state {
            TransferState::Confirmed => assert_eq!(copies, 1),
            TransferState::Rejected => assert_eq!(copies, 0),
            // Visible to a person; whether it is there, only the back end knows.
            TransferState::Parked => {}
            open => panic!("left {open:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn t4_no_order_is_ever_doubled_or_lost(
        class in class(),
        acts in prop::collection::vec(act(), 0..12),
        looks in prop::collection::vec(look(), 0..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(nothing_is_doubled_or_lost(class, acts, looks));
    }
}
