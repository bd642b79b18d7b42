//! What a person must look at although the back end has answered: it took an order otherwise than it was given (rule T9), or it has
//! something else by now (rule T10).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Amendment, BackendNumber};

/// Why somebody must look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FindingReason {
    /// The back end took the order with changes beyond the store's limits.
    Amended,
    /// The back end has other lines, quantities or amounts than it confirmed.
    Differs,
    /// The back end confirmed it and does not have it any more.
    Missing,
    /// The back end has it more than once.
    Doubled,
    /// It was cancelled in the back end, and not through us.
    Cancelled,
    /// The back end has what we gave up or believe to be refused.
    Taken,
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FindingState {
    /// Waits for a person.
    Open,
    /// A person wants it cancelled; the back end is being asked.
    Cancelling,
    /// A person has agreed to it.
    Accepted,
    Cancelled,
    /// It was not so any more when it was looked at again.
    Gone,
}

/// What a person may do about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FindingAction {
    /// It is as it should be, or was settled elsewhere.
    Accept,
    /// Ask the back end to cancel it; of one that is there more than once, those that came later.
    Cancel,
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// What is otherwise than it was ordered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Amendment>,
    /// Under which numbers the back end has it; the first is the oldest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<BackendNumber>,
}

/// Something that somebody must look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub reason: FindingReason,
    pub evidence: Evidence,
}

impl FindingReason {
    pub const ALL: [Self; 6] = [Self::Amended, Self::Differs, Self::Missing, Self::Doubled, Self::Cancelled, Self::Taken];

    /// What a person may do about an order, as long as the finding is open.
    pub fn allowed_actions(self) -> &'static [FindingAction] {
        match self {
            Self::Amended | Self::Differs | Self::Doubled => &[FindingAction::Accept, FindingAction::Cancel],
            Self::Missing | Self::Cancelled | Self::Taken => &[FindingAction::Accept],
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Amended => "amended",
            Self::Differs => "differs",
            Self::Missing => "missing",
            Self::Doubled => "doubled",
            Self::Cancelled => "cancelled",
            Self::Taken => "taken",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

impl FindingState {
    pub const ALL: [Self; 5] = [Self::Open, Self::Cancelling, Self::Accepted, Self::Cancelled, Self::Gone];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Cancelling => "cancelling",
            Self::Accepted => "accepted",
            Self::Cancelled => "cancelled",
            Self::Gone => "gone",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl FindingAction {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Cancel => "cancel",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Accept, Self::Cancel].into_iter().find(|action| action.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_and_states_survive_their_names() {
        assert!(FindingReason::ALL.into_iter().all(|reason| FindingReason::parse(reason.as_str()) == Some(reason)));
        assert!(FindingState::ALL.into_iter().all(|state| FindingState::parse(state.as_str()) == Some(state)));
    }
}
