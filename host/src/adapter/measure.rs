//! For benchmarks only: what a call would cost in an instance that is used again. The runtime never does that.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::instance::Broke;
use super::live_call::LiveCall;
use super::{Adapter, Operation};
use crate::domain::{CallContext, Failure, FailureCode};

/// How long each of `times` calls took, all in one instance.
pub async fn reused<O: Operation>(
    adapter: &Adapter,
    context: &CallContext,
    operation: &O,
    times: usize,
) -> Result<Vec<Duration>, Failure> {
    let call = LiveCall::new(&adapter.given, O::LANE, super::trace(context), Instant::now() + context.deadline);
    let mut guest = adapter.instances.start(Arc::clone(&call)).await.map_err(failure)?;
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let began = Instant::now();
        operation.run(&mut guest, context).await.map_err(failure)?;
        took.push(began.elapsed());
    }
    Ok(took)
}

fn failure(broke: Broke) -> Failure {
    match broke {
        Broke::Failed(failure) => failure,
        Broke::Crashed(error) => Failure::new(FailureCode::Unavailable, format!("{error:#}")),
    }
}
