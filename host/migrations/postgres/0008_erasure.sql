-- A customer can be erased. Then who did what stays, and what they wrote about it goes: the one change that the audit log allows.
CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.actor = OLD.actor AND NEW.action = OLD.action AND NEW.reference = OLD.reference
            AND NEW.transfer = OLD.transfer AND NEW.reason = '[erased]'
            AND NEW.detail IS NOT DISTINCT FROM (CASE WHEN OLD.detail IS NULL THEN NULL ELSE '[erased]' END)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only';
END
$$;
