//! What the kit can find: every kind has a name that stays, the rule that is broken, and the mend. `docs/conformance.md` explains each.

use serde::Serialize;

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Number of the rule, or `contract` for what `wit/` itself says.
    pub rule: &'static str,
    pub finding: &'static str,
    pub operation: String,
    /// What was done.
    pub case: String,
    /// What came, and what was expected.
    pub message: String,
    pub hint: &'static str,
}

/// Kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    DuplicatesOnRetry,
    LosesOrder,
    NotFoundAfterCommit,
    HidesUnknownOutcome,
    DeduplicatesOtherwise,
    AcceptsStaleRevision,
    WrongFailureCode,
    DoesNotHonorRetryAfter,
    BelievesBrokenReply,
    FailsWithoutFault,
    LeaksForeignOrder,
    MisPages,
    LosesDecimals,
    IgnoresDeadline,
    OneBadItemSpoilsAll,
    ExceedsBatchCap,
    AnswersForOtherItem,
    InvalidAnswer,
    Traps,
    NotDeterministic,
    TrustsItsClock,
    CallsUndeclared,
    SendsWhileDescribed,
}

impl Kind {
    pub const ALL: [Self; 23] = [
        Self::DuplicatesOnRetry,
        Self::LosesOrder,
        Self::NotFoundAfterCommit,
        Self::HidesUnknownOutcome,
        Self::DeduplicatesOtherwise,
        Self::AcceptsStaleRevision,
        Self::WrongFailureCode,
        Self::DoesNotHonorRetryAfter,
        Self::BelievesBrokenReply,
        Self::FailsWithoutFault,
        Self::LeaksForeignOrder,
        Self::MisPages,
        Self::LosesDecimals,
        Self::IgnoresDeadline,
        Self::OneBadItemSpoilsAll,
        Self::ExceedsBatchCap,
        Self::AnswersForOtherItem,
        Self::InvalidAnswer,
        Self::Traps,
        Self::NotDeterministic,
        Self::TrustsItsClock,
        Self::CallsUndeclared,
        Self::SendsWhileDescribed,
    ];

    pub fn id(self) -> &'static str {
        self.facts().0
    }

    pub fn rule(self) -> &'static str {
        self.facts().1
    }

    /// How to mend it, in a sentence.
    pub fn hint(self) -> &'static str {
        self.facts().2
    }

    /// Name, rule, mend.
    fn facts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::DuplicatesOnRetry => (
                "duplicates-on-retry",
                "T4",
                "Never send a change again within a call, and answer none from find-by-reference only when the back end certainly does not have it: the host looks up and sends again by itself.",
            ),
            Self::LosesOrder => (
                "loses-order",
                "T4",
                "Report what happened, so that the host sends the order again: unavailable, throttled or auth when it was not taken, outcome-unknown when nobody knows.",
            ),
            Self::NotFoundAfterCommit => (
                "not-found-after-commit",
                "T4",
                "Fail when the look-up cannot tell. If the back end shows an order only after a while, say so in propagation-delay-ms.",
            ),
            Self::HidesUnknownOutcome => (
                "hides-unknown-outcome",
                "T4",
                "Answer outcome-unknown when a change left and its reply was lost, broken, unreadable or a server's error.",
            ),
            Self::DeduplicatesOtherwise => (
                "deduplicates-otherwise",
                "T4",
                "Declare the class that the back end really has (deduplication in the description).",
            ),
            Self::AcceptsStaleRevision => (
                "accepts-stale-revision",
                "Q2",
                "Hand the revision over to the back end, or compare it with the quote's, and answer rejected when it is another one.",
            ),
            Self::WrongFailureCode => (
                "wrong-failure-code",
                "contract",
                "Keep rejected and not-found for what the back end says about the item or document itself; everything else is unavailable, timeout, auth, throttled or invalid-response.",
            ),
            Self::DoesNotHonorRetryAfter => {
                ("does-not-honor-retry-after", "T7", "Answer throttled for 429, with the Retry-After header in retry-after-ms.")
            }
            Self::BelievesBrokenReply => (
                "believes-broken-reply",
                "contract",
                "Check status and shape of every reply before you answer from it; what is missing is invalid-response, not zero, none or an empty list.",
            ),
            Self::FailsWithoutFault => (
                "fails-without-fault",
                "contract",
                "Look at the failure: the plan may name something that the back end does not have, or the mapping is wrong (ordergate adapter map shows requests).",
            ),
            Self::LeaksForeignOrder => (
                "leaks-foreign-order",
                "H3",
                "Put the account that the back end names into the document, never the one that was asked for: the host drops foreign documents by it.",
            ),
            Self::MisPages => (
                "mis-pages",
                "H1",
                "Give a cursor that names the place after the last document of this page, newest first, and never more than the limit.",
            ),
            Self::LosesDecimals => (
                "loses-decimals",
                "C5",
                "Carry amounts and quantities as text from the reply to the answer and back; never through a float, never rounded.",
            ),
            Self::IgnoresDeadline => (
                "ignores-deadline",
                "contract",
                "Answer when a request times out instead of trying on; ctx.remaining-ms tells how long the call has.",
            ),
            Self::OneBadItemSpoilsAll => {
                ("one-bad-item-spoils-all", "F9", "Answer each item by itself: a value, or a failure for this item only.")
            }
            Self::ExceedsBatchCap => (
                "exceeds-batch-cap",
                "F9",
                "Declare in batch-caps only as many items as one call can answer, with its time and memory.",
            ),
            Self::AnswersForOtherItem => {
                ("answers-for-other-item", "F9", "Answer exactly one result per item, in the order asked, about that very item.")
            }
            Self::InvalidAnswer => (
                "invalid-answer",
                "contract",
                "The message names record and field: decimals are plain text, dates RFC 3339, units UN/ECE Recommendation 20, currencies ISO 4217.",
            ),
            Self::Traps => (
                "traps",
                "contract",
                "Turn what can go wrong into a failure: a panic or an exception ends the call as one that broke down.",
            ),
            Self::NotDeterministic => (
                "not-deterministic",
                "contract",
                "Let nothing but the question and the replies decide: no random order of a map, no clock in a read.",
            ),
            Self::TrustsItsClock => {
                ("trusts-its-clock", "contract", "Take times from the back end; the host's clock may be wrong.")
            }
            Self::CallsUndeclared => (
                "calls-undeclared",
                "contract",
                "List every endpoint that requests name in the description: operators bind what is listed.",
            ),
            Self::SendsWhileDescribed => (
                "sends-while-described",
                "contract",
                "configure and describe must not send anything: they run when the adapter is loaded, without network.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_a_section_in_the_document() {
        let document = include_str!("../../../docs/conformance.md");
        let names: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.id()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert!(document.contains(&format!("\n### {}\n", kind.id())), "docs/conformance.md has no section {}", kind.id());
            assert!(kind.hint().ends_with('.') && !kind.rule().is_empty());
        }
    }
}
