-- What a person must look at although the back end has answered (rules T9, T10).
CREATE TABLE findings (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT    NOT NULL,
    store     TEXT    NOT NULL,
    account   TEXT    NOT NULL,
    adapter   TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    state     TEXT    NOT NULL,
    evidence  TEXT    NOT NULL,
    -- Of the evidence: the same is found once.
    digest    TEXT    NOT NULL,
    found_at  INTEGER NOT NULL,
    -- When it was still so.
    seen_at   INTEGER NOT NULL,
    closed_at INTEGER
) STRICT;

CREATE UNIQUE INDEX findings_once ON findings (reference, reason, digest);
CREATE INDEX findings_open ON findings (id) WHERE state IN ('open', 'cancelling');

-- Since when a settled document was not compared with the back end; in the future when that has time. NULL: it is not compared any more.
ALTER TABLE documents ADD COLUMN compared_at INTEGER;
CREATE INDEX documents_to_compare ON documents (compared_at) WHERE compared_at IS NOT NULL;
