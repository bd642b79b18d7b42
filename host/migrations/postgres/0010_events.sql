-- What the outside may know of orders and quotes: one row per change, written by the database itself in the transaction that makes the
-- change, so that no statement of any version of the host can forget it. Nobody's name or address is in it.
CREATE TABLE events (
    -- Drawn when the change is made.
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The place in the log, by which it is read. Given after the commit, by one host at a time: ids of transactions that run at the same
    -- time are committed in any order, and a reader that went by them would pass over the late ones.
    number         BIGINT,
    reference      TEXT   COLLATE "C" NOT NULL,
    kind           TEXT   COLLATE "C" NOT NULL,
    store          TEXT   COLLATE "C" NOT NULL,
    account        TEXT   COLLATE "C" NOT NULL,
    at             BIGINT NOT NULL,
    -- What was moved: the transfer that carries the document, or a later operation on it.
    operation      TEXT   COLLATE "C" NOT NULL,
    -- `captured`, the state that the operation came to, what a person did with it, or `status` when the back end's word changed.
    cause          TEXT   COLLATE "C" NOT NULL,
    -- Of the document, as it was then.
    transfer       TEXT   COLLATE "C" NOT NULL,
    status         TEXT   COLLATE "C",
    revision       TEXT   COLLATE "C",
    backend_number TEXT   COLLATE "C"
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

CREATE UNIQUE INDEX events_number ON events (number) WHERE number IS NOT NULL;
CREATE INDEX events_unnumbered ON events (id) WHERE number IS NULL;
CREATE INDEX events_reference ON events (reference, number);

-- The last number that was given, and what tells the numbers of this log from those of another database's.
CREATE TABLE event_log (name TEXT NOT NULL, last BIGINT NOT NULL);
INSERT INTO event_log (name, last) VALUES (substr(md5(random()::text || clock_timestamp()::text), 1, 8), 0);

-- Whoever tells of a document locks its row, so that its events are numbered in the order in which they happened.
CREATE FUNCTION event_of_capture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT NEW.reference, NEW.kind, NEW.store, NEW.account, NEW.captured_at, t.operation, 'captured', t.state, NEW.status, NEW.revision,
        NEW.backend_number
    FROM transfers t WHERE t.id = NEW.transfer;
    RETURN NULL;
END
$$;
CREATE TRIGGER events_of_captures AFTER INSERT ON documents FOR EACH ROW EXECUTE FUNCTION event_of_capture();

CREATE FUNCTION event_of_operation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT d.reference, d.kind, d.store, d.account, NEW.created_at, NEW.operation, 'captured', t.state, d.status, d.revision, d.backend_number
    FROM documents d JOIN transfers t ON t.id = d.transfer WHERE d.reference = NEW.reference FOR NO KEY UPDATE OF d;
    RETURN NULL;
END
$$;
CREATE TRIGGER events_of_operations AFTER INSERT ON transfers FOR EACH ROW
    WHEN (NEW.operation IN ('cancel-order', 'decline-quote', 'withdraw-quote')) EXECUTE FUNCTION event_of_operation();

CREATE FUNCTION event_of_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT d.reference, d.kind, d.store, d.account, NEW.updated_at, NEW.operation,
        CASE WHEN NEW.state IN ('queued', 'unknown') THEN 'resent' ELSE NEW.state END, t.state, d.status, d.revision, d.backend_number
    FROM documents d JOIN transfers t ON t.id = d.transfer WHERE d.reference = NEW.reference FOR NO KEY UPDATE OF d;
    -- The first word of the back end came with the confirmation: it is told after it.
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT d.reference, d.kind, d.store, d.account, NEW.updated_at, NEW.operation, 'status', NEW.state, d.status, d.revision, d.backend_number
    FROM documents d WHERE d.transfer = NEW.id AND d.reference = NEW.reference AND NEW.state = 'confirmed' AND d.status <> 'requested';
    RETURN NULL;
END
$$;
-- Attempts and back-offs in between are not told.
CREATE TRIGGER events_of_moves AFTER UPDATE OF state ON transfers FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NEW.operation <> 'release-reservation'
        AND (OLD.state = 'parked' OR NEW.state IN ('confirmed', 'rejected', 'parked', 'linked', 'abandoned')))
    EXECUTE FUNCTION event_of_move();

CREATE FUNCTION event_of_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT NEW.reference, NEW.kind, NEW.store, NEW.account, NEW.updated_at, t.operation, 'status', t.state, NEW.status, NEW.revision,
        NEW.backend_number
    FROM transfers t WHERE t.id = NEW.transfer AND t.state IN ('confirmed', 'linked') AND NEW.status IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER events_of_statuses AFTER UPDATE OF status, revision ON documents FOR EACH ROW
    WHEN (NEW.status IS DISTINCT FROM OLD.status OR NEW.revision IS DISTINCT FROM OLD.revision) EXECUTE FUNCTION event_of_status();

-- A document is held once, however many reasons there are, until the last one is gone; one that is given up meanwhile is not released.
CREATE FUNCTION event_of_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT d.reference, d.kind, d.store, d.account, NEW.updated_at, NEW.operation, CASE WHEN NEW.turn IS NULL THEN 'held' ELSE 'released' END,
        NEW.state, d.status, d.revision, d.backend_number
    FROM documents d WHERE d.transfer = NEW.id AND d.reference = NEW.reference FOR NO KEY UPDATE;
    RETURN NULL;
END
$$;
CREATE TRIGGER events_of_holds AFTER UPDATE OF turn ON transfers FOR EACH ROW
    WHEN (OLD.state = 'queued' AND NEW.state = 'queued' AND (OLD.turn IS NULL) <> (NEW.turn IS NULL)) EXECUTE FUNCTION event_of_hold();

CREATE FUNCTION event_of_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT d.reference, d.kind, d.store, d.account, NEW.at, t.operation, 'edited', t.state, d.status, d.revision, d.backend_number
    FROM documents d JOIN transfers t ON t.id = d.transfer WHERE d.reference = NEW.reference FOR NO KEY UPDATE OF d;
    RETURN NULL;
END
$$;
CREATE TRIGGER events_of_edits AFTER INSERT ON audit FOR EACH ROW WHEN (NEW.action = 'edit') EXECUTE FUNCTION event_of_edit();

-- Whether what the back end changed in an order stands (rule T9).
CREATE FUNCTION event_of_amendments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT d.reference, d.kind, d.store, d.account, greatest(d.updated_at, NEW.seen_at, NEW.closed_at), t.operation,
        CASE NEW.state WHEN 'open' THEN 'amendments.pending' WHEN 'accepted' THEN 'amendments.accepted' ELSE 'amendments.refused' END,
        t.state, d.status, d.revision, d.backend_number
    FROM documents d JOIN transfers t ON t.id = d.transfer WHERE d.reference = NEW.reference FOR NO KEY UPDATE OF d;
    RETURN NULL;
END
$$;
CREATE TRIGGER events_of_amendments AFTER INSERT ON findings FOR EACH ROW WHEN (NEW.reason = 'amended')
    EXECUTE FUNCTION event_of_amendments();
CREATE TRIGGER events_of_reviews AFTER UPDATE OF state ON findings FOR EACH ROW
    WHEN (NEW.reason = 'amended' AND NEW.state <> OLD.state AND NOT (OLD.state = 'cancelling' AND NEW.state = 'cancelled'))
    EXECUTE FUNCTION event_of_amendments();
