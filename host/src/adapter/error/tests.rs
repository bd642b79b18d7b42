//! The decision table, spelled out.

use super::*;
use Deduplication as Class;
use FailureCode as Code;
use Verdict::{AlreadyThere, LookUp, Park, Reject, SendAgain};

const CODES: [Code; 11] = [
    Code::Unavailable,
    Code::Timeout,
    Code::OutcomeUnknown,
    Code::Throttled,
    Code::Auth,
    Code::Rejected,
    Code::NotFound,
    Code::Conflict,
    Code::InvalidResponse,
    Code::InvalidRequest,
    Code::Unsupported,
];
const CLASSES: [Class; 4] = [Class::NativeKey, Class::UniqueReference, Class::Queryable, Class::None];

fn failed(code: Code) -> Failure {
    Failure::new(code, "it went wrong")
}

/// One verdict per code of `CODES`, in its order.
fn sending(operation: TransferOperation, class: Class) -> Vec<Verdict> {
    CODES.map(|code| verdict(&failed(code), operation, class)).to_vec()
}

fn looking_up(operation: TransferOperation, class: Class) -> Vec<Verdict> {
    CODES.map(|code| look_up_verdict(&failed(code), operation, class)).to_vec()
}

#[test]
fn t4_after_a_failed_send_the_verdict_is_that_of_the_table() {
    //                unavail.   timeout unknown throttled  auth       rejected not-found conflict inv-resp inv-req unsupported
    let findable = [SendAgain, LookUp, LookUp, SendAgain, SendAgain, Reject, Park, LookUp, LookUp, Park, Park];
    let none = [SendAgain, Park, Park, SendAgain, SendAgain, Reject, Park, Park, Park, Park, Park];
    let release = [SendAgain, SendAgain, SendAgain, SendAgain, SendAgain, Reject, Reject, Reject, SendAgain, Reject, Reject];
    for operation in TransferOperation::ALL {
        for class in CLASSES {
            let expected = match operation {
                TransferOperation::ReleaseReservation => release,
                _ if class == Class::None && carries_reference(operation) => none,
                _ => findable,
            };
            assert_eq!(sending(operation, class), expected, "{operation:?} {class:?}");
        }
    }
}

#[test]
fn t4_after_a_failed_look_up_the_verdict_is_that_of_the_table() {
    //               unavail. timeout unknown throttled auth   rejected not-found conflict inv-resp inv-req unsupported
    let careful = [LookUp, LookUp, LookUp, LookUp, LookUp, Park, Park, Park, LookUp, Park, Park];
    let safe = [LookUp, LookUp, LookUp, LookUp, LookUp, Park, Park, Park, LookUp, SendAgain, SendAgain];
    for operation in TransferOperation::ALL {
        for class in CLASSES {
            let deduplicated = matches!(class, Class::NativeKey | Class::UniqueReference);
            let expected = match operation {
                TransferOperation::ReleaseReservation => [SendAgain; CODES.len()],
                _ if deduplicated && carries_reference(operation) => safe,
                _ => careful,
            };
            assert_eq!(looking_up(operation, class), expected, "{operation:?} {class:?}");
        }
    }
}

#[test]
fn t4_with_class_none_a_lost_submit_is_parked_never_resent() {
    for code in [Code::OutcomeUnknown, Code::Timeout, Code::InvalidResponse] {
        assert_eq!(verdict(&failed(code), TransferOperation::SubmitOrder, Class::None), Park);
    }
}

#[test]
fn t2_a_conflict_that_names_the_document_means_that_it_is_already_there() {
    for class in CLASSES {
        let named = failed(Code::Conflict).with_detail("4711");
        assert_eq!(verdict(&named, TransferOperation::SubmitOrder, class), AlreadyThere);
        let blank = failed(Code::Conflict).with_detail(" ");
        assert_ne!(verdict(&blank, TransferOperation::SubmitOrder, class), AlreadyThere);
    }
}

#[test]
fn a_conflict_while_canceling_is_read_back_whatever_its_detail() {
    let named = failed(Code::Conflict).with_detail("4711");
    for operation in [TransferOperation::CancelOrder, TransferOperation::DeclineQuote, TransferOperation::WithdrawQuote] {
        assert_eq!(verdict(&named, operation, Class::None), LookUp);
    }
}
