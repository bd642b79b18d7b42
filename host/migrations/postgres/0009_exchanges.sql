-- What was said to the back end in an attempt, as JSON, for the desk (rule T11).
ALTER TABLE attempts ADD COLUMN exchanges TEXT;
