//! The columns that are read, by name and never `*`: a host goes on with the statements that it has prepared while a newer version adds others.
//! Each takes what stands before a column, such as `t.`, or nothing.

/// Of `transfers`, for `rows::transfer` and the fence.
macro_rules! transfer_columns {
    ($table:literal) => {
        concat!(
            $table,
            "id, ",
            $table,
            "reference, ",
            $table,
            "operation, ",
            $table,
            "store, ",
            $table,
            "account, ",
            $table,
            "adapter, ",
            $table,
            "instruction, ",
            $table,
            "state, ",
            $table,
            "attempts, ",
            $table,
            "lookups, ",
            $table,
            "spent, ",
            $table,
            "due_at, ",
            $table,
            "fence, ",
            $table,
            "unknown_since, ",
            $table,
            "last_failure, ",
            $table,
            "created_at, ",
            $table,
            "resent_at, ",
            $table,
            "updated_at"
        )
    };
}
pub(super) use transfer_columns;

/// Of `documents`, for `rows::document`.
macro_rules! document_columns {
    ($table:literal) => {
        concat!(
            $table,
            "reference, ",
            $table,
            "kind, ",
            $table,
            "store, ",
            $table,
            "account, ",
            $table,
            "adapter, ",
            $table,
            "principal, ",
            $table,
            "seal, ",
            $table,
            "parent, ",
            $table,
            "captured_at, ",
            $table,
            "payload, ",
            $table,
            "backend_number, ",
            $table,
            "status, ",
            $table,
            "raw_status, ",
            $table,
            "revision, ",
            $table,
            "amendments, ",
            $table,
            "updated_at, ",
            $table,
            "version"
        )
    };
}
pub(super) use document_columns;

/// Of `attempts`, for `rows::attempt`.
macro_rules! attempt_columns {
    ($table:literal) => {
        concat!(
            $table,
            "transfer, ",
            $table,
            "number, ",
            $table,
            "kind, ",
            $table,
            "started_at, ",
            $table,
            "ended_at, ",
            $table,
            "adapter_digest, ",
            $table,
            "outcome, ",
            $table,
            "failure, ",
            $table,
            "exchanges"
        )
    };
}
pub(super) use attempt_columns;
