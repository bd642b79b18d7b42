-- What the outside may know of orders and quotes: one row per change, written by the database itself in the transaction that makes the
-- change, so that no statement of any version of the host can forget it. Nobody's name or address is in it.
CREATE TABLE events (
    -- The place in the log, by which it is read. One writer: what has a lower number was committed before.
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    reference      TEXT NOT NULL,
    kind           TEXT NOT NULL,
    store          TEXT NOT NULL,
    account        TEXT NOT NULL,
    at             INTEGER NOT NULL,
    -- What was moved: the transfer that carries the document, or a later operation on it.
    operation      TEXT NOT NULL,
    -- `captured`, the state that the operation came to, what a person did with it, or `status` when the back end's word changed.
    cause          TEXT NOT NULL,
    -- Of the document, as it was then.
    transfer       TEXT NOT NULL,
    status         TEXT,
    revision       TEXT,
    backend_number TEXT
) STRICT;

CREATE INDEX events_reference ON events (reference, number);

-- Tells the numbers of this log from those of another database's.
CREATE TABLE event_log (name TEXT NOT NULL) STRICT;
INSERT INTO event_log (name) VALUES (lower(hex(randomblob(4))));

CREATE TRIGGER events_of_captures AFTER INSERT ON documents BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT NEW.reference, NEW.kind, NEW.store, NEW.account, NEW.captured_at, t.operation, 'captured', t.state, NEW.status, NEW.revision,
        NEW.backend_number
    FROM transfers t WHERE t.id = NEW.transfer;
END;

CREATE TRIGGER events_of_operations AFTER INSERT ON transfers
WHEN NEW.operation IN ('cancel-order', 'decline-quote', 'withdraw-quote') BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT d.reference, d.kind, d.store, d.account, NEW.created_at, NEW.operation, 'captured', t.state, d.status, d.revision, d.backend_number
    FROM documents d JOIN transfers t ON t.id = d.transfer WHERE d.reference = NEW.reference;
END;

-- Attempts and back-offs in between are not told.
CREATE TRIGGER events_of_moves AFTER UPDATE OF state ON transfers
WHEN NEW.state <> OLD.state AND NEW.operation <> 'release-reservation'
    AND (OLD.state = 'parked' OR NEW.state IN ('confirmed', 'rejected', 'parked', 'linked', 'abandoned')) BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT d.reference, d.kind, d.store, d.account, NEW.updated_at, NEW.operation,
        CASE WHEN NEW.state IN ('queued', 'unknown') THEN 'resent' ELSE NEW.state END, t.state, d.status, d.revision, d.backend_number
    FROM documents d JOIN transfers t ON t.id = d.transfer WHERE d.reference = NEW.reference;
    -- The first word of the back end came with the confirmation: it is told after it.
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT d.reference, d.kind, d.store, d.account, NEW.updated_at, NEW.operation, 'status', NEW.state, d.status, d.revision, d.backend_number
    FROM documents d WHERE d.transfer = NEW.id AND d.reference = NEW.reference AND NEW.state = 'confirmed' AND d.status <> 'requested';
END;

CREATE TRIGGER events_of_statuses AFTER UPDATE OF status, revision ON documents
WHEN NEW.status IS NOT OLD.status OR NEW.revision IS NOT OLD.revision BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT NEW.reference, NEW.kind, NEW.store, NEW.account, NEW.updated_at, t.operation, 'status', t.state, NEW.status, NEW.revision,
        NEW.backend_number
    FROM transfers t WHERE t.id = NEW.transfer AND t.state IN ('confirmed', 'linked') AND NEW.status IS NOT NULL;
END;

-- A document is held once, however many reasons there are, until the last one is gone; one that is given up meanwhile is not released.
CREATE TRIGGER events_of_holds AFTER UPDATE OF turn ON transfers
WHEN OLD.state = 'queued' AND NEW.state = 'queued' AND (OLD.turn IS NULL) <> (NEW.turn IS NULL) BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT d.reference, d.kind, d.store, d.account, NEW.updated_at, NEW.operation, CASE WHEN NEW.turn IS NULL THEN 'held' ELSE 'released' END,
        NEW.state, d.status, d.revision, d.backend_number
    FROM documents d WHERE d.transfer = NEW.id AND d.reference = NEW.reference;
END;

CREATE TRIGGER events_of_edits AFTER INSERT ON audit WHEN NEW.action = 'edit' BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT d.reference, d.kind, d.store, d.account, NEW.at, t.operation, 'edited', t.state, d.status, d.revision, d.backend_number
    FROM documents d JOIN transfers t ON t.id = d.transfer WHERE d.reference = NEW.reference;
END;

-- Whether what the back end changed in an order stands (rule T9).
CREATE TRIGGER events_of_amendments AFTER INSERT ON findings WHEN NEW.reason = 'amended' BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT d.reference, d.kind, d.store, d.account, NEW.found_at, t.operation, 'amendments.pending', t.state, d.status, d.revision, d.backend_number
    FROM documents d JOIN transfers t ON t.id = d.transfer WHERE d.reference = NEW.reference;
END;

CREATE TRIGGER events_of_reviews AFTER UPDATE OF state ON findings
WHEN NEW.reason = 'amended' AND NEW.state <> OLD.state AND NOT (OLD.state = 'cancelling' AND NEW.state = 'cancelled') BEGIN
    INSERT INTO events (reference, kind, store, account, at, operation, cause, transfer, status, revision, backend_number)
    SELECT d.reference, d.kind, d.store, d.account, max(d.updated_at, NEW.seen_at, coalesce(NEW.closed_at, 0)), t.operation,
        CASE NEW.state WHEN 'open' THEN 'amendments.pending' WHEN 'accepted' THEN 'amendments.accepted' ELSE 'amendments.refused' END,
        t.state, d.status, d.revision, d.backend_number
    FROM documents d JOIN transfers t ON t.id = d.transfer WHERE d.reference = NEW.reference;
END;
