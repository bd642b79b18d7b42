-- Who outside is told of events, how far it was told, and what is still to be told. Instants are milliseconds since 1970 (UTC).
CREATE TABLE webhooks (
    name             TEXT PRIMARY KEY,
    -- Events up to here are in `deliveries`, were delivered, or are none of its concern.
    cursor           INTEGER NOT NULL,
    -- The host that delivers to it has it until then.
    lease_until      INTEGER,
    fence            INTEGER NOT NULL DEFAULT 0,
    -- How often in a row it could not be reached, and until when it is left alone for that.
    failures         INTEGER NOT NULL DEFAULT 0,
    rests_until      INTEGER,
    disabled_at      INTEGER,
    disabled_because TEXT,
    delivered_at     INTEGER
) STRICT;

CREATE TABLE deliveries (
    webhook      TEXT NOT NULL REFERENCES webhooks (name),
    -- The event's number.
    event        INTEGER NOT NULL,
    reference    TEXT NOT NULL,
    type         TEXT NOT NULL,
    -- As it is sent, each time the same.
    id           TEXT NOT NULL,
    body         TEXT NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    -- Attempts that count against the most.
    spent        INTEGER NOT NULL DEFAULT 0,
    due_at       INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    -- Since when a person must decide.
    parked_at    INTEGER,
    last_failure TEXT,
    PRIMARY KEY (webhook, event)
) STRICT;

-- Within a document the oldest goes first.
CREATE INDEX deliveries_line ON deliveries (webhook, reference, event) WHERE parked_at IS NULL;
CREATE INDEX deliveries_due ON deliveries (webhook, due_at, event) WHERE parked_at IS NULL;
