-- What back ends do not want to be cached. An empty text: all adapters, stores or locations. Of one item the newest by the back end's clock
-- stands; one that has ended is kept for a while, so that an older message does not bring it back.
CREATE TABLE uncacheable (
    sku          TEXT   COLLATE "C" NOT NULL,
    adapter      TEXT   COLLATE "C" NOT NULL,
    store        TEXT   COLLATE "C" NOT NULL,
    location     TEXT   COLLATE "C" NOT NULL,
    as_of_micros BIGINT NOT NULL,
    ends_at      BIGINT,
    PRIMARY KEY (sku, adapter, store, location)
);

-- Rises with every change, so that hosts see cheaply whether there is one.
CREATE TABLE uncacheable_changes (number BIGINT NOT NULL);
INSERT INTO uncacheable_changes (number) VALUES (0);
