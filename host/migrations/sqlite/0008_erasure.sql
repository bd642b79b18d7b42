-- A customer can be erased. Then who did what stays, and what they wrote about it goes: the one change that the audit log allows.
DROP TRIGGER audit_is_never_changed;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
WHEN NOT (NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.actor = OLD.actor AND NEW.action = OLD.action AND NEW.reference = OLD.reference
    AND NEW.transfer = OLD.transfer AND NEW.reason = '[erased]' AND NEW.detail IS CASE WHEN OLD.detail IS NULL THEN NULL ELSE '[erased]' END)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
