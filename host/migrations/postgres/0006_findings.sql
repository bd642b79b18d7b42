-- What a person must look at although the back end has answered (rules T9, T10).
CREATE TABLE findings (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference TEXT   COLLATE "C" NOT NULL,
    store     TEXT   COLLATE "C" NOT NULL,
    account   TEXT   COLLATE "C" NOT NULL,
    adapter   TEXT   COLLATE "C" NOT NULL,
    reason    TEXT   COLLATE "C" NOT NULL,
    state     TEXT   COLLATE "C" NOT NULL,
    evidence  TEXT   NOT NULL,
    -- Of the evidence: the same is found once.
    digest    TEXT   COLLATE "C" NOT NULL,
    found_at  BIGINT NOT NULL,
    -- When it was still so.
    seen_at   BIGINT NOT NULL,
    closed_at BIGINT
);

CREATE UNIQUE INDEX findings_once ON findings (reference, reason, digest);
CREATE INDEX findings_open ON findings (id) WHERE state IN ('open', 'cancelling');

-- Since when a settled document was not compared with the back end; in the future when that has time. NULL: it is not compared any more.
ALTER TABLE documents ADD COLUMN compared_at BIGINT;
CREATE INDEX documents_to_compare ON documents (compared_at) WHERE compared_at IS NOT NULL;
