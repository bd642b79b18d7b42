-- When the stock of a checkout is given back, unless an order uses it. NULL: none is held.
ALTER TABLE seals ADD COLUMN release_at BIGINT;
CREATE INDEX seals_holding ON seals (release_at) WHERE used_by IS NULL AND release_at IS NOT NULL;
