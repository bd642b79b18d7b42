//! What the back end pushes.

use bytes::Bytes;

use super::super::convert;
use super::super::instance::{Guest, Ran};
use super::{Lane, Operation};
use crate::domain::{CallContext, Event, Failure, Side};

/// Turns one pushed message, whose sender was checked, into events. The adapter can send nothing meanwhile, so the breakers of its back end have
/// no say in it and learn nothing from it.
#[derive(Clone)]
pub struct Translate {
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// More events in one message are refused.
    pub max_events: usize,
}

/// An event, or why it cannot be used; its kind as the adapter named it.
#[derive(Clone, Debug)]
pub struct PushedEvent {
    pub kind: String,
    pub event: Result<Event, Failure>,
}

impl Operation for Translate {
    const NAME: &'static str = "inbound.translate";
    const LANE: Lane = Lane::Inbound;
    const SIDE: Side = Side::Read;
    type Reply = Vec<PushedEvent>;

    async fn run(&self, guest: &mut Guest, context: &CallContext) -> Ran<Self::Reply> {
        convert::inbound::translate(guest, context, self).await
    }
}
