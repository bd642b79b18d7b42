//! What the network does to a request.

use std::time::Duration;

use super::message::Request;
use crate::dice::Dice;

/// Longest delay; well below what is never delivered any more.
const MAX_DELAY_MS: u64 = 600;

/// Orders of such carts are always met by an internal error while the network is bad, so that some are given up.
const CURSED_EVERY: usize = 61;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    Late(Duration),
    LostBefore(End),
    LostAfter(End),
    Ghost(Duration, End),
    Half,
    Refused(u16),
    RefusedAfter(u16),
    Twice,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    Reset,
}

impl Fault {
    pub(super) fn name(self) -> String {
        match self {
            Self::None => "passed".to_owned(),
            Self::Late(_) => "late".to_owned(),
            Self::LostBefore(_) => "request lost".to_owned(),
            Self::LostAfter(_) => "reply lost".to_owned(),
            Self::Ghost(..) => "delivered after the connection broke".to_owned(),
            Self::Half => "reply broke off".to_owned(),
            Self::Refused(status) => format!("{status} instead of it"),
            Self::RefusedAfter(status) => format!("{status} after it"),
            Self::Twice => "delivered twice".to_owned(),
        }
    }
}

/// As the dice fall. Orders are treated worst: it is them that must not get lost. A request that takes a second order when it comes twice is
/// not doubled: no host could prevent that.
pub(super) fn fault_for(request: &Request, may_double_orders: bool, dice: &mut Dice) -> Fault {
    let is_order = request.is("POST", "/api/orders");
    if request.is("GET", "/api/ping") {
        return Fault::None;
    }
    if is_order && request.cart().is_some_and(|cart| cart % CURSED_EVERY == CURSED_EVERY / 2) {
        return Fault::Refused(500);
    }
    let end = if dice.percent(50) { End::Closed } else { End::Reset };
    let wait = Duration::from_millis(dice.below(MAX_DELAY_MS));
    // Others are treated as badly in a third of all cases.
    if !is_order && dice.percent(66) {
        return Fault::None;
    }
    match dice.below(100) {
        0..58 => Fault::None,
        58..66 => Fault::Late(wait),
        66..72 => Fault::LostBefore(end),
        72..80 => Fault::LostAfter(end),
        80..84 => Fault::Ghost(wait, end),
        84..87 => Fault::Half,
        87..89 => Fault::Refused(500),
        89..91 => Fault::RefusedAfter(500),
        91..92 => Fault::Refused(502),
        92..93 => Fault::RefusedAfter(504),
        93..94 => Fault::Refused(503),
        94..95 => Fault::Refused(429),
        _ if is_order && !may_double_orders => Fault::None,
        _ => Fault::Twice,
    }
}
