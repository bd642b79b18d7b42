-- What back ends do not want to be cached. An empty text: all adapters, stores or locations. Of one item the newest by the back end's clock
-- stands; one that has ended is kept for a while, so that an older message does not bring it back.
CREATE TABLE uncacheable (
    sku          TEXT NOT NULL,
    adapter      TEXT NOT NULL,
    store        TEXT NOT NULL,
    location     TEXT NOT NULL,
    as_of_micros INTEGER NOT NULL,
    ends_at      INTEGER,
    PRIMARY KEY (sku, adapter, store, location)
) STRICT;

-- Rises with every change, so that hosts see cheaply whether there is one.
CREATE TABLE uncacheable_changes (number INTEGER NOT NULL) STRICT;
INSERT INTO uncacheable_changes (number) VALUES (0);
