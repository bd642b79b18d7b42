-- Why documents are held at the moment (rule T6). What was released is in the audit log.
CREATE TABLE holds (
    reference TEXT    NOT NULL,
    code      TEXT    NOT NULL,
    -- For the customer.
    shown     TEXT,
    actor     TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    placed_at INTEGER NOT NULL,
    PRIMARY KEY (reference, code)
) STRICT;

-- SHA-256 of the adapter that was live when somebody did something by hand.
ALTER TABLE audit ADD COLUMN adapter_digest TEXT;
