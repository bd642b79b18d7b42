//! What can go wrong in the store. A failure that leaves in doubt whether something was committed is [`StoreError::InDoubt`]: it is taken
//! neither for success nor for the opposite, and the same idempotency key tells on the next try.

use rust_decimal::Decimal;

use super::UnderWay;
use crate::domain::{EditRefused, FindingReason, FindingState, IllegalMove, Money, TransferState};

/// A failed store operation.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be opened; the text says what to change.
    #[error("the database {database} cannot be opened: {reason}. {mend}")]
    Open { database: String, reason: String, mend: &'static str },
    /// A host is running on it.
    #[error(
        "the database {database} cannot be opened: another process has it open. Stop the other ordergate, or give this one a database of its \
         own. Several hosts share one PostgreSQL database (database.url)"
    )]
    InUse { database: String },
    #[error(
        "the database {database} has schema version {found}, this build knows up to {known}. Start the newer version of ordergate, or \
         restore the backup made before the upgrade"
    )]
    NewerSchema { database: String, found: i64, known: i64 },
    /// Disk full, input/output error, lock that did not end. Nothing may be told to have been taken.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The connection was lost while it was committed. It may be there or not; the same idempotency key tells.
    #[error("the store did not say whether it was committed: {0}")]
    InDoubt(String),
    #[error("the store was closed")]
    Stopped,
    #[error(transparent)]
    Conflict(#[from] Conflict),
    #[error("{0} is not in the store")]
    NotFound(String),
    /// A stored value that this build cannot read.
    #[error("the store holds a {what} that cannot be read: {reason}")]
    Corrupt { what: &'static str, reason: String },
}

/// The operation contradicts what is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The lease ran out and another worker claimed the transfer (rule T5).
    #[error("the claim is no longer valid: another worker has taken the transfer over")]
    StaleFence,
    #[error("only a parked transfer can be changed by hand; {reference} has none (its last one is {})", state.as_str())]
    NotParked { reference: String, state: TransferState },
    #[error("{reference} is held: release it, and it is sent")]
    Held { reference: String },
    #[error(
        "{reference} is not in turn: it waits for an older one of its customer, which can be tried at once, held or abandoned"
    )]
    NotInTurn { reference: String },
    #[error("{reference} is being sent or looked up at this moment: look again before you do anything")]
    AtWork { reference: String },
    #[error("{number} is the number of {by}: one order there is not two of ours")]
    NumberTaken { number: String, by: String },
    #[error("only what waits to be sent can be held; {reference} is {}", state.as_str())]
    NotWaiting { reference: String, state: TransferState },
    #[error("{reference} is held for {code} already")]
    HeldAlready { reference: String, code: String },
    #[error("{reference} is not held{}", code.as_ref().map(|code| format!(" for {code}")).unwrap_or_default())]
    NotHeld { reference: String, code: Option<String> },
    #[error(
        "{reference} cannot be changed: it is no order on its way, or the back end may have it already, unchanged. Resend, link or abandon it"
    )]
    NotEditable { reference: String },
    #[error("{reference} is like that already")]
    NothingChanged { reference: String },
    #[error(transparent)]
    EditRefused(#[from] EditRefused),
    #[error("order {reference} waits for nobody to accept a price")]
    NoPriceToAccept { reference: String },
    #[error("{reference} costs {now} by now, not {seen}: nobody has agreed to that")]
    OtherPrice { reference: String, seen: Decimal, now: Money },
    #[error("finding {id} is {}, and one that is {} and open lets a person do: {}", state.as_str(), reason.as_str(), allowed(*reason))]
    FindingNotOpen { id: i64, state: FindingState, reason: FindingReason },
    #[error("somebody has asked to cancel {number} already ({by}), and the back end has not answered yet")]
    CancelledByAnother { number: String, by: String },
    /// A customer is not erased while something of theirs is on its way (rule A3).
    #[error("something of the customer is still on its way, or waits for a person")]
    UnderWay { transfers: Vec<UnderWay> },
    /// A webhook stands otherwise than a decision about it needs.
    #[error("{0}")]
    Webhook(String),
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    /// A row that must be unique exists already.
    #[error("it exists already: {0}")]
    Exists(String),
}

fn allowed(reason: FindingReason) -> String {
    reason.allowed_actions().iter().map(|action| action.as_str()).collect::<Vec<_>>().join(", ")
}

impl From<IllegalMove> for StoreError {
    fn from(illegal: IllegalMove) -> Self {
        Self::Conflict(Conflict::IllegalMove(illegal))
    }
}

impl StoreError {
    /// For `map_err` on a stored value that does not parse.
    pub(super) fn corrupt<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Corrupt { what, reason: error.to_string() }
    }
}

/// Constraint violations are conflicts; everything else means that the database did not do it.
impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                Self::Conflict(Conflict::Exists(database.message().to_owned()))
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                Self::Corrupt { what: "row", reason: error.to_string() }
            }
            // A text with a NUL character, which PostgreSQL stores nowhere.
            sqlx::Error::Database(database) if database.code().as_deref() == Some("22021") => {
                Self::NotFound("what has a NUL character in it".to_owned())
            }
            sqlx::Error::PoolClosed => Self::Stopped,
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// The same of SQLite's own words.
impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
        match &error {
            rusqlite::Error::SqliteFailure(code, message)
                if matches!(code.extended_code, SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_UNIQUE) =>
            {
                Self::Conflict(Conflict::Exists(message.clone().unwrap_or_default()))
            }
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::Corrupt { what: "row", reason: error.to_string() },
            _ => Self::Unavailable(error.to_string()),
        }
    }
}
