-- Who outside is told of events, how far it was told, and what is still to be told. Instants are milliseconds since 1970 (UTC).
CREATE TABLE webhooks (
    name             TEXT   COLLATE "C" PRIMARY KEY,
    -- Events up to here are in `deliveries`, were delivered, or are none of its concern.
    cursor           BIGINT NOT NULL,
    -- The host that delivers to it has it until then.
    lease_until      BIGINT,
    fence            BIGINT NOT NULL DEFAULT 0,
    -- How often in a row it could not be reached, and until when it is left alone for that.
    failures         BIGINT NOT NULL DEFAULT 0,
    rests_until      BIGINT,
    disabled_at      BIGINT,
    disabled_because TEXT,
    delivered_at     BIGINT
);

CREATE TABLE deliveries (
    webhook      TEXT   COLLATE "C" NOT NULL REFERENCES webhooks (name),
    -- The event's number.
    event        BIGINT NOT NULL,
    reference    TEXT   COLLATE "C" NOT NULL,
    type         TEXT   COLLATE "C" NOT NULL,
    -- As it is sent, each time the same.
    id           TEXT   COLLATE "C" NOT NULL,
    body         TEXT NOT NULL,
    attempts     BIGINT NOT NULL DEFAULT 0,
    -- Attempts that count against the most.
    spent        BIGINT NOT NULL DEFAULT 0,
    due_at       BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    -- Since when a person must decide.
    parked_at    BIGINT,
    last_failure TEXT,
    PRIMARY KEY (webhook, event)
);

-- Within a document the oldest goes first.
CREATE INDEX deliveries_line ON deliveries (webhook, reference, event) WHERE parked_at IS NULL;
CREATE INDEX deliveries_due ON deliveries (webhook, due_at, event) WHERE parked_at IS NULL;
