-- When a person queued it again last: its age counts from then.
ALTER TABLE transfers ADD COLUMN resent_at INTEGER;
