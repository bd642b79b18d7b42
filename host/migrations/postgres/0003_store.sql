-- Orders and quotes on their way to the back end. Instants are milliseconds since 1970 (UTC). The same tables as SQLite's of the same
-- version. Texts that are compared or sorted are compared by their bytes, whatever the database's own language.

-- One piece of work for the back end. The id rises with time: within an account the lowest goes first.
CREATE TABLE transfers (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference     TEXT   COLLATE "C" NOT NULL,
    operation     TEXT   COLLATE "C" NOT NULL,
    store         TEXT   COLLATE "C" NOT NULL,
    account       TEXT   COLLATE "C" NOT NULL,
    adapter       TEXT   COLLATE "C" NOT NULL,
    instruction   TEXT   NOT NULL,
    -- Of an acceptance: the back end's number of the quote.
    accepts       TEXT   COLLATE "C",
    state         TEXT   COLLATE "C" NOT NULL,
    -- 1: oldest unsettled one of its account at this adapter, may be claimed. 0: behind another of them. NULL: settled.
    turn          BIGINT,
    attempts      BIGINT NOT NULL DEFAULT 0,
    lookups       BIGINT NOT NULL DEFAULT 0,
    spent         BIGINT NOT NULL DEFAULT 0,
    -- Next attempt or look-up; while it is claimed, the end of the lease.
    due_at        BIGINT NOT NULL,
    fence         BIGINT NOT NULL DEFAULT 0,
    lease_until   BIGINT,
    unknown_since BIGINT,
    last_failure  TEXT,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    -- When a person queued it again last: its age counts from then.
    resent_at     BIGINT
-- Every transfer is changed a few times: room for that, and soon cleaned up, so that claims do not wade through old versions.
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- One quote becomes one order.
CREATE UNIQUE INDEX transfers_one_acceptance ON transfers (store, adapter, accepts)
    WHERE accepts IS NOT NULL AND state NOT IN ('rejected', 'abandoned');
-- Releases of held stock line up with nobody: any number of them may be in turn.
CREATE UNIQUE INDEX transfers_one_in_turn ON transfers (store, account, adapter) WHERE turn = 1 AND operation <> 'release-reservation';
CREATE INDEX transfers_line ON transfers (store, account, adapter, id) WHERE turn IS NOT NULL;
CREATE INDEX transfers_due ON transfers (due_at, id) WHERE turn = 1;
CREATE INDEX transfers_parked ON transfers (id) WHERE state = 'parked';
CREATE INDEX transfers_reference ON transfers (reference, id);

CREATE TABLE documents (
    reference      TEXT   COLLATE "C" PRIMARY KEY,
    kind           TEXT   COLLATE "C" NOT NULL,
    store          TEXT   COLLATE "C" NOT NULL,
    account        TEXT   COLLATE "C" NOT NULL,
    adapter        TEXT   COLLATE "C" NOT NULL,
    principal      TEXT   COLLATE "C" NOT NULL,
    seal           TEXT   COLLATE "C",
    parent         TEXT   COLLATE "C",
    captured_at    BIGINT NOT NULL,
    payload        TEXT   NOT NULL,
    backend_number TEXT   COLLATE "C",
    status         TEXT   COLLATE "C",
    raw_status     TEXT   COLLATE "C",
    revision       TEXT   COLLATE "C",
    amendments     TEXT   NOT NULL DEFAULT '[]',
    -- The transfer that carries the document itself.
    transfer       BIGINT NOT NULL REFERENCES transfers (id),
    updated_at     BIGINT NOT NULL,
    version        BIGINT NOT NULL DEFAULT 1
) WITH (fillfactor = 90);

-- Two documents can never come from one seal.
CREATE UNIQUE INDEX documents_seal ON documents (seal) WHERE seal IS NOT NULL;
CREATE INDEX documents_of_account ON documents (store, account, kind, captured_at, reference);
CREATE INDEX documents_of_store ON documents (store, kind, captured_at, reference);
CREATE INDEX documents_number ON documents (backend_number, kind) WHERE backend_number IS NOT NULL;

-- Every attempt and look-up, for the timeline.
CREATE TABLE attempts (
    transfer       BIGINT NOT NULL REFERENCES transfers (id),
    number         BIGINT NOT NULL,
    kind           TEXT   COLLATE "C" NOT NULL,
    started_at     BIGINT NOT NULL,
    ended_at       BIGINT,
    adapter_digest TEXT   COLLATE "C",
    outcome        TEXT   COLLATE "C",
    failure        TEXT,
    PRIMARY KEY (transfer, number)
);

CREATE TABLE seals (
    id         TEXT   COLLATE "C" PRIMARY KEY,
    payload    TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    used_by    TEXT   COLLATE "C"
);

CREATE INDEX seals_unused ON seals (expires_at) WHERE used_by IS NULL;

-- First answers to requests with an Idempotency-Key.
CREATE TABLE answers (
    principal   TEXT   COLLATE "C" NOT NULL,
    key         TEXT   COLLATE "C" NOT NULL,
    operation   TEXT   COLLATE "C" NOT NULL,
    body_sha256 BYTEA  NOT NULL,
    reference   TEXT   COLLATE "C" NOT NULL,
    status      BIGINT NOT NULL,
    body        TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (principal, key)
);

CREATE INDEX answers_age ON answers (created_at);

-- The back end's list of documents as it was seen last, for the time when it is down.
CREATE TABLE known_lists (
    store   TEXT   COLLATE "C" NOT NULL,
    adapter TEXT   COLLATE "C" NOT NULL,
    account TEXT   COLLATE "C" NOT NULL,
    kind    TEXT   COLLATE "C" NOT NULL,
    items   TEXT   NOT NULL,
    as_of   BIGINT NOT NULL,
    PRIMARY KEY (store, adapter, account, kind)
);

-- What people did by hand. Append-only, and the database says so.
CREATE TABLE audit (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        BIGINT NOT NULL,
    actor     TEXT   NOT NULL,
    action    TEXT   COLLATE "C" NOT NULL,
    reference TEXT   COLLATE "C" NOT NULL,
    transfer  BIGINT NOT NULL,
    reason    TEXT   NOT NULL,
    detail    TEXT
);

CREATE INDEX audit_reference ON audit (reference, id);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END
$$;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
