-- Orders and quotes on their way to the back end. Instants are milliseconds since 1970 (UTC).

-- One piece of work for the back end. The id rises with time: within an account the lowest goes first.
CREATE TABLE transfers (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    reference     TEXT    NOT NULL,
    operation     TEXT    NOT NULL,
    store         TEXT    NOT NULL,
    account       TEXT    NOT NULL,
    adapter       TEXT    NOT NULL,
    instruction   TEXT    NOT NULL,
    -- Of an acceptance: the back end's number of the quote.
    accepts       TEXT,
    state         TEXT    NOT NULL,
    -- 1: oldest unsettled one of its account at this adapter, may be claimed. 0: behind another of them. NULL: settled.
    turn          INTEGER,
    attempts      INTEGER NOT NULL DEFAULT 0,
    lookups       INTEGER NOT NULL DEFAULT 0,
    spent         INTEGER NOT NULL DEFAULT 0,
    -- Next attempt or look-up; while it is claimed, the end of the lease.
    due_at        INTEGER NOT NULL,
    fence         INTEGER NOT NULL DEFAULT 0,
    lease_until   INTEGER,
    unknown_since INTEGER,
    last_failure  TEXT,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;

-- One quote becomes one order.
CREATE UNIQUE INDEX transfers_one_acceptance ON transfers (store, adapter, accepts)
    WHERE accepts IS NOT NULL AND state NOT IN ('rejected', 'abandoned');
CREATE UNIQUE INDEX transfers_one_in_turn ON transfers (store, account, adapter) WHERE turn = 1;
CREATE INDEX transfers_line ON transfers (store, account, adapter, id) WHERE turn IS NOT NULL;
CREATE INDEX transfers_due ON transfers (due_at, id) WHERE turn = 1;
CREATE INDEX transfers_parked ON transfers (id) WHERE state = 'parked';
CREATE INDEX transfers_reference ON transfers (reference, id);

CREATE TABLE documents (
    reference      TEXT    PRIMARY KEY,
    kind           TEXT    NOT NULL,
    store          TEXT    NOT NULL,
    account        TEXT    NOT NULL,
    adapter        TEXT    NOT NULL,
    principal      TEXT    NOT NULL,
    seal           TEXT,
    parent         TEXT,
    captured_at    INTEGER NOT NULL,
    payload        TEXT    NOT NULL,
    backend_number TEXT,
    status         TEXT,
    raw_status     TEXT,
    revision       TEXT,
    amendments     TEXT    NOT NULL DEFAULT '[]',
    -- The transfer that carries the document itself.
    transfer       INTEGER NOT NULL REFERENCES transfers (id),
    updated_at     INTEGER NOT NULL,
    version        INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Two documents can never come from one seal.
CREATE UNIQUE INDEX documents_seal ON documents (seal) WHERE seal IS NOT NULL;
CREATE INDEX documents_of_account ON documents (store, account, kind, captured_at, reference);
CREATE INDEX documents_of_store ON documents (store, kind, captured_at, reference);
CREATE INDEX documents_number ON documents (backend_number, kind) WHERE backend_number IS NOT NULL;

-- Every attempt and look-up, for the timeline.
CREATE TABLE attempts (
    transfer       INTEGER NOT NULL REFERENCES transfers (id),
    number         INTEGER NOT NULL,
    kind           TEXT    NOT NULL,
    started_at     INTEGER NOT NULL,
    ended_at       INTEGER,
    adapter_digest TEXT,
    outcome        TEXT,
    failure        TEXT,
    PRIMARY KEY (transfer, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE seals (
    id         TEXT    PRIMARY KEY,
    payload    TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by    TEXT
) STRICT;

CREATE INDEX seals_unused ON seals (expires_at) WHERE used_by IS NULL;

-- First answers to requests with an Idempotency-Key.
CREATE TABLE answers (
    principal   TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    operation   TEXT    NOT NULL,
    body_sha256 BLOB    NOT NULL,
    reference   TEXT    NOT NULL,
    status      INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (principal, key)
) STRICT;

CREATE INDEX answers_age ON answers (created_at);

-- The back end's list of documents as it was seen last, for the time when it is down.
CREATE TABLE known_lists (
    store   TEXT    NOT NULL,
    adapter TEXT    NOT NULL,
    account TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    items   TEXT    NOT NULL,
    as_of   INTEGER NOT NULL,
    PRIMARY KEY (store, adapter, account, kind)
) STRICT;

-- What people did by hand. Append-only, and the database says so.
CREATE TABLE audit (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    actor     TEXT    NOT NULL,
    action    TEXT    NOT NULL,
    reference TEXT    NOT NULL,
    transfer  INTEGER NOT NULL,
    reason    TEXT    NOT NULL,
    detail    TEXT
) STRICT;

CREATE INDEX audit_reference ON audit (reference, id);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
